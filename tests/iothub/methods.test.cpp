// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/methods.hpp>

#include <array>
#include <limits>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/every_size.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

TEST_CASE("method_response_topic: status and the request's id as it came", "[iothub][methods][H214]") {
  writes_into_every_size("$iothub/methods/res/200/?$rid=1a", [](char_span out) {
    return method_response_topic(out, {.status = 200, .id = "1a"});
  });
  writes_into_every_size("$iothub/methods/res/-2147483648/?$rid=abc-1%20x", [](char_span out) {
    return method_response_topic(out,
                                 {.status = std::numeric_limits<std::int32_t>::min(), .id = "abc-1%20x"});
  });
  char buffer[64];
  CHECK(*method_response_topic(buffer, {.status = 0, .id = 5}) == "$iothub/methods/res/0/?$rid=5");
  CHECK(*method_response_topic(buffer, {.status = 2147483647, .id = 5}) ==
        "$iothub/methods/res/2147483647/?$rid=5");
}

TEST_CASE("method_request_topic: the hub's side", "[iothub][methods][H214]") {
  writes_into_every_size("$iothub/methods/POST/reboot/?$rid=1a", [](char_span out) {
    return method_request_topic(out, {.name = "reboot", .id = "1a"});
  });
  char buffer[64];
  CHECK(*method_request_topic(buffer, {.name = "thermostat1*getMaxMinReport", .id = 7}) ==
        "$iothub/methods/POST/thermostat1*getMaxMinReport/?$rid=7");
}

TEST_CASE("method names: printable ASCII without what Azure and MQTT exclude", "[iothub][methods][H212]") {
  std::string const excluded = "$()<>@,;:\\\"/[]?={}+# \t";
  for (unsigned byte = 0; byte != 256; ++byte) {
    std::string const name(1, static_cast<char>(byte));
    bool const good = byte > 0x20 && byte < 0x7F && excluded.find(name) == std::string::npos;
    INFO(byte);
    CHECK(is_valid_method_name(name) == good);
    char buffer[64];
    CHECK(method_request_topic(buffer, {.name = name, .id = 1}).has_value() == good);
  }
  char buffer[200];
  CHECK(method_request_topic(buffer, {.name = "", .id = 1}).error() == errc::invalid_field);
  CHECK(method_request_topic(buffer, {.name = std::string(128, 'm'), .id = 1}));
}

TEST_CASE("methods: one filter for all of them", "[iothub][methods]") {
  CHECK(method_request_filter == "$iothub/methods/POST/#");
  char buffer[64];
  CHECK(method_request_filter.matches(*method_request_topic(buffer, {.name = "a", .id = 1})));
  CHECK(!method_request_filter.matches(*method_response_topic(buffer, {.status = 200, .id = 1})));
}

TEST_CASE("methods: work in constant evaluation", "[iothub][methods]") {
  constexpr_test([] {
    char buffer[64]{};
    return *method_response_topic(buffer, {.status = -5, .id = 1}) == "$iothub/methods/res/-5/?$rid=1";
  });
}

TEST_CASE("methods: a topic has 65,535 bytes at most", "[iothub][methods]") {
  std::string buffer(70'000, '\0');
  std::string const name(65'535, 'm');
  CHECK(method_request_topic(buffer, {.name = name, .id = 1}).error() == errc::invalid_topic_name);
}

TEST_CASE("methods: the size that always does is that of the longest status", "[iothub][methods]") {
  std::array<char, 256> memory{};
  for (request_id const id : {request_id("an id"), request_id(0xFFFF'FFFF)}) {
    method_response const response{.status = -2'147'483'647 - 1, .id = id};
    CHECK(method_response_topic(memory, response)->size() == method_response_topic_max(id));
  }
}
