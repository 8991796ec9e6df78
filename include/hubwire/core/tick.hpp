// SPDX-License-Identifier: BSL-1.0
// A point on a 32-bit millisecond clock that may wrap. It has a difference and no order, because an
// order across the wrap would be wrong. The library never reads a clock: ticks are arguments.
#ifndef HUBWIRE_CORE_TICK_HPP
#define HUBWIRE_CORE_TICK_HPP

#include <concepts>
#include <cstdint>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

/// A time of a steady clock of <chrono>, which this header does not include. The system's clock is not
/// steady: it may be set.
template <class Point>
concept steady_time_point = requires(Point const& point) {
  requires Point::clock::is_steady;
  requires std::integral<typename Point::rep>;
  typename Point::period;
  point.time_since_epoch().count();
};

namespace detail {

// Whole milliseconds, as far as 32 bits hold them.
template <steady_time_point Point>
constexpr std::uint32_t to_milliseconds(Point const& point) noexcept {
  constexpr std::int64_t over = 1'000 * std::int64_t{Point::period::num};
  constexpr std::int64_t under = Point::period::den;
  std::int64_t const count = point.time_since_epoch().count();
  return static_cast<std::uint32_t>(count / under * over + count % under * over / under);
}

}  // namespace detail

class tick {
 public:
  constexpr tick() noexcept = default;
  /// Takes any free-running millisecond counter: HAL_GetTick(), k_uptime_get_32().
  constexpr explicit tick(std::uint32_t milliseconds) noexcept : milliseconds_(milliseconds) {}

  /// Takes std::chrono::steady_clock::now().
  template <steady_time_point Point>
  constexpr tick(Point const& now) noexcept : milliseconds_(detail::to_milliseconds(now)) {}
  /// Refuses a clock that is not steady. The parameter's name is for the compiler's message.
  template <class this_clock_is_not_steady>
  requires(!this_clock_is_not_steady::clock::is_steady) tick(this_clock_is_not_steady const&)
  = delete;

  constexpr std::uint32_t milliseconds() const noexcept { return milliseconds_; }

  /// Milliseconds from b to a, negative when a is earlier; right for distances below 24.8 days.
  friend constexpr std::int32_t operator-(tick a, tick b) noexcept {
    return static_cast<std::int32_t>(a.milliseconds_ - b.milliseconds_);
  }
  friend constexpr tick operator+(tick t, std::uint32_t milliseconds) noexcept {
    return tick(t.milliseconds_ + milliseconds);
  }
  friend constexpr bool operator==(tick, tick) noexcept = default;

 private:
  std::uint32_t milliseconds_ = 0;
};

/// True from the deadline on. A clock that steps back does not make it true.
constexpr bool reached(tick deadline, tick now) noexcept { return now - deadline >= 0; }

}}  // namespace hubwire

#endif
