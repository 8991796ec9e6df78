// SPDX-License-Identifier: BSL-1.0
// The receiving half of the MQTT 3.1.1 client: what each packet from the server does. v3.1.1 §3 and §4.
#ifndef HUBWIRE_SESSION_CLIENT_V3_EVENTS_HPP
#define HUBWIRE_SESSION_CLIENT_V3_EVENTS_HPP

#include <cstdint>
#include <string_view>

#include <hubwire/codec.hpp>
#include <hubwire/session/client_v3.hpp>

namespace hubwire { inline namespace abi1 {

template <message_reader Reader>
inline v3::event basic_client<v3_tag, Reader>::next_event() noexcept {
  if (link_.delivered) inbox_.acknowledge_last();  // v3.1.1:MQTT-4.5.0-2
  link_.delivered = false;
  static_cast<void>(write_owed());  // a PUBACK that fits makes room for the next message
  v3::event happened;
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
  farewell(happened);
  return happened;
}

// First the requests that will never be answered, then closed, then nothing.
template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::farewell(v3::event& last) noexcept {
  if (state_ != session_state::closed) return;  // v3.1.1:MQTT-4.1.0-2
  if (link_.closed_told) return;
  if (!requests_.empty()) {
    last.kind = event_kind::abandoned;
    last.id = requests_.front().id;
    return requests_.pop();
  }
  link_.closed_told = true;
  last.kind = event_kind::closed;
  last.cause = link_.cause;
}

// A QoS 1 message has to wait in the receive buffer while the application is behind: the transport then
// slows the server down. Not when no PUBACK can leave any more: then nothing keeps it from being told.
template <message_reader Reader>
inline bool basic_client<v3_tag, Reader>::must_wait(frame const& received) const noexcept {
  bool const numbered = received.type() == packet_type::publish && (received.flags() & 0x06) != 0;
  return numbered && inbox_.full() && state_ == session_state::connected && !link_.cut_off;
}

template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::handle(frame_result const& part, v3::event& happened) noexcept {
  if constexpr (Reader::knows_parts) {
    if (part.status == frame_status::end) return end_large(happened);
    if (part.status == frame_status::piece) {
      happened.kind = event_kind::message_piece;
      happened.id = link_.large;
      happened.payload = part.payload();
      return;
    }
  }
  handle(part.frame, happened);
  if constexpr (Reader::knows_parts)
    if (part.status == frame_status::begin) begin_large(part, happened);
}

// What handle() made of its head.
template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::begin_large(frame_result const& part,
                                                      v3::event& happened) noexcept {
  link_.large_known = !happened;
  if (link_.large_known) return reader_.skip_payload();
  link_.delivered = false;  // not before its end
  link_.large = happened.id;
  happened.kind = event_kind::message_begin;
  happened.payload_size = part.size;
}

template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::end_large(v3::event& happened) noexcept {
  if (link_.large_known) return;
  link_.delivered = acknowledge_ == acknowledge::automatically && link_.large != 0;
  happened.kind = event_kind::message_end;
  happened.id = link_.large;
  link_.large = 0;
}

namespace detail {

// The Connect Return code of a CONNACK that is sound but for it; 0 for all else.
inline std::uint8_t refusal_code(frame const& received) noexcept {
  std::string_view const body = received.body();
  bool const connack = received.type() == packet_type::connack && body.size() == 2 && body[0] == 0;
  return connack ? to_byte(body[1]) : std::uint8_t{0};
}

}  // namespace detail

// Not by dispatch(): answers are all read alike, which leaves one decoder instead of six.
template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::handle(frame const& received, v3::event& happened) noexcept {
  link_.rejected = {received.view().data(), received.view().size()};
  bool const answers_connect = received.type() == packet_type::connack;
  if (answers_connect == link_.greeted)  // v3.1.1:MQTT-3.2.0-1
    return object(answers_connect ? objection::second_connack : objection::packet_before_connack);
  switch (received.type()) {
    case packet_type::publish: return on_publish(received, happened);
    case packet_type::pingresp: return on_pingresp(received);
    default: return on_answer(received, happened);  // the reader lets nothing else pass
  }
}

template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::on(v3::connack const& packet, v3::event& happened) noexcept {
  if (packet.code != v3::connect_return_code::accepted)  // v3.1.1:MQTT-3.2.2-5
    return fail(errc::connection_refused, static_cast<std::uint32_t>(packet.code));
  if (packet.session_present && clean_session_)  // v3.1.1:MQTT-3.2.2-1
    return object(objection::session_present_unasked);
  link_.greeted = true;
  static_cast<void>(enter(session_input::accepted));
  happened.kind = event_kind::connected;
  happened.session_present = packet.session_present;
}

template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::on_publish(frame const& received, v3::event& happened) noexcept {
  reader<strict> in(received.body());
  auto const packet = read_body(in, received.flags(), std::type_identity<v3::publish>{});
  if (error const why = in.finish(); why.code != errc::none)  // v3.1.1:MQTT-4.8.0-1, v3.1.1:MQTT-3.3.1-4
    return fail(why);
  delivery const how = packet.delivery;
  if (how.qos() == qos::exactly_once) return fail(errc::not_supported);
  if (how.has_id()) {
    if (inbox_.holds(
            how.id())) {  // not acknowledged yet: a repetition changes nothing, a new message may not
      if (!how.duplicate()) object(objection::identifier_in_use);
      return;
    }
    inbox_.add(how.id());
    link_.delivered = acknowledge_ == acknowledge::automatically;
    happened.id = how.id().number();
  }
  happened.kind = event_kind::message;
  happened.message.emplace(packet);
}

template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::on_pingresp(frame const& received) noexcept {
  if (!received.body().empty()) return fail(errc::malformed_packet);  // v3.1.1:MQTT-4.8.0-1
  bool const offered = link_.ping_ahead != 0 && link_.ping_ahead <= output_.offered();
  if (link_.pings_out != 0)
    --link_.pings_out;
  else if (offered)
    link_.ping_answered = true;
}

// CONNACK: two bytes. PUBACK, SUBACK and UNSUBACK: the identifier, and in a SUBACK the return codes. PUBREC,
// PUBREL and PUBCOMP belong to QoS 2, which was never asked for.
template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::on_answer(frame const& received, v3::event& happened) noexcept {
  packet_type const type = received.type();
  // A code that the standard reserves is a refusal all the same, and its number says more than "malformed".
  if (std::uint8_t const code = detail::refusal_code(received); code > 5)
    return fail(errc::connection_refused, code);
  reader<strict> in(received.body());
  if (type != packet_type::suback) static_cast<void>(in.require_size(2));
  v3::connack outcome;
  std::uint16_t id = 0;
  if (type == packet_type::connack)
    outcome = read_body(in, 0, std::type_identity<v3::connack>{});
  else
    id = detail::read_packet_id(in).number();
  if (type == packet_type::suback) static_cast<void>(detail::read_list<v3::suback_return_code>(in));
  if (error const why = in.finish(); why.code != errc::none) return fail(why);  // v3.1.1:MQTT-4.8.0-1
  if (type == packet_type::connack) return on(outcome, happened);
  settle(received, id, happened);
}

// The request under id, if this answers it.
template <message_reader Reader>
void basic_client<v3_tag, Reader>::settle(frame const& received, std::uint16_t id,
                                          v3::event& happened) noexcept {
  packet_type const type = received.type();
  auto kind = request_kind::publish;
  auto told = event_kind::published;
  if (type == packet_type::suback) {
    kind = request_kind::subscribe;
    told = event_kind::subscribed;
  } else if (type == packet_type::unsuback) {
    kind = request_kind::unsubscribe;
    told = event_kind::unsubscribed;
  } else if (type != packet_type::puback) {
    return fail(errc::unexpected_packet, id);
  }
  std::string_view const codes(received.body().data() + 2, received.body().size() - 2);
  auto const wrong = requests_.answer(packet_id::trusted(id), kind, codes.size(), output_.offered());
  if (wrong == answer_fault::number_of_codes) return object(objection::wrong_number_of_codes);
  if (wrong != answer_fault::none)  // v3.1.1:MQTT-2.3.1-7, v3.1.1:MQTT-3.8.4-2, v3.1.1:MQTT-3.10.4-4
    return fail(errc::unexpected_packet, id);
  happened.kind = told;
  happened.id = id;
  happened.codes = list_view<v3::suback_return_code>::trusted(codes, codes.size());  // v3.1.1:MQTT-3.9.3-1
}

}}  // namespace hubwire

#endif
