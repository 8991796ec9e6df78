// SPDX-License-Identifier: BSL-1.0
// The receiving half of a client: what each packet from the server does. v3.1.1 §3 and §4.
#ifndef HUBWIRE_SESSION_CLIENT_EVENTS_HPP
#define HUBWIRE_SESSION_CLIENT_EVENTS_HPP

#include <cstdint>

#include <hubwire/session/basic_client.hpp>
#include <hubwire/session/event.hpp>

namespace hubwire { inline namespace abi1 {

template <class Protocol, message_reader Reader>
inline auto basic_client<Protocol, Reader>::find_event() noexcept -> event {
  if (link_.delivered) inbox_.acknowledge_last();  // v3.1.1:MQTT-4.5.0-2
  link_.delivered = false;
  static_cast<void>(write_owed());  // a PUBACK that fits makes room for the next message
  event happened;
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
template <class Protocol, message_reader Reader>
inline void basic_client<Protocol, Reader>::tell_end(event& happened) noexcept {
  if (state_ != session_state::closed || link_.closed_told) return;  // v3.1.1:MQTT-4.1.0-2
  if (!requests_.empty()) {
    happened = event::of_request(event_kind::abandoned, packet_id::trusted(requests_.front().id));
    return requests_.pop();
  }
  link_.closed_told = true;
  happened = event::of_end_of_connection(link_.cause);
}

// Whether a QoS 1 message has to wait in the receive buffer because the application is behind: the
// transport then slows the server down. When no PUBACK can leave any more, nothing keeps it from being
// told.
template <class Protocol, message_reader Reader>
inline bool basic_client<Protocol, Reader>::must_wait(frame const& received) const noexcept {
  bool const numbered = received.type() == packet_type::publish && (received.flags() & 0x06) != 0;
  return numbered && inbox_.full() && state_ == session_state::connected && !link_.cut_off;
}

template <class Protocol, message_reader Reader>
inline void basic_client<Protocol, Reader>::handle(frame_result const& part, event& happened) noexcept {
  if constexpr (Reader::knows_parts) {
    if (part.status == frame_status::end) return end_large(happened);
    if (part.status == frame_status::piece) {
      happened = event::of_piece(link_.large, part.payload());
      return;
    }
  }
  handle(part.frame, happened);
  if constexpr (Reader::knows_parts)
    if (part.status == frame_status::begin) begin_large(part, happened);
}

template <class Protocol, message_reader Reader>
inline void basic_client<Protocol, Reader>::begin_large(frame_result const& part, event& happened) noexcept {
  link_.large_known = !happened;
  if (link_.large_known) return reader_.skip_payload();
  link_.delivered = false;  // not before its end
  link_.large = happened.has_id() ? happened.id().number() : std::uint16_t{0};
  happened = event::of_begin(happened.message(), part.size);
}

template <class Protocol, message_reader Reader>
inline void basic_client<Protocol, Reader>::end_large(event& happened) noexcept {
  if (link_.large_known) return;
  std::uint16_t const id = link_.large;
  link_.delivered = acknowledge_ == acknowledge::automatically && id != 0;
  link_.large = 0;
  happened = event::of_end(id);
}

template <class Protocol, message_reader Reader>
inline void basic_client<Protocol, Reader>::handle(frame const& received, event& happened) noexcept {
  link_.rejected = {received.view().data(), received.view().size()};
  bool const answers_connect = received.type() == packet_type::connack;
  if (answers_connect == link_.greeted)  // v3.1.1:MQTT-3.2.0-1
    return object(answers_connect ? objection::second_connack : objection::packet_before_connack);
  switch (received.type()) {
    case packet_type::connack: return on_greeting(received, happened);
    case packet_type::publish: return on_message(received, happened);
    case packet_type::pingresp: return on_ping_answer(received);
    default: return on_answer(received, happened);
  }
}

template <class Protocol, message_reader Reader>
inline void basic_client<Protocol, Reader>::on_greeting(frame const& received, event& happened) noexcept {
  auto greeting = wire::read_greeting(received);
  if (!greeting) return fail(greeting.error());
  if (greeting->session_present && clean_session_)  // v3.1.1:MQTT-3.2.2-1
    return object(objection::session_present_unasked);
  link_.greeted = true;
  peer_ = greeting->peer;
  if (auto const seconds = peer_.keep_alive()) keep_alive_.start(now_, *seconds, ping_timeout_);
  static_cast<void>(enter(session_input::accepted));
  happened = event::of_connection(greeting->session_present);
}

template <class Protocol, message_reader Reader>
inline void basic_client<Protocol, Reader>::on_message(frame const& received, event& happened) noexcept {
  auto packet = wire::read_message(received);
  if (!packet) return fail(packet.error());  // v3.1.1:MQTT-4.8.0-1, v3.1.1:MQTT-3.3.1-4
  delivery const how = packet->delivery;
  if (how.qos() == qos::exactly_once) return fail({errc::not_supported, 0});
  if (how.has_id()) {
    // The message is not acknowledged yet. A repetition of it changes nothing. A new message must not use
    // its identifier.
    if (inbox_.holds(how.id())) {
      if (!how.duplicate()) object(objection::identifier_in_use);
      return;
    }
    inbox_.add(how.id());
    link_.delivered = acknowledge_ == acknowledge::automatically;
  }
  happened = event::of_message(*packet);
}

template <class Protocol, message_reader Reader>
inline void basic_client<Protocol, Reader>::on_ping_answer(frame const& received) noexcept {
  error const wrong = wire::read_ping_answer(received);
  if (wrong.code != errc::none) return fail(wrong);  // v3.1.1:MQTT-4.8.0-1
  bool const offered = link_.ping_ahead != 0 && link_.ping_ahead <= output_.offered();
  if (link_.pings_out != 0)
    --link_.pings_out;
  else if (offered)
    link_.ping_answered = true;
}

template <class Protocol, message_reader Reader>
inline void basic_client<Protocol, Reader>::on_answer(frame const& received, event& happened) noexcept {
  auto answer = wire::read_answer(received);
  if (!answer) return fail(answer.error());  // v3.1.1:MQTT-4.8.0-1
  auto const wrong = requests_.answer(answer->id, answer->kind, answer->codes.size(), output_.offered());
  if (wrong == answer_fault::number_of_codes) return object(objection::wrong_number_of_codes);
  if (wrong != answer_fault::none)  // v3.1.1:MQTT-2.3.1-7, v3.1.1:MQTT-3.8.4-2, v3.1.1:MQTT-3.10.4-4
    return fail({errc::unexpected_packet, answer->id.number()});
  happened = wire::tell(*answer);
}

}}  // namespace hubwire

#endif
