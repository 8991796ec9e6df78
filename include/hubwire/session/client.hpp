// SPDX-License-Identifier: BSL-1.0
// An MQTT client without I/O, over memory of the caller's: client<> c{rx, tx};
#ifndef HUBWIRE_SESSION_CLIENT_HPP
#define HUBWIRE_SESSION_CLIENT_HPP

#include <bit>
#include <cstddef>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/session/basic_client.hpp>
#include <hubwire/session/client_events.hpp>
#include <hubwire/session/client_incoming.hpp>
#include <hubwire/session/client_repeat.hpp>
#include <hubwire/session/client_time.hpp>
#include <hubwire/session/client_verbs.hpp>
#include <hubwire/session/keep.hpp>
#include <hubwire/session/options.hpp>
#include <hubwire/session/wire_v3.hpp>
#include <hubwire/stream/payload_reader.hpp>
#include <hubwire/stream/whole_reader.hpp>

namespace hubwire { inline namespace abi1 {

/// An MQTT client over memory of the caller's. receive holds the largest packet that can be received whole,
/// transmit the packets that wait to be sent. All memory outlives the client, none is empty, and none
/// overlaps (HUBWIRE_ASSERT). The client uses no memory besides these buffers and sizeof(client). With
/// whole_reader for Reader it does without the code for messages in parts, and refuses large ones whatever
/// the options say. Keep says what becomes of messages whose connection ends:
///   keep_nothing           they are abandoned. QoS 0 and 1
///   keep_with_application  the application sends them again. QoS 0 to 2
///   kept_packets           the client does, from memory for them. QoS 0 to 2, and offline too
///   stored_packets<Store>  and they survive a reboot
template <class Protocol = v3_tag, limits Limits = limits{}, message_reader Reader = payload_reader<Protocol>,
          class Keep = keep_nothing>
class client : public basic_client<Protocol, Reader, Keep> {
  static_assert(Limits.outgoing != 0, "limits: a client without outgoing could not subscribe");
  static_assert(Limits.outgoing <= 32'768, "limits: no more than 32,768 requests can wait");
  static_assert(Limits.incoming != 0, "limits: a client without incoming could not receive QoS 1");
  static_assert(Limits.incoming <= 65'535, "limits: there are no more than 65,535 packet identifiers");

  using base = basic_client<Protocol, Reader, Keep>;
  static constexpr std::size_t outgoing_places = std::bit_ceil(Limits.outgoing);
  static constexpr auto memory_type() noexcept {
    if constexpr (Keep::has_packets)
      return std::type_identity<typename Keep::memory>{};
    else
      return std::type_identity<std::nullptr_t>{};
  }

 public:
  using kept_memory = typename decltype(memory_type())::type;
  static constexpr std::size_t incoming_places = std::bit_ceil(Limits.incoming);

  constexpr client(byte_span receive, byte_span transmit, client_options const& options = {}) noexcept
      requires(!Keep::has_packets)
      : base(receive, transmit, {outgoing_, incoming_, Limits.outgoing, Limits.incoming, Keep(kept_)},
             options) {
    check(receive, transmit);
  }
  /// kept holds the packets of QoS 1 and 2, SUBSCRIBE and UNSUBSCRIBE until they are answered.
  constexpr client(byte_span receive, byte_span transmit, kept_memory kept,
                   client_options const& options = {}) noexcept requires(Keep::has_packets)
      : base(receive, transmit, {outgoing_, incoming_, Limits.outgoing, Limits.incoming, Keep(kept, kept_)},
             options) {
    check(receive, transmit);
    check(receive, Keep::packets_of(kept));
    check(transmit, Keep::packets_of(kept));
  }

  client(client const&) = delete;             // pointers lead into it: neither copied nor moved
  client& operator=(client const&) = delete;  // pointers lead into it: neither copied nor moved

 private:
  static constexpr void check(byte_span one, byte_span other) noexcept {
    HUBWIRE_ASSERT(!one.empty() && !other.empty());
    if (!std::is_constant_evaluated()) HUBWIRE_ASSERT(!detail::overlap(one, other));
  }

  outbox_slot outgoing_[outgoing_places]{};
  received_message incoming_[incoming_places]{};
  [[no_unique_address]] typename Keep::template slots<outgoing_places> kept_{};
};

}}  // namespace hubwire

#endif
