// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/topic_query.hpp>

#include <optional>
#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

namespace {

// Read by the rule and, where there is one, by the shortcut: nothing, or what both agree on.
constexpr std::optional<iothub::detail::topic_query> parse_query(std::string_view level) {
  iothub::detail::topic_query by_rule;
  iothub::detail::topic_query by_shortcut;
  bool const read = iothub::detail::parse_query(by_rule, level);
  bool const same = iothub::detail::read_query(by_shortcut, level) == read &&
                    (!read || (by_rule.has_id == by_shortcut.has_id && by_rule.id == by_shortcut.id &&
                               by_rule.version == by_shortcut.version));
  if (!same) throw "the shortcut disagrees";
  return read ? std::optional(by_rule) : std::nullopt;
}

}  // namespace

TEST_CASE("topic_query: an unordered bag of which two members count", "[iothub][topic_query]") {
  constexpr_test([] {
    auto const one = parse_query("?$rid=1&$version=2");
    auto const other = parse_query("?a=b&%24version=2&c&$rid=1");
    auto const none = parse_query("");
    auto const marked = parse_query("?");
    return one->has_id && one->id == 1 && one->version == 2u && other->has_id && other->id == 1 &&
           other->version == 2u && !none->has_id && !none->version && !marked->has_id &&
           !parse_query("$rid=1") && !parse_query("?$rid=1/") && !parse_query("?$rid=1&$rid=1") &&
           !parse_query("?$version=%31");
  });
}

TEST_CASE("topic_query: every query made of a few pieces reads the same by the rule and by the shortcut",
          "[iothub][topic_query]") {
  std::string_view const pieces[] = {"?", "$rid=",   "$version=", "&", "1",  "18446744073709551616",
                                     "/", "%24rid=", "$rid",      "=", "x=y"};
  for (auto const a : pieces)
    for (auto const b : pieces)
      for (auto const c : pieces)
        for (auto const d : pieces) {
          std::string text = "?$rid=1";
          ((text += a) += b) += c;
          text += d;
          INFO(text);
          CHECK_NOTHROW(parse_query(text));
          CHECK_NOTHROW(parse_query(std::string_view(text).substr(7)));
        }
}
