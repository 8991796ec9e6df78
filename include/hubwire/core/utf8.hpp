// SPDX-License-Identifier: BSL-1.0
// One pass over a text for everything MQTT asks of it: well-formed UTF-8 (RFC 3629), U+0000 and the two
// wildcard characters. v3.1.1 §1.5.3 and §4.7, v5 §1.5.4 and §4.7.
#ifndef HUBWIRE_CORE_UTF8_HPP
#define HUBWIRE_CORE_UTF8_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/simd.hpp>

namespace hubwire::inline abi1 {

// What scan_text found.
struct text_findings {
  bool ill_formed = false;  // not UTF-8: a broken, overlong or surrogate sequence, or one past U+10FFFF
  bool nul = false;         // U+0000
  bool wildcard = false;    // '#' or '+'
};

namespace detail {

constexpr bool continues(char c) noexcept { return (to_byte(c) & 0xC0) == 0x80; }

// The second byte's range is what excludes overlong forms, surrogates and values past U+10FFFF.
constexpr bool second_fits(std::uint8_t lead, std::uint8_t second) noexcept {
  std::uint8_t const lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  std::uint8_t const highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= lowest && second <= highest;
}

// Length of the well-formed sequence at position whose lead byte is not ASCII, 0 when there is none.
constexpr std::size_t multibyte_length(char const* position, std::size_t available) noexcept {
  std::uint8_t const lead = to_byte(position[0]);
  if (lead < 0xC2 || lead > 0xF4 || available < 2) return 0;
  if (!second_fits(lead, to_byte(position[1]))) return 0;
  std::size_t const length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (available < length) return 0;
  for (std::size_t i = 2; i != length; ++i)
    if (!continues(position[i])) return 0;
  return length;
}

}  // namespace detail

// Stops at the first ill-formed sequence; the other findings then cover the text before it. Linear.
constexpr text_findings scan_text(std::string_view text) noexcept {
  text_findings found;
  char const* position = text.data();
  char const* const end = position + text.size();
  while (position != end) {
    if (!std::is_constant_evaluated()) {
      position = detail::skip_plain_blocks(position, end);
      if (position == end) break;
    }
    std::size_t length = 1;
    if (detail::to_byte(*position) < 0x80) {
      found.nul |= *position == '\0';
      found.wildcard |= *position == '#' || *position == '+';
    } else {
      length = detail::multibyte_length(position, static_cast<std::size_t>(end - position));
      if (length == 0) {
        found.ill_formed = true;
        break;
      }
    }
    position += length;
  }
  return found;
}

}  // namespace hubwire::inline abi1

#endif
