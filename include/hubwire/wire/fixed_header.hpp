// SPDX-License-Identifier: BSL-1.0
// Reads the fixed header of a packet, for the codec, for streams and for diagnoses: v3.1.1 §2.2, v5 §2.1.
#ifndef HUBWIRE_WIRE_FIXED_HEADER_HPP
#define HUBWIRE_WIRE_FIXED_HEADER_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// A fixed header: its own size, and the length that it says.
struct header_sizes {
  std::uint32_t header = 0;
  std::uint32_t length = 0;
};

// Reads the fixed header of nearly all packets, with a length of one or two bytes; of any other the size is 0. input has
// three bytes. The first is the caller's to look at.
HUBWIRE_FASTER_INLINE constexpr header_sizes read_short_header(char const* input) noexcept {
  std::uint32_t const low = to_byte(input[1]);
  std::uint32_t const high = to_byte(input[2]);
  if (low < 0x80) return {2, low};
  if (high - 1 < 0x7F) [[likely]]
    return {3, (low & 0x7F) | high << 7};
  return {};
}

inline constexpr std::uint32_t length_incomplete = varint_max + 1;
inline constexpr std::uint32_t length_malformed = varint_max + 2;

// The length behind the first byte, or one of the two above. A number, so that it comes in one register.
HUBWIRE_ONE_COPY constexpr std::uint32_t read_any_length(char const* input, std::size_t count) noexcept {
  varint const length = read_varint({input + 1, count - 1});
  if (length.status == varint_status::ready) return length.value;
  return length.status == varint_status::need_more ? length_incomplete : length_malformed;
}

// The fixed header at input, which has count bytes, one at least. Without a length, its own size is 0, and
// the length says why.
HUBWIRE_FASTER_INLINE constexpr header_sizes read_fixed_header(char const* input, std::size_t count) noexcept {
  if (count >= 3) [[likely]]
    if (header_sizes const sizes = read_short_header(input); sizes.header != 0) [[likely]]
      return sizes;
  std::uint32_t const length = read_any_length(input, count);
  if (length > varint_max) return {0, length};
  return {static_cast<std::uint32_t>(1 + varint_size(length)), length};
}

}}}  // namespace hubwire::detail

#endif
