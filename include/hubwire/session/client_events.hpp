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
    static_cast<void>(inbox_.acknowledge(packet_id::trusted(link_.delivered)));  // v3.1.1:MQTT-4.5.0-2
  link_.delivered = 0;
  static_cast<void>(write_owed());  // a PUBACK that fits makes room for the next message
  event happened;
  if (has_old_requests() && find_old_request(happened)) return happened;
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
    if (!outbox_.empty()) {
      happened = event::of_loss(outbox_.front(), link_.cause);
      return outbox_.settle(outbox_.front());
    }
  link_.closed_told = true;
  happened = event::of_end_of_connection(link_.cause);
}

// Requests of earlier connections, in the order of sending. A session that was lost: each of them is told as
// lost. A session that goes on: the application is asked for each message, and PUBRELs go out in between.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::find_old_request(event& happened) noexcept {
  if constexpr (!Keep::resends) return false;
  if (outbox_.losing()) return lose_front(happened, outbox_.front(), errc::session_lost);
  if constexpr (Keep::resends && !Keep::has_packets) {
    if (!can_answer()) return false;
    while (outbox_.has_unput()) {
      packet_id const id = outbox_.unput();
      outgoing_stage const stage = outbox_.stage(id);
      if (stage == outgoing_stage::released) {
        if (!put_release()) return false;
      } else if (!is_publish(stage)) {
        return lose_front(happened, id, errc::connection_lost);
      } else if (unput_expired()) {
        return lose_front(happened, id, errc::message_expired);
      } else if (link_.repeat_told != id.number()) {
        link_.repeat_told = id.number();
        happened = event::of_request(event_kind::repeat, id);
        return true;
      } else {
        return false;
      }
    }
  } else if constexpr (Keep::has_packets) {
    if (state_ != session_state::connecting && outbox_.has_unput() && unput_expired())
      return lose_front(happened, outbox_.unput(), errc::message_expired);
  }
  return false;
}

template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::lose_front(event& happened, packet_id id, errc why) noexcept {
  if constexpr (Keep::survives)
    if (is_publish(outbox_.stage(id)) && !remembers(record_kind::settled, id)) return false;
  if constexpr (Keep::has_packets) kept_.drop(id);
  outbox_.settle(id);
  happened = event::of_loss(id, {why, 0});
  return true;
}

// Whether a packet has to wait in the receive buffer: a message because the application is behind, which slows
// the server down; what is answered at once because there is no room for the answer. When no answer can leave
// any more, nothing has to wait.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::must_wait(frame const& received) const noexcept {
  if (!can_answer()) return false;
  packet_type const type = received.type();
  unsigned const level = type == packet_type::publish ? received.flags() & 0x06 : 0;
  if (level != 0 && inbox_.full() && !inbox_.waits_for_server()) return true;
  if constexpr (!Keep::resends) return false;
  bool const answered = level == 0x04 || type == packet_type::pubrec || type == packet_type::pubrel;
  return answered && (link_.payload_missing != 0 || output_.room() < 4);
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
inline void basic_client<Protocol, Reader, Keep>::begin_large(frame_result const& part, event& happened) noexcept {
  link_.large_known = !happened;
  if (link_.large_known) return reader_.skip_payload();
  link_.delivered = 0;  // not before its end
  link_.large = happened.has_id() ? happened.id().number() : std::uint16_t{0};
  happened = event::of_begin(happened.message(), part.size);
}

template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::end_large(event& happened) noexcept {
  if (link_.large_known) return;
  std::uint16_t const id = link_.large;
  link_.delivered = acknowledge_ == acknowledge::automatically ? id : std::uint16_t{0};
  if constexpr (Keep::survives)
    if (id != 0 && inbox_.stage(packet_id::trusted(id)) == incoming_stage::told_2 &&
        !takes_over(packet_id::trusted(id)))
      return;
  link_.large = 0;
  happened = event::of_end(id);
}

template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::handle(frame const& received, event& happened, bool large) noexcept {
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
inline void basic_client<Protocol, Reader, Keep>::on_greeting(frame const& received, event& happened) noexcept {
  auto greeting = wire::read_greeting(received);
  if (!greeting) return fail(greeting.error());
  if (greeting->session_present && clean_session_)  // v3.1.1:MQTT-3.2.2-1
    return object(objection::session_present_unasked);
  link_.greeted = true;
  peer_ = greeting->peer;
  if (auto const seconds = peer_.keep_alive()) keep_alive_.start(now_, *seconds, ping_timeout_);
  static_cast<void>(enter(session_input::accepted));
  // What belonged to a clean session has ended with it: the session that the server has is another one.
  if (Keep::resends && greeting->session_present && has_session_) {
    inbox_.resume();
  } else {
    if constexpr (Keep::resends) outbox_.lose();
    inbox_.clear();  // v3.1.1:MQTT-3.1.2-6
    if constexpr (Keep::survives) {
      error const why = kept_.snapshot(outbox_, inbox_, true);
      if (why.code != errc::none) return fail(why);
    }
  }
  has_session_ = !clean_session_;
  happened = event::of_connection(greeting->session_present);
}

template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::on_message(frame const& received, event& happened,
                                                             [[maybe_unused]] bool large) noexcept {
  auto packet = wire::read_message(received);
  if (!packet) return fail(packet.error());  // v3.1.1:MQTT-4.8.0-1, v3.1.1:MQTT-3.3.1-4
  delivery const how = packet->delivery;
  bool const twice = how.qos() == qos::exactly_once;
  if (twice && !Keep::resends) return fail({errc::not_supported, 0});
  if (how.has_id()) {
    bool const full = inbox_.full() && inbox_.stage(how.id()) == incoming_stage::none;
    if (full && can_answer()) return fail({errc::capacity_exhausted, inbox_.capacity()});
    incoming_outcome const outcome =
        full ? incoming_outcome::tell : inbox_.publish(how.id(), how.qos());
    if (outcome == incoming_outcome::answer && can_answer())
      static_cast<void>(acknowledge_with(packet_type::pubrec, how.id()));  // v3.1.1:MQTT-4.3.3-2
    // A message of QoS 1 is not acknowledged yet. A repetition of it changes nothing. A new message must not
    // use its identifier.
    bool const in_use = outcome == incoming_outcome::unexpected || (!twice && !how.duplicate());
    if (outcome != incoming_outcome::tell && in_use) object(objection::identifier_in_use);
    if (outcome != incoming_outcome::tell || (full && twice)) return;
    if (Keep::survives && twice && !large && !takes_over(how.id())) return;
    if (acknowledge_ == acknowledge::automatically) link_.delivered = how.id().number();
  }
  happened = event::of_message(*packet);
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
inline void basic_client<Protocol, Reader, Keep>::on_answer(frame const& received, event& happened) noexcept {
  auto answer = wire::read_answer(received);
  if (!answer) return fail(answer.error());  // v3.1.1:MQTT-4.8.0-1
  packet_id const id = answer->id;
  if (Keep::resends && answer->type == packet_type::pubrel) return on_release(id);
  auto const done = outbox_.judge(id, answer->type, answer->codes.size(), offered());
  if (done == answer_result::wrong_codes) return object(objection::wrong_number_of_codes);
  if (done == answer_result::unexpected)  // v3.1.1:MQTT-2.3.1-7, v3.1.1:MQTT-3.8.4-2, v3.1.1:MQTT-3.10.4-4
    return fail({errc::unexpected_packet, id.number()});
  bool const release = done == answer_result::release;
  if constexpr (Keep::survives)
    if (is_publish(outbox_.stage(id)) && !remembers(release ? record_kind::released : record_kind::settled, id))
      return;
  if constexpr (Keep::has_packets) kept_.drop(id);
  if (release) {
    outbox_.release(id, now_);
    if (can_answer()) static_cast<void>(acknowledge_with(packet_type::pubrel, id));  // v3.1.1:MQTT-4.3.3-1
    return;
  }
  outbox_.settle(id);  // v3.1.1:MQTT-2.3.1-3
  happened = wire::tell(*answer, done == answer_result::settled_repeated);
}

// A message of QoS 2 is the application's before it is told: then no power cut doubles it. An application that
// acknowledges by itself says when.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::takes_over(packet_id id) noexcept {
  if (acknowledge_ == acknowledge::by_application || remembers(record_kind::received, id)) return true;
  inbox_.forget(id);
  return false;
}

// PUBREL, also for a message that nobody knows: the server must not wait for ever. When no answer can leave, the
// server says it again.
template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::on_release(packet_id id) noexcept {
  if (!can_answer()) return;
  incoming_stage const stage = inbox_.stage(id);
  if (next_step(stage, incoming_input::pubrel).outcome == incoming_outcome::unexpected)
    return fail({errc::unexpected_packet, id.number()});
  if (Keep::survives && stage != incoming_stage::none && !remembers(record_kind::completed, id)) return;
  static_cast<void>(inbox_.release(id));
  static_cast<void>(acknowledge_with(packet_type::pubcomp, id));  // v3.1.1:MQTT-4.3.3-2
}

}}  // namespace hubwire

#endif
