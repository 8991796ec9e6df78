// SPDX-License-Identifier: BSL-1.0
#include <hubwire/wire/frame.hpp>

#include <set>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

// The first bytes that the tables of v3.1.1 §2.2.1, §2.2.2 and §3.3.1 leave, and AUTH of version 5: of the 16
// of PUBLISH neither those with QoS 3 (36, 37, 3e, 3f) nor DUP with QoS 0 (38, 39).
std::set<unsigned> const allowed_first_bytes = {0x10, 0x20, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35,
                                                0x3a, 0x3b, 0x3c, 0x3d, 0x40, 0x50, 0x62, 0x70,
                                                0x82, 0x90, 0xa2, 0xb0, 0xc0, 0xd0, 0xe0, 0xf0};

struct outcome {
  frame_status status;
  std::size_t needed;
  hubwire::error error;
  std::size_t frame_size;
  friend bool operator==(outcome const&, outcome const&) = default;
};

outcome split_hex(std::string_view hex, std::uint32_t limit = largest_packet) {
  guarded_input const input(from_hex(hex));
  frame_result const got = split_frame(input.chars(), limit);
  frame_result const same = split_frame(input.octets(), limit);
  CHECK(got.status == same.status);
  CHECK(got.error == same.error);
  CHECK(got.size == same.size);
  CHECK(got.frame.view().data() == same.frame.view().data());
  return {got.status, got.size, got.error, got.frame.size()};
}

constexpr outcome malformed{frame_status::failed, 0, {errc::malformed_packet, 0}, 0};
constexpr outcome needs(std::size_t size) { return {frame_status::need_more, size, {}, 0}; }
constexpr outcome ready(std::size_t size) { return {frame_status::ready, size, {}, size}; }
constexpr outcome over_limit(std::uint32_t size) {
  return {frame_status::failed, 0, {errc::packet_exceeds_limit, size}, 0};
}

}  // namespace

TEST_CASE("fixed_header: all 256 first bytes, alone and with a body",
          "[wire][fixed_header][v3.1.1:MQTT-2.2.2-1][v3.1.1:MQTT-2.2.2-2][v3.1.1:MQTT-3.3.1-2]"
          "[v3.1.1:MQTT-3.3.1-4]") {
  for (unsigned byte = 0; byte != 0x100; ++byte) {
    CAPTURE(byte);
    bool const allowed = allowed_first_bytes.contains(byte);
    CHECK(is_first_byte(static_cast<std::uint8_t>(byte)) == allowed);

    std::uint8_t const octets[] = {static_cast<std::uint8_t>(byte), 0x01, 0x00};
    guarded_input const input{byte_view(octets)};
    CHECK(split_frame(input.chars().first(1)).status ==
          (allowed ? frame_status::need_more : frame_status::failed));
    frame_result const split = split_frame(input.chars());
    CHECK(split.status == (allowed ? frame_status::ready : frame_status::failed));
    if (!allowed) CHECK(split.error == error{errc::malformed_packet, 0});
    if (!allowed) continue;
    CHECK(static_cast<unsigned>(split.frame.type()) == byte >> 4);
    CHECK(split.frame.flags() == (byte & 0x0f));
  }
}

TEST_CASE("fixed_header: a first byte belongs to its type and to no other", "[wire][fixed_header]") {
  for (unsigned byte = 0; byte != 0x100; ++byte)
    for (unsigned type = 1; type != 16; ++type) {
      bool const wanted = allowed_first_bytes.contains(byte) && byte >> 4 == type;
      CAPTURE(byte, type);
      CHECK(is_first_byte(static_cast<std::uint8_t>(byte), static_cast<packet_type>(type)) == wanted);
    }
  for (unsigned flags = 0; flags != 16; ++flags)
    CHECK(is_publish_flags(flags) == allowed_first_bytes.contains(0x30 | flags));
  CHECK(is_publish_flags(0x36) == is_publish_flags(0x06));  // the type beside them does not count
}

TEST_CASE("first_bytes: what the peer may not send is told from what nobody may",
          "[wire][fixed_header][first_bytes]") {
  constexpr std::uint16_t known = 0x7ffe;                       // types 1 to 14
  constexpr std::uint16_t sent = 1u << 3 | 1u << 6 | 1u << 12;  // PUBLISH, PUBREL, PINGREQ
  constexpr first_bytes some(known, sent);
  for (unsigned byte = 0; byte != 0x100; ++byte) {
    CAPTURE(byte);
    auto const octet = static_cast<std::uint8_t>(byte);
    bool const sound = allowed_first_bytes.contains(byte) && byte != 0xf0;  // AUTH is not among the known
    bool const from_peer = byte >> 4 == 3 || byte >> 4 == 6 || byte >> 4 == 12;
    CHECK(some.has(octet) == (sound && from_peer));
    if (!some.has(octet))
      CHECK(some.refusal(octet) == (sound ? errc::protocol_error : errc::malformed_packet));
  }
  // Types that are sent and not known are not there.
  CHECK_FALSE(first_bytes(0x0008, 0xffff).has(0x40));
  CHECK(first_bytes(0x0008, 0xffff).refusal(0x40) == errc::malformed_packet);
  CHECK_FALSE(first_bytes(0xffff, 0xffff).has(0x00));  // type 0 is none
  CHECK(first_bytes(0xfffe, 0).refusal(0x00) == errc::malformed_packet);
}

TEST_CASE("split_frame: refuses what is not accepted at the first byte, whatever is behind it",
          "[wire][fixed_header][first_bytes]") {
  constexpr first_bytes some(0x7ffe, 1u << 3 | 1u << 12);
  for (std::string_view const behind : {"", "00", "80", "ffffff7f", "ffffffff", "8000", "020001"}) {
    CAPTURE(behind);
    auto const ends = [&](std::string_view first, std::uint32_t limit) {
      guarded_input const input(from_hex(std::string(first) += behind));
      frame_result const got = split_frame(input.chars(), limit, some);
      frame_result const same = split_frame(input.octets(), limit, some);
      CHECK(same.error == got.error);
      CHECK(got.size == 0);
      CHECK(got.frame.size() == 0);
      CHECK(got.status == frame_status::failed);
      return got.error;
    };
    for (std::uint32_t const limit : {largest_packet, std::uint32_t{1}}) {
      CHECK(ends("10", limit) == error{errc::protocol_error, 0});    // CONNECT, not from this peer
      CHECK(ends("82", limit) == error{errc::protocol_error, 0});    // SUBSCRIBE
      CHECK(ends("80", limit) == error{errc::malformed_packet, 0});  // its flags come first
      CHECK(ends("f0", limit) == error{errc::malformed_packet, 0});  // AUTH, not of this version
      CHECK(ends("00", limit) == error{errc::malformed_packet, 0});
      CHECK(ends("36", limit) == error{errc::malformed_packet, 0});
      CHECK(ends("38", limit) == error{errc::malformed_packet, 0});
    }
  }
  guarded_input const ping(from_hex("c000"));
  CHECK(split_frame(ping.chars(), largest_packet, some).status == frame_status::ready);
}

namespace {

// Whether 0010 is the only nibble that split_frame takes for this type.
bool only_takes_two(packet_type type) {
  bool right = true;
  for (unsigned flags = 0; flags != 16; ++flags) {
    char const octets[] = {static_cast<char>(static_cast<unsigned>(type) << 4 | flags), 2, 0, 1};
    frame_result const split = split_frame(octets);
    right = right && (split.status == frame_status::ready) == (flags == 2) &&
            (flags == 2 || split.error == errc::malformed_packet);
  }
  return right;
}

}  // namespace

TEST_CASE("fixed_header: PUBREL has the flags 0010 and no others",
          "[wire][fixed_header][v3.1.1:MQTT-3.6.1-1]") {
  CHECK(only_takes_two(packet_type::pubrel));
}
TEST_CASE("fixed_header: SUBSCRIBE has the flags 0010 and no others",
          "[wire][fixed_header][v3.1.1:MQTT-3.8.1-1]") {
  CHECK(only_takes_two(packet_type::subscribe));
}
TEST_CASE("fixed_header: UNSUBSCRIBE has the flags 0010 and no others",
          "[wire][fixed_header][v3.1.1:MQTT-3.10.1-1]") {
  CHECK(only_takes_two(packet_type::unsubscribe));
}
TEST_CASE("fixed_header: DISCONNECT has no flags", "[wire][fixed_header][v3.1.1:MQTT-3.14.1-1]") {
  for (unsigned flags = 0; flags != 16; ++flags) {
    char const octets[] = {static_cast<char>(0xe0 | flags), 0};
    CHECK((split_frame(octets).status == frame_status::ready) == (flags == 0));
  }
}

TEST_CASE("fixed_header: names of the packets", "[wire][fixed_header]") {
  constexpr_test([] {
    return to_string(packet_type::connect) == "CONNECT" && to_string(packet_type::connack) == "CONNACK" &&
           to_string(packet_type::publish) == "PUBLISH" && to_string(packet_type::puback) == "PUBACK" &&
           to_string(packet_type::pubrec) == "PUBREC" && to_string(packet_type::pubrel) == "PUBREL" &&
           to_string(packet_type::pubcomp) == "PUBCOMP" && to_string(packet_type::subscribe) == "SUBSCRIBE" &&
           to_string(packet_type::suback) == "SUBACK" &&
           to_string(packet_type::unsubscribe) == "UNSUBSCRIBE" &&
           to_string(packet_type::unsuback) == "UNSUBACK" && to_string(packet_type::pingreq) == "PINGREQ" &&
           to_string(packet_type::pingresp) == "PINGRESP" &&
           to_string(packet_type::disconnect) == "DISCONNECT" && to_string(packet_type::auth) == "AUTH" &&
           to_string(packet_type{}) == "reserved" &&
           to_string(static_cast<packet_type>(0xff)) == "AUTH";  // never outside the table
  });
}

TEST_CASE("frame: shows the packet and its body, in place", "[wire][fixed_header][frame]") {
  guarded_input const input(
      from_hex("3a07"
               "000161"
               "0009"
               "7879"
               "c000"));
  frame_result const split = split_frame(input.chars());
  REQUIRE(split.status == frame_status::ready);
  CHECK(split.size == 9);
  CHECK(split.frame.type() == packet_type::publish);
  CHECK(split.frame.flags() == 0x0a);
  CHECK(split.frame.size() == 9);
  CHECK(split.frame.view().data() == input.chars().data());
  CHECK(to_hex(split.frame.octets()) == "3a0700016100097879");
  CHECK(to_hex(split.frame.body()) == "00016100097879");
}

TEST_CASE("frame: the default one is empty and safe to look at", "[wire][fixed_header][frame]") {
  constexpr_test([] {
    frame const nothing;
    return nothing.size() == 0 && nothing.body().empty() && nothing.view().empty() && nothing.flags() == 0 &&
           nothing.type() == packet_type{};
  });
  CHECK(frame().octets().empty());
}

TEST_CASE("split_frame: a packet cut off at every byte asks for what is missing", "[wire][fixed_header]") {
  std::string const hex =
      "30 8201"
      "0003 612f62" +
      [] {
        std::string body;
        for (int i = 0; i != 125; ++i) body += "5a";
        return body;
      }();
  auto const whole = from_hex(hex);
  REQUIRE(whole.size() == 133);
  for (std::size_t size = 0; size != whole.size(); ++size) {
    CAPTURE(size);
    guarded_input const input(byte_view(whole).first(size));
    frame_result const split = split_frame(input.chars());
    CHECK(split.status == frame_status::need_more);
    CHECK(split.size == (size < 3 ? 0 : whole.size()));
    CHECK(split.frame.size() == 0);
    CHECK(split.error == errc::none);
  }
  CHECK(split_hex(hex) == ready(133));
}

TEST_CASE("split_frame: what follows the packet is left alone", "[wire][fixed_header]") {
  CHECK(split_hex("c000"
                  "ffffffffff") == ready(2));
  CHECK(split_hex("40020001"
                  "40020002") == ready(4));
}

TEST_CASE("split_frame: an empty packet is a frame with an empty body", "[wire][fixed_header]") {
  guarded_input const input(from_hex("d000"));
  frame_result const split = split_frame(input.chars());
  REQUIRE(split.status == frame_status::ready);
  CHECK(split.frame.body().empty());
}

TEST_CASE("split_frame: the length is refused at its fourth continuation bit, with or without a fifth byte",
          "[wire][fixed_header]") {
  CHECK(split_hex("30808080") == needs(0));
  CHECK(split_hex("3080808080") == malformed);
  CHECK(split_hex("3080808080"
                  "0100") == malformed);
  CHECK(split_hex("30ffffffff"
                  "ff") == malformed);
  CHECK(split_hex("fffbffffff"
                  "ff") == malformed);  // for its flags already
}

TEST_CASE("split_frame: a padded length is malformed", "[wire][fixed_header]") {
  CHECK(split_hex("30850000"
                  "0174007800") == malformed);
  CHECK(split_hex("c08000") == malformed);
  CHECK(split_hex("c0808000") == malformed);
  CHECK(split_hex("c080808000") == malformed);
}

TEST_CASE("split_frame: lengths above 2,097,151 are legal", "[wire][fixed_header]") {
  CHECK(split_hex("3080808001") == needs(2'097'157));
  CHECK(split_hex("10ffffff7f") == needs(268'435'460));
}

TEST_CASE("split_frame: the limit counts the whole packet and speaks as soon as the length is known",
          "[wire][fixed_header]") {
  CHECK(split_hex("40020001", 4) == ready(4));
  CHECK(split_hex("40020001", 3) == over_limit(4));
  CHECK(split_hex("4002", 3) == over_limit(4));
  CHECK(split_hex("4002", 4) == needs(4));
  CHECK(split_hex("40", 0) == needs(0));
  CHECK(split_hex("c000", 2) == ready(2));
  CHECK(split_hex("c000", 1) == over_limit(2));
  CHECK(split_hex("c000", 0) == over_limit(2));
  CHECK(split_hex("10ffffff7f", 1024) == over_limit(268'435'460));
  CHECK(split_hex("10ffffff7f", 268'435'459) == over_limit(268'435'460));
  CHECK(split_hex("10ffffff7f", 0xffff'ffff) == needs(268'435'460));
}

TEST_CASE("split_frame: a receive buffer of 128 bytes, and lengths around it", "[wire][fixed_header]") {
  CHECK(split_hex("307d", 128) == needs(127));
  CHECK(split_hex("307e", 128) == needs(128));
  CHECK(split_hex("307f", 128) == over_limit(129));
  CHECK(split_hex("308001", 128) == over_limit(131));
  CHECK(split_hex("30ffffff7f", 128) == over_limit(268'435'460));
}

TEST_CASE("split_frame: strangers are refused at their first byte", "[wire][fixed_header]") {
  CHECK(split_hex("16 0301020001 0001fc0303") == malformed);  // TLS ClientHello
  CHECK(split_hex("47 4554202f2048545450") == malformed);     // GET / HTTP
  CHECK(split_hex("0ac0") == malformed);                      // type 0
  CHECK(split_hex("600200 01") == malformed);                 // PUBREL without its flag
  CHECK(split_hex("8006000100017400") == malformed);          // SUBSCRIBE without its flag
  CHECK(split_hex("29020001") == malformed);                  // CONNACK with flags
  CHECK(split_hex("36") == malformed);                        // PUBLISH with QoS 3
  CHECK(split_hex("38ff") == malformed);                      // PUBLISH with QoS 0 and DUP
}

TEST_CASE("split_frame: one byte is not enough to know anything", "[wire][fixed_header]") {
  for (std::string_view const hex : {"30", "90", "10", "2002", "7080", "30808080"}) {
    CAPTURE(hex);
    CHECK(split_hex(hex).status == frame_status::need_more);
  }
  CHECK(split_hex("") == needs(0));
}

TEST_CASE("split_frame: works in constant evaluation", "[wire][fixed_header]") {
  constexpr_test([] {
    constexpr char octets[] = {0x40, 2, 0, 1, 0x40};
    frame_result const split = split_frame(octets);
    return split.status == frame_status::ready && split.frame.body() == std::string_view("\0\1", 2) &&
           split.frame.type() == packet_type::puback && split_frame(char_view(octets).first(3)).size == 4 &&
           split_frame(octets, 3).error == error{errc::packet_exceeds_limit, 4};
  });
}
