// SPDX-License-Identifier: BSL-1.0
// Decimal numbers inside text.
#ifndef HUBWIRE_TEXT_DECIMAL_HPP
#define HUBWIRE_TEXT_DECIMAL_HPP

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <hubwire/core/bytes.hpp>

namespace hubwire::inline abi1 {

// Digits only, at least one, no more than most; otherwise nothing. Leading zeros are digits too.
constexpr std::optional<std::uint64_t> parse_decimal(
    std::string_view text, std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t number = 0;
  for (char const c : text) {
    unsigned const digit = static_cast<unsigned>(detail::to_byte(c)) - '0';
    if (digit > 9 || digit > most || number > (most - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
  }
  return number;
}

}  // namespace hubwire::inline abi1

#endif
