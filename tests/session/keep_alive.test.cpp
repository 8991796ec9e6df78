// SPDX-License-Identifier: BSL-1.0
#include <hubwire/session/keep_alive.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <array>
#include <cstdint>
#include <initializer_list>

using Catch::Generators::from_range;
using namespace hubwire;

namespace {

constexpr std::array<std::uint32_t, 5> starts = {0, 1'000'000, 0x7FFF'F000, 0xFFFF'F000, 0xFFFF'FFFF};

keep_alive started(tick now, std::uint16_t seconds, std::uint32_t timeout = 5'000) {
  keep_alive k(timeout);
  k.start(now, seconds);
  return k;
}

// The ping that is due at now leaves at once.
void ping(keep_alive& k, tick now) {
  REQUIRE(k.ping_due(now));
  k.ping_queued();
  k.sent(now);
  k.ping_left(now, false);
  k.told(now);
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
  CHECK_FALSE(k.dead(tick(0x7FFF'FFFF)));
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
    ping(k, now + 30'000);
    CHECK_FALSE(k.ping_due(now + 40'000));
    CHECK(k.deadline() == now + 35'000);
    CHECK_FALSE(k.dead(now + 34'999));
    CHECK(k.dead(now + 35'000));

    k.received(now + 34'000);
    CHECK_FALSE(k.dead(now + 35'000));
  }
}

TEST_CASE("keep_alive: while a ping has no answer the next one is due in time all the same",
          "[session][keep_alive][v3.1.1:MQTT-3.1.2-23]") {
  keep_alive k = started(tick(0), 4, 10'000);  // every 3 s
  for (std::uint32_t const t : {3'000u, 6'000u, 9'000u, 12'000u}) {
    CHECK(k.deadline() == tick(t));
    CHECK_FALSE(k.ping_due(tick(t - 1)));
    ping(k, tick(t));
  }
  // The first one counts, not the last.
  CHECK(k.deadline() == tick(13'000));
  CHECK_FALSE(k.dead(tick(12'999)));
  CHECK(k.dead(tick(13'000)));
}

TEST_CASE("keep_alive: one ping at a time waits to leave", "[session][keep_alive]") {
  keep_alive k = started(tick(0), 4, 10'000);
  k.ping_queued();
  for (std::uint32_t t = 0; t != 12'000; t += 100) {
    k.received(tick(t));
    CHECK_FALSE(k.ping_due(tick(t)));
  }
  k.sent(tick(12'000));
  k.ping_left(tick(12'000), false);
  CHECK(k.ping_due(tick(15'000)));
}

TEST_CASE("keep_alive: anything that comes after the ping shows that the peer lives",
          "[session][keep_alive]") {
  // The answer may wait in the receive buffer behind a message that the application is not ready for.
  keep_alive k = started(tick(0), 40);
  ping(k, tick(30'000));
  k.received(tick(31'000));
  CHECK_FALSE(k.dead(tick(36'001)));
  CHECK_FALSE(k.dead(tick(59'999)));
  CHECK(k.ping_due(tick(60'000)));
}

TEST_CASE("keep_alive: an answer that came before anybody said that the ping has left",
          "[session][keep_alive]") {
  keep_alive k = started(tick(0), 40);
  k.ping_queued();
  k.received(tick(30'000));
  k.sent(tick(30'001));
  k.ping_left(tick(30'001), true);
  CHECK_FALSE(k.dead(tick(59'999)));
  CHECK(k.ping_due(tick(60'000)));
}

TEST_CASE("keep_alive: the time for an answer begins when the time is told after the ping has left",
          "[session][keep_alive]") {
  keep_alive k = started(tick(0), 40);
  k.ping_queued();
  k.sent(tick(30'000));
  k.ping_left(tick(30'000), false);  // in truth the program was held up for ten seconds
  CHECK(k.deadline() == tick(30'000));
  k.told(tick(40'000));
  CHECK_FALSE(k.dead(tick(44'999)));
  CHECK(k.dead(tick(45'000)));
}

TEST_CASE("keep_alive: a program that was held up before bytes left is given the time again, once",
          "[session][keep_alive]") {
  keep_alive k = started(tick(0), 40);
  k.ping_queued();
  k.sent(tick(0));                      // in truth a minute later
  CHECK(k.deadline() == tick(30'000));  // a look in between, so that only a program that is held up misses it
  k.told(tick(60'000));
  CHECK_FALSE(k.dead(tick(60'000)));
  CHECK(k.deadline() == tick(95'000));
  k.told(tick(94'999));
  CHECK_FALSE(k.dead(tick(94'999)));
  k.told(tick(95'000));
  CHECK(k.dead(tick(95'000)));
}

TEST_CASE("keep_alive: a connection on which nothing moves is dead, whatever the reason",
          "[session][keep_alive]") {
  tick const now(GENERATE(from_range(starts)));
  SECTION("a ping that cannot leave") {
    keep_alive k = started(now, 40);
    k.ping_queued();
    CHECK(k.deadline() == now + 35'000);
    CHECK_FALSE(k.dead(now + 34'999));
    CHECK(k.dead(now + 35'000));
  }
  SECTION("no memory for what comes, and output that does not move") {
    keep_alive k = started(now, 40);
    for (std::uint32_t t = 0; t != 35'000; t += 500) {
      k.cannot_hear(now + t);
      CHECK_FALSE(k.dead(now + t));
      if (k.ping_due(now + t)) k.ping_queued();
    }
    CHECK(k.dead(now + 35'000));
  }
}

TEST_CASE("keep_alive: without memory for what comes silence means nothing", "[session][keep_alive]") {
  keep_alive k = started(tick(0), 40);
  int pings = 0;
  for (std::uint32_t t = 0; t != 300'000; t += 1'000) {
    k.cannot_hear(tick(t));
    REQUIRE_FALSE(k.dead(tick(t)));
    if (!k.ping_due(tick(t))) continue;
    ping(k, tick(t));
    ++pings;
  }
  CHECK(pings == 9);  // the peer still hears of us
}

TEST_CASE("keep_alive: a clock that steps back fires nothing and stops nothing",
          "[session][keep_alive][H174]") {
  tick const before(1'000'000);
  tick const after(400'000);  // ten minutes earlier
  SECTION("before a ping") {
    keep_alive k = started(before, 40);
    k.step_back(after);
    CHECK_FALSE(k.ping_due(after));
    CHECK_FALSE(k.dead(after));
    CHECK(k.deadline() == after + 30'000);
    CHECK(k.ping_due(after + 30'000));
    CHECK_FALSE(k.dead(after + 34'999));
    CHECK(k.dead(after + 35'000));
  }
  SECTION("while a ping has no answer") {
    keep_alive k = started(before, 40);
    ping(k, before + 30'000);
    k.step_back(after);
    CHECK_FALSE(k.dead(after));
    CHECK(k.deadline() == after + 5'000);
    CHECK_FALSE(k.dead(after + 4'999));
    CHECK(k.dead(after + 5'000));
  }
  SECTION("after something was heard") {
    keep_alive k = started(before, 40);
    k.received(before + 10'000);
    k.step_back(after);
    k.sent(after + 29'000);
    CHECK_FALSE(k.ping_due(after + 29'999));
    CHECK(k.ping_due(after + 30'000));
  }
  SECTION("forwards it changes nothing") {
    keep_alive k = started(before, 40);
    k.told(before + 29'999);
    CHECK(k.deadline() == before + 30'000);
  }
}

TEST_CASE("keep_alive: a time-out beyond the clock's reach does not fire at once", "[session][keep_alive]") {
  for (std::uint32_t const timeout : {0x7FFF'FFFFu, 0x8000'0000u, 0xFFFF'FFFFu}) {
    keep_alive k = started(tick(0), 40, timeout);
    ping(k, tick(30'000));
    k.received(tick(30'000));
    CHECK_FALSE(k.dead(tick(30'000)));
    CHECK_FALSE(k.dead(tick(3'000'000)));
    ping(k, tick(3'000'000));
    CHECK_FALSE(k.dead(tick(3'000'000)));
    CHECK_FALSE(k.dead(tick(6'000'000)));
  }
}
