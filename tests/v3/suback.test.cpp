// SPDX-License-Identifier: BSL-1.0
#include <hubwire/v3/suback.hpp>

#include <array>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/packet_checks.hpp>

using namespace hubwire;
using namespace hubwire::test;
using granted = v3::suback_return_code;

namespace {

constexpr std::array<granted, 4> all_codes{granted::granted_qos_0, granted::granted_qos_1,
                                           granted::granted_qos_2, granted::failure};
constexpr std::string_view all_codes_hex = "9006 1234 00010280";

}  // namespace

TEST_CASE("v3 suback: golden bytes", "[v3][suback]") {
  decoded<v3::suback> const packet(all_codes_hex);
  CHECK(packet->id.number() == 0x1234);
  CHECK(items(packet->codes) == std::vector(all_codes.begin(), all_codes.end()));
  check_encodes(v3::suback{.id = 0x1234, .codes = all_codes}, all_codes_hex);
  check_encodes(*packet, all_codes_hex);
}

TEST_CASE("v3 suback: cut off anywhere", "[v3][suback]") {
  check_truncations<v3::suback>(all_codes_hex);
  check_cut_bodies<v3::suback>(all_codes_hex, {3, 4, 5});  // each code is a whole element
}

TEST_CASE("v3 suback: only flags 0000, only its own type", "[v3][suback][v3.1.1:MQTT-2.2.2-1]") {
  check_flags<v3::suback>(all_codes_hex, 0);
  check_refuses_other_types<v3::suback>();
}

TEST_CASE("v3 suback: an id that is not 0", "[v3][suback][v3.1.1:MQTT-2.3.1-1]") {
  CHECK(decode_error<v3::suback>("9003 0000 00") == errc::protocol_error);
  CHECK((decode_error<v3::suback, structural>("9003 0000 00")) == errc::protocol_error);
}

TEST_CASE("v3 suback: no codes but 0, 1, 2 and 0x80", "[v3][suback][v3.1.1:MQTT-3.9.3-2]") {
  for (unsigned value = 0; value != 256; ++value) {
    CAPTURE(value);
    bool const allowed = value <= 2 || value == 0x80;
    CHECK(v3::is_reserved(static_cast<granted>(value)) == !allowed);
    auto const octet = static_cast<std::uint8_t>(value);
    for (octet_vector const& body :
         {octet_vector{0, 1, octet}, octet_vector{0, 1, 0, octet}, octet_vector{0, 1, octet, 0}}) {
      octet_vector const packet = framed(0x90, body);
      CHECK(decoded<v3::suback>(packet).error().code == (allowed ? errc::none : errc::malformed_packet));
      CHECK((decoded<v3::suback, structural>(packet).error().code == errc::none) == allowed);
    }
    granted const codes[] = {granted::granted_qos_0, static_cast<granted>(value)};
    v3::suback const to_send{.id = 1, .codes = codes};
    if (allowed)
      CHECK(encoded_size(to_send).value_or(0) == 6);
    else
      check_refuses_to_encode(to_send, {errc::invalid_packet, 0});
  }
}

TEST_CASE("v3 suback: at least one code", "[v3][suback][hostile][v3.1.1:MQTT-3.8.4-5]") {
  CHECK(decode_error<v3::suback>("9002 0001") == errc::malformed_packet);
  CHECK(decode_error<v3::suback>("9001 02") == errc::malformed_packet);
  CHECK(decode_error<v3::suback>("9000") == errc::malformed_packet);
  check_refuses_to_encode(v3::suback{.id = 1}, {errc::invalid_packet, 0});
}

TEST_CASE("v3 suback: a thousand codes", "[v3][suback]") {
  std::vector<granted> const many(1000, granted::failure);
  v3::suback const packet{.id = 7, .codes = many};
  octet_vector buffer(1005);
  auto const written = encode(byte_span(buffer), packet);
  REQUIRE(written);
  CHECK(to_hex(written->first(6)) ==
        "90ea07"
        "0007"
        "80");
  CHECK(items(decode<v3::suback>(*written)->codes) == many);
}
