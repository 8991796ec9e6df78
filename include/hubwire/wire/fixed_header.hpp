// SPDX-License-Identifier: BSL-1.0
// Reads the fixed header of a packet, for the codec, for streams and for diagnoses: v3.1.1 §2.2, v5 §2.1.
#ifndef HUBWIRE_WIRE_FIXED_HEADER_HPP
#define HUBWIRE_WIRE_FIXED_HEADER_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// What a fixed header says of a packet. Of what is not ready only the status is known.
struct fixed_header {
  varint_status status = varint_status::need_more;
  std::uint32_t size = 0;    // bytes of the fixed header
  std::uint32_t length = 0;  // the Remaining Length
};

// Reads the fixed header of nearly all packets, with a length of one or two bytes; need_more for any other. input has
// three bytes. The first is the caller's to look at.
HUBWIRE_FASTER_INLINE constexpr fixed_header read_short_header(char const* input) noexcept {
  std::uint32_t const low = to_byte(input[1]);
  std::uint32_t const high = to_byte(input[2]);
  if (low < 0x80) return {varint_status::ready, 2, low};
  if (high - 1 < 0x7F) [[likely]]
    return {varint_status::ready, 3, (low & 0x7F) | high << 7};
  return {};
}

// Reads any fixed header. input is not empty.
HUBWIRE_FASTER_INLINE constexpr fixed_header read_fixed_header(char const* input, std::size_t count) noexcept {
  fixed_header header;
  if (count >= 3) [[likely]]
    header = read_short_header(input);
  if (header.status == varint_status::ready) [[likely]]
    return header;
  varint const length = read_varint({input + 1, count - 1});
  return {length.status, 1 + length.size, length.value};
}

}}}  // namespace hubwire::detail

#endif
