// SPDX-License-Identifier: BSL-1.0
// Which address of a host to try, and when: "Happy Eyeballs", RFC 8305. Knows neither sockets nor a clock.
#ifndef HUBWIRE_TRANSPORT_HAPPY_EYEBALLS_HPP
#define HUBWIRE_TRANSPORT_HAPPY_EYEBALLS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <hubwire/core/config.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/transport/ip_endpoint.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// From at on, the first address that is (or is not) of that family.
constexpr std::size_t next_of_family(std::span<ip_endpoint const> from, std::size_t at, ip_family family,
                                     bool is) noexcept {
  while (at != from.size() && (from[at].family == ip_family::none || (from[at].family == family) != is)) ++at;
  return at;
}

}  // namespace detail

/// Copies addresses so that the two families take turns, in the family of the first one to begin with. The
/// order within a family stays (RFC 8305 §4). Copies as many as fit and returns how many that are. Entries
/// without an address are skipped.
constexpr std::size_t interleave(std::span<ip_endpoint const> from, std::span<ip_endpoint> to) noexcept {
  std::size_t begin = 0;
  while (begin != from.size() && from[begin].family == ip_family::none) ++begin;
  if (begin == from.size()) return 0;
  ip_family const family = from[begin].family;
  std::array<std::size_t, 2> next = {begin, detail::next_of_family(from, begin, family, false)};
  std::size_t count = 0;
  std::size_t turn = 0;
  while (count != to.size()) {
    if (next[turn] == from.size()) turn ^= 1;
    if (next[turn] == from.size()) break;
    to[count++] = from[next[turn]];
    next[turn] = detail::next_of_family(from, next[turn] + 1, family, turn == 0);
    turn ^= 1;
  }
  return count;
}

/// What a connect_race asks for.
enum class race_step : std::uint8_t {
  wait,     ///< nothing to do for time_left()
  begin,    ///< begin to connect to the address, in the lane
  give_up,  ///< end the attempt in the lane: its time is up
  lost,     ///< no attempt is left, or the time is up
};

struct race_move {
  race_step step = race_step::wait;
  std::uint8_t lane = 0;
  std::uint8_t address = 0;  ///< its place in the order
};

/// The schedule of one connection that has several addresses. Attempts begin one after the other, a delay
/// apart; one that fails lets the next begin at once. Some of them run at the same time, one in each lane.
/// When there are more addresses than lanes, an attempt ends after its share of the time, so that each
/// address gets a turn.
class connect_race {
 public:
  static constexpr std::size_t lanes = 4;             ///< attempts at the same time
  static constexpr std::uint32_t delay = 250;         ///< milliseconds, RFC 8305 §5
  static constexpr std::uint32_t least_delay = 100;   ///< milliseconds, where a short time-out needs it
  static constexpr std::size_t most_addresses = 255;  ///< that start() takes

  /// Begins with so many addresses, for at most so many milliseconds (less than 24.8 days).
  constexpr void start(std::size_t addresses, tick now, std::uint32_t timeout) noexcept {
    HUBWIRE_ASSERT(addresses <= most_addresses && timeout < 0x8000'0000);
    *this = {};
    addresses_ = static_cast<std::uint8_t>(addresses);
    auto const count = static_cast<std::uint32_t>(addresses);
    auto const rounds = static_cast<std::uint32_t>((addresses + lanes - 1) / lanes);
    share_ = rounds < 2 ? timeout : timeout / rounds;
    pause_ = count == 0 ? delay : timeout / count;
    if (pause_ > delay) pause_ = delay;
    if (pause_ < least_delay) pause_ = least_delay;
    deadline_ = now + timeout;
    next_at_ = now;
  }

  /// What to do now. The caller does it and asks again, until the answer is wait or lost.
  constexpr race_move next(tick now) noexcept {
    std::size_t const late = late_lane(now);
    if (late != lanes) {
      lanes_[late].busy = false;
      return move(race_step::give_up, late);
    }
    std::size_t const empty = free_lane();
    bool const none_left = next_ == addresses_;
    if (reached(deadline_, now) || (none_left && !any_running())) return {.step = race_step::lost};
    if (none_left || empty == lanes || !reached(next_at_, now)) return {};
    bool const whole = static_cast<std::uint32_t>(deadline_ - now) <= share_;
    lanes_[empty] = {.until = whole ? deadline_ : now + share_, .address = next_++, .busy = true};
    next_at_ = now + pause_;
    return move(race_step::begin, empty);
  }

  /// The attempt in this lane has failed: another may begin at once.
  constexpr void failed(std::size_t lane, tick now) noexcept {
    HUBWIRE_ASSERT(runs(lane));
    lanes_[lane].busy = false;
    next_at_ = now;
  }

  constexpr bool runs(std::size_t lane) const noexcept { return lanes_[lane].busy; }
  constexpr std::uint8_t address_in(std::size_t lane) const noexcept { return lanes_[lane].address; }

  /// Milliseconds until next() has another answer than wait.
  constexpr std::uint32_t time_left(tick now) const noexcept {
    std::uint32_t left = until(deadline_, now);
    bool const may_begin = next_ != addresses_ && free_lane() != lanes;
    if (may_begin || !any_running()) left = least(left, until(next_at_, now));
    for (attempt const& one : lanes_)
      if (one.busy) left = least(left, until(one.until, now));
    return left;
  }

 private:
  struct attempt {
    tick until{};
    std::uint8_t address = 0;
    bool busy = false;
  };

  static constexpr std::uint32_t until(tick then, tick now) noexcept {
    return reached(then, now) ? 0 : static_cast<std::uint32_t>(then - now);
  }
  static constexpr std::uint32_t least(std::uint32_t a, std::uint32_t b) noexcept { return a < b ? a : b; }

  constexpr race_move move(race_step step, std::size_t lane) const noexcept {
    return {step, static_cast<std::uint8_t>(lane), lanes_[lane].address};
  }
  constexpr std::size_t free_lane() const noexcept {
    std::size_t i = 0;
    while (i != lanes && lanes_[i].busy) ++i;
    return i;
  }
  constexpr bool any_running() const noexcept {
    bool any = false;
    for (attempt const& one : lanes_) any = any || one.busy;
    return any;
  }
  // Of the attempts whose time is up the one that began first.
  constexpr std::size_t late_lane(tick now) const noexcept {
    std::size_t late = lanes;
    for (std::size_t i = 0; i != lanes; ++i) {
      if (!lanes_[i].busy || !reached(lanes_[i].until, now)) continue;
      if (late == lanes || lanes_[i].address < lanes_[late].address) late = i;
    }
    return late;
  }

  // INVARIANT: next_ <= addresses_; lanes hold different addresses below next_.
  std::array<attempt, lanes> lanes_{};
  tick deadline_{};
  tick next_at_{};
  std::uint32_t share_ = 0;
  std::uint32_t pause_ = delay;
  std::uint8_t addresses_ = 0;
  std::uint8_t next_ = 0;
};

}}  // namespace hubwire

#endif
