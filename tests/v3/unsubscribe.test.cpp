// SPDX-License-Identifier: BSL-1.0
#include <hubwire/v3/unsubscribe.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <support/packet_checks.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

constexpr std::array<v3::unsubscription, 2> two{{{.filter = "a/b"}, {.filter = "+/#"}}};
constexpr std::string_view two_hex = "a20c 0102 0003612f62 00032b2f23";

}  // namespace

TEST_CASE("v3 unsubscribe: golden bytes", "[v3][unsubscribe]") {
  decoded<v3::unsubscribe> const packet(two_hex);
  CHECK(packet->id.number() == 0x0102);
  CHECK(items(packet->filters) == std::vector(two.begin(), two.end()));
  check_encodes(v3::unsubscribe{.id = 0x0102, .filters = two}, two_hex);
  check_encodes(*packet, two_hex);
}

TEST_CASE("v3 unsubscribe: cut off anywhere, or longer", "[v3][unsubscribe]") {
  check_truncations<v3::unsubscribe>(two_hex);
  check_cut_bodies<v3::unsubscribe>(two_hex, {7});  // behind the first filter
  check_refuses_longer_body<v3::unsubscribe>(two_hex);
}

TEST_CASE("v3 unsubscribe: flags 0010 and no others",
          "[v3][unsubscribe][v3.1.1:MQTT-3.10.1-1][v3.1.1:MQTT-2.2.2-1]") {
  check_flags<v3::unsubscribe>(two_hex, 2);
  check_encodes(v3::unsubscribe{.id = 0x0102, .filters = two}, two_hex);
  check_refuses_other_types<v3::unsubscribe>();
}

TEST_CASE("v3 unsubscribe: an id that is not 0", "[v3][unsubscribe][v3.1.1:MQTT-2.3.1-1]") {
  CHECK(decode_error<v3::unsubscribe>("a207 0000 0003612f62") == errc::protocol_error);
  CHECK((decode_error<v3::unsubscribe, structural>("a207 0000 0003612f62")) == errc::protocol_error);
}

TEST_CASE("v3 unsubscribe: filters are texts", "[v3][unsubscribe][v3.1.1:MQTT-3.10.3-1]") {
  for (std::string_view const hex : {"a205 0001 0001ff", "a206 0001 0002c080", "a205 0001 000100"}) {
    CAPTURE(hex);
    CHECK(decode_error<v3::unsubscribe>(hex) == errc::malformed_packet);
    CHECK(decode_error<v3::unsubscribe, structural>(hex) == errc::none);
  }
  CHECK(topic_filter::parse("a\xff").error() == errc::invalid_topic_filter);
}

TEST_CASE("v3 unsubscribe: a trusted filter longer than its length field can say is not encoded",
          "[v3][unsubscribe][v3.1.1:MQTT-4.7.3-3]") {
  std::string const text(70'000, 'f');
  for (std::size_t const size : {std::size_t{65'536}, std::size_t{70'000}})
    for (std::size_t place = 0; place != 2; ++place) {  // wherever it stands among the others
      CAPTURE(size, place);
      std::array<v3::unsubscription, 2> filters = two;
      filters[place].filter = topic_filter::trusted(std::string_view(text).substr(0, size));
      check_refuses_to_encode(v3::unsubscribe{.id = 1, .filters = filters}, {errc::invalid_packet, 0});
    }
  v3::unsubscription const longest[] = {{topic_filter::trusted(std::string_view(text).substr(0, 65'535))}};
  CHECK(encoded_size(v3::unsubscribe{.id = 1, .filters = longest}).value_or(0) == 1 + 3 + 2 + 2 + 65'535);
}

TEST_CASE("v3 unsubscribe: more filters than a packet can hold are refused without writing",
          "[v3][unsubscribe]") {
  std::string const longest(65'535, 'f');
  std::vector<v3::unsubscription> const many(4097, {.filter = *topic_filter::parse(longest)});
  auto const size = encoded_size(v3::unsubscribe{.id = 1, .filters = many});
  REQUIRE(!size);
  CHECK(size.error() == errc::packet_too_large);
  CHECK(size.error().detail > varint_max);
}

TEST_CASE("v3 unsubscribe: at least one filter, and none empty",
          "[v3][unsubscribe][v3.1.1:MQTT-3.10.3-2][v3.1.1:MQTT-4.7.3-1]") {
  CHECK(decode_error<v3::unsubscribe>("a202 0001") == errc::protocol_error);
  CHECK((decode_error<v3::unsubscribe, structural>("a202 0001")) == errc::protocol_error);
  CHECK(decode_error<v3::unsubscribe>("a204 0001 0000") == errc::protocol_error);
  check_refuses_to_encode(v3::unsubscribe{.id = 1}, {errc::invalid_packet, 0});
  v3::unsubscription const items[] = {{topic_filter::trusted("")}};
  check_refuses_to_encode(v3::unsubscribe{.id = 1, .filters = items}, {errc::invalid_packet, 0});
}

TEST_CASE("v3 unsubscribe: misplaced wildcards are refused",
          "[v3][unsubscribe][v3.1.1:MQTT-4.7.1-2][v3.1.1:MQTT-4.7.1-3]") {
  CHECK(decode_error<v3::unsubscribe>("a206 0001 00026123") == errc::protocol_error);
  CHECK(decode_error<v3::unsubscribe>("a206 0001 0002612b") == errc::protocol_error);
  CHECK((decode_error<v3::unsubscribe, structural>("a206 0001 0002612b")) == errc::none);
}
