// SPDX-License-Identifier: BSL-1.0
// The client side of MQTT 3.1.1 without I/O: verbs go in, bytes and events come out. QoS 0 and 1;
// QoS 2 and messages that survive a connection come later. v3.1.1 §3 and §4.
#ifndef HUBWIRE_SESSION_CLIENT_V3_HPP
#define HUBWIRE_SESSION_CLIENT_V3_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

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

namespace hubwire::inline HUBWIRE_ABI {

template <class Protocol, message_reader Reader = payload_reader<Protocol>>
class basic_client;

// The logic; client<v3_tag, limits<…>> in session/client.hpp brings the tables. Not for use from two
// threads or from an interrupt at once: it has no locks.
template <message_reader Reader>
class basic_client<v3_tag, Reader> {
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
  std::size_t payload_missing() const noexcept { return link_.payload_missing; }

  // Event subscribed or unsubscribed carries the identifier. Errors: capacity_exhausted, not_supported
  // (QoS 2), those of encode.
  result<packet_id> subscribe(std::span<v3::subscription const> wanted) noexcept;
  result<packet_id> unsubscribe(std::span<v3::unsubscription const> filters) noexcept;

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
  void skip_payload() noexcept requires(Reader::knows_parts) { reader_.skip_payload(); }
  // After event closed with a cause that is the server's fault: the packet that ended the connection, as
  // far as it has come, for diagnose_refused(). Empty when it was one that did not come. A view, until connect().
  char_view rejected() const noexcept {
    bool const silence = link_.cause == errc::keep_alive_timeout || link_.cause == errc::connack_timeout;
    return finished() && link_.cause.blamed_on() == blame::peer && !silence ? link_.rejected : char_view{};
  }

  // One event at a time; kind none when there is nothing.
  v3::event next_event() noexcept;
  session_state state() const noexcept { return state_; }

 protected:
  struct tables {
    std::span<request> requests;
    std::span<received_message> received;
  };
  basic_client(byte_span receive, byte_span transmit, tables storage, client_options const& options) noexcept
      : acknowledge_(options.acknowledge),
        ping_timeout_(detail::within_reach(options.ping_timeout)),
        reader_(receive, options.large_messages, options.largest_packet,
                first_bytes_from<v3_tag, role::server>),
        output_(transmit),
        requests_(storage.requests),
        inbox_(storage.received),
        connack_timeout_(detail::within_reach(options.connack_timeout)) {}
  // Nothing to do: at namespace scope a destructor would be registered with __cxa_atexit, which firmware need not
  // have. A password that was not sent lies in the caller's transmit buffer until next_event() reports the end.
  ~basic_client() = default;

 private:
  bool enter(session_input input) noexcept;
  bool write_owed() noexcept;
  errc refused() noexcept;
  // As the detail of an error; at most 268,435,455.
  std::uint32_t missing() const noexcept { return static_cast<std::uint32_t>(link_.payload_missing); }
  result<delivery> next_delivery(qos level) noexcept;
  void note(result<delivery>& how, result<byte_view> const& written, request_kind kind,
            std::size_t filters = 0) noexcept;
  std::uint32_t state_time() const noexcept;
  void watch_peer(tick now) noexcept;
  void fail(errc code, std::uint32_t detail = 0) noexcept;
  void fail(error cause) noexcept { fail(cause.code, cause.detail); }
  void farewell(v3::event& last) noexcept;
  bool must_wait(frame const& received) const noexcept;

  // What these have to tell goes into happened, which is empty before.
  void handle(message_part const& part, v3::event& happened) noexcept;
  void handle(frame const& received, v3::event& happened) noexcept;
  void begin_large(message_part const& part, v3::event& happened) noexcept;
  void end_large(v3::event& happened) noexcept;
  void on(v3::connack const& packet, v3::event& happened) noexcept;
  void on_publish(frame const& received, v3::event& happened) noexcept;
  void on_pingresp(frame const& received) noexcept;
  void on_answer(frame const& received, v3::event& happened) noexcept;

  // What belongs to one connection: connect() begins with a new one.
  struct connection {
    bool closed_told = false;
    bool large_known = false;  // the message that is coming in parts is a repetition: no events
    bool ping_owed = false;
    bool state_is_new = false;        // its time begins at the next advance()
    bool delivered = false;           // the last event was a message, acknowledged when the next is asked for
    std::uint16_t large = 0;          // the identifier of the message that is coming in parts, 0 without
    std::size_t ping_ahead = 0;       // bytes up to the end of a PINGREQ that is pending
    std::size_t payload_missing = 0;  // of a message that is sent in parts
    error loss{};                     // the transport is gone, its last bytes are still to be handled
    error cause{};                    // why the state is closed
    char_view rejected{};  // the packet that is handled now, and after the end the one that was to blame
  };

  // Small members first, then those that are looked at in line most often: short offsets make short instructions.
  session_state state_ = session_state::idle;
  bool clean_session_ = true;
  hubwire::acknowledge acknowledge_;
  connection link_{};
  std::uint32_t ping_timeout_;
  tick now_{};
  tick state_since_{};  // connecting and leaving have their time
  Reader reader_;
  keep_alive keep_alive_{};
  output_queue output_;
  request_table requests_;
  inbox inbox_;
  std::uint32_t connack_timeout_;
};

// inline although they are templates: compilers are readier to inline what is.
template <message_reader Reader>
inline bool basic_client<v3_tag, Reader>::enter(session_input input) noexcept {
  transition const t = next_state(state_, input);
  state_ = t.next;
  return t.allowed;
}

// Closes without DISCONNECT, so that the server publishes the will.
template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::fail(errc code, std::uint32_t detail) noexcept {
  if (!enter(session_input::broken)) return;  // v3.1.1:MQTT-4.8.0-1
  link_.cause = {code, detail};
  reader_.refuse(link_.cause);  // whose memory stays as it is, for rejected()
  output_.clear();
  link_.payload_missing = 0;
}

template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::commit(std::size_t count) noexcept {
  if (count != 0) keep_alive_.received(now_);
  reader_.commit(count);
}

// PINGREQ and PUBACKs are noted when they come up and written when there is room: a full buffer delays
// them and loses none. False while some are still owed.
template <message_reader Reader>
inline bool basic_client<v3_tag, Reader>::write_owed() noexcept {
  if (state_ != session_state::connected) return true;
  if (link_.payload_missing != 0) return false;  // these bytes come next, whatever else waits
  if (link_.ping_owed) {
    if (!output_.append(v3::pingreq{})) return false;
    link_.ping_owed = false;
    link_.ping_ahead = output_.pending().size();
  }
  while (inbox_.ready()) {
    if (!output_.append(v3::puback{inbox_.front()}))
      return false;  // v3.1.1:MQTT-2.3.1-6, v3.1.1:MQTT-3.3.4-1
    inbox_.pop();
  }
  return true;
}

template <message_reader Reader>
inline byte_view basic_client<v3_tag, Reader>::pending_output() noexcept {
  static_cast<void>(write_owed());
  return output_.pending();
}

template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::consume(std::size_t count) noexcept {
  std::size_t const sent = output_.consume(count);
  requests_.sent(sent);
  if (sent != 0) keep_alive_.sent(now_);
  // The time for the answer begins when the ping has left: what is in front of it may take long.
  if (sent != 0 && (link_.ping_owed || link_.ping_ahead != 0)) keep_alive_.ping_queued(now_);
  link_.ping_ahead -= sent < link_.ping_ahead ? sent : link_.ping_ahead;
  if (output_.empty()) static_cast<void>(enter(session_input::drained));
}

template <message_reader Reader>
inline std::uint32_t basic_client<v3_tag, Reader>::state_time() const noexcept {
  bool const connecting = state_ == session_state::connecting;
  return connecting ? connack_timeout_ : ping_timeout_;
}

template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::advance(tick now) noexcept {
  now_ = now;
  keep_alive_.follow(now);
  if (link_.state_is_new || now - state_since_ < 0) state_since_ = now;
  link_.state_is_new = false;
  if (link_.loss.code != errc::none) return;  // next_event() tells how it ended
  if (state_ == session_state::connected) return watch_peer(now);
  if (!reached(state_since_ + state_time(), now)) return;
  if (state_ == session_state::leaving) return fail(errc::connection_lost);
  if (state_ == session_state::connecting && reader_.peek().status == part_status::need_more)
    return fail(errc::connack_timeout);
}

template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::watch_peer(tick now) noexcept {
  if (reader_.full()) keep_alive_.received(now);  // the application is behind: no sign of life can come in
  bool const held_up = link_.ping_owed && link_.payload_missing != 0 && output_.empty();
  if (held_up) keep_alive_.ping_queued(now);  // behind a payload that the application has still to bring
  if (keep_alive_.dead(now)) return fail(errc::keep_alive_timeout);
  if (!keep_alive_.ping_due(now)) return;
  link_.ping_owed = true;
  keep_alive_.ping_queued(now);
}

template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::lost(error cause) noexcept {
  if (cause.code == errc::none) cause = {errc::connection_lost, 0};
  if (link_.loss.code == errc::none) link_.loss = cause;
  if (state_ == session_state::leaving) fail(cause);
}

template <message_reader Reader>
inline std::optional<tick> basic_client<v3_tag, Reader>::deadline() const noexcept {
  using enum session_state;
  if (state_ == connecting || state_ == leaving) return state_since_ + state_time();
  if (state_ == connected) return keep_alive_.deadline();
  return std::nullopt;
}

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
