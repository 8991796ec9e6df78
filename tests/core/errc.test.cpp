// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/errc.hpp>

#include <map>
#include <set>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

// -Wswitch makes to_string name every enumerator, so the named values are the enumerators.
bool is_enumerator(unsigned value) { return to_string(static_cast<errc>(value)) != "unknown"; }

}  // namespace

TEST_CASE("errc: every value from 0 to 255 has a blame, and the groups have no holes", "[core][errc]") {
  std::map<blame, unsigned> count;
  for (unsigned value = 0; value != 256; ++value) {
    CAPTURE(value);
    blame const expected = value < 0x40   ? blame::nobody
                           : value < 0x80 ? blame::caller
                           : value < 0xC0 ? blame::peer
                                          : blame::transport;
    CHECK(blame_of(static_cast<errc>(value)) == expected);
    CHECK((error{static_cast<errc>(value), 7}.blamed_on()) == expected);
    if (!is_enumerator(value)) continue;
    CHECK(value % 0x40 == count[expected]);
    ++count[expected];
  }
  CHECK(count[blame::nobody] == 1);
  CHECK(count[blame::caller] >= 19);
  CHECK(count[blame::peer] >= 14);
  CHECK(count[blame::transport] >= 9);
}

TEST_CASE("errc: no two enumerators share a name", "[core][errc]") {
  std::set<std::string> names;
  for (unsigned value = 0; value != 256; ++value)
    if (is_enumerator(value)) CHECK(names.insert(std::string(to_string(static_cast<errc>(value)))).second);
}

TEST_CASE("errc: names are the enumerators' own", "[core][errc]") {
  constexpr_test([] {
    return to_string(errc::none) == "none" && to_string(errc::buffer_too_small) == "buffer_too_small" &&
           to_string(errc::invalid_certificate) == "invalid_certificate" &&
           to_string(errc::malformed_packet) == "malformed_packet" &&
           to_string(errc::sas_resource_mismatch) == "sas_resource_mismatch" &&
           to_string(errc::connection_lost) == "connection_lost" &&
           to_string(errc::tls_certificate_expired) == "tls_certificate_expired" &&
           to_string(static_cast<errc>(0x3f)) == "unknown" && to_string(static_cast<errc>(0xff)) == "unknown";
  });
}

TEST_CASE("errc: the one to blame is the one who can change it", "[core][errc]") {
  constexpr_test([] {
    return blame_of(errc::none) == blame::nobody && blame_of(errc::buffer_too_small) == blame::caller &&
           blame_of(errc::invalid_topic_name) == blame::caller &&
           blame_of(errc::not_one_frame) == blame::caller &&
           blame_of(errc::malformed_packet) == blame::peer && blame_of(errc::protocol_error) == blame::peer &&
           blame_of(errc::packet_exceeds_limit) == blame::peer &&
           blame_of(errc::connection_refused) == blame::peer &&
           blame_of(errc::connection_lost) == blame::transport &&
           blame_of(errc::tls_failed) == blame::transport;
  });
}

TEST_CASE("error: equality sees the detail, comparison with a code does not", "[core][errc]") {
  constexpr_test([] {
    error const needs_nine{errc::buffer_too_small, 9};
    return needs_nine == error{errc::buffer_too_small, 9} && needs_nine != error{errc::buffer_too_small, 8} &&
           needs_nine == errc::buffer_too_small && needs_nine != errc::packet_too_large &&
           error{} == errc::none;
  });
  STATIC_CHECK(sizeof(error) == 8);
}

TEST_CASE("error: its name is that of its code", "[core][errc]") {
  constexpr_test([] {
    return to_string(error{errc::connection_refused, 5}) == "connection_refused" &&
           to_string(error{}) == "none";
  });
}
