// SPDX-License-Identifier: BSL-1.0
// The timers of the MQTT 3.1.1 client: CONNACK, keep alive, answers to requests, the goodbye. v3.1.1 §3.1.2.10.
#ifndef HUBWIRE_SESSION_CLIENT_V3_TIME_HPP
#define HUBWIRE_SESSION_CLIENT_V3_TIME_HPP

#include <cstdint>
#include <optional>

#include <hubwire/core/tick.hpp>
#include <hubwire/session/client_v3.hpp>

namespace hubwire { inline namespace abi1 {

template <message_reader Reader>
inline std::uint32_t basic_client<v3_tag, Reader>::state_time() const noexcept {
  bool const connecting = state_ == session_state::connecting;
  return connecting ? connack_timeout_ : disconnect_timeout_;
}

template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::advance(tick now) noexcept {
  now_ = now;
  keep_alive_.follow(now);
  if (link_.heard) keep_alive_.received(now);  // since the last advance(), nobody knows when
  link_.heard = false;
  requests_.follow(now);
  requests_.start_waiting(link_.moved_requests, now);
  link_.moved_requests = 0;
  if (link_.state_is_new || now - state_since_ < 0) state_since_ = now;
  link_.state_is_new = false;
  if (!in_use() || link_.cut_off) return;  // next_event() tells how it ended
  if (state_ == session_state::connected) return watch_peer(now);
  if (!reached(state_since_ + state_time(), now)) return;
  if (state_ != session_state::connecting) return lost({errc::disconnect_timeout, 0});
  if (nothing_unread()) lost({errc::connack_timeout, 0});
}

template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::watch_peer(tick now) noexcept {
  if (reader_.full()) keep_alive_.cannot_hear(now);  // the application is behind: no sign of life can come in
  if (keep_alive_.dead(now)) return lost({errc::keep_alive_timeout, 0});
  bool const overdue =
      request_timeout_ != 0 && !requests_.empty() && reached(requests_.front().since + request_timeout_, now);
  if (overdue && nothing_unread()) return lost({errc::request_timeout, requests_.front().id});
  if (overdue) requests_.wait_anew(now);  // the answer may be behind what the application has not asked for
  if (!keep_alive_.ping_due(now)) return;
  link_.ping_owed = true;
  keep_alive_.ping_queued();
}

template <message_reader Reader>
inline std::optional<tick> basic_client<v3_tag, Reader>::deadline() const noexcept {
  if (!in_use()) return std::nullopt;
  if (state_ == session_state::left && !reached(half_close_due(), now_)) return half_close_due();
  if (state_ != session_state::connected) return state_since_ + state_time();
  std::optional<tick> const next = keep_alive_.deadline();
  if (request_timeout_ == 0 || requests_.empty()) return next;
  tick const overdue = requests_.front().since + request_timeout_;
  return next ? detail::earlier(*next, overdue) : overdue;
}

}}  // namespace hubwire

#endif
