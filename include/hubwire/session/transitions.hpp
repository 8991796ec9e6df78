// SPDX-License-Identifier: BSL-1.0
// Every change of a client's state. Rule: a transition that is not in this table does not exist, and no
// other header writes a state. v3.1.1 §3.1, §3.2, §3.14, §4.8.
//
//   idle ----connect----> connecting ----accepted----> connected
//                             |                          |    \ leave
//                             | broken                   |     v
//                             +-----------> closed <-----+   leaving --drained--> closed
//   closed --connect--> connecting
#ifndef HUBWIRE_SESSION_TRANSITIONS_HPP
#define HUBWIRE_SESSION_TRANSITIONS_HPP

#include <cstdint>

#include <hubwire/core/config.hpp>

namespace hubwire::inline abi1 {

enum class session_state : std::uint8_t {
  idle,        // nothing has happened yet
  connecting,  // CONNECT was queued, CONNACK has not come
  connected,   // CONNACK accepted
  leaving,     // DISCONNECT was queued, it has not been sent to its last byte
  closed,      // over; the transport has to be closed
};

enum class session_input : std::uint8_t {
  connect,   // the application connects
  accepted,  // CONNACK with code 0
  leave,     // the application disconnects
  drained,   // everything that was queued has been sent
  broken,    // refused, violated, timed out, or the transport is gone
};

struct transition {
  bool allowed = false;
  session_state next = session_state::idle;
};

constexpr transition next_state(session_state state, session_input input) noexcept {
  using enum session_state;
  struct row {
    session_state from;
    session_input input;
    session_state to;
  };
  constexpr row table[] = {
      {idle, session_input::connect, connecting},        //
      {closed, session_input::connect, connecting},      //
      {connecting, session_input::accepted, connected},  //
      {connecting, session_input::leave, leaving},       //
      {connecting, session_input::broken, closed},       //
      {connected, session_input::leave, leaving},        //
      {connected, session_input::broken, closed},        //
      {leaving, session_input::drained, closed},         // v3.1.1:MQTT-3.14.4-1
      {leaving, session_input::broken, closed},
  };
  for (row const& r : table)
    if (r.from == state && r.input == input) return {true, r.to};
  return {false, state};
}

}  // namespace hubwire::inline abi1

#endif
