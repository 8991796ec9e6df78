// SPDX-License-Identifier: BSL-1.0
#include "foreign.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "examine.hpp"
#include "hex_text.hpp"

namespace inspect {

namespace {

using namespace std::string_view_literals;

// Commands; tests/interop/inspect.test.py runs them. FILE is the capture, 0 the number of the connection in it.
// What is in WebSocket frames is data to tshark when it may not take it for MQTT.
constexpr auto of_capture =
    "take one direction of one connection out of it (0 is the first):\n"
    "  tshark -r FILE -q -z follow,tcp,raw,0 | grep -E '^[0-9a-f]+$' | inspect --hex --from client\n"
    "  tshark -r FILE -q -z follow,tcp,raw,0 | grep '^[[:space:]]' | inspect --hex --from server\n"
    "Through TLS add -o tls.keylog_file:KEYS and follow tls instead of tcp; from WebSocket frames:\n"
    "  tshark -r FILE --disable-protocol mqtt -Y 'websocket.opcode == 2 && tcp.dstport == PORT' -T fields "
    "-e data.data | tr -d , | inspect --hex --from client"sv;
constexpr auto of_tls =
    "the packets are encrypted in it. With the keys that one end logged (SSLKEYLOGFILE, or keylog_filename "
    "of Python's "
    "ssl.SSLContext) and a capture:\n"
    "  tshark -r FILE -o tls.keylog_file:KEYS -q -z follow,tls,raw,0 | grep -E '^[0-9a-f]+$' | "
    "inspect --hex --from client\n"
    "  tshark -r FILE -o tls.keylog_file:KEYS -q -z follow,tls,raw,0 | grep '^[[:space:]]' | "
    "inspect --hex --from server"sv;
constexpr auto of_websocket =
    "the packets are inside of its frames. From a capture, with the server's PORT:\n"
    "  tshark -r FILE --disable-protocol mqtt -Y 'websocket.opcode == 2 && tcp.dstport == PORT' -T fields "
    "-e data.data | tr -d , | inspect --hex --from client\n"
    "  tshark -r FILE --disable-protocol mqtt -Y 'websocket.opcode == 2 && tcp.srcport == PORT' -T fields "
    "-e data.data | tr -d , | inspect --hex --from server\n"
    "Through TLS add -o tls.keylog_file:KEYS."sv;
constexpr auto of_packet =
    "give the bytes behind the TCP header only (in Wireshark: the field MQ Telemetry Transport Protocol, "
    "Copy, as a "
    "Hex Stream). From a capture:\n"
    "  tshark -r FILE -q -z follow,tcp,raw,0 | grep -E '^[0-9a-f]+$' | inspect --hex --from client"sv;
constexpr auto of_http = "it does not carry MQTT unless it asks for an upgrade to WebSocket."sv;
constexpr auto of_amqp = "this program does not read it; IoT Hub speaks it at port 5671."sv;
constexpr auto of_gzip = "unpack it first:\n  gunzip -c FILE | inspect"sv;

struct signature {
  std::string_view begin;
  std::string_view what;
  std::string_view advice;
};

constexpr auto pcap = "a capture file (pcap)"sv;
constexpr auto pcapng = "a capture file (pcapng)"sv;
constexpr auto http = "HTTP"sv;
constexpr auto tls = "TLS"sv;

constexpr signature signatures[] = {
    {"\xD4\xC3\xB2\xA1"sv, pcap, of_capture},
    {"\xA1\xB2\xC3\xD4"sv, pcap, of_capture},
    {"\x4D\x3C\xB2\xA1"sv, pcap, of_capture},  // with nanoseconds
    {"\xA1\xB2\x3C\x4D"sv, pcap, of_capture},
    {"\x0A\x0D\x0D\x0A"sv, pcapng, of_capture},
    {"\x14\x03\x03\x00\x01"sv, tls, of_tls},
    {"\x15\x03\x01\x00"sv, tls, of_tls},
    {"\x15\x03\x03\x00"sv, tls, of_tls},
    {"\x16\x03\x00"sv, tls, of_tls},
    {"\x16\x03\x01"sv, tls, of_tls},
    {"\x16\x03\x02"sv, tls, of_tls},
    {"\x16\x03\x03"sv, tls, of_tls},
    {"\x17\x03\x01"sv, tls, of_tls},
    {"\x17\x03\x03"sv, tls, of_tls},
    {"GET "sv, http, of_http},
    {"PUT "sv, http, of_http},
    {"POST "sv, http, of_http},
    {"HEAD "sv, http, of_http},
    {"PATCH "sv, http, of_http},
    {"TRACE "sv, http, of_http},
    {"DELETE "sv, http, of_http},
    {"CONNECT "sv, http, of_http},
    {"OPTIONS "sv, http, of_http},
    {"HTTP/1."sv, http, of_http},
    {"PRI * HTTP/2"sv, http, of_http},
    {"AMQP"sv, "AMQP"sv, of_amqp},
    {"\x1F\x8B"sv, "compressed (gzip)"sv, of_gzip},
};

std::uint8_t octet(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint8_t>(bytes[at]);
}

unsigned number16(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<unsigned>(octet(bytes, at)) << 8 | octet(bytes, at + 1);
}

bool contains_without_case(std::string_view text, std::string_view lower) noexcept {
  auto const same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(), same) != text.end();
}

// An IP packet, perhaps behind an Ethernet header. IPv4 by its checksum, IPv6 by its length.
bool is_ip(std::string_view bytes) noexcept {
  constexpr std::size_t header = 20;
  if (bytes.size() >= header && octet(bytes, 0) == 0x45) {
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at != header; at += 2) sum += number16(bytes, at);
    // The checksum of what a machine sends itself may be left to the network card, and is 0 in a capture.
    bool const left_out =
        number16(bytes, 10) == 0 && octet(bytes, 9) == 6 && number16(bytes, 2) <= bytes.size();
    return left_out || (sum & 0xFFFF) + (sum >> 16) == 0xFFFF;
  }
  constexpr std::size_t header6 = 40;
  return bytes.size() >= header6 && octet(bytes, 0) >> 4 == 6 && octet(bytes, 6) == 6 &&
         number16(bytes, 4) <= bytes.size() - header6;
}

bool is_ethernet(std::string_view bytes) noexcept {
  constexpr std::size_t header = 14;
  if (bytes.size() < header) return false;
  unsigned const type = number16(bytes, header - 2);
  return (type == 0x0800 || type == 0x86DD) && is_ip(bytes.substr(header));
}

// Takes a WebSocket frame of binary data, or one that goes on with it, from the front of bytes and appends its
// payload, as far as it is there; RFC 6455, section 5.2. False when it is none.
bool take_frame(std::string_view& bytes, bool client, std::string& payload) {
  constexpr std::size_t mask_size = 4;
  std::size_t header = 2;
  if (bytes.size() < header) return false;
  unsigned const opcode = octet(bytes, 0) & 0x7F;  // the bit above says whether it is the last of a message
  std::size_t const more = (octet(bytes, 1) & 0x7F) == 126 ? 2 : (octet(bytes, 1) & 0x7F) == 127 ? 8 : 0;
  bool const masked = (octet(bytes, 1) & 0x80) != 0;
  std::size_t const content = header + more + (masked ? mask_size : 0);
  if (opcode != (payload.empty() ? 2u : opcode & 2u) || masked != client || bytes.size() < content)
    return false;
  std::uint64_t size = more == 0 ? octet(bytes, 1) & 0x7F : 0;
  for (; header != 2 + more; ++header) size = size << 8 | octet(bytes, header);
  std::size_t const here = static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes.size() - content));
  for (std::size_t i = 0; i != here; ++i) {
    unsigned const mask = masked ? octet(bytes, header + i % mask_size) : 0u;
    payload += static_cast<char>(octet(bytes, content + i) ^ mask);
  }
  bytes.remove_prefix(content + here);
  return true;
}

// Frames with a sound MQTT packet in them, or the start of a CONNECT. Some clients send each field in a frame of its
// own.
bool is_websocket(std::string_view bytes) {
  constexpr std::size_t enough = 4'096;  // for a CONNECT and any first answer
  if (bytes.size() < 4) return false;
  using hubwire::role;
  bool const client = (octet(bytes, 1) & 0x80) != 0;
  std::string payload;
  while (payload.size() < enough && take_frame(bytes, client, payload)) {
    examined const found = examine(payload, {client ? role::client : role::server, hubwire::largest_packet});
    if (found.sound()) return true;
    if (found.why.error != hubwire::errc::not_one_frame) return false;
  }
  return client && payload.starts_with('\x10') &&
         payload.substr(0, 12).find("\0\4MQTT"sv) != std::string::npos;
}

bool is_text(std::string_view bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    auto const value = static_cast<unsigned char>(c);
    return (value >= ' ' && value != 0x7F) || c == '\n' || c == '\r' || c == '\t';
  });
}

// Whether --hex would read it, as far as whole lines go.
bool is_hexadecimal(std::string_view text) {
  std::size_t const end = text.rfind('\n');
  if (end != std::string_view::npos) text = text.substr(0, end);
  hex_text reader(text.size());
  std::string bytes;
  return reader.read(text, bytes) && reader.finish(bytes) && !bytes.empty();
}

}  // namespace

recognition recognise(std::string_view start, origin from) {
  for (signature const& known : signatures) {
    if (!start.starts_with(known.begin)) continue;
    if (known.what == http && contains_without_case(start, "upgrade: websocket"))
      return {false, "a WebSocket handshake (HTTP)", of_websocket};
    return {false, known.what, known.advice};
  }
  if (is_websocket(start)) return {false, "WebSocket", of_websocket};
  if (is_ip(start)) return {false, "an IP packet", of_packet};
  if (is_ethernet(start)) return {false, "an Ethernet frame", of_packet};
  constexpr std::size_t enough = 4;
  if (from == origin::bytes && start.size() >= enough && is_text(start)) {
    if (is_hexadecimal(start)) return {false, "hexadecimal text", "use --hex."};
    return {false, "text", "in hexadecimal it is read with --hex."};
  }
  auto const may_become = [start](signature const& known) { return known.begin.starts_with(start); };
  return {std::any_of(std::begin(signatures), std::end(signatures), may_become), {}, {}};
}

}  // namespace inspect
