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
#include <hubwire/wire/frame.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// A packet whose body has always the same size, P::fixed_size.
template <class P>
concept fixed_size_packet = requires {
  P::fixed_size;
};

// All of the body as a P; what it is worth, in says. The body of a packet of fixed size has that size.
template <class P, class Policy>
HUBWIRE_SMALLER_INLINE constexpr P read_sized(reader<Policy>& in, std::uint8_t flags) noexcept {
  P packet = read_body(in, flags, std::type_identity<P>{});
  in.next_field();
  if constexpr (!fixed_size_packet<P>)
    in.require(in.empty(), errc::malformed_packet,
               wrong_length);  // v3.1.1:MQTT-3.1.2-18, v3.1.1:MQTT-3.1.2-20
  return packet;
}

// The same for a body of any size.
template <class P, class Policy>
HUBWIRE_SMALLER_INLINE constexpr P read_packet(reader<Policy>& in, std::uint8_t flags) noexcept {
  if constexpr (fixed_size_packet<P>) in.require_size(P::fixed_size);
  return read_sized<P>(in, flags);
}

template <class P, class Policy>
HUBWIRE_SMALLER_INLINE constexpr result<P> decode_body(std::uint8_t flags, std::string_view body) noexcept {
  reader<Policy> in(body);
  P packet = read_packet<P>(in, flags);
  if (in.failed()) return in.error();
  return packet;
}

// What open_packet looks for: the type, and above it one more than the size of a body that always has the same.
template <class P>
constexpr unsigned shape_of() noexcept {
  auto shape = static_cast<unsigned>(P::type);
  if constexpr (fixed_size_packet<P>) shape |= static_cast<unsigned>(P::fixed_size + 1) << 4;
  return shape;
}

// Whether a body of that length is of that shape.
HUBWIRE_SMALLER_INLINE constexpr bool fits_shape(std::uint32_t length, unsigned shape) noexcept {
  return shape >> 4 == 0 || length == (shape >> 4) - 1;
}

// Whether that byte ends a Remaining Length of shift bits: it says that none follows, and is not padding.
HUBWIRE_SMALLER_INLINE constexpr bool ends_length(unsigned byte, unsigned shift) noexcept {
  return byte < 0x80 && (byte != 0 || shift == 7);
}

// What open_packet returns for input that is none.
HUBWIRE_SMALLER_INLINE constexpr std::uint8_t refuse(cursor& in, errc why) noexcept {
  in.fail(why);
  return 0;
}
HUBWIRE_SMALLER_INLINE constexpr std::uint8_t refuse(cursor& in, errc why, std::uint32_t detail) noexcept {
  in.fail(why, detail);
  return 0;
}

// Opens in on the body of the packet of that shape that input has to be, neither more nor less. The first
// byte, which means nothing when in has failed.
HUBWIRE_ONE_COPY constexpr std::uint8_t open_packet(cursor& in, char const* input, std::size_t size,
                                                    unsigned shape) noexcept {
  in.open(input, size);
  if (in.empty()) return refuse(in, errc::not_one_frame);
  std::uint8_t const first = in.next_byte();
  if (!is_first_byte(first)) return refuse(in, errc::malformed_packet);
  std::uint32_t length = 0;
  unsigned shift = 0;
  unsigned byte = 0;
  do {
    if (in.empty()) return refuse(in, errc::not_one_frame);
    byte = in.next_byte();
    length |= (byte & 0x7F) << shift;
    shift += 7;
  } while (byte >= 0x80 && shift != 28);
  if (!ends_length(byte, shift)) return refuse(in, errc::malformed_packet);
  if (length != in.remaining())
    return refuse(in, errc::not_one_frame, static_cast<std::uint32_t>(in.position() - input) + length);
  unsigned const type = first >> 4;
  if (type != (shape & 0x0F)) return refuse(in, errc::wrong_packet_type, type);
  if (!fits_shape(length, shape)) return refuse(in, errc::malformed_packet);
  return first;
}

// Why input is not a packet of that shape; it is none, or one without a body, which no packet of variable size is.
HUBWIRE_ONE_COPY constexpr error why_not(char_view input, unsigned shape) noexcept {
  cursor in{std::string_view()};
  static_cast<void>(open_packet(in, input.data(), input.size(), shape));
  in.fail(errc::malformed_packet);
  return in.error();
}

// A fixed header with a length of whatever size; none where there is no such length.
HUBWIRE_ONE_COPY constexpr header_sizes read_header(char const* input, std::size_t count) noexcept {
  varint const length = read_varint({input + 1, count - 1});
  if (length.status != varint_status::ready) return {};
  return {1 + length.size, length.value};
}

// The quick way to the same: a packet of the size and with the length that packets of this type have, in line.
template <class P, class Policy>
HUBWIRE_SMALLER_INLINE constexpr result<P> decode_quickly(char_view input) noexcept {
  if constexpr (fixed_size_packet<P>) {
    constexpr std::uint8_t first = static_cast<unsigned>(P::type) << 4 | reserved_flags(P::type);
    bool const fits =
        input.size() == 2 + P::fixed_size && to_byte(input[0]) == first && to_byte(input[1]) == P::fixed_size;
    if (!fits) [[unlikely]]
      return why_not(input, shape_of<P>());
    return decode_body<P, Policy>(first & 0x0F, {input.data() + 2, P::fixed_size});
  } else {
    std::uint8_t const first = input.size() < 3 ? std::uint8_t{0} : to_byte(input.front());
    if (!is_first_byte(first, P::type)) [[unlikely]]
      return why_not(input, shape_of<P>());
    header_sizes sizes = read_short_header(input.data());
    if (sizes.header == 0) [[unlikely]]
      sizes = read_header(input.data(), input.size());
    if (std::size_t{sizes.header} + sizes.length != input.size()) [[unlikely]]
      return why_not(input, shape_of<P>());
    return decode_body<P, Policy>(first & 0x0F, {input.data() + sizes.header, sizes.length});
  }
}

// The same where size counts, with one copy of what all packets have in common. What read_body() makes of a failed
// reader is a packet that no encoder takes, but for one that says itself what that is.
template <class P, class Policy>
HUBWIRE_SMALLER_INLINE result<P> decode_in_place(char_view input) noexcept {
  reader<Policy> in(not_open{});
  std::uint8_t const flags = open_packet(in, input.data(), input.size(), shape_of<P>());
  in.opened();
  auto outcome = result_in_pieces::make<P>();
  result_in_pieces::value(outcome) = read_sized<P>(in, flags);
  if constexpr (says_absent<P>)
    if (in.failed()) result_in_pieces::value(outcome) = P::absent();
  result_in_pieces::set_error(outcome, in.kept_error());
  return outcome;
}

}  // namespace detail

// Decodes a frame as a P. Errors: wrong_packet_type, malformed_packet, protocol_error, and from a
// CONNECT unsupported_protocol. What the packet views stays in the frame's memory.
template <class P, class Policy = strict>
HUBWIRE_SMALLER_INLINE constexpr result<P> decode(frame const& received) noexcept {
  if (received.type() != P::type)
    return error{errc::wrong_packet_type, static_cast<std::uint32_t>(received.type())};
  return detail::decode_body<P, Policy>(received.flags(), received.body());
}

// The same from bytes that must be exactly one packet; errors also: not_one_frame.
template <class P, class Policy = strict>
HUBWIRE_SMALLER_INLINE constexpr result<P> decode(char_view input) noexcept {
  if constexpr (detail::for_size && !std::is_empty_v<P>)
    if (!std::is_constant_evaluated()) return detail::decode_in_place<P, Policy>(input);
  return detail::decode_quickly<P, Policy>(input);
}

template <class P, class Policy = strict>
HUBWIRE_SMALLER_INLINE result<P> decode(byte_view input) noexcept {
  return decode<P, Policy>(detail::to_chars(input));
}

}}  // namespace hubwire

#endif
