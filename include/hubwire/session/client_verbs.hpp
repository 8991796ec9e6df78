// SPDX-License-Identifier: BSL-1.0
// The sending half of a client: what the application asks for. v3.1.1 §3 and §4.
#ifndef HUBWIRE_SESSION_CLIENT_VERBS_HPP
#define HUBWIRE_SESSION_CLIENT_VERBS_HPP

#include <cstddef>
#include <cstdint>
#include <span>

#include <hubwire/session/basic_client.hpp>

namespace hubwire { inline namespace abi1 {

template <class Protocol, message_reader Reader, class Keep>
inline result<void> basic_client<Protocol, Reader, Keep>::begin(connect_packet const& packet,
                                                                tick now) noexcept {
  if (!next_state(state_, session_input::connect).allowed) return errc::invalid_state;  // v3.1.1:MQTT-3.1.0-2
  if (state_ == session_state::closed && !link_.closed_told) return errc::events_waiting;
  output_.clear();
  log_.end_run();
  auto queued = output_.append(packet);  // v3.1.1:MQTT-3.1.0-1
  if (!queued) return queued;            // v3.1.1:MQTT-3.1.3-7
  output_.mark_secret();
  static_cast<void>(enter(session_input::connect));
  if (Keep::resends && link_.large != 0) log_.messages.forget(packet_id::trusted(link_.large));
  link_ = {};
  peer_ = {};
  if constexpr (Keep::resends) log_.requests.rewind();  // v3.1.1:MQTT-4.4.0-1
  clean_session_ = wire::starts_clean(packet);
  has_session_ = has_session_ && !clean_session_;  // v3.1.1:MQTT-3.1.2-6
  now_ = state_since_ = now;
  keep_alive_.start(now, packet.keep_alive);
  reader_.reset();
  return {};
}

// Why nothing can be queued now although there is a connection; errc::none when it can. Writes first what
// is owed.
template <class Protocol, message_reader Reader, class Keep>
inline errc basic_client<Protocol, Reader, Keep>::refused() noexcept {
  if (link_.payload_missing != 0) return errc::payload_incomplete;
  return write_owed() ? errc::none : errc::output_full;
}

// Chooses how a request of that QoS goes out, now or, with kept packets, when there is a connection.
template <class Protocol, message_reader Reader, class Keep>
inline result<delivery> basic_client<Protocol, Reader, Keep>::next_delivery(qos level,
                                                                            bool publish) noexcept {
  bool const kept = Keep::has_packets && level != qos::at_most_once;
  errc why = errc::none;
  if (!kept) why = state_ == session_state::connected ? refused() : errc::invalid_state;
  if (why != errc::none) return error{why, missing()};
  if (!takes(level) || (publish && !peer_.takes(level))) return errc::not_supported;
  if (level == qos::at_most_once) return delivery::at_most_once();  // v3.1.1:MQTT-4.3.1-1
  return next_numbered(level, publish && !kept);
}

template <class Protocol, message_reader Reader, class Keep>
inline result<delivery> basic_client<Protocol, Reader, Keep>::next_numbered(qos level,
                                                                            bool at_once) noexcept {
  if (!Keep::has_packets && log_.has_old()) return errc::repeat_pending;
  std::size_t const open = log_.requests.publishes();
  if (at_once && !peer_.takes_another(open))
    return error{errc::capacity_exhausted, static_cast<std::uint32_t>(open)};
  auto id = log_.requests.next();
  if (!id) return id.error();
  return delivery::trusted(level, id->number(), false);  // v3.1.1:MQTT-4.3.2-1, v3.1.1:MQTT-4.3.3-1
}

// Queues what was written, of which `payload` bytes are still to come, or says why not. A request ends with
// the output, and with the payload that is still to come.
template <class Protocol, message_reader Reader, class Keep>
inline error basic_client<Protocol, Reader, Keep>::note(result<byte_view> const& written, delivery how,
                                                        outgoing_stage stage, std::size_t filters,
                                                        std::size_t payload) noexcept {
  if (written && !peer_.takes(written->size() + payload))
    return {errc::packet_too_large, detail::saturated_detail(written->size() + payload)};
  errc const why = output_.take(written);
  if (why != errc::none) return {why, written.error().detail};
  link_.payload_missing = payload;
  if (Keep::has_packets || !how.has_id()) return {};  // kept packets have their own way out
  log_.requests.put_new(stage, static_cast<std::uint16_t>(filters), output_.pending().size() + payload);
  return {};
}

// Writes a packet to where it leaves from.
template <class Protocol, message_reader Reader, class Keep>
template <class Packet>
inline error basic_client<Protocol, Reader, Keep>::queue(Packet const& packet, delivery how,
                                                         outgoing_stage stage, std::size_t filters) noexcept {
  if constexpr (Keep::has_packets) {
    if (how.has_id()) {
      auto const written = log_.kept.make([&](byte_span room) { return encode(room, packet); });
      if (!written) return written.error();
      if (!peer_.takes(written->size()))
        return {errc::packet_too_large, detail::saturated_detail(written->size())};
      error const why = is_publish(stage) ? remember(record_kind::publish, how.id(), *written) : error{};
      if (why.code != errc::none) return why;
      log_.kept.add(how.id(), written->size());
      log_.requests.add(stage, static_cast<std::uint16_t>(filters));
      return {};
    }
  }
  return note(output_.put(packet), how, stage, filters);
}

template <class Protocol, message_reader Reader, class Keep>
inline result<delivery> basic_client<Protocol, Reader, Keep>::publish(message const& outgoing) noexcept {
  auto how = next_delivery(outgoing.qos, true);
  if (!how) return how;
  error const why = queue(wire::message_packet(outgoing, *how), *how, stage_of(*how), 0);
  if (why.code == errc::none) log_.set_limit(*how, now_, outgoing.time_limit);
  if (why.code != errc::none) how = why;
  return how;
}

template <class Protocol, message_reader Reader, class Keep>
inline result<delivery> basic_client<Protocol, Reader, Keep>::publish_in_parts(
    message const& head, std::size_t payload_size) noexcept {
  if (Keep::has_packets && head.qos != qos::at_most_once) return errc::not_supported;
  auto how = next_delivery(head.qos, true);
  if (!how) return how;
  auto const written = output_.put_header(wire::message_packet(head, *how), payload_size);
  error const why = note(written, *how, stage_of(*how), 0, payload_size);
  if (why.code == errc::none) log_.set_limit(*how, now_, head.time_limit);
  if (why.code != errc::none) how = why;
  return how;
}

template <class Protocol, message_reader Reader, class Keep>
inline result<std::size_t> basic_client<Protocol, Reader, Keep>::publish_payload(bytes piece) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  if (piece.size() > link_.payload_missing) return error{errc::packet_too_large, missing()};
  std::size_t const taken = output_.append_raw(piece);
  link_.payload_missing -= taken;
  return taken;
}

template <class Protocol, message_reader Reader, class Keep>
result<packet_id> basic_client<Protocol, Reader, Keep>::subscribe(
    std::span<subscription const> wanted) noexcept {
  auto how = next_delivery(qos::at_least_once, false);  // there is an answer, as with QoS 1
  if (!how) return how.error();
  unsigned levels = 0;
  for (subscription const& s : wanted) levels |= static_cast<unsigned>(s.qos);
  if (!Keep::resends && levels > 1) return errc::not_supported;
  if (wanted.size() > 65'535) return error{errc::capacity_exhausted, 65'535};
  error const why =
      queue(wire::subscribe_packet(how->id(), wanted), *how, outgoing_stage::subscribing, wanted.size());
  if (why.code != errc::none) return why;
  return how->id();
}

template <class Protocol, message_reader Reader, class Keep>
result<packet_id> basic_client<Protocol, Reader, Keep>::unsubscribe(
    std::span<unsubscription const> filters) noexcept {
  auto how = next_delivery(qos::at_least_once, false);
  if (!how) return how.error();
  error const why =
      queue(wire::unsubscribe_packet(how->id(), filters), *how, outgoing_stage::unsubscribing, 0);
  if (why.code != errc::none) return why;
  return how->id();
}

template <class Protocol, message_reader Reader, class Keep>
inline result<void> basic_client<Protocol, Reader, Keep>::acknowledge(packet_id id) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  bool const still_coming = id.number() == link_.large;  // its payload is not the application's yet
  incoming_stage const stage = still_coming ? incoming_stage::none : log_.messages.stage(id);
  if (next_step(stage, incoming_input::acknowledged).outcome == incoming_outcome::unexpected)
    return link_.cut_off ? errc::invalid_state : errc::invalid_packet_id;
  if (Keep::survives && stage != incoming_stage::told_1) {
    error const why = remember(record_kind::received, id);
    if (why.code != errc::none) return why;
  }
  static_cast<void>(log_.messages.acknowledge(id));
  return {};
}

template <class Protocol, message_reader Reader, class Keep>
inline result<void> basic_client<Protocol, Reader, Keep>::disconnect() noexcept {
  bool const allowed = next_state(state_, session_input::leave).allowed;
  error why{allowed ? refused() : errc::invalid_state, missing()};
  if (why.code == errc::none && !Keep::has_packets) why = output_.append(wire::farewell()).error();
  if (why.code != errc::none) return why;
  link_.farewell_owed = Keep::has_packets;
  static_cast<void>(enter(session_input::leave));  // v3.1.1:MQTT-3.14.4-2
  state_since_ = now_;
  link_.state_is_new = true;
  return {};
}

}}  // namespace hubwire

#endif
