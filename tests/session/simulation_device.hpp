// SPDX-License-Identifier: BSL-1.0
// The simulation's device: its power, its memory of an exact size, and the client in it.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_DEVICE_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_DEVICE_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <hubwire/session/client.hpp>
#include <hubwire/session/kept_packets.hpp>
#include <hubwire/session/stored_packets.hpp>

#include "simulation_network.hpp"

namespace hubwire::simulation {

inline constexpr limits capacities{.outgoing = 5, .incoming = 3};

using stored = stored_packets<flash>;

struct client_ways {
  client_options options{};
  std::uint16_t keep_alive = 0;
  std::size_t receive = 128;
  std::size_t transmit = 128;
  std::size_t kept = 256;
  unsigned subscribe_level = 2;
  flash_ways store{};
};

// What docs/reboot.md asks of a store: two banks, each with 32 bytes and the packet for each message that may
// wait, and 32 bytes more.
inline std::size_t smallest_store(std::size_t kept) {
  std::size_t const bank = kept + 32 * (capacities.outgoing + capacities.incoming) + 32;
  return 2 * ((bank + flash::page_size() - 1) / flash::page_size() * flash::page_size());
}

// What one life of a client has. Each piece of memory has its own exact size, so that AddressSanitizer sees
// the first byte past it.
template <class Keep>
struct client_memory {
  std::vector<std::uint8_t> rx, tx, kept;
  session_records<flash> records;
  hubwire::client<v3_tag, capacities, payload_reader<v3_tag>, Keep> session;

  client_memory(client_ways const& with, flash& store) requires(!Keep::has_packets)
      : rx(with.receive), tx(with.transmit), kept(1), records(store), session(rx, tx, with.options) {}
  client_memory(client_ways const& with, flash& store) requires(Keep::has_packets && !Keep::survives)
      : rx(with.receive),
        tx(with.transmit),
        kept(with.kept),
        records(store),
        session(rx, tx, kept, with.options) {}
  client_memory(client_ways const& with, flash& store) requires(Keep::survives)
      : rx(with.receive),
        tx(with.transmit),
        kept(with.kept),
        records(store),
        session(rx, tx, typename Keep::memory{kept, records}, with.options) {}
};

template <class Keep>
class device {
 public:
  explicit device(client_ways const& with) : with_(with), store_(energy, with.store) { boot(); }

  power energy{};

  auto& client() { return memory_->session; }
  // Begins a new life. True when there was something to remember.
  bool boot() {
    energy = {};
    memory_.emplace(with_, store_);
    if constexpr (Keep::survives) {
      auto const found = client().restore("c");
      require(found.has_value(), "a store that works can be read");
      return found->records != 0;
    } else {
      return false;
    }
  }
  flash& store() { return store_; }
  bool keeps_contract() const { return store_.keeps_contract(); }

 private:
  client_ways with_;
  flash store_;
  std::optional<client_memory<Keep>> memory_{};
};

}  // namespace hubwire::simulation

#endif
