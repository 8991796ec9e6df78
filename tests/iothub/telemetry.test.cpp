// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/telemetry.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/every_size.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

TEST_CASE("telemetry_topic: without properties it ends in a slash", "[iothub][telemetry][H214]") {
  writes_into_every_size("devices/d1/messages/events/",
                         [](char_span out) { return telemetry_topic(out, "d1").done(); });
}

TEST_CASE("telemetry_topic: system and application properties", "[iothub][telemetry][H214]") {
  writes_into_every_size(
      "devices/device-0042a/messages/events/"
      "%24.ct=application%2Fjson&%24.ce=utf-8&%24.mid=0f8fad5b-d9cb-469f&alert="
      "temperature-high",
      [](char_span out) {
        return telemetry_topic(out, "device-0042a")
            .add("$.ct", "application/json")
            .add("$.ce", "utf-8")
            .add("$.mid", "0f8fad5b-d9cb-469f")
            .add("alert", "temperature-high")
            .done();
      });
}

TEST_CASE("telemetry_topic: null, empty and value, as the service's documents show them",
          "[iothub][telemetry][H214]") {
  writes_into_every_size("devices/d1/messages/events/prop1&prop2=&prop3=a%20string", [](char_span out) {
    return telemetry_topic(out, "d1").add_null("prop1").add_empty("prop2").add("prop3", "a string").done();
  });
  char buffer[64];
  CHECK(*telemetry_topic(buffer, "d1").add("a", "").done() == "devices/d1/messages/events/a=");
}

TEST_CASE("telemetry_topic: properties that are encoded already, between others",
          "[iothub][telemetry][H214]") {
  writes_into_every_size("devices/d1/messages/events/%24.ct=a%2Fb&%20&n=1&%c3%a9=&x%20y=z",
                         [](char_span out) {
                           return telemetry_topic(out, "d1")
                               .add_encoded("%24.ct", "a%2Fb")
                               .add_null_encoded("%20")
                               .add("n", "1")
                               .add_encoded("%c3%a9", "")
                               .add("x y", "z")
                               .done();
                         });
  char buffer[64];
  CHECK(telemetry_topic(buffer, "d1").add_encoded("", "a").done().error() == errc::missing_field);
  CHECK(telemetry_topic(buffer, "d1").add_null_encoded("").done().error() == errc::missing_field);
  CHECK(*telemetry_topic(buffer, "d1").add_null_encoded("a").done() == "devices/d1/messages/events/a");
}

TEST_CASE("telemetry_topic: a received property is passed on without decoding it", "[iothub][telemetry]") {
  auto const bag = property_bag::parse("%24.mid=a%2Fb&x=%C3%A9");
  REQUIRE(bag);
  char buffer[64];
  auto topic = telemetry_topic(buffer, "d1");
  for (property const item : *bag) {
    auto const name = encoded_text::parse(item.name.raw());
    auto const value = encoded_text::parse(item.value.raw());
    REQUIRE(name);
    REQUIRE(value);
    topic.add_encoded(*name, *value);
  }
  CHECK(*topic.done() == "devices/d1/messages/events/%24.mid=a%2Fb&x=%C3%A9");
}

TEST_CASE("telemetry_topic: whatever a name or value holds, it is a topic name",
          "[iothub][telemetry][H210]") {
  char buffer[200];
  auto const topic = telemetry_topic(buffer, "d1").add("a/%#&+= :?", "\xC3\xA9\xE2\x82\xAC/%#&+= :?").done();
  REQUIRE(topic);
  CHECK(*topic ==
        "devices/d1/messages/events/a%2F%25%23%26%2B%3D%20%3A%3F=%C3%A9%E2%82%AC%2F%25%23%26%2B%3D%20%3A%3F");
  CHECK(topic_name::is_valid(topic->view()));
}

TEST_CASE("telemetry_topic: every character of UTF-8 that one byte or two make comes back",
          "[iothub][telemetry][H210]") {
  char buffer[64];
  for (unsigned code = 0; code != 0x800; ++code) {
    std::string text(1, static_cast<char>(code));
    if (code >= 0x80) text = {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
    auto const topic = telemetry_topic(buffer, "d").add(text, text).done();
    REQUIRE(topic);
    REQUIRE(topic_name::is_valid(topic->view()));
    auto const bag = property_bag::parse(topic->view().substr(26));
    REQUIRE(bag);
    REQUIRE(bag->size() == 1);
    REQUIRE(bag->find(text).has_value());
    REQUIRE(*bag->find(text) == text);
  }
}

TEST_CASE("telemetry_topic: bytes that are no UTF-8 are refused, one by one", "[iothub][telemetry][H210]") {
  char buffer[64];
  for (unsigned byte = 0x80; byte != 0x100; ++byte) {
    std::string const text(1, static_cast<char>(byte));
    CHECK(telemetry_topic(buffer, "d").add("a", text).done().error() == errc::invalid_text);
    CHECK(telemetry_topic(buffer, "d").add(text, "a").done().error() == errc::invalid_text);
    CHECK(telemetry_topic(buffer, "d").add_null(text).done().error() == errc::invalid_text);
  }
  CHECK(telemetry_topic(buffer, "d").add("\xC3\xA9", "\xE2\x82").done().error() == errc::invalid_text);
}

TEST_CASE("telemetry_topic: errors stick, and the first one counts", "[iothub][telemetry]") {
  char buffer[64];
  CHECK(telemetry_topic(buffer, "d").add("", "x").done().error() == errc::missing_field);
  CHECK(telemetry_topic(buffer, "d").add_null("").add("a", "\xFF").done().error() == errc::missing_field);
  CHECK(telemetry_topic(buffer, "d").add("a", "\xFF").add("", "").add("b", "c").done().error() ==
        errc::invalid_text);
  CHECK(telemetry_topic(char_span(buffer, 3), "d").add("a", "\xFF").done().error() == errc::invalid_text);
}

TEST_CASE("telemetry_topic: a device id that a topic cannot hold", "[iothub][telemetry]") {
  char buffer[64];
  CHECK(telemetry_topic(buffer, "a+b").done().error() == errc::invalid_topic_name);
  CHECK(telemetry_topic(buffer, "a#b").add("c", "d").done().error() == errc::invalid_topic_name);
  CHECK(*telemetry_topic(buffer, "a%2Fb:$").done() == "devices/a%2Fb:$/messages/events/");
}

TEST_CASE("telemetry_topic: 65,535 bytes and no more", "[iothub][telemetry]") {
  std::string buffer(70'000, '\0');
  std::string const value(65'536 - 26 - 2, 'v');
  auto const most = telemetry_topic(buffer, "d").add("a", value.substr(1)).done();
  REQUIRE(most);
  CHECK(most->size() == 65'535);
  CHECK(telemetry_topic(buffer, "d").add("a", value).done().error() == errc::invalid_topic_name);
  CHECK(telemetry_topic(char_span(buffer.data(), 100), "d").add("a", value).done().error() ==
        errc::invalid_topic_name);
}

TEST_CASE("telemetry_topic: works in constant evaluation", "[iothub][telemetry]") {
  constexpr_test([] {
    char buffer[80]{};
    char small[10]{};
    return *telemetry_topic(buffer, "d1").add("$.ct", "a/b").add_null("n").done() ==
               "devices/d1/messages/events/%24.ct=a%2Fb&n" &&
           telemetry_topic(small, "d1").done().error() == error{errc::buffer_too_small, 27};
  });
}
