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
  return read_body(in, flags, std::type_identity<P>{});
}

// Reads a body that begins behind the fixed header of a whole packet, and puts what is wrong with it into
// why. first is the first byte of the packet.
template <class P, class Policy>
HUBWIRE_SMALLER_INLINE constexpr P read_whole(char const* body, char const* end, std::uint8_t first,
                                              error& why) noexcept {
  reader<Policy> in({body, static_cast<std::size_t>(end - body)});
  P const packet = read_packet<P>(in, first);
  if (in.failed()) why = in.error();
  return packet;
}

// Finds the body of input, which has to be one packet of that type. If it is something else, puts what it is
// into why, and returns null.
HUBWIRE_ONE_COPY constexpr char const* find_body(error& why, char const* input, std::size_t size,
                                                 packet_type type) noexcept {
  errc code = errc::not_one_frame;
  std::uint32_t detail = 0;
  if (size != 0) {
    std::uint8_t const first = to_byte(*input);
    header_sizes const sizes = read_fixed_header(input, size);
    std::uint32_t const whole = sizes.header + sizes.length;
    if (!is_first_byte(first) || whole == length_malformed) {  // no packet has that size
      code = errc::malformed_packet;
    } else if (whole != size) {
      detail = whole;  // 0 of an incomplete header
    } else if (first >> 4 != static_cast<int>(type)) {
      code = errc::wrong_packet_type;
      detail = first >> 4;
    } else {
      return input + sizes.header;
    }
  }
  why = {code, detail};
  return nullptr;
}

// Finds the body of a P with one or two bytes of length. Finds nothing in any other input.
template <class P>
constexpr char const* find_usual_body(char const* input, std::size_t size) noexcept {
  header_sizes const sizes = read_short_header(input, size);
  bool const found = sizes.header != 0 && is_first_byte(to_byte(*input), P::type) &&
                     sizes.header + std::size_t{sizes.length} == size;
  return found ? input + sizes.header : nullptr;
}

// Makes the value of a result from bytes that have to be one packet: see result.
template <class P, class Policy>
struct packet_maker {
  char const* input;
  std::size_t size;

  HUBWIRE_SMALLER_INLINE constexpr P make(error& why) const noexcept {
    char const* const body = find_body(why, input, size, P::type);
    if (body == nullptr) return absent_value<P>();
    return read_whole<P, Policy>(body, input + size, to_byte(*input), why);
  }
};

// Makes the value of a result from the body of a packet: see result.
template <class P, class Policy>
struct body_maker {
  char const* body;
  std::size_t size;
  std::uint8_t first;

  HUBWIRE_SMALLER_INLINE constexpr P make(error& why) const noexcept {
    if (first >> 4 == static_cast<int>(P::type)) [[likely]]
      return read_whole<P, Policy>(body, body + size, first, why);
    return why = {errc::wrong_packet_type, static_cast<std::uint32_t>(first >> 4)}, absent_value<P>();
  }
};

// Decodes bytes that have to be one packet. A program holds one copy of this for each packet type.
template <class P, class Policy>
HUBWIRE_ONE_COPY constexpr result<P> decode_packet(char const* input, std::size_t size) noexcept {
  return result<P>(packet_maker<P, Policy>{input, size});
}

// Decodes the body of a frame whose first byte is `first`.
template <class P, class Policy>
constexpr result<P> decode_frame(char const* body, std::size_t size, std::uint8_t first) noexcept {
  return result<P>(body_maker<P, Policy>{body, size, first});
}

// decode_packet() for where speed counts. Takes a usual packet by itself.
template <class P, class Policy>
HUBWIRE_ONE_COPY constexpr result<P> decode_by_shortcut(char const* input, std::size_t size) noexcept {
  char const* const body = find_usual_body<P>(input, size);
  if (body == nullptr) [[unlikely]]
    return decode_packet<P, Policy>(input, size);
  auto const left = static_cast<std::size_t>(input + size - body);
  return result<P>(body_maker<P, Policy>{body, left, to_byte(*input)});
}
// A packet of fixed size has only one fixed header.
template <fixed_size_packet P, class Policy>
constexpr result<P> decode_by_shortcut(char const* input, std::size_t size) noexcept {
  constexpr std::uint8_t first = static_cast<unsigned>(P::type) << 4 | reserved_flags(P::type);
  if (is_short_packet(input, size, first, P::fixed_size)) [[likely]] {
    result<P> const sound(body_maker<P, Policy>{input + 2, P::fixed_size, first});
    if (sound) [[likely]]
      return sound;
  }
  return decode_packet<P, Policy>(input, size);
}

}  // namespace detail

/// Decodes a frame as a P. Errors: wrong_packet_type, malformed_packet, protocol_error, and from a CONNECT
/// unsupported_protocol. What the packet views stays in the frame's memory.
template <class P, class Policy = strict>
HUBWIRE_FASTER_INLINE constexpr result<P> decode(frame const& received) noexcept {
  std::string_view const body = received.body();
  return detail::decode_frame<P, Policy>(body.data(), body.size(), received.first_byte());
}

/// Decodes bytes that are exactly one packet. Errors: those of a frame, and not_one_frame (detail: the size
/// of the packet, 0 if unknown).
template <class P, class Policy = strict>
constexpr result<P> decode(char_view input) noexcept {
  if constexpr (detail::for_size)
    return detail::decode_packet<P, Policy>(input.data(), input.size());
  else
    return detail::decode_by_shortcut<P, Policy>(input.data(), input.size());
}
template <class P, class Policy = strict>
constexpr result<P> decode(byte_view input) noexcept {
  return decode<P, Policy>(detail::to_chars(input));
}

}}  // namespace hubwire

#endif
