// SPDX-License-Identifier: BSL-1.0
// Base64 as RFC 4648 section 4 has it, bit by bit over a string of digits. Uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_BASE64_HPP
#define HUBWIRE_FUZZ_REFERENCE_BASE64_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reference {

inline constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline std::string base64_encoded(std::string_view octets) {
  std::string bits;
  for (char const c : octets)
    for (int i = 7; i >= 0; --i) bits += static_cast<unsigned char>(c) >> i & 1 ? '1' : '0';
  std::string result;
  for (std::size_t at = 0; at < bits.size(); at += 6) {
    std::string six = bits.substr(at, 6);
    six.resize(6, '0');
    result += base64_digits[std::stoul(six, nullptr, 2)];
  }
  while (result.size() % 4 != 0) result += '=';
  return result;
}

// Each run of octets has one spelling; nothing for any other text.
inline std::optional<std::string> base64_decoded(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string_view body = text;
  for (int i = 0; i != 2 && body.ends_with('='); ++i) body.remove_suffix(1);
  std::string bits;
  for (char const c : body) {
    std::size_t const digit = base64_digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    for (int i = 5; i >= 0; --i) bits += digit >> i & 1 ? '1' : '0';
  }
  std::string octets;
  std::size_t at = 0;
  for (; bits.size() - at >= 8; at += 8)
    octets += static_cast<char>(static_cast<unsigned char>(std::stoul(bits.substr(at, 8), nullptr, 2)));
  bool const one_spelling = bits.find('1', at) == std::string::npos && base64_encoded(octets) == text;
  if (!one_spelling) return std::nullopt;
  return octets;
}

}  // namespace reference

#endif
