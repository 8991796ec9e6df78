// SPDX-License-Identifier: BSL-1.0
// MQTT's text rules once more, by computing code points instead of looking at ranges of bytes. Slow and
// obvious: the judge, not the judged, so it uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_UTF8_HPP
#define HUBWIRE_FUZZ_REFERENCE_UTF8_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reference {

// RFC 3629: the shortest form of U+0000 to U+10FFFF without the surrogates.
inline bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i != text.size();) {
    auto const lead = static_cast<unsigned char>(text[i]);
    std::size_t length = 0;
    std::uint32_t point = 0;
    if (lead < 0x80) {
      length = 1;
      point = lead;
    } else if (lead >> 5 == 0x06) {
      length = 2;
      point = lead & 0x1fu;
    } else if (lead >> 4 == 0x0e) {
      length = 3;
      point = lead & 0x0fu;
    } else if (lead >> 3 == 0x1e) {
      length = 4;
      point = lead & 0x07u;
    } else {
      return false;
    }
    if (text.size() - i < length) return false;
    for (std::size_t k = 1; k != length; ++k) {
      auto const next = static_cast<unsigned char>(text[i + k]);
      if (next >> 6 != 0x02) return false;
      point = point << 6 | (next & 0x3fu);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x1'0000};
    if (point < least[length] || point > 0x10'ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    i += length;
  }
  return true;
}

// MQTT also forbids U+0000, and has two bytes for the length: v3.1.1 §1.5.3.
inline bool is_mqtt_text(std::string_view text) {
  return text.size() <= 65'535 && text.find('\0') == std::string_view::npos && is_utf8(text);
}

}  // namespace reference

#endif
