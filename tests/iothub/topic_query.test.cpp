// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/topic_query.hpp>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

TEST_CASE("topic_query: an unordered bag of which two members count", "[iothub][topic_query]") {
  constexpr_test([] {
    auto const one = iothub::detail::parse_query("?$rid=1&$version=2");
    auto const other = iothub::detail::parse_query("?a=b&%24version=2&c&$rid=1");
    auto const none = iothub::detail::parse_query("");
    auto const marked = iothub::detail::parse_query("?");
    return one->has_id && one->id == 1 && one->version == 2u && other->has_id && other->id == 1 &&
           other->version == 2u && !none->has_id && !none->version && !marked->has_id &&
           !iothub::detail::parse_query("$rid=1") && !iothub::detail::parse_query("?$rid=1/") &&
           !iothub::detail::parse_query("?$rid=1&$rid=1") && !iothub::detail::parse_query("?$version=%31");
  });
}
