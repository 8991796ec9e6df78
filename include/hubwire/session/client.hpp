// SPDX-License-Identifier: BSL-1.0
// An MQTT client without I/O, over memory of the caller's: client<v3_tag, limits<4, 4>> c{rx, tx};
#ifndef HUBWIRE_SESSION_CLIENT_HPP
#define HUBWIRE_SESSION_CLIENT_HPP

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/fixed_list.hpp>
#include <hubwire/session/client_v3.hpp>
#include <hubwire/session/client_v3_events.hpp>
#include <hubwire/session/client_v3_verbs.hpp>
#include <hubwire/session/options.hpp>

namespace hubwire::inline abi1 {

namespace detail {

// A base, so that the tables exist before the client that refers to them.
template <class Limits>
struct client_tables {
  fixed_list<request, Limits::outgoing> request_slots;
  fixed_list<received_message, Limits::incoming> received_slots;
};

}  // namespace detail

// receive holds the largest packet that can be received whole, transmit the packets that wait to be sent;
// both outlive the client. The buffers are the whole of its memory besides sizeof(client).
template <class Protocol, class Limits>
class client : private detail::client_tables<Limits>, public basic_client<Protocol> {
 public:
  client(byte_span receive, byte_span transmit, client_options const& options = {}) noexcept
      : basic_client<Protocol>(receive, transmit, {this->request_slots, this->received_slots}, options) {}
};

}  // namespace hubwire::inline abi1

#endif
