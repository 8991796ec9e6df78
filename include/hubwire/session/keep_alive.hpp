// SPDX-License-Identifier: BSL-1.0
// When to send PINGREQ, and when to give a silent peer up: v3.1.1 §3.1.2.10 and §3.12.
#ifndef HUBWIRE_SESSION_KEEP_ALIVE_HPP
#define HUBWIRE_SESSION_KEEP_ALIVE_HPP

#include <cstdint>
#include <optional>

#include <hubwire/core/tick.hpp>

namespace hubwire::inline abi1 {

// A ping is due a quarter of the keep alive early, at most ten seconds, and also when nothing has been
// received for that long: a device that only publishes would otherwise never notice a dead connection.
class keep_alive {
 public:
  // seconds as in CONNECT; 0 switches pings off. ping_timeout in milliseconds.
  constexpr void start(tick now, std::uint16_t seconds, std::uint32_t ping_timeout) noexcept {
    std::uint32_t const whole = seconds * std::uint32_t{1000};
    std::uint32_t const margin = whole / 4 < 10'000 ? whole / 4 : 10'000;
    interval_ = whole - margin;
    ping_timeout_ = ping_timeout;
    sent_ = received_ = now;
    waiting_ = false;
  }

  // Bytes left for, or came from, the peer.
  constexpr void sent(tick now) noexcept { sent_ = now; }
  constexpr void received(tick now) noexcept { received_ = now; }

  constexpr void ping_queued(tick now) noexcept {
    waiting_ = true;
    pinged_ = now;
  }
  // An answer that was not asked for is harmless.
  constexpr void answered() noexcept { waiting_ = false; }

  // A clock that stepped back must not silence pings until it has caught up.
  constexpr void follow(tick now) noexcept {
    if (now - sent_ < 0) sent_ = now;
    if (now - received_ < 0) received_ = now;
    if (waiting_ && now - pinged_ < 0) pinged_ = now;
  }

  constexpr bool ping_due(tick now) const noexcept {
    return interval_ != 0 && !waiting_ && reached(next_ping(), now);  // v3.1.1:MQTT-3.1.2-23
  }
  // Neither the answer nor anything else came in time.
  constexpr bool dead(tick now) const noexcept { return waiting_ && reached(given_up(), now); }

  // When one of the two may become true; nothing when pings are off.
  constexpr std::optional<tick> deadline() const noexcept {
    if (waiting_) return given_up();
    if (interval_ == 0) return std::nullopt;
    return next_ping();
  }

 private:
  constexpr tick next_ping() const noexcept {
    tick const earlier = received_ - sent_ < 0 ? received_ : sent_;
    return earlier + interval_;
  }

  // Whatever arrives after the ping shows that the peer lives.
  constexpr tick given_up() const noexcept {
    tick const later = received_ - pinged_ > 0 ? received_ : pinged_;
    return later + ping_timeout_;
  }

  std::uint32_t interval_ = 0;
  std::uint32_t ping_timeout_ = 0;
  tick sent_{};
  tick received_{};
  tick pinged_{};
  bool waiting_ = false;
};

}  // namespace hubwire::inline abi1

#endif
