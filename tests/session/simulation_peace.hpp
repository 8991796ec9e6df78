// SPDX-License-Identifier: BSL-1.0
// Peace, and what has to hold after it: nothing is lost, doubled or without a verdict, and nothing has
// leaked.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_PEACE_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_PEACE_HPP

#include <cstddef>

#include "simulation_world.hpp"

namespace hubwire::simulation {

template <class Keep>
class peaceful_world : public world<Keep> {
  using base = world<Keep>;

 public:
  using base::base;

  void finish() {
    make_peace();
    this->settle();
    require_all_identifiers();
    require_a_ping_in_time();
    all_.require_complete();
  }

 protected:
  using base::all_;
  using base::client_;
  using base::lanes_;
  using base::newest;
  using base::peace_;
  using base::pump_all;
  using base::server_;
  using base::settle;

 private:
  void make_peace() {
    all_.note("--- peace");
    peace_ = true;
    this->server_learns_late_ = true;
    server_.refuse_next = false;
    client_.energy().lasts(never);
    client_.store().fail_next(0);
    for (auto const& l : lanes_) l->wire.leave_in_peace();
    if (client_.is_connected() && newest()->book.lenient) this->leave();
    pump_all();  // what is overdue happens now
  }
  // No identifier and no memory has leaked: all can be used at once.
  void require_all_identifiers() {
    for (std::size_t i = 0; i != capacities.outgoing; ++i) {
      auto const level = 1 + static_cast<unsigned>(i) % client_.highest_level();
      if (client_.publish(level, 0, 0)) continue;
      pump_all();  // the transmit buffer is empty again; no answer has come
      require(client_.publish(level, 0, 0), "an identifier or memory has leaked");
    }
    for (unsigned level = 0; level != 3; ++level) static_cast<void>(server_.publish(level % 2, level, 3));
    settle();
  }
  // The client does what deadline() says and nothing else: no busy loop, and no silence beyond the keep
  // alive.
  void require_a_ping_in_time() {
    std::uint16_t const keep_alive = this->with_.client.keep_alive;
    for (unsigned i = 0; i != 6; ++i) {
      settle();
      unsigned calls = 0;
      auto due = client_.client().deadline();
      for (; due && *due - all_.now <= 0; due = client_.client().deadline()) {
        require(++calls < 4, "deadline() is never in the future");
        pump_all();
      }
      require(client_.is_connected(), "it does not stay connected");
      require(due.has_value() == (keep_alive != 0), "deadline() is that of the keep alive");
      if (!due) return;
      require(*due - all_.now <= 1'000 * keep_alive, "a ping in time");
      all_.now = *due;
      pump_all();
      this->serve_all();
      pump_all();
    }
  }
};

}  // namespace hubwire::simulation

#endif
