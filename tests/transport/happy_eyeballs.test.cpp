// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/happy_eyeballs.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/constexpr_test.hpp"

using namespace hubwire;

namespace {

// "4" and "6" stand for addresses of that family, "-" for none; the port is the place in the text.
std::vector<ip_endpoint> addresses_of(std::string_view families) {
  std::vector<ip_endpoint> made;
  for (char const family : families) {
    auto const port = static_cast<std::uint16_t>(made.size());
    if (family == '4') made.push_back(ip_endpoint::v4({127, 0, 0, 1}, port));
    if (family == '6') made.push_back(ip_endpoint::v6({}, port));
    if (family == '-') made.emplace_back();
  }
  return made;
}

// The places of the addresses, in the order in which they are tried.
std::string order_of(std::string_view families, std::size_t room = 8) {
  std::vector<ip_endpoint> ordered(room);
  std::vector<ip_endpoint> const given = addresses_of(families);
  std::size_t const count = interleave(given, ordered);
  std::string order;
  for (std::size_t i = 0; i != count; ++i) order += static_cast<char>('0' + ordered[i].port);
  return order;
}

// How an attempt ends, so many milliseconds after it began. A negative time: it never does.
struct outcome {
  int after = -1;
  bool connects = false;
};

// A race on a clock that jumps to where something happens, and everything that a host would have seen.
struct simulation {
  std::vector<outcome> plan;
  std::uint32_t timeout;
  std::uint32_t begin_at;  // of the clock of 32 bits

  std::vector<std::uint32_t> begun{};                 // for each address, since the beginning
  std::vector<std::optional<std::uint32_t>> ended{};  // failed, given up or connected
  std::optional<std::size_t> winner{};
  std::uint32_t at = 0;
  std::size_t most_at_once = 0;

  struct running {
    std::size_t lane;
    std::size_t address;
    std::uint32_t since;
  };
  std::vector<running> open{};

  tick now() const { return tick(begin_at + at); }

  void end(std::size_t lane) {
    auto const one = std::find_if(open.begin(), open.end(), [&](running const& r) { return r.lane == lane; });
    REQUIRE(one != open.end());
    ended[one->address] = at;
    open.erase(one);
  }

  // What is due is done. True when the race goes on.
  bool act(connect_race& race) {
    for (int turns = 0; turns != 100; ++turns) {
      race_move const due = race.next(now());
      if (due.step == race_step::lost) return false;
      if (due.step == race_step::wait) return true;
      if (due.step == race_step::give_up) {
        end(due.lane);
        continue;
      }
      REQUIRE(due.address == begun.size());  // in order
      REQUIRE(race.runs(due.lane));
      REQUIRE(race.address_in(due.lane) == due.address);
      begun.push_back(at);
      open.push_back({due.lane, due.address, at});
      most_at_once = std::max(most_at_once, open.size());
    }
    FAIL("next() finds no end");
    return false;
  }

  // The attempt that ends next, no later than at limit; ties go to the one that began first.
  std::optional<std::size_t> next_end(std::uint32_t limit) const {
    std::optional<std::size_t> found;
    std::uint32_t best = limit;
    for (std::size_t i = 0; i != open.size(); ++i) {
      int const after = plan[open[i].address].after;
      if (after < 0) continue;
      std::uint32_t const then = open[i].since + static_cast<std::uint32_t>(after);
      if (then > best || (found && then == best)) continue;
      best = then;
      found = i;
    }
    return found;
  }

  void run() {
    ended.resize(plan.size());
    connect_race race;
    race.start(plan.size(), now(), timeout);
    for (int turns = 0; turns != 1000; ++turns) {
      if (!act(race)) return;
      std::uint32_t const left = race.time_left(now());
      REQUIRE(left > 0);  // a host that waits does not spin
      auto const first = next_end(at + left);
      if (!first) {
        at += left;
        continue;
      }
      running const one = open[*first];
      at = one.since + static_cast<std::uint32_t>(plan[one.address].after);
      if (plan[one.address].connects) {
        winner = one.address;
        return;
      }
      end(one.lane);
      race.failed(one.lane, now());
    }
    FAIL("the race finds no end");
  }
};

simulation race_of(std::vector<outcome> plan, std::uint32_t timeout = 10'000) {
  simulation made{.plan = std::move(plan), .timeout = timeout, .begin_at = 0xFFFF'FF80};
  made.run();
  return made;
}

using times = std::vector<std::uint32_t>;
constexpr outcome silent{};
constexpr outcome refuses_at_once{0, false};

}  // namespace

TEST_CASE("happy_eyeballs: the families take turns, the first address stays the first",
          "[transport][happy_eyeballs]") {
  CHECK(order_of("").empty());
  CHECK(order_of("-").empty());
  CHECK(order_of("4") == "0");
  CHECK(order_of("444") == "012");
  CHECK(order_of("666444") == "031425");
  CHECK(order_of("446") == "021");
  CHECK(order_of("4666") == "0123");
  CHECK(order_of("66664") == "04123");
  CHECK(order_of("-6-44-6") == "1364");
  CHECK(order_of("66666666644", 4) == "091:");  // of those that do not fit, both families have had theirs
  CHECK(order_of("46", 1) == "0");
  CHECK(order_of("46", 0).empty());
}

TEST_CASE("happy_eyeballs: whatever the list, nothing is lost, doubled or moved within its family",
          "[transport][happy_eyeballs]") {
  for (unsigned bits = 0; bits != 1U << 7; ++bits) {
    for (std::size_t size = 0; size != 8; ++size) {
      std::string families;
      for (std::size_t i = 0; i != size; ++i) families += (bits >> i & 1U) != 0 ? '6' : '4';
      std::string const order = order_of(families);
      REQUIRE(order.size() == size);
      std::array<std::string, 2> seen;
      std::array<std::string, 2> expected;
      for (char const at : order) seen[families[static_cast<std::size_t>(at - '0')] == '6'] += at;
      for (std::size_t i = 0; i != size; ++i) expected[families[i] == '6'] += static_cast<char>('0' + i);
      REQUIRE(seen == expected);
      // They take turns as long as both have one.
      std::size_t const both = 2 * std::min(expected[0].size(), expected[1].size());
      for (std::size_t i = 0; i < both; ++i)
        REQUIRE((families[static_cast<std::size_t>(order[i] - '0')] == families[0]) == (i % 2 == 0));
    }
  }
}

TEST_CASE("happy_eyeballs: the schedule works in constant evaluation", "[transport][happy_eyeballs]") {
  test::constexpr_test([] {
    connect_race race;
    race.start(2, tick(0), 1000);
    race_move const first = race.next(tick(0));
    bool const begins = first.step == race_step::begin && first.address == 0;
    bool const waits = race.next(tick(249)).step == race_step::wait && race.time_left(tick(249)) == 1;
    race_move const second = race.next(tick(250));
    return begins && waits && second.step == race_step::begin && second.address == 1;
  });
}

TEST_CASE("happy_eyeballs: attempts begin 250 ms apart, sooner where the time is short",
          "[transport][happy_eyeballs]") {
  CHECK(race_of({silent, silent, silent}).begun == times{0, 250, 500});
  CHECK(race_of({silent, silent, silent}, 600).begun == times{0, 200, 400});
  CHECK(race_of({silent, silent, silent}, 301).begun == times{0, 100, 200});
  CHECK(race_of({silent, silent, silent}, 250).begun == times{0, 100, 200});
  CHECK(race_of({silent, silent, silent}, 150).begun == times{0, 100});  // RFC 8305 §8: not below 100 ms
  CHECK(race_of({silent, silent}, 0).begun.empty());
  CHECK(race_of({}, 1000).begun.empty());
}

TEST_CASE("happy_eyeballs: one that fails lets the next begin at once", "[transport][happy_eyeballs]") {
  simulation const at_once = race_of({refuses_at_once, refuses_at_once, refuses_at_once});
  CHECK(at_once.begun == times{0, 0, 0});
  CHECK(at_once.at == 0);
  CHECK(race_of({{100, false}, silent, silent}).begun == times{0, 100, 350});
  CHECK(race_of({{300, false}, silent, silent}).begun == times{0, 250, 300});
  simulation const second = race_of({silent, {30, false}, {20, true}});
  CHECK(second.begun == times{0, 250, 280});
  CHECK(second.winner == 2);
  CHECK(second.at == 300);
}

TEST_CASE("happy_eyeballs: an address that is slow wins over one that comes later",
          "[transport][happy_eyeballs]") {
  CHECK(race_of({{600, true}, {500, true}}).winner == 0);
  CHECK(race_of({{600, true}, {300, true}}).winner == 1);
  CHECK(race_of({{249, true}, {0, true}}).begun.size() == 1);
}

TEST_CASE("happy_eyeballs: four at the same time, and a turn for each of eight",
          "[transport][happy_eyeballs]") {
  simulation const eight = race_of(std::vector<outcome>(8, silent));
  CHECK(eight.begun == times{0, 250, 500, 750, 5000, 5250, 5500, 5750});
  CHECK(eight.most_at_once == connect_race::lanes);
  CHECK(eight.at == 10'000);
  simulation const five = race_of({silent, silent, silent, silent, {10, true}});
  CHECK(five.winner == 4);
  CHECK(five.at == 5010);
  CHECK(race_of(std::vector<outcome>(4, silent)).ended[0] == 10'000U);  // no share where all fit
}

// Each address connects, fails or stays silent, soon or late: all combinations of up to five, with several times.
TEST_CASE("happy_eyeballs: the rules of the race hold for every outcome", "[transport][happy_eyeballs]") {
  std::uint32_t const timeout = GENERATE(0U, 90U, 700U, 5'000U);
  std::array<outcome, 7> const kinds = {silent,
                                        refuses_at_once,
                                        outcome{0, true},
                                        outcome{120, false},
                                        outcome{120, true},
                                        outcome{900, false},
                                        outcome{900, true}};
  std::size_t const count = GENERATE(range(std::size_t{1}, std::size_t{6}));
  std::size_t plans = 1;
  for (std::size_t i = 0; i != count; ++i) plans *= kinds.size();
  for (std::size_t number = 0; number != plans; ++number) {
    std::vector<outcome> plan;
    for (std::size_t i = 0, rest = number; i != count; ++i, rest /= kinds.size())
      plan.push_back(kinds[rest % kinds.size()]);
    simulation const race = race_of(plan, timeout);
    REQUIRE(race.at <= timeout);
    REQUIRE(race.most_at_once <= connect_race::lanes);
    // Two attempts are the delay apart unless one has failed or was given up in between.
    for (std::size_t i = 1; i < race.begun.size(); ++i) {
      bool freed = false;
      for (std::size_t j = 0; j != race.begun.size(); ++j)
        freed = freed || (j < i && race.ended[j] && *race.ended[j] == race.begun[i]);
      REQUIRE((freed || race.begun[i] - race.begun[i - 1] >= connect_race::least_delay));
    }
    if (race.winner) {
      REQUIRE(plan[*race.winner].connects);
      for (std::size_t i = 0; i != race.begun.size(); ++i)  // nobody was there before
        if (plan[i].connects && !race.ended[i])
          REQUIRE(race.begun[i] + static_cast<std::uint32_t>(plan[i].after) >= race.at);
    } else {
      REQUIRE(race.open.empty());  // each one has ended
      REQUIRE((race.at == timeout || race.begun.size() == count));
    }
  }
}

TEST_CASE("happy_eyeballs: a race begins anew after another", "[transport][happy_eyeballs]") {
  connect_race race;
  race.start(6, tick(0), 1000);
  static_cast<void>(race.next(tick(0)));
  race.start(1, tick(5), 100);
  CHECK(race.next(tick(5)).address == 0);
  CHECK(race.next(tick(5)).step == race_step::wait);
  CHECK(race.next(tick(105)).step == race_step::give_up);
  CHECK(race.next(tick(105)).step == race_step::lost);
  CHECK(race.next(tick(106)).step == race_step::lost);
}
