// SPDX-License-Identifier: BSL-1.0
// A point on a 32-bit millisecond clock that may wrap. It has a difference and no order, because an
// order across the wrap would be wrong. The library never reads a clock: ticks are arguments.
#ifndef HUBWIRE_CORE_TICK_HPP
#define HUBWIRE_CORE_TICK_HPP

#include <cstdint>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

class tick {
 public:
  constexpr tick() noexcept = default;
  // Any free-running millisecond counter: HAL_GetTick(), k_uptime_get_32(), steady_clock.
  constexpr explicit tick(std::uint32_t milliseconds) noexcept : milliseconds_(milliseconds) {}

  constexpr std::uint32_t milliseconds() const noexcept { return milliseconds_; }

  // Milliseconds from b to a, negative when a is earlier; right for distances below 24.8 days.
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

// True from the deadline on. A clock that steps back does not make it true.
constexpr bool reached(tick deadline, tick now) noexcept { return now - deadline >= 0; }

}}  // namespace hubwire

#endif
