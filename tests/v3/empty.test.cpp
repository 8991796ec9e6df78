// SPDX-License-Identifier: BSL-1.0
#include <hubwire/v3/empty.hpp>

#include <string>

#include <catch2/catch_template_test_macros.hpp>

#include <support/packet_checks.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

template <class P>
std::string golden;
template <>
std::string golden<v3::pingreq> = "c000";
template <>
std::string golden<v3::pingresp> = "d000";
template <>
std::string golden<v3::disconnect> = "e000";

}  // namespace

TEMPLATE_TEST_CASE("v3 empty packet: golden bytes", "[v3][empty]", v3::pingreq, v3::pingresp,
                   v3::disconnect) {
  CHECK(*decoded<TestType>(golden<TestType>) == TestType{});
  check_encodes(TestType{}, golden<TestType>);
}

TEMPLATE_TEST_CASE("v3 empty packet: cut off anywhere", "[v3][empty]", v3::pingreq, v3::pingresp,
                   v3::disconnect) {
  check_truncations<TestType>(golden<TestType>);
}

TEMPLATE_TEST_CASE("v3 empty packet: a body is malformed", "[v3][empty][hostile]", v3::pingreq, v3::pingresp,
                   v3::disconnect) {
  check_refuses_longer_body<TestType>(golden<TestType>);
  octet_vector const large(300, 0);
  octet_vector packet = framed(from_hex(golden<TestType>)[0], large);
  CHECK(decoded<TestType>(packet).error() == error{errc::malformed_packet, 0});
}

TEMPLATE_TEST_CASE("v3 empty packet: only flags 0000, only its own type", "[v3][empty][v3.1.1:MQTT-2.2.2-1]",
                   v3::pingreq, v3::pingresp, v3::disconnect) {
  check_flags<TestType>(golden<TestType>, 0);
  check_refuses_other_types<TestType>();
}

TEST_CASE("v3 disconnect: neither flags nor a body", "[v3][empty][v3.1.1:MQTT-3.14.1-1]") {
  check_flags<v3::disconnect>("e000", 0);
  check_encodes(v3::disconnect{}, "e000");
  CHECK(decode_error<v3::disconnect>("e00100") == errc::malformed_packet);
  CHECK(decode_error<v3::disconnect>("e0020000") == errc::malformed_packet);  // the form of version 5
}

TEMPLATE_TEST_CASE("v3 empty packet: each can be encoded", "[v3][empty]", v3::pingreq, v3::pingresp,
                   v3::disconnect) {
  CHECK(encoded_size(TestType{}).value_or(0) == 2);
}
