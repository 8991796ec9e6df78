// SPDX-License-Identifier: BSL-1.0
// Reads the fixed header of a packet, for the codec, for streams and for diagnoses: v3.1.1 §2.2, v5 §2.1.
#ifndef HUBWIRE_WIRE_FIXED_HEADER_HPP
#define HUBWIRE_WIRE_FIXED_HEADER_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/core/short_length.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// The length that comes without a header says why there is none.
inline constexpr auto length_incomplete = static_cast<std::uint32_t>(varint_status::need_more);
inline constexpr auto length_malformed = static_cast<std::uint32_t>(varint_status::malformed);
static_assert(length_incomplete == 0);

// Reads a fixed header whose length takes one to four bytes. Returns its sizes in one number, the length in
// the low 28 bits, so that they come in one register.
constexpr std::uint32_t read_any_header(char const* input, std::size_t count) noexcept {
  varint const length = read_varint({input + 1, count - 1});
  if (length.status != varint_status::ready) return static_cast<std::uint32_t>(length.status);
  return (1 + length.size) << 28 | length.value;
}

// Reads the fixed header at input, which has count bytes, one at least. If there is no length, the header's
// own size is 0, and the length says why.
HUBWIRE_FASTER_INLINE constexpr header_sizes read_fixed_header(char const* input,
                                                               std::size_t count) noexcept {
  if (header_sizes const sizes = read_short_header(input, count); sizes.header != 0) [[likely]]
    return sizes;
  std::uint32_t const sizes = read_any_header(input, count);
  return {sizes >> 28, sizes & varint_max};
}

}}}  // namespace hubwire::detail

#endif
