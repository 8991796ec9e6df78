// SPDX-License-Identifier: BSL-1.0
// A client and a server through everything that a network can do to them, in simulated time. One seed is one run. In
// the end all is left in peace, and nothing may be lost, doubled, out of order or without a verdict.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "simulation_application.hpp"

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
  with.server.hands_on_late = chance(2) == 0;
  with.server.any_order = chance(3) == 0;
  with.server.window = 1 + chance(c.subscribe_level == 2 ? 3 : 6);
  with.server.identifiers = 8 + chance(8);
  with.calm = 1 + chance(4) * chance(5);
  with.misbehaves = chance.one_in(8);
  return with;
}

template <class Keep>
class simulation {
 public:
  simulation(dice& chance, ways const& with)
      : chance_(chance), with_(with), client_(all_, chance, with.client), server_(all_, chance, with.server) {
    now_ = tick(0xFFFF'FF00u + chance(200));
  }

  void run(unsigned steps) {
    for (unsigned i = 0; i != steps && !chance_.used_up(); ++i) step();
    finish();
  }
  // Peace, and what has to hold after it.
  void finish() {
    make_peace();
    settle();
    require_all_identifiers();
    require_a_ping_in_time();
    all_.require_complete();
  }

  // --- runs by plan

  struct script {
    std::vector<unsigned> up{};  // the QoS of each message
    std::vector<unsigned> down{};
    std::vector<cut_plan> cuts{};  // of the first connections
    bool server_forgets = false;   // the session, when a connection breaks
    bool server_learns_late = true;
  };
  // What happened up to where nothing was left to do. Nothing is by chance.
  history const& play(script const& of) {
    plans_ = of.cuts;
    server_forgets_ = of.server_forgets;
    server_learns_late_ = of.server_learns_late;
    peace_ = true;
    std::size_t up = 0;
    std::size_t down = 0;
    for (unsigned turn = 0; up != of.up.size() || down != of.down.size(); ++turn) {
      if (turn == 200) throw broken("the script does not come to an end: " + what_is_left());
      static_cast<void>(one_turn());
      if (up != of.up.size() && client_.publish(of.up[up], 0, 1)) ++up;
      if (down != of.down.size() && client_.is_subscribed() && server_.publish(1, of.down[down], 1)) ++down;
    }
    settle();
    return all_;
  }
  cut_plan passed_in_first_connection() const {
    return {lanes_.front()->wire.up_passed(), lanes_.front()->wire.down_passed()};
  }

 private:
  // Lets everything happen until there is nothing left to do.
  void settle() {
    unsigned idle = 0;
    for (unsigned turn = 0; !is_quiet(); ++turn) {
      idle = one_turn() ? 0 : idle + 1;
      if (turn == 2'000) throw broken("it does not come to an end: " + what_is_left());
      if (idle == 4) throw broken("nothing moves: " + what_is_left());
    }
  }
  bool one_turn() {
    std::size_t const before = progress_;
    if (client_.may_connect()) connect(false);
    if (client_.is_connected() && !client_.is_subscribed() && all_.open.size() < capacities.outgoing)
      progress_ += client_.subscribe(true) ? 1u : 0u;
    pump_all();
    client_.acknowledge_all();
    client_.repeat(false);
    client_.go_on(1'000);
    pump_all();
    for (auto const& l : lanes_) {
      if (!server_learns_late_) notice(*l);
      serve(*l);
    }
    return progress_ != before;
  }

  void step() {
    unsigned const what = chance_(40);
    if (what >= 6) return usual_step();
    if (what == 0) return static_cast<void>(client_.subscribe(chance_(8) != 7));
    if (what == 1) return pass(chance_(250));
    if (what == 2) return client_.is_connected() || chance_.one_in(10) ? pass_to_deadline() : pump_all();
    if (chance_(with_.calm) == 0) trouble(what == 3 ? chance_(9) : 9);
  }
  void trouble(unsigned what) {
    switch (what) {
      case 0:
      case 1: return reboot_server();
      case 2: return reboot_client();
      case 3: return leave();
      case 4: return pass(chance_(250) * 400);
      case 5: return misbehave();
      case 6:
        if (lane* const l = newest(); l != nullptr && !l->asked) server_.refuse_next = true;
        return;
      case 7:
      case 8: return notice_all();
      default: return drop();
    }
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
      case 7: return pump_behind();
      case 8:
      case 9:
        if (client_.may_connect()) connect(chance_.one_in(25));
        return;
      case 10: return read_one();
      case 11:
      case 12: return act();
      case 13:
      case 14:
      case 15: return serve_all();
      default: return pump_all();
    }
  }

  // --- the client's side

  std::size_t filling() { return chance_.one_in(8) ? 60 + chance_(200) : chance_(20); }
  void publish() {
    unsigned const level = chance_(client_.highest_level() + 1);
    static_cast<void>(client_.publish(level, chance_(2), filling()));
  }
  void connect(bool clean) {
    cut_plan plan{};
    if (lanes_.size() < plans_.size()) plan = plans_[lanes_.size()];
    if (server_forgets_ && !lanes_.empty() && lanes_.size() <= plans_.size()) server_.reboot(false);
    auto const number = static_cast<unsigned>(lanes_.size() + 1);
    lanes_.push_back(std::make_unique<lane>(chance_, peace_, plan, all_, number));
    client_.connect(number, *lanes_.back(), clean, now_);
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
    look(hubwire::pump(client_.client(), newest()->wire, now_, handle));
  }
  // The application does not ask for all that has happened.
  void pump_behind() {
    if (!has_transport()) return;
    look(hubwire::pump(client_.client(), newest()->wire, now_));
    for (unsigned left = chance_(3); left != 0; --left) {
      auto const e = client_.client().next_event();
      if (!e) break;
      client_.handle(e);
    }
    look({});
  }
  void look(pump_result const& done) {
    lane& l = *newest();
    progress_ += done.received + done.sent;
    bool const told = std::exchange(new_sessions_, client_.new_sessions()) != client_.new_sessions();
    if (told && !l.over) server_.loss_was_told();
    l.eyes.look(l.wire.take_written(), client_.by_hand());
    require(l.wire.kept_promise(), "refused bytes are offered again as they were");
    if (client_.client().finished() && client_.may_connect()) close(l);
  }
  void close(lane& l) {
    l.wire.close();
    if (!peace_ && chance_.one_in(2)) l.wire.lose(chance_.some_of(l.wire.bytes_for_server()), 0);
    if (peace_) l.wire.lose(l.wire.bytes_for_server(), 0);
  }
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
  void reboot_client() {
    if (has_transport()) {
      look({});
      lane& l = *newest();
      l.wire.close();
      l.wire.lose(chance_.some_of(l.wire.bytes_for_server()), 0);
    }
    client_.reboot();
  }
  void pass(unsigned milliseconds) { now_ = now_ + milliseconds; }
  void pass_to_deadline() {
    auto const due = client_.client().deadline();
    if (due && *due - now_ > 0) now_ = *due;
  }

  // --- peace

  void make_peace() {
    all_.note("--- peace");
    peace_ = true;
    server_learns_late_ = true;
    server_.refuse_next = false;
    for (auto const& l : lanes_) l->wire.leave_in_peace();
    if (client_.client().state() == session_state::connected && newest()->book.lenient) leave();
  }
  bool is_quiet() {
    bool const nothing_on_the_way =
        newest() != nullptr && !newest()->wire.is_lost() &&
        newest()->wire.bytes_for_server() + newest()->wire.bytes_for_client() == 0;
    return client_.is_connected() && client_.is_subscribed() && all_.open.empty() && nothing_on_the_way &&
           client_.has_nothing_to_do() && server_.is_quiet();
  }
  std::string what_is_left() {
    auto const text = [](std::size_t number) { return std::to_string(number); };
    return "state " + text(static_cast<std::size_t>(client_.client().state())) + ", " +
           text(all_.open.size()) + " requests open, " + text(newest()->wire.bytes_for_server()) +
           " bytes up, " + text(newest()->wire.bytes_for_client()) + " bytes down, the application " +
           (client_.has_nothing_to_do() ? "waits" : "has work") + ", the server " +
           (server_.is_quiet() ? "waits" : "has work") + (newest()->wire.is_lost() ? ", lost" : "");
  }
  // No identifier and no memory has leaked: all can be used at once.
  void require_all_identifiers() {
    for (std::size_t i = 0; i != capacities.outgoing; ++i) {
      auto const level = 1 + static_cast<unsigned>(i) % client_.highest_level();
      if (!client_.publish(level, 0, 0))
        settle_output();
      else
        continue;
      require(client_.publish(level, 0, 0), "an identifier or memory has leaked");
    }
    for (unsigned level = 0; level != 3; ++level) static_cast<void>(server_.publish(level % 2, level, 3));
    settle();
  }
  // The transmit buffer is empty again; no answer has come.
  void settle_output() { pump_all(); }
  // The client does what deadline() says and nothing else: no busy loop, and no silence beyond the keep alive.
  void require_a_ping_in_time() {
    for (unsigned i = 0; i != 6; ++i) {
      settle();
      unsigned calls = 0;
      auto due = client_.client().deadline();
      for (; due && *due - now_ <= 0; due = client_.client().deadline()) {
        require(++calls < 4, "deadline() is never in the future");
        pump_all();
      }
      require(client_.is_connected(), "it does not stay connected");
      require(due.has_value() == (with_.client.keep_alive != 0), "deadline() is that of the keep alive");
      if (!due) return;
      require(*due - now_ <= 1'000 * with_.client.keep_alive, "a ping in time");
      now_ = *due;
      pump_all();
      serve_all();
      pump_all();
    }
  }

  history all_{};
  std::vector<cut_plan> plans_{};
  bool server_forgets_ = false;
  bool server_learns_late_ = true;
  dice& chance_;
  ways with_;
  bool peace_ = false;
  tick now_{};
  application<Keep> client_;
  server server_;
  std::vector<std::unique_ptr<lane>> lanes_{};
  std::size_t progress_ = 0;
  unsigned new_sessions_ = 0;  // of which the client was told
};

}  // namespace hubwire::simulation

#endif
