// SPDX-License-Identifier: BSL-1.0
// What diagnosis.hpp says in words. A program that does not include it carries none of these texts.
#ifndef HUBWIRE_DIAGNOSIS_TEXTS_HPP
#define HUBWIRE_DIAGNOSIS_TEXTS_HPP

#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/objection.hpp>
#include <hubwire/wire/frame.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

struct explanation {
  std::string_view statement;
  std::string_view text;
};

// Faults of a single packet.
inline constexpr explanation explanations[] = {
    {"v3.1.1 §2.2.1", "a packet type that is reserved, or that this side does not send"},
    {"v3.1.1 §2.2.3", "a Remaining Length that is too long, padded, or does not fit the fields"},
    {"v3.1.1 §3.2.2.1", "reserved bits in the Connect Acknowledge Flags"},
    {"v3.1.1 §3.2.2.3", "a reserved Connect Return code"},
    {"v3.1.1:MQTT-1.5.3-1", "text that is not well-formed UTF-8"},
    {"v3.1.1:MQTT-1.5.3-2", "U+0000 in a text"},
    {"v3.1.1:MQTT-2.2.2-1", "reserved flags in the fixed header"},
    {"v3.1.1:MQTT-2.3.1-1", "packet identifier 0"},
    {"v3.1.1:MQTT-3.1.2-1", "the protocol name is not MQTT"},
    {"v3.1.1:MQTT-3.1.2-2", "another protocol level than 4"},
    {"v3.1.1:MQTT-3.1.2-3", "the reserved Connect Flag is set"},
    {"v3.1.1:MQTT-3.1.2-13", "a will QoS without a will"},
    {"v3.1.1:MQTT-3.1.2-14", "will QoS 3"},
    {"v3.1.1:MQTT-3.1.2-15", "will retain without a will"},
    {"v3.1.1:MQTT-3.1.2-22", "a password without a user name"},
    {"v3.1.1:MQTT-3.10.1-1", "UNSUBSCRIBE flags other than 0010"},
    {"v3.1.1:MQTT-3.10.3-2", "UNSUBSCRIBE without a filter"},
    {"v3.1.1:MQTT-3.14.1-1", "reserved flags in DISCONNECT"},
    {"v3.1.1:MQTT-3.2.2-4", "session present although the connection is refused"},
    {"v3.1.1:MQTT-3.3.1-2", "DUP on a QoS 0 message"},
    {"v3.1.1:MQTT-3.3.1-4", "QoS 3"},
    {"v3.1.1:MQTT-3.3.2-2", "a wildcard in a topic name"},
    {"v3.1.1:MQTT-3.6.1-1", "PUBREL flags other than 0010"},
    {"v3.1.1:MQTT-3.8.1-1", "SUBSCRIBE flags other than 0010"},
    {"v3.1.1:MQTT-3.8.3-3", "SUBSCRIBE without a filter"},
    {"v3.1.1:MQTT-3.8.3-4", "a requested QoS above 2 or with reserved bits"},
    {"v3.1.1:MQTT-3.9.3-2", "a reserved SUBACK return code"},
    {"v3.1.1:MQTT-4.7.1-2", "# that is not a whole level, the last one"},
    {"v3.1.1:MQTT-4.7.1-3", "+ that is not a whole level"},
    {"v3.1.1:MQTT-4.7.3-1", "an empty topic"},
    {"v3.1.1:MQTT-4.7.3-2", "U+0000 in a topic name or filter"},
};

// What a client refuses although the packet is sound by itself.
struct refusal {
  errc code;
  std::uint8_t number;  // objection, packet type or return code, see number_of()
  explanation why;      // no statement where the standard allows the packet
};

constexpr refusal refused_for(objection what, explanation why) noexcept {
  return {errc::protocol_error, static_cast<std::uint8_t>(what), why};
}

constexpr refusal nobody_waits_for(packet_type type, explanation why) noexcept {
  return {errc::unexpected_packet, static_cast<std::uint8_t>(type), why};
}

constexpr refusal refused_with(std::uint8_t code, std::string_view text) noexcept {
  return {errc::connection_refused, code, {"v3.1.1:MQTT-3.2.2-5", text}};
}

inline constexpr std::uint8_t reserved_code = 6;  // the first of them: v3.1.1 §3.2.2.3

inline constexpr refusal refusals[] = {
    refused_for(objection::packet_before_connack,
                {"v3.1.1:MQTT-3.2.0-1", "a packet that came before CONNACK"}),
    refused_for(objection::second_connack,
                {"v3.1.1 §3.2", "a second CONNACK: the connection was accepted before"}),
    refused_for(objection::session_present_unasked,
                {"v3.1.1:MQTT-3.2.2-1", "session present although CONNECT asked for a clean session"}),
    refused_for(objection::identifier_in_use,
                {"v3.1.1:MQTT-2.3.1-4",
                 "a message without DUP whose identifier belongs to one that is not acknowledged yet"}),
    refused_for(objection::wrong_number_of_codes,
                {"v3.1.1:MQTT-3.8.4-5", "more or fewer return codes than SUBSCRIBE had filters"}),
    nobody_waits_for(
        packet_type::puback,
        {"v3.1.1:MQTT-2.3.1-6", "PUBACK with the identifier of no QoS 1 message that waits for one"}),
    nobody_waits_for(
        packet_type::pubrec,
        {"v3.1.1:MQTT-2.3.1-6", "PUBREC with the identifier of no QoS 2 message that waits for one"}),
    nobody_waits_for(packet_type::pubrel,
                     {"v3.1.1:MQTT-2.3.1-6", "PUBREL for a message that was not answered with PUBREC"}),
    nobody_waits_for(packet_type::pubcomp,
                     {"v3.1.1:MQTT-4.3.3-2", "PUBCOMP with the identifier of no PUBREL that waits for one"}),
    nobody_waits_for(packet_type::suback, {"v3.1.1:MQTT-3.8.4-2",
                                           "SUBACK with the identifier of no SUBSCRIBE that waits for one"}),
    nobody_waits_for(
        packet_type::unsuback,
        {"v3.1.1:MQTT-3.10.4-4", "UNSUBACK with the identifier of no UNSUBSCRIBE that waits for one"}),
    {errc::not_supported,
     static_cast<std::uint8_t>(packet_type::publish),
     {"", "a message with QoS 2, which a client that keeps nothing never asks for and does not take"}},
    refused_with(1, "the server refused the connection: it does not support this protocol level"),
    refused_with(2, "the server refused the connection: it does not allow this client identifier"),
    refused_with(3, "the server refused the connection: its MQTT service is not available"),
    refused_with(4, "the server refused the connection: the user name or password is malformed"),
    refused_with(5, "the server refused the connection: this client is not authorized"),
    {errc::connection_refused,
     reserved_code,
     {"v3.1.1 §3.2.2.3", "the server refused the connection, with a reserved Connect Return code"}},
};

constexpr std::uint32_t number_of(error why, packet_type type) noexcept {
  if (why == errc::unexpected_packet || why == errc::not_supported) return static_cast<std::uint32_t>(type);
  if (why == errc::connection_refused && why.detail > reserved_code) return reserved_code;
  return why.detail;
}

// Without text when a packet of this type is not what a client refused for this reason, or not for its order.
constexpr explanation explanation_of(error why, packet_type type) noexcept {
  for (refusal const& known : refusals)
    if (known.code == why.code && known.number == number_of(why, type)) return known.why;
  return {};
}

// Where neither a statement nor the packet tells more.
constexpr std::string_view words_of(errc code) noexcept {
  switch (code) {
    case errc::none: return "nothing is wrong";
    case errc::not_one_frame: return "the packet is not complete";
    case errc::packet_exceeds_limit: return "the packet is larger than the limit";
    case errc::malformed_packet: return "no packet of this version";
    case errc::protocol_error: return "a packet that is not allowed now";
    case errc::unexpected_packet: return "an acknowledgement that nobody waits for";
    case errc::connection_refused: return "the server refused the connection";
    case errc::connack_timeout: return "no packet is to blame: the server did not answer CONNECT in time";
    case errc::request_timeout: return "no packet is to blame: the server did not answer a request in time";
    case errc::keep_alive_timeout: return "no packet is to blame: the server was silent for too long";
    default: break;
  }
  switch (blame_of(code)) {
    case blame::caller: return "no packet is to blame: the error is on this side of the connection";
    case blame::transport: return "no packet is to blame: the connection failed";
    default: return "no packet is to blame: the server did not do its part";
  }
}

}}}  // namespace hubwire::detail

#endif
