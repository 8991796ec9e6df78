// SPDX-License-Identifier: BSL-1.0
// The catalogue of hostile inputs: bytes and steps that broke other implementations of MQTT. The tag is the
// row of the catalogue; tests/data/hostile_v311.txt says which rows there have to be.
#include <hubwire/diagnosis.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/mqtt3.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using test::from_hex;

namespace {

using octets = std::vector<std::uint8_t>;

constexpr error malformed{errc::malformed_packet, 0};
constexpr error not_allowed{errc::protocol_error, 0};
constexpr error sound{};
constexpr error incomplete(std::uint32_t needed) { return {errc::not_one_frame, needed}; }
constexpr role to_client = role::server;  // who sent it
constexpr role to_server = role::client;

// What a receiver makes of the packet at the front of input, which ends at a guard page.
error verdict(role sender, byte_view input, std::uint32_t limit = largest_packet) {
  test::guarded_input const guarded(input);
  frame_result const split = split_frame(guarded.octets(), limit, first_bytes_of<v3_tag>(sender));
  if (split.status == frame_status::failed) return split.error;
  if (split.status == frame_status::need_more) return incomplete(split.size);
  int visits = 0;
  auto const outcome = dispatch<v3_tag>(split.frame, sender, [&](auto const&) { ++visits; });
  CHECK(visits == (outcome ? 1 : 0));
  error const plain = outcome ? error{} : outcome.error();
  diagnosis const why = sender == role::server ? diagnose<v3_tag, role::server>(guarded.octets())
                                               : diagnose<v3_tag, role::client>(guarded.octets());
  CHECK(why.error == plain);
  CHECK(why.offset < input.size() + 1);
  return plain;
}
error verdict(role sender, std::string_view hex) { return verdict(sender, byte_view(from_hex(hex))); }

// The statement that the diagnosis names.
std::string_view rule(role sender, std::string_view hex) {
  octets const input = from_hex(hex);
  return sender == role::server ? diagnose<v3_tag, role::server>(byte_view(input)).statement
                                : diagnose<v3_tag, role::client>(byte_view(input)).statement;
}

}  // namespace

TEST_CASE("hostile: a reserved type with an endless length", "[v3][hostile][H002]") {
  CHECK(verdict(to_client, "ff fb ff ff ff ff") == malformed);
}
TEST_CASE("hostile: a length of 2,097,152 is legal", "[v3][hostile][H004]") {
  CHECK(verdict(to_client, "30 80 80 80 01") == incomplete(2'097'157));
  CHECK(verdict(to_client, byte_view(from_hex("30 80 80 80 01")), 1'000'000) ==
        error{errc::packet_exceeds_limit, 2'097'157});
}
TEST_CASE("hostile: a length that has not ended", "[v3][hostile][H005]") {
  CHECK(verdict(to_client, "70 80") == incomplete(0));
}
TEST_CASE("hostile: CONNACK without its body", "[v3][hostile][H006]") {
  CHECK(verdict(to_client, "20 02") == incomplete(4));
}
TEST_CASE("hostile: CONNECT of 256 MB is refused by its five first bytes", "[v3][hostile][H007]") {
  CHECK(verdict(to_server, byte_view(from_hex("10 ff ff ff 7f")), 65'536) ==
        error{errc::packet_exceeds_limit, 268'435'460});
}
TEST_CASE("hostile: a first packet of 256 MB that is none of MQTT 3.1.1 is refused at its first byte",
          "[v3][hostile][H008]") {
  // Nobody has to set a limit for that, and nothing behind the first byte counts.
  for (std::string_view const hex : {"f0", "f0 ff", "f0 ff ff ff 7f", "f0 00", "f0 80 00"})
    for (role const sender : {to_server, to_client, role::any}) CHECK(verdict(sender, hex) == malformed);
  // The same for what this side does not send: SUBSCRIBE from a server, SUBACK from a client.
  for (std::string_view const hex : {"82", "82 ff ff ff 7f"}) CHECK(verdict(to_client, hex) == not_allowed);
  for (std::string_view const hex : {"90", "90 ff ff ff 7f"}) CHECK(verdict(to_server, hex) == not_allowed);
}
TEST_CASE("hostile: one byte", "[v3][hostile][H009][H026]") {
  CHECK(verdict(to_client, "30") == incomplete(0));
  CHECK(verdict(to_client, "90") == incomplete(0));
}
TEST_CASE("hostile: PUBLISH without anything", "[v3][hostile][H010]") {
  CHECK(verdict(to_client, "30 00") == malformed);
}
TEST_CASE("hostile: empty packets with a body", "[v3][hostile][H013][H014][H015]") {
  CHECK(verdict(to_server, "c0 01 00") == malformed);
  CHECK(verdict(to_client, "d0 01 00") == malformed);
  CHECK(verdict(to_server, "e0 01 00") == malformed);
}
TEST_CASE("hostile: SUBSCRIBE with flags 0000", "[v3][hostile][H016]") {
  CHECK(verdict(to_server, "80 06 00 01 00 01 74 00") == malformed);
  CHECK(rule(to_server, "80 06 00 01 00 01 74 00") == "v3.1.1:MQTT-3.8.1-1");
}
TEST_CASE("hostile: PUBREL with flags 0000", "[v3][hostile][H017]") {
  CHECK(verdict(to_client, "60 02 00 01") == malformed);
  CHECK(rule(to_client, "60 02 00 01") == "v3.1.1:MQTT-3.6.1-1");
}
TEST_CASE("hostile: a TLS ClientHello is malformed in its first byte", "[v3][hostile][H018]") {
  CHECK(verdict(to_server, "16 03 01 02 00 01 00 01 fc 03 03") == malformed);
  CHECK(diagnose<v3_tag>(byte_view(from_hex("16 03 01"))).offset == 0);
}
TEST_CASE("hostile: an HTTP request is malformed in its first byte", "[v3][hostile][H019]") {
  CHECK(verdict(to_server, "47 45 54 20 2f 20 48 54 54 50") == malformed);
  CHECK(diagnose<v3_tag>(byte_view(from_hex("47 45 54 20"))).offset == 0);
}
TEST_CASE("hostile: PUBLISH without a payload is sound", "[v3][hostile][H022]") {
  CHECK(verdict(to_client, "30 03 00 01 74") == sound);
  CHECK(decode<v3::publish>(byte_view(from_hex("30 03 00 01 74")))->payload.empty());
}
TEST_CASE("hostile: a topic longer than its packet", "[v3][hostile][H030][H031]") {
  CHECK(verdict(to_client, "30 07 ff ff 41 42 43 44 45") == malformed);
  CHECK(verdict(to_client, "30 04 ff ff 61 62") == malformed);
}
TEST_CASE("hostile: QoS 1 without an identifier", "[v3][hostile][H032]") {
  CHECK(verdict(to_server, "32 07 00 05 74 6f 70 69 63") == malformed);
}
TEST_CASE("hostile: an empty topic", "[v3][hostile][H034]") {
  CHECK(verdict(to_server, "30 02 00 00") == not_allowed);
}
TEST_CASE("hostile: QoS 3", "[v3][hostile][H036]") {
  CHECK(verdict(to_client, "36 05 00 01 74 00 01") == malformed);
  CHECK(verdict(to_client, "36") == malformed);
  CHECK(verdict(to_client, "36 05 00 01 2b 00 00") == malformed);  // before its topic and identifier count
}
TEST_CASE("hostile: identifier 0", "[v3][hostile][H037][H038]") {
  CHECK(verdict(to_client, "32 06 00 01 74 00 00 78") == not_allowed);
  CHECK(verdict(to_server, "40 02 00 00") == not_allowed);
}
TEST_CASE("hostile: ill-formed UTF-8 in a topic", "[v3][hostile][H039][H040][H041]") {
  CHECK(verdict(to_client, "30 05 00 02 c0 80 78") == malformed);     // an overlong U+0000
  CHECK(verdict(to_client, "30 05 00 03 61 e2 82") == malformed);     // cut short
  CHECK(verdict(to_client, "30 06 00 04 61 ed a0 80") == malformed);  // a surrogate
}
TEST_CASE("hostile: U+0000 in a topic", "[v3][hostile][H042]") {
  CHECK(verdict(to_client, "30 05 00 03 61 00 62") == malformed);
}
TEST_CASE("hostile: a topic of 256 bytes is sound", "[v3][hostile][H043]") {
  octets input = from_hex("30 83 02 01 00");
  input.resize(261, 0x74);
  input.push_back(0x78);
  CHECK(verdict(to_client, input) == sound);
  auto const packet = decode<v3::publish>(byte_view(input));
  REQUIRE(packet.has_value());
  CHECK(packet->topic.view() == std::string(256, 't'));
  CHECK(packet->payload.view() == "x");
}
TEST_CASE("hostile: a topic that begins with $ is sound", "[v3][hostile][H044]") {
  CHECK(verdict(to_server, "30 07 00 04 24 78 79 7a 78") == sound);
}
TEST_CASE("hostile: a wildcard in a topic name", "[v3][hostile][H045]") {
  CHECK(verdict(to_server, "30 06 00 03 61 2f 23 78") == not_allowed);
}
TEST_CASE("hostile: CONNECT whose fields lie behind its length", "[v3][hostile][H060]") {
  octets const input = from_hex(
      "10 07 0004 4d515454 04 c2 003c 000b 746573742d707974686f6e 0005 61646d696e 0008 70617373776f7264");
  REQUIRE(input.size() == 42);
  CHECK(verdict(to_server, input) == malformed);
  CHECK(verdict(to_server, byte_view(input).first(9)) == malformed);  // nothing behind it is read
}
TEST_CASE("hostile: a protocol name longer than its packet", "[v3][hostile][H061]") {
  CHECK(verdict(to_server, "10 08 00 0f 4d 51 49 73 64 70 4d 51") == malformed);
}
TEST_CASE("hostile: CONNECT that ends behind its level", "[v3][hostile][H062]") {
  CHECK(verdict(to_server, "10 09 00 06 4d 51 49 73 64 70 03") == malformed);
}
TEST_CASE("hostile: a password without its flag", "[v3][hostile][H063]") {
  std::string_view const hex = "10 13 00 04 4d 51 54 54 04 82 00 3c 00 01 63 00 01 75 00 01 70";
  CHECK(verdict(to_server, hex) == malformed);
  CHECK(rule(to_server, hex) == "v3.1.1 §2.2.3");
}
TEST_CASE("hostile: a password without a user name", "[v3][hostile][H064]") {
  CHECK(verdict(to_server, "10 10 00 04 4d 51 54 54 04 42 00 3c 00 01 63 00 01 70") == not_allowed);
}
TEST_CASE("hostile: a will QoS without a will", "[v3][hostile][H066]") {
  CHECK(verdict(to_server, "10 0d 00 04 4d 51 54 54 04 1a 00 3c 00 01 63") == malformed);
}
TEST_CASE("hostile: a binary password is sound", "[v3][hostile][H071]") {
  octets const input = from_hex("10 14 00 04 4d 51 54 54 04 c2 00 3c 00 01 63 00 01 75 00 02 c0 ff");
  CHECK(verdict(to_server, input) == sound);
  auto const packet = decode<v3::connect>(byte_view(input));
  REQUIRE(packet.has_value());
  REQUIRE(packet->password.has_value());
  CHECK(test::to_hex(packet->password->octets()) == "c0ff");
}
TEST_CASE("hostile: an unknown protocol level", "[v3][hostile][H075]") {
  CHECK(verdict(to_server, "10 0d 00 04 4d 51 54 54 06 02 00 3c 00 01 63") ==
        error{errc::unsupported_protocol, 6});
}
TEST_CASE("hostile: CONNACK with a byte too many", "[v3][hostile][H091]") {
  CHECK(verdict(to_client, "20 03 00 00 00") == malformed);
}
TEST_CASE("hostile: CONNACK with reserved flags", "[v3][hostile][H092]") {
  CHECK(verdict(to_client, "20 02 02 00") == malformed);
}
TEST_CASE("hostile: SUBACK without codes, with half an identifier, with a reserved code",
          "[v3][hostile][H110][H112][H116]") {
  CHECK(verdict(to_client, "90 02 00 01") == malformed);
  CHECK(verdict(to_client, "90 01 02") == malformed);
  CHECK(verdict(to_client, "90 03 00 01 03") == malformed);
}
TEST_CASE("hostile: SUBSCRIBE without its QoS", "[v3][hostile][H140]") {
  CHECK(verdict(to_server, "82 0e 00 7b 00 0a 68 69 6a 6b 6c 2f 6d 6e 6f 00") == malformed);
}
TEST_CASE("hostile: SUBSCRIBE and UNSUBSCRIBE without a filter", "[v3][hostile][H141][H142]") {
  CHECK(verdict(to_server, "82 02 00 01") == not_allowed);
  CHECK(verdict(to_server, "a2 02 00 01") == not_allowed);
}
TEST_CASE("hostile: reserved bits in a requested QoS", "[v3][hostile][H143]") {
  CHECK(verdict(to_server, "82 06 00 01 00 01 74 fc") == malformed);
}
TEST_CASE("hostile: + inside a level", "[v3][hostile][H149]") {
  std::string_view const hex = "82 0a 00 01 00 05 61 62 2f 2b 65 00";
  CHECK(verdict(to_server, hex) == not_allowed);
  CHECK(rule(to_server, hex) == "v3.1.1:MQTT-4.7.1-3");
}
TEST_CASE("hostile: PUBACK with a byte too many", "[v3][hostile][H161]") {
  CHECK(verdict(to_client, "40 03 00 01 00") == malformed);
}

TEST_CASE("hostile: each of these packets cut anywhere is refused or waits", "[v3][hostile][H005][H006]") {
  for (char const* const hex : {"100d 0004 4d515454 04 02 003c 0001 63", "2002 0000", "3206 0001 74 0001 78",
                                "8206 0001 0001 74 00", "9003 0001 01", "a205 0001 0001 74"}) {
    octets const whole = from_hex(hex);
    for (std::size_t size = 0; size != whole.size(); ++size)
      CHECK(verdict(role::any, byte_view(whole).first(size)).code == errc::not_one_frame);
  }
}

TEST_CASE("hostile: a topic of 65,535 slashes against a filter of as many", "[v3][hostile][H147]") {
  std::string const slashes(65'535, '/');
  auto const filter = topic_filter::parse(slashes);
  auto const name = topic_name::parse(slashes);
  REQUIRE(filter.has_value());
  REQUIRE(name.has_value());
  CHECK(filter->matches(*name));
  std::string wild;
  while (wild.size() < 65'534) wild += "+/";
  wild += '#';
  CHECK(wild.size() == 65'535);
  REQUIRE(topic_filter::parse(wild).has_value());
  CHECK(topic_filter::parse(wild)->matches(*name));
  std::string other = slashes;
  other.back() = 'x';
  CHECK_FALSE(topic_filter::parse(other)->matches(*name));

  // On the wire as well.
  v3::subscription const wanted[] = {{*filter, qos::at_most_once}};
  octets memory(70'000);
  auto const packet = encode(memory, v3::subscribe{packet_id(1), wanted});
  REQUIRE(packet.has_value());
  CHECK(verdict(to_server, *packet) == sound);
  auto const message = encode(memory, v3::publish{.topic = *name});
  REQUIRE(message.has_value());
  CHECK(verdict(to_server, *message) == sound);
}
