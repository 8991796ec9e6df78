// SPDX-License-Identifier: BSL-1.0
#include <hubwire/text/json_object.hpp>

#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "support/constexpr_test.hpp"
#include "support/guarded.hpp"

using namespace hubwire;
using hubwire::test::constexpr_test;

namespace {

bool accepted(std::string_view text) { return json_object::parse(text).has_value(); }

}  // namespace

TEST_CASE("json_object: members are found as they are written", "[text][json_object]") {
  constexpr_test([] {
    auto const object = json_object::parse(R"( {"a" : 1, "b":"x, \"y\"" ,"c":{"a":[2,{}]},"d":[],"a":3} )");
    return object && *object->find("a") == "1" && *object->find("b") == R"("x, \"y\"")" &&
           *object->find("c") == R"({"a":[2,{}]})" && *object->find("d") == "[]" && !object->find("e");
  });
  CHECK_FALSE(json_object::parse("{}")->find(""));
  CHECK(*json_object::parse(R"({"":null})")->find("") == "null");
  CHECK_FALSE(json_object{}.find("a"));
}

TEST_CASE("json_object: what is no JSON object is refused", "[text][json_object]") {
  for (std::string_view const text : {"",
                                      " ",
                                      "1",
                                      "[]",
                                      "\"{}\"",
                                      "{",
                                      "}",
                                      "{]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{,}",
                                      "{a:1}",
                                      "{\"a\":1}}",
                                      "{\"a\":1} x",
                                      "{\"a\":[1,]}",
                                      "{\"a\":[1}",
                                      "{\"a\":01}",
                                      "{\"a\":-}",
                                      "{\"a\":1.}",
                                      "{\"a\":.5}",
                                      "{\"a\":1e}",
                                      "{\"a\":+1}",
                                      "{\"a\":tru}",
                                      "{\"a\":nul}",
                                      "{\"a\":\"\\x\"}",
                                      "{\"a\":\"\\u12g4\"}",
                                      "{\"a\":\"\\u123\"}",
                                      "{\"a\":\"\t\"}",
                                      "{\"a\":'b'}",
                                      "{\"a\" 1}"}) {
    INFO(text);
    CHECK_FALSE(accepted(text));
    CHECK(json_object::parse(text).error() == errc::invalid_json);
  }
  CHECK(json_object::parse("{\"a\":x}").error() == error{errc::invalid_json, 5});
}

TEST_CASE("json_object: numbers, escapes and literals of the grammar", "[text][json_object]") {
  for (std::string_view const value :
       {"0", "-0", "10", "-1.50", "1e5", "1E+5", "2.5e-10", "true", "false", "null", R"("")",
        R"("\"\\\/\b\f\n\r\t\u00e9")", "[[[]]]", R"([{"x":[0]},1])"}) {
    std::string const text = "{\"v\":" + std::string(value) + "}";
    INFO(text);
    REQUIRE(accepted(text));
    CHECK(*json_object::parse(text)->find("v") == value);
  }
}

TEST_CASE("json_object: agrees with another parser on every short text", "[text][json_object]") {
  constexpr std::string_view alphabet = "{}[]\",:1-";
  std::size_t sound = 0;
  for (std::size_t length = 1; length <= 5; ++length) {
    std::string inner(length, alphabet[0]);
    for (;;) {
      std::string const text = "{\"\":" + inner + '}';
      auto const other = nlohmann::json::parse(text, nullptr, false);
      bool const expected = !other.is_discarded() && other.is_object();
      if (accepted(text) != expected) FAIL(text);
      sound += expected;
      std::size_t at = 0;
      while (at != length && inner[at] == alphabet.back()) inner[at++] = alphabet[0];
      if (at == length) break;
      inner[at] = alphabet[alphabet.find(inner[at]) + 1];
    }
  }
  CHECK(sound > 50);
}

TEST_CASE("json_object: every beginning is refused, at a guard page", "[text][json_object]") {
  std::string const whole = R"({"desired":{"t":[1,-2.5e3,true,{"n":null}],"s":"\u0041\\"},"$version":12})";
  for (std::size_t size = 0; size != whole.size(); ++size) {
    test::guarded_input const input(as_bytes(std::string_view(whole).substr(0, size)).octets());
    CHECK_FALSE(accepted({input.chars().data(), input.chars().size()}));
  }
  CHECK(accepted(whole));
}

TEST_CASE("json_object: depth is bounded, without recursion", "[text][json_object]") {
  auto const nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  CHECK(accepted(nested(json_depth_max)));
  CHECK(accepted(nested(json_depth_max + 1)));  // an empty container at the bottom opens nothing
  CHECK_FALSE(accepted(nested(json_depth_max + 2)));
  CHECK_FALSE(accepted(nested(100'000)));
}
