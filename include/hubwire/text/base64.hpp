// SPDX-License-Identifier: BSL-1.0
// Base64 as RFC 4648 section 4 has it. Strict when reading: padding is required, nothing stands between
// the characters, and the bits that no byte uses are zero, so each text has one meaning and one spelling.
#ifndef HUBWIRE_TEXT_BASE64_HPP
#define HUBWIRE_TEXT_BASE64_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>

namespace hubwire::inline HUBWIRE_ABI {

constexpr std::size_t base64_encoded_size(std::size_t octets) noexcept {
  return octets / 3 * 4 + (octets % 3 == 0 ? 0 : 4);
}

// Of a text that base64_decode accepts.
constexpr std::size_t base64_decoded_size(std::string_view text) noexcept {
  std::size_t const padding = ends_with(text, "==") ? 2 : ends_with(text, "=") ? 1 : 0;
  std::size_t const size = text.size() / 4 * 3;
  return size < padding ? 0 : size - padding;
}

namespace detail {

inline constexpr char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// 0 to 63, or 64 for a character that is no base64 digit. No table lookup by the character, so that the
// time it takes says nothing about a key.
constexpr std::uint32_t base64_value(char c) noexcept {
  auto const in_range = [c](char low, char high) {
    auto const byte = static_cast<std::uint32_t>(to_byte(c));
    std::uint32_t const outside = (byte - to_byte(low)) | (to_byte(high) - byte);
    return (outside >> 31) - 1u;  // all ones when low <= c <= high
  };
  auto const byte = static_cast<std::uint32_t>(to_byte(c));
  std::uint32_t const upper = in_range('A', 'Z') & (byte - 'A' + 1);
  std::uint32_t const lower = in_range('a', 'z') & (byte - 'a' + 27);
  std::uint32_t const digit = in_range('0', '9') & (byte - '0' + 53);
  std::uint32_t const other = (in_range('+', '+') & 63u) | (in_range('/', '/') & 64u);
  std::uint32_t const found = upper | lower | digit | other;
  return found == 0 ? 64 : found - 1;
}

// Four characters as 24 bits, of which the padding counts as zeros; more than 24 bits at a bad character.
constexpr std::uint32_t base64_group(std::string_view four, std::size_t padding) noexcept {
  std::uint32_t bits = 0;
  std::uint32_t bad = 0;
  for (std::size_t i = 0; i != 4; ++i) {
    std::uint32_t const value = i < 4 - padding ? base64_value(four[i]) : 0;
    bad |= value & 64;
    bits = bits << 6 | (value & 63);
  }
  return bits | bad << 18;
}

// How many of the last group's characters stand for nothing.
constexpr std::size_t base64_padding(std::string_view group) noexcept {
  return ends_with(group, "==") ? 2 : ends_with(group, "=") ? 1 : 0;
}

}  // namespace detail

// errc::buffer_too_small with the size needed.
constexpr result<std::string_view> base64_encode(char_span output, bytes octets) noexcept {
  std::size_t const needed = base64_encoded_size(octets.size());
  if (output.size() < needed) return error{errc::buffer_too_small, static_cast<std::uint32_t>(needed)};
  std::string_view rest = octets.view();
  for (char* out = output.data(); !rest.empty(); out += 4) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i != 3; ++i)
      bits = bits << 8 | (i < rest.size() ? detail::to_byte(rest[i]) : std::uint32_t{0});
    for (std::size_t i = 0; i != 4; ++i)
      out[i] = i <= rest.size() ? detail::base64_digits[bits >> (18 - 6 * i) & 63] : '=';
    rest = drop(rest, 3);
  }
  return std::string_view(output.data(), needed);
}

// The octets, written to output. errc::invalid_base64 with the offset of the group of four that is
// wrong; errc::buffer_too_small with the size needed.
constexpr result<bytes> base64_decode(char_span output, std::string_view text) noexcept {
  if (text.size() % 4 != 0)
    return error{errc::invalid_base64, static_cast<std::uint32_t>(text.size() / 4 * 4)};
  std::size_t const needed = base64_decoded_size(text);
  if (output.size() < needed) return error{errc::buffer_too_small, static_cast<std::uint32_t>(needed)};
  char* out = output.data();
  for (std::size_t at = 0; at != text.size(); at += 4) {
    std::string_view const group = first(drop(text, at), 4);
    bool const last = at + 4 == text.size();
    std::size_t const padding = last ? detail::base64_padding(group) : 0;
    std::uint32_t const bits = detail::base64_group(group, padding);
    std::uint32_t const unused = (1u << (8 * padding)) - 1;
    if (bits >> 24 != 0 || (bits & unused) != 0)
      return error{errc::invalid_base64, static_cast<std::uint32_t>(at)};
    for (std::size_t i = 0; i != 3 - padding; ++i)
      *out++ = detail::to_char(static_cast<std::uint8_t>(bits >> (16 - 8 * i)));
  }
  return bytes(std::string_view(output.data(), needed));
}

inline result<bytes> base64_decode(byte_span output, std::string_view text) noexcept {
  return base64_decode(detail::to_chars(output), text);
}

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
