// SPDX-License-Identifier: BSL-1.0
// One MQTT 3.1.1 packet from any sender. Oracle: hubwire and the reference agree on which bytes are a
// packet, and what decodes encodes back to the same bytes.
#include <vector>

#include <hubwire/mqtt3.hpp>

#include <fuzz/reference/mqtt311.hpp>
#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;

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
    require(!size && size.error() == hubwire::errc::invalid_packet, "a packet that is never written");
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
  require(!refused && refused.error() == hubwire::error{hubwire::errc::buffer_too_small,
                                                        static_cast<std::uint32_t>(wire.size())},
          "a buffer that is one byte too small is refused with the size needed");
}

bool check(std::string_view input, hubwire::role role, reference::sender sender) {
  auto const split = hubwire::split_frame(input);
  bool accepted = false;
  if (split.status == hubwire::frame_status::ready && split.frame.size() == input.size()) {
    auto const outcome = hubwire::dispatch<hubwire::v3_tag>(split.frame, role, [&](auto const& packet) {
      require(!accepted, "the visitor is called once");
      accepted = true;
      check_encoding(packet, input);
    });
    require(outcome.has_value() == accepted, "the visitor is called exactly on success");

    bool trusted = false;
    static_cast<void>(hubwire::dispatch<hubwire::v3_tag, hubwire::structural>(
        split.frame, role, [&](auto const&) { trusted = true; }));
    require(trusted || !accepted, "the structural policy takes whatever the strict one takes");
  }
  require(accepted == reference::is_packet(input, sender), "hubwire and the reference agree");
  return accepted;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const input = fuzz::as_text(data, size);
  bool const from_client = check(input, hubwire::role::client, reference::sender::client);
  bool const from_server = check(input, hubwire::role::server, reference::sender::server);
  bool const from_anyone = check(input, hubwire::role::either, reference::sender::anyone);
  require(from_anyone == (from_client || from_server), "anyone is a client or a server");
  return 0;
}
