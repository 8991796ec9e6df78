// SPDX-License-Identifier: BSL-1.0
// CRC-32 of IEEE 802.3, as zlib and Ethernet have it: finds damage, not forgery.
#ifndef HUBWIRE_CORE_CRC32_HPP
#define HUBWIRE_CORE_CRC32_HPP

#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

/// The CRC of data. With the CRC of earlier bytes as `before`, it is the CRC of both together:
/// crc32(b, crc32(a)). Bit by bit, without a table.
HUBWIRE_ONE_COPY constexpr std::uint32_t crc32(byte_view data, std::uint32_t before = 0) noexcept {
  std::uint32_t crc = ~before;
  for (std::uint8_t const octet : data) {
    crc ^= octet;
    for (int bit = 0; bit != 8; ++bit) crc = (crc >> 1) ^ (0xEDB8'8320U & (0U - (crc & 1U)));
  }
  return ~crc;
}

}}  // namespace hubwire

#endif
