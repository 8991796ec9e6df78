// SPDX-License-Identifier: BSL-1.0
#include <hubwire/diagnosis.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/mqtt3.hpp>
#include <stream/feed.hpp>
#include <support/constexpr_test.hpp>
#include <support/golden_fields.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using test::from_hex;

namespace {

using octets = std::vector<std::uint8_t>;

diagnosis diagnose_as(role sender, byte_view input, std::uint32_t limit = largest_packet) {
  switch (sender) {
    case role::client: return diagnose<v3_tag, role::client>(input, limit);
    case role::server: return diagnose<v3_tag, role::server>(input, limit);
    case role::any: break;
  }
  return diagnose<v3_tag>(input, limit);
}

// A refusal: who sent it, the bytes, the verdict, who says so, and the byte it is about.
struct row {
  role sender;
  char const* hex;
  error verdict;
  char const* statement;
  std::size_t offset;
};

constexpr role client_side = role::client;
constexpr role server_side = role::server;
constexpr error malformed{errc::malformed_packet, 0};
constexpr error not_allowed{errc::protocol_error, 0};
constexpr char const* cut_off = "v3.1.1 §2.2.3";

// One row at least for each check of the decoder, in the order of the packets.
constexpr row refusals[] = {
    // The fixed header.
    {client_side, "0000", malformed, "v3.1.1 §2.2.1", 0},
    {client_side, "0f00", malformed, "v3.1.1 §2.2.1", 0},
    {client_side, "f000", malformed, "v3.1.1 §2.2.1", 0},
    {server_side, "f100", malformed, "v3.1.1 §2.2.1", 0},
    {client_side, "1100", malformed, "v3.1.1:MQTT-2.2.2-1", 0},
    {server_side, "2800 0000", malformed, "v3.1.1:MQTT-2.2.2-1", 0},
    {server_side, "4202 0001", malformed, "v3.1.1:MQTT-2.2.2-1", 0},
    {server_side, "5202 0001", malformed, "v3.1.1:MQTT-2.2.2-1", 0},
    {server_side, "6002 0001", malformed, "v3.1.1:MQTT-3.6.1-1", 0},
    {server_side, "7202 0001", malformed, "v3.1.1:MQTT-2.2.2-1", 0},
    {client_side, "8006 0001 0001 74 00", malformed, "v3.1.1:MQTT-3.8.1-1", 0},
    {server_side, "9203 0001 00", malformed, "v3.1.1:MQTT-2.2.2-1", 0},
    {client_side, "a005 0001 0001 74", malformed, "v3.1.1:MQTT-3.10.1-1", 0},
    {server_side, "b202 0001", malformed, "v3.1.1:MQTT-2.2.2-1", 0},
    {client_side, "c100", malformed, "v3.1.1:MQTT-2.2.2-1", 0},
    {server_side, "d400", malformed, "v3.1.1:MQTT-2.2.2-1", 0},
    {client_side, "e800", malformed, "v3.1.1:MQTT-3.14.1-1", 0},
    {server_side, "30 80 80 80 80", malformed, "v3.1.1 §2.2.3", 1},
    {server_side, "30 ff ff ff ff 01", malformed, "v3.1.1 §2.2.3", 1},
    {server_side, "30 85 00 00 01 74 00 78", malformed, "v3.1.1 §2.2.3", 1},
    {server_side, "d0 80 80 00", malformed, "v3.1.1 §2.2.3", 1},
    // A direction, before the body is looked at.
    {server_side, "1000", not_allowed, "v3.1.1 §2.2.1", 0},
    {client_side, "2000", not_allowed, "v3.1.1 §2.2.1", 0},
    {server_side, "8200", not_allowed, "v3.1.1 §2.2.1", 0},
    {client_side, "9000", not_allowed, "v3.1.1 §2.2.1", 0},
    {server_side, "a200", not_allowed, "v3.1.1 §2.2.1", 0},
    {client_side, "b000", not_allowed, "v3.1.1 §2.2.1", 0},
    {server_side, "c000", not_allowed, "v3.1.1 §2.2.1", 0},
    {client_side, "d000", not_allowed, "v3.1.1 §2.2.1", 0},
    {server_side, "e000", not_allowed, "v3.1.1 §2.2.1", 0},
    // As soon as the first byte is there, whatever length is announced.
    {server_side, "10", not_allowed, "v3.1.1 §2.2.1", 0},
    {client_side, "90 ff ff ff 7f", not_allowed, "v3.1.1 §2.2.1", 0},
    {server_side, "82 80 80 80 80", not_allowed, "v3.1.1 §2.2.1", 0},
    {server_side, "80", malformed, "v3.1.1:MQTT-3.8.1-1", 0},
    {client_side, "f0 ff ff ff 7f", malformed, "v3.1.1 §2.2.1", 0},
    // CONNECT.
    {client_side, "100d 0004 4d515458 04 02 003c 0001 63", malformed, "v3.1.1:MQTT-3.1.2-1", 4},
    {client_side, "100f 0006 4d5149736470 03 02 003c 0001 63", malformed, "v3.1.1:MQTT-3.1.2-1", 4},
    {client_side,
     "100d 0004 4d515454 06 02 003c 0001 63",
     {errc::unsupported_protocol, 6},
     "v3.1.1:MQTT-3.1.2-2",
     8},
    {client_side,
     "100d 0004 4d515454 00 02 003c 0001 63",
     {errc::unsupported_protocol, 0},
     "v3.1.1:MQTT-3.1.2-2",
     8},
    {client_side, "100d 0004 4d515454 04 03 003c 0001 63", malformed, "v3.1.1:MQTT-3.1.2-3", 9},
    {client_side, "100d 0004 4d515454 04 0a 003c 0001 63", malformed, "v3.1.1:MQTT-3.1.2-13", 9},
    {client_side, "100d 0004 4d515454 04 12 003c 0001 63", malformed, "v3.1.1:MQTT-3.1.2-13", 9},
    {client_side, "1013 0004 4d515454 04 1e 003c 0001 63 0001 77 0001 6d", malformed, "v3.1.1:MQTT-3.1.2-14",
     9},
    {client_side, "100d 0004 4d515454 04 22 003c 0001 63", malformed, "v3.1.1:MQTT-3.1.2-15", 9},
    {client_side, "1010 0004 4d515454 04 42 003c 0001 63 0001 70", not_allowed, "v3.1.1:MQTT-3.1.2-22", 9},
    {client_side, "100d 0004 4d515454 04 02 003c 0001 c0", malformed, "v3.1.1:MQTT-1.5.3-1", 14},
    {client_side, "100d 0004 4d515454 04 02 003c 0001 00", malformed, "v3.1.1:MQTT-1.5.3-2", 14},
    {client_side, "1010 0004 4d515454 04 82 003c 0001 63 0001 c0", malformed, "v3.1.1:MQTT-1.5.3-1", 17},
    {client_side, "1010 0004 4d515454 04 82 003c 0001 63 0001 00", malformed, "v3.1.1:MQTT-1.5.3-2", 17},
    {client_side, "1013 0004 4d515454 04 06 003c 0001 63 0001 2b 0001 6d", not_allowed, "v3.1.1:MQTT-3.3.2-2",
     17},
    {client_side, "1012 0004 4d515454 04 06 003c 0001 63 0000 0001 6d", not_allowed, "v3.1.1:MQTT-4.7.3-1",
     17},
    {client_side, "100e 0004 4d515454 04 02 003c 0001 63 00", malformed, "v3.1.1 §2.2.3", 15},
    {client_side, "1000", malformed, cut_off, 2},
    {client_side, "1005 0004 4d5154", malformed, cut_off, 4},
    {client_side, "1006 0004 4d515454", malformed, cut_off, 8},
    {client_side, "1007 0004 4d515454 04", malformed, cut_off, 9},
    {client_side, "1009 0004 4d515454 04 02 00", malformed, cut_off, 10},
    {client_side, "100d 0004 4d515454 04 02 003c 0002 63", malformed, cut_off, 14},
    {client_side, "1010 0004 4d515454 04 c2 003c 0001 63 0001 75", malformed, cut_off, 18},
    // CONNACK.
    {server_side, "2002 0200", malformed, "v3.1.1 §3.2.2.1", 2},
    {server_side, "2002 8006", malformed, "v3.1.1 §3.2.2.1", 2},
    {server_side, "2002 0006", malformed, "v3.1.1 §3.2.2.3", 3},
    {server_side, "2002 0105", not_allowed, "v3.1.1:MQTT-3.2.2-4", 3},
    {server_side, "2003 0000 00", malformed, "v3.1.1 §2.2.3", 4},
    {server_side, "2003 0200 00", malformed, "v3.1.1 §2.2.3", 4},  // its size comes first
    {server_side, "2001 02", malformed, cut_off, 3},
    {server_side, "2000", malformed, cut_off, 2},
    // PUBLISH.
    {server_side, "3803 0001 74", malformed, "v3.1.1:MQTT-3.3.1-2", 0},
    {server_side, "39ff", malformed, "v3.1.1:MQTT-3.3.1-2", 0},
    {server_side, "38", malformed, "v3.1.1:MQTT-3.3.1-2", 0},
    {server_side, "36", malformed, "v3.1.1:MQTT-3.3.1-4", 0},
    {server_side, "37 ffffff7f", malformed, "v3.1.1:MQTT-3.3.1-4", 0},
    {server_side, "3f05 0001 2b 0000", malformed, "v3.1.1:MQTT-3.3.1-4",
     0},  // its flags come before its topic
    {server_side, "3803 0001 2b", malformed, "v3.1.1:MQTT-3.3.1-2", 0},
    {server_side, "3605 0001 74 0001", malformed, "v3.1.1:MQTT-3.3.1-4", 0},
    {server_side, "3e05 0001 74 0001", malformed, "v3.1.1:MQTT-3.3.1-4", 0},
    {server_side, "3003 0001 2b", not_allowed, "v3.1.1:MQTT-3.3.2-2", 4},
    {server_side, "3003 0001 23", not_allowed, "v3.1.1:MQTT-3.3.2-2", 4},
    {server_side, "3002 0000", not_allowed, "v3.1.1:MQTT-4.7.3-1", 4},
    {server_side, "3005 0003 61 e2 82", malformed, "v3.1.1:MQTT-1.5.3-1", 4},
    {server_side, "3005 0003 61 00 62", malformed, "v3.1.1:MQTT-4.7.3-2", 4},
    {server_side, "3206 0001 74 0000 78", not_allowed, "v3.1.1:MQTT-2.3.1-1", 5},
    {client_side, "3000", malformed, cut_off, 2},
    {client_side, "3001 00", malformed, cut_off, 2},
    {client_side, "3003 0005 74", malformed, cut_off, 4},
    {client_side, "3204 0001 74 00", malformed, cut_off, 5},
    // The same with a length of two bytes.
    {server_side, "328101 0001 74 0000", not_allowed, "v3.1.1:MQTT-2.3.1-1", 6},
    // PUBACK to PUBCOMP, UNSUBACK.
    {client_side, "4002 0000", not_allowed, "v3.1.1:MQTT-2.3.1-1", 2},
    {client_side, "4003 0001 00", malformed, "v3.1.1 §2.2.3", 4},
    {client_side, "4003 0000 00", malformed, "v3.1.1 §2.2.3", 4},  // its size comes before the identifier 0
    {client_side, "4001 00", malformed, cut_off, 3},
    {client_side, "4000", malformed, cut_off, 2},
    {client_side, "5002 0000", not_allowed, "v3.1.1:MQTT-2.3.1-1", 2},
    {client_side, "6202 0000", not_allowed, "v3.1.1:MQTT-2.3.1-1", 2},
    {client_side, "7002 0000", not_allowed, "v3.1.1:MQTT-2.3.1-1", 2},
    {server_side, "b002 0000", not_allowed, "v3.1.1:MQTT-2.3.1-1", 2},
    {server_side, "b003 0001 00", malformed, "v3.1.1 §2.2.3", 4},
    // SUBSCRIBE.
    {client_side, "8206 0000 0001 74 00", not_allowed, "v3.1.1:MQTT-2.3.1-1", 2},
    {client_side, "8202 0001", not_allowed, "v3.1.1:MQTT-3.8.3-3", 4},
    {client_side, "8206 0001 0001 74 03", malformed, "v3.1.1:MQTT-3.8.3-4", 7},
    {client_side, "820a 0001 0001 74 00 0001 75 fc", malformed, "v3.1.1:MQTT-3.8.3-4", 11},
    {client_side, "8208 0001 0003 612362 00", not_allowed, "v3.1.1:MQTT-4.7.1-2", 6},
    {client_side, "8208 0001 0003 232f62 00", not_allowed, "v3.1.1:MQTT-4.7.1-2", 6},
    {client_side, "820a 0001 0005 61622f2b65 00", not_allowed, "v3.1.1:MQTT-4.7.1-3", 6},
    {client_side, "8207 0001 0002 2b61 00", not_allowed, "v3.1.1:MQTT-4.7.1-3", 6},
    {client_side, "8205 0001 0000 00", not_allowed, "v3.1.1:MQTT-4.7.3-1", 6},
    {client_side, "8206 0001 0001 c0 00", malformed, "v3.1.1:MQTT-1.5.3-1", 6},
    {client_side, "8206 0001 0001 00 00", malformed, "v3.1.1:MQTT-4.7.3-2", 6},
    {client_side, "8201 00", malformed, cut_off, 2},
    {client_side, "8205 0001 0001 74", malformed, cut_off, 7},
    {client_side, "8207 0001 0001 74 00 00", malformed, cut_off, 8},
    // SUBACK.
    {server_side, "9003 0000 00", not_allowed, "v3.1.1:MQTT-2.3.1-1", 2},
    {server_side, "9003 0001 03", malformed, "v3.1.1:MQTT-3.9.3-2", 4},
    {server_side, "9004 0001 01 81", malformed, "v3.1.1:MQTT-3.9.3-2", 5},
    {server_side, "9002 0001", malformed, cut_off, 4},
    {server_side, "9001 00", malformed, cut_off, 2},
    // UNSUBSCRIBE.
    {client_side, "a202 0001", not_allowed, "v3.1.1:MQTT-3.10.3-2", 4},
    {client_side, "a204 0001 0000", not_allowed, "v3.1.1:MQTT-4.7.3-1", 6},
    {client_side, "a206 0001 0002 2b61", not_allowed, "v3.1.1:MQTT-4.7.1-3", 6},
    {client_side, "a205 0001 0001 00", malformed, "v3.1.1:MQTT-4.7.3-2", 6},
    {client_side, "a206 0001 0001 2b 00", malformed, cut_off, 7},
    // The empty packets.
    {client_side, "c001 00", malformed, "v3.1.1 §2.2.3", 2},
    {server_side, "d001 00", malformed, "v3.1.1 §2.2.3", 2},
    {client_side, "e001 00", malformed, "v3.1.1 §2.2.3", 2},
};

std::string text_of(std::filesystem::path const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What stands between quotation marks and begins like a statement; with a text behind it if explained.
std::set<std::string> literals_in(std::string const& source, bool explained) {
  std::set<std::string> found;
  std::regex const literal("\"(v3\\.1\\.1[^\"]*)\"(,\\s*(?:\"[^v]|text\\b))?");
  for (std::sregex_iterator at(source.begin(), source.end(), literal), end; at != end; ++at)
    if ((*at)[2].matched == explained) found.insert((*at)[1]);
  return found;
}

// Those that a single packet breaks, and the decoder names.
std::set<std::string> statements_of_packets() {
  std::set<std::string> all;
  for (auto const& known : detail::explanations) all.insert(std::string(known.statement));
  return all;
}

std::set<std::string> explained_statements() {
  std::set<std::string> all = statements_of_packets();
  for (auto const& known : detail::refusals)
    if (!known.why.statement.empty()) all.insert(std::string(known.why.statement));
  return all;
}

// What a client refused although diagnose() finds nothing wrong with it, or something else.
struct refused_row {
  char const* hex;  // what client::rejected() shows
  error why;
  char const* statement;
  std::size_t offset;
  char const* text;
};

constexpr error objects_to(objection what) {
  return {errc::protocol_error, static_cast<std::uint32_t>(what)};
}

constexpr char const* not_waited_for = "v3.1.1:MQTT-2.3.1-6";
constexpr char const* refused = "v3.1.1:MQTT-3.2.2-5";

constexpr refused_row session_refusals[] = {
    {"3003 0001 74", objects_to(objection::packet_before_connack), "v3.1.1:MQTT-3.2.0-1", 0,
     "a packet that came before CONNACK"},
    {"d000", objects_to(objection::packet_before_connack), "v3.1.1:MQTT-3.2.0-1", 0,
     "a packet that came before CONNACK"},
    // The order comes first: the packet was not decoded.
    {"3003 0001 2b", objects_to(objection::packet_before_connack), "v3.1.1:MQTT-3.2.0-1", 0,
     "a packet that came before CONNACK"},
    {"3064 0001 74", objects_to(objection::packet_before_connack), "v3.1.1:MQTT-3.2.0-1", 0,
     "a packet that came before CONNACK"},
    {"2002 0000", objects_to(objection::second_connack), "v3.1.1 §3.2", 0,
     "a second CONNACK: the connection was accepted before"},
    {"2002 0100", objects_to(objection::session_present_unasked), "v3.1.1:MQTT-3.2.2-1", 2,
     "session present although CONNECT asked for a clean session"},
    {"3206 0001 74 0007 78", objects_to(objection::identifier_in_use), "v3.1.1:MQTT-2.3.1-4", 5,
     "a message without DUP whose identifier belongs to one that is not acknowledged yet"},
    {"32ff7f 0003 612f62 0007 78", objects_to(objection::identifier_in_use), "v3.1.1:MQTT-2.3.1-4", 8,
     "a message without DUP whose identifier belongs to one that is not acknowledged yet"},
    {"9004 0007 0001", objects_to(objection::wrong_number_of_codes), "v3.1.1:MQTT-3.8.4-5", 4,
     "more or fewer return codes than SUBSCRIBE had filters"},
    {"4002 0009",
     {errc::unexpected_packet, 9},
     not_waited_for,
     2,
     "PUBACK with the identifier of no QoS 1 message that waits for one"},
    {"5002 0009",
     {errc::unexpected_packet, 9},
     not_waited_for,
     2,
     "PUBREC with the identifier of no QoS 2 message that waits for one"},
    {"6202 0009",
     {errc::unexpected_packet, 9},
     not_waited_for,
     2,
     "PUBREL for a message that was not answered with PUBREC"},
    {"7002 0009",
     {errc::unexpected_packet, 9},
     "v3.1.1:MQTT-4.3.3-2",
     2,
     "PUBCOMP with the identifier of no PUBREL that waits for one"},
    {"9003 0009 00",
     {errc::unexpected_packet, 9},
     "v3.1.1:MQTT-3.8.4-2",
     2,
     "SUBACK with the identifier of no SUBSCRIBE that waits for one"},
    {"b002 0009",
     {errc::unexpected_packet, 9},
     "v3.1.1:MQTT-3.10.4-4",
     2,
     "UNSUBACK with the identifier of no UNSUBSCRIBE that waits for one"},
    {"3405 0001 74 0001",
     {errc::not_supported, 0},
     "",
     0,
     "a message with QoS 2, which a client that keeps nothing never asks for and does not take"},
    {"3464 0001 74 0001",
     {errc::not_supported, 0},
     "",
     0,  // a large one, of which the head is there
     "a message with QoS 2, which a client that keeps nothing never asks for and does not take"},
    {"2002 0001",
     {errc::connection_refused, 1},
     refused,
     3,
     "the server refused the connection: it does not support this protocol level"},
    {"2002 0002",
     {errc::connection_refused, 2},
     refused,
     3,
     "the server refused the connection: it does not allow this client identifier"},
    {"2002 0003",
     {errc::connection_refused, 3},
     refused,
     3,
     "the server refused the connection: its MQTT service is not available"},
    {"2002 0004",
     {errc::connection_refused, 4},
     refused,
     3,
     "the server refused the connection: the user name or password is malformed"},
    {"2002 0005",
     {errc::connection_refused, 5},
     refused,
     3,
     "the server refused the connection: this client is not authorized"},
    {"2002 0006",
     {errc::connection_refused, 6},
     "v3.1.1 §3.2.2.3",
     3,
     "the server refused the connection, with a reserved Connect Return code"},
    {"2002 00ff",
     {errc::connection_refused, 255},
     "v3.1.1 §3.2.2.3",
     3,
     "the server refused the connection, with a reserved Connect Return code"},
    // What no version of the client says today: the error stays, and it is not "nothing".
    {"3003 0001 74", {errc::protocol_error, 0}, "", 0, "a packet that is not allowed now"},
    {"3003 0001 74", {errc::protocol_error, 999}, "", 0, "a packet that is not allowed now"},
    {"d000", {errc::unexpected_packet, 0}, "", 0, "an acknowledgement that nobody waits for"},
    {"2002 0000", {errc::connection_refused, 0}, "", 0, "the server refused the connection"},
};

// The verdict without a diagnosis.
error plain_verdict(role sender, byte_view input, std::uint32_t limit) {
  frame_result const split = split_frame(input, limit, first_bytes_of<v3_tag>(sender));
  if (split.status == frame_status::failed) return split.error;
  if (split.status == frame_status::need_more) return {errc::not_one_frame, split.size};
  auto const outcome = dispatch<v3_tag>(split.frame, sender, [](auto const&) {});
  return outcome ? error{} : outcome.error();
}

// Whether diagnose() says of these bytes what the decoder says, and nothing absurd besides.
bool agrees(byte_view input, std::uint32_t limit = largest_packet) {
  for (role const sender : {role::client, role::server, role::any}) {
    diagnosis const found = diagnose_as(sender, input, limit);
    if (found.error != plain_verdict(sender, input, limit)) return false;
    bool const sound = found.error == errc::none;
    if (sound && (found.offset != 0 || !found.statement.empty())) return false;
    if (found.offset > input.size() || explain(found).empty()) return false;
    if (sound != (explain(found) == "nothing is wrong")) return false;
  }
  return true;
}

constexpr test::golden_packet recorded[] = {
#include <data/sdk_v311.inc>
};

}  // namespace

TEST_CASE("diagnose: every refusal has its verdict, its statement and its byte", "[codec][diagnosis]") {
  for (row const& r : refusals) {
    CAPTURE(r.hex);
    octets bytes = from_hex(r.hex);
    if (bytes.size() > 2 && bytes[1] == 0x81) bytes.resize(132, 0x61);  // the row with a longer length
    test::guarded_input const input(bytes);
    diagnosis const found = diagnose_as(r.sender, input.octets());
    CHECK(found.error.code == r.verdict.code);
    CHECK(found.error.detail == r.verdict.detail);
    CHECK(found.statement == r.statement);
    CHECK(found.offset == r.offset);
    CHECK(found.error == plain_verdict(r.sender, input.octets(), largest_packet));
    CHECK(explain(found) != "nothing is wrong");
    CHECK_FALSE(found.statement.empty());
  }
}

TEST_CASE("diagnose: every statement that is explained is reached by a packet", "[codec][diagnosis]") {
  std::set<std::string> reached;
  for (row const& r : refusals)
    if (*r.statement != '\0') reached.insert(r.statement);
  for (refused_row const& r : session_refusals)
    if (*r.statement != '\0') reached.insert(r.statement);
  CHECK(reached == explained_statements());
}

TEST_CASE("diagnose: the statements in the headers and the explanations are the same", "[codec][diagnosis]") {
  std::filesystem::path const include = std::filesystem::path(HUBWIRE_SOURCE_DIR) / "include";
  std::set<std::string> enforced;
  std::set<std::string> explained;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(include)) {
    if (entry.path().extension() != ".hpp") continue;
    std::string source = text_of(entry.path());
    source = std::regex_replace(source, std::regex("//[^\n]*"), "");
    enforced.merge(literals_in(source, false));
    explained.merge(literals_in(source, true));
  }
  CHECK(enforced.size() > 25);
  CHECK(enforced == statements_of_packets());
  CHECK(explained == explained_statements());
}

TEST_CASE("diagnose: texts are told apart from each other", "[codec][diagnosis]") {
  std::set<std::string_view> texts;
  for (auto const& known : detail::explanations) {
    CHECK_FALSE(known.text.empty());
    texts.insert(known.text);
  }
  for (auto const& known : detail::refusals) {
    CHECK_FALSE(known.why.text.empty());
    texts.insert(known.why.text);
  }
  CHECK(texts.size() == std::size(detail::explanations) + std::size(detail::refusals));
}

TEST_CASE("diagnose: a statement that has no words says at least what it is about", "[codec][diagnosis]") {
  CHECK(explain({{errc::malformed_packet, 0}, "v3.1.1 §9.9", 0}) == "no packet of this version");
}

TEST_CASE("diagnose: sound packets", "[codec][diagnosis]") {
  for (std::string const& hex : test::golden_frames()) {
    if (hex == "20020105") continue;  // a frame, but no CONNACK
    CAPTURE(hex);
    test::guarded_input const input(from_hex(hex));
    diagnosis const found = diagnose<v3_tag>(input.octets());
    CHECK(found.error == errc::none);
    CHECK(found.statement.empty());
    CHECK(found.offset == 0);
    CHECK(explain(found) == "nothing is wrong");
  }
  octets two = from_hex("c000 0000");  // what is behind the packet is another matter
  CHECK(diagnose<v3_tag>(byte_view(two)).error == errc::none);
}

TEST_CASE("diagnose: a binary password and U+FEFF are sound", "[codec][diagnosis][v3.1.1:MQTT-1.5.3-3]") {
  for (char const* const hex :
       {"1014 0004 4d515454 04 c2 003c 0001 63 0001 75 0002 c0ff",  // no UTF-8
        "1013 0004 4d515454 04 c2 003c 0001 63 0001 75 0001 00", "3006 0003 efbbbf 78",
        "8208 0001 0003 efbbbf 00", "100f 0004 4d515454 04 02 003c 0003 efbbbf"}) {
    CAPTURE(hex);
    CHECK(diagnose<v3_tag>(byte_view(from_hex(hex))).error == errc::none);
  }
}

TEST_CASE("diagnose: a packet that is not complete, or too large", "[codec][diagnosis]") {
  octets const whole = from_hex("820b 0001 0002 612f 01 0001 23 00");
  for (std::size_t size = 0; size != whole.size(); ++size) {
    test::guarded_input const input(byte_view(whole).first(size));
    diagnosis const found = diagnose<v3_tag>(input.octets());
    CHECK(found.error == error{errc::not_one_frame, size < 2 ? 0u : 13u});
    CHECK(found.offset == size);
    CHECK(found.statement.empty());
    CHECK(explain(found) == "the packet is not complete");
  }
  CHECK(diagnose<v3_tag>(byte_view(whole), 13).error == errc::none);
  for (std::size_t const size : {std::size_t{2}, whole.size()}) {
    diagnosis const large = diagnose<v3_tag>(byte_view(whole).first(size), 12);
    CHECK(large.error == error{errc::packet_exceeds_limit, 13});
    CHECK(large.offset == 1);
    CHECK(large.statement.empty());
    CHECK(explain(large) == "the packet is larger than the limit");
  }
}

TEST_CASE("diagnose: agrees with the decoder on golden packets with any byte changed", "[codec][diagnosis]") {
  for (std::string const& hex : test::golden_frames()) {
    octets bytes = from_hex(hex);
    REQUIRE(agrees(bytes));
    for (std::size_t at = 0; at != std::min<std::size_t>(bytes.size(), 32); ++at) {
      std::uint8_t const before = bytes[at];
      for (unsigned value = 0; value != 256; ++value) {
        bytes[at] = static_cast<std::uint8_t>(value);
        if (agrees(bytes, at == 1 ? 20 : largest_packet)) continue;
        CAPTURE(hex, at, value);
        CHECK(agrees(bytes));
      }
      bytes[at] = before;
    }
  }
}

TEST_CASE("diagnose: agrees with the decoder on recorded packets with some bytes changed",
          "[codec][diagnosis]") {
  std::mt19937 random(3);
  for (test::golden_packet const& golden : recorded) {
    octets const bytes = from_hex(golden.hex);
    for (int round = 0; round != 200; ++round) {
      octets changed = bytes;
      for (std::size_t n = random() % 3; n != 0; --n)
        changed[random() % std::min<std::size_t>(changed.size(), 24)] = static_cast<std::uint8_t>(random());
      if (random() % 4 == 0) changed.resize(random() % (changed.size() + 1));
      if (agrees(changed)) continue;
      CAPTURE(test::to_hex(byte_view(changed)));
      CHECK(agrees(changed));
    }
  }
}

TEST_CASE("diagnose: agrees with the decoder on random bytes", "[codec][diagnosis]") {
  std::mt19937 random(2);
  for (int round = 0; round != 30'000; ++round) {
    octets bytes(random() % 24);
    for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(random());
    if (bytes.size() > 1 && round % 8 != 0) {  // most get a header that holds
      auto const type = static_cast<packet_type>(1 + random() % 15);
      bool const any_flags = type == packet_type::publish;
      bytes[0] = static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 |
                                           (any_flags ? random() % 16 : reserved_flags(type)));
      bytes[1] = static_cast<std::uint8_t>(bytes.size() - 2);
      for (std::size_t i = 2; i < bytes.size(); ++i)
        if (random() % 2 == 0) bytes[i] = static_cast<std::uint8_t>(random() % 5);
    }
    test::guarded_input const input(bytes);
    if (agrees(input.octets())) continue;
    CAPTURE(test::to_hex(byte_view(bytes)));
    CHECK(agrees(input.octets()));
  }
}

TEST_CASE("diagnose: works in constant evaluation", "[codec][diagnosis][constexpr][v3.1.1:MQTT-3.9.3-2]") {
  test::constexpr_test([] {
    constexpr char reserved_code[] = {'\x90', 3, 0, 1, 3};
    diagnosis const found = diagnose<v3_tag, role::server>(char_view(reserved_code));
    return found.error == errc::malformed_packet && found.statement == "v3.1.1:MQTT-3.9.3-2" &&
           found.offset == 4 && explain(found) == "a reserved SUBACK return code";
  });
}

TEST_CASE("diagnose_refused: what a client objects to has its statement, its byte and its words",
          "[codec][diagnosis]") {
  std::set<std::string> told;
  for (refused_row const& r : session_refusals) {
    CAPTURE(r.hex, to_string(r.why.code), r.why.detail);
    test::guarded_input const input(from_hex(r.hex));
    diagnosis const found = diagnose_refused<v3_tag, role::server>(input.octets(), r.why);
    CHECK(found.error == r.why);
    CHECK(found.statement == r.statement);
    CHECK(found.offset == r.offset);
    CHECK(to_string(found.type) == to_string(static_cast<packet_type>(input.octets()[0] >> 4)));
    CHECK(explain(found) == r.text);
    told.insert(r.text);
  }
  for (auto const& known : detail::refusals) {
    CAPTURE(known.why.text);
    CHECK(told.contains(std::string(known.why.text)));
  }
}

TEST_CASE("diagnose_refused: a fault of the packet itself comes first where the client had no other reason",
          "[codec][diagnosis]") {
  for (row const& r : refusals) {
    if (r.sender == role::client) continue;
    CAPTURE(r.hex);
    octets const bytes = from_hex(r.hex);
    diagnosis const found = diagnose_refused<v3_tag, role::server>(byte_view(bytes), r.verdict);
    diagnosis const alone = diagnose<v3_tag, role::server>(byte_view(bytes));
    if (alone.error == errc::not_one_frame) continue;  // the row with a longer length
    CHECK(found.error == r.verdict);
    CHECK(found.statement == r.statement);
    CHECK(found.offset == r.offset);
    CHECK(explain(found) == explain(alone));
  }
}

TEST_CASE("diagnose_refused: without a packet, it says that none is to blame", "[codec][diagnosis]") {
  constexpr std::string_view none = "no packet is to blame: ";
  auto const words = [](error why) {
    return explain(diagnose_refused<v3_tag, role::server>(char_view{}, why));
  };
  CHECK(words({errc::connack_timeout, 0}) == std::string(none) + "the server did not answer CONNECT in time");
  CHECK(words({errc::keep_alive_timeout, 0}) == std::string(none) + "the server was silent for too long");
  CHECK(words({errc::connection_lost, 104}) == std::string(none) + "the connection failed");
  CHECK(words({errc::tls_untrusted_certificate, 62}) == std::string(none) + "the connection failed");
  CHECK(words({errc::buffer_too_small, 68}) ==
        std::string(none) + "the error is on this side of the connection");
  CHECK(words({errc::invalid_json, 0}) == std::string(none) + "the server did not do its part");
  CHECK(words({}) == "nothing is wrong");
  // A CONNACK of which one byte came is not to blame either.
  diagnosis const cut =
      diagnose_refused<v3_tag, role::server>(char_view("\x20", 1), {errc::connack_timeout, 0});
  CHECK(cut.error == errc::connack_timeout);
  CHECK(explain(cut).starts_with(none));
}

TEST_CASE("diagnose_refused: whatever was refused, something is wrong, and at a byte that is there",
          "[codec][diagnosis]") {
  std::mt19937 random(5);
  for (int round = 0; round != 20'000; ++round) {
    octets bytes(random() % 16);
    for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 8);
    if (!bytes.empty() && random() % 4 != 0)
      bytes[0] = static_cast<std::uint8_t>((2 + random() % 12) << 4 | 2);
    // Codes of every blame, and details that are objections or none.
    error const why{static_cast<errc>(0x40 + random() % 0x90), static_cast<std::uint32_t>(random() % 9)};
    test::guarded_input const input(bytes);
    diagnosis const found = diagnose_refused<v3_tag, role::server>(input.octets(), why);
    bool const good = found.error.code != errc::none && found.offset <= bytes.size() &&
                      !explain(found).empty() && explain(found) != "nothing is wrong";
    if (good) continue;
    CAPTURE(test::to_hex(byte_view(bytes)), static_cast<int>(why.code), why.detail);
    CHECK(good);
  }
}

TEST_CASE("diagnose_refused: works in constant evaluation", "[codec][diagnosis][constexpr]") {
  test::constexpr_test([] {
    constexpr char second[] = {'\x20', 2, 0, 0};
    diagnosis const found =
        diagnose_refused<v3_tag, role::server>(char_view(second), objects_to(objection::second_connack));
    return found.error == errc::protocol_error && found.statement == "v3.1.1 §3.2" && found.offset == 0 &&
           found.type == packet_type::connack &&
           explain(found) == "a second CONNACK: the connection was accepted before";
  });
  test::constexpr_test([] {
    constexpr char present[] = {'\x20', 2, 1, 0};
    diagnosis const found = diagnose_refused<v3_tag, role::server>(
        char_view(present), objects_to(objection::session_present_unasked));
    return found.statement == "v3.1.1:MQTT-3.2.2-1" && found.offset == 2 &&
           explain(found) == "session present although CONNECT asked for a clean session";
  });
  test::constexpr_test([] {
    constexpr char early[] = {'\x30', 3, 0, 1, 't'};
    diagnosis const found = diagnose_refused<v3_tag, role::server>(
        char_view(early), objects_to(objection::packet_before_connack));
    return found.statement == "v3.1.1:MQTT-3.2.0-1" && found.offset == 0 &&
           explain(found) == "a packet that came before CONNACK";
  });
  test::constexpr_test([] {
    constexpr char again[] = {'\x32', 5, 0, 1, 't', 0, 7};
    diagnosis const found =
        diagnose_refused<v3_tag, role::server>(char_view(again), objects_to(objection::identifier_in_use));
    return found.statement == "v3.1.1:MQTT-2.3.1-4" && found.offset == 5;
  });
  test::constexpr_test([] {
    constexpr char two[] = {'\x90', 4, 0, 7, 0, 0};
    diagnosis const found =
        diagnose_refused<v3_tag, role::server>(char_view(two), objects_to(objection::wrong_number_of_codes));
    return found.statement == "v3.1.1:MQTT-3.8.4-5" && found.offset == 4;
  });
  test::constexpr_test([] {
    constexpr char released[] = {'\x62', 2, 0, 9};
    diagnosis const found =
        diagnose_refused<v3_tag, role::server>(char_view(released), {errc::unexpected_packet, 9});
    return found.statement == "v3.1.1:MQTT-2.3.1-6" && found.offset == 2 &&
           explain(found).starts_with("PUBREL");
  });
  test::constexpr_test([] {
    constexpr char twice[] = {'\x34', 5, 0, 1, 't', 0, 1};
    diagnosis const found =
        diagnose_refused<v3_tag, role::server>(char_view(twice), {errc::not_supported, 0});
    return found.statement.empty() && found.offset == 0 && explain(found).starts_with("a message with QoS 2");
  });
  test::constexpr_test([] {
    constexpr char refusing[] = {'\x20', 2, 0, 9};
    diagnosis const found =
        diagnose_refused<v3_tag, role::server>(char_view(refusing), {errc::connection_refused, 9});
    return found.error == error{errc::connection_refused, 9} && found.offset == 3 &&
           explain(found) == "the server refused the connection, with a reserved Connect Return code";
  });
  test::constexpr_test([] {
    diagnosis const found =
        diagnose_refused<v3_tag, role::server>(char_view{}, {errc::keep_alive_timeout, 0});
    return found.statement.empty() && found.offset == 0 &&
           explain(found) == "no packet is to blame: the server was silent for too long";
  });
}
