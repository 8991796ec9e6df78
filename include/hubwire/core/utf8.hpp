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

namespace hubwire { inline namespace abi1 {

/// What scan_text found.
struct text_findings {
  bool ill_formed : 1 = false;  // not UTF-8: a broken, overlong or surrogate sequence, or one past U+10FFFF
  bool nul : 1 = false;         // U+0000
  bool wildcard : 1 = false;    // '#' or '+'
};

namespace detail {

HUBWIRE_SMALLER_INLINE constexpr void find_in_ascii(unsigned character, unsigned& found) noexcept {
  if (character == 0) found |= found_nul;
  if ((character | 0x08) == 0x2B) found |= found_wildcard;  // 0x08 maps '#' to '+'
}

// The range of the second byte excludes overlong forms, surrogates and values past U+10FFFF.
HUBWIRE_SMALLER_INLINE constexpr unsigned lowest_second(unsigned lead) noexcept {
  return lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
}
HUBWIRE_SMALLER_INLINE constexpr unsigned highest_second(unsigned lead) noexcept {
  return lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
}

// The exact scan, a character at a time. Stops at the first ill-formed sequence. Written for its size.
HUBWIRE_ONE_COPY constexpr unsigned scan_characters(char const* position, char const* end) noexcept {
  unsigned found = 0;
  for (;;) {
    position = skip_plain_words(position, end);
    if (position == end) return found;
    std::uint32_t lead = to_byte(*position++);
    if (lead < 0x80) {
      find_in_ascii(lead, found);
      continue;
    }
    if (lead < 0xC2 || lead > 0xF4) return found | found_ill_formed;
    unsigned lowest = lowest_second(lead);
    unsigned highest = highest_second(lead);
    lead <<= 25;  // as many more bytes as the lead has ones behind its first
    do {
      if (position == end) return found | found_ill_formed;
      unsigned const next = to_byte(*position++);
      if (next < lowest || next > highest) return found | found_ill_formed;
      lowest = 0x80;
      highest = 0xBF;
      lead <<= 1;
    } while (lead >> 31 != 0);
  }
}

// Scans the last `rest` characters of a text, which begin with a block that is not plain. It is out of
// line, so that the question whether any are left can be in line. Behind each block that is not plain it
// goes on by blocks.
template <std::size_t Width>
unsigned scan_rest(char const* text, std::size_t size, std::size_t rest) noexcept {
  char const* const end = text + size;
  if constexpr (Width == 16) {
    unsigned const found = blocks<Width>::scan(text, size, size - rest);
    if ((found & found_ill_formed) == 0) return found;
    return scan_characters(end - rest, end);  // for what is in front of the broken sequence
  } else {
    unsigned found = 0;
    while (rest != 0) {
      char const* const begin = end - rest;
      std::size_t taken = rest < Width ? rest : Width;
      while (taken != rest && (to_byte(begin[taken]) & 0xC0) == 0x80) ++taken;  // no sequence is parted
      found |= scan_characters(begin, begin + taken);
      if ((found & found_ill_formed) != 0) break;
      rest = blocks<Width>::rest_behind_plain(begin + taken, rest - taken);
    }
    return found;
  }
}

template <std::size_t Width>
HUBWIRE_FASTER_INLINE constexpr unsigned scan_blocks(char const* text, std::size_t size) noexcept {
  if (Width == 1 || std::is_constant_evaluated()) return scan_characters(text, text + size);
  std::size_t const rest = blocks<Width>::rest_behind_plain(text, size);
  if (rest == 0) [[likely]]
    return 0;
  return scan_rest<Width>(text, size, rest);
}

}  // namespace detail

/// Scans a text. Stops at the first ill-formed sequence; the other findings then cover the text before it.
/// Linear. In line while the text is plain, out of line from the first block that is not.
HUBWIRE_SMALLER_INLINE constexpr text_findings scan_text(std::string_view text) noexcept {
  unsigned const found = detail::scan_blocks<detail::block_width>(text.data(), text.size());
  return {(found & detail::found_ill_formed) != 0, (found & detail::found_nul) != 0,
          (found & detail::found_wildcard) != 0};
}

}}  // namespace hubwire

#endif
