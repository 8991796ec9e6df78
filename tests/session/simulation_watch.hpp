// SPDX-License-Identifier: BSL-1.0
// Looks at every packet that the client writes, whether it arrives or not: order, DUP, and that nothing is
// acknowledged which need not be.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_WATCH_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_WATCH_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <hubwire/codec.hpp>
#include <hubwire/stream/frame_buffer.hpp>
#include <hubwire/v3/protocol.hpp>

#include "simulation_history.hpp"

namespace hubwire::simulation {

// Feeds bytes to a reader and calls handle with each frame. False when they are no packets.
template <class Reader, class Handle>
bool read_frames(Reader& reader, std::string_view bytes, Handle handle) {
  while (!bytes.empty()) {
    byte_span const window = reader.window();
    std::size_t const count = std::min(window.size(), bytes.size());
    if (count == 0) return false;
    std::memcpy(window.data(), bytes.data(), count);
    reader.commit(count);
    bytes.remove_prefix(count);
    for (auto f = reader.next(); f.status != frame_status::need_more; f = reader.next()) {
      if (f.status != frame_status::ready) return false;
      if (!handle(f.frame)) return false;
    }
  }
  return true;
}

class watch {
 public:
  watch(history& all, connection_book& book) : all_(all), book_(book) {}

  // by_hand: the application says when a message is done with.
  void look(std::string_view bytes, bool by_hand) {
    by_hand_ = by_hand;
    bool const sound = read_frames(reader_, bytes, [this](frame const& f) {
      return dispatch<v3_tag, role::client>(f, [this](auto const& p) { on(p); }).has_value();
    });
    require(sound, "the client writes what is no packet");
  }

 private:
  void count() {
    require(!book_.left, "something is written after DISCONNECT");  // v3.1.1:MQTT-3.14.4-2
    require(book_.packets++ != 0, "CONNECT comes first");           // v3.1.1:MQTT-3.1.0-1
  }

  void on(v3::connect const&) {
    require(book_.packets++ == 0, "one CONNECT in a connection");  // v3.1.1:MQTT-3.1.0-2
  }
  void on(v3::publish const& p) {
    count();
    std::size_t const number = number_in(p.payload.view());
    bool const own = number < all_.sent.size() && all_.sent[number].payload == p.payload.view();
    require(own, "its own messages only, not " + std::string(p.payload.view()));
    if (p.delivery.has_id()) all_.adopt(p.delivery.id().number(), number);
    sent_message& m = all_.sent[number];
    all_.note("PUBLISH " + std::to_string(number) + (p.delivery.duplicate() ? " DUP" : ""));
    require(m.level == static_cast<unsigned>(p.delivery.qos()), "the QoS that was asked for");
    require(book_.written.insert(number).second, "PUBLISH twice in one connection");
    if (m.level == 0) return require(!p.delivery.duplicate(), "DUP with QoS 0");  // v3.1.1:MQTT-3.3.1-2
    require(p.delivery.id().number() == m.id, "one identifier for one message");
    require(!m.released, "PUBLISH after PUBREL");  // v3.1.1:MQTT-4.3.3-1
    require(m.verdict.empty() || book_.lenient, "it is over, and sent again: " + m.verdict);
    require(!m.of_ended_session, "it belongs to a session that has ended");  // v3.1.1:MQTT-3.1.2-6
    bool const may_expire = m.level == 1 || m.first_chance == book_.number;
    require(!m.is_over(book_.since) || !may_expire, "sent after its time");
    is_alive(m.id);
    if (!m.written_in.empty())
      require(p.delivery.duplicate(), "repeated without DUP");  // v3.1.1:MQTT-3.3.1-1
    if (m.first_chance == book_.number && !m.restored)
      require(!p.delivery.duplicate(), "DUP at its first time");
    require_turn(number);
    m.written_in.insert(book_.number);
  }
  // What was accepted earlier and is not settled stands in front. v3.1.1:MQTT-4.6.0-1
  void require_turn(std::size_t number) {
    for (auto const& [id, what] : all_.open)
      if (what.kind == 'p' && what.number < number && what.may_be_over == 0)
        require(book_.written.count(what.number) != 0, "it overtakes an older message");
  }
  // What may have been over is not.
  void is_alive(std::uint16_t id) {
    if (auto const found = all_.open.find(id); found != all_.open.end()) found->second.may_be_over = 0;
  }
  void on(v3::pubrel const& p) {
    count();
    std::uint16_t const id = p.id.number();
    all_.note("PUBREL " + std::to_string(id));
    auto const found = all_.open.find(id);
    if (found == all_.open.end() && book_.lenient) return;
    require(found != all_.open.end() && found->second.kind == 'p', "PUBREL for nothing");
    std::size_t const number = found->second.number;
    sent_message& m = all_.sent[number];
    require(m.level == 2 && (m.received || book_.lenient), "PUBREL before PUBREC");
    require(!m.of_ended_session, "it belongs to a session that has ended");  // v3.1.1:MQTT-3.1.2-6
    is_alive(id);
    m.released = true;
    m.written_in.insert(book_.number);
    if (book_.lenient) {
      book_.pubrecs.clear();
    } else if (!book_.pubrecs.empty() && book_.pubrecs.front() == id) {  // v3.1.1:MQTT-4.6.0-4
      book_.pubrecs.pop_front();
    } else {
      require(book_.written.count(number) == 0, "PUBREL out of order");
      require_turn(number);
    }
    book_.written.insert(number);
  }
  void on(v3::puback const& p) { acknowledged(p.id.number(), 1); }
  void on(v3::pubrec const& p) { acknowledged(p.id.number(), 2); }
  // In the order in which the server sent them in this connection: v3.1.1:MQTT-4.6.0-2, v3.1.1:MQTT-4.6.0-3.
  void acknowledged(std::uint16_t id, unsigned level) {
    count();
    all_.note((level == 1 ? "PUBACK " : "PUBREC ") + std::to_string(id));
    auto& sent = book_.from_server;
    auto const found = std::find_if(sent.begin(), sent.end(), [&](auto const& s) {
      return s.level == level && (book_.lenient ? s.id == id : !s.answered);
    });
    require(found != sent.end(), "an acknowledgement of what did not come in this connection");
    require(found->id == id, "acknowledgements out of order");
    found->answered = true;
    told_message const& m = all_.told[found->number];
    require(m.told != 0 || m.may_be_taken, "acknowledged before the application has it");
    if (!by_hand_) return;
    require(m.acknowledged_in != 0 || m.may_be_acknowledged, "acknowledged before the application is done");
    if (level == 1) require(m.acknowledged_in == book_.number, "acknowledged for an earlier connection");
  }
  void on(v3::pubcomp const& p) {
    count();
    all_.note("PUBCOMP " + std::to_string(p.id.number()));
    if (book_.lenient) return;
    require(!book_.pubrels.empty() && book_.pubrels.front() == p.id.number(), "PUBCOMP without its PUBREL");
    book_.pubrels.pop_front();
  }
  void on(v3::subscribe const& p) { asked(p.id.number(), 's'); }
  void on(v3::unsubscribe const& p) { asked(p.id.number(), 'u'); }
  void asked(std::uint16_t id, char kind) {
    count();
    auto const found = all_.open.find(id);
    require(found != all_.open.end() && found->second.kind == kind, "an order that nobody has given");
    require(book_.asked.insert(id).second, "an order twice in one connection");
  }
  void on(v3::pingreq const&) { count(); }
  void on(v3::disconnect const&) {
    count();
    book_.left = true;
  }

  history& all_;
  connection_book& book_;
  frame_buffer<2048> reader_{};
  bool by_hand_ = false;
};

}  // namespace hubwire::simulation

#endif
