// SPDX-License-Identifier: BSL-1.0
// What becomes of a request whose connection ends before it is answered: chosen by a type, so that a program
// pays for one way only. kept_packets.hpp has the third.
#ifndef HUBWIRE_SESSION_KEEP_HPP
#define HUBWIRE_SESSION_KEEP_HPP

#include <cstddef>
#include <span>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

/// The request is given up: event abandoned, before event closed. QoS 0 and 1 only, since a message that is
/// never sent again cannot arrive exactly once. The smallest client.
struct keep_nothing {
  static constexpr bool resends = false;     ///< whether a session goes on over the next connection
  static constexpr bool has_packets = false;  ///< whether it brings memory for the packets
  template <std::size_t Count>
  struct slots {};  ///< what it needs for each request
};

/// The application keeps its messages. When the session goes on over a new connection, event repeat names each
/// that has to be sent again, in the order of sending; publish_again() does that. No copy, any size, QoS 0 to 2.
/// A SUBSCRIBE or UNSUBSCRIBE is given up.
struct keep_with_application {
  static constexpr bool resends = true;
  static constexpr bool has_packets = false;
  template <std::size_t Count>
  struct slots {};
};

}}  // namespace hubwire

#endif
