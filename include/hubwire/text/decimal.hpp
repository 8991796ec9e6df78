// SPDX-License-Identifier: BSL-1.0
// Decimal numbers inside text.
#ifndef HUBWIRE_TEXT_DECIMAL_HPP
#define HUBWIRE_TEXT_DECIMAL_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <hubwire/core/bytes.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// Makes number ten times as large and adds a digit; false where that takes more than 64 bits. Where flash
// counts in parts of 16 bits, whose products have 32: multiplying 64 bits is a routine of the compiler's
// library.
HUBWIRE_SMALLER_INLINE constexpr bool append_digit(std::uint64_t& number, unsigned digit) noexcept {
  if constexpr (for_size) {
    std::uint32_t carry = digit;
    for (int part = 0; part != 4; ++part) {
      carry += (static_cast<std::uint32_t>(number) & 0xFFFF) * 10;
      number = number >> 16 | std::uint64_t{carry} << 48;
      carry >>= 16;
    }
    return carry == 0;
  }
  if (number > (std::numeric_limits<std::uint64_t>::max)() / 10) return false;
  number = number * 10 + digit;
  return number >= digit;
}

// Digits only, at least one; false for anything else.
constexpr bool read_decimal(std::uint64_t& number, char const* at, char const* end) noexcept {
  if (at == end) return false;
  std::uint64_t so_far = 0;
  for (; at != end; ++at) {
    unsigned const digit = static_cast<unsigned>(to_byte(*at)) - '0';
    if (digit > 9 || !append_digit(so_far, digit)) return false;
  }
  number = so_far;
  return true;
}

}  // namespace detail

/// Digits only, at least one, no more than most; otherwise nothing. Leading zeros are digits too.
HUBWIRE_SMALLER_INLINE constexpr std::optional<std::uint64_t> parse_decimal(
    std::string_view text, std::uint64_t most = (std::numeric_limits<std::uint64_t>::max)()) noexcept {
  std::uint64_t number = 0;
  bool const sound = detail::read_decimal(number, text.data(), text.data() + text.size());
  return sound && number <= most ? std::optional(number) : std::nullopt;
}

namespace detail {

// Divides by ten and returns what is left. Where flash counts it goes bit by bit: the routine that divides 64
// bits is one of the largest in a compiler's library.
HUBWIRE_SMALLER_INLINE constexpr unsigned take_last_digit(std::uint64_t& number) noexcept {
  unsigned left = 0;
  if constexpr (for_size) {
    for (int bit = 0; bit != 64; ++bit) {
      left = left << 1 | static_cast<unsigned>(number >> 63);
      number <<= 1;
      if (left < 10) continue;
      left -= 10;
      number |= 1;
    }
  } else {
    left = static_cast<unsigned>(number % 10);
    number /= 10;
  }
  return left;
}

// A number as text, without leading zeros.
class decimal_digits {
 public:
  constexpr explicit decimal_digits(std::uint64_t number) noexcept {
    do text_[--first_] = static_cast<char>('0' + take_last_digit(number));
    while (number != 0);
  }

  constexpr std::string_view view() const noexcept { return {text_ + first_, room - first_}; }

 private:
  static constexpr std::size_t room = 20;

  char text_[room];  // of which nothing is read that was not written
  std::size_t first_ = room;
};

}  // namespace detail

}}  // namespace hubwire

#endif
