// SPDX-License-Identifier: BSL-1.0
// A version of MQTT made up here, whose server has limits: the client knows no version, and keeps to what it
// is told.
#include <hubwire/session/client.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>

#include <catch2/catch_test_macros.hpp>

#include <support/hex.hpp>

namespace made_up {

// MQTT 3.1.1 but for what CONNACK means.
struct tag : hubwire::v3_tag {};

}  // namespace made_up

namespace hubwire { inline namespace abi1 {

template <>
struct peer_limits<made_up::tag> {
  bool known = false;

  constexpr bool takes(qos level) const noexcept { return !known || level <= highest; }
  constexpr bool takes(std::size_t size) const noexcept { return !known || size <= 20; }
  constexpr bool takes_another(std::size_t open) const noexcept { return !known || open < 2; }
  constexpr std::optional<std::uint16_t> keep_alive() const noexcept {
    if (known) return std::uint16_t{4};
    return {};
  }
  qos highest = qos::at_least_once;
};

template <>
struct session_wire<made_up::tag> : session_wire<v3_tag> {
  using limits = peer_limits<made_up::tag>;
  struct greeting {
    bool session_present = false;
    limits peer{};
  };
  // Session present says that the server takes no QoS 1.
  static result<greeting> read_greeting(frame const& received) noexcept {
    auto const said = decode<v3::connack>(received);
    if (!said) return said.error();
    return greeting{false, {true, said->session_present ? qos::at_most_once : qos::at_least_once}};
  }
};

}}  // namespace hubwire

using namespace hubwire;

namespace {

struct made_up_client {
  std::array<std::uint8_t, 64> rx{};
  std::array<std::uint8_t, 64> tx{};
  client<made_up::tag> device{rx, tx};

  explicit made_up_client(char const* connack = "20020000") {
    static_cast<void>(device.connect({.client_id = "c", .keep_alive = 60}, tick(0)));
    device.consume(device.pending_output().size());
    receive(connack);
    static_cast<void>(device.next_event());
  }
  void receive(char const* hex) {
    auto const octets = test::from_hex(hex);
    std::memcpy(device.window().data(), octets.data(), octets.size());
    device.commit(octets.size());
  }
};

}  // namespace

TEST_CASE("client: the limits of MQTT 3.1.1 take no memory", "[session][client][peer_limits]") {
  STATIC_CHECK(std::is_empty_v<peer_limits<v3_tag>>);
  STATIC_CHECK(peer_limits<v3_tag>::takes(qos::exactly_once));
  STATIC_CHECK(peer_limits<v3_tag>::takes(std::size_t{largest_packet}));
  STATIC_CHECK(peer_limits<v3_tag>::takes_another(65'534));
  STATIC_CHECK_FALSE(peer_limits<v3_tag>::keep_alive().has_value());
}

TEST_CASE("client: publishes no more at once than the server takes", "[session][client][peer_limits]") {
  made_up_client c;
  CHECK(c.device.publish("t", "", qos::at_least_once).has_value());
  CHECK(c.device.subscribe("t").has_value());  // does not count
  CHECK(c.device.publish("t", "", qos::at_least_once).has_value());
  CHECK(c.device.publish("t", "", qos::at_least_once).error() == error{errc::capacity_exhausted, 2});
  CHECK(c.device.publish("t", "").has_value());
  CHECK(c.device.unsubscribe("t").has_value());
  c.device.consume(c.device.pending_output().size());
  c.receive("40020001");
  CHECK(c.device.next_event().kind() == event_kind::published);
  CHECK(c.device.publish("t", "", qos::at_least_once).has_value());
}

TEST_CASE("client: sends no packet that is larger than the server takes", "[session][client][peer_limits]") {
  made_up_client c;
  CHECK(c.device.publish("t", "123456789012345").has_value());
  CHECK(c.device.publish("t", "1234567890123456").error() == error{errc::packet_too_large, 21});
  CHECK(c.device.publish_in_parts({"t"}, 16).error() == error{errc::packet_too_large, 21});
  CHECK(c.device.payload_missing() == 0);
  CHECK(c.device.publish_in_parts({"t"}, 15).has_value());
  CHECK(c.device.payload_missing() == 15);
}

TEST_CASE("client: sends no QoS that the server does not take, and still subscribes",
          "[session][client][peer_limits]") {
  made_up_client c("20020100");
  CHECK(c.device.publish("t", "", qos::at_least_once).error() == errc::not_supported);
  CHECK(c.device.publish("t", "").has_value());
  CHECK(c.device.subscribe("t", qos::at_least_once).has_value());
}

TEST_CASE("client: keeps alive as the server wants it", "[session][client][peer_limits]") {
  made_up_client c;
  REQUIRE(c.device.deadline().has_value());
  CHECK(*c.device.deadline() == tick(3'000));  // a quarter before its 4 s, not before the 60 s of CONNECT
}

TEST_CASE("client: the limits of a connection end with it", "[session][client][peer_limits]") {
  made_up_client c("20020100");
  c.device.lost({});
  while (c.device.next_event()) {}
  REQUIRE(c.device.connect({.client_id = "c"}, tick(0)));
  c.device.consume(c.device.pending_output().size());
  c.receive("20020000");
  REQUIRE(c.device.next_event().kind() == event_kind::connected);
  CHECK(c.device.publish("t", "", qos::at_least_once).has_value());
}
