// SPDX-License-Identifier: BSL-1.0
// The simulation's client with its application, which keeps what the library does not, and may be slow.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_APPLICATION_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_APPLICATION_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hubwire/driver/pump.hpp>

#include "simulation_device.hpp"
#include "simulation_reader.hpp"

namespace hubwire::simulation {

template <class Keep>
class application {
 public:
  using event = v3::event;

  application(history& all, dice& chance, client_ways const& with)
      : all_(all),
        chance_(chance),
        with_(with),
        device_(with),
        messages_(all, by_hand()),
        must_be_clean_(Keep::survives) {}

  auto& client() { return device_.client(); }
  power& energy() { return device_.energy; }
  flash& store() { return device_.store(); }
  bool is_dead() { return !device_.energy.on(); }
  bool by_hand() const { return with_.options.acknowledge == acknowledge::by_application; }
  unsigned highest_level() const { return Keep::resends ? 2 : 1; }
  bool may_connect() {
    return client().state() == session_state::idle || (client().finished() && closed_told_);
  }
  // How often it was told of a new session.
  unsigned new_sessions() const { return new_sessions_; }
  bool is_connected() { return client().state() == session_state::connected; }
  // One that may go on over the next connection.
  bool has_session() const { return has_session_; }
  bool is_subscribed() const { return subscribed_ == 3; }
  bool has_nothing_to_do() const { return messages_.unacknowledged.empty() && !repeat_ && !part_; }
  // The client connects over the next connection. clean: as CONNECT asks; after a reboot there is no choice.
  void connect(unsigned connection, lane& over, bool clean, tick now) {
    connection_ = connection;
    over_ = &over;
    // Nobody knows which session the server has until a clean connection was accepted.
    clean = must_be_clean_ = clean || must_be_clean_;
    has_session_ = has_session_ && !clean;
    v3::connect hello;
    hello.client_id = "c";
    hello.clean_session = clean;
    hello.keep_alive = with_.keep_alive;
    all_.note("--- connection " + std::to_string(connection) + (clean ? ", clean" : ""));
    require((client().connect)(hello, now).has_value(), "connect() after closed");
    closed_told_ = false;
    greeted_ = false;
    failures_before_ = store().failures();
  }

  // The device begins anew. What it knows then is in its store, where there is one: the session, and, as the
  // application's own note, whether there is a session at all. Without one it connects clean.
  void reboot() {
    bool const while_recording = is_dead() && energy().ended_in_store() && !in_call_;
    all_.note(is_dead() ? "--- power cut" : "--- client reboots");
    if (Keep::survives)
      all_.restored(while_recording && over_ != nullptr ? &over_->book : nullptr, !by_hand());
    else
      all_.forgotten();
    require(device_.keeps_contract(), "the contract of a store");
    bool const found = device_.boot();
    messages_.forget();
    repeat_.reset();
    part_.reset();
    subscribed_ = 0;
    closed_told_ = true;
    greeted_ = in_call_ = false;
    has_session_ = has_session_ && found;
    must_be_clean_ = must_be_clean_ || !has_session_;
  }

  // --- what it asks for

  // False when it was refused. limit: milliseconds, 0 for none.
  bool publish(unsigned level, unsigned topic, std::size_t filling, std::uint32_t limit = 0) {
    std::string const payload = payload_of(static_cast<unsigned>(all_.sent.size()), filling);
    std::size_t const size = packet_size(payload.size(), level);
    bool const in_parts = size > with_.transmit && !(Keep::has_packets && level != 0);
    if (limit != 0) client().advance(all_.now);  // a limit counts from the time that the client was told last
    bool const possible = client().can_send(static_cast<qos>(level));
    std::size_t const room = client().room(static_cast<qos>(level));
    message const whole{topics[topic], as_bytes(payload), static_cast<qos>(level), false, limit};
    unsigned const failures = store().failures();
    auto const made = in_parts ? client().publish_in_parts(whole, payload.size()) : client().publish(whole);
    if (failures != store().failures())
      require(made || made.error() == errc::store_failed, "the store has failed");
    require(possible || !made, "can_send() says no, publish() says yes");
    sent_message m{level,
                   topic,
                   payload,
                   made && made->has_id() ? made->id().number() : std::uint16_t{0},
                   greeted_ && !client().finished() ? connection_ : 0,
                   all_.now};
    m.limit = Keep::resends ? limit : 0;
    if (is_dead()) return all_.unsure(std::move(m)), in_call_ = true, false;
    std::size_t const owed = Keep::has_packets && level != 0 ? 0 : 4 * capacities.incoming + 2;
    if (!in_parts && possible && room >= size + owed && failures == store().failures())
      require(made.has_value(), "there was room for it");
    if (!made) return false;
    require(!made->duplicate() && made->has_id() == (level != 0), "a new message");
    all_.accepted(std::move(m));
    if (in_parts) part_ = part{payload, 0};
    return true;
  }
  bool subscribe(bool wanted) {
    static constexpr topic_filter filters[] = {"d/0", "d/1"};
    unsigned const which = chance_(2);
    bool const both = wanted || chance_.one_in(2);
    std::vector<v3::subscription> ask;
    std::vector<v3::unsubscription> drop;
    for (unsigned i = 0; i != 2; ++i) {
      if (!both && i != which) continue;
      ask.push_back({filters[i], static_cast<qos>(with_.subscribe_level)});
      drop.push_back({filters[i]});
    }
    auto const made = wanted ? client().subscribe(ask) : client().unsubscribe(drop);
    if (!made) return false;
    all_.note((wanted ? "subscribe id " : "unsubscribe id ") + std::to_string(made->number()));
    all_.asked(made->number(),
               {wanted ? 's' : 'u', 0, greeted_ && !client().finished() ? connection_ : 0, ask.size()});
    if (!wanted) subscribed_ = 0;
    return true;
  }
  // Is done with one of the messages, in any order; of an earlier connection too.
  void acknowledge_one() {
    if (messages_.unacknowledged.empty()) return;
    acknowledge_at(chance_(static_cast<unsigned>(messages_.unacknowledged.size())));
  }
  void acknowledge_all() {
    for (std::size_t i = messages_.unacknowledged.size(); i-- != 0 && !is_dead();) acknowledge_at(i);
  }
  // Sends again what repeat has asked for, or gives it up.
  void repeat([[maybe_unused]] bool may_give_up) {
    if constexpr (Keep::resends && !Keep::has_packets) {
      if (!repeat_ || part_) return;
      auto const id = packet_id::trusted(*repeat_);
      auto const found = all_.open.find(*repeat_);
      if (found == all_.open.end()) return repeat_what_is_over(id);
      sent_message const& m = all_.sent[found->second.number];
      if (may_give_up && m.level == 1) {
        if (!client().give_up(id)) return;
        all_.settled(*repeat_, 'p', "given up");
        return repeat_.reset();
      }
      bool const in_parts = packet_size(m.payload.size(), m.level) > with_.transmit;
      message const whole{topics[m.topic], as_bytes(m.payload), qos::at_most_once, false};
      auto const made = in_parts ? client().publish_again_in_parts(id, whole, m.payload.size())
                                 : client().publish_again(id, whole);
      if (!made) return;
      require(made->duplicate() && made->id() == id, "the message of that identifier, again");
      if (in_parts) part_ = part{m.payload, 0};
      repeat_.reset();
    }
  }
  // Brings more of a payload.
  void go_on(std::size_t most) {
    if (!part_) return;
    if (client().payload_missing() == 0) return part_.reset();
    std::string_view const left = std::string_view(part_->payload).substr(part_->done);
    auto const taken = client().publish_payload(as_bytes(left.substr(0, most)));
    if (taken) part_->done += *taken;
    if (part_->done == part_->payload.size()) part_.reset();
  }

  // --- what it is told

  void handle(event const& e) {
    if (is_dead()) return;
    over_->eyes.look(over_->wire.take_written(), by_hand());
    std::uint16_t const id = e.has_id() ? e.id().number() : std::uint16_t{0};
    switch (e.kind()) {
      case event_kind::none: return;
      case event_kind::connected: return on_connected(e.session_present());
      case event_kind::message:
      case event_kind::message_begin:
      case event_kind::message_piece:
      case event_kind::message_end: return messages_.handle(e, over_->book);
      case event_kind::published: return all_.published(id, e.repeated(), connection_);
      case event_kind::subscribed: return on_subscribed(id, e.codes().size());
      case event_kind::unsubscribed: return all_.settled(id, 'u', "unsubscribed");
      case event_kind::abandoned:
        require(Keep::resends || e.cause() != errc::message_expired, "keep_nothing has no limits");
        return all_.abandoned(id, e.cause(), connection_, knows_of_new_session());
      case event_kind::repeat: return on_repeat(id);
      case event_kind::closed: return on_closed(e.cause());
    }
  }

 private:
  // CONNACK has said so, and event connected too, if the store did not fail before it.
  bool knows_of_new_session() {
    bool const failed = failures_before_ != store().failures();
    return greeted_ ? !goes_on_ : failed && (over_->book.begins_anew || !has_session_);
  }
  // Its verdict came between repeat and publish_again(): it had expired.
  void repeat_what_is_over(packet_id id) {
    auto const made = client().publish_again(id, {topics[0], {}});
    if (!is_connected()) return;
    require(made.error() == errc::invalid_packet_id, "a message that is over is sent again");
    repeat_.reset();
  }
  static constexpr topic_name topics[] = {"u/0", "u/1"};

  void on_connected(bool present) {
    greeted_ = true;
    new_sessions_ += present ? 0u : 1u;
    goes_on_ = present && has_session_;  // what was in a clean session has ended with it
    has_session_ = !must_be_clean_;
    all_.note(present ? "connected, session present" : "connected");
    if (!present) subscribed_ = 0;
    if (!goes_on_) messages_.session_has_ended();
    must_be_clean_ = false;
    all_.greeted(connection_, goes_on_);
  }
  void on_subscribed(std::uint16_t id, std::size_t codes) {
    auto const found = all_.open.find(id);
    require(found != all_.open.end() && found->second.filters == codes, "a code for each filter");
    if (codes == 2) subscribed_ = 3;
    all_.settled(id, 's', "subscribed");
  }
  void on_repeat(std::uint16_t id) {
    all_.note("repeat " + std::to_string(id));
    require(Keep::resends && !Keep::has_packets && goes_on_, "there is nothing to repeat");
    auto const found = all_.open.find(id);
    require(found != all_.open.end() && found->second.kind == 'p', "repeat for what nobody has sent");
    require(!repeat_ || all_.open.count(*repeat_) == 0, "one repeat at a time");
    repeat_ = id;
  }
  void on_closed(error cause) {
    all_.note("closed " + std::string(to_string(cause.code)));
    bool const failed = cause.code == errc::store_failed && failures_before_ != store().failures();
    require(!blames_somebody(cause.code) || over_->book.lenient || failed,
            "somebody is blamed who did nothing wrong");
    closed_told_ = true;
    part_.reset();
    repeat_.reset();
    messages_.connection_has_ended();
  }
  void acknowledge_at(std::size_t which) {
    waiting const w = messages_.unacknowledged[which];
    told_message& m = all_.told[w.number];
    bool const current = w.connection == connection_ && !client().finished();
    unsigned const failures = store().failures();
    auto const made = client().acknowledge(packet_id::trusted(w.id));
    if (!made && failures != store().failures()) return;  // another time
    if (is_dead()) {
      m.may_be_acknowledged = in_call_ = true;
      return;
    }
    if (!is_connected()) return require(made.error() == errc::invalid_state, "not without a connection");
    require(m.level == 2 || current || !made, "acknowledged for an earlier connection");
    bool const may_be_cut_off = client().window().empty();  // then it tells what came, and takes no answers
    require(!current || may_be_cut_off || made.has_value(), "acknowledge() is refused");
    if (!made && !greeted_) return;
    all_.note("acknowledge " + std::to_string(w.number) + (made ? "" : " refused"));
    if (made) m.acknowledged_in = connection_;
    messages_.unacknowledged.erase(messages_.unacknowledged.begin() + static_cast<std::ptrdiff_t>(which));
  }

  history& all_;
  dice& chance_;
  client_ways with_;
  device<Keep> device_;
  reader messages_;
  bool in_call_ = false;  // of the application's, when the power ended
  lane* over_ = nullptr;
  unsigned connection_ = 0;
  unsigned failures_before_ = 0;  // of the store, before this connection
  bool closed_told_ = true;
  bool greeted_ = false;
  unsigned new_sessions_ = 0;
  bool goes_on_ = false;      // the session of the connection before
  bool has_session_ = false;  // which may go on
  bool must_be_clean_;
  unsigned subscribed_ = 0;
  std::optional<std::uint16_t> repeat_{};
  std::optional<part> part_{};
};

}  // namespace hubwire::simulation

#endif
