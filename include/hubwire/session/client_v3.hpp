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
#include <hubwire/stream/payload_reader.hpp>
#include <hubwire/v3/protocol.hpp>

namespace hubwire::inline abi1 {

template <class Protocol>
class basic_client;

namespace detail {

inline constexpr auto constant_pingreq = encoded_by([] { return v3::pingreq{}; });
inline constexpr auto constant_disconnect = encoded_by([] { return v3::disconnect{}; });

}  // namespace detail

// The logic; client<v3_tag, limits<…>> in session/client.hpp brings the tables. Not for use from two
// threads or from an interrupt at once: it has no locks.
template <>
class basic_client<v3_tag> {
 public:
  basic_client(basic_client const&) = delete;
  basic_client& operator=(basic_client const&) = delete;

  // --- verbs. Errors of all: invalid_state; payload_incomplete (publish_in_parts); output_full (send
  // what is pending, then try again). PUBACKs and PINGREQ go first: a program that fills the buffer
  // cannot hold them back.

  // Begins a connection over a transport that has just been opened. Drops what an earlier one left: with
  // clean_session off the server keeps its half of the session (subscriptions, messages for this client),
  // this half forgets its unacknowledged messages and reports them as abandoned.
  // Errors: those of encode for a CONNECT.
  result<void> connect(v3::connect const& packet, tick now) noexcept;

  // QoS 1 is delivered at least once: event published names the identifier. QoS 0 has none. Errors:
  // capacity_exhausted (limits), not_supported (QoS 2), those of encode for a PUBLISH.
  result<delivery> publish(message const& outgoing) noexcept;

  // A message larger than the transmit buffer. head.payload is not looked at: payload_size bytes, up to
  // 268,435,455 less the topic, follow by publish_payload() and nothing else may be sent before they are
  // complete; what cannot be completed ends with the connection. Errors: as publish.
  result<delivery> publish_in_parts(message const& head, std::size_t payload_size) noexcept;
  // The next bytes of it; returns how many were taken, 0 when the buffer is full. Errors: packet_too_large
  // for more bytes than were announced (detail: how many are missing), and then none is taken.
  result<std::size_t> publish_payload(bytes piece) noexcept;
  // Bytes that publish_payload() has still to bring.
  std::size_t payload_missing() const noexcept { return payload_missing_; }

  // Event subscribed or unsubscribed carries the identifier. Errors: capacity_exhausted, not_supported
  // (QoS 2), those of encode.
  result<packet_id> subscribe(list_view<v3::subscription> wanted) noexcept;
  result<packet_id> unsubscribe(list_view<v3::unsubscription> filters) noexcept;

  // acknowledge::by_application: this QoS 1 message is done with. Errors: invalid_packet_id when no
  // such message waits, or when its end has not come yet.
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

  // After event message_begin: no pieces come, message_end does.
  void skip_payload() noexcept { reader_.skip_payload(); }
  // After event closed with a cause that is the server's fault: the packet that ended the connection, as
  // far as it has come, for diagnose_refused(). Empty when it was one that did not come. A view, until connect().
  char_view rejected() const noexcept {
    bool const silence = cause_ == errc::keep_alive_timeout || cause_ == errc::connack_timeout;
    return finished() && cause_.blamed_on() == blame::peer && !silence ? rejected_ : char_view{};
  }

  // One event at a time; kind none when there is nothing.
  v3::event next_event() noexcept;
  session_state state() const noexcept { return state_; }

 protected:
  struct tables {
    list_base<request>& requests;
    list_base<received_message>& received;
  };
  basic_client(byte_span receive, byte_span transmit, tables storage, client_options const& options) noexcept
      : requests_(storage.requests),
        inbox_(storage.received),
        output_(transmit),
        reader_(receive, options.large_messages, options.largest_packet,
                first_bytes_from<v3_tag, role::server>),
        options_(options) {}
  ~basic_client() { output_.clear(); }

 private:
  bool enter(session_input input) noexcept;
  bool write_owed() noexcept;
  error sending_refused() noexcept;
  result<delivery> next_delivery(qos level) const noexcept;
  void note(request_kind kind, packet_id id, std::size_t filters = 0) noexcept;
  std::uint32_t state_time() const noexcept;
  void watch_peer(tick now) noexcept;
  void fail(error cause) noexcept;
  void farewell(v3::event& last) noexcept;
  bool must_wait(frame const& received) const noexcept;

  // What these have to tell goes into happened, which is empty before.
  void handle(message_part const& part, v3::event& happened) noexcept;
  void handle(frame const& received, v3::event& happened) noexcept;
  void begin_large(message_part const& part, v3::event& happened) noexcept;
  void end_large(v3::event& happened) noexcept;
  template <class P>
  void decode_and_handle(frame const& received, v3::event& happened) noexcept;
  void on(v3::connack const& packet, v3::event& happened) noexcept;
  void on(v3::publish const& packet, v3::event& happened) noexcept;
  void on(v3::suback const& packet, v3::event& happened) noexcept;
  void on(v3::pingresp const& packet, v3::event& happened) noexcept;
  void on_acknowledgement(frame const& received, v3::event& happened) noexcept;
  void answered(event_kind kind, packet_id id, v3::event& happened) noexcept;
  void nobody_waits(packet_id id) noexcept;

  // Small members first: short offsets make short instructions.
  session_state state_ = session_state::idle;
  bool clean_session_ = true;
  bool closed_told_ = true;
  bool large_known_ = false;  // the message that is coming in parts is a repetition: no events
  bool ping_owed_ = false;
  bool state_is_new_ = false;        // its time begins at the next advance()
  std::uint16_t delivered_ = 0;      // the message of the last event, acknowledged when the next is asked for
  std::uint16_t large_ = 0;          // the identifier of the message that is coming in parts, 0 without
  std::size_t ping_ahead_ = 0;       // bytes up to the end of a PINGREQ that is pending
  std::size_t payload_missing_ = 0;  // of a message that is sent in parts
  tick now_{};
  tick state_since_{};  // connecting and leaving have their time
  error loss_{};        // the transport is gone, its last bytes are still to be handled
  error cause_{};       // why the state is closed
  request_table requests_;
  inbox inbox_;
  keep_alive keep_alive_{};
  output_queue output_;
  payload_reader<v3_tag> reader_;
  char_view rejected_{};  // the packet that is handled now, and after the end the one that was to blame
  client_options options_;
};

inline bool basic_client<v3_tag>::enter(session_input input) noexcept {
  transition const t = next_state(state_, input);
  if (t.allowed) state_ = t.next;
  return t.allowed;
}

// Closes without DISCONNECT, so that the server publishes the will.
inline void basic_client<v3_tag>::fail(error cause) noexcept {
  if (!enter(session_input::broken)) return;  // v3.1.1:MQTT-4.8.0-1
  cause_ = cause;
  reader_.refuse(cause);  // whose memory stays as it is, for rejected()
  output_.clear();
  payload_missing_ = 0;
}

inline void basic_client<v3_tag>::commit(std::size_t count) noexcept {
  if (count != 0) keep_alive_.received(now_);
  reader_.commit(count);
}

// PINGREQ and PUBACKs are noted when they come up and written when there is room: a full buffer delays
// them and loses none. False while some are still owed.
inline bool basic_client<v3_tag>::write_owed() noexcept {
  if (state_ != session_state::connected) return true;
  if (payload_missing_ != 0) return false;  // these bytes come next, whatever else waits
  if (ping_owed_) {
    if (!output_.append(detail::constant_pingreq.view())) return false;
    ping_owed_ = false;
    ping_ahead_ = output_.pending().size();
  }
  while (inbox_.ready()) {
    if (!output_.append(v3::puback{inbox_.front()}))
      return false;  // v3.1.1:MQTT-2.3.1-6, v3.1.1:MQTT-3.3.4-1
    inbox_.pop();
  }
  return true;
}

inline byte_view basic_client<v3_tag>::pending_output() noexcept {
  static_cast<void>(write_owed());
  return output_.pending();
}

inline void basic_client<v3_tag>::consume(std::size_t count) noexcept {
  std::size_t const sent = output_.consume(count);
  requests_.sent(sent);
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
  if (state_ == session_state::connecting && too_long && reader_.peek().status == part_status::need_more)
    return fail({errc::connack_timeout, 0});
  if (state_ == session_state::connected) watch_peer(now);
}

inline void basic_client<v3_tag>::watch_peer(tick now) noexcept {
  if (reader_.full()) keep_alive_.received(now);  // the application is behind: no sign of life can come in
  bool const held_up = ping_owed_ && payload_missing_ != 0 && output_.empty();
  if (held_up) keep_alive_.ping_queued(now);  // behind a payload that the application has still to bring
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
