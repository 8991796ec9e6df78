// SPDX-License-Identifier: BSL-1.0
// One MQTT 3.1.1 packet from any sender. Oracle: the reference codec agrees on which bytes are a packet, on
// every field of it, and on what is wrong with what is none: what is refused, is refused by dispatch() and
// diagnose() for something that the reference found too, of the same kind, at the same byte, by the same
// statement. What decodes encodes back to the same bytes.
#include <algorithm>
#include <string>
#include <vector>

#include <hubwire/diagnosis.hpp>
#include <hubwire/mqtt3.hpp>

#include <fuzz/reference/mqtt311_decode.hpp>
#include <fuzz/support/packets.hpp>
#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using hubwire::errc;
using hubwire::v3_tag;

// The one packet that is read and never written: the server answers it with CONNACK 2.
bool never_written(hubwire::v3::connect const& p) { return p.client_id.empty() && !p.clean_session; }
template <class P>
bool never_written(P const&) {
  return false;
}

template <class P>
void check_encoding(P const& packet, std::string_view wire) {
  auto const size = hubwire::encoded_size(packet);
  if (never_written(packet)) {
    require(!size && size.error() == errc::invalid_packet, "a packet that is never written");
    return;
  }
  require(size && *size == wire.size(), "encoded_size is the size of what was decoded");
  std::vector<char> output(wire.size());
  auto const written = hubwire::encode(hubwire::char_span(output), packet);
  require(written && std::string_view(written->data(), written->size()) == wire,
          "encodes back to the same bytes");

  std::vector<char> untouched(wire.size(), '\xa5');
  auto const refused = hubwire::encode(hubwire::char_span(untouched).first(wire.size() - 1), packet);
  require(untouched == std::vector<char>(wire.size(), '\xa5'), "a buffer that is too small stays as it is");
  require(!refused && refused.error() ==
                          hubwire::error{errc::buffer_too_small, static_cast<std::uint32_t>(wire.size())},
          "a buffer that is one byte too small is refused with the size needed");
}

// A message whose payload comes from elsewhere begins with the same bytes.
void check_header(hubwire::v3::publish const& packet, std::string_view wire) {
  std::size_t const size = wire.size() - packet.payload.size();
  std::vector<char> output(size);
  auto const head = hubwire::encode_header(hubwire::char_span(output), packet, packet.payload.size());
  require(head && std::string_view(head->data(), head->size()) == wire.substr(0, size),
          "the header alone is the beginning of the packet");
}
template <class P>
void check_header(P const&, std::string_view) {}

hubwire::errc as_errc(reference::refusal kind) {
  switch (kind) {
    case reference::refusal::malformed: return errc::malformed_packet;
    case reference::refusal::protocol_error: return errc::protocol_error;
    case reference::refusal::unsupported_version: return errc::unsupported_protocol;
  }
  return errc::none;
}

// Whether one of the faults that the reference found is this one.
bool is_known(std::vector<reference::fault> const& faults, hubwire::diagnosis const& found) {
  return std::any_of(faults.begin(), faults.end(), [&](reference::fault const& f) {
    return as_errc(f.kind) == found.error.code && f.offset == found.offset && f.says(found.statement);
  });
}

void check_diagnosis(hubwire::diagnosis const& found, hubwire::error refused, std::string_view input,
                     reference::reading const& judged) {
  require(found.error == refused, "diagnose and dispatch name the same error");
  if (refused == errc::none) {
    require(found.statement.empty() && found.offset == 0, "nothing to say about a sound packet");
  } else if (judged.faults.empty()) {
    require(found.statement.empty() && found.offset == input.size(),
            "more is needed at the end of the input");
  } else {
    require(found.offset <= input.size(), "the offset lies in the packet");
    require(is_known(judged.faults, found), "the statement and the byte are those of the reference");
    require(explain(found) != hubwire::explain({found.error, {}, 0}), "there are words for the statement");
  }
}

// Dispatch under one policy; what it refused, errc::none for what it took.
template <class Policy>
hubwire::error dispatched(hubwire::frame const& frame, hubwire::role role, reference::reading const& judged,
                          std::string_view wire) {
  int calls = 0;
  auto const outcome = hubwire::dispatch<v3_tag, Policy>(frame, role, [&](auto const& packet) {
    ++calls;
    if (!judged.packet) return;
    require(fuzz::owned(packet) == *judged.packet, "hubwire and the reference agree on every field");
    check_encoding(packet, wire);
    check_header(packet, wire);
  });
  require(calls == (outcome ? 1 : 0), "the visitor is called once, exactly on success");
  return outcome ? hubwire::error{} : outcome.error();
}

template <hubwire::role Role>
bool check(std::string_view input, reference::sender sender) {
  reference::reading const judged = reference::decode(input, sender);
  auto const split =
      hubwire::split_frame(input, hubwire::largest_packet, hubwire::first_bytes_from<v3_tag, Role>);
  auto const diagnosed = hubwire::diagnose<v3_tag, Role>(input);
  if (split.status == hubwire::frame_status::need_more) {
    require(judged.faults.empty() && !judged.packet, "hubwire waits for bytes only where the reference does");
    require(split.size == judged.size, "agree on the size needed");
    check_diagnosis(diagnosed, {errc::not_one_frame, static_cast<std::uint32_t>(judged.size)}, input, judged);
    return false;
  }
  require(judged.packet || !judged.faults.empty(), "the reference waits for bytes only where hubwire does");
  if (split.status == hubwire::frame_status::failed) {
    check_diagnosis(diagnosed, split.error, input, judged);
    return false;
  }
  std::string_view const wire = split.frame.view();
  require(wire == input.substr(0, judged.size), "agree on where the packet ends");
  hubwire::error const refused = dispatched<hubwire::strict>(split.frame, Role, judged, wire);
  require((refused == errc::none) == judged.packet.has_value(), "agree on what is a packet");
  if (judged.packet) require(reference::encoded(*judged.packet) == wire, "the reference writes what it read");
  check_diagnosis(diagnosed, refused, input.substr(0, judged.size), judged);

  bool const sound = std::all_of(judged.faults.begin(), judged.faults.end(),
                                 [](reference::fault const& f) { return f.in_text; });
  hubwire::error const structural = dispatched<hubwire::structural>(split.frame, Role, judged, wire);
  require((structural == errc::none) == sound, "the structural policy checks everything but characters");
  return judged.packet.has_value();
}

// The same from bytes, which must be exactly one packet.
template <class P>
void check_decode(std::string_view input) {
  reference::reading const judged = reference::decode(input, reference::sender::anyone);
  auto const decoded = hubwire::decode<P>(hubwire::char_view(input));
  bool const complete = judged.packet && judged.size == input.size();
  bool const asked_for = complete && static_cast<unsigned char>(input[0]) >> 4 == static_cast<int>(P::type);
  require(decoded.has_value() == asked_for, "decode takes exactly one packet of its type");
  if (decoded) require(fuzz::owned(*decoded) == *judged.packet, "decode gives the same fields");
  if (complete && !asked_for)
    require(decoded.error() == errc::wrong_packet_type, "another packet is the wrong packet");
  bool const whole = judged.size != 0 && (judged.packet || !judged.faults.empty());
  if (whole && judged.size < input.size())
    require(decoded.error() == hubwire::error{errc::not_one_frame, static_cast<std::uint32_t>(judged.size)},
            "more than one packet is not one packet");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const input = fuzz::as_text(data, size);
  bool const from_client = check<hubwire::role::client>(input, reference::sender::client);
  bool const from_server = check<hubwire::role::server>(input, reference::sender::server);
  bool const from_anyone = check<hubwire::role::any>(input, reference::sender::anyone);
  require(from_anyone == (from_client || from_server), "anyone is a client or a server");
  check_decode<hubwire::v3::publish>(input);
  check_decode<hubwire::v3::puback>(input);
  check_decode<hubwire::v3::pingresp>(input);
  check_decode<hubwire::v3::connect>(input);
  check_decode<hubwire::v3::subscribe>(input);
  return 0;
}
