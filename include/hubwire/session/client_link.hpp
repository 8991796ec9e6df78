// SPDX-License-Identifier: BSL-1.0
// What a client knows of one connection. connect() begins with a new one.
#ifndef HUBWIRE_SESSION_CLIENT_LINK_HPP
#define HUBWIRE_SESSION_CLIENT_LINK_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>

namespace hubwire { inline namespace abi1 {

struct client_link {
  bool closed_told = false;
  bool greeted = false;      // CONNACK with code 0 has come
  bool heard = false;        // bytes have come since the last advance()
  bool cut_off = false;      // by the transport or a timer; what came before is still to be handled
  bool large_known = false;  // the message that is coming in parts is a repetition: no events
  bool ping_owed = false;
  bool ping_answered = false;       // before anybody said that it has left
  std::uint8_t pings_out = 0;       // that have left and have no PINGRESP
  bool state_is_new = false;        // its time begins at the next advance()
  bool farewell_owed = false;       // DISCONNECT comes after the kept packets
  std::uint16_t delivered = 0;      // the message of the last event, acknowledged when the next is asked for
  std::uint16_t repeat_told = 0;    // the request that the application was asked to send again
  std::uint16_t large = 0;          // the identifier of the message that is coming in parts, 0 without
  std::size_t ping_ahead = 0;       // bytes up to the end of a PINGREQ that is pending
  std::size_t payload_missing = 0;  // of a message that is sent in parts
  error cause{};                    // why it has ended, or why the state is closed
  char_view rejected{};  // the packet that is handled now, and after the end the one that was to blame
};

}}  // namespace hubwire

#endif
