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

namespace hubwire { inline namespace abi1 {

constexpr std::size_t base64_encoded_size(std::size_t octets) noexcept {
  return octets / 3 * 4 + (octets % 3 == 0 ? 0 : 4);
}

namespace detail {

inline constexpr char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// How many of the last characters stand for nothing.
constexpr std::size_t base64_padding(char const* text, std::size_t size) noexcept {
  std::size_t count = 0;
  while (count != 2 && count != size && text[size - 1 - count] == '=') ++count;
  return count;
}

// 0 to 63, or more for a character that is no base64 digit. No table lookup by the character, so that the
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
  return (upper | lower | digit | other) - 1;
}

}  // namespace detail

/// Of a text that base64_decode accepts.
constexpr std::size_t base64_decoded_size(std::string_view text) noexcept {
  std::size_t const padding = detail::base64_padding(text.data(), text.size());
  std::size_t const size = text.size() / 4 * 3;
  return size < padding ? 0 : size - padding;
}

/// errc::buffer_too_small with the size needed.
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

/// The octets, written to output. errc::invalid_base64 with the offset of the group of four that is
/// wrong; errc::buffer_too_small with the size needed.
constexpr result<bytes> base64_decode(char_span output, std::string_view text) noexcept {
  if (text.size() % 4 != 0)
    return error{errc::invalid_base64, static_cast<std::uint32_t>(text.size() / 4 * 4)};
  std::size_t const padding = detail::base64_padding(text.data(), text.size());
  std::size_t const needed = text.size() / 4 * 3 - padding;
  if (output.size() < needed) return error{errc::buffer_too_small, static_cast<std::uint32_t>(needed)};
  char* out = output.data();
  std::uint32_t bits = 0;
  unsigned waiting = 0;  // of bits the last ones, which are not yet written
  for (std::size_t at = 0; at != text.size() - padding; ++at) {
    std::uint32_t const value = detail::base64_value(text[at]);
    if (value > 63) return error{errc::invalid_base64, static_cast<std::uint32_t>(at / 4 * 4)};
    bits = bits << 6 | value;
    waiting += 6;
    if (waiting < 8) continue;
    waiting -= 8;
    *out++ = detail::to_char(static_cast<std::uint8_t>(bits >> waiting));
  }
  std::uint32_t const unused = (1u << waiting) - 1;
  if ((bits & unused) != 0) return error{errc::invalid_base64, static_cast<std::uint32_t>(text.size() - 4)};
  return bytes(std::string_view(output.data(), needed));
}

inline result<bytes> base64_decode(byte_span output, std::string_view text) noexcept {
  return base64_decode(detail::to_chars(output), text);
}

}}  // namespace hubwire

#endif
