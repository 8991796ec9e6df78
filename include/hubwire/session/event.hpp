// SPDX-License-Identifier: BSL-1.0
// What a client tells its application.
#ifndef HUBWIRE_SESSION_EVENT_HPP
#define HUBWIRE_SESSION_EVENT_HPP

#include <cstdint>
#include <optional>

#include <hubwire/core/errc.hpp>
#include <hubwire/v3/publish.hpp>
#include <hubwire/v3/suback.hpp>
#include <hubwire/wire/delivery.hpp>
#include <hubwire/wire/list_view.hpp>

namespace hubwire { inline namespace abi1 {

enum class event_kind : std::uint8_t {
  none,       // nothing now
  connected,  // CONNACK accepted: session_present
  message,    // PUBLISH received: message
  // A message that does not fit the receive buffer, with large_messages::in_parts or skip:
  message_begin,  // message without its payload, of which payload_size bytes follow
  message_piece,  // payload: the next bytes; none of these with skip
  message_end,    // the payload is complete; acknowledge() makes sense from here on
  published,      // PUBACK for a QoS 1 publish: id
  subscribed,     // SUBACK: id, codes in the order of the filters
  unsubscribed,   // UNSUBACK: id
  abandoned,      // the connection ended before the answer to this request came: id
  closed,         // the connection is over: cause, errc::none after a complete goodbye; close the transport
};

}}  // namespace hubwire

namespace hubwire { inline namespace abi1 { namespace v3 {

// One event of a client that speaks MQTT 3.1.1. message, payload and codes are views into the receive buffer;
// they live until the client's window() is asked for again, which pump() does.
struct event {
  event_kind kind = event_kind::none;
  bool session_present = false;
  std::uint16_t id = 0;  // the packet identifier; 0 where there is none
  error cause{};         // connection_refused carries the return code in its detail
  std::uint32_t payload_size = 0;
  std::optional<publish> message{};
  bytes payload{};
  list_view<suback_return_code> codes{};

  constexpr explicit operator bool() const noexcept { return kind != event_kind::none; }
};

}}}  // namespace hubwire::v3

#endif
