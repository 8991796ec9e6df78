// SPDX-License-Identifier: BSL-1.0
// What can go wrong: a name, who is to blame, and one number that helps.
#ifndef HUBWIRE_CORE_ERRC_HPP
#define HUBWIRE_CORE_ERRC_HPP

#include <cstdint>
#include <string_view>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

/// Who has to change something for the error to go away.
enum class blame : std::uint8_t {
  nobody,     ///< errc::none
  caller,     ///< the program that uses hubwire
  peer,       ///< the other end broke the protocol, or refused
  transport,  ///< the connection between the two
};

/// The top two bits say whom to blame. Values are stable within an ABI namespace.
enum class errc : std::uint8_t {
  none = 0x00,

  // caller
  buffer_too_small = 0x40,  ///< detail: the size in bytes that would do
  packet_too_large,         ///< Remaining Length over 268,435,455, or more than the peer takes; detail: it
  invalid_text,             ///< ill-formed UTF-8, U+0000, or more than 65,535 bytes
  invalid_topic_name,       ///< empty, a wildcard, or not a valid text
  invalid_topic_filter,     ///< empty, a misplaced wildcard, or not a valid text
  invalid_packet_id,        ///< 0, or of no message that waits to be acknowledged
  invalid_packet,           ///< fields that contradict each other; the packet's comment names them
  not_one_frame,            ///< not the bytes of exactly one packet; detail: the packet's size, 0 if unknown
  wrong_packet_type,        ///< decode<P> was handed another packet; detail: its type
  invalid_state,            ///< this call is not allowed now (publish before connected, say)
  capacity_exhausted,       ///< no free slot in a fixed table; detail: its capacity
  output_full,              ///< no room until pending output has been sent; then the same call succeeds
  events_waiting,  ///< next_event() has still to tell how the last connection ended; then connect() succeeds
  payload_incomplete,  ///< a message that is sent in pieces has to be finished first; detail: bytes missing
  not_supported,       ///< part of MQTT that this client does not do; also when the server sends it
  invalid_base64,      ///< detail: offset
  invalid_percent_encoding,   ///< detail: offset
  invalid_connection_string,  ///< detail: offset of the part that is wrong
  missing_field,              ///< a part that must be there is not
  duplicate_field,            ///< a part is there twice
  invalid_field,              ///< a part holds a value that its grammar does not allow
  clock_not_set,              ///< calendar time before 2020: SAS tokens and certificates cannot work
  invalid_certificate,        ///< a trust anchor or a client certificate that does not parse
  crypto_failed,              ///< the crypto adapter gave up; detail: its error number
  unknown_field,              ///< a part whose name is none that is known; detail: its offset
  no_line_breaks,        ///< a PEM text on one line, or whose line ends are two characters; detail: which one
  repeat_pending,        ///< messages of an earlier connection have to be sent again first (event repeat)
  store_full,            ///< no room for a record until a snapshot is made; detail: the bytes that it takes
  store_failed,          ///< the memory that survives a reboot failed; detail: errno or the driver's number
  invalid_private_key,   ///< a key that does not parse, or is encrypted; detail: the engine's error number
  private_key_mismatch,  ///< a private key that is not that of the client's certificate

  // peer
  malformed_packet = 0x80,  ///< bytes that are no MQTT packet
  protocol_error,           ///< well-formed, but not allowed, or not now; detail: from a client, an objection
  unsupported_protocol,     ///< CONNECT with another protocol level; detail: the level
  packet_exceeds_limit,     ///< larger than the caller's limit; detail: size of the whole packet
  connection_refused,       ///< CONNACK with a code other than 0; detail: the code
  keep_alive_timeout,  ///< nothing came in time, or nothing moved; from a client: nothing for 1.5 keep alives
  connack_timeout,     ///< no CONNACK within the caller's time
  request_timeout,     ///< no answer to a request within the caller's time; detail: its packet id
  unexpected_packet,   ///< an acknowledgement nobody waits for; detail: packet id
  not_iothub_topic,    ///< a topic that IoT Hub does not use, or that belongs to another identity
  invalid_iothub_topic,     ///< a topic of IoT Hub with a broken part (status, $rid, method name)
  invalid_json,             ///< text that is no JSON object; detail: offset
  invalid_sas_token,        ///< a token that does not follow the grammar
  sas_token_expired,        ///< detail: seconds past the expiry, saturated
  sas_signature_mismatch,   ///< signed with another key
  sas_resource_mismatch,    ///< signed for another resource
  missing_request_id,       ///< a topic of IoT Hub whose $rid is absent or empty
  invalid_user_name,        ///< a CONNECT user name that is none of IoT Hub's; detail: offset
  invalid_http_reply,       ///< bytes that are no HTTP/1.x reply; detail: offset of the first that is wrong
  http_reply_too_long,      ///< the head of a reply is longer than the caller's limit; detail: the limit
  proxy_wants_credentials,  ///< the proxy has not accepted user name and password; detail: 407
  proxy_refused,            ///< the proxy opens no tunnel; detail: the HTTP status
  session_lost,             ///< the server has not kept the session: a message may have arrived or not

  // transport
  connection_lost = 0xC0,  ///< closed by the other side, or reset; detail: errno where there is one
  connect_timeout,         ///< no connection within the caller's time
  message_expired,         ///< the time_limit of a message was over before it could be sent
  disconnect_timeout,      ///< the goodbye did not end in the caller's time: what was sent last may be lost
  connect_failed,          ///< detail: errno
  address_not_found,       ///< the name did not resolve
  transport_failed,        ///< reading or writing failed; detail: errno or the engine's code
  tls_failed,              ///< the TLS engine gave up; detail: its error number
  tls_untrusted_certificate,  ///< no chain to a trust anchor; detail: the engine's error number
  tls_wrong_server_name,      ///< the certificate is for another name
  tls_certificate_expired,    ///< expired or not yet valid at the given time
  tls_chain_too_long,         ///< more certificates than are allowed; detail: how many are
  websocket_refused,  ///< no WebSocket for MQTT; detail: the HTTP status, 0 if the answer is no HTTP/1.x
  websocket_failed,   ///< the peer broke a rule of WebSocket; detail: the code that this end closed with
};

constexpr blame blame_of(errc code) noexcept {
  return static_cast<blame>(static_cast<std::uint8_t>(code) >> 6);
}

/// An error as it travels through result<T>: eight bytes.
struct error {
  errc code = errc::none;
  std::uint32_t detail = 0;  ///< see the enumerator; 0 where it says nothing

  constexpr blame blamed_on() const noexcept { return blame_of(code); }
  friend constexpr bool operator==(error const&, error const&) noexcept = default;
  friend constexpr bool operator==(error const& e, errc wanted) noexcept { return e.code == wanted; }
};

/// The enumerator's name, for logs. Costs flash only where it is called.
constexpr std::string_view to_string(errc code) noexcept {
  using enum errc;
  switch (code) {
    case none: return "none";
    case buffer_too_small: return "buffer_too_small";
    case packet_too_large: return "packet_too_large";
    case invalid_text: return "invalid_text";
    case invalid_topic_name: return "invalid_topic_name";
    case invalid_topic_filter: return "invalid_topic_filter";
    case invalid_packet_id: return "invalid_packet_id";
    case invalid_packet: return "invalid_packet";
    case not_one_frame: return "not_one_frame";
    case wrong_packet_type: return "wrong_packet_type";
    case invalid_state: return "invalid_state";
    case capacity_exhausted: return "capacity_exhausted";
    case output_full: return "output_full";
    case events_waiting: return "events_waiting";
    case payload_incomplete: return "payload_incomplete";
    case not_supported: return "not_supported";
    case invalid_base64: return "invalid_base64";
    case invalid_percent_encoding: return "invalid_percent_encoding";
    case invalid_connection_string: return "invalid_connection_string";
    case missing_field: return "missing_field";
    case duplicate_field: return "duplicate_field";
    case invalid_field: return "invalid_field";
    case clock_not_set: return "clock_not_set";
    case invalid_certificate: return "invalid_certificate";
    case crypto_failed: return "crypto_failed";
    case unknown_field: return "unknown_field";
    case no_line_breaks: return "no_line_breaks";
    case repeat_pending: return "repeat_pending";
    case store_full: return "store_full";
    case store_failed: return "store_failed";
    case invalid_private_key: return "invalid_private_key";
    case private_key_mismatch: return "private_key_mismatch";
    case malformed_packet: return "malformed_packet";
    case protocol_error: return "protocol_error";
    case unsupported_protocol: return "unsupported_protocol";
    case packet_exceeds_limit: return "packet_exceeds_limit";
    case connection_refused: return "connection_refused";
    case keep_alive_timeout: return "keep_alive_timeout";
    case connack_timeout: return "connack_timeout";
    case request_timeout: return "request_timeout";
    case unexpected_packet: return "unexpected_packet";
    case not_iothub_topic: return "not_iothub_topic";
    case invalid_iothub_topic: return "invalid_iothub_topic";
    case invalid_json: return "invalid_json";
    case invalid_sas_token: return "invalid_sas_token";
    case sas_token_expired: return "sas_token_expired";
    case sas_signature_mismatch: return "sas_signature_mismatch";
    case sas_resource_mismatch: return "sas_resource_mismatch";
    case missing_request_id: return "missing_request_id";
    case invalid_user_name: return "invalid_user_name";
    case invalid_http_reply: return "invalid_http_reply";
    case http_reply_too_long: return "http_reply_too_long";
    case proxy_wants_credentials: return "proxy_wants_credentials";
    case proxy_refused: return "proxy_refused";
    case session_lost: return "session_lost";
    case connection_lost: return "connection_lost";
    case connect_timeout: return "connect_timeout";
    case message_expired: return "message_expired";
    case disconnect_timeout: return "disconnect_timeout";
    case connect_failed: return "connect_failed";
    case address_not_found: return "address_not_found";
    case transport_failed: return "transport_failed";
    case tls_failed: return "tls_failed";
    case tls_untrusted_certificate: return "tls_untrusted_certificate";
    case tls_wrong_server_name: return "tls_wrong_server_name";
    case tls_certificate_expired: return "tls_certificate_expired";
    case tls_chain_too_long: return "tls_chain_too_long";
    case websocket_refused: return "websocket_refused";
    case websocket_failed: return "websocket_failed";
  }
  return "unknown";
}

/// The name of the error's code. The detail is a number; printing it takes a buffer: see text_writer.
constexpr std::string_view to_string(error const& why) noexcept { return to_string(why.code); }

}}  // namespace hubwire

#endif
