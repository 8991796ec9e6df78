// SPDX-License-Identifier: BSL-1.0
// The types of packets, and the first byte that each may begin with: v3.1.1 §2.2, v5 §2.1.
#ifndef HUBWIRE_WIRE_PACKET_TYPE_HPP
#define HUBWIRE_WIRE_PACKET_TYPE_HPP

#include <cstdint>
#include <string_view>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

/// The type of a packet: v3.1.1 §2.2.1, v5 §2.1.2.
enum class packet_type : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15,  // version 5 only
};

/// The standard's name of the packet: "CONNECT".
constexpr std::string_view to_string(packet_type type) noexcept {
  constexpr std::string_view names[] = {
      "reserved",  "CONNECT", "CONNACK",     "PUBLISH",  "PUBACK",  "PUBREC",   "PUBREL",     "PUBCOMP",
      "SUBSCRIBE", "SUBACK",  "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"};
  return names[static_cast<std::uint8_t>(type) & 0x0F];
}

/// The only flags that a packet of this type may carry; PUBLISH has flags of its own.
constexpr std::uint8_t reserved_flags(packet_type type) noexcept {
  bool const two =
      type == packet_type::pubrel || type == packet_type::subscribe || type == packet_type::unsubscribe;
  return two ? 0x02 : 0x00;
}

namespace detail {

// A packet whose body has always the same size, P::fixed_size.
template <class P>
concept fixed_size_packet = requires {
  P::fixed_size;
};

// Has a bit set for each value of the four flags that a PUBLISH may have: v3.1.1 §3.3.1, v5 §3.3.1.
consteval std::uint16_t sound_publish_flags() noexcept {
  unsigned sound = 0;
  for (unsigned flags = 0; flags != 16; ++flags) {
    unsigned const qos = flags >> 1 & 0x03;
    if (qos == 3) continue;                         // v3.1.1:MQTT-3.3.1-4
    if (qos == 0 && (flags & 0x08) != 0) continue;  // v3.1.1:MQTT-3.3.1-2
    sound |= 1u << flags;
  }
  return static_cast<std::uint16_t>(sound);
}

}  // namespace detail

/// Whether a PUBLISH may have these flags: neither QoS 3 nor DUP with QoS 0.
constexpr bool is_publish_flags(unsigned flags) noexcept {
  constexpr unsigned sound = detail::sound_publish_flags();
  return (sound & 1u << (flags & 0x0F)) != 0;
}

/// Whether a packet of that type may begin with this byte.
HUBWIRE_SMALLER_INLINE constexpr bool is_first_byte(std::uint8_t byte, packet_type type) noexcept {
  unsigned const high = static_cast<unsigned>(type) << 4;
  if (type == packet_type::publish) return byte - high < 16 && is_publish_flags(byte - high);
  // v3.1.1:MQTT-2.2.2-1, v3.1.1:MQTT-3.6.1-1, v3.1.1:MQTT-3.8.1-1, v3.1.1:MQTT-3.10.1-1, v3.1.1:MQTT-3.14.1-1
  return byte == (high | reserved_flags(type));
}

}}  // namespace hubwire

#endif
