// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/tick.hpp>

#include <chrono>
#include <limits>
#include <type_traits>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

template <class T>
concept ordered = requires(T a, T b) {
  a < b;
};

// A clock as an RTOS may have it: 32,768 ticks in a second.
struct slow_clock {
  using rep = std::int64_t;
  using period = std::ratio<1, 32'768>;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<slow_clock>;
  static constexpr bool is_steady = true;
};

template <class Point>
concept makes_tick = requires(Point const& point) {
  tick(point);
};

template <class Duration>
constexpr tick at(Duration since) {
  return std::chrono::time_point<std::chrono::steady_clock, Duration>(since);
}

}  // namespace

TEST_CASE("tick: made of any steady clock's time, in whole milliseconds", "[core][tick]") {
  using namespace std::chrono;
  constexpr_test([] {
    return at(nanoseconds(1'999'999)) == tick(1) && at(microseconds(2'000)) == tick(2) &&
           at(milliseconds(7)) == tick(7) && at(seconds(3)) == tick(3'000) && at(hours(1)) == tick(3'600'000);
  });
  constexpr_test([] {
    return tick(slow_clock::time_point(slow_clock::duration(32'768))) == tick(1'000) &&
           tick(slow_clock::time_point(slow_clock::duration(33))) == tick(1) &&
           tick(slow_clock::time_point(slow_clock::duration(32))) == tick(0);
  });
  constexpr_test([] {  // wraps after 49.7 days, and three hundred years of nanoseconds are no problem
    return at(milliseconds(0x1'0000'0002)) == tick(2) &&
           at(hours(24 * 365 * 290)) - at(hours(24 * 365 * 290 - 1)) == 3'600'000;
  });
}

TEST_CASE("tick: not made of a clock that may be set, nor of one that counts in floating point",
          "[core][tick]") {
  using namespace std::chrono;
  STATIC_CHECK(makes_tick<steady_clock::time_point>);
  STATIC_CHECK_FALSE(makes_tick<system_clock::time_point>);
  STATIC_CHECK_FALSE(makes_tick<time_point<steady_clock, duration<double>>>);
  STATIC_CHECK_FALSE(makes_tick<seconds>);
}

TEST_CASE("tick: a difference is right across the wrap", "[core][tick]") {
  constexpr_test([] {
    constexpr tick before_wrap(0xffff'fff0);
    constexpr tick after_wrap = before_wrap + 0x20;
    return after_wrap.milliseconds() == 0x10 && after_wrap - before_wrap == 32 &&
           before_wrap - after_wrap == -32 && tick(0) - tick(0xffff'ffff) == 1 &&
           tick(0xffff'ffff) - tick(0) == -1;
  });
}

TEST_CASE("tick: the longest distances on either side keep their sign", "[core][tick]") {
  constexpr_test([] {
    constexpr std::int32_t longest = std::numeric_limits<std::int32_t>::max();
    for (std::uint32_t start : {0u, 1u, 0x7fff'ffffu, 0x8000'0000u, 0xffff'ffffu}) {
      tick const from(start);
      if ((from + 0x7fff'ffff) - from != longest || from - (from + 0x7fff'ffff) != -longest) return false;
    }
    return true;
  });
}

TEST_CASE("tick: there is no order that could be wrong", "[core][tick]") {
  STATIC_CHECK(!ordered<tick>);
  STATIC_CHECK(!std::is_convertible_v<std::uint32_t, tick>);
  STATIC_CHECK(!std::is_convertible_v<tick, std::uint32_t>);
  constexpr_test([] { return tick() == tick(0) && tick(5) != tick(6); });
}

TEST_CASE("tick: a deadline is reached at its millisecond and stays reached", "[core][tick]") {
  constexpr_test([] {
    for (std::uint32_t start : {0u, 1000u, 0xffff'ff00u, 0x7fff'ff80u}) {
      tick const deadline = tick(start) + 200;
      if (reached(deadline, tick(start)) || reached(deadline, tick(start) + 199)) return false;
      if (!reached(deadline, tick(start) + 200) || !reached(deadline, tick(start) + 100'000)) return false;
    }
    return true;
  });
}

TEST_CASE("tick: a clock that steps back does not fire the deadline", "[core][tick]") {
  constexpr_test([] {
    constexpr tick now(50'000);
    constexpr tick deadline = now + 1000;
    constexpr tick stepped_back(40'000);
    return !reached(deadline, stepped_back) && !reached(deadline, tick(0)) &&
           !reached(deadline, tick(0xffff'0000));  // back through zero
  });
}
