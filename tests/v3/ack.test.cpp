// SPDX-License-Identifier: BSL-1.0
#include <hubwire/v3/ack.hpp>

#include <string>

#include <catch2/catch_template_test_macros.hpp>

#include <support/packet_checks.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

// The first byte as the standard's table has it.
template <class P>
std::string first_byte;
template <>
std::string first_byte<v3::puback> = "40";
template <>
std::string first_byte<v3::pubrec> = "50";
template <>
std::string first_byte<v3::pubrel> = "62";
template <>
std::string first_byte<v3::pubcomp> = "70";
template <>
std::string first_byte<v3::unsuback> = "b0";

}  // namespace

TEMPLATE_TEST_CASE("v3 acknowledgement: golden bytes", "[v3][ack]", v3::puback, v3::pubrec, v3::pubrel,
                   v3::pubcomp, v3::unsuback) {
  std::string const hex = first_byte<TestType> + "021234";
  CHECK(decoded<TestType>(hex)->id.number() == 0x1234);
  check_encodes(TestType{.id = 0x1234}, hex);
  check_encodes(TestType{.id = 1}, first_byte<TestType> + "020001");
  check_encodes(TestType{.id = 65'535}, first_byte<TestType> + "02ffff");
}

TEMPLATE_TEST_CASE("v3 acknowledgement: every id but 0, which is a protocol error",
                   "[v3][ack][v3.1.1:MQTT-2.3.1-1]", v3::puback, v3::pubrec, v3::pubrel, v3::pubcomp,
                   v3::unsuback) {
  octet_vector packet = from_hex(first_byte<TestType> + "020000");
  CHECK(decoded<TestType>(packet).error() == error{errc::protocol_error, 0});
  CHECK((decoded<TestType, structural>(packet).error()) == error{errc::protocol_error, 0});
  for (unsigned number = 1; number != 0x10000; ++number) {
    packet[2] = static_cast<std::uint8_t>(number >> 8);
    packet[3] = static_cast<std::uint8_t>(number);
    auto const got = decode<TestType>(byte_view(packet));
    if (!got || got->id.number() != number) FAIL(number);
  }
}

TEMPLATE_TEST_CASE("v3 acknowledgement: cut off anywhere, or longer", "[v3][ack]", v3::puback, v3::pubrec,
                   v3::pubrel, v3::pubcomp, v3::unsuback) {
  std::string const hex = first_byte<TestType> + "020001";
  check_truncations<TestType>(hex);
  check_cut_bodies<TestType>(hex);
  check_refuses_longer_body<TestType>(hex);
}

TEMPLATE_TEST_CASE("v3 acknowledgement: only its own flags and type", "[v3][ack][v3.1.1:MQTT-2.2.2-1]",
                   v3::puback, v3::pubrec, v3::pubrel, v3::pubcomp, v3::unsuback) {
  check_flags<TestType>(first_byte<TestType> + "020001", TestType::type == packet_type::pubrel ? 2 : 0);
  check_refuses_other_types<TestType>();
}

TEST_CASE("v3 pubrel: flags 0010 and no others", "[v3][ack][v3.1.1:MQTT-3.6.1-1]") {
  check_flags<v3::pubrel>("62020001", 2);
  CHECK(decode_error<v3::pubrel>("60020001") == errc::malformed_packet);
  check_encodes(v3::pubrel{.id = 1}, "62020001");
}

TEST_CASE("v3 acknowledgement: none can be taken for another", "[v3][ack]") {
  STATIC_CHECK(!std::is_convertible_v<v3::puback, v3::pubrec>);
  STATIC_CHECK(!std::is_same_v<v3::pubrel, v3::pubcomp>);
  CHECK(v3::puback{.id = 3} == v3::puback{.id = 3});
  CHECK(v3::puback{.id = 3} != v3::puback{.id = 4});
}

TEST_CASE("v3 acknowledgement: packets that broke other parsers", "[v3][ack][hostile]") {
  CHECK(decode_error<v3::puback>("4003000100") == errc::malformed_packet);
  CHECK(decode_error<v3::puback>("4003000112") == errc::malformed_packet);
  CHECK(decode_error<v3::puback>("40020000") == errc::protocol_error);
  CHECK(decode_error<v3::unsuback>("b00500017f1f00") == errc::malformed_packet);
  CHECK(decode_error<v3::puback>("4000") == errc::malformed_packet);
}

TEMPLATE_TEST_CASE("v3 acknowledgement: each can be encoded", "[v3][ack]", v3::puback, v3::pubrec, v3::pubrel,
                   v3::pubcomp, v3::unsuback) {
  for (std::uint16_t const id : {std::uint16_t{1}, std::uint16_t{65'535}})
    CHECK(encoded_size(TestType{.id = packet_id::trusted(id)}).value_or(0) == 4);
}
