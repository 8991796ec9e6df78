// SPDX-License-Identifier: BSL-1.0
#include <hubwire/v3/connack.hpp>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/packet_checks.hpp>

using namespace hubwire;
using namespace hubwire::test;
using connack_code = v3::connect_return_code;

TEST_CASE("v3 connack: golden bytes", "[v3][connack]") {
  struct sample {
    std::string_view hex;
    v3::connack packet;
  };
  for (auto const& [hex, packet] : {sample{"20020000", {}}, sample{"20020100", {.session_present = true}},
                                    sample{"20020001", {.code = connack_code::unacceptable_protocol_version}},
                                    sample{"20020002", {.code = connack_code::identifier_rejected}},
                                    sample{"20020003", {.code = connack_code::server_unavailable}},
                                    sample{"20020004", {.code = connack_code::bad_user_name_or_password}},
                                    sample{"20020005", {.code = connack_code::not_authorized}}}) {
    CHECK(*decoded<v3::connack>(hex) == packet);
    check_encodes(packet, hex);
  }
}

TEST_CASE("v3 connack: cut off anywhere, or longer", "[v3][connack]") {
  check_truncations<v3::connack>("20020100");
  check_cut_bodies<v3::connack>("20020100");
  check_refuses_longer_body<v3::connack>("20020100");
  CHECK(decode_error<v3::connack>("2000") == errc::malformed_packet);
}

TEST_CASE("v3 connack: only flags 0000, only its own type", "[v3][connack][v3.1.1:MQTT-2.2.2-1]") {
  check_flags<v3::connack>("20020000", 0);
  check_refuses_other_types<v3::connack>();
}

TEST_CASE("v3 connack: all 65,536 bodies", "[v3][connack]") {
  for (unsigned flags = 0; flags != 256; ++flags) {
    for (unsigned return_code = 0; return_code != 256; ++return_code) {
      char const octets[] = {0x20, 2, static_cast<char>(flags), static_cast<char>(return_code)};
      auto const packet = decode<v3::connack>(char_view(octets));
      errc const expected = flags > 1 || return_code > 5     ? errc::malformed_packet
                            : flags == 1 && return_code != 0 ? errc::protocol_error
                                                             : errc::none;
      bool const right = packet ? expected == errc::none && packet->session_present == (flags == 1) &&
                                      packet->code == static_cast<connack_code>(return_code)
                                : packet.error() == error{expected, 0};
      if (!right) FAIL(flags << ' ' << return_code);
    }
  }
}

TEST_CASE("v3 connack: a refusal has no session", "[v3][connack][v3.1.1:MQTT-3.2.2-4]") {
  for (unsigned refusal = 1; refusal <= 5; ++refusal) {
    octet_vector const octets{0x20, 2, 1, static_cast<std::uint8_t>(refusal)};
    CHECK(decoded<v3::connack>(octets).error() == errc::protocol_error);
    check_refuses_to_encode(v3::connack{.session_present = true, .code = static_cast<connack_code>(refusal)},
                            {errc::invalid_packet, 0});
  }
}

TEST_CASE("v3 connack: reserved codes are neither sent nor taken", "[v3][connack][v3.1.1:MQTT-3.2.2-6]") {
  for (unsigned code = 0; code != 6; ++code)
    CHECK(encoded_size(v3::connack{.code = static_cast<connack_code>(code)}));
  for (unsigned reserved = 6; reserved != 256; ++reserved) {
    octet_vector const octets{0x20, 2, 0, static_cast<std::uint8_t>(reserved)};
    CHECK(decoded<v3::connack>(octets).error() == errc::malformed_packet);
    check_refuses_to_encode(v3::connack{.code = static_cast<connack_code>(reserved)},
                            {errc::invalid_packet, 0});
  }
}

TEST_CASE("v3 connack: reserved acknowledge flags are malformed", "[v3][connack][hostile]") {
  CHECK(decode_error<v3::connack>("20020200") == errc::malformed_packet);
  CHECK(decode_error<v3::connack>("20028000") == errc::malformed_packet);
  CHECK(decode_error<v3::connack>("2003000000") == errc::malformed_packet);  // the form of version 5
}

TEST_CASE("v3 connack: names of the codes", "[v3][connack]") {
  constexpr_test([] {
    return to_string(connack_code::accepted) == "accepted" &&
           to_string(connack_code::unacceptable_protocol_version) == "unacceptable_protocol_version" &&
           to_string(connack_code::identifier_rejected) == "identifier_rejected" &&
           to_string(connack_code::server_unavailable) == "server_unavailable" &&
           to_string(connack_code::bad_user_name_or_password) == "bad_user_name_or_password" &&
           to_string(connack_code::not_authorized) == "not_authorized" &&
           to_string(static_cast<connack_code>(6)) == "reserved" &&
           to_string(static_cast<connack_code>(255)) == "reserved";
  });
}
