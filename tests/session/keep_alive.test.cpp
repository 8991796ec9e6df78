// SPDX-License-Identifier: BSL-1.0
#include <hubwire/session/keep_alive.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <initializer_list>

using namespace hubwire;

namespace {

constexpr std::uint32_t starts[] = {0, 1'000'000, 0x7FFF'F000, 0xFFFF'F000, 0xFFFF'FFFF};

keep_alive started(tick now, std::uint16_t seconds, std::uint32_t timeout = 5'000) {
  keep_alive k;
  k.start(now, seconds, timeout);
  return k;
}

}  // namespace

TEST_CASE("keep_alive: a ping is due a quarter early, at most ten seconds",
          "[session][keep_alive][v3.1.1:MQTT-3.1.2-23]") {
  struct row {
    std::uint16_t seconds;
    std::uint32_t due;
  };
  for (row const r : {row{1, 750}, row{2, 1'500}, row{20, 15'000}, row{40, 30'000}, row{60, 50'000},
                      row{1767, 1'757'000}, row{65'535, 65'525'000}}) {
    for (std::uint32_t const start : starts) {
      INFO(r.seconds << " s from " << start);
      tick const now(start);
      keep_alive const k = started(now, r.seconds);
      CHECK(k.deadline() == now + r.due);
      CHECK_FALSE(k.ping_due(now + (r.due - 1)));
      CHECK(k.ping_due(now + r.due));
      CHECK_FALSE(k.dead(now + r.due));
    }
  }
}

TEST_CASE("keep_alive: 0 switches pings off", "[session][keep_alive][v3.1.1:MQTT-3.1.2-23]") {
  keep_alive const k = started(tick(0), 0);
  CHECK_FALSE(k.deadline().has_value());
  CHECK_FALSE(k.ping_due(tick(0x7FFF'FFFF)));
}

TEST_CASE("keep_alive: sending alone does not put a ping off, receiving alone neither",
          "[session][keep_alive]") {
  for (std::uint32_t const start : starts) {
    tick const now(start);
    keep_alive k = started(now, 40);
    for (std::uint32_t t = 1'000; t < 30'000; t += 1'000) k.sent(now + t);
    CHECK(k.ping_due(now + 30'000));  // silence from the peer

    k = started(now, 40);
    for (std::uint32_t t = 1'000; t < 30'000; t += 1'000) k.received(now + t);
    CHECK(k.ping_due(now + 30'000));  // the peer hears nothing: v3.1.1:MQTT-3.1.2-23

    k.sent(now + 29'000);
    CHECK_FALSE(k.ping_due(now + 30'000));
    CHECK(k.ping_due(now + 59'000));
  }
}

TEST_CASE("keep_alive: no answer within the time is a dead connection", "[session][keep_alive][H174][H175]") {
  for (std::uint32_t const start : starts) {
    INFO(start);
    tick const now(start);
    keep_alive k = started(now, 40);
    k.ping_queued(now + 30'000);
    k.sent(now + 30'000);
    CHECK_FALSE(k.ping_due(now + 40'000));  // one at a time
    CHECK(k.deadline() == now + 35'000);
    CHECK_FALSE(k.dead(now + 34'999));
    CHECK(k.dead(now + 35'000));

    k.answered();
    CHECK_FALSE(k.dead(now + 35'000));
  }
}

TEST_CASE("keep_alive: anything that comes after the ping shows that the peer lives",
          "[session][keep_alive]") {
  // The answer may wait in the receive buffer behind a message that the application is not ready for.
  keep_alive k = started(tick(0), 40);
  k.ping_queued(tick(30'000));
  k.sent(tick(30'000));
  k.received(tick(31'000));
  CHECK_FALSE(k.dead(tick(36'001)));
  CHECK_FALSE(k.dead(tick(59'999)));
  CHECK(k.ping_due(tick(60'000)));
}

TEST_CASE("keep_alive: bytes count as received even if the clock was told late", "[session][keep_alive]") {
  // pump() reads before it tells the time.
  keep_alive k = started(tick(0), 40);
  k.ping_queued(tick(30'000));
  k.received(tick(30'000));
  CHECK_FALSE(k.dead(tick(50'000)));
}

TEST_CASE("keep_alive: an answer nobody asked for is harmless", "[session][keep_alive][H175]") {
  keep_alive k = started(tick(0), 40);
  k.answered();
  k.answered();
  CHECK_FALSE(k.ping_due(tick(29'999)));
  CHECK(k.ping_due(tick(30'000)));
}

TEST_CASE("keep_alive: a clock that steps back fires nothing and stops nothing",
          "[session][keep_alive][H174]") {
  tick const before(1'000'000);
  tick const after(400'000);  // ten minutes earlier
  SECTION("before a ping") {
    keep_alive k = started(before, 40);
    k.follow(after);
    CHECK_FALSE(k.ping_due(after));
    CHECK_FALSE(k.dead(after));
    CHECK(k.deadline() == after + 30'000);
    CHECK(k.ping_due(after + 30'000));
  }
  SECTION("while a ping waits") {
    keep_alive k = started(before, 40);
    k.ping_queued(before);
    k.follow(after);
    CHECK_FALSE(k.dead(after));
    CHECK(k.dead(after + 5'000));
  }
}

TEST_CASE("keep_alive: a time-out beyond the clock's reach does not fire at once", "[session][keep_alive]") {
  for (std::uint32_t const timeout : {0x7FFF'FFFFu, 0x8000'0000u, 0xFFFF'FFFFu}) {
    keep_alive k = started(tick(0), 40, timeout);
    k.ping_queued(tick(30'000));
    CHECK_FALSE(k.dead(tick(30'000)));
    CHECK_FALSE(k.dead(tick(3'000'000)));
  }
}
