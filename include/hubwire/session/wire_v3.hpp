// SPDX-License-Identifier: BSL-1.0
// What a client has to know of MQTT 3.1.1.
#ifndef HUBWIRE_SESSION_WIRE_V3_HPP
#define HUBWIRE_SESSION_WIRE_V3_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <hubwire/codec.hpp>
#include <hubwire/session/event.hpp>
#include <hubwire/session/options.hpp>
#include <hubwire/session/packet_ids.hpp>
#include <hubwire/session/session_wire.hpp>
#include <hubwire/v3/protocol.hpp>

namespace hubwire { inline namespace abi1 {

namespace v3 {

/// The events of a client that speaks MQTT 3.1.1.
using event = basic_event<publish, suback_return_code>;

}  // namespace v3

/// MQTT 3.1.1 has no limits.
template <>
struct peer_limits<v3_tag> {
  static constexpr bool takes(qos) noexcept { return true; }
  static constexpr bool takes(std::size_t) noexcept { return true; }
  static constexpr bool takes_another(std::size_t) noexcept { return true; }
  static constexpr std::optional<std::uint16_t> keep_alive() noexcept { return {}; }
};

template <>
struct session_wire<v3_tag> {
  using event = v3::event;
  using connect = v3::connect;
  using publish = v3::publish;
  using subscription = v3::subscription;
  using unsubscription = v3::unsubscription;
  using limits = peer_limits<v3_tag>;

  static constexpr bool starts_clean(connect const& packet) noexcept { return packet.clean_session; }
  static constexpr publish message_packet(message const& outgoing, delivery how) noexcept {
    return {outgoing.topic, outgoing.payload, how, outgoing.retain};
  }
  static constexpr v3::subscribe subscribe_packet(packet_id id,
                                                  std::span<subscription const> wanted) noexcept {
    return {id, wanted};
  }
  static constexpr v3::unsubscribe unsubscribe_packet(packet_id id,
                                                      std::span<unsubscription const> filters) noexcept {
    return {id, filters};
  }
  static constexpr v3::pingreq ping() noexcept { return {}; }
  static constexpr v3::puback acknowledgement(packet_id id) noexcept { return {id}; }
  static constexpr v3::disconnect farewell() noexcept { return {}; }

  struct greeting {
    bool session_present = false;
    limits peer{};
  };
  /// Reads CONNACK. A code that the standard reserves is a refusal as well, and its number says more than
  /// "malformed".
  static result<greeting> read_greeting(frame const& received) noexcept {
    std::string_view const body = received.body();
    std::uint8_t const code = body.size() == 2 && body[0] == 0 ? detail::to_byte(body[1]) : std::uint8_t{0};
    if (code != 0) return error{errc::connection_refused, code};  // v3.1.1:MQTT-3.2.2-5
    auto packet = decode<v3::connack>(received);
    if (!packet) return packet.error();  // v3.1.1:MQTT-4.8.0-1
    return greeting{packet->session_present, {}};
  }

  static result<publish> read_message(frame const& received) noexcept { return decode<publish>(received); }
  static error read_ping_answer(frame const& received) noexcept {
    return decode<v3::pingresp>(received).error();
  }

  struct answer {
    packet_id id;
    request_kind kind = request_kind::publish;
    list_view<v3::suback_return_code> codes{};
  };
  /// Reads an answer to a request. PUBREC, PUBREL and PUBCOMP belong to QoS 2, which was never asked for.
  static result<answer> read_answer(frame const& received) noexcept {
    packet_type const type = received.type();
    if (type == packet_type::suback) return answer_with_codes(decode<v3::suback>(received));
    auto id = v3::decode_acknowledgement(received);
    if (!id) return id.error();
    if (type == packet_type::puback) return answer{*id, request_kind::publish, {}};
    if (type == packet_type::unsuback) return answer{*id, request_kind::unsubscribe, {}};
    return error{errc::unexpected_packet, id->number()};
  }

  static constexpr event tell(answer const& settled) noexcept {
    if (settled.kind == request_kind::subscribe)
      return event::of_codes(settled.id, settled.codes);  // v3.1.1:MQTT-3.9.3-1
    bool const published = settled.kind == request_kind::publish;
    return event::of_request(published ? event_kind::published : event_kind::unsubscribed, settled.id);
  }

 private:
  static result<answer> answer_with_codes(result<v3::suback> const& packet) noexcept {
    if (!packet) return packet.error();
    return answer{packet->id, request_kind::subscribe, packet->codes};
  }
};

}}  // namespace hubwire

#endif
