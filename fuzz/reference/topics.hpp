// SPDX-License-Identifier: BSL-1.0
// Topic names and filters by cutting them into levels first: v3.1.1 §4.7. Uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_TOPICS_HPP
#define HUBWIRE_FUZZ_REFERENCE_TOPICS_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fuzz/reference/utf8.hpp>

namespace reference {

inline std::vector<std::string> levels_of(std::string_view topic) {
  std::vector<std::string> levels(1);
  for (char const c : topic) {
    if (c == '/') {
      levels.emplace_back();
    } else {
      levels.back() += c;
    }
  }
  return levels;
}

inline bool is_topic_name(std::string_view topic) {
  return !topic.empty() && is_mqtt_text(topic) && topic.find_first_of("#+") == std::string_view::npos;
}

inline bool is_topic_filter(std::string_view filter) {
  if (filter.empty() || !is_mqtt_text(filter)) return false;
  std::vector<std::string> const levels = levels_of(filter);
  for (std::size_t i = 0; i != levels.size(); ++i) {
    std::string const& level = levels[i];
    if (level.size() > 1 && level.find_first_of("#+") != std::string::npos) return false;
    if (level == "#" && i + 1 != levels.size()) return false;
  }
  return true;
}

// Both valid.
inline bool matches(std::string_view filter, std::string_view topic) {
  std::vector<std::string> const wanted = levels_of(filter);
  std::vector<std::string> const have = levels_of(topic);
  bool const begins_with_wildcard = wanted[0] == "#" || wanted[0] == "+";
  if (topic.front() == '$' && begins_with_wildcard) return false;
  std::size_t i = 0;
  while (i != wanted.size() && i != have.size() && wanted[i] != "#" &&
         (wanted[i] == "+" || wanted[i] == have[i])) {
    ++i;
  }
  if (i == wanted.size()) return i == have.size();
  return wanted[i] == "#";  // the rest, or the parent level itself
}

}  // namespace reference

#endif
