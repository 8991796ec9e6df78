// SPDX-License-Identifier: BSL-1.0
// The sending half of the MQTT 3.1.1 client: what the application asks for. v3.1.1 §3 and §4.
#ifndef HUBWIRE_SESSION_CLIENT_V3_VERBS_HPP
#define HUBWIRE_SESSION_CLIENT_V3_VERBS_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/session/client_v3.hpp>

namespace hubwire::inline abi1 {

inline result<void> basic_client<v3_tag>::connect(v3::connect const& packet, tick now) noexcept {
  if (!next_state(state_, session_input::connect).allowed) return errc::invalid_state;  // v3.1.1:MQTT-3.1.0-2
  output_.clear();
  auto queued = output_.append(packet);  // v3.1.1:MQTT-3.1.0-1
  if (!queued) return queued;            // v3.1.1:MQTT-3.1.3-7
  output_.mark_secret();
  static_cast<void>(enter(session_input::connect));
  reader_.reset();
  requests_.clear();  // v3.1.1:MQTT-3.1.2-6
  inbox_.clear();     // v3.1.1:MQTT-3.1.2-6
  now_ = state_since_ = now;
  state_is_new_ = false;
  keep_alive_.start(now, packet.keep_alive, options_.ping_timeout);
  cause_ = loss_ = {};
  delivered_ = large_ = 0;
  payload_missing_ = 0;
  large_known_ = ping_owed_ = false;
  ping_ahead_ = 0;
  rejected_ = {};
  clean_session_ = packet.clean_session;
  closed_told_ = false;
  return {};
}

// Why a request cannot be queued now, errc::none when it can. What is owed goes first.
inline error basic_client<v3_tag>::sending_refused() noexcept {
  if (state_ != session_state::connected) return {errc::invalid_state, 0};
  if (payload_missing_ != 0) return {errc::payload_incomplete, static_cast<std::uint32_t>(payload_missing_)};
  return {write_owed() ? errc::none : errc::output_full, 0};
}

inline result<delivery> basic_client<v3_tag>::next_delivery(qos level) const noexcept {
  if (level > qos::at_least_once) return errc::not_supported;
  if (level == qos::at_most_once) return delivery{};  // v3.1.1:MQTT-4.3.1-1
  auto id = requests_.next();
  if (!id) return id.error();
  return delivery::at_least_once(*id);  // v3.1.1:MQTT-4.3.2-1
}

// A request that ends with the output, and with the payload that is still to come.
inline void basic_client<v3_tag>::note(request_kind kind, packet_id id, std::size_t filters) noexcept {
  std::size_t const unsent = output_.pending().size() + payload_missing_;
  requests_.add({static_cast<std::uint32_t>(filters), static_cast<std::uint32_t>(unsent), id.number(), kind});
}

inline result<delivery> basic_client<v3_tag>::publish(message const& outgoing) noexcept {
  if (error const why = sending_refused(); why.code != errc::none) return why;
  auto how = next_delivery(outgoing.qos);
  if (!how) return how;
  auto queued = output_.append(v3::publish{outgoing.topic, outgoing.payload, *how, outgoing.retain});
  if (!queued) return queued.error();
  if (how->has_id()) note(request_kind::publish, how->id());
  return how;
}

inline result<delivery> basic_client<v3_tag>::publish_in_parts(message const& head,
                                                               std::size_t payload_size) noexcept {
  if (error const why = sending_refused(); why.code != errc::none) return why;
  auto how = next_delivery(head.qos);
  if (!how) return how;
  auto queued = output_.append_header(v3::publish{head.topic, {}, *how, head.retain}, payload_size);
  if (!queued) return queued.error();
  payload_missing_ = payload_size;
  if (how->has_id()) note(request_kind::publish, how->id());
  return how;
}

inline result<std::size_t> basic_client<v3_tag>::publish_payload(bytes piece) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  if (piece.size() > payload_missing_)
    return error{errc::packet_too_large, static_cast<std::uint32_t>(payload_missing_)};
  std::size_t const taken = output_.append_raw(piece);
  payload_missing_ -= taken;
  return taken;
}

inline result<packet_id> basic_client<v3_tag>::subscribe(list_view<v3::subscription> wanted) noexcept {
  if (error const why = sending_refused(); why.code != errc::none) return why;
  for (v3::subscription const s : wanted)
    if (s.qos > qos::at_least_once) return errc::not_supported;
  auto id = requests_.next();
  if (!id) return id;
  auto queued = output_.append(v3::subscribe{*id, wanted});
  if (!queued) return queued.error();
  note(request_kind::subscribe, *id, wanted.size());
  return id;
}

inline result<packet_id> basic_client<v3_tag>::unsubscribe(list_view<v3::unsubscription> filters) noexcept {
  if (error const why = sending_refused(); why.code != errc::none) return why;
  auto id = requests_.next();
  if (!id) return id;
  auto queued = output_.append(v3::unsubscribe{*id, filters});
  if (!queued) return queued.error();
  note(request_kind::unsubscribe, *id);
  return id;
}

inline result<void> basic_client<v3_tag>::acknowledge(packet_id id) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  bool const still_coming = id.number() == large_;  // its payload is not the application's yet
  if (still_coming || !inbox_.acknowledge(id)) return errc::invalid_packet_id;
  return {};
}

inline result<void> basic_client<v3_tag>::disconnect() noexcept {
  if (!next_state(state_, session_input::leave).allowed) return errc::invalid_state;
  if (payload_missing_ != 0)
    return error{errc::payload_incomplete, static_cast<std::uint32_t>(payload_missing_)};
  if (!write_owed()) return errc::output_full;
  auto queued = output_.append(detail::constant_disconnect.view());
  if (!queued) return queued;
  static_cast<void>(enter(session_input::leave));  // v3.1.1:MQTT-3.14.4-2
  state_is_new_ = true;
  if (loss_.code != errc::none) fail(loss_);
  return {};
}

}  // namespace hubwire::inline abi1

#endif
