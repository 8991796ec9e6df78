// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/proven_text.hpp>

#include <string_view>
#include <type_traits>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/request_id.hpp>
#include <hubwire/text/encoded_text.hpp>
#include <hubwire/wire/topic_filter.hpp>
#include <hubwire/wire/topic_name.hpp>
#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEMPLATE_TEST_CASE("proven_text: each kind of text is two words, and views what was checked",
                   "[core][proven_text]", text, topic_name, topic_filter, encoded_text, iothub::host_name,
                   iothub::device_id) {
  static_assert(sizeof(TestType) == 2 * sizeof(void*));
  static_assert(std::is_trivially_copyable_v<TestType>);
  constexpr_test([] {
    std::string_view const chars = "abc";
    auto parsed = TestType::parse(chars);
    TestType const literal = "abc";
    return parsed && parsed->view().data() == chars.data() && parsed->data() == chars.data() &&
           parsed->size() == 3 && !parsed->empty() && parsed->is_present() && *parsed == literal &&
           *parsed == "abc" && "abc" == *parsed && *parsed != "abd" && *parsed == chars &&
           TestType::trusted("x").view() == "x";
  });
}

TEMPLATE_TEST_CASE("proven_text: what a failed result holds has no characters", "[core][proven_text]", text,
                   topic_name, topic_filter, encoded_text, iothub::host_name, iothub::device_id) {
  constexpr_test([] {
    TestType const absent = detail::absent{};
    return absent.view().empty() && !absent.is_present() && TestType::parse("a") && !TestType::parse("a\xff");
  });
}

TEST_CASE("proven_text: a request id is two words, too", "[core][proven_text]") {
  static_assert(sizeof(iothub::request_id) == 2 * sizeof(void*));
  static_assert(std::is_trivially_copyable_v<iothub::request_id>);
  constexpr_test([] {
    return iothub::request_id(0) == "0" && iothub::request_id("7") == iothub::request_id(7) &&
           iothub::request_id(0xFFFF'FFFF).number() == 0xFFFF'FFFF && !(iothub::request_id(0) == "");
  });
}
