// SPDX-License-Identifier: BSL-1.0
// Keep-alive inside the client.
#include <hubwire/session/client.hpp>

#include <catch2/catch_test_macros.hpp>

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
    wire += test::to_hex(
        b.client.pending_output().first(std::min<std::size_t>(10, b.client.pending_output().size())));
    b.client.consume(10);
    b.pass(1'000);
    REQUIRE(b.client.state() == session_state::connected);
  }
  CHECK(wire.substr(wire.size() - 4) == "c000");
  // From here on the peer has its time.
  b.pass(8'999);
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
