// SPDX-License-Identifier: BSL-1.0
// MQTT 3.1.1 as a whole: its packets, and who may send which (v3.1.1 §2.2.1).
#ifndef HUBWIRE_V3_PROTOCOL_HPP
#define HUBWIRE_V3_PROTOCOL_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/reader.hpp>
#include <hubwire/v3/ack.hpp>
#include <hubwire/v3/connack.hpp>
#include <hubwire/v3/connect.hpp>
#include <hubwire/v3/empty.hpp>
#include <hubwire/v3/publish.hpp>
#include <hubwire/v3/suback.hpp>
#include <hubwire/v3/subscribe.hpp>
#include <hubwire/v3/unsubscribe.hpp>
#include <hubwire/wire/role.hpp>

namespace hubwire { inline namespace abi1 {

/// Selects MQTT 3.1.1 where a template serves both versions.
struct v3_tag {
  /// The packets, the commonest first: dispatch asks in this order.
  using packets = packet_list<v3::publish, v3::puback, v3::connect, v3::connack, v3::pubrec, v3::pubrel,
                              v3::pubcomp, v3::subscribe, v3::suback, v3::unsubscribe, v3::unsuback,
                              v3::pingreq, v3::pingresp, v3::disconnect>;

  /// The size of what stands in a PUBLISH between fixed header and payload. body begins there. 0 while
  /// there are too few bytes to tell.
  static constexpr std::size_t publish_head_size(std::uint8_t flags, std::string_view body) noexcept {
    if (body.size() < 2) return 0;
    reader<structural> in(body);
    return 2u + in.u16() + ((flags & 0x06) != 0 ? 2u : 0u);
  }

  /// Whether sender may send this type. No packet of the list has the type AUTH, so AUTH is malformed
  /// whoever sends it.
  static constexpr bool may_send(role sender, packet_type type) noexcept {
    switch (type) {
      case packet_type::connect:
      case packet_type::subscribe:
      case packet_type::unsubscribe:
      case packet_type::pingreq:
      case packet_type::disconnect: return sender != role::server;
      case packet_type::connack:
      case packet_type::suback:
      case packet_type::unsuback:
      case packet_type::pingresp: return sender != role::client;
      default: return true;
    }
  }
};

}}  // namespace hubwire

#endif
