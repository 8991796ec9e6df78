// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/request_id.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

namespace {

std::string written(request_id id) {
  char buffer[64];
  text_writer out(buffer);
  id.write_to(out);
  return std::string(*out.finish());
}

}  // namespace

TEST_CASE("request_id: a number or opaque text", "[iothub][request_id][H212]") {
  CHECK(written(0) == "0");
  CHECK(written(4294967295u) == "4294967295");
  CHECK(written("abc-1") == "abc-1");
  CHECK(written(*request_id::parse("a%20b=c?$")) == "a%20b=c?$");
  CHECK(request_id("abc-1").text() == "abc-1");
  CHECK(request_id(7).text().empty());
}

TEST_CASE("request_id: a number is the same when it comes back as text", "[iothub][request_id]") {
  constexpr_test([] {
    return request_id(7) == request_id("7") && request_id("7") == request_id(7) &&
           request_id(7) == request_id(7) && request_id("0") == request_id(0) &&
           !(request_id(7) == request_id(8)) && !(request_id(7) == request_id("07")) &&
           !(request_id(7) == request_id("7a")) && request_id("ab") == request_id("ab") &&
           !(request_id("ab") == request_id("aB")) && !(request_id("4294967296") == request_id(0)) &&
           request_id("1a").number() == std::nullopt && request_id("12").number() == 12u &&
           request_id(3).number() == 3u;
  });
}

TEST_CASE("request_id: compares with text that only exists at run time", "[iothub][request_id]") {
  std::string const text = "7";
  CHECK(request_id(7) == text);
  CHECK(request_id("7") == text);
  CHECK(!(request_id(8) == text));
  CHECK(!(request_id(0) == std::string()));
}

TEST_CASE("request_id: text has to fit into a query", "[iothub][request_id]") {
  for (std::string_view const bad : {"", "a&b", "a/b", "a+b", "#", "\xFF"}) {
    INFO(bad);
    CHECK(request_id::parse(bad).error() == errc::invalid_field);
  }
  CHECK(!request_id::parse(std::string_view("a\0b", 3)));
}

TEST_CASE("request_id: a received text is a number when it looks like one", "[iothub][request_id]") {
  CHECK(request_id::parse("7")->number() == 7u);
  CHECK(request_id::parse("0")->number() == 0u);
  CHECK(!request_id::parse("07")->number());
  CHECK(!request_id::parse("x")->number());
  CHECK(!request_id::parse("4294967296")->number());
  CHECK(*request_id::parse("7") == request_id(7));
  CHECK(!(*request_id::parse("x") == request_id(7)));
}
