// SPDX-License-Identifier: BSL-1.0
// What an error means and what to do about it, in words for people. A program that does not ask holds none
// of these words. diagnosis.hpp says why a single packet is refused; transport/bearssl_explain.hpp says
// what the numbers of a TLS engine mean.
#ifndef HUBWIRE_CORE_EXPLAIN_HPP
#define HUBWIRE_CORE_EXPLAIN_HPP

#include <cstdint>
#include <string_view>

#include <hubwire/core/errc.hpp>

namespace hubwire { inline namespace abi1 {

/// When an error came. One error has other likely causes at another time.
enum class moment : std::uint8_t {
  unknown,
  connecting,      // before the server has accepted the CONNECT
  just_connected,  // in the first seconds after that
  connected,       // later
};

namespace detail {

// What the code of a CONNACK means (v3.1.1 §3.2.2.3), and what IoT Hub means by it.
constexpr std::string_view explain_refusal(std::uint32_t code) noexcept {
  switch (code) {
    case 1:
      return "The server does not speak this version of MQTT. Ask its operator for one that does 3.1.1.";
    case 2:
      return "The server does not accept the client id. On IoT Hub it is the device id, in its exact case.";
    case 3:
      return "The server does not take the connection now. It is busy, or on IoT Hub the device is disabled:"
             " look at the registry, and try again after pauses that grow.";
    case 4: return "The server does not accept user name or password. Check both as the server expects them.";
    case 5:
      return "The server does not let this client in. On IoT Hub: a wrong key, a token that has ended, a "
             "clock that is wrong, or a device that the hub does not know.";
    default:
      return "The server refused with a code that MQTT 3.1.1 does not define. Is it a server for 3.1.1?";
  }
}

constexpr std::string_view explain_loss(moment when) noexcept {
  switch (when) {
    case moment::connecting:
      return "The other side closed before it had accepted the client. Check host and port, whether TLS is "
             "expected there, and its log.";
    case moment::just_connected:
      return "The connection was closed right after it had been accepted. Perhaps the same identity has "
             "connected elsewhere, which closes the older connection: is a second copy of the program "
             "running? Otherwise the first thing that was sent is not allowed, such as a topic of another "
             "device.";
    case moment::unknown:
    case moment::connected: break;
  }
  return "The other side closed the connection or the network between broke; servers also close when a token"
         " ends and when something is sent that they do not allow. IoT Hub closes after 1,767 s of silence "
         "whatever the keep alive, so more than 1,177 s do not keep a connection. Connect again, after a "
         "pause that grows.";
}

}  // namespace detail

/// A few plain sentences: what has happened, and what to do. Never empty; they hold nothing that was
/// received. Of error::detail they use only the code of connection_refused: print the number beside the
/// words.
constexpr std::string_view explain(error const& why, moment when = moment::unknown) noexcept {
  using enum errc;
  switch (why.code) {
    case none: return "Nothing is wrong.";

    case buffer_too_small:
      return "The buffer is too small. Make it at least as large as the number says, in bytes.";
    case packet_too_large:
      return "The packet is larger than MQTT, the other side or its announced size allows. Send less at "
             "once.";
    case invalid_text: return "A text is not UTF-8, holds U+0000 or is longer than 65,535 bytes. Correct it.";
    case invalid_topic_name:
      return "A topic to publish to is empty, has a '+' or '#', or is not a valid text.";
    case invalid_topic_filter:
      return "A topic filter is empty or not a valid text, or has a wildcard in the wrong place: '+' stands "
             "alone in its level, '#' alone in the last one.";
    case invalid_packet_id:
      return "A packet identifier is 0, or no message with it waits to be acknowledged.";
    case invalid_packet:
      return "Two fields of the packet contradict each other. Its comment says which cannot.";
    case not_one_frame:
      return "The bytes are not exactly one packet. Cut them with split_frame or a frame reader.";
    case wrong_packet_type:
      return "The packet is of another type than was asked for. The number is its type.";
    case invalid_state:
      return "The call is not allowed now. Wait for the event that allows it, such as connected.";
    case capacity_exhausted:
      return "A fixed table is full, with as many entries as the number says. Wait until an entry is free, "
             "or choose a larger capacity.";
    case output_full:
      return "What was queued before has to leave first. Pump, then make the same call again.";
    case events_waiting:
      return "The last connection still has events to tell. Call next_event() until there is none, then "
             "connect again.";
    case payload_incomplete:
      return "A message that is being sent in pieces is not finished. Send the bytes that are missing first.";
    case not_supported:
      return "This client, or this version of hubwire, does not do that part of MQTT. QoS 2 "
             "needs a Keep other than keep_nothing.";
    case invalid_base64:
      return "A text is no base64 at the offset that the number says. A key has to be copied whole, without "
             "blanks and line ends.";
    case invalid_percent_encoding: return "A '%' is not followed by two hexadecimal digits, at that offset.";
    case invalid_connection_string:
      return "The part of the connection string at that offset is no 'Name=value', or a second way to "
             "authenticate.";
    case missing_field:
      return "Something that must be there is missing. The function's comment names what it needs.";
    case duplicate_field: return "A part is there twice. The number is the offset of the second one.";
    case invalid_field: return "A value breaks the rules of its field. The function's comment names them.";
    case clock_not_set:
      return "The clock shows a time before 2020. Set it first: tokens and certificates depend on it.";
    case no_line_breaks:
      return "The PEM text has no line breaks, or has them as the two characters \\n. Put BEGIN, END and the"
             " lines between on lines of their own.";
    case repeat_pending:
      return "Messages of an earlier connection come first. Send each that event repeat names by"
             " publish_again(), then try again.";
    case invalid_certificate:
      return "A trust anchor or a client certificate cannot be read. Compare the file with its source, and "
             "look for a line that is cut off.";
    case invalid_private_key:
      return "The client's private key cannot be read. It has to be RSA or EC, without a password, and "
             "whole.";
    case private_key_mismatch:
      return "The private key is not that of the client's certificate. Is the client's certificate the "
             "first of its chain? A damaged key looks like this too.";
    case crypto_failed:
      return "The cryptography or the random numbers failed. The number is the adapter's own.";
    case unknown_field:
      return "A part has a name that nothing here knows. Look for a misspelling, at that offset.";
    case store_full:
      return "The store of the session has no room for a record; the number is its size in bytes. Make a "
             "snapshot. If there is no room right behind one, make the store larger.";
    case store_failed:
      return "The memory that keeps the session over a reboot could not be read or written. The number is "
             "the system's errno or the driver's own.";

    case malformed_packet:
      return "The other side sent bytes that are no MQTT packet. Is it a server for MQTT 3.1.1, and is TLS "
             "used on both sides or on neither?";
    case protocol_error:
      return "The other side sent a packet that MQTT does not allow, or not at this time. diagnose_refused "
             "names the rule.";
    case unsupported_protocol: return "The client asks for a version of MQTT that is not 3.1.1.";
    case packet_exceeds_limit:
      return "The other side sent a packet larger than the limit. The number is its size: make the receive "
             "buffer larger, or receive messages in pieces.";
    case connection_refused: return detail::explain_refusal(why.detail);
    case keep_alive_timeout:
      return "Nothing came from the other side in time, or nothing moved in either direction: the connection "
             "is dead. Connect again, after a pause that grows.";
    case request_timeout:
      return "The server answers pings but not a request; the number is its packet identifier. Connect again"
             " and repeat it.";
    case connack_timeout:
      return "The connection stands, but the server has not answered the CONNECT in time. It may hold new "
             "clients back while it is busy: allow it up to 60 s, and try again after pauses that grow.";
    case unexpected_packet:
      return "The other side acknowledged a packet that nobody waits for. The number is its id.";
    case not_iothub_topic:
      return "A topic is none of IoT Hub, or belongs to another device. Compare it with the device id.";
    case invalid_iothub_topic:
      return "A topic of IoT Hub has a broken part: a status, a $rid or a method's name.";
    case invalid_json: return "A text is no JSON object, from that offset on.";
    case invalid_sas_token: return "A token is not 'SharedAccessSignature sr=...&sig=...&se=...'.";
    case sas_token_expired:
      return "The token has ended, as many seconds ago as the number says. Make a new one.";
    case sas_signature_mismatch:
      return "The token was signed with another key. Compare the keys on both sides.";
    case sas_resource_mismatch:
      return "The token is for another hub or device. Compare its sr with who uses it.";
    case missing_request_id: return "A topic of IoT Hub that needs a $rid has none.";
    case invalid_user_name:
      return "The user name is none of IoT Hub's: 'host/device/?api-version=2021-04-12', from that offset "
             "on.";
    case invalid_http_reply:
      return "What answers there does not speak HTTP/1.x, from that offset on. At offset 0 it is a server "
             "of another kind, or one that expects TLS: check host and port.";
    case http_reply_too_long:
      return "The HTTP reply has more bytes before its empty line than the number says. Raise the limit only "
             "for a server that you know.";
    case proxy_wants_credentials:
      return "The proxy asks for a user name and a password, or does not accept those that it got. Check "
             "both. hubwire sends them in the Basic scheme only.";
    case proxy_refused:
      return "The proxy does not connect to that host and port. The number is its HTTP status. 403: its "
             "rules forbid them. 502 to 504: it cannot reach them. Any other: perhaps it is no proxy.";
    case session_lost:
      return "The server has not kept the session. The message may have arrived or not: publish it again if "
             "twice is better than never. Subscriptions are gone too.";

    case connection_lost: return detail::explain_loss(when);
    case message_expired:
      return "The time limit of a message was over before the message could be sent, or sent again.";
    case disconnect_timeout:
      return "The goodbye did not end in time, so what was sent last may be lost. Send it again after the "
             "next connection.";
    case tls_chain_too_long:
      return "The server sent more certificates than are allowed; the number is how many are. Raise the "
             "limit only for a server that you know.";
    case connect_timeout:
      return "Nobody answered at that address in time. Check the address, and whether a firewall drops the "
             "port: IoT Hub needs 8883.";
    case connect_failed:
      return "There is no connection: nothing listens at that address and port, or there is no way to it. "
             "The number is the system's errno.";
    case address_not_found:
      return "The host name has no address. Check its spelling, and whether this machine can reach a name "
             "server.";
    case transport_failed:
      return "Reading from the connection or writing to it failed. The number is the system's errno or the "
             "engine's code; connect again, after a pause that grows.";
    case tls_failed:
      return "TLS failed before or while data was sent; the number is the engine's. Does the server speak "
             "TLS 1.2, with ECDHE and an AEAD cipher, at this port?";
    case tls_untrusted_certificate:
      return "The server's certificate leads to none of the trust anchors. Add the root that it leads to; if"
             " it should lead there, the server leaves out an intermediate, or somebody else answers in its "
             "place.";
    case tls_wrong_server_name:
      return "The server's certificate is for another name. The name has to be a DNS name in its "
             "subjectAltName: a certificate with a CN only is not enough, and neither is an address.";
    case tls_certificate_expired:
      return "The server's certificate has ended or has not begun at this device's time. Check the clock "
             "first.";
    case websocket_refused:
      return "The server did not switch to WebSocket for MQTT. The number is the status of its HTTP answer; "
             "101 is a switch that lacks a part, such as the subprotocol mqtt; 0 is an answer that is no "
             "HTTP/1.x. Check the path.";
    case websocket_failed:
      return "The other side broke a rule of WebSocket: it sent a text frame (1003) or a frame that is not "
             "allowed (1002). Something between the two may have changed the bytes.";
  }
  return "This error has no name in this version of hubwire.";
}

}}  // namespace hubwire

#endif
