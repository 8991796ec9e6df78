// SPDX-License-Identifier: BSL-1.0
// Messages from the server: told once, acknowledged after the application had them. v3.1.1 §4.3.
#ifndef HUBWIRE_SESSION_CLIENT_INCOMING_HPP
#define HUBWIRE_SESSION_CLIENT_INCOMING_HPP

#include <cstdint>

#include <hubwire/session/basic_client.hpp>
#include <hubwire/session/event.hpp>

namespace hubwire { inline namespace abi1 {

template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::on_message(frame const& received, event& happened,
                                                             bool large) noexcept {
  auto packet = wire::read_message(received);
  if (!packet) return fail(packet.error());  // v3.1.1:MQTT-4.8.0-1, v3.1.1:MQTT-3.3.1-4
  if (!packet->delivery.has_id() || is_new(packet->delivery, large)) happened = event::of_message(*packet);
}

// Whether a message is to be told. Does what has to be done with one that is known.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::is_new(delivery how, bool large) noexcept {
  if (!takes(how.qos())) {
    fail({errc::not_supported, 0});
    return false;
  }
  if (log_.messages.full() && log_.messages.stage(how.id()) == incoming_stage::none)
    return is_new_without_place(how);
  incoming_outcome const outcome = log_.messages.publish(how.id(), how.qos());
  if (outcome != incoming_outcome::tell) {
    repeated(how, outcome);
    return false;
  }
  if (Keep::survives && !large && !takes_over(how.id())) return false;
  if (acknowledge_ == acknowledge::automatically) link_.delivered = how.id().number();
  return true;
}

// There is no place for a message, and only the server could make one: by PUBRELs, which are behind this
// message. When no acknowledgement can leave, a message of QoS 1 needs no place, and one of QoS 2 comes
// again.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::is_new_without_place(delivery how) noexcept {
  if (Keep::resends && can_answer()) fail({errc::capacity_exhausted, log_.messages.capacity()});
  return in_use() && how.qos() == qos::at_least_once;
}

// A message that is known. One of QoS 1 is not acknowledged yet, and a repetition changes nothing. A new
// message must not use its identifier.
template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::repeated(delivery how, incoming_outcome outcome) noexcept {
  if (Keep::resends && outcome == incoming_outcome::answer && can_answer())
    static_cast<void>(acknowledge_with(packet_type::pubrec, how.id()));  // v3.1.1:MQTT-4.3.3-2
  bool const another = how.qos() == qos::at_least_once && !how.duplicate();
  if (another || outcome == incoming_outcome::unexpected) object(objection::identifier_in_use);
}

template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::begin_large(frame_result const& part,
                                                              event& happened) noexcept {
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
  if (Keep::survives && id != 0 && !takes_over(packet_id::trusted(id))) return;
  link_.large = 0;
  happened = event::of_end(id);
}

template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::remembers(record_kind kind, packet_id id) noexcept {
  error const why = remember(kind, id);
  if (why.code != errc::none) fail(why);
  return why.code == errc::none;
}

// A message of QoS 2 is the application's before it is told: then no power cut doubles it. An application
// that acknowledges by itself says when.
template <class Protocol, message_reader Reader, class Keep>
inline bool basic_client<Protocol, Reader, Keep>::takes_over(packet_id id) noexcept {
  bool const recorded =
      acknowledge_ == acknowledge::automatically && log_.messages.stage(id) == incoming_stage::told_2;
  if (!recorded || remembers(record_kind::received, id)) return true;
  log_.messages.forget(id);
  return false;
}

// PUBREL, also for a message that nobody knows: the server must not wait for ever. When no answer can leave,
// the server says it again.
template <class Protocol, message_reader Reader, class Keep>
inline void basic_client<Protocol, Reader, Keep>::on_release(packet_id id) noexcept {
  if (!can_answer()) return;
  incoming_stage const stage = log_.messages.stage(id);
  if (next_step(stage, incoming_input::pubrel).outcome == incoming_outcome::unexpected)
    return fail({errc::unexpected_packet, id.number()});
  if (Keep::survives && stage != incoming_stage::none && !remembers(record_kind::completed, id)) return;
  static_cast<void>(log_.messages.release(id));
  static_cast<void>(acknowledge_with(packet_type::pubcomp, id));  // v3.1.1:MQTT-4.3.3-2
}

}}  // namespace hubwire

#endif
