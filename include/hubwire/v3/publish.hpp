// SPDX-License-Identifier: BSL-1.0
// PUBLISH, a message, in either direction: v3.1.1 §3.3.
#ifndef HUBWIRE_V3_PUBLISH_HPP
#define HUBWIRE_V3_PUBLISH_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/writer.hpp>
#include <hubwire/wire/delivery.hpp>
#include <hubwire/wire/fixed_header.hpp>
#include <hubwire/wire/topic_name.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire::inline abi1::v3 {

struct publish {
  static constexpr packet_type type = packet_type::publish;

  topic_name topic;
  bytes payload{};
  hubwire::delivery delivery{};
  bool retain = false;

  friend constexpr bool operator==(publish const&, publish const&) noexcept = default;
};

// encoded size

constexpr errc check(publish const&) noexcept { return errc::none; }

// Without the payload.
constexpr std::size_t variable_header_size(publish const& p) noexcept {
  return 2 + p.topic.size() + (p.delivery.has_id() ? 2 : 0);  // v3.1.1:MQTT-2.3.1-1, v3.1.1:MQTT-2.3.1-5
}

constexpr std::size_t body_size(publish const& p) noexcept {
  return hubwire::detail::saturated_sum(variable_header_size(p), p.payload.size());
}

// write

// DUP, QoS and RETAIN: v3.1.1 §3.3.1.
constexpr std::uint8_t flags(publish const& p) noexcept {
  unsigned const dup = p.delivery.duplicate() ? 0x08 : 0;  // v3.1.1:MQTT-3.3.1-1, v3.1.1:MQTT-3.3.1-2
  unsigned const retain = p.retain ? 0x01 : 0;
  return static_cast<std::uint8_t>(dup | static_cast<unsigned>(p.delivery.qos()) << 1 | retain);
}

constexpr void write_variable_header(writer& out, publish const& p) noexcept {
  out.prefixed(p.topic.view());                                // v3.1.1:MQTT-3.3.2-1
  if (p.delivery.has_id()) out.u16(p.delivery.id().number());  // v3.1.1:MQTT-2.3.1-1
}

constexpr void write(writer& out, publish const& p) noexcept {
  write_variable_header(out, p);
  out.raw(p.payload.view());
}

// read

namespace detail {

template <class Policy>
HUBWIRE_ALWAYS_INLINE constexpr delivery read_delivery(reader<Policy>& in, std::uint8_t flags) noexcept {
  auto const level = static_cast<qos>(flags >> 1 & 0x03);
  bool const duplicate = (flags & 0x08) != 0;
  in.header_flags();
  if (level == qos::at_most_once) {
    in.require(!duplicate, errc::malformed_packet, {"v3.1.1:MQTT-3.3.1-2"});
    return {};
  }
  in.require(level <= qos::exactly_once, errc::malformed_packet, {"v3.1.1:MQTT-3.3.1-4"});
  packet_id const id = hubwire::detail::read_packet_id(in);
  delivery const first =
      level == qos::at_least_once ? delivery::at_least_once(id) : delivery::exactly_once(id);
  return duplicate ? first.again() : first;
}

}  // namespace detail

template <class Policy>
constexpr publish read(reader<Policy>& in, std::uint8_t flags, std::type_identity<publish>) noexcept {
  topic_name const topic = hubwire::detail::read_topic_name(in);  // v3.1.1:MQTT-3.3.2-1, v3.1.1:MQTT-3.3.2-2
  delivery const how = detail::read_delivery(in, flags);
  return {topic, bytes(in.rest()), how, (flags & 0x01) != 0};
}

}  // namespace hubwire::inline abi1::v3

#endif
