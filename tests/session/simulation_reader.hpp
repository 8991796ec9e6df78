// SPDX-License-Identifier: BSL-1.0
// What the simulation's application has read: each message is compared with what the server has sent.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_READER_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_READER_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/session/event.hpp>
#include <hubwire/session/wire_v3.hpp>

#include "simulation_server.hpp"

namespace hubwire::simulation {

class reader {
 public:
  reader(history& all, bool by_hand) : all_(all), by_hand_(by_hand) {}

  std::vector<waiting> unacknowledged{};

  void handle(v3::event const& e, connection_book const& in) {
    switch (e.kind()) {
      case event_kind::message: return told(e.message(), e.message().payload.view(), in);
      case event_kind::message_begin:
        coming_ = {{std::string(e.message().topic.view()), {}, e.message().delivery, e.payload_size()}};
        return;
      case event_kind::message_piece: coming_.at(0).payload.append(e.payload().view()); return;
      default: return told_large(e.has_id() ? e.id().number() : std::uint16_t{0}, in);
    }
  }
  // What is coming in parts never ends.
  void connection_has_ended() { coming_.clear(); }
  void session_has_ended() {
    std::erase_if(unacknowledged, [&](waiting const& w) { return all_.told[w.number].level == 2; });
  }
  void forget() {
    unacknowledged.clear();
    coming_.clear();
  }

 private:
  void told_large(std::uint16_t id, connection_book const& in) {
    large const whole = coming_.at(0);
    coming_.clear();
    require(whole.payload.size() == whole.size, "all pieces");
    require(id == (whole.how.has_id() ? whole.how.id().number() : 0), "the identifier of its beginning");
    told(v3::publish{topic_name::trusted(whole.topic), {}, whole.how}, whole.payload, in);
  }
  void told(v3::publish const& p, std::string_view payload, connection_book const& in) {
    std::size_t const number = number_in(payload);
    require(number < all_.told.size(), "a message that the server has not sent");
    told_message const& m = all_.told[number];
    require(m.payload == payload && p.topic.view() == server::topic_names[m.topic].view(), "another message");
    require(static_cast<unsigned>(p.delivery.qos()) == m.level, "another QoS");
    all_.delivered_to_application(number, in.number, !in.lenient, by_hand_);
    if (!by_hand_ || m.level == 0) return;
    std::uint16_t const id = p.delivery.id().number();
    std::erase_if(unacknowledged, [&](waiting const& w) { return w.number == number || w.id == id; });
    unacknowledged.push_back({id, number, in.number});
  }

  history& all_;
  bool by_hand_;
  std::vector<large> coming_{};
};

}  // namespace hubwire::simulation

#endif
