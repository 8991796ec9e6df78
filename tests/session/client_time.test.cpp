// SPDX-License-Identifier: BSL-1.0
// Keep-alive inside the client.
#include <hubwire/session/client.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "bench.hpp"

using namespace hubwire;
using test::at_least_once;
using test::bench;
using texts = std::vector<std::string>;

TEST_CASE("client: PINGREQ when nothing else was sent, PINGRESP, and again",
          "[session][client][keep_alive][v3.1.1:MQTT-3.1.2-23]") {
  for (std::uint32_t const start : {0u, 0xFFFF'F000u, 0x7FFF'0000u}) {
    INFO(start);
    bench<> b;
    b.now = tick(start);
    b.open(40);
    for (int round = 0; round != 5; ++round) {
      CHECK(b.client.deadline() == b.now + 30'000);
      b.pass(29'999);
      CHECK(b.sent().empty());
      b.pass(1);
      CHECK(b.sent() == "c000");
      CHECK(b.client.deadline() == b.now + 10'000);
      b.pass(0);
      CHECK(b.sent().empty());  // one ping
      b.receive("d000");
      CHECK(b.events().empty());
    }
    b.pass(15'000);
    REQUIRE(b.client.publish({"t"}).has_value());
    CHECK_FALSE(b.sent().empty());
    b.receive("3003 0001 74");
    CHECK(b.events().size() == 1);
    b.pass(29'999);
    CHECK(b.sent().empty());
  }
}

TEST_CASE("client: no answer to a ping is told once", "[session][client][keep_alive][H174][H175]") {
  for (std::uint32_t const start : {0u, 0xFFFF'8000u}) {
    bench<> b;
    b.now = tick(start);
    b.open(40);
    b.pass(30'000);
    CHECK(b.sent() == "c000");
    b.pass(9'999);
    CHECK(b.events().empty());
    b.pass(1);
    CHECK(b.client.finished());
    CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
    b.pass(100'000);
    CHECK(b.events().empty());
    CHECK(b.sent().empty());
  }
}

TEST_CASE("client: a late PINGRESP, one that nobody asked for", "[session][client][keep_alive][H175]") {
  bench<> b;
  b.open(40);
  b.receive("d000 d000");
  CHECK(b.events().empty());
  b.pass(30'000);
  CHECK(b.sent() == "c000");
  b.pass(9'000);
  b.receive("d000");
  CHECK(b.events().empty());
  b.pass(20'999);
  CHECK(b.client.state() == session_state::connected);
}

TEST_CASE("client: keep alive 0 never pings and never gives up", "[session][client][keep_alive]") {
  bench<> b;
  b.open(0);
  CHECK_FALSE(b.client.deadline().has_value());
  for (int i = 0; i != 100; ++i) b.pass(1'000'000'000);  // through the whole clock, several times
  CHECK(b.sent().empty());
  CHECK(b.client.state() == session_state::connected);
}

TEST_CASE("client: an application that is behind does not look like a dead peer",
          "[session][client][keep_alive]") {
  bench<1, 1> b({.acknowledge = acknowledge::by_application});
  b.open(40);
  b.receive("3205 0001 74 0001 3205 0001 74 0002");
  CHECK(b.events() == texts{"message 1 t "});  // busy with it for minutes
  int pings = 0;
  for (int i = 0; i != 30; ++i) {
    b.pass(10'000);
    REQUIRE(b.client.state() == session_state::connected);
    if (b.sent() != "c000") continue;
    ++pings;
    b.receive("d000");  // waits behind message 2
    CHECK(b.events().empty());
  }
  CHECK(pings == 10);
  REQUIRE(b.client.acknowledge(packet_id(1)).has_value());
  CHECK(b.events() == texts{"message 2 t "});
}

TEST_CASE("client: a full receive buffer does not look like a dead peer", "[session][client][keep_alive]") {
  bench<1, 1> b({.acknowledge = acknowledge::by_application}, {.rx = 14, .tx = 64});
  b.open(40);
  b.receive("3205 0001 74 0001 3205 0001 74 0002");
  CHECK(b.events() == texts{"message 1 t "});
  b.receive("30 05 00 01 74 00 00");
  CHECK(b.client.window().empty());
  int pings = 0;
  for (int i = 0; i != 300; ++i) {
    b.pass(1'000);
    pings += b.sent() == "c000";
    REQUIRE(b.client.state() == session_state::connected);
  }
  CHECK(pings == 10);  // the server still hears of us
}

TEST_CASE("client: the answer to a ping that waits behind a large packet is not missed",
          "[session][client][keep_alive]") {
  bench<> b({}, {.rx = 64, .tx = 2048});
  b.open(40);
  std::string const payload(1000, 'x');
  REQUIRE(b.client.publish({"t", as_bytes(payload)}).has_value());
  // 10 bytes a second: the ping is due after 30 s and leaves after 100 s.
  std::string wire;
  for (int second = 0; b.client.pending_output().size() != 0; ++second) {
    REQUIRE(second < 200);
    std::size_t const count = std::min<std::size_t>(10, b.client.pending_output().size());
    wire += test::to_hex(b.client.pending_output().first(count));
    b.client.consume(count);
    b.pass(1'000);
    REQUIRE(b.client.state() == session_state::connected);
  }
  CHECK(wire.substr(wire.size() - 4) == "c000");
  // From here on the peer has its time.
  b.pass(9'999);
  CHECK(b.client.state() == session_state::connected);
  b.pass(1);
  CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
}

TEST_CASE("client: a transport that takes nothing any more is dead", "[session][client][keep_alive]") {
  bench<> b({}, {.rx = 64, .tx = 1024});
  b.open(40);
  REQUIRE(b.client.publish({"t", as_bytes(std::string(1000, 'x'))}).has_value());
  b.pass(30'000);
  CHECK_FALSE(b.client.pending_output().empty());
  b.pass(10'000);
  CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
}

TEST_CASE("client: telling the time often does no harm", "[session][client][keep_alive]") {
  bench<> b;
  b.open(4);
  int pings = 0;
  for (int i = 0; i != 30'000; ++i) {
    b.pass(1);
    b.pass(0);
    std::string const out = b.sent();
    if (out.empty()) continue;
    CHECK(out == "c000");
    ++pings;
    b.receive("d000");
    CHECK(b.events().empty());
  }
  CHECK(pings == 10);
}

TEST_CASE("client: a clock that steps back or jumps", "[session][client][keep_alive][H174]") {
  bench<> b;
  b.now = tick(1'000'000);
  b.open(40);
  b.now = tick(10);
  b.pass(0);
  CHECK(b.client.state() == session_state::connected);
  CHECK(b.client.deadline() == b.now + 30'000);
  b.pass(30'000);
  CHECK(b.sent() == "c000");
  b.now = tick(5);
  b.pass(0);
  CHECK(b.client.state() == session_state::connected);
  b.pass(10'000);
  CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
}

TEST_CASE("client: a program that is held up while the ping leaves does not take the peer for dead",
          "[session][client][keep_alive][requests]") {
  bench<> b({.request_timeout = 60'000});
  b.open(40);
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  b.pass(30'000);
  static_cast<void>(b.client.pending_output());
  std::size_t const all = b.client.unsent().size();
  b.now = b.now + 100'000;  // a handler that writes to a slow flash, or a driver that tells late
  while (!b.client.unsent().empty()) b.client.consume(b.client.pending_output().size());
  CHECK(all > 2);
  REQUIRE(b.client.deadline().has_value());
  CHECK(*b.client.deadline() - b.now <= 0);  // the time, please
  b.pass(1);
  CHECK(b.client.deadline() == b.now + 10'000);
  CHECK(b.client.state() == session_state::connected);
  b.pass(9'999);
  CHECK(b.client.state() == session_state::connected);
  b.pass(1);
  CHECK(b.events() == texts{"abandoned 1", "closed keep_alive_timeout 0"});
}

TEST_CASE("client: what came before the ping has left is no answer to it", "[session][client][keep_alive]") {
  bench<> b;
  b.open(40);
  b.pass(30'000);
  static_cast<void>(b.client.pending_output());
  byte_span const window = b.client.window();
  auto const message = test::from_hex("3003 0001 74");
  std::copy(message.begin(), message.end(), window.begin());
  b.client.commit(message.size());  // in the same turn
  b.client.consume(2);
  b.pass(0);
  CHECK(b.events().size() == 1);
  b.pass(9'999);
  CHECK(b.client.state() == session_state::connected);
  b.pass(1);
  CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
}

TEST_CASE("client: a late answer to an earlier ping is none to the one that is leaving",
          "[session][client][keep_alive]") {
  bench<> b;
  b.open(40);
  b.pass(30'000);
  CHECK(b.sent() == "c000");
  b.receive("3003 0001 74");  // a sign of life, and PINGRESP still on its way
  CHECK(b.events().size() == 1);
  b.pass(30'000);
  CHECK(test::to_hex(b.client.pending_output()) == "c000");
  b.receive("d000");
  CHECK(b.events().empty());
  CHECK(b.sent() == "c000");
  b.pass(9'999);
  CHECK(b.client.state() == session_state::connected);
  b.pass(1);
  CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
}

TEST_CASE("client: a ping that was answered early does not excuse the next one",
          "[session][client][keep_alive]") {
  bench<> b;
  b.open(40);
  b.pass(30'000);
  static_cast<void>(b.client.pending_output());
  b.receive("d000");
  CHECK(b.events().empty());
  b.client.consume(2);
  b.pass(30'000);
  CHECK(b.sent() == "c000");
  b.pass(0);
  b.pass(9'999);
  CHECK(b.client.state() == session_state::connected);
  b.pass(1);
  CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
}

TEST_CASE("client: PINGREQs do not pile up while the transport takes nothing",
          "[session][client][keep_alive]") {
  bench<> b({}, {.rx = 64, .tx = 128});
  b.open(4);
  for (int i = 0; i != 60; ++i) {
    b.pass(100);
    b.receive("3003 0001 74");  // the server is alive
    CHECK(b.events().size() == 1);
    static_cast<void>(b.client.pending_output());
    REQUIRE(b.client.unsent().size() <= 2);
  }
  CHECK(b.client.unsent().size() == 2);
  CHECK(b.client.publish({"t"}).has_value());
  CHECK(b.sent() ==
        "c000"
        "3003000174");
}

TEST_CASE("client: a keep alive shorter than the time for an answer is kept all the same",
          "[session][client][keep_alive][v3.1.1:MQTT-3.1.2-23]") {
  bench<> b;  // 10 s for the answer
  b.open(4);
  int pings = 0;
  for (int i = 0; i != 12; ++i) {
    b.pass(1'000);
    if (b.sent() == "c000") ++pings;
    CHECK(b.events().empty());
  }
  CHECK(pings == 4);  // after 3, 6, 9 and 12 s: the server never waits for longer than it allows
  b.pass(1'000);
  CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
}

TEST_CASE("client: a dead connection is noticed although the receive buffer is full",
          "[session][client][keep_alive]") {
  bench<1, 1> b({.acknowledge = acknowledge::by_application}, {.rx = 14, .tx = 64});
  b.open(40);
  b.receive("3205 0001 74 0001 3205 0001 74 0002");
  CHECK(b.events() == texts{"message 1 t "});
  b.receive("30 05 00 01 74 00 00");
  CHECK(b.client.window().empty());
  for (int i = 0; i != 39; ++i) {
    b.pass(1'000);
    REQUIRE(b.client.state() == session_state::connected);
  }
  CHECK(test::to_hex(b.client.pending_output()) == "c000");
  b.pass(1'000);
  // What was in the buffer is told first.
  CHECK(b.events() ==
        texts{"message 2 t ", "message 0 t " + std::string(2, '\0'), "closed keep_alive_timeout 0"});
}

TEST_CASE("client: events that wait for the application survive a timer", "[session][client][keep_alive]") {
  bench<> b;
  b.open(40);
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  static_cast<void>(b.sent());
  b.receive("4002 0001");
  b.pass(30'000);
  static_cast<void>(b.sent());
  b.pass(10'000);
  CHECK_FALSE(b.client.finished());
  CHECK(b.events() == texts{"published 1", "closed keep_alive_timeout 0"});
  CHECK(b.client.finished());
}

TEST_CASE("client: a request without an answer ends the connection in time", "[session][client][requests]") {
  bench<> b({.request_timeout = 20'000});
  b.now = tick(GENERATE(0u, 0xFFFF'8000u));
  b.open(40);
  v3::subscription const wanted[] = {{"a"}};
  v3::unsubscription const unwanted[] = {{"a"}};
  SECTION("publish") { REQUIRE(b.client.publish(at_least_once("t")).has_value()); }
  SECTION("subscribe") { REQUIRE(b.client.subscribe(wanted).has_value()); }
  SECTION("unsubscribe") { REQUIRE(b.client.unsubscribe(unwanted).has_value()); }
  b.pass(0);
  static_cast<void>(b.sent());
  b.pass(5'000);
  REQUIRE(b.client.publish(at_least_once("u")).has_value());
  static_cast<void>(b.sent());
  CHECK(b.client.deadline() == b.now + 15'000);
  b.receive("3003 0001 74 d000");  // the server lives, and answers pings
  CHECK(b.events().size() == 1);
  b.pass(14'999);
  CHECK(b.events().empty());
  b.pass(1);
  CHECK(b.events() == texts{"abandoned 1", "abandoned 2", "closed request_timeout 1"});
  CHECK(b.client.rejected().empty());
}

TEST_CASE("client: a request that left at once waits from then on, not from the next turn",
          "[session][client][requests]") {
  bench<> b({.request_timeout = 20'000});
  b.open();
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  static_cast<void>(b.sent());
  CHECK(b.client.deadline() == b.now + 20'000);
  b.pass(20'000);
  CHECK(b.events() == texts{"abandoned 1", "closed request_timeout 1"});
}

TEST_CASE("client: the time for an answer begins when the request has left", "[session][client][requests]") {
  bench<> b({.request_timeout = 20'000}, {.rx = 64, .tx = 256});
  b.open();                   // no keep alive: nothing else would end it
  b.now = b.now + 1'000'000;  // the program slept, and told nobody the time
  REQUIRE(b.client.publish(at_least_once("t", std::string(100, 'x'))).has_value());
  b.pass(0);
  CHECK(b.client.deadline() == b.now + 20'000);
  SECTION("a slow transport, byte by byte") {
    for (int i = 0; i != 100; ++i) {
      static_cast<void>(b.client.pending_output());
      b.client.consume(1);
      b.pass(10'000);
      REQUIRE(b.client.state() == session_state::connected);
    }
    static_cast<void>(b.sent());
    b.pass(19'999);
    CHECK(b.client.state() == session_state::connected);
    b.pass(1);
    CHECK(b.events() == texts{"abandoned 1", "closed request_timeout 1"});
  }
  SECTION("a transport that takes nothing") {
    b.pass(19'999);
    CHECK(b.client.state() == session_state::connected);
    b.pass(1);
    CHECK(b.events() == texts{"abandoned 1", "closed request_timeout 1"});
  }
}

TEST_CASE("client: an answer that the application has not asked for is no missing one",
          "[session][client][requests]") {
  bench<> b({.request_timeout = 20'000});
  b.open();
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  static_cast<void>(b.sent());
  b.receive("3003 0001 74 4002 0001");
  b.pass(500'000);
  CHECK(b.events() == texts{"message 0 t ", "published 1"});
  CHECK_FALSE(b.client.deadline().has_value());
}

TEST_CASE("client: while the application is behind, a request waits on, and nobody is asked to hurry",
          "[session][client][requests]") {
  bench<2, 1> b({.request_timeout = 20'000, .acknowledge = acknowledge::by_application});
  b.open();
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  static_cast<void>(b.sent());
  b.receive("3205 0001 74 0001 3205 0001 74 0002");
  CHECK(b.events() == texts{"message 1 t "});
  for (int i = 0; i != 10; ++i) {
    b.pass(20'000);
    CHECK(b.events().empty());
    CHECK(b.client.deadline() == b.now + 20'000);
  }
  REQUIRE(b.client.acknowledge(packet_id(1)).has_value());
  CHECK(b.events() == texts{"message 2 t "});
  REQUIRE(b.client.acknowledge(packet_id(2)).has_value());
  b.pass(20'000);
  CHECK(b.events() == texts{"abandoned 1", "closed request_timeout 1"});
}

TEST_CASE("client: without a limit a request waits for ever", "[session][client][requests]") {
  bench<> b({.request_timeout = 0});
  b.open();
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  static_cast<void>(b.sent());
  CHECK_FALSE(b.client.deadline().has_value());
  for (int i = 0; i != 10; ++i) b.pass(1'000'000'000);
  CHECK(b.events().empty());
}

TEST_CASE("client: after a clock that steps back all requests wait anew",
          "[session][client][requests][H174]") {
  bench<> b({.request_timeout = 20'000});
  b.open();
  b.pass(1'000);
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  static_cast<void>(b.sent());
  tick const between = b.now + 1'000;
  b.pass(14'000);
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  static_cast<void>(b.sent());
  b.now = between;
  b.pass(0);
  CHECK(b.client.deadline() == between + 20'000);
  b.receive("4002 0001");
  CHECK(b.events() == texts{"published 1"});
  CHECK(b.client.deadline() == between + 20'000);
}

TEST_CASE("client: a clock that steps back does not make a request wait for ever",
          "[session][client][requests][H174]") {
  bench<> b({.request_timeout = 20'000});
  b.now = tick(1'000'000'000);
  b.open();
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  b.pass(0);
  static_cast<void>(b.sent());
  b.now = tick(5);
  b.pass(0);
  CHECK(b.client.deadline() == b.now + 20'000);
  b.pass(20'000);
  CHECK(b.events() == texts{"abandoned 1", "closed request_timeout 1"});
}
