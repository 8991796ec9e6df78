// SPDX-License-Identifier: BSL-1.0
// Packets to bytes and back. A packet type P brings, found by argument-dependent lookup: P::type;
// body_size(P), which is over varint_max when P cannot be encoded, and check(P), which then says why;
// write(writer&, P) and read(reader<Policy>&, flags, type_identity<P>); flags(P) where the fixed header's
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
#include <hubwire/core/writer.hpp>
#include <hubwire/wire/fixed_header.hpp>
#include <hubwire/wire/role.hpp>

namespace hubwire::inline abi1 {

namespace detail {

template <class P>
HUBWIRE_ALWAYS_INLINE constexpr std::uint8_t first_byte(P const& packet) noexcept {
  std::uint8_t low = reserved_flags(
      P::type);  // v3.1.1:MQTT-2.2.2-1, v3.1.1:MQTT-3.6.1-1, v3.1.1:MQTT-3.8.1-1, v3.1.1:MQTT-3.10.1-1, v3.1.1:MQTT-3.14.1-1
  if constexpr (requires { flags(packet); }) low = flags(packet);
  return static_cast<std::uint8_t>(static_cast<unsigned>(P::type) << 4 | low);
}

// Why a packet with a body of that size and more bytes behind it cannot be encoded.
template <class P>
HUBWIRE_COLD constexpr error unencodable(P const& packet, std::size_t body, std::size_t more) noexcept {
  errc const wrong = check(packet);
  if (wrong != errc::none) return {wrong, 0};
  return {errc::packet_too_large, saturated_detail(saturated_sum(body, more))};
}

struct started_packet {
  char* body = nullptr;  // behind the fixed header
  std::size_t size = 0;  // of the whole packet
};

// Writes the fixed header when length bytes fit behind it, of which the last elsewhere ones do not come
// into output. length <= varint_max.
HUBWIRE_ALWAYS_INLINE constexpr result<started_packet> start_packet(char_span output, std::uint8_t first,
                                                                    std::uint32_t length,
                                                                    std::size_t elsewhere) noexcept {
  std::size_t const size = 1 + varint_size(length) + (length - elsewhere);
  if (output.size() < size) [[unlikely]]
    return error{errc::buffer_too_small, static_cast<std::uint32_t>(size)};
  writer out(output.data());
  out.u8(first);
  write_varint(out, length);
  return started_packet{out.position(), size};
}

// The fixed header of packet, and behind it room for its body or, of a PUBLISH, all but the payload.
template <class P>
HUBWIRE_ALWAYS_INLINE constexpr result<started_packet> start(char_span output, P const& packet,
                                                             std::size_t elsewhere) noexcept {
  std::size_t const body = body_size(packet);
  if (body > varint_max || elsewhere > varint_max - body) [[unlikely]]
    return unencodable(packet, body, elsewhere);
  return start_packet(output, first_byte(packet), static_cast<std::uint32_t>(body + elsewhere), elsewhere);
}

}  // namespace detail

// Bytes that packet takes on the wire. Errors: those of encode, without buffer_too_small.
template <class P>
constexpr result<std::size_t> encoded_size(P const& packet) noexcept {
  std::size_t const body = body_size(packet);
  if (body > varint_max) return detail::unencodable(packet, body, 0);
  return 1 + varint_size(static_cast<std::uint32_t>(body)) + body;
}

// Writes packet to the front of output and returns the written part. Errors: buffer_too_small (detail:
// the size needed; output is untouched), packet_too_large, and invalid_packet as the packet says. What
// packet views must not lie in output.
template <class P>
HUBWIRE_ALWAYS_INLINE constexpr result<char_view> encode(char_span output, P const& packet) noexcept {
  result<detail::started_packet> started = detail::start(output, packet, 0);
  if (!started) [[unlikely]]
    return started.error();
  writer out(started->body);
  write(out, packet);
  return char_view(output.data(), started->size);
}

template <class P>
HUBWIRE_ALWAYS_INLINE result<byte_view> encode(byte_span output, P const& packet) noexcept {
  result<char_view> written = encode(detail::to_chars(output), packet);
  if (!written) [[unlikely]]
    return written.error();
  return byte_view(output.data(), written->size());
}

// The bytes of a PUBLISH in front of its payload, for a payload of payload_size bytes that is sent from
// elsewhere: packet.payload is not looked at. Errors: as encode.
template <class P>
HUBWIRE_ALWAYS_INLINE constexpr result<char_view> encode_header(char_span output, P packet,
                                                                std::size_t payload_size) noexcept {
  packet.payload = {};
  result<detail::started_packet> started = detail::start(output, packet, payload_size);
  if (!started) [[unlikely]]
    return started.error();
  writer out(started->body);
  write_variable_header(out, packet);
  return char_view(output.data(), started->size);
}

template <class P>
HUBWIRE_ALWAYS_INLINE result<byte_view> encode_header(byte_span output, P const& packet,
                                                      std::size_t payload_size) noexcept {
  result<char_view> written = encode_header(detail::to_chars(output), packet, payload_size);
  if (!written) [[unlikely]]
    return written.error();
  return byte_view(output.data(), written->size());
}

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
  in.require(in.empty(), errc::malformed_packet, wrong_length);  // v3.1.1:MQTT-3.14.1-1
  return packet;
}

template <class P, class Policy>
HUBWIRE_ALWAYS_INLINE constexpr result<P> decode_body(std::uint8_t flags, std::string_view body) noexcept {
  reader<Policy> in(body);
  P packet = read_packet<P>(in, flags);
  if (in.failed()) return in.error();
  return packet;
}

// Why input is not exactly one packet of that type.
HUBWIRE_COLD constexpr error why_not(char_view input, packet_type wanted) noexcept {
  frame_result const split = split_frame(input);
  if (split.status == frame_status::failed) return split.error;
  bool const one = split.status == frame_status::ready && split.needed == input.size();
  if (one && split.frame.type() != wanted)
    return {errc::wrong_packet_type, static_cast<std::uint32_t>(split.frame.type())};
  if (one) return {errc::malformed_packet, 0};  // of a size that packets of this type do not have
  return {errc::not_one_frame, static_cast<std::uint32_t>(split.needed)};
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
  if constexpr (detail::fixed_size_packet<P>) {
    constexpr std::uint8_t first = static_cast<unsigned>(P::type) << 4 | reserved_flags(P::type);
    bool const fits = input.size() == 2 + P::fixed_size && detail::to_byte(input[0]) == first &&
                      detail::to_byte(input[1]) == P::fixed_size;
    if (!fits) [[unlikely]]
      return detail::why_not(input, P::type);
    return detail::decode_body<P, Policy>(first & 0x0F, {input.data() + 2, P::fixed_size});
  }
  if (input.size() < 2) [[unlikely]]
    return detail::why_not(input, P::type);
  std::uint8_t const first = detail::to_byte(input.front());
  varint length = read_varint({input.data() + 1, input.size() - 1});
  bool const whole = length.status == varint_status::ready && 1u + length.size + length.value == input.size();
  if (whole && is_first_byte(first, P::type)) [[likely]]
    return detail::decode_body<P, Policy>(first & 0x0F, {input.data() + 1 + length.size, length.value});
  return detail::why_not(input, P::type);
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
