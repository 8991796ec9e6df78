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

namespace hubwire::inline HUBWIRE_ABI {

namespace detail {

// Ten times the number, and one more digit. Where flash counts in parts, whose products have 32 bits: multiplying
// 64 bits is a routine of the compiler's library.
constexpr std::uint64_t with_digit(std::uint64_t number, unsigned digit) noexcept {
  if constexpr (!for_size) return number * 10 + digit;
  auto const low = static_cast<std::uint32_t>(number);
  std::uint32_t const first = (low & 0xFFFF) * 10 + digit;
  std::uint32_t const second = (low >> 16) * 10 + (first >> 16);
  std::uint32_t const high = static_cast<std::uint32_t>(number >> 32) * 10 + (second >> 16);
  return std::uint64_t{high} << 32 | (second << 16 | (first & 0xFFFF));
}

}  // namespace detail

// Digits only, at least one, no more than most; otherwise nothing. Leading zeros are digits too.
HUBWIRE_SHARED constexpr std::optional<std::uint64_t> parse_decimal(
    std::string_view text, std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) noexcept {
  if (text.empty()) return std::nullopt;
  constexpr std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t number = 0;
  for (char const c : text) {
    unsigned const digit = static_cast<unsigned>(detail::to_byte(c)) - '0';
    if (digit > 9 || number > limit / 10) return std::nullopt;
    number = detail::with_digit(number, digit);
    if (number < digit) return std::nullopt;  // past the end of 64 bits
  }
  if (number > most) return std::nullopt;
  return number;
}

namespace detail {

// Divides by ten and returns what is left. Where flash counts it goes bit by bit: the routine that divides 64
// bits is one of the largest in a compiler's library.
constexpr unsigned take_last_digit(std::uint64_t& number) noexcept {
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

struct digit_pairs {
  char of[100][2]{};

  constexpr digit_pairs() noexcept {
    for (unsigned i = 0; i != 100; ++i) {
      of[i][0] = static_cast<char>('0' + i / 10);
      of[i][1] = static_cast<char>('0' + i % 10);
    }
  }
};

inline constexpr digit_pairs two_digits{};

// A number as text, without leading zeros.
class decimal_digits {
 public:
  constexpr explicit decimal_digits(std::uint64_t number) noexcept {
    if constexpr (for_size) {
      do put(take_last_digit(number));
      while (number != 0);
    } else {
      while (number > std::numeric_limits<std::uint32_t>::max()) put(take_last_digit(number));
      auto rest = static_cast<std::uint32_t>(number);
      for (; rest > 99; rest /= 100) put_two(rest % 100);
      if (rest > 9) {
        put_two(rest);
      } else {
        put(rest);
      }
    }
  }

  constexpr std::string_view view() const noexcept { return {text_ + first_, room - first_}; }

 private:
  constexpr void put(unsigned digit) noexcept { text_[--first_] = static_cast<char>('0' + digit); }
  constexpr void put_two(unsigned pair) noexcept {
    first_ -= 2;
    copy_chars(text_ + first_, two_digits.of[pair], 2);
  }

  static constexpr std::size_t room = 20;

  char text_[room];  // of which nothing is read that was not written
  std::size_t first_ = room;
};

}  // namespace detail

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
