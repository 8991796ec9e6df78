// SPDX-License-Identifier: BSL-1.0
// Reads the fixed header of a packet, for the codec, for streams and for diagnoses: v3.1.1 §2.2, v5 §2.1.
#ifndef HUBWIRE_WIRE_FIXED_HEADER_HPP
#define HUBWIRE_WIRE_FIXED_HEADER_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/core/short_length.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// These two stand for a length that cannot be read.
inline constexpr std::uint32_t length_incomplete = varint_max + 1;
inline constexpr std::uint32_t length_malformed = varint_max + 2;

// Reads the length behind the first byte; if it cannot, returns one of the two above. A number, so that it
// comes in one register.
HUBWIRE_ONE_COPY constexpr std::uint32_t read_any_length(char const* input, std::size_t count) noexcept {
  varint const length = read_varint({input + 1, count - 1});
  if (length.status == varint_status::ready) return length.value;
  return length.status == varint_status::need_more ? length_incomplete : length_malformed;
}

// Reads the fixed header at input, which has count bytes, one at least. If there is no length, the header's
// own size is 0, and the length says why.
HUBWIRE_FASTER_INLINE constexpr header_sizes read_fixed_header(char const* input,
                                                               std::size_t count) noexcept {
  if (header_sizes const sizes = read_short_header(input, count); sizes.header != 0) [[likely]]
    return sizes;
  std::uint32_t const length = read_any_length(input, count);
  if (length > varint_max) return {0, length};
  return {static_cast<std::uint32_t>(1 + varint_size(length)), length};
}

}}}  // namespace hubwire::detail

#endif
