// SPDX-License-Identifier: BSL-1.0
// Messages of an earlier connection that the application has kept: they are sent again before anything new.
// v3.1.1 §4.4.
#ifndef HUBWIRE_SESSION_CLIENT_REPEAT_HPP
#define HUBWIRE_SESSION_CLIENT_REPEAT_HPP

#include <cstddef>

#include <hubwire/session/basic_client.hpp>

namespace hubwire { inline namespace abi1 {

// How the message goes out that event repeat has asked for.
template <class Protocol, message_reader Reader, class Keep>
inline result<delivery> basic_client<Protocol, Reader, Keep>::next_repeat(packet_id id) noexcept {
  if (state_ != session_state::connected) return errc::invalid_state;
  if (link_.repeat_told != id.number()) return errc::invalid_packet_id;
  errc const why = refused();
  if (why != errc::none) return error{why, missing()};
  bool const twice = log_.requests.stage(id) == outgoing_stage::unreceived;
  return delivery::trusted(twice ? qos::exactly_once : qos::at_least_once, id.number(), true);
}

template <class Protocol, message_reader Reader, class Keep>
inline result<delivery> basic_client<Protocol, Reader, Keep>::publish_again(packet_id id,
                                                                            message const& outgoing) noexcept
    requires(Keep::resends && !Keep::has_packets) {
  auto how = next_repeat(id);
  if (!how) return how;
  return repeat(how, output_.put(wire::message_packet(outgoing, *how)), 0);
}

template <class Protocol, message_reader Reader, class Keep>
inline result<delivery> basic_client<Protocol, Reader, Keep>::publish_again_in_parts(
    packet_id id, message const& head, std::size_t payload_size) noexcept
    requires(Keep::resends && !Keep::has_packets) {
  auto how = next_repeat(id);
  if (!how) return how;
  return repeat(how, output_.put_header(wire::message_packet(head, *how), payload_size), payload_size);
}

template <class Protocol, message_reader Reader, class Keep>
inline result<delivery> basic_client<Protocol, Reader, Keep>::repeat(result<delivery> how,
                                                                     result<byte_view> const& written,
                                                                     std::size_t payload) noexcept {
  error const why = note(written, delivery::at_most_once(), outgoing_stage::settled, 0, payload);
  if (why.code != errc::none) return why;
  link_.repeat_told = 0;
  log_.requests.put(output_.pending().size() + payload);
  return how;
}

template <class Protocol, message_reader Reader, class Keep>
inline result<void> basic_client<Protocol, Reader, Keep>::give_up(packet_id id) noexcept
    requires(Keep::resends && !Keep::has_packets) {
  if (state_ != session_state::connected) return errc::invalid_state;
  if (link_.repeat_told != id.number()) return errc::invalid_packet_id;
  if (log_.requests.stage(id) == outgoing_stage::unreceived) return errc::not_supported;
  link_.repeat_told = 0;
  log_.requests.settle(id);
  return {};
}

template <class Protocol, message_reader Reader, class Keep>
inline result<load_report> basic_client<Protocol, Reader, Keep>::restore(std::string_view client_id) noexcept
    requires(Keep::survives) {
  if (state_ != session_state::idle || !log_.requests.empty()) return errc::invalid_state;
  if constexpr (!Keep::survives)
    return errc::not_supported;
  else {
    has_session_ = true;
    return log_.kept.load(client_id, log_.requests, log_.messages);
  }
}

template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::can_send(qos level) const noexcept {
  if (!takes(level) || !peer_.takes(level)) return false;
  if (level == qos::at_most_once) return can_queue(level);
  return log_.requests.next() && (Keep::has_packets || can_queue(level));
}

// Whether a message of that QoS could go into the transmit buffer.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::can_queue(qos level) const noexcept {
  if (state_ != session_state::connected || link_.payload_missing != 0) return false;
  if (level == qos::at_most_once) return true;
  return !log_.has_old() && peer_.takes_another(log_.requests.publishes());
}

template <class Protocol, message_reader Reader, class Keep>
inline std::size_t basic_client<Protocol, Reader, Keep>::room(qos level) const noexcept {
  if constexpr (Keep::has_packets)
    if (level != qos::at_most_once) return log_.kept.room();
  return output_.room();
}

}}  // namespace hubwire

#endif
