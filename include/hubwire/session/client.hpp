// SPDX-License-Identifier: BSL-1.0
// An MQTT client without I/O, over memory of the caller's: client<> c{rx, tx};
#ifndef HUBWIRE_SESSION_CLIENT_HPP
#define HUBWIRE_SESSION_CLIENT_HPP

#include <cstddef>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/session/basic_client.hpp>
#include <hubwire/session/client_events.hpp>
#include <hubwire/session/client_time.hpp>
#include <hubwire/session/client_verbs.hpp>
#include <hubwire/session/options.hpp>
#include <hubwire/session/wire_v3.hpp>
#include <hubwire/stream/payload_reader.hpp>
#include <hubwire/stream/whole_reader.hpp>

namespace hubwire { inline namespace abi1 {

/// An MQTT client over memory of the caller's. receive holds the largest packet that can be received whole,
/// transmit the packets that wait to be sent. Both outlive the client, neither is empty, and they do not
/// overlap (HUBWIRE_ASSERT). The client uses no memory besides these buffers and sizeof(client). With
/// whole_reader for Reader it does without the code for messages in parts, and refuses large ones whatever
/// the options say.
template <class Protocol = v3_tag, limits Limits = limits{}, message_reader Reader = payload_reader<Protocol>>
class client : public basic_client<Protocol, Reader> {
  static_assert(Limits.outgoing != 0, "limits: a client without outgoing could not subscribe");
  static_assert(Limits.outgoing < 65'535,
                "limits: there are 65,535 packet identifiers, and one has to be free");
  static_assert(Limits.incoming != 0, "limits: a client without incoming could not receive QoS 1");

 public:
  constexpr client(byte_span receive, byte_span transmit, client_options const& options = {}) noexcept
      : basic_client<Protocol, Reader>(receive, transmit, {request_slots_, received_slots_}, options) {
    HUBWIRE_ASSERT(!receive.empty() && !transmit.empty());
    if (!std::is_constant_evaluated()) HUBWIRE_ASSERT(!detail::overlap(receive, transmit));
  }

  client(client const&) = delete;             // pointers lead into it: neither copied nor moved
  client& operator=(client const&) = delete;  // pointers lead into it: neither copied nor moved

 private:
  request request_slots_[Limits.outgoing]{};
  received_message received_slots_[Limits.incoming]{};
};

}}  // namespace hubwire

#endif
