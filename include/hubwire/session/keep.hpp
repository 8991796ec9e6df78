// SPDX-License-Identifier: BSL-1.0
// What becomes of a request whose connection ends before it is answered: chosen by a type, so that a program
// pays for one way only. kept_packets.hpp and stored_packets.hpp have two more.
#ifndef HUBWIRE_SESSION_KEEP_HPP
#define HUBWIRE_SESSION_KEEP_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/core/config.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/wire/delivery.hpp>

namespace hubwire { inline namespace abi1 {

/// The request is given up: event abandoned, before event closed. QoS 0 and 1 only, since a message that is
/// never sent again cannot arrive exactly once. The smallest client.
struct keep_nothing {
  static constexpr bool resends = false;      ///< whether a session goes on over the next connection
  static constexpr bool has_packets = false;  ///< whether it brings memory for the packets
  static constexpr bool survives = false;     ///< whether it brings memory that survives a reboot
  template <std::size_t Places>
  struct slots {};  ///< what it needs beside each place of the outbox

  template <std::size_t Places>
  constexpr explicit keep_nothing(slots<Places>&) noexcept {}
};

/// Until when a message may be sent.
struct message_limit {
  tick until{};
  bool set = false;

  constexpr void start(tick now, std::uint32_t milliseconds) noexcept {
    until = now + (milliseconds < 0x7FFF'FFFFU ? milliseconds : 0x7FFF'FFFFU);
    set = milliseconds != 0;
  }
  constexpr bool over(tick now) const noexcept { return set && reached(until, now); }
};

/// The application keeps its messages. When the session goes on over a new connection, event repeat names
/// each that has to be sent again, in the order of sending; publish_again() does that. No copy, any size, QoS
/// 0 to 2. A SUBSCRIBE or UNSUBSCRIBE is given up.
class keep_with_application {
 public:
  static constexpr bool resends = true;
  static constexpr bool has_packets = false;
  static constexpr bool survives = false;
  template <std::size_t Places>
  struct slots {
    message_limit items[Places]{};
  };

  template <std::size_t Places>
  constexpr explicit keep_with_application(slots<Places>& table) noexcept
      : limits_(table.items), mask_(Places - 1) {}

  constexpr message_limit& limit(packet_id id) const noexcept { return limits_[id.number() & mask_]; }

 private:
  message_limit* limits_;
  std::size_t mask_;
};

}}  // namespace hubwire

#endif
