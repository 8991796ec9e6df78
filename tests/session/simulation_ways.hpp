// SPDX-License-Identifier: BSL-1.0
// How a simulation's client and server are made: by chance.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_WAYS_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_WAYS_HPP

#include <cstddef>
#include <cstdint>

#include "simulation_device.hpp"
#include "simulation_server.hpp"

namespace hubwire::simulation {

struct ways {
  client_ways client{};
  server_ways server{};
  unsigned calm = 1;        // one of so many troubles happens
  bool misbehaves = false;  // the server, now and then
};

inline ways any_ways(dice& chance, bool resends) {
  ways with;
  client_ways& c = with.client;
  c.receive = 24 + chance(4) * 24;
  c.transmit = 24 + chance(4) * 24;
  c.kept = 160 + chance(4) * 60;
  c.subscribe_level = resends && !chance.one_in(4) ? 2 : 1;
  c.keep_alive = static_cast<std::uint16_t>(chance(3) * 30);
  c.options.request_timeout = chance.one_in(3) ? 20'000 : 120'000;
  c.options.acknowledge = chance(2) == 0 ? acknowledge::by_application : acknowledge::automatically;
  c.options.large_messages = large_messages::in_parts;
  std::size_t const least = smallest_store(c.kept);
  c.store = {least + chance(3) * 2 * flash::page_size(), std::size_t{1} << chance(5), chance(250)};
  with.server.hands_on_late = chance(2) == 0;
  with.server.any_order = chance(3) == 0;
  with.server.window = 1 + chance(c.subscribe_level == 2 ? 3 : 6);
  with.server.identifiers = 8 + chance(8);
  with.calm = 1 + chance(4) * chance(5);
  with.misbehaves = chance.one_in(8);
  return with;
}

}  // namespace hubwire::simulation

#endif
