// SPDX-License-Identifier: BSL-1.0
// Variable byte integers, the form of Remaining Length: v3.1.1 §2.2.3, v5 §1.5.5.
#ifndef HUBWIRE_WIRE_VARINT_HPP
#define HUBWIRE_WIRE_VARINT_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/writer.hpp>

namespace hubwire { inline namespace abi1 {

/// The largest value that four bytes can carry: 268,435,455.
inline constexpr std::uint32_t varint_max = 0x0FFF'FFFF;

namespace detail {

// The size of a packet whose fields contradict each other. No sum of lengths has this value.
inline constexpr std::size_t no_size = static_cast<std::size_t>(-1);

}  // namespace detail

/// The number of bytes that value takes, 1 to 4. value <= varint_max.
constexpr std::size_t varint_size(std::uint32_t value) noexcept {
  HUBWIRE_ASSERT(value <= varint_max);
  std::size_t size = 1;
  while ((value >>= 7) != 0) ++size;
  return size;
}

/// Writes value, which is at most varint_max, to varint_size(value) bytes of room.
constexpr void write_varint(writer& out, std::uint32_t value) noexcept {
  HUBWIRE_ASSERT(value <= varint_max);
  for (; value >= 0x80; value >>= 7) out.u8(static_cast<std::uint8_t>(value | 0x80));
  out.u8(static_cast<std::uint8_t>(value));
}

enum class varint_status : std::uint8_t {
  need_more,  ///< the text ends inside the integer
  malformed,  ///< a fifth byte announced, or more bytes than the value needs
  ready,
};

struct varint {
  varint_status status = varint_status::need_more;
  std::uint32_t size = 0;   ///< bytes read
  std::uint32_t value = 0;  ///< valid when ready
};

/// Reads the integer at the start of input. More bytes than needed are malformed in both versions: v5 says
/// so, 3.1.1 leaves it open, and two encodings of one length help nobody but an attacker.
constexpr varint read_varint(std::string_view input) noexcept {
  char const* at = input.data();
  char const* const end = at + input.size();
  std::uint32_t value = 0;
  std::uint32_t byte = 0;
  unsigned shift = 0;
  do {
    if (at == end) return {varint_status::need_more, static_cast<std::uint32_t>(input.size()), 0};
    byte = detail::to_byte(*at++);
    value |= (byte & 0x7F) << shift;
    shift += 7;
  } while (byte >= 0x80 && shift != 28);
  bool const padded = byte == 0 && shift != 7;
  return {byte >= 0x80 || padded ? varint_status::malformed : varint_status::ready,
          static_cast<std::uint32_t>(at - input.data()), value};
}

namespace detail {

// Adds lengths that come from callers. A sum that would wrap becomes one that no packet has, and that is not
// no_size, also when one is added to it.
constexpr std::size_t saturated_sum(std::size_t a, std::size_t b) noexcept {
  std::size_t const sum = a + b;
  if (sum + 1 <= a) [[unlikely]]  // it wrapped, or is no_size
    return no_size - 2;
  return sum;
}

// Adds the length of a field to a sum of such lengths. Only 32 bits can wrap: no memory holds as many
// elements as it takes for 64.
constexpr std::size_t sum_of_list(std::size_t sum, std::size_t field) noexcept {
  return sizeof sum > sizeof(std::uint32_t) ? sum + field : saturated_sum(sum, field);
}

// A length as error::detail carries it; the largest value when it does not fit.
constexpr std::uint32_t saturated_detail(std::size_t length) noexcept {
  if constexpr (sizeof length > sizeof(std::uint32_t)) {
    if (length > 0xFFFF'FFFF) return 0xFFFF'FFFF;
  }
  return static_cast<std::uint32_t>(length);
}

}  // namespace detail

}}  // namespace hubwire

#endif
