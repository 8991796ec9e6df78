// SPDX-License-Identifier: BSL-1.0
// The client as a program writes it: literals, lists, clocks.
#include <hubwire/session/client.hpp>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>

#include <catch2/catch_test_macros.hpp>

#include "bench.hpp"

using namespace hubwire;

namespace {

std::array<std::uint8_t, 64> static_receive;
std::array<std::uint8_t, 64> static_transmit;
constinit client<> static_client{static_receive, static_transmit};
constinit client<v3_tag, limits{.outgoing = 8, .incoming = 2}, whole_reader> small_client{static_receive,
                                                                                          static_transmit};

struct opened : test::bench<> {
  opened() { open(); }
};

}  // namespace

TEST_CASE("client: publish takes a topic and text or octets", "[session][client][call]") {
  opened b;
  CHECK(b.client.publish("a/b", "x").has_value());
  CHECK(b.sent() == "30060003612f6278");
  CHECK(b.client.publish("a/b", "x", qos::at_least_once).has_value());
  CHECK(b.sent() == "32080003612f62000178");
  CHECK(b.client.publish("a/b", "x", qos::at_most_once, true).has_value());
  CHECK(b.sent() == "31060003612f6278");
  std::array<std::uint8_t, 2> const octets{0xFF, 0x00};
  CHECK(b.client.publish("a/b", octets, qos::at_least_once, true).has_value());
  CHECK(b.sent() == "33090003612f620002ff00");
  std::string const text(1, 'y');
  auto const topic = topic_name::parse(std::string_view("t"));
  REQUIRE(topic);
  CHECK(b.client.publish(*topic, text).has_value());
  CHECK(b.sent() == "300400017479");
  CHECK(b.client.publish(*topic, as_bytes("z")).has_value());
  CHECK(b.sent() == "30040001747a");
  CHECK(b.client.publish("t", "x", qos::exactly_once).error() == errc::not_supported);
}

TEST_CASE("client: subscribe takes one filter, a list, or any array", "[session][client][call]") {
  opened b;
  CHECK(b.client.subscribe("a/#").has_value());
  CHECK(b.sent() == "820800010003612f2300");
  CHECK(b.client.subscribe("a/#", qos::at_least_once).has_value());
  CHECK(b.sent() == "820800020003612f2301");
  CHECK(b.client.subscribe({{"a", qos::at_most_once}, {"b/#", qos::at_least_once}}).has_value());
  std::string const two = b.sent();
  CHECK(two == "820c0003000161000003622f2301");
  v3::subscription const plain[] = {{"a"}, {"b/#", qos::at_least_once}};
  CHECK(b.client.subscribe(plain).has_value());
  CHECK(b.sent() == "820c0004000161000003622f2301");
}

TEST_CASE("client: a std::array and a span of subscriptions are lists too", "[session][client][call]") {
  opened b;
  std::array<v3::subscription, 1> const one{{{"a", qos::at_least_once}}};
  CHECK(b.client.subscribe(one).has_value());
  CHECK(b.sent() == "8206000100016101");
  CHECK(b.client.subscribe(std::span<v3::subscription const>(one)).has_value());
  CHECK(b.sent() == "8206000200016101");
  CHECK(b.client.subscribe({{"a", qos::at_least_once}}).has_value());
  CHECK(b.sent() == "8206000300016101");
}

TEST_CASE("client: unsubscribe takes one filter, a list, or any array", "[session][client][call]") {
  opened b;
  CHECK(b.client.unsubscribe("a/#").has_value());
  CHECK(b.sent() == "a20700010003612f23");
  CHECK(b.client.unsubscribe({{"a"}, {"b"}}).has_value());
  CHECK(b.sent() == "a2080002000161000162");
  v3::unsubscription const plain[] = {{"a"}};
  CHECK(b.client.unsubscribe(plain).has_value());
  CHECK(b.sent() == "a2050003000161");
  CHECK(b.client.unsubscribe(std::array<v3::unsubscription, 1>{{{"a"}}}).has_value());
  CHECK(b.sent() == "a2050004000161");
}

TEST_CASE("client: connects with a literal user name, at a time of a steady clock",
          "[session][client][call]") {
  REQUIRE(static_client.connect({.client_id = "c", .user_name = "alice"}, std::chrono::steady_clock::now()));
  CHECK(test::to_hex(static_client.pending_output()) ==
        "101400044d5154540482000000016300"
        "05616c696365");
  static_client.advance(std::chrono::steady_clock::now());
  static_client.lost({});
  CHECK(static_client.next_event().kind() == event_kind::closed);
}

TEST_CASE("client: limits are four and four, or what the program says", "[session][client][call]") {
  STATIC_CHECK(std::is_same_v<client<>, client<v3_tag, limits{.outgoing = 4, .incoming = 4}>>);
  CHECK(small_client.state() == session_state::idle);
  CHECK(sizeof small_client < sizeof(client<v3_tag, limits{.outgoing = 9, .incoming = 2}, whole_reader>));
  opened b;
  for (int i = 0; i != 4; ++i) CHECK(b.client.publish("t", "", qos::at_least_once).has_value());
  CHECK(b.client.publish("t", "", qos::at_least_once).error() == error{errc::capacity_exhausted, 4});
}
