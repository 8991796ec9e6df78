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
  static constexpr std::size_t acknowledgement_size = 4;
  static constexpr void acknowledge(std::span<std::uint8_t, 4> to, packet_type type, packet_id id) noexcept {
    v3::encode_acknowledgement(to, type, id);
  }
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
    packet_type type = packet_type::puback;
    list_view<v3::suback_return_code> codes{};
  };
  /// Reads what carries an identifier and is no PUBLISH.
  static result<answer> read_answer(frame const& received) noexcept {
    packet_type const type = received.type();
    if (type == packet_type::suback) return answer_with_codes(decode<v3::suback>(received));
    auto id = v3::decode_acknowledgement(received);
    if (!id) return id.error();
    return answer{*id, type, {}};
  }

  static constexpr event tell(answer const& settled, bool repeated) noexcept {
    if (settled.type == packet_type::suback)
      return event::of_codes(settled.id, settled.codes);  // v3.1.1:MQTT-3.9.3-1
    if (settled.type == packet_type::unsuback) return event::of_request(event_kind::unsubscribed, settled.id);
    return event::of_publish(settled.id, repeated);
  }
  /// A PUBLISH that was encoded is sent again.
  static constexpr void mark_duplicate(byte_span packet) noexcept { v3::mark_duplicate(packet); }

 private:
  static result<answer> answer_with_codes(result<v3::suback> const& packet) noexcept {
    if (!packet) return packet.error();
    return answer{packet->id, packet_type::suback, packet->codes};
  }
};

}}  // namespace hubwire

#endif
