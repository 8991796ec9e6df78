// SPDX-License-Identifier: BSL-1.0
// When to send PINGREQ, and when to give a silent peer up: v3.1.1 §3.1.2.10 and §3.12.
#ifndef HUBWIRE_SESSION_KEEP_ALIVE_HPP
#define HUBWIRE_SESSION_KEEP_ALIVE_HPP

#include <cstdint>
#include <optional>

#include <hubwire/core/tick.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// A tick cannot tell a deadline 24.9 days ahead from one that has passed: longer times are cut to that.
inline constexpr std::uint32_t longest_wait = 0x7FFF'FFFF;
constexpr std::uint32_t within_reach(std::uint32_t milliseconds) noexcept {
  return milliseconds < longest_wait ? milliseconds : longest_wait;
}

constexpr tick earlier(tick a, tick b) noexcept { return a - b < 0 ? a : b; }

// Moves a time back to now if a clock that stepped back has left it in the future.
constexpr void not_after(tick now, tick& since) noexcept { since = earlier(since, now); }

}  // namespace detail

/// Three rules. With keep alive 0 none of them applies.
/// - A ping is due a quarter of the keep alive early, at most ten seconds, after the last byte left: also
///   while an earlier ping has no answer. It is due as well when nothing has come for that long: a device
///   that only publishes would otherwise never notice a dead connection. One ping at a time waits to leave.
/// - The peer is dead when nothing has come for ping_timeout since a ping left.
/// - The connection is dead when no byte has moved in either direction for the time of a ping and
///   ping_timeout together, whatever the buffers hold.
class keep_alive {
 public:
  /// ping_timeout in milliseconds.
  constexpr explicit keep_alive(std::uint32_t ping_timeout) noexcept
      : ping_timeout_(detail::within_reach(ping_timeout)) {}

  /// Begins with a connection. seconds as in CONNECT; 0 switches pings off.
  constexpr void start(tick now, std::uint16_t seconds) noexcept {
    std::uint32_t const whole = seconds * std::uint32_t{1000};
    std::uint32_t const margin = whole / 4 < 10'000 ? whole / 4 : 10'000;
    interval_ = whole - margin;
    sent_ = heard_ = moved_ = now;
    unsent_ = awaiting_ = just_left_ = just_sent_ = false;
  }

  /// Bytes left for the peer, at now or later.
  constexpr void sent(tick now) noexcept {
    sent_ = moved_ = now;
    just_sent_ = true;
  }
  /// Bytes came from the peer. Whatever they are, they answer a ping: PINGRESP itself may have to wait in
  /// the receive buffer behind a message that the application is not ready for.
  constexpr void received(tick now) noexcept {
    moved_ = now;
    cannot_hear(now);
  }
  /// There was no memory for what may have come, so the peer's silence means nothing.
  constexpr void cannot_hear(tick now) noexcept {
    heard_ = now;
    awaiting_ = false;
  }

  /// A ping waits to leave.
  constexpr void ping_queued() noexcept { unsent_ = true; }
  /// The ping has left, at now or later. The time for the answer begins when the time is told next;
  /// deadline() asks for that at once. An answer may have come before this was told.
  constexpr void ping_left(tick now, bool answered) noexcept {
    unsent_ = false;
    if (awaiting_ || answered) return;
    awaiting_ = just_left_ = true;
    pinged_ = now;
  }

  /// The time was told.
  constexpr void told(tick now) noexcept {
    if (just_left_) pinged_ = now;
    if (just_sent_ && dead(now)) moved_ = now;  // the program was held up before they left
    just_left_ = just_sent_ = false;
  }
  /// The clock stepped back to now. Pings must not be silent until it has caught up.
  constexpr void step_back(tick now) noexcept {
    detail::not_after(now, sent_);
    detail::not_after(now, heard_);
    detail::not_after(now, moved_);
    detail::not_after(now, pinged_);
  }

  constexpr bool ping_due(tick now) const noexcept {
    return interval_ != 0 && !unsent_ && reached(next_ping(), now);  // v3.1.1:MQTT-3.1.2-23
  }
  constexpr bool dead(tick now) const noexcept { return interval_ != 0 && reached(given_up(), now); }

  /// The time at which ping_due() or dead() may become true; nothing when pings are off.
  constexpr std::optional<tick> deadline() const noexcept {
    if (interval_ == 0) return std::nullopt;
    if (just_left_) return pinged_;
    return unsent_ && !just_sent_ ? given_up() : detail::earlier(next_ping(), given_up());
  }

 private:
  constexpr tick next_ping() const noexcept {
    return (awaiting_ ? sent_ : detail::earlier(sent_, heard_)) + interval_;
  }
  constexpr tick given_up() const noexcept {
    tick const stuck = moved_ + detail::within_reach(interval_ + ping_timeout_);
    return awaiting_ ? detail::earlier(pinged_ + ping_timeout_, stuck) : stuck;
  }

  std::uint32_t interval_ = 0;
  std::uint32_t ping_timeout_;
  tick sent_{};    // the last byte left
  tick heard_{};   // the last byte came, or could not have been heard
  tick moved_{};   // the last byte went in either direction
  tick pinged_{};  // the first ping without an answer left
  bool unsent_ = false;
  bool awaiting_ = false;
  bool just_left_ = false;  // a ping, since the time was told
  bool just_sent_ = false;  // anything
};

}}  // namespace hubwire

#endif
