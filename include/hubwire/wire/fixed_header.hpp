// SPDX-License-Identifier: BSL-1.0
// Reads the fixed header of a packet: v3.1.1 §2.2, v5 §2.1.
#ifndef HUBWIRE_WIRE_FIXED_HEADER_HPP
#define HUBWIRE_WIRE_FIXED_HEADER_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/wire/packet_type.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// A fixed header: its own size, 0 for none, and the length that it says.
struct header_sizes {
  std::uint32_t header = 0;
  std::uint32_t length = 0;
};

// That of nearly all packets, with a length of one or two bytes; none for any other. input has three bytes.
HUBWIRE_FASTER_INLINE constexpr header_sizes read_short_header(char const* input) noexcept {
  std::uint32_t const low = to_byte(input[1]);
  if (low < 0x80) return {2, low};
  std::uint32_t const high = to_byte(input[2]);
  if (high - 1 >= 0x7F) [[unlikely]]
    return {};
  return {3, (low & 0x7F) | high << 7};
}

}}}  // namespace hubwire::detail

#endif
