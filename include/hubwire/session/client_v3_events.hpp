// SPDX-License-Identifier: BSL-1.0
// The receiving half of the MQTT 3.1.1 client: what each packet from the server does. v3.1.1 §3 and §4.
#ifndef HUBWIRE_SESSION_CLIENT_V3_EVENTS_HPP
#define HUBWIRE_SESSION_CLIENT_V3_EVENTS_HPP

#include <cstdint>

#include <hubwire/codec.hpp>
#include <hubwire/session/client_v3.hpp>

namespace hubwire::inline abi1 {

inline v3::event basic_client<v3_tag>::next_event() noexcept {
  if (delivered_ != 0)
    static_cast<void>(inbox_.acknowledge(packet_id::trusted(delivered_)));  // v3.1.1:MQTT-4.5.0-2
  delivered_ = 0;
  static_cast<void>(write_owed());  // a PUBACK that fits makes room for the next message
  v3::event happened;
  while (state_ == session_state::connecting || state_ == session_state::connected) {
    message_part const found = reader_.peek();
    if (found.status == part_status::failed) {
      rejected_ = reader_.unread();
      fail(found.error);  // v3.1.1:MQTT-4.8.0-2, v3.1.1:MQTT-2.2.2-2
    } else if (found.status == part_status::need_more || must_wait(found.frame)) {
      if (loss_.code == errc::none) return happened;
      fail(loss_);  // what cannot be acknowledged any more, the server will send again
    } else {
      handle(reader_.next(), happened);
      if (happened) return happened;
    }
  }
  farewell(happened);
  return happened;
}

// First the requests that will never be answered, then closed, then nothing.
inline void basic_client<v3_tag>::farewell(v3::event& last) noexcept {
  if (state_ != session_state::closed) return;  // v3.1.1:MQTT-4.1.0-2
  if (closed_told_) return;
  if (!requests_.empty()) {
    answered(event_kind::abandoned, packet_id::trusted(requests_.front().id), last);
    return;
  }
  closed_told_ = true;
  last.kind = event_kind::closed;
  last.cause = cause_;
}

// A QoS 1 message has to wait in the receive buffer while the application is behind: the transport then
// slows the server down.
inline bool basic_client<v3_tag>::must_wait(frame const& received) const noexcept {
  return received.type() == packet_type::publish && (received.flags() & 0x06) != 0 && inbox_.full();
}

inline void basic_client<v3_tag>::handle(message_part const& part, v3::event& happened) noexcept {
  switch (part.status) {
    case part_status::packet: return handle(part.frame, happened);
    case part_status::begin: return begin_large(part, happened);
    case part_status::end: return end_large(happened);
    case part_status::piece:
      happened.kind = event_kind::message_piece;
      happened.id = large_;
      happened.payload = part.payload;
      return;
    case part_status::need_more:  // after what was skipped
    case part_status::failed: return;
  }
}

inline void basic_client<v3_tag>::begin_large(message_part const& part, v3::event& happened) noexcept {
  handle(part.frame, happened);
  large_known_ = !happened;
  if (large_known_) return reader_.skip_payload();
  delivered_ = 0;  // not before its end
  large_ = happened.id;
  happened.kind = event_kind::message_begin;
  happened.payload_size = part.size;
}

inline void basic_client<v3_tag>::end_large(v3::event& happened) noexcept {
  if (large_known_) return;
  if (options_.acknowledge == acknowledge::automatically) delivered_ = large_;
  happened.kind = event_kind::message_end;
  happened.id = large_;
  large_ = 0;
}

// Not by dispatch(): the acknowledgements are all read alike, which leaves one decoder instead of five.
inline void basic_client<v3_tag>::handle(frame const& received, v3::event& happened) noexcept {
  rejected_ = {received.view().data(), received.view().size()};
  bool const answers_connect = received.type() == packet_type::connack;
  if (answers_connect != (state_ == session_state::connecting))  // v3.1.1:MQTT-3.2.0-1
    return fail({errc::protocol_error, 0});
  switch (received.type()) {
    case packet_type::connack: return decode_and_handle<v3::connack>(received, happened);
    case packet_type::publish: return decode_and_handle<v3::publish>(received, happened);
    case packet_type::suback: return decode_and_handle<v3::suback>(received, happened);
    case packet_type::pingresp: return decode_and_handle<v3::pingresp>(received, happened);
    case packet_type::puback:
    case packet_type::pubrec:
    case packet_type::pubrel:
    case packet_type::pubcomp:
    case packet_type::unsuback: return on_acknowledgement(received, happened);
    default:
      return fail({received.type() == packet_type::auth ? errc::malformed_packet : errc::protocol_error, 0});
  }
}

template <class P>
void basic_client<v3_tag>::decode_and_handle(frame const& received, v3::event& happened) noexcept {
  auto decoded = decode<P>(received);
  if (!decoded) return fail(decoded.error());  // v3.1.1:MQTT-4.8.0-1, v3.1.1:MQTT-3.3.1-4
  on(*decoded, happened);
}

inline void basic_client<v3_tag>::on(v3::connack const& packet, v3::event& happened) noexcept {
  if (packet.code != v3::connect_return_code::accepted)  // v3.1.1:MQTT-3.2.2-5
    return fail({errc::connection_refused, static_cast<std::uint32_t>(packet.code)});
  if (packet.session_present && clean_session_)  // v3.1.1:MQTT-3.2.2-1
    return fail({errc::protocol_error, 0});
  static_cast<void>(enter(session_input::accepted));
  happened.kind = event_kind::connected;
  happened.session_present = packet.session_present;
}

inline void basic_client<v3_tag>::on(v3::publish const& packet, v3::event& happened) noexcept {
  delivery const how = packet.delivery;
  if (how.qos() == qos::exactly_once) return fail({errc::protocol_error, 0});
  if (how.has_id()) {
    if (inbox_.holds(
            how.id())) {  // not acknowledged yet: a repetition changes nothing, a new message may not
      if (!how.duplicate()) fail({errc::protocol_error, how.id().number()});
      return;
    }
    inbox_.add(how.id());
    if (options_.acknowledge == acknowledge::automatically) delivered_ = how.id().number();
    happened.id = how.id().number();
  }
  happened.kind = event_kind::message;
  happened.message = packet;
}

inline void basic_client<v3_tag>::on(v3::suback const& packet, v3::event& happened) noexcept {
  request const* const asked = requests_.find(packet.id, request_kind::subscribe);
  bool const complete =
      asked != nullptr && asked->filters == packet.codes.size();  // v3.1.1:MQTT-3.8.4-2, v3.1.1:MQTT-3.8.4-5
  if (!complete) return nobody_waits(packet.id);                  // v3.1.1:MQTT-3.8.4-2, v3.1.1:MQTT-2.3.1-7
  answered(event_kind::subscribed, packet.id, happened);
  happened.codes = packet.codes;  // v3.1.1:MQTT-3.9.3-1
}

inline void basic_client<v3_tag>::on(v3::pingresp const&, v3::event&) noexcept { keep_alive_.answered(); }

// PUBACK and UNSUBACK answer a request; PUBREC, PUBREL and PUBCOMP belong to QoS 2, which was never asked for.
inline void basic_client<v3_tag>::on_acknowledgement(frame const& received, v3::event& happened) noexcept {
  reader<strict> in(received.body());
  static_cast<void>(in.require_size(2));
  packet_id const id = detail::read_packet_id(in);
  if (in.failed()) return fail(in.error());  // v3.1.1:MQTT-4.8.0-1
  bool const published = received.type() == packet_type::puback;
  if (!published && received.type() != packet_type::unsuback) return fail({errc::protocol_error, 0});
  if (requests_.find(id, published ? request_kind::publish : request_kind::unsubscribe) == nullptr)
    return nobody_waits(id);  // v3.1.1:MQTT-3.10.4-4, v3.1.1:MQTT-2.3.1-7
  answered(published ? event_kind::published : event_kind::unsubscribed, id, happened);
}

inline void basic_client<v3_tag>::answered(event_kind kind, packet_id id, v3::event& happened) noexcept {
  requests_.remove(id);
  happened.kind = kind;
  happened.id = id.number();
}

inline void basic_client<v3_tag>::nobody_waits(packet_id id) noexcept {
  fail({errc::unexpected_packet, id.number()});
}

}  // namespace hubwire::inline abi1

#endif
