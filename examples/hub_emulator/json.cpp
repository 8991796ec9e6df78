// SPDX-License-Identifier: BSL-1.0
#include "json.hpp"

#include <algorithm>

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

}  // namespace

json parse_json(std::string_view text) {
  if (levels(text) > levels_max) return json(json::value_t::discarded);
  return json::parse(text.begin(), text.end(), nullptr, false);
}

}  // namespace hub_emulator
