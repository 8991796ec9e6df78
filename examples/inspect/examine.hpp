// SPDX-License-Identifier: BSL-1.0
// The packet at the start of a buffer: decoded, or what is wrong with it.
#ifndef INSPECT_EXAMINE_HPP
#define INSPECT_EXAMINE_HPP

#include <cstdint>
#include <hubwire/codec.hpp>
#include <hubwire/diagnosis.hpp>
#include <hubwire/v3/protocol.hpp>
#include <string>
#include <string_view>
#include <variant>

namespace inspect {

namespace v3 = hubwire::v3;

template <class List>
struct variant_of;
template <class... Packets>
struct variant_of<hubwire::packet_list<Packets...>> {
  using type = std::variant<std::monostate, Packets...>;
};
// A decoded packet, which views the buffer that it came from; monostate: none.
using any_packet = variant_of<hubwire::v3_tag::packets>::type;

struct reading {
  hubwire::role sender = hubwire::role::any;
  std::uint32_t limit = hubwire::largest_packet;  // the largest packet that is taken
};

struct examined {
  hubwire::diagnosis why{};  // errc::none: packet and frame are there
  hubwire::frame frame{};
  any_packet packet{};

  bool sound() const noexcept { return why.error.code == hubwire::errc::none; }
};

inline hubwire::diagnosis diagnose(std::string_view input, reading const& how) noexcept {
  using enum hubwire::role;
  using protocol = hubwire::v3_tag;
  switch (how.sender) {
    case client: return hubwire::diagnose<protocol, client>(hubwire::char_view(input), how.limit);
    case server: return hubwire::diagnose<protocol, server>(hubwire::char_view(input), how.limit);
    case any: break;
  }
  return hubwire::diagnose<protocol, any>(hubwire::char_view(input), how.limit);
}

// dispatch is the judge, diagnose says why: a tool that gave other verdicts than the library would be of
// no use.
inline examined examine(std::string_view input, reading const& how) noexcept {
  examined found;
  hubwire::frame_result const split = hubwire::split_frame(
      hubwire::char_view(input), how.limit, hubwire::first_bytes_of<hubwire::v3_tag>(how.sender));
  if (split.status == hubwire::frame_status::ready) {
    auto const keep = [&found](auto const& packet) { found.packet = packet; };
    hubwire::result<void> const outcome = hubwire::dispatch<hubwire::v3_tag>(split.frame, how.sender, keep);
    found.frame = split.frame;
    if (outcome) return found;
    found.why = diagnose(input, how);
    found.why.error = outcome.error();
  } else {
    found.why = diagnose(input, how);
  }
  return found;
}

// What is known here, and not to explain(): the bytes. §2.2.1 and §2.2.3 have several ways to be broken.
inline std::string_view reason_of(std::string_view input, hubwire::packet_type type,
                                  hubwire::diagnosis const& why) noexcept {
  using hubwire::role;
  if (why.statement == "v3.1.1 §2.2.1") {
    if (why.error == hubwire::errc::malformed_packet) return "a packet type that MQTT 3.1.1 does not have";
    return hubwire::v3_tag::may_send(role::server, type) ? "only a server sends it"
                                                         : "only a client sends it";
  }
  if (why.statement == "v3.1.1 §2.2.3") {
    if (why.offset != 1) return "the fields take more or fewer bytes than the Remaining Length says";
    constexpr std::size_t most = 4;  // bytes of Remaining Length
    bool const goes_on = input.size() > most && (static_cast<std::uint8_t>(input[most]) & 0x80) != 0;
    return goes_on ? "a Remaining Length of more than four bytes"
                   : "a Remaining Length in more bytes than it takes";
  }
  return hubwire::explain(why);
}

// "PUBLISH: a wildcard in a topic name"
inline std::string message_of(std::string_view input, hubwire::diagnosis const& why) {
  if (input.empty()) return "there is no packet";
  auto const type = static_cast<hubwire::packet_type>(static_cast<std::uint8_t>(input.front()) >> 4);
  std::string text{hubwire::to_string(type)};
  text.append(": ").append(reason_of(input, type, why));
  if (why.error == hubwire::errc::unsupported_protocol) {
    text.append(", namely ").append(std::to_string(why.error.detail));
    if (why.error.detail == 5) text.append(" (MQTT 5 is not there yet)");
  } else if (why.error == hubwire::errc::packet_exceeds_limit ||
             (why.error == hubwire::errc::not_one_frame && why.error.detail != 0)) {
    text.append(", it takes ").append(std::to_string(why.error.detail)).append(" bytes");
  }
  return text;
}

}  // namespace inspect

#endif
