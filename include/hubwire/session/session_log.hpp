// SPDX-License-Identifier: BSL-1.0
// What of a client outlives a connection: requests, messages that came, and the packets that are kept.
#ifndef HUBWIRE_SESSION_SESSION_LOG_HPP
#define HUBWIRE_SESSION_SESSION_LOG_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/session/inbox.hpp>
#include <hubwire/session/keep.hpp>
#include <hubwire/session/outbox.hpp>
#include <hubwire/session/record_format.hpp>
#include <hubwire/wire/delivery.hpp>

namespace hubwire { inline namespace abi1 {

/// With a function for each thing that not every Keep does.
template <class Keep>
struct session_log {
  basic_outbox<Keep::resends> requests;
  inbox messages;
  [[no_unique_address]] Keep kept;

  /// Whether there is no place for a message until the application is done with another one.
  constexpr bool application_is_behind() const noexcept {
    return messages.full() && !(Keep::resends && messages.waits_for_server());
  }
  /// Whether CONNACK has left something to do: requests that were lost, or have to be put out.
  constexpr bool has_old() const noexcept {
    if constexpr (Keep::resends) return requests.losing() || requests.has_unput();
    return false;
  }
  /// Whether what comes next must not be sent any more. A message of QoS 2 that was sent is brought to its
  /// end.
  constexpr bool unput_expired(tick now) const noexcept {
    if constexpr (!Keep::resends) {
      return false;
    } else {
      if (!requests.has_unput()) return false;
      packet_id const id = requests.unput();
      outgoing_stage const stage = requests.stage(id);
      bool const may_end = stage == outgoing_stage::unacknowledged ||
                           (stage == outgoing_stage::unreceived && !requests.unput_again());
      return may_end && kept.limit(id).over(now);
    }
  }
  /// A message has its time.
  constexpr void set_limit(delivery how, tick now, std::uint32_t milliseconds) noexcept {
    if constexpr (Keep::resends)
      if (how.has_id()) kept.limit(how.id()).start(now, milliseconds);
  }
  /// CONNACK: whether the session goes on. If not, requests.losing() until all that was sent was told as
  /// lost.
  error resume(bool goes_on) noexcept {
    if (Keep::resends && goes_on) {
      messages.resume();
      return {};
    }
    if constexpr (Keep::resends) requests.lose();
    messages.clear();  // v3.1.1:MQTT-3.1.2-6
    if constexpr (Keep::survives) return kept.snapshot(requests, messages, true, 0);
    return {};
  }
  /// PUBREC has come: PUBREL takes the place of the PUBLISH.
  constexpr void release(packet_id id, tick now) noexcept {
    if constexpr (Keep::has_packets) kept.drop(id);
    requests.release(id, now);
  }
  /// A request is over. Its packet is not needed any more.
  constexpr void end(packet_id id) noexcept {
    if constexpr (Keep::has_packets) kept.drop(id);
    requests.settle(id);
  }

  /// Kept packets on their way to the transport.
  constexpr byte_view run() const noexcept {
    if constexpr (Keep::has_packets) return kept.run();
    return {};
  }
  /// Bytes of them have left; returns how many of count there were.
  constexpr std::size_t consume_run(std::size_t count) noexcept {
    std::size_t const left = run().size();
    if (count > left) count = left;
    if constexpr (Keep::has_packets) kept.consume(count);
    return count;
  }
  /// They do not leave any more in this connection.
  constexpr void end_run() noexcept {
    if constexpr (Keep::has_packets) kept.end_run();
  }

  /// Remembers a change over a reboot. told: a message of QoS 2 is the application's once it was told, but
  /// for the one that is coming in parts.
  error record(record_kind kind, packet_id id, byte_view packet, bool told, std::uint16_t coming) noexcept {
    if constexpr (Keep::survives) return kept.record(kind, id, packet, requests, messages, told, coming);
    return {};
  }
};

}}  // namespace hubwire

#endif
