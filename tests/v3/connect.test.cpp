// SPDX-License-Identifier: BSL-1.0
#include <hubwire/v3/connect.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/packet_checks.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

constexpr std::string_view smallest_hex = "100c 00044d515454 04 02 0000 0000";

// Every field there is.
constexpr std::string_view full_hex =
    "1021 00044d515454 04 f6 003c 0003636964 0003772f74 000200ff 0003757372 0002c0ff";

v3::connect full() {
  return {.client_id = "cid",
          .clean_session = true,
          .keep_alive = 60,
          .will = v3::will{.topic = "w/t",
                           .message = as_bytes(std::string_view("\x00\xff", 2)),
                           .qos = qos::exactly_once,
                           .retain = true},
          .user_name = text("usr"),
          .password = as_bytes("\xc0\xff")};
}

// A CONNECT with these flags and, behind the client id "c", these fields.
octet_vector with_flags(unsigned flags, std::string_view fields_hex) {
  octet_vector body = from_hex("00044d515454 04 00 0000 000163");
  body[7] = static_cast<std::uint8_t>(flags);
  octet_vector const fields = from_hex(fields_hex);
  body.insert(body.end(), fields.begin(), fields.end());
  return framed(0x10, body);
}

error flags_error(unsigned flags, std::string_view fields_hex) {
  return decoded<v3::connect>(with_flags(flags, fields_hex)).error();
}

std::string const will_fields = "000177 00016d";

}  // namespace

TEST_CASE("v3 connect: golden bytes of the smallest", "[v3][connect]") {
  v3::connect const smallest;
  CHECK(*decoded<v3::connect>(smallest_hex) == smallest);
  check_encodes(smallest, smallest_hex);
}

TEST_CASE("v3 connect: golden bytes of the fullest", "[v3][connect]") {
  decoded<v3::connect> const packet(full_hex);
  CHECK(packet->client_id == "cid");
  CHECK(packet->clean_session);
  CHECK(packet->keep_alive == 60);
  REQUIRE(packet->will.has_value());
  CHECK(packet->will->topic == "w/t");
  CHECK(to_hex(packet->will->message.view()) == "00ff");
  CHECK(packet->will->qos == qos::exactly_once);
  CHECK(packet->will->retain);
  CHECK(packet->user_name == text("usr"));
  REQUIRE(packet->password.has_value());
  CHECK(to_hex(packet->password->octets()) == "c0ff");
  CHECK(*packet == full());
  check_encodes(full(), full_hex);
}

TEST_CASE("v3 connect: each field on its own", "[v3][connect]") {
  auto const check = [](v3::connect const& packet, std::string_view hex) {
    CHECK(*decoded<v3::connect>(hex) == packet);
    check_encodes(packet, hex);
  };
  check({.client_id = "a", .clean_session = false}, "100d 00044d515454 04 00 0000 000161");
  check({.keep_alive = 65'535}, "100c 00044d515454 04 02 ffff 0000");
  check({.will = v3::will{.topic = "t"}}, "1011 00044d515454 04 06 0000 0000 000174 0000");
  check({.will = v3::will{.topic = "t", .qos = qos::at_least_once}},
        "1011 00044d515454 04 0e 0000 0000 000174 0000");
  check({.will = v3::will{.topic = "t", .retain = true}}, "1011 00044d515454 04 26 0000 0000 000174 0000");
  check({.user_name = text("u")}, "100f 00044d515454 04 82 0000 0000 000175");
  check({.user_name = text(""), .password = bytes()}, "1010 00044d515454 04 c2 0000 0000 0000 0000");
}

TEST_CASE("v3 connect: views stay in the received memory", "[v3][connect]") {
  decoded<v3::connect> const packet(full_hex);
  std::string_view const memory = packet.input().view();
  CHECK(packet->client_id.view().data() == memory.data() + 14);
  CHECK(packet->will->topic.view().data() == memory.data() + 19);
  CHECK(packet->password->data() == memory.data() + 33);
}

TEST_CASE("v3 connect: cut off anywhere", "[v3][connect]") {
  for (std::string_view const hex : {smallest_hex, full_hex}) {
    check_truncations<v3::connect>(hex);
    check_cut_bodies<v3::connect>(hex);
    check_refuses_longer_body<v3::connect>(hex);
  }
}

TEST_CASE("v3 connect: only flags 0000, only its own type", "[v3][connect][v3.1.1:MQTT-2.2.2-1]") {
  check_flags<v3::connect>(smallest_hex, 0);
  check_encodes(v3::connect{}, smallest_hex);
  check_refuses_other_types<v3::connect>();
}

TEST_CASE("v3 connect: all 256 connect flags", "[v3][connect][v3.1.1:MQTT-3.1.4-1]") {
  for (unsigned flags = 0; flags != 256; ++flags) {
    CAPTURE(flags);
    bool const will = (flags & 0x04) != 0;
    bool const user_name = (flags & 0x80) != 0;
    bool const password = (flags & 0x40) != 0;
    std::string fields;
    if (will) fields += will_fields;
    if (user_name) fields += "000175";
    if (password) fields += "000170";

    bool const malformed = (flags & 0x01) != 0 || (!will && (flags & 0x38) != 0) || (flags & 0x18) == 0x18;
    errc const expected = malformed                  ? errc::malformed_packet
                          : (password && !user_name) ? errc::protocol_error
                                                     : errc::none;
    octet_vector const octets = with_flags(flags, fields);
    decoded<v3::connect> const packet(octets);
    CHECK(packet.error() == error{expected, 0});
    CHECK((decoded<v3::connect, structural>(octets).error()) == error{expected, 0});
    if (!packet.ok()) continue;
    CHECK(packet->clean_session == ((flags & 0x02) != 0));
    CHECK(packet->will.has_value() == will);
    if (will) CHECK(static_cast<unsigned>(packet->will->qos) == (flags >> 3 & 3));
    if (will) CHECK(packet->will->retain == ((flags & 0x20) != 0));
    CHECK(packet->user_name.has_value() == user_name);
    CHECK(packet->password.has_value() == password);
    check_encodes(*packet, to_hex(byte_view(octets)));
  }
}

TEST_CASE("v3 connect: the protocol name is MQTT, spelled so", "[v3][connect][v3.1.1:MQTT-3.1.2-1]") {
  for (std::string_view const hex :
       {"100c 00044d515455 04 02 0000 0000", "100c 00046d717474 04 02 0000 0000",
        "100e 00064d5149736470 03 02 0000 0000", "100b 00034d5154 04 02 0000 0000",
        "100d 00054d51545400 04 02 0000 0000", "1008 0000 04 02 0000 0000"}) {
    CAPTURE(hex);
    CHECK(decode_error<v3::connect>(hex) == error{errc::malformed_packet, 0});
    CHECK(decode_error<v3::connect, structural>(hex) == error{errc::malformed_packet, 0});
  }
}

TEST_CASE("v3 connect: every level but 4 is told apart, so that CONNACK 1 can answer",
          "[v3][connect][v3.1.1:MQTT-3.1.2-2]") {
  octet_vector packet = from_hex(smallest_hex);
  for (unsigned level = 0; level != 256; ++level) {
    packet[8] = static_cast<std::uint8_t>(level);
    error const expected = level == 4 ? error{} : error{errc::unsupported_protocol, level};
    CHECK(decoded<v3::connect>(packet).error() == expected);
  }
  // What follows the level belongs to another protocol and is not looked at.
  CHECK(decode_error<v3::connect>("1011 00044d515454 05 42 003c 0000016300 0170") ==
        error{errc::unsupported_protocol, 5});
}

TEST_CASE("v3 connect: the reserved flag is 0", "[v3][connect][v3.1.1:MQTT-3.1.2-3]") {
  CHECK(flags_error(0x03, "") == errc::malformed_packet);
  CHECK(flags_error(0x02, "") == errc::none);
  std::array<char, 200> buffer{};
  auto const written = encode(char_span(buffer), full());
  REQUIRE(written);
  CHECK((detail::to_byte((*written)[9]) & 0x01) == 0);
}

TEST_CASE("v3 connect: the will flag announces a topic and a message", "[v3][connect][v3.1.1:MQTT-3.1.2-9]") {
  CHECK(flags_error(0x06, will_fields) == errc::none);
  CHECK(decoded<v3::connect>(with_flags(0x06, will_fields))->will->topic == "w");
  CHECK(flags_error(0x06, "") == errc::malformed_packet);
  CHECK(flags_error(0x06, "000177") == errc::malformed_packet);
  check_encodes(v3::connect{.will = v3::will{.topic = "w", .message = as_bytes("m")}},
                "1012 00044d515454 04 06 0000 0000 000177 00016d");
}

TEST_CASE("v3 connect: without the will flag no will QoS, no will retain and no will fields",
          "[v3][connect][v3.1.1:MQTT-3.1.2-11]") {
  CHECK(flags_error(0x0a, "") == errc::malformed_packet);
  CHECK(flags_error(0x22, "") == errc::malformed_packet);
  CHECK(flags_error(0x02, will_fields) == errc::malformed_packet);
  check_encodes(v3::connect{}, smallest_hex);
}

TEST_CASE("v3 connect: without the will flag the will QoS is 0", "[v3][connect][v3.1.1:MQTT-3.1.2-13]") {
  for (unsigned const will_qos : {0x08u, 0x10u, 0x18u})
    CHECK(flags_error(0x02 | will_qos, "") == errc::malformed_packet);
  std::array<char, 20> buffer{};
  CHECK(((*encode(char_span(buffer), v3::connect{}))[9] & 0x18) == 0);
}

TEST_CASE("v3 connect: without the will flag the will is not retained",
          "[v3][connect][v3.1.1:MQTT-3.1.2-15]") {
  CHECK(flags_error(0x22, "") == errc::malformed_packet);
  std::array<char, 20> buffer{};
  CHECK(((*encode(char_span(buffer), v3::connect{}))[9] & 0x20) == 0);
}

TEST_CASE("v3 connect: there is no will QoS 3", "[v3][connect][v3.1.1:MQTT-3.1.2-14]") {
  CHECK(flags_error(0x1e, will_fields) == errc::malformed_packet);
  CHECK(flags_error(0x16, will_fields) == errc::none);
  v3::connect packet{.will = v3::will{.topic = "t", .qos = static_cast<qos>(3)}};
  check_refuses_to_encode(packet, {errc::invalid_packet, 0});
}

TEST_CASE("v3 connect: without its flag there is no user name", "[v3][connect][v3.1.1:MQTT-3.1.2-18]") {
  CHECK(flags_error(0x02, "000175") == errc::malformed_packet);
  CHECK(!decoded<v3::connect>(with_flags(0x02, ""))->user_name.has_value());
  check_encodes(v3::connect{}, smallest_hex);
  check_encodes(v3::connect{.user_name = text("u")}, "100f 00044d515454 04 82 0000 0000 000175");
}

TEST_CASE("v3 connect: with its flag there is a user name, an empty one too",
          "[v3][connect][v3.1.1:MQTT-3.1.2-19]") {
  CHECK(flags_error(0x82, "") == errc::malformed_packet);
  CHECK(decoded<v3::connect>(with_flags(0x82, "000175"))->user_name == text("u"));
  CHECK(decoded<v3::connect>(with_flags(0x82, "0000"))->user_name == text(""));
  check_encodes(v3::connect{.user_name = text("")}, "100e 00044d515454 04 82 0000 0000 0000");
}

TEST_CASE("v3 connect: without its flag there is no password", "[v3][connect][v3.1.1:MQTT-3.1.2-20]") {
  CHECK(flags_error(0x82, "000175 000170") == errc::malformed_packet);
  CHECK(!decoded<v3::connect>(with_flags(0x82, "000175"))->password.has_value());
  check_encodes(v3::connect{.user_name = text("u")}, "100f 00044d515454 04 82 0000 0000 000175");
  check_encodes(v3::connect{.user_name = text("u"), .password = as_bytes("p")},
                "1012 00044d515454 04 c2 0000 0000 000175 000170");
}

TEST_CASE("v3 connect: with its flag there is a password, binary, an empty one too",
          "[v3][connect][v3.1.1:MQTT-3.1.2-21]") {
  CHECK(flags_error(0xc2, "000175") == errc::malformed_packet);
  CHECK(decoded<v3::connect>(with_flags(0xc2, "000175 0000"))->password == bytes());
  CHECK(to_hex(decoded<v3::connect>(with_flags(0xc2, "000175 0002c0ff"))->password->octets()) == "c0ff");
  check_encodes(v3::connect{.user_name = text("u"), .password = as_bytes("\xc0\xff")},
                "1013 00044d515454 04 c2 0000 0000 000175 0002c0ff");
}

TEST_CASE("v3 connect: no password without a user name", "[v3][connect][v3.1.1:MQTT-3.1.2-22]") {
  CHECK(flags_error(0x42, "000170") == errc::protocol_error);
  CHECK((decoded<v3::connect, structural>(with_flags(0x42, "000170")).error()) == errc::protocol_error);
  check_refuses_to_encode(v3::connect{.password = as_bytes("p")}, {errc::invalid_packet, 0});
}

TEST_CASE("v3 connect: client id, will topic, will message, user name, password, in this order",
          "[v3][connect][v3.1.1:MQTT-3.1.3-1]") {
  decoded<v3::connect> const packet("1019 00044d515454 04 c6 0000 000131 000132 000133 000134 000135");
  CHECK(packet->client_id == "1");
  CHECK(packet->will->topic == "2");
  CHECK(packet->will->message.view() == "3");
  CHECK(packet->user_name == text("4"));
  CHECK(packet->password->view() == "5");
  check_encodes(*packet, "1019 00044d515454 04 c6 0000 000131 000132 000133 000134 000135");
}

TEST_CASE("v3 connect: the client id is there, and first", "[v3][connect][v3.1.1:MQTT-3.1.3-3]") {
  CHECK(decode_error<v3::connect>("100a 00044d515454 04 02 0000") == errc::malformed_packet);
  CHECK(decoded<v3::connect>("1010 00044d515454 04 82 0000 000161 000162")->client_id == "a");
  check_encodes(v3::connect{.client_id = "a", .user_name = text("b")},
                "1010 00044d515454 04 82 0000 000161 000162");
}

TEST_CASE("v3 connect: the client id is a text", "[v3][connect][v3.1.1:MQTT-3.1.3-4][v3.1.1:MQTT-1.5.3-1]") {
  CHECK(decode_error<v3::connect>("100d 00044d515454 04 02 0000 0001ff") == errc::malformed_packet);
  CHECK(decode_error<v3::connect>("100d 00044d515454 04 02 0000 000100") == errc::malformed_packet);
  CHECK(decoded<v3::connect, structural>("100d 00044d515454 04 02 0000 0001ff")->client_id.view() == "\xff");
  // And one that is none cannot be put into a packet.
  CHECK(text::parse("a\xff").error() == errc::invalid_text);
  CHECK(text::parse(std::string_view("a\0b", 3)).error() == errc::invalid_text);
}

TEST_CASE("v3 connect: an empty client id needs a clean session to be sent, not to be read",
          "[v3][connect][v3.1.1:MQTT-3.1.3-7]") {
  check_refuses_to_encode(v3::connect{.clean_session = false}, {errc::invalid_packet, 0});
  check_encodes(v3::connect{.clean_session = true}, smallest_hex);
  decoded<v3::connect> const packet("100c 00044d515454 04 00 0000 0000");  // CONNACK 2 is the answer
  CHECK(packet->client_id.empty());
  CHECK(!packet->clean_session);
}

TEST_CASE("v3 connect: the will topic is a text and a topic name", "[v3][connect][v3.1.1:MQTT-3.1.3-10]") {
  CHECK(flags_error(0x06, "0001ff 0000") == errc::malformed_packet);
  CHECK(flags_error(0x06, "000100 0000") == errc::malformed_packet);
  CHECK(flags_error(0x06, "000123 0000") == errc::protocol_error);
  CHECK(flags_error(0x06, "0003612f2b 0000") == errc::protocol_error);
  CHECK(flags_error(0x06, "0000 0000") == errc::protocol_error);
  CHECK(topic_name::parse("a\xff").error() == errc::invalid_topic_name);
  CHECK(topic_name::parse(std::string_view("a\0b", 3)).error() == errc::invalid_topic_name);
  CHECK(topic_name::parse("a/#").error() == errc::invalid_topic_name);
}

TEST_CASE("v3 connect: the will topic has at least one character", "[v3][connect][v3.1.1:MQTT-4.7.3-1]") {
  CHECK(flags_error(0x06, "0000 0000") == errc::protocol_error);
  v3::connect packet{.client_id = "d1"};
  packet.will = v3::will{.topic = topic_name::trusted("")};
  check_refuses_to_encode(packet, {errc::invalid_packet, 0});
}

TEST_CASE("v3 connect: the user name is a text", "[v3][connect][v3.1.1:MQTT-3.1.3-11]") {
  CHECK(flags_error(0x82, "0002c080") == errc::malformed_packet);
  CHECK(flags_error(0x82, "0003610062") == errc::malformed_packet);
  CHECK(flags_error(0x82, "0003eda080") == errc::malformed_packet);
  CHECK(text::parse("\xc0\x80").error() == errc::invalid_text);
  CHECK(text::parse(std::string_view("a\0b", 3)).error() == errc::invalid_text);
}

TEST_CASE("v3 connect: U+FEFF stays in every text field", "[v3][connect][v3.1.1:MQTT-1.5.3-3]") {
  std::string_view const hex = "101e 00044d515454 04 86 0000 0004efbbbf61 0004efbbbf77 0000 0004efbbbf75";
  decoded<v3::connect> const packet(hex);
  CHECK(packet->client_id ==
        "\xef\xbb\xbf"
        "a");
  CHECK(packet->will->topic ==
        "\xef\xbb\xbf"
        "w");
  CHECK(packet->user_name == text("\xef\xbb\xbf"
                                  "u"));
  check_encodes(*packet, hex);
}

TEST_CASE("v3 connect: password and will message of 65,535 bytes and not one more", "[v3][connect]") {
  std::string const longest(65'535, '\xff');
  std::string const longer(65'536, '\xff');
  v3::connect packet{.user_name = text("u"), .password = as_bytes(longest)};
  CHECK(*encoded_size(packet) == 4 + 10 + 2 + 3 + 2 + 65'535);
  packet.password = as_bytes(longer);
  check_refuses_to_encode(packet, {errc::invalid_packet, 0});

  v3::connect with_will{.will = v3::will{.topic = "t", .message = as_bytes(longest)}};
  octet_vector buffer(70'000);
  auto const written = encode(byte_span(buffer), with_will);
  REQUIRE(written);
  CHECK(*decode<v3::connect>(*written) == with_will);
  with_will.will->message = as_bytes(longer);
  check_refuses_to_encode(with_will, {errc::invalid_packet, 0});
}

TEST_CASE("v3 connect: trusted texts longer than their length field can say are not encoded",
          "[v3][connect][v3.1.1:MQTT-4.7.3-3]") {
  std::string const longest(70'000, 't');
  for (std::size_t const size : {std::size_t{65'536}, std::size_t{70'000}}) {
    CAPTURE(size);
    std::string_view const view = std::string_view(longest).substr(0, size);
    error const refused{errc::invalid_packet, 0};
    check_refuses_to_encode(v3::connect{.client_id = text::trusted(view)}, refused);
    check_refuses_to_encode(v3::connect{.user_name = text::trusted(view)}, refused);
    check_refuses_to_encode(v3::connect{.will = v3::will{.topic = topic_name::trusted(view)}}, refused);
  }
  text const allowed = text::trusted(std::string_view(longest).substr(0, 65'535));
  CHECK(encoded_size(v3::connect{.client_id = allowed, .user_name = allowed}).value_or(0) ==
        1 + 3 + 10 + 2 * (2 + 65'535));
}

TEST_CASE("v3 connect: packets that broke other parsers", "[v3][connect][hostile]") {
  // Fields behind a Remaining Length of 7.
  CHECK(decode_error<v3::connect>("1007 00044d51545404") == errc::malformed_packet);
  CHECK(decode_error<v3::connect>("1007 00044d51545404 c2003c000b746573742d707974686f6e") ==
        error{errc::not_one_frame, 9});
  // A protocol name longer than the packet; one that ends behind the level.
  CHECK(decode_error<v3::connect>("1008 000f4d5149736470") == errc::malformed_packet);
  CHECK(decode_error<v3::connect>("1008 000f4d5149736470 4d51") == error{errc::not_one_frame, 10});
  CHECK(decode_error<v3::connect>("1009 00064d5149736470 03") == errc::malformed_packet);
  CHECK(decode_error<v3::connect>("1013 00044d515454 04 82 003c 000163 000175 000170") ==
        errc::malformed_packet);
  CHECK(decode_error<v3::connect>("1010 00044d515454 04 42 003c 000163 000170") == errc::protocol_error);
  CHECK(decode_error<v3::connect>("100d 00044d515454 04 1a 003c 000163") == errc::malformed_packet);
  CHECK(to_hex(decoded<v3::connect>("1014 00044d515454 04 c2 003c 000163 000175 0002c0ff")
                   ->password->octets()) == "c0ff");
  CHECK(decode_error<v3::connect>("100d 00044d515454 06 02 003c 000163") ==
        error{errc::unsupported_protocol, 6});
}
