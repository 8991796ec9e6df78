// SPDX-License-Identifier: BSL-1.0
// Why a packet was refused: the statement that says so and the byte it is about. The texts are in
// diagnosis_texts.hpp; a program which does not ask carries none of it.
#ifndef HUBWIRE_DIAGNOSIS_HPP
#define HUBWIRE_DIAGNOSIS_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <hubwire/codec.hpp>
#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/objection.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/diagnosis_texts.hpp>
#include <hubwire/wire/frame.hpp>
#include <hubwire/wire/role.hpp>

namespace hubwire { inline namespace abi1 {

/// Checks what strict checks, and keeps who demands it.
struct diagnosing {
  static constexpr bool check_text = true;
  static constexpr bool diagnose = true;
};

/// What is wrong with a packet.
struct diagnosis {
  hubwire::error error{};  ///< errc::none: a sound packet. not_one_frame: it is not complete
  /// "v3.1.1:MQTT-3.3.1-4" or "v3.1.1 §2.2.3"; empty when the packet is sound, not complete, too large for
  /// the caller, or a QoS 2 that this client does not do.
  std::string_view statement{};
  std::size_t offset = 0;  ///< of the field (a text's first character), counted from the packet's start
  packet_type type{};      ///< what the first byte says; 0, which is none, without a packet
};

struct v3_tag;

namespace detail {

// What a version of the standard says about a fault.
template <class Protocol>
struct statements_of;

template <>
struct statements_of<v3_tag> {
  static constexpr std::string_view packet_types = "v3.1.1 §2.2.1";
  static constexpr std::string_view remaining_length = "v3.1.1 §2.2.3";

  static constexpr std::string_view of(statement const& broken) noexcept {
    return broken.v3 == nullptr ? std::string_view() : broken.v3;
  }
  static constexpr explanation refusal(error why, packet_type type) noexcept {
    return explanation_of(why, type);
  }
  // What a first byte breaks.
  static constexpr std::string_view first_byte(std::uint8_t byte) noexcept {
    switch (static_cast<packet_type>(byte >> 4)) {
      case packet_type::pubrel: return "v3.1.1:MQTT-3.6.1-1";
      case packet_type::subscribe: return "v3.1.1:MQTT-3.8.1-1";
      case packet_type::unsubscribe: return "v3.1.1:MQTT-3.10.1-1";
      case packet_type::disconnect: return "v3.1.1:MQTT-3.14.1-1";
      case packet_type::auth: return packet_types;
      case packet_type::publish: return (byte & 0x06) == 0x06 ? "v3.1.1:MQTT-3.3.1-4" : "v3.1.1:MQTT-3.3.1-2";
      default: return byte >> 4 == 0 ? packet_types : "v3.1.1:MQTT-2.2.2-1";
    }
  }
};

template <class Protocol>
constexpr diagnosis diagnose_framing(char_view input, frame_result const& split, bool taken) noexcept {
  diagnosis found{split.error, {}, 0};
  if (split.status == frame_status::need_more) {
    found.error = {errc::not_one_frame, split.size};
    found.offset = input.size();
  } else if (split.error == errc::packet_exceeds_limit) {
    found.offset = 1;
  } else if (!taken) {
    bool const sound = split.error == errc::protocol_error;  // it comes from the wrong side
    found.statement = sound ? statements_of<Protocol>::packet_types
                            : statements_of<Protocol>::first_byte(to_byte(input.front()));
  } else {
    found.statement = statements_of<Protocol>::remaining_length;
    found.offset = 1;
  }
  return found;
}

// What in found wrong with a packet whose body begins at header.
template <class Protocol>
constexpr diagnosis diagnosis_of(reader<diagnosing> const& in, std::size_t header) noexcept {
  if (!in.failed()) return {};
  return {in.error(), statements_of<Protocol>::of(in.notes().broken), header + in.notes().offset};
}

template <class Protocol, class... Packets>
constexpr diagnosis diagnose_among(packet_list<Packets...>, frame const& received) noexcept {
  diagnosis found{{errc::malformed_packet, 0}, statements_of<Protocol>::packet_types, 0};
  auto const attempt = [&]<class P>(std::type_identity<P>) {
    if (received.type() != P::type) return false;
    reader<diagnosing> in(received.body());
    static_cast<void>(read_packet<P>(in, received.flags()));
    found = diagnosis_of<Protocol>(in, received.size() - received.body().size());
    return true;
  };
  static_cast<void>((attempt(std::type_identity<Packets>{}) || ...));
  return found;
}

// A fault in front of a PUBLISH that has not come whole, which what is missing cannot mend.
template <class Protocol, class... Packets>
constexpr diagnosis diagnose_head(packet_list<Packets...>, char_view input) noexcept {
  std::size_t const header = read_fixed_header(input.data(), input.size()).header;
  if (input.size() < header + 2) return {};  // not even the topic's length, so nothing was judged
  reader<diagnosing> in({input.data() + header, input.size() - header});
  auto const attempt = [&]<class P>(std::type_identity<P>) {
    if (P::type == packet_type::publish)
      static_cast<void>(read_body(in, to_byte(input.front()) & 0x0F, std::type_identity<P>{}));
    return P::type == packet_type::publish;
  };
  static_cast<void>((attempt(std::type_identity<Packets>{}) || ...));
  diagnosis const found = diagnosis_of<Protocol>(in, header);
  // Of the lengths only the topic's is judged before all is there.
  std::string_view const length = statements_of<Protocol>::of(wrong_length);
  if (!same(found.statement, length)) return found;
  return {{errc::malformed_packet, 0}, length, header + 2};
}

constexpr packet_type type_at_front(char_view input) noexcept {
  return input.empty() ? packet_type{} : static_cast<packet_type>(to_byte(input.front()) >> 4);
}

// Where a client finds what it objects to in a packet that is sound by itself. Of a large message perhaps
// not all is there.
constexpr std::size_t objectionable_byte(char_view input, hubwire::error why) noexcept {
  std::size_t const header = read_fixed_header(input.data(), input.size()).header;
  std::size_t at = 0;  // it should not have come, or not with this QoS
  if (why == errc::unexpected_packet) at = header;
  if (why == errc::connection_refused) at = header + 1;
  if (why == errc::protocol_error) {
    auto const what = static_cast<objection>(why.detail);
    if (what == objection::session_present_unasked) at = header;
    if (what == objection::wrong_number_of_codes) at = header + 2;
    if (what == objection::identifier_in_use && input.size() >= header + 2)
      at = header + 2 + load_number(input.data() + header);
  }
  return at < input.size() ? at : input.size();
}

}  // namespace detail

/// What is wrong with the packet at the start of input, sent by Sender; bytes behind it are not looked at.
/// It decodes the packet again, so it is for the way out and for tools, not for every packet.
template <class Protocol, role Sender = role::any>
constexpr diagnosis diagnose(char_view input, std::uint32_t limit = largest_packet) noexcept {
  constexpr first_bytes const& accepted = first_bytes_from<Protocol, Sender>;
  frame_result const split = split_frame(input, limit, accepted);
  bool const taken = input.empty() || accepted.has(detail::to_byte(input.front()));
  diagnosis found = split.status == frame_status::ready
                        ? detail::diagnose_among<Protocol>(typename Protocol::packets{}, split.frame)
                        : detail::diagnose_framing<Protocol>(input, split, taken);
  found.type = detail::type_at_front(input);
  return found;
}

template <class Protocol, role Sender = role::any>
diagnosis diagnose(byte_view input, std::uint32_t limit = largest_packet) noexcept {
  return diagnose<Protocol, Sender>(detail::to_chars(input), limit);
}

/// Why a stream or a client refused a packet: input is what client::rejected() or frame_reader::unread()
/// shows, perhaps not all of a packet, and why is the error that ended the connection, with its detail. What
/// is wrong with the packet itself comes first, except where why says that the client had a reason of its
/// own: the order of packets, an answer that nobody waits for, a refusal. The result has an error whenever
/// why is one.
template <class Protocol, role Sender = role::any>
constexpr diagnosis diagnose_refused(char_view input, hubwire::error why) noexcept {
  packet_type const type = detail::type_at_front(input);
  if (input.empty()) return {why, {}, 0, type};
  if (auto const own = detail::statements_of<Protocol>::refusal(why, type); !own.text.empty())
    return {why, own.statement, detail::objectionable_byte(input, why), type};
  diagnosis const found = diagnose<Protocol, Sender>(input);
  if (found.error == errc::none) return {why, {}, 0, type};
  if (!(found.error == errc::not_one_frame)) return found;
  if (why == errc::packet_exceeds_limit) return {why, {}, 1, type};
  if (type == packet_type::publish && found.error.detail != 0 && blame_of(why.code) == blame::peer) {
    diagnosis const head = detail::diagnose_head<Protocol>(typename Protocol::packets{}, input);
    if (head.error.code != errc::none) return {head.error, head.statement, head.offset, type};
  }
  return {why, {}, found.offset, type};
}

template <class Protocol, role Sender = role::any>
diagnosis diagnose_refused(byte_view input, hubwire::error why) noexcept {
  return diagnose_refused<Protocol, Sender>(detail::to_chars(input), why);
}

/// The diagnosis in words, for a log.
constexpr std::string_view explain(diagnosis const& found) noexcept {
  if (auto const own = detail::explanation_of(found.error, found.type); !own.text.empty()) return own.text;
  for (detail::explanation const& known : detail::explanations)
    if (same(known.statement, found.statement)) return known.text;
  return detail::words_of(found.error.code);
}

}}  // namespace hubwire

#endif
