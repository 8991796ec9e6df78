// SPDX-License-Identifier: BSL-1.0
// publish, subscribe and unsubscribe in short.
#ifndef HUBWIRE_SESSION_CLIENT_SHORTHAND_HPP
#define HUBWIRE_SESSION_CLIENT_SHORTHAND_HPP

#include <cstddef>
#include <span>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/session/options.hpp>
#include <hubwire/session/session_wire.hpp>
#include <hubwire/wire/delivery.hpp>
#include <hubwire/wire/topic_filter.hpp>
#include <hubwire/wire/topic_name.hpp>

namespace hubwire { inline namespace abi1 {

/// Other ways to call the verbs of a client, which is Client.
template <class Protocol, class Client>
class client_shorthand {
  using subscription = typename session_wire<Protocol>::subscription;
  using unsubscription = typename session_wire<Protocol>::unsubscription;

 public:
  /// Publishes in short: client.publish("a/b", "21", qos::at_least_once). The compiler checks a literal
  /// topic; the payload is text or octets.
  result<delivery> publish(topic_name topic, std::string_view payload, qos level = qos::at_most_once,
                           bool retain = false) noexcept {
    return self().publish(message{topic, as_bytes(payload), level, retain});
  }
  result<delivery> publish(topic_name topic, bytes payload, qos level = qos::at_most_once,
                           bool retain = false) noexcept {
    return self().publish(message{topic, payload, level, retain});
  }
  /// Subscribes in short: client.subscribe("a/#", qos::at_least_once), client.unsubscribe("a/#").
  result<packet_id> subscribe(topic_filter filter, qos level = qos::at_most_once) noexcept {
    subscription const wanted[] = {{filter, level}};
    return self().subscribe(std::span<subscription const>(wanted));
  }
  result<packet_id> unsubscribe(topic_filter filter) noexcept {
    unsubscription const unwanted[] = {{filter}};
    return self().unsubscribe(std::span<unsubscription const>(unwanted));
  }
  /// Takes several filters in one packet: client.subscribe({{"a", qos::at_least_once}, {"b/#"}}), and
  /// client.unsubscribe({{"a"}, {"b/#"}}).
  template <std::size_t Count>
  result<packet_id> subscribe(subscription const (&wanted)[Count]) noexcept {
    return self().subscribe(std::span<subscription const>(wanted));
  }
  template <std::size_t Count>
  result<packet_id> unsubscribe(unsubscription const (&filters)[Count]) noexcept {
    return self().unsubscribe(std::span<unsubscription const>(filters));
  }

 private:
  constexpr Client& self() noexcept { return static_cast<Client&>(*this); }
};

}}  // namespace hubwire

#endif
