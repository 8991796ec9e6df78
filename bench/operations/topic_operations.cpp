// SPDX-License-Identifier: BSL-1.0
// Which filters a topic matches, as a program asks that distributes what it receives; and the check of filters.
#include <array>
#include <string>
#include <string_view>

#include <hubwire/wire/topic_filter.hpp>

#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

using namespace hubwire;

struct matching {
  std::array<topic_filter, 8> filters = parsed();
  topic_name topic = *topic_name::parse(publish_topic);
  std::array<bool, 8> matched{};

  static std::array<topic_filter, 8> parsed() {
    std::array<topic_filter, 8> made{"a", "a", "a", "a", "a", "a", "a", "a"};
    for (std::size_t i = 0; i != made.size(); ++i) made[i] = *topic_filter::parse(match_filters[i]);
    return made;
  }
  void operator()() {
    for (std::size_t i = 0; i != filters.size(); ++i) matched[i] = filters[i].matches(topic);
  }
  bool check() const {
    for (std::size_t i = 0; i != filters.size(); ++i)
      if (matched[i] != filter_matches(match_filters[i], publish_topic)) return false;
    return true;
  }
};

struct checking {
  std::array<std::string_view, 3> filters{filter_1, filter_2, filter_3};
  std::size_t valid = 0;

  void operator()() {
    valid = 0;
    for (std::string_view const one : filters)
      if (topic_filter::is_valid(one)) ++valid;
  }
  bool check() const { return valid == 3 && !topic_filter::is_valid("a/#/b"); }
};

struct parsing {
  placed storage{wildcard_filter, placed::from_3072};
  std::string_view given = storage.view();
  bool valid = false;

  void operator()() {
    auto const filter = topic_filter::parse(given);
    valid = filter.has_value();
    if (filter) keep(filter->view().data(), filter->size());
  }
  // Also with another character at each place.
  bool check() const {
    if (!valid || topic_filter::parse(given)->view() != wildcard_filter) return false;
    std::string changed(wildcard_filter);
    for (char& one : changed) {
      char const before = one;
      for (char const other : {'#', '+', '/', 'x', '\0'}) {
        one = other;
        if (topic_filter::parse(changed).has_value() != filter_is_valid(changed)) return false;
      }
      one = before;
    }
    return true;
  }
};

constexpr operation operations[] = {
    measured<matching>("topic_match", 0, 8),
    measured<checking>("filter_check", 0, 3),
    measured<parsing>("filter_parse_wildcard", 43),
};

}  // namespace

std::span<operation const> topic_operations() { return operations; }

}  // namespace bench
