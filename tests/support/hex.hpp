// SPDX-License-Identifier: BSL-1.0
// Octets written as hexadecimal text, the form in which the tests keep golden bytes.
#ifndef HUBWIRE_TESTS_SUPPORT_HEX_HPP
#define HUBWIRE_TESTS_SUPPORT_HEX_HPP

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/core/bytes.hpp>

namespace hubwire::test {

inline unsigned hex_digit(char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::size_t const value = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + ('a' - 'A')) : c);
  if (value == std::string_view::npos) throw std::invalid_argument("not a hexadecimal digit");
  return static_cast<unsigned>(value);
}

// "1002 00ff" -> {0x10, 0x02, 0x00, 0xff}. Blanks and line ends between octets are skipped; anything else
// throws, since a typing error in golden bytes must not pass as a shorter packet.
inline std::vector<std::uint8_t> from_hex(std::string_view hex) {
  std::vector<std::uint8_t> octets;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (hex[i] == ' ' || hex[i] == '\n') continue;
    if (i + 1 == hex.size()) throw std::invalid_argument("half an octet");
    octets.push_back(static_cast<std::uint8_t>(hex_digit(hex[i]) << 4 | hex_digit(hex[i + 1])));
    ++i;
  }
  return octets;
}

inline std::string to_hex(byte_view octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (std::uint8_t const octet : octets) {
    hex += digits[octet >> 4];
    hex += digits[octet & 0x0F];
  }
  return hex;
}

inline std::string to_hex(char_view chars) {
  return to_hex(byte_view(detail::to_bytes(chars.data()), chars.size()));
}
inline std::string to_hex(std::string_view chars) { return to_hex(char_view(chars)); }

}  // namespace hubwire::test

#endif
