// SPDX-License-Identifier: BSL-1.0
// What a scan has to find, by a second and plainer statement of the rule.
#ifndef HUBWIRE_TESTS_SUPPORT_TEXT_REFERENCE_HPP
#define HUBWIRE_TESTS_SUPPORT_TEXT_REFERENCE_HPP

#include <cstddef>
#include <string_view>

#include <hubwire/core/utf8.hpp>

namespace hubwire::test {

// Each sequence is decoded to its number first, and the number is
// judged afterwards.
constexpr text_findings text_reference(std::string_view text) {
  text_findings found;
  std::size_t at = 0;
  while (at != text.size()) {
    unsigned const lead = detail::to_byte(text[at]);
    std::size_t const length = lead < 0x80             ? 1
                               : (lead & 0xe0) == 0xc0 ? 2
                               : (lead & 0xf0) == 0xe0 ? 3
                               : (lead & 0xf8) == 0xf0 ? 4
                                                       : 0;
    found.ill_formed = length == 0 || text.size() - at < length;
    if (found.ill_formed) return found;
    unsigned number = length == 1 ? lead : lead & (0xffu >> (length + 1));
    for (std::size_t i = 1; i != length; ++i) {
      unsigned const next = detail::to_byte(text[at + i]);
      found.ill_formed = found.ill_formed || next >> 6 != 2;
      number = number << 6 | (next & 0x3f);
    }
    constexpr unsigned smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    found.ill_formed = found.ill_formed || number < smallest[length] || number > 0x10ffff ||
                       (number >= 0xd800 && number <= 0xdfff);
    if (found.ill_formed) return found;
    found.nul = found.nul || number == 0;
    found.wildcard = found.wildcard || number == '#' || number == '+';
    at += length;
  }
  return found;
}

constexpr bool agree(text_findings a, text_findings b) {
  return a.ill_formed == b.ill_formed && a.nul == b.nul && a.wildcard == b.wildcard;
}

}  // namespace hubwire::test

#endif
