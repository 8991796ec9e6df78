// SPDX-License-Identifier: BSL-1.0
// What the simulation knows of each message and of each connection.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_MESSAGES_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_MESSAGES_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/wire/delivery.hpp>

#include "simulation_network.hpp"

namespace hubwire::simulation {

// The number of a message stands in its payload.
inline std::string payload_of(unsigned number, std::size_t filling) {
  return std::to_string(number) + '.' + std::string(filling, static_cast<char>('a' + number % 26));
}
inline std::size_t number_in(std::string_view payload) {
  return static_cast<std::size_t>(std::strtoul(std::string(payload.substr(0, 8)).c_str(), nullptr, 10));
}

// A message of the client's application.
struct sent_message {
  unsigned level;
  unsigned topic;
  std::string payload;
  std::uint16_t id;
  unsigned first_chance;          // the connection in which it could be written first; 0: there was none
  tick accepted{};                // when
  std::uint32_t limit = 0;        // milliseconds; 0: none
  std::string verdict{};          // empty: none yet
  unsigned delivered = 0;         // how often the server has handed it on
  unsigned unsure_since = 0;      // the power cut during its publish(); 0: none
  bool restored = false;          // by a client that does not know whether it was sent
  bool of_ended_session = false;  // it was sent, and the session is gone
  unsigned answered_in = 0;       // the connection of its PUBACK or PUBCOMP
  bool arrived = false;
  bool received = false;            // the server has sent PUBREC
  bool released = false;            // the client has written PUBREL
  std::set<unsigned> written_in{};  // connections: PUBLISH or PUBREL, to the last byte

  // The client may have it, or not.
  bool may_be_adopted() const { return unsure_since != 0 && !restored; }
  bool is_over(tick now) const { return limit != 0 && reached(accepted + limit, now); }
};

// A message for the client's application.
struct told_message {
  unsigned level;
  unsigned topic;
  std::string payload;
  bool void_now = false;  // the session that had it is gone
  unsigned told = 0;
  unsigned told_in = 0;              // connection
  unsigned acknowledged_in = 0;      // by the application
  bool may_be_acknowledged = false;  // its acknowledge() did not return
  bool may_be_taken = false;         // it was being recorded when the power ended
  unsigned told_in_life = 0;         // of the device
};

// What the application has in its hands: a payload that it brings bit by bit, a message that it has not
// acknowledged, and one that comes in parts.
struct part {
  std::string payload;
  std::size_t done;
};
struct waiting {
  std::uint16_t id;
  std::size_t number;
  unsigned connection;
};
struct large {
  std::string topic;
  std::string payload;
  delivery how;
  std::size_t size;
};

// The bytes of a PUBLISH of the application's.
inline std::size_t packet_size(std::size_t payload, unsigned level) {
  std::size_t const body = 2 + 3 + (level != 0 ? 2 : 0) + payload;
  return body + (body < 128 ? 2 : 3);
}

// Whether an end of a connection says that somebody did wrong.
inline bool blames_somebody(errc why) {
  return why == errc::protocol_error || why == errc::unexpected_packet || why == errc::malformed_packet ||
         why == errc::capacity_exhausted || why == errc::not_supported || why == errc::store_failed ||
         why == errc::store_full;
}

// What was sent in one connection.
struct connection_book {
  unsigned number = 0;  // counts from 1
  tick since{};
  bool begins_anew = false;  // CONNACK says that there is no session
  bool lenient = false;      // the server does not keep to the protocol: the order of answers says nothing
  struct published {
    std::uint16_t id;
    unsigned level;
    std::size_t number;
    bool answered = false;
  };
  std::vector<published> from_server{};  // PUBLISH of QoS 1 and 2
  std::deque<std::uint16_t> pubrecs{};   // of the server, without PUBREL
  std::deque<std::uint16_t> pubrels{};   // of the server, without PUBCOMP
  std::set<std::size_t> written{};       // messages
  std::set<std::uint16_t> asked{};       // SUBSCRIBE and UNSUBSCRIBE
  unsigned packets = 0;
  bool left = false;
};

}  // namespace hubwire::simulation

#endif
