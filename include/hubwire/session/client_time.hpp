// SPDX-License-Identifier: BSL-1.0
// Bytes and time, as a pump moves them through a client. The timers: CONNACK, keep alive, answers to
// requests, the goodbye. v3.1.1 §3.1.2.10.
#ifndef HUBWIRE_SESSION_CLIENT_TIME_HPP
#define HUBWIRE_SESSION_CLIENT_TIME_HPP

#include <cstddef>
#include <cstdint>
#include <optional>

#include <hubwire/core/tick.hpp>
#include <hubwire/session/basic_client.hpp>

namespace hubwire { inline namespace abi1 {

// These are inline although they are templates: compilers are readier to inline what is declared so.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::enter(session_input input) noexcept {
  transition const t = next_state(state_, input);
  state_ = t.next;
  return t.allowed;
}

// Closes without DISCONNECT, so that the server publishes the will.
template <class Protocol, message_reader Reader, class Keep>
HUBWIRE_ONE_COPY void basic_client<Protocol, Reader, Keep>::fail(error why) noexcept {
  if (!enter(session_input::broken)) return;  // v3.1.1:MQTT-4.8.0-1
  link_.cause = why;
  reader_.refuse(link_.cause);  // whose memory stays as it is, for rejected()
  output_.clear();
  log_.end_run();
  link_.payload_missing = 0;
  link_.farewell_owed = false;
}

// Closes after the transport or a timer has ended the connection and all that came before was handled.
template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::close_ended() noexcept {
  link_.rejected = {};
  if (link_.cause.code != errc::none) return fail(link_.cause);
  static_cast<void>(enter(session_input::ended));
}

template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::commit(std::size_t count) noexcept {
  link_.heard = link_.heard || count != 0;
  reader_.commit(count);
}

template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::write_owed() noexcept {
  bool const owed = link_.ping_owed || log_.messages.ready();
  return !owed || write_all_owed();
}

template <class Protocol, message_reader Reader, class Keep>
inline byte_view basic_client<Protocol, Reader, Keep>::pending_output() noexcept {
  static_cast<void>(write_owed());
  if constexpr (Keep::has_packets) {
    put_packets(log_.kept);
    if (!log_.run().empty()) return log_.run();
  }
  return output_.offer();
}

template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::acknowledge_with(packet_type type, packet_id id) noexcept {
  constexpr std::size_t size = wire::acknowledgement_size;
  std::uint8_t* const to = output_.append_space(size);
  if (to != nullptr) wire::acknowledge(std::span<std::uint8_t, size>(to, size), type, id);
  return to != nullptr;
}

// PUBREL takes the place of its PUBLISH.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::put_release() noexcept {
  if (link_.payload_missing != 0) return false;                                     // these bytes come next
  if (!acknowledge_with(packet_type::pubrel, log_.requests.unput())) return false;  // v3.1.1:MQTT-4.4.0-1
  log_.requests.put(output_.pending().size());
  return true;
}

// Kept packets leave when nothing else is on its way: those that lie one behind the other in one piece. After
// the last one comes DISCONNECT. None leaves before CONNACK, which says whether the session goes on. One
// whose time is over is told first.
template <class Protocol, message_reader Reader, class Keep>
template <class Kept>
HUBWIRE_ONE_COPY void basic_client<Protocol, Reader, Keep>::put_packets(Kept& kept) noexcept {
  bool const busy = link_.payload_missing != 0 || !kept.run().empty() || !output_.empty();
  if (busy || !may_put()) return;
  bool more = link_.greeted;
  while (more && log_.requests.has_unput()) more = put_next(kept);
  if (link_.farewell_owed && kept.run().empty()) put_farewell();
}

template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::put_farewell() noexcept {
  if (link_.greeted && log_.requests.has_unput()) return;
  if (output_.append(wire::farewell())) link_.farewell_owed = false;
}

// Whether there is a connection for kept packets, and nothing to be told before.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::may_put() const noexcept {
  bool const open = state_ == session_state::connected || link_.farewell_owed;
  return open && !log_.requests.losing();
}

// False when the next one cannot leave together with what was put out before.
template <class Protocol, message_reader Reader, class Keep>
template <class Kept>
inline bool basic_client<Protocol, Reader, Keep>::put_next(Kept& kept) noexcept {
  packet_id const id = log_.requests.unput();
  outgoing_stage const stage = log_.requests.stage(id);
  if (stage == outgoing_stage::released) return kept.run().empty() && put_release();
  bool const waits = is_publish(stage) && !peer_.takes_another(log_.requests.publishes());
  if (waits || log_.unput_expired(now_) || !output_.empty() || !kept.extend_run(id)) return false;
  if (is_publish(stage) && log_.requests.unput_again()) wire::mark_duplicate(kept.packet(id));
  log_.requests.put(kept.run().size());
  return true;
}

// PINGREQ and PUBACKs are noted when they come up and written when there is room: a full buffer delays them
// and loses none. Returns false while some are still owed.
template <class Protocol, message_reader Reader, class Keep>
HUBWIRE_ONE_COPY bool basic_client<Protocol, Reader, Keep>::write_all_owed() noexcept {
  if (state_ != session_state::connected) return true;
  if (link_.payload_missing != 0) return false;  // these bytes come next, whatever else waits
  if (link_.ping_owed) {
    if (!output_.append(wire::ping())) return false;
    link_.ping_owed = false;
    link_.ping_ahead = output_.pending().size();
  }
  for (;;) {
    packet_type const answer = log_.messages.front_answer();
    if (answer == packet_type{}) return true;
    if (!acknowledge_with(answer, log_.messages.front_id())) return false;  // v3.1.1:MQTT-2.3.1-6
    log_.messages.pop();
  }
}

template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::consume(std::size_t count) noexcept {
  std::size_t const sent = consume_from(count);
  if (sent == 0) return;
  log_.requests.sent(sent);
  keep_alive_.sent(now_);
  // The time for the answer begins when the ping has left, since the bytes in front of it may take long.
  if (link_.ping_ahead > sent) {
    link_.ping_ahead -= sent;
  } else if (link_.ping_ahead != 0) {
    link_.ping_ahead = 0;
    if (link_.heard) keep_alive_.received(now_);  // before the ping: no answer to it
    keep_alive_.ping_left(now_, link_.ping_answered);
    if (!link_.ping_answered && link_.pings_out != 255) ++link_.pings_out;
    link_.heard = link_.ping_answered = false;
  }
  bool const all_left = output_.empty() && !link_.farewell_owed;
  if (state_ == session_state::leaving && all_left) static_cast<void>(enter(session_input::drained));
}

template <class Protocol, message_reader Reader, class Keep>
HUBWIRE_ONE_COPY void basic_client<Protocol, Reader, Keep>::lost(error cause) noexcept {
  if (!in_use() || link_.cut_off) return;
  link_.cut_off = true;
  link_.cause = cause;
  if (cause.code == errc::none && state_ != session_state::left) link_.cause.code = errc::connection_lost;
  if (nothing_unread()) close_ended();
}

template <class Protocol, message_reader Reader, class Keep>
inline std::uint32_t basic_client<Protocol, Reader, Keep>::state_time() const noexcept {
  bool const connecting = state_ == session_state::connecting;
  return connecting ? connack_timeout_ : disconnect_timeout_;
}

template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::advance(tick now) noexcept {
  if (now - now_ < 0) step_back(now);
  now_ = now;
  if (link_.heard) keep_alive_.received(now);  // since the last advance(), nobody knows when
  link_.heard = false;
  log_.requests.start_waiting(now);
  keep_alive_.told(now);
  if (link_.state_is_new) state_since_ = now;
  link_.state_is_new = false;
  if (!in_use() || link_.cut_off) return;  // next_event() tells how it ended
  if (state_ == session_state::connected) return watch_peer(now);
  if (!reached(state_since_ + state_time(), now)) return;
  if (state_ != session_state::connecting) return lost({errc::disconnect_timeout, 0});
  if (nothing_unread()) lost({errc::connack_timeout, 0});
}

// The clock steps back to now. What waits since a later time waits since now; requests all do.
template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::step_back(tick now) noexcept {
  keep_alive_.step_back(now);
  log_.requests.wait_anew(now);
  state_since_ = detail::earlier(state_since_, now);
}

template <class Protocol, message_reader Reader, class Keep>
HUBWIRE_SMALLER_INLINE void basic_client<Protocol, Reader, Keep>::watch_peer(tick now) noexcept {
  if (reader_.full()) keep_alive_.cannot_hear(now);  // the application is behind: no sign of life can come in
  if (keep_alive_.dead(now)) return lost({errc::keep_alive_timeout, 0});
  bool const overdue = request_timeout_ != 0 && log_.requests.waiting() &&
                       reached(log_.requests.oldest_since() + request_timeout_, now);
  if (overdue && nothing_unread()) return lost({errc::request_timeout, log_.requests.front().number()});
  if (overdue)
    log_.requests.wait_anew(now);  // the answer may be behind what the application has not asked for
  if (keep_alive_.ping_due(now)) {
    link_.ping_owed = true;
    keep_alive_.ping_queued();
  }
}

template <class Protocol, message_reader Reader, class Keep>
inline std::optional<tick> basic_client<Protocol, Reader, Keep>::deadline() const noexcept {
  if (!in_use()) return std::nullopt;
  if (link_.state_is_new) return state_since_;  // that is now: the time, please
  if (state_ == session_state::left && !reached(half_close_due(), now_)) return half_close_due();
  if (state_ != session_state::connected) return state_since_ + state_time();
  std::optional<tick> const next = keep_alive_.deadline();
  if (request_timeout_ == 0 || !log_.requests.waiting()) return next;
  tick const overdue = log_.requests.oldest_since() + request_timeout_;
  return next ? detail::earlier(*next, overdue) : overdue;
}

}}  // namespace hubwire

#endif
