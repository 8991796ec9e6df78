// SPDX-License-Identifier: BSL-1.0
// When to send PINGREQ, and when to give a silent peer up: v3.1.1 §3.1.2.10 and §3.12.
#ifndef HUBWIRE_SESSION_KEEP_ALIVE_HPP
#define HUBWIRE_SESSION_KEEP_ALIVE_HPP

#include <cstdint>
#include <optional>

#include <hubwire/core/tick.hpp>

namespace hubwire::inline HUBWIRE_ABI {

namespace detail {

// A tick cannot tell a deadline 24.9 days ahead from one that has passed: longer times are cut to that.
constexpr std::uint32_t within_reach(std::uint32_t milliseconds) noexcept {
  return static_cast<std::int32_t>(milliseconds) < 0 ? 0x7FFF'FFFF : milliseconds;
}

}  // namespace detail

// A ping is due a quarter of the keep alive early, at most ten seconds, and also when nothing has been
// received for that long: a device that only publishes would otherwise never notice a dead connection.
class keep_alive {
 public:
  // seconds as in CONNECT; 0 switches pings off. ping_timeout in milliseconds.
  constexpr void start(tick now, std::uint16_t seconds, std::uint32_t ping_timeout) noexcept {
    std::uint32_t const whole = seconds * std::uint32_t{1000};
    std::uint32_t const margin = whole / 4 < 10'000 ? whole / 4 : 10'000;
    interval_ = whole - margin;
    ping_timeout_ = detail::within_reach(ping_timeout);
    sent_ = received_ = now;
    waiting_ = 0;
  }

  // Bytes left for the peer.
  constexpr void sent(tick now) noexcept { sent_ = now; }
  // Bytes came from it. Whatever they are, they answer a ping: PINGRESP itself may have to wait in the
  // receive buffer behind a message that the application is not ready for.
  constexpr void received(tick now) noexcept {
    received_ = now;
    waiting_ = 0;
  }

  // A ping is to be sent, or is on its way behind bytes that the peer still takes.
  constexpr void ping_queued(tick now) noexcept {
    waiting_ = 1;
    pinged_ = now;
  }
  // An answer that was not asked for is harmless.
  constexpr void answered() noexcept { waiting_ = 0; }

  // A clock that stepped back must not silence pings until it has caught up.
  constexpr void follow(tick now) noexcept {
    if (now - sent_ < 0) sent_ = now;
    if (now - received_ < 0) received_ = now;
    if (now - pinged_ < 0) pinged_ = now;
  }

  constexpr bool ping_due(tick now) const noexcept {
    return interval_ != 0 && waiting_ == 0 && reached(next_ping(), now);  // v3.1.1:MQTT-3.1.2-23
  }
  // Neither the answer nor anything else came in time.
  constexpr bool dead(tick now) const noexcept { return waiting_ != 0 && reached(given_up(), now); }

  // When one of the two may become true; nothing when pings are off.
  constexpr std::optional<tick> deadline() const noexcept {
    if (waiting_ != 0) return given_up();
    if (interval_ == 0) return std::nullopt;
    return next_ping();
  }

 private:
  constexpr tick next_ping() const noexcept {
    tick const earlier = received_ - sent_ < 0 ? received_ : sent_;
    return earlier + interval_;
  }

  constexpr tick given_up() const noexcept { return pinged_ + ping_timeout_; }

  std::uint_fast8_t waiting_ = 0;  // or 1; a word where words are reached from further away than bytes
  std::uint32_t interval_ = 0;
  std::uint32_t ping_timeout_ = 0;
  tick sent_{};
  tick received_{};
  tick pinged_{};
};

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
