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
#include <hubwire/core/result.hpp>
#include <hubwire/wire/delivery.hpp>
#include <hubwire/wire/packet_type.hpp>
#include <hubwire/wire/topic_name.hpp>

namespace hubwire { inline namespace abi1 { namespace v3 {

/// Encoding refuses with errc::invalid_packet: a topic or packet identifier taken from a failed result, and
/// a trusted topic that is empty or over 65,535 bytes.
struct publish {
  static constexpr packet_type type = packet_type::publish;
  static constexpr std::size_t most_fields = 2;

  topic_name topic;
  bytes payload{};
  hubwire::delivery delivery{};
  bool retain = false;

  friend constexpr bool operator==(publish const&, publish const&) noexcept = default;
};

// write

/// The flags DUP, QoS and RETAIN: v3.1.1 §3.3.1.
constexpr std::uint8_t flags(publish const& p) noexcept {
  // v3.1.1:MQTT-3.3.1-1, v3.1.1:MQTT-3.3.1-2, v3.1.1:MQTT-3.3.1-4
  return static_cast<std::uint8_t>(p.delivery.flags() | (p.retain ? 0x01 : 0));
}

template <class Out>
HUBWIRE_SMALLER_INLINE constexpr void write_body(Out& out, publish const& p) noexcept {
  out.refuse_if(!p.delivery.is_sound());                       // v3.1.1:MQTT-2.3.1-1
  out.filled(p.topic.view());                                  // v3.1.1:MQTT-3.3.2-1, v3.1.1:MQTT-4.7.3-1
  if (p.delivery.has_id()) out.u16(p.delivery.id().number());  // v3.1.1:MQTT-2.3.1-1, v3.1.1:MQTT-2.3.1-5
  out.raw(p.payload.view());
}

/// Sets DUP in a PUBLISH of QoS 1 or 2 that was encoded: it is sent again. packet is not empty.
constexpr void mark_duplicate(byte_span packet) noexcept {
  packet[0] = static_cast<std::uint8_t>(packet[0] | 0x08);  // v3.1.1:MQTT-3.3.1-1
}

// read

template <class Policy>
HUBWIRE_SMALLER_INLINE constexpr publish read_body(reader<Policy>& in, std::uint8_t flags,
                                                   std::type_identity<publish>) noexcept {
  topic_name topic = hubwire::detail::read_topic_name(in);  // v3.1.1:MQTT-3.3.2-1, v3.1.1:MQTT-3.3.2-2
  if (in.failed()) return hubwire::detail::absent_value<publish>();
  std::uint16_t id = 0;
  if ((flags & 0x06) != 0) id = hubwire::detail::read_packet_id(in).number();  // v3.1.1:MQTT-2.3.1-5
  if (in.failed()) return hubwire::detail::absent_value<publish>();
  return {topic, bytes(in.rest()), delivery::from_flags(flags, id), (flags & 0x01) != 0};
}

}}}  // namespace hubwire::v3

#endif
