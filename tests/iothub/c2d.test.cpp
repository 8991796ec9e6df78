// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/c2d.hpp>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include <support/every_size.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

TEST_CASE("c2d_topic: the form that the service sends", "[iothub][c2d][H214]") {
  writes_into_every_size(
      "devices/snoopy/messages/devicebound/"
      "%24.mid=m-1&%24.to=%2Fdevices%2Fsnoopy%2Fmessages%2FdeviceBound&iothub-ack="
      "full&flag&note=&n%20ame=v%26w",
      [](char_span out) {
        return c2d_topic(out, "snoopy")
            .add(system_property::message_id, "m-1")
            .add(system_property::to, "/devices/snoopy/messages/deviceBound")
            .add(system_property::ack, "full")
            .add_null("flag")
            .add_empty("note")
            .add("n ame", "v&w")
            .done();
      });
}

TEST_CASE("c2d_topic: refuses a device id that a topic cannot hold", "[iothub][c2d]") {
  char buffer[64];
  CHECK(c2d_topic(buffer, "a+b").done().error() == errc::invalid_topic_name);
}

TEST_CASE("c2d_filter: names the own device", "[iothub][c2d][H214]") {
  writes_into_every_size("devices/d1/messages/devicebound/#",
                         [](char_span out) { return c2d_filter(out, "d1"); });
  char buffer[64];
  CHECK(c2d_filter(buffer, "a+b").error() == errc::invalid_topic_filter);
  CHECK(c2d_filter(buffer, "#").error() == errc::invalid_topic_filter);
  char topic[64];
  CHECK(c2d_filter(buffer, "d1")->matches(*c2d_topic(topic, "d1").add("a", "b").done()));
  CHECK(!c2d_filter(buffer, "d1")->matches(*c2d_topic(topic, "d2").done()));
}

TEST_CASE("c2d: the size that always does is that of the longest device id", "[iothub][c2d]") {
  std::array<char, 256> memory{};
  std::string const device(device_id_max, 'd');
  CHECK(c2d_filter(memory, *device_id::parse(device))->size() == c2d_filter_max);
}
