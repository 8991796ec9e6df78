// SPDX-License-Identifier: BSL-1.0
// Bytes to packets; what a packet type brings is in codec.hpp.
#ifndef HUBWIRE_WIRE_DECODE_HPP
#define HUBWIRE_WIRE_DECODE_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/wire/fixed_header.hpp>
#include <hubwire/wire/frame.hpp>
#include <hubwire/wire/packet_type.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// A packet whose body has always the same size, P::fixed_size.
template <class P>
concept fixed_size_packet = requires { P::fixed_size; };

// Reads the whole body as a P. Whether it is valid, `in` knows: if not, the packet is one that no encoder takes.
template <class P, class Policy>
HUBWIRE_SMALLER_INLINE constexpr P read_packet(reader<Policy>& in, std::uint8_t flags) noexcept {
  if constexpr (fixed_size_packet<P>)
    if (!in.require_size(P::fixed_size)) return absent_value<P>();
  P packet = read_body(in, flags, std::type_identity<P>{});
  in.next_field();
  // v3.1.1:MQTT-3.1.2-18, v3.1.1:MQTT-3.1.2-20
  if constexpr (!fixed_size_packet<P>) in.require(in.empty(), errc::malformed_packet, wrong_length);
  if constexpr (requires { P::absent(); })
    if (in.failed()) return P::absent();
  return packet;
}

// Where the body begins of the one packet of that type that input has to be; else null, and why.
HUBWIRE_ONE_COPY constexpr char const* find_body(error& why, char const* input, std::size_t size,
                                                 packet_type type) noexcept {
  why = {errc::not_one_frame, 0};
  if (size == 0) return nullptr;
  varint const length = read_varint({input + 1, size - 1});
  std::uint32_t const is = to_byte(*input) >> 4;
  std::uint32_t const whole = 1 + length.size + length.value;
  if (!is_first_byte(to_byte(*input)) || length.status == varint_status::malformed) {
    why.code = errc::malformed_packet;
  } else if (length.status == varint_status::need_more) {
    return nullptr;
  } else if (whole != size) {
    why.detail = whole;
  } else if (is != static_cast<std::uint32_t>(type)) {
    why = {errc::wrong_packet_type, is};
  } else {
    why.code = errc::malformed_packet;  // when the body has not the size that all packets of this type have
    return input + 1 + length.size;
  }
  return nullptr;
}

// Does what find_body() does, in line for a usual packet.
HUBWIRE_FASTER_INLINE constexpr char const* find_usual_body(error& why, char const* input, std::size_t size,
                                                            packet_type type) noexcept {
  if (size >= 3 && is_first_byte(to_byte(*input)) && to_byte(*input) >> 4 == static_cast<int>(type)) [[likely]] {
    header_sizes const sizes = read_short_header(input);
    if (sizes.header + std::size_t{sizes.length} == size) [[likely]]
      return input + sizes.header;
  }
  return find_body(why, input, size, type);
}

// Reads a body that begins behind the fixed header of a whole packet.
template <class P, class Policy>
HUBWIRE_SMALLER_INLINE constexpr result<P> decode_body(std::string_view body, std::uint8_t first) noexcept {
  reader<Policy> in(body);
  P const packet = read_packet<P>(in, first & 0x0F);
  return {packet, in.error()};
}

// Decodes bytes that have to be one packet: the one copy of it that a program holds for each packet type.
template <class P, class Policy>
HUBWIRE_ONE_COPY constexpr result<P> decode_packet(char const* input, std::size_t size) noexcept {
  error why{};
  if constexpr (fixed_size_packet<P>) {
    // A packet of fixed size has one fixed header.
    constexpr std::uint8_t first = static_cast<unsigned>(P::type) << 4 | reserved_flags(P::type);
    if (size == 2 + P::fixed_size && to_byte(input[0]) == first && to_byte(input[1]) == P::fixed_size) [[likely]]
      return decode_body<P, measured<Policy>>({input + 2, P::fixed_size}, first);
    static_cast<void>(find_body(why, input, size, P::type));
  } else {
    if (char const* const body = find_usual_body(why, input, size, P::type)) [[likely]]
      return decode_body<P, Policy>({body, static_cast<std::size_t>(input + size - body)}, to_byte(*input));
  }
  return why;
}

}  // namespace detail

/// Decodes a frame as a P. Errors: wrong_packet_type, malformed_packet, protocol_error, and from a CONNECT
/// unsupported_protocol. What the packet views stays in the frame's memory.
template <class P, class Policy = strict>
HUBWIRE_ONE_COPY constexpr result<P> decode(frame const& received) noexcept {
  if (received.type() != P::type)
    return error{errc::wrong_packet_type, static_cast<std::uint32_t>(received.type())};
  return detail::decode_body<P, Policy>(received.body(), received.flags());
}

/// Decodes bytes that are exactly one packet. Errors: those of a frame, and not_one_frame (detail: the size of the
/// packet, 0 if unknown).
template <class P, class Policy = strict>
constexpr result<P> decode(char_view input) noexcept {
  return detail::decode_packet<P, Policy>(input.data(), input.size());
}
template <class P, class Policy = strict>
constexpr result<P> decode(byte_view input) noexcept {
  return decode<P, Policy>(detail::to_chars(input));
}

}}  // namespace hubwire

#endif
