// SPDX-License-Identifier: BSL-1.0
// Runs by plan: an exchange of messages that breaks where the plan says. Nothing is by chance.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_SCRIPT_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_SCRIPT_HPP

#include <cstddef>
#include <vector>

#include "simulation_peace.hpp"

namespace hubwire::simulation {

struct script {
  std::vector<unsigned> up{};  // the QoS of each message
  std::vector<unsigned> down{};
  std::vector<cut_plan> cuts{};      // of the first connections
  std::vector<std::size_t> lives{};  // steps until the power is cut, in each of the first lives of the device
  bool server_forgets = false;       // the session, when a connection breaks
  bool server_learns_late = true;
};

template <class Keep>
class script_run : public peaceful_world<Keep> {
  using base = peaceful_world<Keep>;

 public:
  using base::base;

  // What happened up to where nothing was left to do.
  history const& play(script const& of) {
    begin(of);
    std::size_t up = 0;
    std::size_t down = 0;
    for (unsigned turn = 0; up != of.up.size() || down != of.down.size(); ++turn) {
      if (turn == 200) throw broken("the script does not come to an end: " + this->what_is_left());
      static_cast<void>(this->one_turn());
      bool const may_begin = !Keep::survives || this->client_.has_session();
      if (may_begin && up != of.up.size() && this->client_.publish(of.up[up], 0, 1)) ++up;
      this->look_at_power();
      if (down != of.down.size() && this->client_.is_subscribed() &&
          this->server_.publish(1, of.down[down], 1))
        ++down;
    }
    this->settle();
    return this->all_;
  }
  // What a run without a break takes: bytes of its first usual connection, and steps of the device.
  cut_plan bytes_passed() const {
    auto const& wire = this->lanes_[base::usual_from]->wire;
    return {wire.up_passed(), wire.down_passed()};
  }
  std::size_t snapshots() { return this->client_.store().banks_begun(); }
  std::size_t steps_of_device() { return this->client_.energy().used(); }

 private:
  void begin(script const& of) {
    this->plans_ = of.cuts;
    this->lives_ = of.lives;
    this->forgets_left_ = of.server_forgets ? of.cuts.size() + of.lives.size() : 0;
    this->server_learns_late_ = of.server_learns_late;
    this->peace_ = true;
    this->begin_life();
  }
};

}  // namespace hubwire::simulation

#endif
