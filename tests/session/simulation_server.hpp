// SPDX-License-Identifier: BSL-1.0
// The simulation's server, for one client: it keeps the session, sends again what was not acknowledged,
// answers late, and learns late that a connection has ended.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_SERVER_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_SERVER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulation_lane.hpp"

namespace hubwire::simulation {

class server {
 public:
  server(history& all, dice& chance, server_ways ways) : all_(all), chance_(chance), ways_(ways) {}

  bool refuse_next = false;  // CONNACK with a return code

  // --- what it does, each at a time of its own

  void read(lane& l) {
    if (l.over) return;
    std::string const bytes = l.wire.server_reads();
    bool const sound = read_frames(l.reader, bytes, [&](frame const& f) {
      if (l.over) return true;
      return dispatch<v3_tag, role::client>(f, [&](auto const& p) { on(l, p); }).has_value();
    });
    require(sound, "the server receives what is no packet");
    if (l.wire.server_sees_end() && !l.over) end(l);
  }
  // The end of a connection that was lost.
  void notice_loss(lane& l) {
    if (!l.over && l.wire.is_lost() && l.wire.bytes_for_server() == 0) end(l);
  }
  // One answer, or one message. False when there is nothing to do.
  bool act(lane& l) {
    if (l.over || !l.asked) return false;
    if (!l.answers.empty()) {
      bool const choose = ways_.any_order && l.greeted;
      std::size_t const which = choose ? chance_(static_cast<unsigned>(l.answers.size())) : 0;
      lane::answer const a = l.answers[which];
      l.answers.erase(l.answers.begin() + static_cast<std::ptrdiff_t>(which));
      answer_now(l, a);
      return true;
    }
    return send_message(l);
  }
  // A message for the client, if it has subscribed to that topic. False when it does not go anywhere.
  bool publish(unsigned topic, unsigned level, std::size_t filling) {
    if (!session_ || session_->granted.count(topic) == 0) return false;
    level = std::min(level, session_->granted[topic]);
    bool const online = current_ != nullptr && !current_->over && current_->greeted;
    if (level == 0 && !online) return false;
    std::size_t const number = all_.told.size();
    all_.told.push_back({level, topic, payload_of(static_cast<unsigned>(number), filling)});
    all_.note("server has " + std::to_string(number) + " QoS " + std::to_string(level));
    if (level == 0)
      write(*current_, v3::publish{topic_names[topic], as_bytes(all_.told[number].payload)});
    else
      session_->queue.push_back(number);
    return true;
  }
  // Its connections end. Without its memory the session is gone too.
  void reboot(bool with_memory) {
    all_.note(with_memory ? "server reboots" : "server reboots, session lost");
    if (current_ != nullptr && !current_->over) end(*current_);
    if (!with_memory) erase_session();
    loss_untold_ = loss_untold_ || !with_memory;
  }
  // MQTT has a hole: a session that begins after a loss looks like the old one when the CONNACK that tells
  // the loss is lost too, or the power of a client that has not recorded it. This server begins anew until
  // the client was told.
  void loss_was_told() { loss_untold_ = false; }
  bool is_quiet(lane const* newest) const {
    bool const idle = newest != nullptr && current_ == newest && !newest->over && newest->answers.empty();
    return idle && session_ && session_->queue.empty() && session_->flight.empty();
  }
  static constexpr topic_name topic_names[] = {"d/0", "d/1"};

  // What no server does. The client has to close, or to be left alone by it.
  void misbehave(lane& l, unsigned how) {
    if (l.over || !l.greeted) return;
    all_.note("misbehaves " + std::to_string(how));
    l.book.lenient = true;
    auto const wanted = all_.open.begin();
    std::uint16_t id = 1'000;  // nobody's
    unsigned level = 3;
    if (wanted != all_.open.end() && how >= 64) {
      id = wanted->first;
      level = wanted->second.kind == 'p' ? all_.sent[wanted->second.number].level : 0;
    }
    switch (how % 7) {
      case 0: return level == 1 ? void() : acknowledge(l, packet_type::puback, id);
      case 1: return level == 2 ? void() : acknowledge(l, packet_type::pubrec, id);
      case 2: return level == 2 ? void() : acknowledge(l, packet_type::pubcomp, id);
      case 3: return write(l, v3::connack{});
      case 4: return l.wire.server_writes(std::string(1, '\x00'));
      case 5: return level == 0 ? void() : acknowledge(l, packet_type::unsuback, id);
      default:  // repeats in the same connection
        if (session_ && l.resent != 0) put(l, session_->flight[how / 16 % l.resent], true);
    }
  }

 private:
  struct outgoing {
    std::size_t number;
    std::uint16_t id;
    bool released = false;
  };
  struct session {
    bool clean;
    std::map<unsigned, unsigned> granted{};           // topic: QoS
    std::map<std::uint16_t, std::size_t> received{};  // QoS 2 without PUBREL: the message
    std::deque<outgoing> flight{};
    std::deque<std::size_t> queue{};
    std::uint16_t last_id = 0;
  };

  void end(lane& l) {
    l.over = true;
    l.wire.server_closes();
    if (current_ == &l && session_ && session_->clean) erase_session();
    if (current_ == &l) current_ = nullptr;
  }
  void erase_session() {
    if (!session_) return;
    for (outgoing const& o : session_->flight) all_.told[o.number].void_now = true;
    for (std::size_t const number : session_->queue) all_.told[number].void_now = true;
    session_.reset();
  }

  template <class P>
  static std::string encoded(P const& packet) {
    std::string bytes(1024, ' ');
    auto const written =
        encode(byte_span(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()), packet);
    require(written.has_value(), "the server cannot encode");
    bytes.resize(written->size());
    return bytes;
  }
  template <class P>
  void write(lane& l, P const& packet) {
    l.wire.server_writes(encoded(packet));
  }
  void acknowledge(lane& l, packet_type type, std::uint16_t id) {
    std::uint8_t bytes[4];
    v3::encode_acknowledgement(std::span<std::uint8_t, 4>(bytes), type, packet_id::trusted(id));
    l.wire.server_writes({reinterpret_cast<char const*>(bytes), 4});
  }
  void answer_now(lane& l, lane::answer const& a) {
    if (a.type == packet_type::connack) l.greeted = true;
    if (a.type == packet_type::puback || a.type == packet_type::pubcomp) all_.answered(a.id, l.book.number);
    if (a.type == packet_type::pubrec) {
      l.book.pubrecs.push_back(a.id);
      auto const found = all_.open.find(a.id);
      if (found != all_.open.end() && found->second.kind == 'p')
        all_.sent[found->second.number].received = true;
    }
    if (a.type == packet_type::pubrel) l.book.pubrels.push_back(a.id);
    if (!a.bytes.empty()) return l.wire.server_writes(a.bytes);
    acknowledge(l, a.type, a.id);
  }
  void later(lane& l, packet_type type, std::uint16_t id, std::string bytes = {}) {
    l.answers.push_back({type, id, std::move(bytes)});
  }

  // First what was on its way in an earlier connection, in its order; then what waits.
  bool send_message(lane& l) {
    if (!l.greeted || !session_) return false;
    if (l.resent < session_->flight.size()) {
      put(l, session_->flight[l.resent++], true);
      return true;
    }
    if (session_->queue.empty() || session_->flight.size() >= ways_.window) return false;
    session_->flight.push_back({session_->queue.front(), next_id()});
    session_->queue.pop_front();
    ++l.resent;
    put(l, session_->flight.back(), false);
    return true;
  }
  std::uint16_t next_id() {
    auto const in_use = [&](outgoing const& o) { return o.id == session_->last_id; };
    do session_->last_id = static_cast<std::uint16_t>(session_->last_id % ways_.identifiers + 1);
    while (std::any_of(session_->flight.begin(), session_->flight.end(), in_use));
    return session_->last_id;
  }
  void put(lane& l, outgoing const& o, bool again) {
    if (o.released) {
      l.book.pubrels.push_back(o.id);
      return acknowledge(l, packet_type::pubrel, o.id);
    }
    told_message const& m = all_.told[o.number];
    all_.note("server sends " + std::to_string(o.number) + " id " + std::to_string(o.id));
    l.book.from_server.push_back({o.id, m.level, o.number});
    auto const how = delivery::trusted(static_cast<qos>(m.level), o.id, again);
    write(l, v3::publish{topic_names[m.topic], as_bytes(m.payload), how});
  }

  // --- what comes

  void on(lane& l, v3::connect const& p) {
    require(!l.asked, "a second CONNECT");
    if (std::exchange(refuse_next, false)) {
      write(l, v3::connack{false, v3::connect_return_code::server_unavailable});
      return end(l);
    }
    if (current_ != nullptr) end(*current_);                              // v3.1.1:MQTT-3.1.4-2
    if (l.book.number < newest_ && p.clean_session) loss_untold_ = true;  // a CONNECT that is very late
    newest_ = std::max(newest_, l.book.number);
    if (p.clean_session || loss_untold_ || (session_ && session_->clean)) erase_session();
    bool const present = session_.has_value();
    if (!session_) session_ = session{p.clean_session};
    current_ = &l;
    l.asked = true;
    l.book.begins_anew = !present;
    later(l, packet_type::connack, 0, encoded(v3::connack{present}));
  }
  void on(lane& l, v3::publish const& p) {
    auto const level = static_cast<unsigned>(p.delivery.qos());
    std::size_t const number = number_in(p.payload.view());
    all_.arrived(number, level, p.payload.view());
    if (level != 2) all_.handed_on(number);
    if (level == 0) return;
    std::uint16_t const id = p.delivery.id().number();
    if (level == 1) return later(l, packet_type::puback, id);
    auto const [place, is_new] = session_->received.emplace(id, number);
    require(place->second == number, "an identifier that the server still holds");  // v3.1.1:MQTT-2.3.1-3
    if (is_new && !ways_.hands_on_late) all_.handed_on(number);
    later(l, packet_type::pubrec, id);
  }
  void on(lane& l, v3::pubrel const& p) {
    auto const found = session_->received.find(p.id.number());
    if (found != session_->received.end()) {
      if (ways_.hands_on_late) all_.handed_on(found->second);
      session_->received.erase(found);
    }
    later(l, packet_type::pubcomp, p.id.number());
  }
  std::deque<outgoing>::iterator on_its_way(std::uint16_t id, unsigned level) {
    auto const same = [&](outgoing const& o) { return o.id == id && all_.told[o.number].level == level; };
    return std::find_if(session_->flight.begin(), session_->flight.end(), same);
  }
  void on(lane& l, v3::puback const& p) { complete(l, on_its_way(p.id.number(), 1)); }
  void on(lane& l, v3::pubcomp const& p) {
    auto const o = on_its_way(p.id.number(), 2);
    require(o == session_->flight.end() || o->released, "PUBCOMP before PUBREL");
    complete(l, o);
  }
  void complete(lane& l, std::deque<outgoing>::iterator o) {
    if (o == session_->flight.end()) return require(l.book.lenient, "an answer to nothing");
    if (o - session_->flight.begin() < static_cast<std::ptrdiff_t>(l.resent)) --l.resent;
    session_->flight.erase(o);
  }
  void on(lane& l, v3::pubrec const& p) {
    auto const o = on_its_way(p.id.number(), 2);
    if (o == session_->flight.end()) return require(l.book.lenient, "PUBREC of nothing");
    require(!o->released || l.book.lenient, "PUBREC twice");
    o->released = true;
    later(l, packet_type::pubrel, o->id);
  }
  void on(lane& l, v3::subscribe const& p) {
    std::vector<v3::suback_return_code> codes;
    for (v3::subscription const s : p.subscriptions) {
      session_->granted[s.filter.view() == "d/0" ? 0 : 1] = static_cast<unsigned>(s.qos);
      codes.push_back(static_cast<v3::suback_return_code>(s.qos));
    }
    later(l, packet_type::suback, p.id.number(), encoded(v3::suback{p.id, codes}));
  }
  void on(lane& l, v3::unsubscribe const& p) {
    for (v3::unsubscription const u : p.filters) session_->granted.erase(u.filter.view() == "d/0" ? 0 : 1);
    later(l, packet_type::unsuback, p.id.number());
  }
  void on(lane& l, v3::pingreq const&) { later(l, packet_type::pingresp, 0, encoded(v3::pingresp{})); }
  void on(lane& l, v3::disconnect const&) { end(l); }

  history& all_;
  dice& chance_;
  server_ways ways_;
  std::optional<session> session_{};
  bool loss_untold_ = false;
  unsigned newest_ = 0;      // connection that has asked
  lane* current_ = nullptr;  // the connection that has the session
};

}  // namespace hubwire::simulation

#endif
