// SPDX-License-Identifier: BSL-1.0
#include <hubwire/v3/publish.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/packet_checks.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("v3 publish: golden bytes of QoS 0", "[v3][publish]") {
  v3::publish const packet{.topic = "a/b", .payload = as_bytes("xyz")};
  CHECK(*decoded<v3::publish>("3008 0003612f62 78797a") == packet);
  check_encodes(packet, "3008 0003612f62 78797a");
}

TEST_CASE("v3 publish: golden bytes of QoS 1 and 2, DUP and RETAIN", "[v3][publish][v3.1.1:MQTT-3.3.1-1]") {
  auto const check = [](v3::publish const& packet, std::string_view hex) {
    CHECK(*decoded<v3::publish>(hex) == packet);
    check_encodes(packet, hex);
  };
  check({.topic = "t", .payload = as_bytes("p"), .delivery = delivery::at_least_once(1)},
        "3206 000174 0001 70");
  check({.topic = "t", .payload = as_bytes("p"), .delivery = delivery::exactly_once(65'535)},
        "3406 000174 ffff 70");
  check({.topic = "t", .delivery = delivery::at_least_once(258).again()}, "3a05 000174 0102");
  check({.topic = "t", .delivery = delivery::exactly_once(258).again(), .retain = true}, "3d05 000174 0102");
  check({.topic = "t", .retain = true}, "3103 000174");
}

TEST_CASE("v3 publish: no payload is an empty payload", "[v3][publish]") {
  decoded<v3::publish> const packet("3003 000174");
  CHECK(packet->payload.empty());
  CHECK(packet->payload == bytes());
  check_encodes(*packet, "3003 000174");
}

TEST_CASE("v3 publish: the payload is any octets, in place", "[v3][publish]") {
  octet_vector body = from_hex("000174");
  for (unsigned octet = 0; octet != 256; ++octet) body.push_back(static_cast<std::uint8_t>(octet));
  decoded<v3::publish> const packet(framed(0x30, body));
  CHECK(to_hex(packet->payload.octets()) == to_hex(byte_view(body).subspan(3)));
  CHECK(packet->payload.data() == packet.input().view().data() + 6);
  check_encodes(*packet, to_hex(byte_view(framed(0x30, body))));
}

TEST_CASE("v3 publish: cut off anywhere", "[v3][publish]") {
  check_truncations<v3::publish>("3206 000174 0001 70");
  check_truncations<v3::publish>("3008 0003612f62 78797a");
  check_cut_bodies<v3::publish>("3203 000174 0001 70", {5});
  check_cut_bodies<v3::publish>("3405 0003616263 0001", {});
  check_cut_bodies<v3::publish>("3008 0003612f62 78797a", {5, 6, 7});
  CHECK(decode_error<v3::publish>("3000") == errc::malformed_packet);
}

TEST_CASE("v3 publish: all 16 flags", "[v3][publish]") {
  for (unsigned flags = 0; flags != 16; ++flags) {
    CAPTURE(flags);
    unsigned const level = flags >> 1 & 3;
    bool const duplicate = (flags & 8) != 0;
    bool const allowed = level != 3 && !(level == 0 && duplicate);
    octet_vector const octets = framed(static_cast<std::uint8_t>(0x30 | flags), from_hex("000174 0107 70"));
    decoded<v3::publish> const packet(octets);
    CHECK(packet.error() == error{allowed ? errc::none : errc::malformed_packet, 0});
    CHECK((decoded<v3::publish, structural>(octets).error()) == packet.error());
    if (!allowed) continue;
    CHECK(static_cast<unsigned>(packet->delivery.qos()) == level);
    CHECK(packet->delivery.duplicate() == duplicate);
    CHECK(packet->retain == ((flags & 1) != 0));
    CHECK(packet->delivery.has_id() == (level != 0));
    if (level != 0) CHECK(packet->delivery.id().number() == 0x0107);
    CHECK(packet->payload.size() == (level != 0 ? 1 : 3));
    check_encodes(*packet, to_hex(byte_view(octets)));
  }
}

TEST_CASE("v3 publish: only its own type", "[v3][publish]") { check_refuses_other_types<v3::publish>(); }

TEST_CASE("v3 publish: the topic comes first and is a text", "[v3][publish][v3.1.1:MQTT-3.3.2-1]") {
  CHECK(decoded<v3::publish>("3207 0003612f62 0009")->topic == "a/b");
  check_encodes(v3::publish{.topic = "a/b", .delivery = delivery::at_least_once(9)}, "3207 0003612f62 0009");
  for (std::string_view const hex :
       {"3005 0002c080 78", "3005 000361e282", "3006 000461eda080", "3003 0001ff"})
    CHECK(decode_error<v3::publish>(hex) == errc::malformed_packet);
}

TEST_CASE("v3 publish: no wildcard in the topic", "[v3][publish][v3.1.1:MQTT-3.3.2-2][v3.1.1:MQTT-4.7.1-1]") {
  for (std::string_view const hex :
       {"3006 0003612f23 78", "3003 00012b", "3003 000123", "3007 0004612b2f62 78"}) {
    CAPTURE(hex);
    CHECK(decode_error<v3::publish>(hex) == errc::protocol_error);
    CHECK(decode_error<v3::publish, structural>(hex) == errc::none);
  }
}

TEST_CASE("v3 publish: the topic has at least one character", "[v3][publish][v3.1.1:MQTT-4.7.3-1]") {
  CHECK(decode_error<v3::publish>("3002 0000") == errc::protocol_error);
  CHECK(decode_error<v3::publish, structural>("3002 0000") == errc::protocol_error);
  check_refuses_to_encode(v3::publish{.topic = topic_name::trusted("")}, {errc::invalid_packet, 0});
}

TEST_CASE("v3 publish: no U+0000 in the topic", "[v3][publish][v3.1.1:MQTT-4.7.3-2][v3.1.1:MQTT-1.5.3-2]") {
  CHECK(decode_error<v3::publish>("3005 0003610062") == errc::malformed_packet);
}

TEST_CASE("v3 publish: U+FEFF stays in the topic", "[v3][publish][v3.1.1:MQTT-1.5.3-3]") {
  CHECK(decoded<v3::publish>("3006 0004efbbbf61")->topic ==
        "\xef\xbb\xbf"
        "a");
}

TEST_CASE("v3 publish: DUP is 0 on QoS 0", "[v3][publish][v3.1.1:MQTT-3.3.1-2]") {
  CHECK(decode_error<v3::publish>("3803 000174") == errc::malformed_packet);
  CHECK(decode_error<v3::publish>("3903 000174") == errc::malformed_packet);
  check_encodes(v3::publish{.topic = "t", .delivery = delivery().again()}, "3003 000174");
}

TEST_CASE("v3 publish: there is no QoS 3", "[v3][publish][v3.1.1:MQTT-3.3.1-4]") {
  for (std::string_view const hex :
       {"3605 000174 0001", "3705 000174 0001", "3e05 000174 0001", "3f05 000174 0001"})
    CHECK(decode_error<v3::publish>(hex) == errc::malformed_packet);
  check_encodes(v3::publish{.topic = "t", .delivery = delivery::exactly_once(1).again(), .retain = true},
                "3d05 000174 0001");
}

TEST_CASE("v3 publish: flags that no PUBLISH has are refused before the topic is read", "[v3][publish]") {
  for (std::string_view const hex : {"3605 00012b 0000", "3802 0000", "3602 ffff", "36"}) {
    CAPTURE(hex);
    CHECK(decode_error<v3::publish>(hex) == errc::malformed_packet);
    CHECK(decode_error<v3::publish, structural>(hex) == errc::malformed_packet);
  }
}

TEST_CASE("v3 publish: QoS 1 and 2 have an id that is not 0", "[v3][publish][v3.1.1:MQTT-2.3.1-1]") {
  CHECK(decode_error<v3::publish>("3206 000174 0000 78") == errc::protocol_error);
  CHECK(decode_error<v3::publish>("3405 000174 0000") == errc::protocol_error);
  CHECK(decode_error<v3::publish>("3203 000174") == errc::malformed_packet);
  CHECK(decode_error<v3::publish>("3404 000174 01") == errc::malformed_packet);
  CHECK((decode_error<v3::publish, structural>("3206 000174 0000 78")) == errc::protocol_error);
  check_encodes(v3::publish{.topic = "t", .delivery = delivery::exactly_once(513)}, "3405 000174 0201");
  delivery const without = delivery::trusted(qos::at_least_once, 0, false);
  check_refuses_to_encode(v3::publish{.topic = "t", .delivery = without}, {errc::invalid_packet, 0});
}

TEST_CASE("v3 publish: QoS 0 has no id", "[v3][publish][v3.1.1:MQTT-2.3.1-5]") {
  decoded<v3::publish> const packet("3005 000174 0000");
  CHECK(!packet->delivery.has_id());
  CHECK(to_hex(packet->payload.octets()) == "0000");  // payload, not an id
  check_encodes(v3::publish{.topic = "t"}, "3003 000174");
}

TEST_CASE("v3 publish: a topic of 65,535 bytes", "[v3][publish]") {
  std::string const longest(65'535, 't');
  auto const topic = topic_name::parse(longest);
  REQUIRE(topic);
  v3::publish const packet{.topic = *topic, .payload = as_bytes("x")};
  octet_vector buffer(65'543);
  auto const written = encode(byte_span(buffer), packet);
  REQUIRE(written);
  CHECK(written->size() == 1 + 3 + 2 + 65'535 + 1);
  CHECK(to_hex(written->first(7)) ==
        "30828004"
        "ffff"
        "74");
  CHECK(*decode<v3::publish>(*written) == packet);
}

TEST_CASE("v3 publish: a trusted topic longer than its length field can say is not encoded",
          "[v3][publish][v3.1.1:MQTT-4.7.3-3]") {
  std::string const text(70'000, 't');
  v3::publish packet{.topic = topic_name::trusted(text), .payload = as_bytes("x")};
  check_refuses_to_encode(packet, {errc::invalid_packet, 0});
  packet.topic = topic_name::trusted(std::string_view(text).substr(0, 65'536));
  check_refuses_to_encode(packet, {errc::invalid_packet, 0});
  // For the topic, whatever the size of the payload is.
  guarded_output const output(10);
  for (std::size_t const payload : {std::size_t{0}, std::size_t{268'435'455}, static_cast<std::size_t>(-1)})
    CHECK(encode_header(output.octets(), packet, payload).error() == error{errc::invalid_packet, 0});
  CHECK(output.untouched());
  packet.topic = topic_name::trusted(std::string_view(text).substr(0, 65'535));
  CHECK(encoded_size(packet).value_or(0) == 1 + 3 + 2 + 65'535 + 1);
}

TEST_CASE("v3 publish: packets that broke other parsers", "[v3][publish][hostile]") {
  CHECK(decode_error<v3::publish>("3007 ffff4142434445") == errc::malformed_packet);
  CHECK(decode_error<v3::publish>("3004 ffff6162") == errc::malformed_packet);
  CHECK(decode_error<v3::publish>("3207 0005746f706963") == errc::malformed_packet);
  CHECK(decode_error<v3::publish>("3406 0003616263 01") == errc::malformed_packet);
  CHECK(decode_error<v3::publish>("3003 000174") == errc::none);
  CHECK(decode_error<v3::publish>("3007 000424 78797a 78") == errc::none);  // $xyz: policy is above the codec
  CHECK(decode_error<v3::publish>("3000") == errc::malformed_packet);
  CHECK(decode_error<v3::publish>("30") == error{errc::not_one_frame, 0});
  octet_vector long_topic(258, 0x74);
  long_topic[0] = 1;
  long_topic[1] = 0;
  CHECK(decoded<v3::publish>(framed(0x30, long_topic))->topic.size() == 256);
}
