// SPDX-License-Identifier: BSL-1.0
// Why a packet was refused: the statement that says so and the byte it is about. Texts and all are here,
// so that a program which does not ask carries none of it.
#ifndef HUBWIRE_DIAGNOSIS_HPP
#define HUBWIRE_DIAGNOSIS_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <hubwire/codec.hpp>
#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/wire/fixed_header.hpp>
#include <hubwire/wire/role.hpp>

namespace hubwire::inline HUBWIRE_ABI {

// Checks what strict checks, and keeps who demands it.
struct diagnosing {
  static constexpr bool check_text = true;
  static constexpr bool diagnose = true;
};

struct diagnosis {
  hubwire::error error{};  // errc::none: a sound packet. not_one_frame: it is not complete
  std::string_view
      statement{};  // "v3.1.1:MQTT-3.3.1-4" or "v3.1.1 §2.2.3"; empty when it is sound, not complete, or too large for the caller
  std::size_t offset = 0;  // of the field (a text's first character), counted from the packet's start
};

namespace detail {

// The statement that a first byte breaks.
constexpr std::string_view first_byte_statement(std::uint8_t byte) noexcept {
  switch (static_cast<packet_type>(byte >> 4)) {
    case packet_type::pubrel: return "v3.1.1:MQTT-3.6.1-1";
    case packet_type::subscribe: return "v3.1.1:MQTT-3.8.1-1";
    case packet_type::unsubscribe: return "v3.1.1:MQTT-3.10.1-1";
    case packet_type::disconnect: return "v3.1.1:MQTT-3.14.1-1";
    case packet_type::auth: return "v3.1.1 §2.2.1";
    case packet_type::publish: return (byte & 0x06) == 0x06 ? "v3.1.1:MQTT-3.3.1-4" : "v3.1.1:MQTT-3.3.1-2";
    default: return byte >> 4 == 0 ? "v3.1.1 §2.2.1" : "v3.1.1:MQTT-2.2.2-1";
  }
}

constexpr diagnosis diagnose_framing(char_view input, frame_result const& split, bool taken) noexcept {
  diagnosis found{split.error, {}, 0};
  if (split.status == frame_status::need_more) {
    found.error = {errc::not_one_frame, static_cast<std::uint32_t>(split.needed)};
    found.offset = input.size();
  } else if (split.error == errc::packet_exceeds_limit) {
    found.offset = 1;
  } else if (!taken) {
    bool const sound = split.error == errc::protocol_error;  // it comes from the wrong side
    found.statement = sound ? "v3.1.1 §2.2.1" : first_byte_statement(to_byte(input.front()));
  } else {
    found.statement = "v3.1.1 §2.2.3";
    found.offset = 1;
  }
  return found;
}

// What in found wrong with a packet whose body begins at header.
constexpr diagnosis diagnosis_of(reader<diagnosing> const& in, std::size_t header) noexcept {
  if (!in.failed()) return {};
  char const* const statement = in.notes().broken.v3;
  return {in.error(), statement == nullptr ? std::string_view() : statement, header + in.notes().offset};
}

template <class... Packets>
constexpr diagnosis diagnose_among(packet_list<Packets...>, frame const& received) noexcept {
  diagnosis found{{errc::malformed_packet, 0}, "v3.1.1 §2.2.1", 0};
  auto const attempt = [&]<class P>(std::type_identity<P>) {
    if (received.type() != P::type) return false;
    reader<diagnosing> in(received.body());
    static_cast<void>(read_packet<P>(in, received.flags()));
    found = diagnosis_of(in, received.size() - received.body().size());
    return true;
  };
  static_cast<void>((attempt(std::type_identity<Packets>{}) || ...));
  return found;
}

// A fault in front of a PUBLISH that has not come whole, which what is missing cannot mend.
template <class... Packets>
constexpr diagnosis diagnose_head(packet_list<Packets...>, char_view input) noexcept {
  varint const length = read_varint({input.data() + 1, input.size() - 1});
  std::size_t const header = 1u + length.size;
  reader<diagnosing> in({input.data() + header, input.size() - header});
  auto const attempt = [&]<class P>(std::type_identity<P>) {
    if (P::type == packet_type::publish)
      static_cast<void>(read(in, to_byte(input.front()) & 0x0F, std::type_identity<P>{}));
    return P::type == packet_type::publish;
  };
  static_cast<void>((attempt(std::type_identity<Packets>{}) || ...));
  diagnosis const found = diagnosis_of(in, header);
  // Of the lengths only the topic's is judged before all is there.
  if (!same(found.statement, wrong_length.v3)) return found;
  return {{errc::malformed_packet, 0}, wrong_length.v3, header + 2};
}

struct explanation {
  std::string_view statement;
  std::string_view text;
};

inline constexpr explanation explanations[] = {
    {"v3.1.1 §2.2.1", "a packet type that is reserved, or that this side does not send"},
    {"v3.1.1 §2.2.3", "a Remaining Length that is too long, padded, or does not fit the fields"},
    {"v3.1.1 §3.2.2.1", "reserved bits in the Connect Acknowledge Flags"},
    {"v3.1.1 §3.2.2.3", "a reserved Connect Return code"},
    {"v3.1.1:MQTT-1.5.3-1", "text that is not well-formed UTF-8"},
    {"v3.1.1:MQTT-1.5.3-2", "U+0000 in a text"},
    {"v3.1.1:MQTT-2.2.2-1", "reserved flags in the fixed header"},
    {"v3.1.1:MQTT-2.3.1-1", "packet identifier 0"},
    {"v3.1.1:MQTT-3.1.2-1", "the protocol name is not MQTT"},
    {"v3.1.1:MQTT-3.1.2-2", "another protocol level than 4"},
    {"v3.1.1:MQTT-3.1.2-3", "the reserved Connect Flag is set"},
    {"v3.1.1:MQTT-3.1.2-13", "a will QoS without a will"},
    {"v3.1.1:MQTT-3.1.2-14", "will QoS 3"},
    {"v3.1.1:MQTT-3.1.2-15", "will retain without a will"},
    {"v3.1.1:MQTT-3.1.2-22", "a password without a user name"},
    {"v3.1.1:MQTT-3.10.1-1", "UNSUBSCRIBE flags other than 0010"},
    {"v3.1.1:MQTT-3.10.3-2", "UNSUBSCRIBE without a filter"},
    {"v3.1.1:MQTT-3.14.1-1", "reserved flags in DISCONNECT"},
    {"v3.1.1:MQTT-3.2.2-4", "session present although the connection is refused"},
    {"v3.1.1:MQTT-3.3.1-2", "DUP on a QoS 0 message"},
    {"v3.1.1:MQTT-3.3.1-4", "QoS 3"},
    {"v3.1.1:MQTT-3.3.2-2", "a wildcard in a topic name"},
    {"v3.1.1:MQTT-3.6.1-1", "PUBREL flags other than 0010"},
    {"v3.1.1:MQTT-3.8.1-1", "SUBSCRIBE flags other than 0010"},
    {"v3.1.1:MQTT-3.8.3-3", "SUBSCRIBE without a filter"},
    {"v3.1.1:MQTT-3.8.3-4", "a requested QoS above 2 or with reserved bits"},
    {"v3.1.1:MQTT-3.9.3-2", "a reserved SUBACK return code"},
    {"v3.1.1:MQTT-4.7.1-2", "# that is not a whole level, the last one"},
    {"v3.1.1:MQTT-4.7.1-3", "+ that is not a whole level"},
    {"v3.1.1:MQTT-4.7.3-1", "an empty topic"},
    {"v3.1.1:MQTT-4.7.3-2", "U+0000 in a topic name or filter"},
};

}  // namespace detail

// What is wrong with the packet at the start of input, sent by Sender; bytes behind it are not looked at.
// It decodes the packet again, so it is for the way out and for tools, not for every packet.
template <class Protocol, role Sender = role::either>
constexpr diagnosis diagnose(char_view input, std::uint32_t limit = largest_packet) noexcept {
  constexpr first_bytes const& accepted = first_bytes_from<Protocol, Sender>;
  frame_result const split = split_frame(input, limit, accepted);
  bool const taken = input.empty() || accepted.has(detail::to_byte(input.front()));
  if (split.status != frame_status::ready) return detail::diagnose_framing(input, split, taken);
  return detail::diagnose_among(typename Protocol::packets{}, split.frame);
}

template <class Protocol, role Sender = role::either>
diagnosis diagnose(byte_view input, std::uint32_t limit = largest_packet) noexcept {
  return diagnose<Protocol, Sender>(detail::to_chars(input), limit);
}

// The same for a packet that a stream or a client refused with why, perhaps before all of it had come: for
// what client::rejected() and frame_reader::unread() show.
template <class Protocol, role Sender = role::either>
constexpr diagnosis diagnose_refused(char_view input, hubwire::error why) noexcept {
  diagnosis const found = diagnose<Protocol, Sender>(input);
  if (!(found.error == errc::not_one_frame)) return found;
  if (why == errc::packet_exceeds_limit) return {why, {}, 1};
  bool const publish = !input.empty() && detail::to_byte(input.front()) >> 4 == 3 && found.error.detail != 0;
  if (publish && blame_of(why.code) == blame::peer) {
    diagnosis const head = detail::diagnose_head(typename Protocol::packets{}, input);
    if (head.error.code != errc::none) return head;
  }
  return {why, {}, found.offset};
}

// The diagnosis in words, for a log.
constexpr std::string_view explain(diagnosis const& found) noexcept {
  for (detail::explanation const& known : detail::explanations)
    if (same(known.statement, found.statement)) return known.text;
  switch (found.error.code) {
    case errc::none: return "nothing is wrong";
    case errc::not_one_frame: return "the packet is not complete";
    case errc::packet_exceeds_limit: return "the packet is larger than the limit";
    default: return "no packet of this version";
  }
}

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
