// SPDX-License-Identifier: BSL-1.0
// A connection of the simulation with all that its ends and the oracle know of it; and how its server
// behaves.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_LANE_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_LANE_HPP

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include <hubwire/stream/frame_buffer.hpp>

#include "simulation_watch.hpp"

namespace hubwire::simulation {

struct server_ways {
  bool hands_on_late = false;  // QoS 2: at PUBREL, else at PUBLISH (v3.1.1 §4.3.3)
  bool any_order = false;      // of its answers
  unsigned window = 3;         // messages of QoS 1 and 2 on their way to the client
  unsigned identifiers = 12;   // it uses so many
};

// A connection as both ends and the oracle see it.
struct lane {
  lane(dice& chance, power& device, bool peaceful, cut_plan plan, history& all, unsigned number)
      : wire(chance, device, peaceful, plan), eyes(all, book) {
    book.number = number;
    book.since = all.now;
  }
  connection wire;
  connection_book book{};
  watch eyes;
  frame_buffer<2048> reader{};
  struct answer {
    packet_type type;
    std::uint16_t id;
    std::string bytes;
  };
  std::deque<answer> answers{};
  std::size_t resent = 0;  // of the messages on their way, so many were sent in this connection
  bool greeted = false;    // CONNACK was sent
  bool asked = false;      // CONNECT has come
  bool over = false;       // for the server
};

}  // namespace hubwire::simulation

#endif
