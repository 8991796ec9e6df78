// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/topic_query.hpp>

#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/text/text_writer.hpp>
#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

namespace {

// Read as it stands, and with its names escaped, which no shortcut knows. The two have to agree.
constexpr iothub::detail::topic_query parse_query(std::string_view level) {
  char escaped[256]{};
  text_writer out(escaped);
  for (std::size_t i = 0; i != level.size(); ++i) {
    bool const begins_name = i != 0 && (level[i - 1] == '&' || (i == 1 && level[0] == '?'));
    if (level[i] == '$' && begins_name)
      out.put("%24");
    else
      out.put(level[i]);
  }
  auto const as_it_stands = iothub::detail::read_query(level);
  auto const by_rule = iothub::detail::read_query(*out.finish());
  bool const agreed =
      by_rule.refused == as_it_stands.refused && by_rule.has_version == as_it_stands.has_version &&
      (by_rule.refused == errc::invalid_iothub_topic ||
       (by_rule.id == as_it_stands.id && (!by_rule.has_version || by_rule.version == as_it_stands.version)));
  if (!agreed) throw "the shortcut disagrees";
  return as_it_stands;
}

constexpr bool is_refused(std::string_view level) {
  auto const query = parse_query(level);
  return query.refused == errc::invalid_iothub_topic && !query.has_version;
}

}  // namespace

TEST_CASE("topic_query: an unordered bag of which two members count", "[iothub][topic_query]") {
  constexpr_test([] {
    auto const one = parse_query("?$rid=1&$version=2");
    auto const other = parse_query("?a=b&%24version=2&c&$rid=1");
    auto const none = parse_query("");
    auto const marked = parse_query("?");
    return one.refused == errc::none && one.id == "1" && one.version == 2u && one.has_version &&
           other.refused == errc::none && other.id == "1" && other.version == 2u && other.has_version &&
           none.refused == errc::missing_request_id && !none.has_version &&
           marked.refused == errc::missing_request_id && is_refused("$rid=1") && is_refused("?$rid=1/") &&
           is_refused("?$rid=1&$rid=1") && is_refused("?$version=%31");
  });
}

TEST_CASE("topic_query: a broken member behind a version leaves none", "[iothub][topic_query]") {
  constexpr_test([] {
    return is_refused("?$version=1&=x") && is_refused("?$version=1/") &&
           is_refused("?$version=1&$version=2") && is_refused("?$version=1&$rid=1&$rid=") &&
           is_refused("?$rid=&$rid=1");
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
