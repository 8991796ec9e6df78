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
  while (state_ == session_state::connecting || state_ == session_state::connected) {
    message_part const found = reader_.peek();
    if (found.status == part_status::failed) {
      fail(found.error);  // v3.1.1:MQTT-4.8.0-2
    } else if (found.status == part_status::need_more) {
      if (loss_.code == errc::none) return {};
      fail(loss_);
    } else if (must_wait(found.frame)) {
      if (loss_.code == errc::none) return {};
      fail(loss_);  // what cannot be acknowledged any more, the server will send again
    } else if (v3::event const happened = handle(reader_.next())) {
      return happened;
    }
  }
  return farewell();
}

// First the requests that will never be answered, then closed, then nothing.
inline v3::event basic_client<v3_tag>::farewell() noexcept {
  if (state_ != session_state::closed) return {};  // v3.1.1:MQTT-4.1.0-2
  if (closed_told_) return {};
  v3::event last;
  if (!requests_.empty()) {
    last.kind = event_kind::abandoned;
    last.id = requests_.front().id;
    requests_.remove(packet_id::trusted(last.id));
    return last;
  }
  closed_told_ = true;
  last.kind = event_kind::closed;
  last.cause = cause_;
  return last;
}

// A QoS 1 message has to wait in the receive buffer while the application is behind: the transport then
// slows the server down.
inline bool basic_client<v3_tag>::must_wait(frame const& received) const noexcept {
  return received.type() == packet_type::publish && (received.flags() & 0x06) != 0 && inbox_.full();
}

inline v3::event basic_client<v3_tag>::handle(message_part const& part) noexcept {
  v3::event happened;
  switch (part.status) {
    case part_status::packet: return handle(part.frame);
    case part_status::begin: return begin_large(part);
    case part_status::end: return end_large();
    case part_status::piece:
      happened.kind = event_kind::message_piece;
      happened.id = large_;
      happened.payload = part.payload;
      return happened;
    case part_status::need_more:  // after what was skipped
    case part_status::failed: break;
  }
  return happened;
}

inline v3::event basic_client<v3_tag>::begin_large(message_part const& part) noexcept {
  v3::event happened = handle(part.frame);
  large_known_ = !happened;
  if (large_known_) {
    reader_.skip_payload();
    return {};
  }
  delivered_ = 0;  // not before its end
  large_ = happened.id;
  happened.kind = event_kind::message_begin;
  happened.payload_size = part.size;
  return happened;
}

inline v3::event basic_client<v3_tag>::end_large() noexcept {
  v3::event happened;
  if (large_known_) return happened;
  if (options_.acknowledge == acknowledge::automatically) delivered_ = large_;
  happened.kind = event_kind::message_end;
  happened.id = large_;
  large_ = 0;
  return happened;
}

inline v3::event basic_client<v3_tag>::handle(frame const& received) noexcept {
  bool const answers_connect = received.type() == packet_type::connack;
  if (answers_connect != (state_ == session_state::connecting)) {  // v3.1.1:MQTT-3.2.0-1
    fail({errc::protocol_error, 0});
    return {};
  }
  v3::event happened;
  auto const decoded =
      dispatch<v3_tag, role::server>(received, [&](auto const& packet) { happened = on(packet); });
  if (!decoded) fail(decoded.error());  // v3.1.1:MQTT-4.8.0-1, v3.1.1:MQTT-3.3.1-4
  return happened;
}

inline v3::event basic_client<v3_tag>::on(v3::connack const& packet) noexcept {
  if (packet.code != v3::connect_return_code::accepted) {  // v3.1.1:MQTT-3.2.2-5
    fail({errc::connection_refused, static_cast<std::uint32_t>(packet.code)});
    return {};
  }
  if (packet.session_present && clean_session_) {  // v3.1.1:MQTT-3.2.2-1
    fail({errc::protocol_error, 0});
    return {};
  }
  static_cast<void>(enter(session_input::accepted));
  v3::event happened;
  happened.kind = event_kind::connected;
  happened.session_present = packet.session_present;
  return happened;
}

inline v3::event basic_client<v3_tag>::on(v3::publish const& packet) noexcept {
  delivery const how = packet.delivery;
  if (how.qos() == qos::exactly_once) return fail({errc::protocol_error, 0}), v3::event{};
  if (how.has_id()) {
    if (inbox_.holds(
            how.id())) {  // not acknowledged yet: a repetition changes nothing, a new message may not
      if (!how.duplicate()) fail({errc::protocol_error, how.id().number()});
      return {};
    }
    inbox_.add(how.id());
    if (options_.acknowledge == acknowledge::automatically) delivered_ = how.id().number();
  }
  v3::event happened;
  happened.kind = event_kind::message;
  happened.id = how.has_id() ? how.id().number() : std::uint16_t{0};
  happened.message = packet;
  return happened;
}

inline v3::event basic_client<v3_tag>::on(v3::puback const& packet) noexcept {
  if (requests_.find(packet.id, request_kind::publish) == nullptr) return nobody_waits(packet.id);
  return answered(event_kind::published, packet.id);
}

inline v3::event basic_client<v3_tag>::on(v3::suback const& packet) noexcept {
  request const* const asked = requests_.find(packet.id, request_kind::subscribe);
  bool const complete =
      asked != nullptr && asked->filters == packet.codes.size();  // v3.1.1:MQTT-3.8.4-2, v3.1.1:MQTT-3.8.4-5
  if (!complete) return nobody_waits(packet.id);                  // v3.1.1:MQTT-3.8.4-2, v3.1.1:MQTT-2.3.1-7
  v3::event happened = answered(event_kind::subscribed, packet.id);
  happened.codes = packet.codes;  // v3.1.1:MQTT-3.9.3-1
  return happened;
}

inline v3::event basic_client<v3_tag>::on(v3::unsuback const& packet) noexcept {
  if (requests_.find(packet.id, request_kind::unsubscribe) == nullptr)
    return nobody_waits(packet.id);  // v3.1.1:MQTT-3.10.4-4, v3.1.1:MQTT-2.3.1-7
  return answered(event_kind::unsubscribed, packet.id);
}

inline v3::event basic_client<v3_tag>::on(v3::pingresp const&) noexcept {
  keep_alive_.answered();
  return {};
}

inline v3::event basic_client<v3_tag>::answered(event_kind kind, packet_id id) noexcept {
  requests_.remove(id);
  v3::event happened;
  happened.kind = kind;
  happened.id = id.number();
  return happened;
}

inline v3::event basic_client<v3_tag>::nobody_waits(packet_id id) noexcept {
  fail({errc::unexpected_packet, id.number()});
  return {};
}

}  // namespace hubwire::inline abi1

#endif
