// SPDX-License-Identifier: BSL-1.0
// A client and a server through everything that a network and a power supply can do to them, in simulated
// time. One seed is one run. In the end all is left in peace, and nothing may be lost, doubled, out of order
// or without a verdict.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_HPP

#include <cstddef>
#include <cstdint>

#include "simulation_peace.hpp"

namespace hubwire::simulation {

template <class Keep>
class simulation : public peaceful_world<Keep> {
  using base = peaceful_world<Keep>;

 public:
  using base::base;

  void run(unsigned steps) {
    this->begin_life();
    for (unsigned i = 0; i != steps && !chance_.used_up(); ++i) {
      step();
      this->look_at_power();
    }
    this->finish();
  }

 private:
  using base::chance_;
  using base::client_;
  using base::pump_all;
  using base::server_;

  void step() {
    unsigned const what = chance_(40);
    if (what >= 6) return usual_step();
    if (what == 0) return static_cast<void>(client_.subscribe(chance_(8) != 7));
    if (what == 1) return this->pass(chance_(250));
    if (what == 2)
      return client_.is_connected() || chance_.one_in(10) ? this->pass_to_deadline() : pump_all();
    if (chance_(this->with_.calm) == 0) trouble(what == 3 ? chance_(13) : 13);
  }
  void trouble(unsigned what) {
    switch (what) {
      case 0:
      case 1: return this->reboot_server();
      case 2: return this->reboot_client();
      case 3: return this->leave();
      case 4: return this->pass(chance_(250) * 400);
      case 5: return this->misbehave();
      case 6:
        if (lane* const l = this->newest(); l != nullptr && !l->asked) server_.refuse_next = true;
        return;
      case 7:
      case 8: return this->notice_all();
      case 9:
      case 10: return this->cut_power();
      case 11: return reboot_both();
      case 12: return client_.store().fail_next(1 + chance_(2));
      default: return this->drop();
    }
  }
  void reboot_both() {
    this->reboot_client();
    this->reboot_server();
  }
  void usual_step() {
    switch (chance_(20)) {
      case 0:
      case 1: return publish();
      case 2:
      case 3: return static_cast<void>(server_.publish(chance_(2), chance_(3), filling()));
      case 4: return client_.acknowledge_one();
      case 5: return client_.repeat(chance_.one_in(10));
      case 6: return client_.go_on(1 + chance_(80));
      case 7: return this->pump_behind();
      case 8:
      case 9: return connect_or_leave();
      case 10: return this->read_one();
      case 11:
      case 12: return this->act();
      case 13:
      case 14:
      case 15: return this->serve_all();
      default: return pump_all();
    }
  }
  void connect_or_leave() {
    if (client_.may_connect()) return this->connect(chance_.one_in(25));
    if (this->wants_to_leave()) this->leave();
  }

  std::size_t filling() { return chance_.one_in(8) ? 60 + chance_(200) : chance_(20); }
  void publish() {
    unsigned const level = chance_(client_.highest_level() + 1);
    std::uint32_t const limit = chance_.one_in(4) ? 1 + chance_(250) * 100 : 0;
    static_cast<void>(client_.publish(level, chance_(2), filling(), limit));
  }
};

}  // namespace hubwire::simulation

#endif
