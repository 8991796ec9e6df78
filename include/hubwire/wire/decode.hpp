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
#include <hubwire/core/short_length.hpp>
#include <hubwire/wire/frame.hpp>
#include <hubwire/wire/packet_type.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// Reads the whole body as a P. `in` knows whether it is valid; if not, no encoder takes the packet.
template <class P, class Policy>
HUBWIRE_SMALLER_INLINE constexpr P read_packet(reader<Policy>& in, std::uint8_t flags) noexcept {
  if constexpr (fixed_size_packet<P>)
    if (!in.require_size(P::fixed_size)) return absent_value<P>();
  P packet = read_body(in, flags, std::type_identity<P>{});
  in.next_field();
  // v3.1.1:MQTT-3.1.2-18, v3.1.1:MQTT-3.1.2-20
  if constexpr (!fixed_size_packet<P>) in.require(in.empty(), errc::malformed_packet, wrong_length);
  // No encoder takes any other packet without its id or its topic.
  if constexpr (requires { P::absent(); } || (std::is_default_constructible_v<P> && !std::is_empty_v<P>))
    if (in.failed()) return absent_value<P>();
  return packet;
}

// Makes the value of a result from a body: see result.
template <class P, class Policy>
struct packet_maker {
  reader<Policy>& in;
  std::uint8_t first;

  HUBWIRE_SMALLER_INLINE constexpr P make() const noexcept { return read_packet<P>(in, first); }
  HUBWIRE_SMALLER_INLINE constexpr hubwire::error error() const noexcept { return in.error(); }
};

// Reads a body that begins behind the fixed header of a whole packet. first is the first byte of the
// packet.
template <class P, class Policy>
HUBWIRE_SMALLER_INLINE constexpr result<P> decode_body(reader<Policy>& in, std::uint8_t first) noexcept {
  packet_maker<P, Policy> const maker{in, first};
  return result<P>(maker);
}

// What is wrong with input, which has to be one packet of that type. If nothing is, body points to its
// body.
HUBWIRE_SMALLER_INLINE constexpr error find_body(char const*& body, char const* input, std::size_t size,
                                                 packet_type type) noexcept {
  if (size == 0) return {errc::not_one_frame, 0};
  std::uint32_t const first = to_byte(*input);
  if (!is_first_byte(to_byte(*input))) return {errc::malformed_packet, 0};
  varint const length = read_varint({input + 1, size - 1});
  if (length.status == varint_status::malformed) return {errc::malformed_packet, 0};
  if (length.status == varint_status::need_more) return {errc::not_one_frame, 0};
  body = input + 1 + length.size;
  std::uint32_t const whole = 1 + length.size + length.value;
  if (whole != size) return {errc::not_one_frame, whole};
  if (first >> 4 != static_cast<std::uint32_t>(type)) return {errc::wrong_packet_type, first >> 4};
  return {};
}

// Opens the body of a packet of that type. If input is something else, the reader has failed and says what.
template <class Policy>
HUBWIRE_ONE_COPY constexpr reader<Policy> open_packet(char const* input, std::size_t size,
                                                      packet_type type) noexcept {
  char const* body = input;
  error const why = find_body(body, input, size, type);
  return reader<Policy>(body, input + size, why);
}

// Opens the body of a packet of that type, in line when the packet is a usual one.
template <class Policy>
HUBWIRE_SMALLER_INLINE constexpr reader<Policy> open_quickly(char const* input, std::size_t size,
                                                             packet_type type) noexcept {
  header_sizes const sizes = read_short_header(input, size);
  if (sizes.header != 0 && is_first_byte(to_byte(*input), type) &&
      sizes.header + std::size_t{sizes.length} == size) [[likely]]
    return reader<Policy>({input + sizes.header, sizes.length});
  return open_packet<Policy>(input, size, type);
}

// Decodes bytes that have to be one packet. A program holds one copy of this for each packet type.
template <class P, class Policy>
HUBWIRE_ONE_COPY constexpr result<P> decode_packet(char const* input, std::size_t size) noexcept {
  std::uint8_t const first = size == 0 ? std::uint8_t{0} : to_byte(*input);
  reader<Policy> in = open_quickly<Policy>(input, size, P::type);
  return decode_body<P, Policy>(in, first);
}

// Decodes a packet of fixed size in line: it has only one fixed header.
template <class P, class Policy>
constexpr result<P> decode_quickly(char const* input, std::size_t size) noexcept {
  if constexpr (fixed_size_packet<P>) {
    constexpr std::uint8_t first = static_cast<unsigned>(P::type) << 4 | reserved_flags(P::type);
    if (is_short_packet(input, size, first, P::fixed_size)) [[likely]] {
      reader<measured<Policy>> in({input + 2, P::fixed_size});
      return decode_body<P, measured<Policy>>(in, first);
    }
  }
  return decode_packet<P, Policy>(input, size);
}

// Decodes the body of a frame whose first byte is `first`.
template <class P, class Policy>
HUBWIRE_ONE_COPY constexpr result<P> decode_frame(char const* body, std::size_t size,
                                                  std::uint8_t first) noexcept {
  if (first >> 4 != static_cast<int>(P::type)) [[unlikely]]
    return error{errc::wrong_packet_type, static_cast<std::uint32_t>(first >> 4)};
  reader<Policy> in({body, size});
  return decode_body<P, Policy>(in, first);
}

}  // namespace detail

/// Decodes a frame as a P. Errors: wrong_packet_type, malformed_packet, protocol_error, and from a CONNECT
/// unsupported_protocol. What the packet views stays in the frame's memory.
template <class P, class Policy = strict>
HUBWIRE_SMALLER_INLINE constexpr result<P> decode(frame const& received) noexcept {
  std::string_view const body = received.body();
  return detail::decode_frame<P, Policy>(body.data(), body.size(), received.first_byte());
}

/// Decodes bytes that are exactly one packet. Errors: those of a frame, and not_one_frame (detail: the size
/// of the packet, 0 if unknown).
template <class P, class Policy = strict>
constexpr result<P> decode(char_view input) noexcept {
  return detail::decode_quickly<P, Policy>(input.data(), input.size());
}
template <class P, class Policy = strict>
constexpr result<P> decode(byte_view input) noexcept {
  return decode<P, Policy>(detail::to_chars(input));
}

}}  // namespace hubwire

#endif
