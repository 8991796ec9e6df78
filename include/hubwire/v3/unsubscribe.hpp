// SPDX-License-Identifier: BSL-1.0
// UNSUBSCRIBE: v3.1.1 §3.10.
#ifndef HUBWIRE_V3_UNSUBSCRIBE_HPP
#define HUBWIRE_V3_UNSUBSCRIBE_HPP

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

/// A filter to give up. It is a type of its own, so that its wire form is found beside it.
struct unsubscription {
  topic_filter filter;

  friend constexpr bool operator==(unsubscription const&, unsubscription const&) noexcept = default;
};

template <class Out>
constexpr void write_element(Out& out, unsubscription const& u) noexcept {
  // v3.1.1:MQTT-4.7.3-1
  out.filled(u.filter.view());  // v3.1.1:MQTT-4.7.3-3
}

template <class Policy>
constexpr unsubscription read_element(reader<Policy>& in, std::type_identity<unsubscription>) noexcept {
  return {hubwire::detail::read_topic_filter(in)};  // v3.1.1:MQTT-3.10.3-1
}

/// Encoding refuses with errc::invalid_packet: an empty list, a filter or identifier taken from a failed
/// result, and a trusted filter that is empty or over 65,535 bytes.
struct unsubscribe {
  static constexpr packet_type type = packet_type::unsubscribe;

  packet_id id;
  list_view<unsubscription> filters{};
};

// write

template <class Out>
constexpr void write_body(Out& out, unsubscribe const& p) noexcept {
  hubwire::detail::write_list(out, p.id, p.filters);  // not empty: v3.1.1:MQTT-3.10.3-2
}

// read

template <class Policy>
constexpr unsubscribe read_body(reader<Policy>& in, std::uint8_t, std::type_identity<unsubscribe>) noexcept {
  packet_id id = hubwire::detail::read_packet_id(in);
  in.next_field();
  in.require(!in.empty(), errc::protocol_error, "v3.1.1:MQTT-3.10.3-2");
  return {id, hubwire::detail::read_list<unsubscription>(in)};
}

}}}  // namespace hubwire::v3

#endif
