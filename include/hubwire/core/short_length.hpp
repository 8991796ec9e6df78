// SPDX-License-Identifier: BSL-1.0
// The Remaining Length of nearly all packets, read in line: v3.1.1 §2.2.3, v5 §1.5.5. Only a speed-up:
// wire/varint.hpp is complete without it.
#ifndef HUBWIRE_CORE_SHORT_LENGTH_HPP
#define HUBWIRE_CORE_SHORT_LENGTH_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// The sizes in a fixed header: its own, 0 if there is none, and the length that it says.
struct header_sizes {
  std::uint32_t header = 0;
  std::uint32_t length = 0;
};

// Reads a fixed header whose length takes one or two bytes. Finds no header in any other input, and none at
// all where flash counts. The caller looks at the first byte.
HUBWIRE_SMALLER_INLINE constexpr header_sizes read_short_header(char const* input,
                                                                std::size_t count) noexcept {
  if (for_size || count < 3) return {};
  std::uint32_t const low = to_byte(input[1]);
  std::uint32_t const high = to_byte(input[2]);
  if (low < 0x80) return {2, low};
  if (high - 1 < 0x7F) [[likely]]
    return {3, (low & 0x7F) | high << 7};
  return {};
}

// Whether input is a packet with that first byte and that length, below 128. Where flash counts, the answer
// is always no.
HUBWIRE_SMALLER_INLINE constexpr bool is_short_packet(char const* input, std::size_t count,
                                                      std::uint8_t first, std::size_t length) noexcept {
  return !for_size && count == 2 + length && to_byte(input[0]) == first && to_byte(input[1]) == length;
}

}}}  // namespace hubwire::detail

#endif
