// SPDX-License-Identifier: BSL-1.0
// The client side of MQTT 3.1.1 without I/O: verbs go in, bytes and events come out. QoS 0 and 1;
// QoS 2 and messages that survive a connection come later. v3.1.1 §3 and §4.
#ifndef HUBWIRE_SESSION_CLIENT_V3_HPP
#define HUBWIRE_SESSION_CLIENT_V3_HPP

#include <cstddef>
#include <cstdint>
#include <optional>

#include <hubwire/codec.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/session/event.hpp>
#include <hubwire/session/inbox.hpp>
#include <hubwire/session/keep_alive.hpp>
#include <hubwire/session/options.hpp>
#include <hubwire/session/output_queue.hpp>
#include <hubwire/session/packet_ids.hpp>
#include <hubwire/session/transitions.hpp>
#include <hubwire/stream/frame_reader.hpp>
#include <hubwire/v3/protocol.hpp>

namespace hubwire::inline abi1 {

template <class Protocol>
class basic_client;

// The logic; client<v3_tag, limits<…>> in session/client.hpp brings the tables. Not for use from two
// threads or from an interrupt at once: it has no locks.
template <>
class basic_client<v3_tag> {
 public:
  basic_client(basic_client const&) = delete;
  basic_client& operator=(basic_client const&) = delete;

  // --- verbs. Errors of all: invalid_state; output_full (send what is pending, then try again). PUBACKs
  // and PINGREQ go first: a program that fills the buffer cannot hold them back.

  // Begins a connection over a transport that has just been opened. Drops what an earlier one left.
  // Errors: those of encode for a CONNECT.
  result<void> connect(v3::connect const& packet, tick now) noexcept;

  // QoS 1 is delivered at least once: event published names the identifier. QoS 0 has none. Errors:
  // capacity_exhausted (limits), not_supported (QoS 2), those of encode for a PUBLISH.
  result<delivery> publish(message const& outgoing) noexcept;

  // Event subscribed or unsubscribed carries the identifier. Errors: capacity_exhausted, not_supported
  // (QoS 2), those of encode.
  result<packet_id> subscribe(list_view<v3::subscription> wanted) noexcept;
  result<packet_id> unsubscribe(list_view<v3::unsubscription> filters) noexcept;

  // acknowledge::by_application: this QoS 1 message is done with. Errors: invalid_packet_id when no
  // such message waits.
  result<void> acknowledge(packet_id id) noexcept;

  // Sends DISCONNECT after what is pending; event closed follows when it has been sent, or with
  // connection_lost when it could not be sent within ping_timeout.
  result<void> disconnect() noexcept;

  // --- bytes and time: what pump() calls

  byte_span window() noexcept { return reader_.window(); }
  void commit(std::size_t count) noexcept;
  byte_view pending_output() noexcept;
  void consume(std::size_t count) noexcept;
  // Runs timers; calling it too often does no harm.
  void advance(tick now) noexcept;
  // The transport is gone; connection_lost if cause does not say why. What it delivered before is still
  // handled, by next_event().
  void lost(error cause) noexcept;
  // When advance() has something to do next, if nothing else happens before.
  std::optional<tick> deadline() const noexcept;
  // The transport has to be closed.
  bool finished() const noexcept { return state_ == session_state::closed; }

  // --- what happened

  // One event at a time; kind none when there is nothing.
  v3::event next_event() noexcept;
  session_state state() const noexcept { return state_; }

 protected:
  struct tables {
    list_base<request>& requests;
    list_base<received_message>& received;
  };
  basic_client(byte_span rx, byte_span tx, tables storage, client_options const& options) noexcept
      : reader_(rx), output_(tx), requests_(storage.requests), inbox_(storage.received), options_(options) {}
  ~basic_client() { output_.clear(); }

 private:
  bool enter(session_input input) noexcept;
  bool write_owed() noexcept;
  std::uint32_t state_time() const noexcept;
  void fail(error cause) noexcept;
  v3::event farewell() noexcept;
  bool must_wait(frame const& received) const noexcept;
  v3::event handle(frame const& received) noexcept;

  v3::event on(v3::connack const& packet) noexcept;
  v3::event on(v3::publish const& packet) noexcept;
  v3::event on(v3::puback const& packet) noexcept;
  v3::event on(v3::suback const& packet) noexcept;
  v3::event on(v3::unsuback const& packet) noexcept;
  v3::event on(v3::pingresp const& packet) noexcept;
  template <class P>
  v3::event on(P const&) noexcept {  // QoS 2 was never asked for
    return fail({errc::protocol_error, 0}), v3::event{};
  }
  v3::event answered(event_kind kind, packet_id id) noexcept;
  v3::event nobody_waits(packet_id id) noexcept;

  frame_reader reader_;
  output_queue output_;
  request_table requests_;
  inbox inbox_;
  client_options options_;
  keep_alive keep_alive_{};
  tick now_{};
  tick state_since_{};           // connecting and leaving have their time
  error cause_{};                // why the state is closed
  error loss_{};                 // the transport is gone, its last bytes are still to be handled
  std::size_t ping_ahead_ = 0;   // bytes up to the end of a PINGREQ that is pending
  std::uint16_t delivered_ = 0;  // the message of the last event, acknowledged when the next is asked for
  session_state state_ = session_state::idle;
  bool clean_session_ = true;
  bool closed_told_ = true;
  bool ping_owed_ = false;
  bool state_is_new_ = false;  // its time begins at the next advance()
};

inline bool basic_client<v3_tag>::enter(session_input input) noexcept {
  transition const t = next_state(state_, input);
  if (t.allowed) state_ = t.next;
  return t.allowed;
}

// Closes without DISCONNECT, so that the server publishes the will: v3.1.1:MQTT-4.8.0-1
inline void basic_client<v3_tag>::fail(error cause) noexcept {
  if (!enter(session_input::broken)) return;
  cause_ = cause;
  output_.clear();
}

inline result<void> basic_client<v3_tag>::connect(v3::connect const& packet, tick now) noexcept {
  if (!next_state(state_, session_input::connect).allowed) return errc::invalid_state;  // v3.1.1:MQTT-3.1.0-2
  output_.clear();
  auto const queued = output_.append(packet);  // v3.1.1:MQTT-3.1.0-1
  if (!queued) return queued;
  output_.mark_secret();
  static_cast<void>(enter(session_input::connect));
  reader_.reset();
  requests_.clear();
  inbox_.clear();
  now_ = state_since_ = now;
  state_is_new_ = false;
  keep_alive_.start(now, packet.keep_alive, options_.ping_timeout);
  cause_ = loss_ = {};
  delivered_ = 0;
  ping_owed_ = false;
  ping_ahead_ = 0;
  clean_session_ = packet.clean_session;
  closed_told_ = false;
  return {};
}

inline result<delivery> basic_client<v3_tag>::publish(message const& outgoing) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  if (outgoing.qos > qos::at_least_once) return errc::not_supported;
  if (!write_owed()) return errc::output_full;
  delivery how{};
  if (outgoing.qos == qos::at_least_once) {
    auto const id = requests_.next();
    if (!id) return id.error();
    how = delivery::at_least_once(*id);  // v3.1.1:MQTT-4.3.2-1
  }
  auto const queued = output_.append(v3::publish{outgoing.topic, outgoing.payload, how, outgoing.retain});
  if (!queued) return queued.error();
  if (how.has_id()) requests_.add(how.id(), request_kind::publish);
  return how;
}

inline result<packet_id> basic_client<v3_tag>::subscribe(list_view<v3::subscription> wanted) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  for (v3::subscription const s : wanted)
    if (s.qos > qos::at_least_once) return errc::not_supported;
  if (!write_owed()) return errc::output_full;
  auto const id = requests_.next();
  if (!id) return id;
  auto const queued = output_.append(v3::subscribe{*id, wanted});
  if (!queued) return queued.error();
  requests_.add(*id, request_kind::subscribe, wanted.size());
  return id;
}

inline result<packet_id> basic_client<v3_tag>::unsubscribe(list_view<v3::unsubscription> filters) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  if (!write_owed()) return errc::output_full;
  auto const id = requests_.next();
  if (!id) return id;
  auto const queued = output_.append(v3::unsubscribe{*id, filters});
  if (!queued) return queued.error();
  requests_.add(*id, request_kind::unsubscribe);
  return id;
}

inline result<void> basic_client<v3_tag>::acknowledge(packet_id id) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  if (!inbox_.acknowledge(id)) return errc::invalid_packet_id;
  return {};
}

inline result<void> basic_client<v3_tag>::disconnect() noexcept {
  if (!next_state(state_, session_input::leave).allowed) return errc::invalid_state;
  if (!write_owed()) return errc::output_full;
  auto const queued = output_.append(v3::disconnect{});
  if (!queued) return queued;
  static_cast<void>(enter(session_input::leave));  // v3.1.1:MQTT-3.14.4-2
  state_is_new_ = true;
  if (loss_.code != errc::none) fail(loss_);
  return {};
}

inline void basic_client<v3_tag>::commit(std::size_t count) noexcept {
  if (count != 0) keep_alive_.received(now_);
  reader_.commit(count);
}

// PINGREQ and PUBACKs are noted when they come up and written when there is room: a full buffer delays
// them and loses none. False while some are still owed.
inline bool basic_client<v3_tag>::write_owed() noexcept {
  if (state_ != session_state::connected) return true;
  if (ping_owed_) {
    if (!output_.append(v3::pingreq{})) return false;
    ping_owed_ = false;
    ping_ahead_ = output_.pending().size();
  }
  while (inbox_.ready()) {
    if (!output_.append(v3::puback{inbox_.front()})) return false;  // v3.1.1:MQTT-2.3.1-6
    inbox_.pop();
  }
  return true;
}

inline byte_view basic_client<v3_tag>::pending_output() noexcept {
  static_cast<void>(write_owed());
  return output_.pending();
}

inline void basic_client<v3_tag>::consume(std::size_t count) noexcept {
  std::size_t const pending = output_.pending().size();
  std::size_t const sent = count < pending ? count : pending;
  output_.consume(sent);
  if (sent != 0) keep_alive_.sent(now_);
  // The time for the answer begins when the ping has left: what is in front of it may take long.
  if (sent != 0 && (ping_owed_ || ping_ahead_ != 0)) keep_alive_.ping_queued(now_);
  ping_ahead_ -= sent < ping_ahead_ ? sent : ping_ahead_;
  if (output_.empty()) static_cast<void>(enter(session_input::drained));
}

inline std::uint32_t basic_client<v3_tag>::state_time() const noexcept {
  bool const connecting = state_ == session_state::connecting;
  return detail::within_reach(connecting ? options_.connack_timeout : options_.ping_timeout);
}

inline void basic_client<v3_tag>::advance(tick now) noexcept {
  now_ = now;
  keep_alive_.follow(now);
  if (state_is_new_ || now - state_since_ < 0) state_since_ = now;
  state_is_new_ = false;
  if (loss_.code != errc::none) return;  // next_event() tells how it ended
  bool const too_long = reached(state_since_ + state_time(), now);
  if (state_ == session_state::leaving && too_long) return fail({errc::connection_lost, 0});
  if (state_ == session_state::connecting && too_long && reader_.peek().status == frame_status::need_more)
    return fail({errc::connack_timeout, 0});
  if (state_ != session_state::connected) return;
  if (reader_.full()) keep_alive_.received(now);  // the application is behind: no sign of life can come in
  if (keep_alive_.dead(now)) return fail({errc::keep_alive_timeout, 0});
  if (!keep_alive_.ping_due(now)) return;
  ping_owed_ = true;
  keep_alive_.ping_queued(now);
}

inline void basic_client<v3_tag>::lost(error cause) noexcept {
  if (cause.code == errc::none) cause = {errc::connection_lost, 0};
  if (loss_.code == errc::none) loss_ = cause;
  if (state_ == session_state::leaving) fail(cause);
}

inline std::optional<tick> basic_client<v3_tag>::deadline() const noexcept {
  using enum session_state;
  if (state_ == connecting || state_ == leaving) return state_since_ + state_time();
  if (state_ == connected) return keep_alive_.deadline();
  return std::nullopt;
}

}  // namespace hubwire::inline abi1

#endif
