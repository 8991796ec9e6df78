// SPDX-License-Identifier: BSL-1.0
// The receiving half of a client: what each packet from the server does. v3.1.1 §3 and §4.
#ifndef HUBWIRE_SESSION_CLIENT_EVENTS_HPP
#define HUBWIRE_SESSION_CLIENT_EVENTS_HPP

#include <cstdint>

#include <hubwire/session/basic_client.hpp>
#include <hubwire/session/event.hpp>

namespace hubwire { inline namespace abi1 {

template <class Protocol, message_reader Reader, class Keep>
inline auto basic_client<Protocol, Reader, Keep>::find_event() noexcept -> event {
  if (link_.delivered != 0)
    static_cast<void>(log_.messages.acknowledge(packet_id::trusted(link_.delivered)));  // v3.1.1:MQTT-4.5.0-2
  link_.delivered = 0;
  static_cast<void>(write_owed());  // a PUBACK that fits makes room for the next message
  event happened;
  if (log_.has_old() && find_old_request(happened)) return happened;
  while (in_use()) {
    frame_result const found = reader_.peek();
    if (found.status == frame_status::failed) {
      link_.rejected = reader_.unread();
      fail(found.error);  // v3.1.1:MQTT-4.8.0-2, v3.1.1:MQTT-2.2.2-2
    } else if (found.status == frame_status::need_more || must_wait(found.frame)) {
      if (!link_.cut_off) return happened;
      close_ended();
    } else {
      reader_.take(found);
      handle(found, happened);
      if (happened) return happened;
    }
  }
  tell_end(happened);
  return happened;
}

// Tells first the requests that will never be answered, then closed, then nothing.
template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::tell_end(event& happened) noexcept {
  if (state_ != session_state::closed || link_.closed_told) return;  // v3.1.1:MQTT-4.1.0-2
  if constexpr (!Keep::resends)
    if (!log_.requests.empty()) {
      happened = event::of_loss(log_.requests.front(), link_.cause);
      return log_.requests.settle(log_.requests.front());
    }
  link_.closed_told = true;
  happened = event::of_end_of_connection(link_.cause);
}

// Requests of earlier connections, in the order of sending. A session that was lost: each of them is told as
// lost. A session that goes on: the application is asked for each message, and PUBRELs go out in between.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::find_old_request(event& happened) noexcept {
  if constexpr (Keep::resends) {
    if (log_.requests.losing())
      return link_.greeted && lose(happened, log_.requests.front(), errc::session_lost);
    if constexpr (!Keep::has_packets) return can_answer() && find_repeat(happened);
    bool const expired = state_ != session_state::connecting && log_.unput_expired(now_);
    return expired && lose(happened, log_.requests.unput(), errc::message_expired);
  }
  return false;
}

template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::find_repeat(event& happened) noexcept {
  while (log_.requests.has_unput() && log_.requests.stage(log_.requests.unput()) == outgoing_stage::released)
    if (!put_release()) return false;
  if (!log_.requests.has_unput()) return false;
  packet_id const id = log_.requests.unput();
  if (!is_publish(log_.requests.stage(id))) return lose(happened, id, errc::connection_lost);
  if (log_.unput_expired(now_)) {
    link_.repeat_told = 0;
    return lose(happened, id, errc::message_expired);
  }
  if (link_.repeat_told == id.number()) return false;
  link_.repeat_told = id.number();
  happened = event::of_request(event_kind::repeat, id);
  return true;
}

template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::lose(event& happened, packet_id id, errc why) noexcept {
  if constexpr (Keep::survives)
    if (is_publish(log_.requests.stage(id)) && !remembers(record_kind::settled, id)) return false;
  log_.end(id);
  happened = event::of_loss(id, {why, 0});
  return true;
}

// Whether a packet has to wait in the receive buffer: a message because the application is behind, which
// slows the server down; what is answered at once because there is no room for the answer. When no answer can
// leave any more, nothing has to wait.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::must_wait(frame const& received) const noexcept {
  if (!can_answer()) return false;
  unsigned const level = received.type() == packet_type::publish ? received.flags() & 0x06 : 0;
  if (level != 0 && log_.application_is_behind()) return true;
  if (!Keep::resends || !(level == 0x04 || is_answered(received.type()))) return false;
  return link_.payload_missing != 0 || output_.room() < wire::acknowledgement_size;
}

template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::handle(frame_result const& part, event& happened) noexcept {
  if constexpr (Reader::knows_parts) {
    if (part.status == frame_status::end) return end_large(happened);
    if (part.status == frame_status::piece) {
      happened = event::of_piece(link_.large, part.payload());
      return;
    }
  }
  handle(part.frame, happened, part.status == frame_status::begin);
  if constexpr (Reader::knows_parts)
    if (part.status == frame_status::begin) begin_large(part, happened);
}

template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::handle(frame const& received, event& happened,
                                                         bool large) noexcept {
  link_.rejected = {received.view().data(), received.view().size()};
  bool const answers_connect = received.type() == packet_type::connack;
  if (answers_connect == link_.greeted)  // v3.1.1:MQTT-3.2.0-1
    return object(answers_connect ? objection::second_connack : objection::packet_before_connack);
  switch (received.type()) {
    case packet_type::connack: return on_greeting(received, happened);
    case packet_type::publish: return on_message(received, happened, large);
    case packet_type::pingresp: return on_ping_answer(received);
    default: return on_answer(received, happened);
  }
}

template <class Protocol, message_reader Reader, class Keep>
HUBWIRE_SMALLER_INLINE void basic_client<Protocol, Reader, Keep>::on_greeting(frame const& received,
                                                                              event& happened) noexcept {
  auto greeting = wire::read_greeting(received);
  if (!greeting) return fail(greeting.error());
  if (greeting->session_present && clean_session_)  // v3.1.1:MQTT-3.2.2-1
    return object(objection::session_present_unasked);
  link_.greeted = true;
  peer_ = greeting->peer;
  if (auto const seconds = peer_.keep_alive()) keep_alive_.start(now_, *seconds);
  static_cast<void>(enter(session_input::accepted));
  // What belonged to a clean session has ended with it: the session that the server has is another one.
  error const why = log_.resume(greeting->session_present && has_session_);
  if (why.code != errc::none) return fail(why);
  has_session_ = !clean_session_;
  happened = event::of_connection(greeting->session_present);
}

template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::on_ping_answer(frame const& received) noexcept {
  error const wrong = wire::read_ping_answer(received);
  if (wrong.code != errc::none) return fail(wrong);  // v3.1.1:MQTT-4.8.0-1
  bool const offered = link_.ping_ahead != 0 && link_.ping_ahead <= output_.offered();
  if (link_.pings_out != 0)
    --link_.pings_out;
  else if (offered)
    link_.ping_answered = true;
}

template <class Protocol, message_reader Reader, class Keep>
HUBWIRE_SMALLER_INLINE void basic_client<Protocol, Reader, Keep>::on_answer(frame const& received,
                                                                            event& happened) noexcept {
  auto answer = wire::read_answer(received);
  if (!answer) return fail(answer.error());  // v3.1.1:MQTT-4.8.0-1
  packet_id const id = answer->id;
  if (Keep::resends && answer->type == packet_type::pubrel) return on_release(id);
  auto const done = log_.requests.judge(id, answer->type, answer->codes.size(), offered());
  if (done == answer_result::wrong_codes) return object(objection::wrong_number_of_codes);
  if (done == answer_result::unexpected)  // v3.1.1:MQTT-2.3.1-7, v3.1.1:MQTT-3.8.4-2, v3.1.1:MQTT-3.10.4-4
    return fail({errc::unexpected_packet, id.number()});
  bool const release = done == answer_result::release;
  if (!take_answer(id, release) || release) return;
  happened = wire::tell(*answer, done == answer_result::settled_repeated);
}

// Does what an answer is to do. False when it could not be remembered, and the connection has ended.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::take_answer(packet_id id, bool release) noexcept {
  if constexpr (Keep::survives)
    if (is_publish(log_.requests.stage(id)) &&
        !remembers(release ? record_kind::released : record_kind::settled, id))
      return false;
  if (release) {
    log_.release(id, now_);
    if (can_answer()) static_cast<void>(acknowledge_with(packet_type::pubrel, id));  // v3.1.1:MQTT-4.3.3-1
  } else {
    log_.end(id);  // v3.1.1:MQTT-2.3.1-3
  }
  return true;
}

}}  // namespace hubwire

#endif
