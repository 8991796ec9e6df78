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
#include <vector>

#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/session/kept_packets.hpp>

#include "simulation_server.hpp"

namespace hubwire::simulation {

inline constexpr limits capacities{.outgoing = 5, .incoming = 3};

struct client_ways {
  client_options options{};
  std::uint16_t keep_alive = 0;
  std::size_t receive = 128;
  std::size_t transmit = 128;
  std::size_t kept = 256;
  unsigned subscribe_level = 2;
};

// Memory of its own exact size, so that AddressSanitizer sees the first byte past it.
template <class Keep>
struct client_memory {
  std::vector<std::uint8_t> rx, tx, kept;
  hubwire::client<v3_tag, capacities, payload_reader<v3_tag>, Keep> session;

  explicit client_memory(client_ways const& with) requires(!Keep::has_packets)
      : rx(with.receive), tx(with.transmit), kept(1), session(rx, tx, with.options) {}
  explicit client_memory(client_ways const& with) requires(Keep::has_packets)
      : rx(with.receive), tx(with.transmit), kept(with.kept), session(rx, tx, kept, with.options) {}
};

template <class Keep>
class application {
 public:
  using event = v3::event;

  application(history& all, dice& chance, client_ways const& with) : all_(all), chance_(chance), with_(with) {
    memory_.emplace(with);
  }

  auto& client() { return memory_->session; }
  bool by_hand() const { return with_.options.acknowledge == acknowledge::by_application; }
  unsigned highest_level() const { return Keep::resends ? 2 : 1; }
  unsigned connection() const { return connection_; }
  bool may_connect() {
    return client().state() == session_state::idle || (client().finished() && closed_told_);
  }
  // How often it was told of a new session.
  unsigned new_sessions() const { return new_sessions_; }
  bool is_connected() { return client().state() == session_state::connected; }
  bool is_subscribed() const { return subscribed_ == 3; }
  bool has_nothing_to_do() const { return unacknowledged_.empty() && !repeat_ && !part_; }
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
  }

  // The device loses its power, and with it all that it knew. A client with a stored session would begin here with
  // what it has stored, and without must_be_clean_.
  void reboot() {
    all_.note("client reboots");
    all_.rebooted();
    memory_.emplace(with_);
    unacknowledged_.clear();
    repeat_.reset();
    part_.reset();
    coming_.clear();
    subscribed_ = 0;
    closed_told_ = must_be_clean_ = true;
    greeted_ = has_session_ = false;
  }

  // --- what it asks for

  // False when it was refused.
  bool publish(unsigned level, unsigned topic, std::size_t filling) {
    std::size_t const number = all_.sent.size();
    std::string const payload = payload_of(static_cast<unsigned>(number), filling);
    std::size_t const size = packet_size(payload.size(), level);
    bool const in_parts = size > with_.transmit && !(Keep::has_packets && level != 0);
    bool const possible = client().can_send(static_cast<qos>(level));
    std::size_t const room = client().room(static_cast<qos>(level));
    message const whole{topics[topic], as_bytes(payload), static_cast<qos>(level), false};
    auto const made = in_parts ? client().publish_in_parts(whole, payload.size()) : client().publish(whole);
    require(possible || !made, "can_send() says no, publish() says yes");
    std::size_t const owed = Keep::has_packets && level != 0 ? 0 : 4 * capacities.incoming + 2;
    if (!in_parts && possible && room >= size + owed) require(made.has_value(), "there was room for it");
    if (!made) return false;
    require(!made->duplicate() && made->has_id() == (level != 0), "a new message");
    unsigned const chance = greeted_ && !client().finished() ? connection_ : 0;
    all_.accepted({level, topic, payload, made->has_id() ? made->id().number() : std::uint16_t{0}, chance});
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
    if (unacknowledged_.empty()) return;
    acknowledge_at(chance_(static_cast<unsigned>(unacknowledged_.size())));
  }
  void acknowledge_all() {
    for (std::size_t i = unacknowledged_.size(); i-- != 0;) acknowledge_at(i);
  }
  // Sends again what repeat has asked for, or gives it up.
  void repeat(bool may_give_up) {
    if constexpr (Keep::resends && !Keep::has_packets) {
      if (!repeat_ || part_) return;
      auto const id = packet_id::trusted(*repeat_);
      sent_message const& m = all_.sent[all_.open.at(*repeat_).number];
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
    } else {
      static_cast<void>(may_give_up);
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
    over_->eyes.look(over_->wire.take_written(), by_hand());
    std::uint16_t const id = e.has_id() ? e.id().number() : std::uint16_t{0};
    switch (e.kind()) {
      case event_kind::none: return;
      case event_kind::connected: return on_connected(e.session_present());
      case event_kind::message: return told(e.message(), e.message().payload.view());
      case event_kind::message_begin: return coming_.assign(1, part_of_message(e));
      case event_kind::message_piece: coming_.at(0).payload.append(e.payload().view()); return;
      case event_kind::message_end: return told_large(id);
      case event_kind::published: return all_.published(id, e.repeated(), connection_);
      case event_kind::subscribed: return on_subscribed(id, e.codes().size());
      case event_kind::unsubscribed: return all_.settled(id, 'u', "unsubscribed");
      case event_kind::abandoned: return all_.abandoned(id, e.cause(), connection_, greeted_ && !goes_on_);
      case event_kind::repeat: return on_repeat(id);
      case event_kind::closed: return on_closed(e.cause());
    }
  }

 private:
  static constexpr topic_name topics[] = {"u/0", "u/1"};
  struct part {
    std::string payload;
    std::size_t done;
  };
  struct waiting {
    std::uint16_t id;
    std::size_t number;
    unsigned connection;
  };
  struct large {
    std::string topic;
    std::string payload;
    delivery how;
    std::size_t size;
  };

  static std::size_t packet_size(std::size_t payload, unsigned level) {
    std::size_t const body = 2 + 3 + (level != 0 ? 2 : 0) + payload;
    return body + (body < 128 ? 2 : 3);
  }

  void on_connected(bool present) {
    greeted_ = true;
    new_sessions_ += present ? 0u : 1u;
    goes_on_ = present && has_session_;  // what was in a clean session has ended with it
    has_session_ = !must_be_clean_;
    all_.note(present ? "connected, session present" : "connected");
    if (!present) subscribed_ = 0;
    if (!goes_on_)
      std::erase_if(unacknowledged_, [&](waiting const& w) { return all_.told[w.number].level == 2; });
    must_be_clean_ = false;
    all_.greeted(connection_);
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
    require(!repeat_, "one repeat at a time");
    repeat_ = id;
  }
  void on_closed(error cause) {
    all_.note("closed " + std::string(to_string(cause.code)));
    bool const wrong = cause.code == errc::protocol_error || cause.code == errc::unexpected_packet ||
                       cause.code == errc::malformed_packet || cause.code == errc::capacity_exhausted ||
                       cause.code == errc::not_supported;
    require(!wrong || over_->book.lenient, "the server is blamed, who did nothing wrong");
    closed_told_ = true;
    part_.reset();
    repeat_.reset();
    coming_.clear();
  }
  large part_of_message(event const& e) {
    return {std::string(e.message().topic.view()), {}, e.message().delivery, e.payload_size()};
  }
  void told_large(std::uint16_t id) {
    large const whole = coming_.at(0);
    coming_.clear();
    require(whole.payload.size() == whole.size, "all pieces");
    require(id == (whole.how.has_id() ? whole.how.id().number() : 0), "the identifier of its beginning");
    told(v3::publish{topic_name::trusted(whole.topic), {}, whole.how}, whole.payload);
  }
  void told(v3::publish const& p, std::string_view payload) {
    std::size_t const number = number_in(payload);
    require(number < all_.told.size(), "a message that the server has not sent");
    told_message& m = all_.told[number];
    require(m.payload == payload && p.topic.view() == server::topic_names[m.topic].view(), "another message");
    require(static_cast<unsigned>(p.delivery.qos()) == m.level, "another QoS");
    all_.delivered_to_application(number, connection_, !over_->book.lenient);
    if (!by_hand() || m.level == 0) return;
    std::uint16_t const id = p.delivery.id().number();
    std::erase_if(unacknowledged_, [&](waiting const& w) { return w.number == number || w.id == id; });
    unacknowledged_.push_back({id, number, connection_});
  }
  void acknowledge_at(std::size_t which) {
    waiting const w = unacknowledged_[which];
    told_message& m = all_.told[w.number];
    bool const current = w.connection == connection_ && !client().finished();
    auto const made = client().acknowledge(packet_id::trusted(w.id));
    if (!is_connected()) return require(made.error() == errc::invalid_state, "not without a connection");
    require(m.level == 2 || current || !made, "acknowledged for an earlier connection");
    bool const may_be_cut_off = client().window().empty();  // then it tells what came, and takes no answers
    require(!current || may_be_cut_off || made.has_value(), "acknowledge() is refused");
    if (!made && !greeted_) return;
    all_.note("acknowledge " + std::to_string(w.number) + (made ? "" : " refused"));
    if (made) m.acknowledged_in = connection_;
    unacknowledged_.erase(unacknowledged_.begin() + static_cast<std::ptrdiff_t>(which));
  }

  history& all_;
  dice& chance_;
  client_ways with_;
  std::optional<client_memory<Keep>> memory_{};
  lane* over_ = nullptr;
  unsigned connection_ = 0;
  bool closed_told_ = true;
  bool greeted_ = false;
  unsigned new_sessions_ = 0;
  bool goes_on_ = false;      // the session of the connection before
  bool has_session_ = false;  // which may go on
  bool must_be_clean_ = false;
  unsigned subscribed_ = 0;
  std::vector<waiting> unacknowledged_{};
  std::optional<std::uint16_t> repeat_{};
  std::optional<part> part_{};
  std::vector<large> coming_{};
};

}  // namespace hubwire::simulation

#endif
