// SPDX-License-Identifier: BSL-1.0
// Every change of a client's state. Rule: a transition that is not in this table does not exist, and no
// other header writes a state. v3.1.1 §3.1, §3.2, §3.14, §4.8.
//
//   idle ------connect-----> connecting ---accepted---> connected
//   closed ----connect-----> connecting                     |
//                                |                          |
//                                +----------leave-----------+----> leaving --drained--> left
//
//   connecting, connected, leaving, left ------broken------> closed
//   left ----------------------ended-----------------------> closed
#ifndef HUBWIRE_SESSION_TRANSITIONS_HPP
#define HUBWIRE_SESSION_TRANSITIONS_HPP

#include <cstdint>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

enum class session_state : std::uint8_t {
  idle,        ///< nothing has happened yet
  connecting,  ///< CONNECT was queued, CONNACK has not come
  connected,   ///< CONNACK accepted
  leaving,     ///< DISCONNECT was queued, it has not been sent to its last byte
  left,        ///< DISCONNECT was sent; the server has not ended the connection yet
  closed,      ///< over; the transport has to be closed
};

enum class session_input : std::uint8_t {
  connect,   ///< the application connects
  accepted,  ///< CONNACK with code 0
  leave,     ///< the application disconnects
  drained,   ///< everything that was queued has been sent
  ended,     ///< the server has ended the connection in an orderly way
  broken,    ///< refused, violated, timed out, or the transport is gone
};

struct transition {
  bool allowed = false;
  session_state next = session_state::idle;
};

namespace detail {

// The state that follows for each input and state. idle, into which none leads, stands where there is none.
struct transition_table {
  session_state next[6][6]{};  ///< [input][from]

  constexpr void add(session_state from, session_input input, session_state to) noexcept {
    next[static_cast<int>(input)][static_cast<int>(from)] = to;
  }
};

consteval transition_table all_transitions() noexcept {
  using enum session_state;
  using input = session_input;
  transition_table table;
  table.add(idle, input::connect, connecting);
  table.add(closed, input::connect, connecting);
  table.add(connecting, input::accepted, connected);
  table.add(connecting, input::leave, leaving);
  table.add(connecting, input::broken, closed);
  table.add(connected, input::leave, leaving);
  table.add(connected, input::broken, closed);
  table.add(leaving, input::drained, left);
  table.add(leaving, input::broken, closed);
  table.add(left, input::ended, closed);  // v3.1.1:MQTT-3.14.4-1
  table.add(left, input::broken, closed);
  return table;
}

inline constexpr transition_table transitions = all_transitions();

}  // namespace detail

constexpr transition next_state(session_state state, session_input input) noexcept {
  session_state const next = detail::transitions.next[static_cast<int>(input)][static_cast<int>(state)];
  bool const allowed = next != session_state::idle;
  return {allowed, allowed ? next : state};
}

}}  // namespace hubwire

#endif
