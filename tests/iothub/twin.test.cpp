// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/twin.hpp>

#include <array>
#include <limits>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/every_size.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

TEST_CASE("twin_get_topic: a number or text as id", "[iothub][twin][H214]") {
  writes_into_every_size("$iothub/twin/GET/?$rid=1", [](char_span out) { return twin_get_topic(out, 1); });
  writes_into_every_size("$iothub/twin/GET/?$rid=abc-1",
                         [](char_span out) { return twin_get_topic(out, "abc-1"); });
}

TEST_CASE("reported_update_topic: with and without the version that must be current",
          "[iothub][twin][H214]") {
  writes_into_every_size("$iothub/twin/PATCH/properties/reported/?$rid=2",
                         [](char_span out) { return reported_update_topic(out, {.id = 2}); });
  writes_into_every_size(
      "$iothub/twin/PATCH/properties/reported/?$rid=2&$version=18446744073709551615", [](char_span out) {
        return reported_update_topic(out, {.id = 2, .version = std::numeric_limits<std::uint64_t>::max()});
      });
}

TEST_CASE("twin_response_topic: the hub's side", "[iothub][twin][H214]") {
  writes_into_every_size("$iothub/twin/res/204/?$rid=2&$version=6", [](char_span out) {
    return twin_response_topic(out, {.status = 204, .id = 2, .version = 6});
  });
  writes_into_every_size("$iothub/twin/res/200/?$rid=2",
                         [](char_span out) { return twin_response_topic(out, {.status = 200, .id = 2}); });
  char buffer[64];
  CHECK(twin_response_topic(buffer, {.status = 99, .id = 2}).error() == errc::invalid_field);
  CHECK(twin_response_topic(buffer, {.status = 1000, .id = 2}).error() == errc::invalid_field);
  CHECK(twin_response_topic(buffer, {.status = 100, .id = 2}));
  CHECK(twin_response_topic(buffer, {.status = 999, .id = 2}));
}

TEST_CASE("desired_update_topic: the hub's side", "[iothub][twin][H214]") {
  writes_into_every_size("$iothub/twin/PATCH/properties/desired/?$version=18",
                         [](char_span out) { return desired_update_topic(out, {.version = 18}); });
}

TEST_CASE("twin: filters take what they are for and nothing else", "[iothub][twin]") {
  CHECK(twin_response_filter == "$iothub/twin/res/#");
  CHECK(desired_update_filter == "$iothub/twin/PATCH/properties/desired/#");
  CHECK(twin_response_filter.matches("$iothub/twin/res/200/?$rid=1"));
  CHECK(desired_update_filter.matches("$iothub/twin/PATCH/properties/desired/?$version=1"));
  CHECK(!desired_update_filter.matches("$iothub/twin/PATCH/properties/reported/?$rid=1"));
}

TEST_CASE("twin: works in constant evaluation", "[iothub][twin]") {
  constexpr_test([] {
    char buffer[64]{};
    return *twin_get_topic(buffer, 1) == "$iothub/twin/GET/?$rid=1" &&
           *twin_response_topic(buffer, {.status = 204, .id = "x", .version = 3}) ==
               "$iothub/twin/res/204/?$rid=x&$version=3";
  });
}

TEST_CASE("twin: the sizes that always do are those of the largest numbers", "[iothub][twin]") {
  std::array<char, 256> memory{};
  request_id const id = 0xFFFF'FFFF;
  CHECK(twin_get_topic(memory, id)->size() == twin_get_topic_max);
  reported_update const update{.id = id, .version = 0xFFFF'FFFF'FFFF'FFFF};
  CHECK(reported_update_topic(memory, update)->size() == reported_update_topic_max);
}
