// SPDX-License-Identifier: BSL-1.0
// A client without the code for messages in parts is a client that refuses large ones.
#include <hubwire/session/client.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "bench.hpp"

using namespace hubwire;
using test::bench;

namespace {

using whole_bench = bench<4, 4, whole_reader>;

constexpr std::string_view packets[] = {
    "3003 0001 61",          // PUBLISH QoS 0
    "3206 0001 61 0007 78",  // PUBLISH QoS 1
    "3206 0001 61 0008 79",  //
    "4002 0001",             // PUBACK
    "9003 0002 01",          // SUBACK
    "b002 0003",             // UNSUBACK
    "d000",                  // PINGRESP
    "3028 0001 61 "
    "00000000000000000000000000000000000000000000000000000000000000000000000000",  // too large
    "5002 0001",                                                                   // PUBREC: of QoS 2
    "2002 0000",                                                                   // a second CONNACK
};

template <class Bench>
void ask(Bench& b) {
  static_cast<void>(b.client.publish(test::at_least_once("t")));
  v3::subscription const wanted[] = {{"f"}};
  static_cast<void>(b.client.subscribe(wanted));
  v3::unsubscription const gone[] = {{"f"}};
  static_cast<void>(b.client.unsubscribe(gone));
}

}  // namespace

TEST_CASE("client with whole_reader: whole messages, and a large one ends the connection",
          "[session][client]") {
  for (large_messages const policy :
       {large_messages::refuse, large_messages::in_parts, large_messages::skip}) {
    whole_bench b({.large_messages = policy}, {.rx = 16, .tx = 64});
    b.open();
    b.receive("3206 0001 61 0007 78");
    CHECK(b.next() == "message 7 a x");
    CHECK(b.next() == "none");
    CHECK(b.sent() == "40020007");
    b.receive("3028 0001 61");
    CHECK(b.next() == "closed packet_exceeds_limit 42");
    CHECK(b.client.rejected().size() == 5);
  }
}

TEST_CASE("client with whole_reader: does what a client does that refuses large messages",
          "[session][client]") {
  std::mt19937 random(11);
  for (int round = 0; round != 3'000; ++round) {
    whole_bench whole({}, {.rx = 32, .tx = 64});
    bench<> parts({}, {.rx = 32, .tx = 64});
    whole.open(30);
    parts.open(30);
    ask(whole);
    ask(parts);
    for (int step = 0; step != 12 && !parts.client.finished(); ++step) {
      std::string_view const packet = packets[random() % std::size(packets)];
      std::size_t const bytes = test::from_hex(packet).size();
      if (bytes <= parts.client.window().size()) {
        whole.receive(packet);
        parts.receive(packet);
      }
      if (random() % 3 != 0) REQUIRE(whole.events() == parts.events());
      REQUIRE(whole.sent() == parts.sent());
      auto const later = static_cast<std::uint32_t>(random() % 9'000);
      whole.pass(later);
      parts.pass(later);
    }
    REQUIRE(whole.events() == parts.events());
    REQUIRE(whole.client.state() == parts.client.state());
    REQUIRE(whole.client.rejected().size() == parts.client.rejected().size());
  }
}
