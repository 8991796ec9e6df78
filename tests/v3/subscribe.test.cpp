// SPDX-License-Identifier: BSL-1.0
#include <hubwire/v3/subscribe.hpp>

#include <array>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/packet_checks.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

constexpr std::array<v3::subscription, 1> one{{{.filter = "a/b", .qos = qos::at_least_once}}};
constexpr std::array<v3::subscription, 3> three{{{.filter = "a/b"},
                                                 {.filter = "+/c", .qos = qos::at_least_once},
                                                 {.filter = "#", .qos = qos::exactly_once}}};

constexpr std::string_view one_hex = "8208 0001 0003612f62 01";
constexpr std::string_view three_hex = "8212 fffe 0003612f62 00 00032b2f63 01 000123 02";

std::vector<v3::subscription> all(auto const& subscriptions) {
  return {subscriptions.begin(), subscriptions.end()};
}

}  // namespace

TEST_CASE("v3 subscribe: golden bytes", "[v3][subscribe]") {
  decoded<v3::subscribe> const single(one_hex);
  CHECK(single->id.number() == 1);
  CHECK(items(single->subscriptions) == all(one));
  check_encodes(v3::subscribe{.id = 1, .subscriptions = one}, one_hex);

  decoded<v3::subscribe> const several(three_hex);
  CHECK(several->id.number() == 65'534);
  CHECK(items(several->subscriptions) == all(three));
  check_encodes(v3::subscribe{.id = 65'534, .subscriptions = three}, three_hex);
}

TEST_CASE("v3 subscribe: what was decoded encodes as it came", "[v3][subscribe]") {
  decoded<v3::subscribe> const packet(three_hex);
  check_encodes(*packet, three_hex);
}

TEST_CASE("v3 subscribe: cut off anywhere, or longer", "[v3][subscribe]") {
  check_truncations<v3::subscribe>(three_hex);
  check_cut_bodies<v3::subscribe>(three_hex, {8, 14});  // behind the first and the second filter
  check_refuses_longer_body<v3::subscribe>(three_hex);
}

TEST_CASE("v3 subscribe: flags 0010 and no others",
          "[v3][subscribe][v3.1.1:MQTT-3.8.1-1][v3.1.1:MQTT-2.2.2-1]") {
  check_flags<v3::subscribe>(one_hex, 2);
  check_encodes(v3::subscribe{.id = 1, .subscriptions = one}, one_hex);
  check_refuses_other_types<v3::subscribe>();
}

TEST_CASE("v3 subscribe: an id that is not 0", "[v3][subscribe][v3.1.1:MQTT-2.3.1-1]") {
  CHECK(decode_error<v3::subscribe>("8208 0000 0003612f62 01") == errc::protocol_error);
  CHECK((decode_error<v3::subscribe, structural>("8208 0000 0003612f62 01")) == errc::protocol_error);
}

TEST_CASE("v3 subscribe: filters are texts", "[v3][subscribe][v3.1.1:MQTT-3.8.3-1][v3.1.1:MQTT-1.5.3-1]") {
  for (std::string_view const hex : {"8206 0001 0001ff 00", "8207 0001 0002c080 00", "8206 0001 000100 00",
                                     "820b 0001 000161 00 0002 6180 00"}) {
    CAPTURE(hex);
    CHECK(decode_error<v3::subscribe>(hex) == errc::malformed_packet);
    CHECK(decode_error<v3::subscribe, structural>(hex) == errc::none);
  }
  CHECK(topic_filter::parse("a\xff").error() == errc::invalid_topic_filter);
}

TEST_CASE("v3 subscribe: no U+0000 in a filter",
          "[v3][subscribe][v3.1.1:MQTT-4.7.3-2][v3.1.1:MQTT-1.5.3-2]") {
  CHECK(decode_error<v3::subscribe>("8208 0001 0003610062 00") == errc::malformed_packet);
  CHECK(decode_error<v3::subscribe>("820b 0001 000161 00 0002 6100 00") == errc::malformed_packet);
  CHECK(topic_filter::parse(std::string_view("a\0b", 3)).error() == errc::invalid_topic_filter);
}

TEST_CASE("v3 subscribe: at least one filter", "[v3][subscribe][v3.1.1:MQTT-3.8.3-3]") {
  CHECK(decode_error<v3::subscribe>("8202 0001") == errc::protocol_error);
  CHECK((decode_error<v3::subscribe, structural>("8202 0001")) == errc::protocol_error);
  check_refuses_to_encode(v3::subscribe{.id = 1}, {errc::invalid_packet, 0});
}

TEST_CASE("v3 subscribe: the requested QoS is 0, 1 or 2 and nothing else",
          "[v3][subscribe][v3.1.1:MQTT-3.8.3-4]") {
  octet_vector packet = from_hex(one_hex);
  for (unsigned requested = 0; requested != 256; ++requested) {
    packet.back() = static_cast<std::uint8_t>(requested);
    errc const expected = requested <= 2 ? errc::none : errc::malformed_packet;
    CHECK(decoded<v3::subscribe>(packet).error().code == expected);
    CHECK((decoded<v3::subscribe, structural>(packet).error().code) == expected);

    v3::subscription const subscriptions[] = {{.filter = "a/b", .qos = static_cast<qos>(requested)}};
    v3::subscribe const to_send{.id = 1, .subscriptions = subscriptions};
    if (requested <= 2)
      check_encodes(to_send, to_hex(byte_view(packet)));
    else
      check_refuses_to_encode(to_send, {errc::invalid_packet, 0});
  }
}

TEST_CASE("v3 subscribe: a filter has at least one character", "[v3][subscribe][v3.1.1:MQTT-4.7.3-1]") {
  CHECK(decode_error<v3::subscribe>("8205 0001 0000 00") == errc::protocol_error);
  CHECK((decode_error<v3::subscribe, structural>("8205 0001 0000 00")) == errc::protocol_error);
  v3::subscription const items[] = {{topic_filter::trusted(""), qos::at_most_once}};
  check_refuses_to_encode(v3::subscribe{.id = 1, .subscriptions = items}, {errc::invalid_packet, 0});
}

TEST_CASE("v3 subscribe: misplaced wildcards are refused",
          "[v3][subscribe][v3.1.1:MQTT-4.7.1-2][v3.1.1:MQTT-4.7.1-3]") {
  for (std::string_view const hex :
       {"820a 0001 000561622f2b65 00", "8207 0001 00026123 00", "8208 0001 0003232f61 00"}) {
    CAPTURE(hex);
    CHECK(decode_error<v3::subscribe>(hex) == errc::protocol_error);
    CHECK(decode_error<v3::subscribe, structural>(hex) == errc::none);
  }
}

TEST_CASE("v3 subscribe: U+FEFF stays in a filter", "[v3][subscribe][v3.1.1:MQTT-1.5.3-3]") {
  decoded<v3::subscribe> const packet("8209 0001 0004efbbbf61 00");
  CHECK(items(packet->subscriptions)[0].filter ==
        "\xef\xbb\xbf"
        "a");
}

TEST_CASE("v3 subscribe: more filters than a packet can hold are refused without writing",
          "[v3][subscribe]") {
  std::string const longest(65'535, 'f');
  std::vector<v3::subscription> const many(4096,
                                           {.filter = *topic_filter::parse(longest)});  // 268,451,840 bytes
  v3::subscribe const packet{.id = 1, .subscriptions = many};
  auto const size = encoded_size(packet);
  REQUIRE(!size);
  CHECK(size.error() == errc::packet_too_large);
  CHECK(size.error().detail > varint_max);
}

TEST_CASE("v3 subscribe: a trusted filter longer than its length field can say is not encoded",
          "[v3][subscribe][v3.1.1:MQTT-4.7.3-3]") {
  std::string const text(70'000, 'f');
  for (std::size_t const size : {std::size_t{65'536}, std::size_t{70'000}})
    for (std::size_t place = 0; place != 3; ++place) {  // wherever it stands among the others
      CAPTURE(size, place);
      std::array<v3::subscription, 3> filters = three;
      filters[place].filter = topic_filter::trusted(std::string_view(text).substr(0, size));
      check_refuses_to_encode(v3::subscribe{.id = 1, .subscriptions = filters}, {errc::invalid_packet, 0});
    }
  v3::subscription const longest[] = {{topic_filter::trusted(std::string_view(text).substr(0, 65'535))}};
  CHECK(encoded_size(v3::subscribe{.id = 1, .subscriptions = longest}).value_or(0) ==
        1 + 3 + 2 + 2 + 65'535 + 1);
}

TEST_CASE("v3 subscribe: packets that broke other parsers", "[v3][subscribe][hostile]") {
  // A filter one byte too long, which swallows the QoS: as text, and as a structure.
  CHECK(decode_error<v3::subscribe>("820e 007b 000a68696a6b6c2f6d6e6f 00") == errc::malformed_packet);
  CHECK((decode_error<v3::subscribe, structural>("820e 007b 000a68696a6b6c2f6d6e6f 00")) ==
        errc::malformed_packet);
  CHECK(decode_error<v3::subscribe>("8206 0001 000174 fc") == errc::malformed_packet);
  CHECK(decode_error<v3::subscribe>("8006 0001 000174 00") == errc::malformed_packet);
}
