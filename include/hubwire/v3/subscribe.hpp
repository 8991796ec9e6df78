// SPDX-License-Identifier: BSL-1.0
// SUBSCRIBE, a client's wish for messages: v3.1.1 §3.8.
#ifndef HUBWIRE_V3_SUBSCRIBE_HPP
#define HUBWIRE_V3_SUBSCRIBE_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/wire/delivery.hpp>
#include <hubwire/wire/list_view.hpp>
#include <hubwire/wire/packet_type.hpp>
#include <hubwire/wire/topic_filter.hpp>

namespace hubwire { inline namespace abi1 { namespace v3 {

/// A Topic Filter with its Requested QoS.
struct subscription {
  topic_filter filter;
  hubwire::qos qos = hubwire::qos::at_most_once;

  friend constexpr bool operator==(subscription const&, subscription const&) noexcept = default;
};

template <class Out>
constexpr void write_element(Out& out, subscription const& s) noexcept {
  // v3.1.1:MQTT-4.7.3-1, v3.1.1:MQTT-3.8.3-4
  out.refuse_if(s.qos > qos::exactly_once);
  out.filled(s.filter.view());  // v3.1.1:MQTT-4.7.3-3
  out.u8(static_cast<std::uint8_t>(s.qos));
}

template <class Policy>
constexpr subscription read_element(reader<Policy>& in, std::type_identity<subscription>) noexcept {
  topic_filter const filter = hubwire::detail::read_topic_filter(in);  // v3.1.1:MQTT-3.8.3-1
  std::uint8_t const requested = in.u8();
  in.require(requested <= 2, errc::malformed_packet, "v3.1.1:MQTT-3.8.3-4");
  return {filter, static_cast<qos>(requested)};
}

/// Encoding refuses with errc::invalid_packet: an empty list, a QoS that is none, a filter or identifier
/// taken from a failed result, and a trusted filter that is empty or over 65,535 bytes.
struct subscribe {
  static constexpr packet_type type = packet_type::subscribe;

  packet_id id;
  list_view<subscription> subscriptions{};
};

// write

template <class Out>
HUBWIRE_SMALLER_INLINE constexpr void write_body(Out& out, subscribe const& p) noexcept {
  hubwire::detail::write_list(out, p.id, p.subscriptions);  // not empty: v3.1.1:MQTT-3.8.3-3
}

// read

template <class Policy>
constexpr subscribe read_body(reader<Policy>& in, std::uint8_t, std::type_identity<subscribe>) noexcept {
  packet_id id = hubwire::detail::read_packet_id(in);
  in.next_field();
  in.require(!in.empty(), errc::protocol_error, "v3.1.1:MQTT-3.8.3-3");
  return {id, hubwire::detail::read_list<subscription>(in)};
}

}}}  // namespace hubwire::v3

#endif
