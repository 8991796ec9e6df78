// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/tick.hpp>

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

}  // namespace

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
