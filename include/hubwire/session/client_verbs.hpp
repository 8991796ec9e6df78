// SPDX-License-Identifier: BSL-1.0
// The sending half of a client: what the application asks for. v3.1.1 §3 and §4.
#ifndef HUBWIRE_SESSION_CLIENT_VERBS_HPP
#define HUBWIRE_SESSION_CLIENT_VERBS_HPP

#include <cstddef>
#include <cstdint>
#include <span>

#include <hubwire/session/basic_client.hpp>

namespace hubwire { inline namespace abi1 {

template <class Protocol, message_reader Reader>
result<void> basic_client<Protocol, Reader>::begin(connect_packet const& packet, tick now) noexcept {
  if (!next_state(state_, session_input::connect).allowed) return errc::invalid_state;  // v3.1.1:MQTT-3.1.0-2
  if (state_ == session_state::closed && !link_.closed_told) return errc::events_waiting;
  output_.clear();
  auto queued = output_.append(packet);  // v3.1.1:MQTT-3.1.0-1
  if (!queued) return queued;            // v3.1.1:MQTT-3.1.3-7
  output_.mark_secret();
  static_cast<void>(enter(session_input::connect));
  link_ = {};
  peer_ = {};
  clean_session_ = wire::starts_clean(packet);
  now_ = state_since_ = now;
  keep_alive_.start(now, packet.keep_alive, ping_timeout_);
  reader_.reset();
  inbox_.clear();  // v3.1.1:MQTT-3.1.2-6
  return {};
}

// Why nothing can be queued now although there is a connection; errc::none when it can. Writes first what
// is owed.
template <class Protocol, message_reader Reader>
inline errc basic_client<Protocol, Reader>::refused() noexcept {
  if (link_.payload_missing != 0) return errc::payload_incomplete;
  return write_owed() ? errc::none : errc::output_full;
}

// Chooses how a request of that QoS goes out now.
template <class Protocol, message_reader Reader>
inline result<delivery> basic_client<Protocol, Reader>::next_delivery(qos level, request_kind kind) noexcept {
  errc const why = state_ == session_state::connected ? refused() : errc::invalid_state;
  if (why != errc::none) return error{why, missing()};
  if (level > qos::at_least_once) return errc::not_supported;
  if (kind == request_kind::publish && !peer_.takes(level)) return errc::not_supported;
  if (level == qos::at_most_once) return delivery::at_most_once();  // v3.1.1:MQTT-4.3.1-1
  std::size_t const open = requests_.publishes();
  if (kind == request_kind::publish && !peer_.takes_another(open))
    return error{errc::capacity_exhausted, static_cast<std::uint32_t>(open)};
  auto id = requests_.next();
  if (!id) return id.error();
  return delivery::at_least_once(*id);  // v3.1.1:MQTT-4.3.2-1
}

// Queues what was written, of which `payload` bytes are still to come, or says why not. A request ends with
// the output, and with the payload that is still to come.
template <class Protocol, message_reader Reader>
inline error basic_client<Protocol, Reader>::note(result<byte_view> const& written, delivery how,
                                                  request asked, std::size_t payload) noexcept {
  if (written && !peer_.takes(written->size() + payload))
    return {errc::packet_too_large, detail::saturated_detail(written->size() + payload)};
  errc const why = output_.take(written);
  if (why != errc::none) return {why, written.error().detail};
  link_.payload_missing = payload;
  if (!how.has_id()) return {};
  asked.unsent = static_cast<std::uint32_t>(output_.pending().size() + link_.payload_missing);
  asked.since = now_;
  asked.id = how.id().number();
  requests_.add(asked);
  return {};
}

template <class Protocol, message_reader Reader>
inline result<delivery> basic_client<Protocol, Reader>::publish(message const& outgoing) noexcept {
  auto how = next_delivery(outgoing.qos, request_kind::publish);
  if (!how) return how;
  error const why = note(output_.put(wire::message_packet(outgoing, *how)), *how, {});
  if (why.code != errc::none) how = why;
  return how;
}

template <class Protocol, message_reader Reader>
inline result<delivery> basic_client<Protocol, Reader>::publish_in_parts(message const& head,
                                                                         std::size_t payload_size) noexcept {
  auto how = next_delivery(head.qos, request_kind::publish);
  if (!how) return how;
  auto const written = output_.put_header(wire::message_packet(head, *how), payload_size);
  error const why = note(written, *how, {}, payload_size);
  if (why.code != errc::none) how = why;
  return how;
}

template <class Protocol, message_reader Reader>
inline result<std::size_t> basic_client<Protocol, Reader>::publish_payload(bytes piece) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  if (piece.size() > link_.payload_missing) return error{errc::packet_too_large, missing()};
  std::size_t const taken = output_.append_raw(piece);
  link_.payload_missing -= taken;
  return taken;
}

template <class Protocol, message_reader Reader>
result<packet_id> basic_client<Protocol, Reader>::subscribe(std::span<subscription const> wanted) noexcept {
  auto level = static_cast<unsigned>(qos::at_least_once);  // there is an answer, as with QoS 1
  for (subscription const& s : wanted) level |= static_cast<unsigned>(s.qos);  // above it if one of them is
  auto how = next_delivery(static_cast<qos>(level), request_kind::subscribe);
  if (!how) return how.error();
  auto const filters = static_cast<std::uint32_t>(wanted.size());
  auto const written = output_.put(wire::subscribe_packet(how->id(), wanted));
  error const why = note(written, *how, {.filters = filters, .kind = request_kind::subscribe});
  if (why.code != errc::none) return why;
  return how->id();
}

template <class Protocol, message_reader Reader>
result<packet_id> basic_client<Protocol, Reader>::unsubscribe(
    std::span<unsubscription const> filters) noexcept {
  auto how = next_delivery(qos::at_least_once, request_kind::unsubscribe);
  if (!how) return how.error();
  auto const written = output_.put(wire::unsubscribe_packet(how->id(), filters));
  error const why = note(written, *how, {.kind = request_kind::unsubscribe});
  if (why.code != errc::none) return why;
  return how->id();
}

template <class Protocol, message_reader Reader>
inline result<void> basic_client<Protocol, Reader>::acknowledge(packet_id id) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  bool const still_coming = id.number() == link_.large;  // its payload is not the application's yet
  if (still_coming || !inbox_.acknowledge(id)) return errc::invalid_packet_id;
  return {};
}

template <class Protocol, message_reader Reader>
inline result<void> basic_client<Protocol, Reader>::disconnect() noexcept {
  bool const allowed = next_state(state_, session_input::leave).allowed;
  error why{allowed ? refused() : errc::invalid_state, missing()};
  if (why.code == errc::none) why = output_.append(wire::farewell()).error();
  if (why.code != errc::none) return why;
  static_cast<void>(enter(session_input::leave));  // v3.1.1:MQTT-3.14.4-2
  state_since_ = now_;
  link_.state_is_new = true;
  return {};
}

}}  // namespace hubwire

#endif
