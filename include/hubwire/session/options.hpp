// SPDX-License-Identifier: BSL-1.0
// What a caller decides about a session: capacities, times, and the messages it sends.
#ifndef HUBWIRE_SESSION_OPTIONS_HPP
#define HUBWIRE_SESSION_OPTIONS_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/stream/message_reader.hpp>
#include <hubwire/wire/delivery.hpp>
#include <hubwire/wire/frame.hpp>
#include <hubwire/wire/topic_name.hpp>

namespace hubwire { inline namespace abi1 {

/// Capacities of a client. Its tables have the next power of two of places.
struct limits {
  /// Publishes of QoS 1 and 2, subscribes and unsubscribes, counted from the oldest that has no answer yet:
  /// that one holds back those made `outgoing` later. A publish of QoS 2 ends with PUBCOMP. Up to 32,768. A
  /// place takes 12 bytes, and with keep_with_application 8 more, with kept_packets 16 more.
  std::size_t outgoing = 4;
  /// Messages received and not done with: of QoS 1 up to PUBACK, of QoS 2 up to the server's PUBREL. When all
  /// places wait for PUBREL, one more message of QoS 2 ends the connection with capacity_exhausted: have as
  /// many as the server sends without an answer; docs/sessions.md has figures. Up to 65,535. A place takes 10
  /// bytes.
  std::size_t incoming = 4;
};

/// Who says that a received message of QoS 1 or 2 is done with, so that PUBACK or PUBREC goes out.
enum class acknowledge : std::uint8_t {
  automatically,   ///< the client, when next_event() is called again
  by_application,  ///< the program, by acknowledge(id); IoT Hub calls that "complete"
};

/// What a client does and how long it waits. A time of 0 is over at the next advance(), except for
/// request_timeout. Times over 24.8 days are cut to that.
struct client_options {
  std::uint32_t connack_timeout = 60'000;  ///< milliseconds; IoT Hub may be slow to answer when it throttles
  std::uint32_t ping_timeout = 10'000;     ///< milliseconds for PINGRESP, or anything else, to come
  /// Milliseconds for the answer to a publish, subscribe or unsubscribe to come; 0: no limit. They count
  /// from the advance() after the last byte of the request was sent, and before that while no byte of it
  /// moves. They begin anew while the application is behind.
  std::uint32_t request_timeout = 120'000;
  /// Milliseconds from disconnect() until DISCONNECT has left and the server has ended the connection.
  /// After a quarter of it the client ends its half: a server that waits for that is given the rest.
  std::uint32_t disconnect_timeout = 10'000;
  hubwire::acknowledge acknowledge = hubwire::acknowledge::automatically;
  /// What becomes of messages that do not fit the receive buffer.
  hubwire::large_messages large_messages = hubwire::large_messages::refuse;
  std::uint32_t largest_packet = hubwire::largest_packet;  ///< bytes; larger ones end the connection
};

/// A message to publish. The client adds the packet identifier.
struct message {
  topic_name topic;
  bytes payload{};  ///< copied before publish() returns
  hubwire::qos qos = hubwire::qos::at_most_once;
  bool retain = false;
  /// Milliseconds from publish(), by the time that the client was told last; 0: no limit. After them a
  /// message of QoS 1 or 2 is not sent for the first time any more, nor is one of QoS 1 sent again: event
  /// abandoned then says message_expired. What is on its way waits for its answer. Longer times than 24.8
  /// days are cut to that. Nothing to keep_nothing, whose messages end with their connection.
  std::uint32_t time_limit = 0;
};

}}  // namespace hubwire

#endif
