// SPDX-License-Identifier: BSL-1.0
#include "json.hpp"

#include <algorithm>
#include <cstdio>

namespace hub_emulator {

namespace {

constexpr std::size_t levels_max = 100;

// The deepest nesting of brackets outside strings. For a text that is no JSON the number means nothing.
std::size_t levels(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '[' || c == '{')) {
      deepest = std::max(deepest, ++depth);
    } else if (!in_string && (c == ']' || c == '}') && depth != 0) {
      --depth;
    }
  }
  return deepest;
}

bool has_effect_of_its_own(std::uint32_t point) {
  return (point >= 0x7F && point <= 0x9F) || point == 0x61C || point == 0x200E || point == 0x200F ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

// The octets with which the characters above begin.
constexpr char first_octets[] = "\x7F\xC2\xD8\xE2";

// The character at the front of well-formed UTF-8 that begins with one of first_octets, and its size.
std::uint32_t first_character(std::string_view text, std::size_t& size) {
  auto const octet = [&](std::size_t at) { return static_cast<std::uint32_t>(text[at]) & 0xFF; };
  size = octet(0) < 0x80 ? 1 : octet(0) < 0xE0 ? 2 : 3;
  if (size == 1) return octet(0);
  if (size == 2) return (octet(0) & 0x1F) << 6 | (octet(1) & 0x3F);
  return (octet(0) & 0x0F) << 12 | (octet(1) & 0x3F) << 6 | (octet(2) & 0x3F);
}

}  // namespace

json parse_json(std::string_view text) {
  if (levels(text) > levels_max) return json(json::value_t::discarded);
  return json::parse(text.begin(), text.end(), nullptr, false);
}

std::string to_line(json_line const& value) {
  std::string const text = to_text(value);
  std::string line;
  line.reserve(text.size());
  std::size_t begin = 0;
  for (std::size_t at = 0; (at = text.find_first_of(first_octets, at)) != std::string::npos;) {
    std::size_t size = 0;
    std::uint32_t const point = first_character(std::string_view(text).substr(at), size);
    at += size;
    if (!has_effect_of_its_own(point)) continue;
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(point & 0xFFFF));
    line.append(text, begin, at - size - begin).append(escape);
    begin = at;
  }
  return line.append(text, begin);
}

}  // namespace hub_emulator
