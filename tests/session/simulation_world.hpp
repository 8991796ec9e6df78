// SPDX-License-Identifier: BSL-1.0
// A client and a server, joined by connections that break, and what may happen to them.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_WORLD_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_WORLD_HPP

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "simulation_application.hpp"
#include "simulation_ways.hpp"

namespace hubwire::simulation {

template <class Keep>
class world {
 public:
  world(dice& chance, ways const& with)
      : chance_(chance), with_(with), client_(all_, chance, with.client), server_(all_, chance, with.server) {
    all_.now = tick(0xFFFF'FF00u + chance(200));
  }
  world(world const&) = delete;
  world& operator=(world const&) = delete;

 protected:
  // --- the client's side

  void connect(bool clean) {
    cut_plan plan{};
    if (lanes_.size() - usual_from < plans_.size()) plan = plans_[lanes_.size() - usual_from];
    if (forgets_left_ != 0 && lanes_.size() > usual_from && !lanes_.back()->book.left) {
      --forgets_left_;
      server_.reboot(false);
    }
    auto const number = static_cast<unsigned>(lanes_.size() + 1);
    lanes_.push_back(std::make_unique<lane>(chance_, client_.energy(), peace_, plan, all_, number));
    client_.connect(number, *lanes_.back(), clean, all_.now);
    ++progress_;
  }
  lane* newest() { return lanes_.empty() ? nullptr : lanes_.back().get(); }
  bool has_transport() { return newest() != nullptr && !newest()->wire.is_closed_by_client(); }

  void pump_all() {
    if (!has_transport()) return;
    auto const handle = [this](v3::event const& e) {
      client_.handle(e);
      ++progress_;
    };
    look(hubwire::pump(client_.client(), newest()->wire, all_.now, handle));
  }
  // The application does not ask for all that has happened.
  void pump_behind() {
    if (!has_transport()) return;
    look(hubwire::pump(client_.client(), newest()->wire, all_.now));
    for (unsigned left = chance_(3); left != 0; --left) {
      auto const e = client_.client().next_event();
      if (!e || client_.is_dead()) break;
      client_.handle(e);
    }
    look({});
  }
  void look(pump_result const& done) {
    observe(done);
    if (client_.is_dead()) reboot_client();
  }
  void observe(pump_result const& done) {
    lane& l = *newest();
    progress_ += done.received + done.sent;
    bool const told = std::exchange(new_sessions_, client_.new_sessions()) != client_.new_sessions();
    if (told && !l.over) server_.loss_was_told();
    l.eyes.look(l.wire.take_written(), client_.by_hand());
    require(l.wire.kept_promise(), "refused bytes are offered again as they were");
    if (client_.client().finished() && client_.may_connect() && !client_.is_dead()) close(l);
  }
  void close(lane& l) {
    l.wire.close();
    if (!peace_ && chance_.one_in(2)) l.wire.lose(chance_.some_of(l.wire.bytes_for_server()), 0);
    if (peace_) l.wire.lose(l.wire.bytes_for_server(), 0);
  }
  // A stored session begins after a clean connection has ended: docs/reboot.md.
  bool wants_to_leave() { return Keep::survives && client_.is_connected() && !client_.has_session(); }
  void leave() {
    if (client_.client().disconnect()) all_.note("disconnect");
  }

  // --- the server's side

  void read_one() {
    if (lanes_.empty()) return;
    std::size_t const back = chance_(2) == 0 && lanes_.size() > 1 ? 2 : 1;
    server_.read(*lanes_[lanes_.size() - back]);
  }
  void act() {
    for (auto const& l : lanes_)
      if (!l->over) static_cast<void>(server_.act(*l));
  }
  void serve_all() {
    for (auto const& l : lanes_) serve(*l);
  }
  void serve(lane& l) {
    if (l.over) return;
    std::size_t const waiting = l.wire.bytes_for_server();
    server_.read(l);
    progress_ += waiting - l.wire.bytes_for_server();
    for (unsigned i = 0; i != 30 && server_.act(l); ++i) ++progress_;
  }
  void notice(lane& l) {
    if (!l.over) server_.notice_loss(l);
  }
  void notice_all() {
    for (auto const& l : lanes_) notice(*l);
  }
  void misbehave() {
    if (with_.misbehaves && has_transport()) server_.misbehave(*newest(), chance_(250));
  }

  // --- what happens to both

  void drop() {
    if (!has_transport()) return;
    connection& wire = newest()->wire;
    all_.note("the connection is lost");
    std::size_t const up = chance_.some_of(wire.bytes_for_server());
    wire.lose(up, chance_.some_of(wire.bytes_for_client()));
  }
  void reboot_server() {
    for (auto const& l : lanes_) l->wire.lose(0, chance_.some_of(l->wire.bytes_for_client()));
    server_.reboot(!chance_.one_in(3));
    for (auto const& l : lanes_) l->over = true;
  }
  // The device begins anew; its power was cut, or somebody has pressed its button.
  void reboot_client() {
    if (has_transport()) {
      observe({});
      lane& l = *newest();
      l.wire.close();
      l.wire.lose(chance_.some_of(l.wire.bytes_for_server()), 0);
    }
    client_.reboot();
    begin_life();
    ++progress_;
  }
  void begin_life() {
    if (life_ < lives_.size()) client_.energy().lasts(lives_[life_]);
    ++life_;
  }
  // After a call of the application's.
  void look_at_power() {
    if (client_.is_dead()) reboot_client();
  }
  void cut_power() { client_.energy().lasts(1 + chance_(250)); }
  void pass(unsigned milliseconds) { all_.now = all_.now + milliseconds; }
  void pass_to_deadline() {
    auto const due = client_.client().deadline();
    if (due && *due - all_.now > 0) all_.now = *due;
  }

  // --- all together

  // Lets everything happen until there is nothing left to do.
  void settle() {
    unsigned idle = 0;
    for (unsigned turn = 0; !is_quiet(); ++turn) {
      idle = one_turn() ? 0 : idle + 1;
      if (turn == 2'000) throw broken("it does not come to an end: " + what_is_left());
      if (idle == 4) throw broken("nothing moves: " + what_is_left());
    }
    all_.end_untold();
  }
  bool one_turn() {
    std::size_t const before = progress_;
    if (client_.may_connect()) connect(false);
    if (client_.is_connected() && !client_.is_subscribed() && all_.open_now() < capacities.outgoing)
      progress_ += client_.subscribe(true) ? 1u : 0u;
    pump_all();
    if (wants_to_leave()) leave();
    client_.acknowledge_all();
    look_at_power();
    client_.repeat(false);
    client_.go_on(1'000);
    pump_all();
    for (auto const& l : lanes_) {
      if (!server_learns_late_) notice(*l);
      serve(*l);
    }
    return progress_ != before;
  }

  bool is_quiet() {
    bool const nothing_on_the_way =
        newest() != nullptr && !newest()->wire.is_lost() && !newest()->wire.is_closed_by_server() &&
        newest()->wire.bytes_for_server() + newest()->wire.bytes_for_client() == 0;
    return client_.is_connected() && client_.is_subscribed() && all_.open_now() == 0 && nothing_on_the_way &&
           client_.has_nothing_to_do() && server_.is_quiet(newest()) && !wants_to_leave();
  }
  std::string what_is_left() {
    auto const text = [](std::size_t number) { return std::to_string(number); };
    lane* const l = newest();
    std::string left = "state " + text(static_cast<std::size_t>(client_.client().state())) + ", " +
                       text(all_.open_now()) + " requests open, the application " +
                       (client_.has_nothing_to_do() ? "waits" : "has work") + ", the server " +
                       (server_.is_quiet(l) ? "waits" : "has work");
    if (l == nullptr) return left + ", no connection";
    return left + ", " + text(l->wire.bytes_for_server()) + " bytes up, " + text(l->wire.bytes_for_client()) +
           " bytes down" + (l->wire.is_lost() ? ", lost" : "");
  }

  // The connections before this one are those in which a stored session begins.
  static constexpr std::size_t usual_from = Keep::survives ? 1 : 0;

  history all_{};
  dice& chance_;
  ways with_;
  application<Keep> client_;
  server server_;
  std::vector<std::unique_ptr<lane>> lanes_{};
  bool peace_ = false;
  std::vector<cut_plan> plans_{};     // where the first connections break
  std::vector<std::size_t> lives_{};  // how long the power lasts in each of the first lives
  std::size_t forgets_left_ = 0;      // so often the server forgets the session when a connection breaks
  bool server_learns_late_ = true;

 private:
  std::size_t progress_ = 0;
  std::size_t life_ = 0;
  unsigned new_sessions_ = 0;  // of which the client was told
};

}  // namespace hubwire::simulation

#endif
