// SPDX-License-Identifier: BSL-1.0
// Packets to bytes and back. A packet type P brings, found by argument-dependent lookup: P::type;
// body_size(P), detail::no_size when its fields contradict each other; write(writer&, P) and read(reader<Policy>&, flags, type_identity<P>); flags(P) where the fixed header's
// flags are not the reserved ones, P::fixed_size where the body always has the same size.
#ifndef HUBWIRE_CODEC_HPP
#define HUBWIRE_CODEC_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/wire/decode.hpp>
#include <hubwire/wire/encode.hpp>
#include <hubwire/wire/fixed_header.hpp>
#include <hubwire/wire/role.hpp>

namespace hubwire::inline abi1 {

// A packet encoded by the compiler: static constexpr auto hello = encoded_by([] { return ...; });
template <std::size_t Size>
struct constant_packet {
  std::array<char, Size> chars{};

  constexpr char_view view() const noexcept { return {chars.data(), Size}; }
  byte_view octets() const noexcept { return {detail::to_bytes(chars.data()), Size}; }
};

// Make is a lambda without captures that returns a packet; one that cannot be encoded does not compile.
template <class Make>
consteval auto encoded_by(Make) noexcept {
  constexpr auto size = encoded_size(Make{}());
  static_assert(size.has_value(), "this packet cannot be encoded");
  constant_packet<*size> packet;
  static_cast<void>(encode(char_span(packet.chars), Make{}()));
  return packet;
}

namespace detail {

// A packet whose body has always the same size, P::fixed_size.
template <class P>
concept fixed_size_packet = requires {
  P::fixed_size;
};

// All of the body as a P; what it is worth, in says.
template <class P, class Policy>
HUBWIRE_ALWAYS_INLINE constexpr P read_packet(reader<Policy>& in, std::uint8_t flags) noexcept {
  if constexpr (fixed_size_packet<P>) in.require_size(P::fixed_size);
  P packet = read(in, flags, std::type_identity<P>{});
  in.next_field();
  in.require(in.empty(), errc::malformed_packet, wrong_length);  // v3.1.1:MQTT-3.1.2-18, v3.1.1:MQTT-3.1.2-20
  return packet;
}

// A packet and then its error, for the constructor of result that makes both in their places.
template <class P, class Policy>
struct reading {
  HUBWIRE_ALWAYS_INLINE constexpr P value() const noexcept { return read(in, flags, std::type_identity<P>{}); }
  HUBWIRE_ALWAYS_INLINE constexpr hubwire::error error() const noexcept { return in.finish(); }

  reader<Policy>& in;
  std::uint8_t flags;
};

// The rest of decoding once in is open: all of it as a P, or why not.
template <class P, class Policy>
HUBWIRE_ALWAYS_INLINE constexpr result<P> decode_opened(reader<Policy>& in, std::uint8_t flags) noexcept {
  if constexpr (for_size) {
    return result<P>(in_steps{}, reading<P, Policy>{in, flags});
  } else {
    P packet = read_packet<P>(in, flags);
    if (in.failed()) return in.error();
    return packet;
  }
}

template <class P, class Policy>
HUBWIRE_ALWAYS_INLINE constexpr result<P> decode_body(std::uint8_t flags, std::string_view body) noexcept {
  reader<Policy> in(body);
  if constexpr (for_size && fixed_size_packet<P>) in.require_size(P::fixed_size);
  return decode_opened<P>(in, flags);
}

// What open_packet looks for: the type, and above it one more than the size of a body that always has the same.
template <class P>
constexpr unsigned shape_of() noexcept {
  unsigned shape = static_cast<unsigned>(P::type);
  if constexpr (fixed_size_packet<P>) shape |= static_cast<unsigned>(P::fixed_size + 1) << 4;
  return shape;
}

// Opens in on the body of the packet of that shape that input has to be, neither more nor less. The first
// byte, which means nothing when in has failed.
HUBWIRE_NOINLINE constexpr unsigned open_packet(cursor& in, char const* input, std::size_t size,
                                                unsigned shape) noexcept {
  in.open(input, size);
  char const* at = input;
  char const* const end = input + size;
  if (at == end) return in.fail(errc::not_one_frame), 0;
  unsigned const first = to_byte(*at++);
  if (!is_first_byte(static_cast<std::uint8_t>(first))) return in.fail(errc::malformed_packet), 0;
  std::uint32_t length = 0;
  unsigned shift = 0;
  unsigned byte = 0;
  do {
    if (at == end) return in.fail(errc::not_one_frame), 0;
    byte = to_byte(*at++);
    length |= (byte & 0x7F) << shift;
    shift += 7;
  } while (byte >= 0x80 && shift != 28);
  if (byte >= 0x80 || (byte == 0 && shift != 7)) return in.fail(errc::malformed_packet), 0;
  if (length != static_cast<std::size_t>(end - at))
    return in.fail(errc::not_one_frame, static_cast<std::uint32_t>(at - input) + length), 0;
  if (first >> 4 != (shape & 0x0F)) return in.fail(errc::wrong_packet_type, first >> 4), 0;
  if (shape >> 4 != 0 && length != (shape >> 4) - 1) return in.fail(errc::malformed_packet), 0;
  in.open(at, length);
  return first;
}

// Why input is not a packet of that shape; it is none.
HUBWIRE_COLD constexpr error why_not(char_view input, unsigned shape) noexcept {
  cursor in{not_open{}};
  static_cast<void>(open_packet(in, input.data(), input.size(), shape));
  return in.error();
}

// The quick way to the same: a packet of the size and with the length that packets of this type have, in line.
template <class P, class Policy>
HUBWIRE_ALWAYS_INLINE constexpr result<P> decode_quickly(char_view input) noexcept {
  if constexpr (fixed_size_packet<P>) {
    constexpr std::uint8_t first = static_cast<unsigned>(P::type) << 4 | reserved_flags(P::type);
    bool const fits = input.size() == 2 + P::fixed_size && to_byte(input[0]) == first &&
                      to_byte(input[1]) == P::fixed_size;
    if (!fits) [[unlikely]]
      return why_not(input, shape_of<P>());
    return decode_body<P, Policy>(first & 0x0F, {input.data() + 2, P::fixed_size});
  } else {
    if (input.size() < 2) [[unlikely]]
      return why_not(input, shape_of<P>());
    std::uint8_t const first = to_byte(input.front());
    varint length = read_varint({input.data() + 1, input.size() - 1});
    bool const whole =
        length.status == varint_status::ready && 1u + length.size + length.value == input.size();
    if (whole && is_first_byte(first, P::type)) [[likely]]
      return decode_body<P, Policy>(first & 0x0F, {input.data() + 1 + length.size, length.value});
    return why_not(input, shape_of<P>());
  }
}

}  // namespace detail

// Decodes a frame as a P. Errors: wrong_packet_type, malformed_packet, protocol_error, and from a
// CONNECT unsupported_protocol. What the packet views stays in the frame's memory.
template <class P, class Policy = strict>
HUBWIRE_ALWAYS_INLINE constexpr result<P> decode(frame const& received) noexcept {
  if (received.type() != P::type)
    return error{errc::wrong_packet_type, static_cast<std::uint32_t>(received.type())};
  return detail::decode_body<P, Policy>(received.flags(), received.body());
}

// The same from bytes that must be exactly one packet; errors also: not_one_frame.
template <class P, class Policy = strict>
HUBWIRE_ALWAYS_INLINE constexpr result<P> decode(char_view input) noexcept {
  if constexpr (!detail::for_size) return detail::decode_quickly<P, Policy>(input);
  reader<Policy> in(detail::not_open{});
  std::uint8_t const flags =
      detail::open_packet(in, input.data(), input.size(), detail::shape_of<P>()) & 0x0F;
  in.opened();
  return detail::decode_opened<P>(in, flags);
}

template <class P, class Policy = strict>
HUBWIRE_ALWAYS_INLINE result<P> decode(byte_view input) noexcept {
  return decode<P, Policy>(detail::to_chars(input));
}

// Function objects as one visitor: overloaded{[](v3::publish const&) {...}, [](auto const&) {}}.
template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>;

namespace detail {

template <class... Packets>
constexpr std::uint16_t types_of(packet_list<Packets...>) noexcept {
  return static_cast<std::uint16_t>(((1u << static_cast<unsigned>(Packets::type)) | ...));
}

template <class Protocol>
constexpr std::uint16_t types_from(role sender) noexcept {
  unsigned types = 0;
  for (unsigned type = 1; type != 16; ++type)
    if (Protocol::may_send(sender, static_cast<packet_type>(type))) types |= 1u << type;
  return static_cast<std::uint16_t>(types);
}

}  // namespace detail

// For split_frame and the stream readers: the first bytes of the packets that Sender may send.
template <class Protocol, role Sender>
inline constexpr first_bytes first_bytes_from{detail::types_of(typename Protocol::packets{}),
                                              detail::types_from<Protocol>(Sender)};

// The same for tools that learn the direction at run time.
template <class Protocol>
constexpr first_bytes const& first_bytes_of(role sender) noexcept {
  switch (sender) {
    case role::client: return first_bytes_from<Protocol, role::client>;
    case role::server: return first_bytes_from<Protocol, role::server>;
    case role::either: break;
  }
  return first_bytes_from<Protocol, role::either>;
}

namespace detail {

template <class Protocol, role Sender, class Policy, class Visitor, class... Packets>
constexpr result<void> dispatch_among(packet_list<Packets...>, frame const& received,
                                      Visitor&& visitor) noexcept {
  result<void> outcome{};
  auto const attempt = [&]<class P>(std::type_identity<P>) {
    if constexpr (Protocol::may_send(Sender, P::type)) {  // the others leave no code behind
      if (received.type() != P::type) return false;
      result<P> packet = decode<P, Policy>(received);
      if (packet) [[likely]]
        visitor(*packet);
      else
        outcome = packet.error();
      return true;
    } else {
      return false;
    }
  };
  bool const taken = (attempt(std::type_identity<Packets>{}) || ...);
  // Not from view(), where a frame that holds no packet has no byte.
  unsigned const first = static_cast<unsigned>(received.type()) << 4 | received.flags();
  if (!taken) outcome = first_bytes_from<Protocol, Sender>.refusal(static_cast<std::uint8_t>(first));
  return outcome;
}

}  // namespace detail

// Decodes the frame as whatever it is and calls visitor with the packet. One that Sender may not send is
// a protocol_error before its body is looked at, a type that the version does not have is malformed.
template <class Protocol, role Sender = role::either, class Policy = strict, class Visitor>
constexpr result<void> dispatch(frame const& received, Visitor&& visitor) noexcept {
  return detail::dispatch_among<Protocol, Sender, Policy>(typename Protocol::packets{}, received, visitor);
}

// The same for tools that learn the direction at run time.
template <class Protocol, class Policy = strict, class Visitor>
constexpr result<void> dispatch(frame const& received, role sender, Visitor&& visitor) noexcept {
  switch (sender) {
    case role::client: return dispatch<Protocol, role::client, Policy>(received, visitor);
    case role::server: return dispatch<Protocol, role::server, Policy>(received, visitor);
    case role::either: break;
  }
  return dispatch<Protocol, role::either, Policy>(received, visitor);
}

}  // namespace hubwire::inline abi1

#endif
