// SPDX-License-Identifier: BSL-1.0
// The sending half of the MQTT 3.1.1 client: what the application asks for. v3.1.1 §3 and §4.
#ifndef HUBWIRE_SESSION_CLIENT_V3_VERBS_HPP
#define HUBWIRE_SESSION_CLIENT_V3_VERBS_HPP

#include <cstddef>
#include <cstdint>
#include <span>

#include <hubwire/session/client_v3.hpp>

namespace hubwire { inline namespace abi1 {

// Programs connect and subscribe in one place as a rule, where what they leave out costs nothing: in line.
template <message_reader Reader>
result<void> basic_client<v3_tag, Reader>::begin(v3::connect const& packet, tick now) noexcept {
  if (!next_state(state_, session_input::connect).allowed) return errc::invalid_state;  // v3.1.1:MQTT-3.1.0-2
  if (state_ == session_state::closed && !link_.closed_told) return errc::events_waiting;
  output_.clear();
  auto queued = output_.append(packet);  // v3.1.1:MQTT-3.1.0-1
  if (!queued) return queued;            // v3.1.1:MQTT-3.1.3-7
  output_.mark_secret();
  static_cast<void>(enter(session_input::connect));
  link_ = {};
  clean_session_ = packet.clean_session;
  now_ = state_since_ = now;
  keep_alive_.start(now, packet.keep_alive, ping_timeout_);
  reader_.reset();
  inbox_.clear();  // v3.1.1:MQTT-3.1.2-6
  return {};
}

// Why nothing can be queued now although there is a connection; errc::none when it can. What is owed goes
// first.
template <message_reader Reader>
inline errc basic_client<v3_tag, Reader>::refused() noexcept {
  if (link_.payload_missing != 0) return errc::payload_incomplete;
  return write_owed() ? errc::none : errc::output_full;
}

// How a request of that QoS goes out now.
template <message_reader Reader>
inline result<delivery> basic_client<v3_tag, Reader>::next_delivery(qos level) noexcept {
  error why{state_ == session_state::connected ? refused() : errc::invalid_state, missing()};
  if (why.code == errc::none && level > qos::at_least_once) why.code = errc::not_supported;
  std::uint16_t number = 0;
  if (why.code == errc::none && level != qos::at_most_once) {
    auto id = requests_.next();
    why = id.error();
    if (id) number = id->number();
  }
  return {detail::either{}, delivery::trusted(level, number, false),
          why};  // v3.1.1:MQTT-4.3.1-1, v3.1.1:MQTT-4.3.2-1
}

// A request has been written, or why not: then how is that error. It ends with the output, and with the
// payload that is still to come.
template <message_reader Reader>
inline void basic_client<v3_tag, Reader>::note(result<delivery>& how, result<byte_view> const& written,
                                               request_kind kind, std::size_t filters) noexcept {
  errc const why = output_.take(written);
  if (why != errc::none) how = error{why, written.error().detail};
  if (why != errc::none || !how->has_id()) return;
  std::size_t const unsent = output_.pending().size() + link_.payload_missing;
  requests_.add({static_cast<std::uint32_t>(filters), static_cast<std::uint32_t>(unsent), now_,
                 how->id().number(), kind});
  ++link_.moved_requests;
}

template <message_reader Reader>
inline result<delivery> basic_client<v3_tag, Reader>::publish(message const& outgoing) noexcept {
  auto how = next_delivery(outgoing.qos);
  if (!how) return how;
  v3::publish const packet{outgoing.topic, outgoing.payload, *how, outgoing.retain};
  note(how, output_.put(packet), request_kind::publish);
  return how;
}

template <message_reader Reader>
inline result<delivery> basic_client<v3_tag, Reader>::publish_in_parts(message const& head,
                                                                       std::size_t payload_size) noexcept {
  auto how = next_delivery(head.qos);
  if (!how) return how;
  auto written = output_.put_header(v3::publish{head.topic, {}, *how, head.retain}, payload_size);
  if (written) link_.payload_missing = payload_size;
  note(how, written, request_kind::publish);
  return how;
}

template <message_reader Reader>
inline result<std::size_t> basic_client<v3_tag, Reader>::publish_payload(bytes piece) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  if (piece.size() > link_.payload_missing) return error{errc::packet_too_large, missing()};
  std::size_t const taken = output_.append_raw(piece);
  link_.payload_missing -= taken;
  return taken;
}

template <message_reader Reader>
result<packet_id> basic_client<v3_tag, Reader>::subscribe(std::span<v3::subscription const> wanted) noexcept {
  auto level = static_cast<unsigned>(qos::at_least_once);  // as it were: there is an answer
  for (v3::subscription const& s : wanted)
    level |= static_cast<unsigned>(s.qos);  // above it with any that is
  auto how = next_delivery(static_cast<qos>(level));
  if (how) note(how, output_.put(v3::subscribe{how->id(), wanted}), request_kind::subscribe, wanted.size());
  if (!how) return how.error();
  return how->id();
}

template <message_reader Reader>
result<packet_id> basic_client<v3_tag, Reader>::unsubscribe(
    std::span<v3::unsubscription const> filters) noexcept {
  auto how = next_delivery(qos::at_least_once);
  if (how) note(how, output_.put(v3::unsubscribe{how->id(), filters}), request_kind::unsubscribe);
  if (!how) return how.error();
  return how->id();
}

template <message_reader Reader>
inline result<void> basic_client<v3_tag, Reader>::acknowledge(packet_id id) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  bool const still_coming = id.number() == link_.large;  // its payload is not the application's yet
  if (still_coming || !inbox_.acknowledge(id)) return errc::invalid_packet_id;
  return {};
}

template <message_reader Reader>
inline result<void> basic_client<v3_tag, Reader>::disconnect() noexcept {
  bool const allowed = next_state(state_, session_input::leave).allowed;
  error why{allowed ? refused() : errc::invalid_state, missing()};
  if (why.code == errc::none) why = output_.append(v3::disconnect{}).error();
  if (why.code != errc::none) return why;
  static_cast<void>(enter(session_input::leave));  // v3.1.1:MQTT-3.14.4-2
  link_.state_is_new = true;
  return {};
}

}}  // namespace hubwire

#endif
