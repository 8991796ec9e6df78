// SPDX-License-Identifier: BSL-1.0
#include <hubwire/v3/will.hpp>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("v3 will: a topic is all it needs", "[v3][will]") {
  constexpr_test([] {
    v3::will const will{.topic = "t"};
    return will.message.empty() && will.qos == qos::at_most_once && !will.retain && will.topic == "t";
  });
}

TEST_CASE("v3 will: equal when every field is", "[v3][will]") {
  constexpr_test([] {
    v3::will const will{.topic = "t", .message = as_bytes("m"), .qos = qos::at_least_once, .retain = true};
    v3::will other_topic = will, other_message = will, other_qos = will, other_retain = will;
    other_topic.topic = "u";
    other_message.message = as_bytes("n");
    other_qos.qos = qos::at_most_once;
    other_retain.retain = false;
    return will == v3::will(will) && will != other_topic && will != other_message && will != other_qos &&
           will != other_retain;
  });
}
