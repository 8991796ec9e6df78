// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/twin_document.hpp>

#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include "support/constexpr_test.hpp"

using namespace hubwire;
using hubwire::test::constexpr_test;
using namespace hubwire::iothub;

TEST_CASE("twin_document: the form of the service and the wrapped form of older documents",
          "[iothub][twin]") {
  constexpr_test([] {
    auto const twin =
        parse_twin(R"({"desired":{"t":20,"$version":12},"reported":{"fw":"1.0","$version":123}})");
    return twin && *twin->desired.members.find("t") == "20" && twin->desired.version == 12u &&
           *twin->reported.members.find("fw") == R"("1.0")" && twin->reported.version == 123u;
  });
  constexpr_test([] {
    auto const twin =
        parse_twin(R"({"properties":{"desired":{"t":20,"$version":12},"reported":{"$version":1}}})");
    return twin && twin->desired.version == 12u && twin->reported.version == 1u;
  });
}

TEST_CASE("twin_document: a desired property named properties is no wrapper", "[iothub][twin]") {
  auto const twin = parse_twin(R"({"desired":{},"properties":{"desired":{"$version":9}},"reported":{}})");
  REQUIRE(twin);
  CHECK_FALSE(twin->desired.version);
}

TEST_CASE("twin_document: broken and incomplete documents", "[iothub][twin]") {
  CHECK(parse_twin("").error() == error{errc::invalid_json, 0});
  CHECK(parse_twin(R"({"desired":{}})").error() == errc::missing_field);
  CHECK(parse_twin(R"({"reported":{}})").error() == errc::missing_field);
  CHECK(parse_twin(R"({"desired":1,"reported":{}})").error() == errc::invalid_json);
  CHECK(parse_twin(R"({"desired":{},"reported":[]})").error() == errc::invalid_json);
  CHECK(parse_twin(R"({"properties":"desired"})").error() == errc::invalid_json);
}

TEST_CASE("twin_document: a version that is no number is none", "[iothub][twin]") {
  for (std::string_view const json : {R"({"$version":"1"})", R"({"$version":-1})", R"({"$version":1.5})",
                                      R"({"$version":18446744073709551616})", R"({"version":1})"}) {
    INFO(json);
    auto const section = twin_section::parse(json);
    REQUIRE(section);
    CHECK_FALSE(section->version);
  }
  CHECK(twin_section::parse(R"({"t":null,"$version":18446744073709551615})")->version ==
        18446744073709551615u);
}
