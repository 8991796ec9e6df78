// SPDX-License-Identifier: BSL-1.0
// Built with NDEBUG: what a program takes from a failed result without looking is refused by every encoder.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/codec.hpp>
#include <hubwire/v3/protocol.hpp>

#if !defined(NDEBUG)
#error "these tests are about programs that are built with NDEBUG"
#endif

using namespace hubwire;

namespace {

// Text of which the compiler knows nothing.
std::string_view at_run_time(std::string_view text) {
  static std::string kept;
  kept = text;
  return kept;
}

template <class P>
void check_refused(P const& packet) {
  std::array<std::uint8_t, 64> output{};
  output.fill(0xA5);
  auto const encoded = encode(output, packet);
  CHECK(encoded.error() == errc::invalid_packet);
  CHECK(encoded_size(packet).error() == errc::invalid_packet);
  for (std::uint8_t const byte : output) CHECK(byte == 0xA5);
  // And what encode() says is no part of the output either.
  CHECK((*encoded).empty());
}

template <class P>
void check_taken(P const& packet) {
  std::array<std::uint8_t, 64> output{};
  CHECK(encode(output, packet).has_value());
}

}  // namespace

TEST_CASE("topic_name: one from a failed result is not published", "[absent][topic_name]") {
  topic_name const absent = *topic_name::parse(at_run_time("a/#"));
  CHECK(absent.view().empty());
  check_refused(v3::publish{absent});
  check_refused(
      v3::publish{.topic = absent, .payload = as_bytes("x"), .delivery = delivery::at_least_once(1)});
  std::array<std::uint8_t, 64> output{};
  CHECK(encode_header(output, v3::publish{absent}, 100).error() == errc::invalid_packet);
  v3::connect hello{.client_id = "d1"};
  hello.will = v3::will{.topic = absent};
  check_refused(hello);
  hello.will = v3::will{.topic = "gone"};
  check_taken(hello);
}

TEST_CASE("topic_filter: one from a failed result is neither subscribed to nor given up",
          "[absent][topic_filter]") {
  topic_filter const absent = *topic_filter::parse(at_run_time("a/#/b"));
  CHECK(absent.view().empty());
  CHECK_FALSE(absent.matches("a"));
  std::array<v3::subscription, 2> const wanted{v3::subscription{"a"}, v3::subscription{absent}};
  check_refused(v3::subscribe{1, wanted});
  std::array<v3::unsubscription, 2> const given_up{v3::unsubscription{"a"}, v3::unsubscription{absent}};
  check_refused(v3::unsubscribe{1, given_up});
}

TEST_CASE("text: one from a failed result is no client id and no user name", "[absent][text]") {
  text const absent = *text::parse(at_run_time("\xFF"));
  CHECK(absent.view().empty());
  CHECK(absent.size() > text_max);
  check_refused(v3::connect{.client_id = absent});
  check_refused(v3::connect{.client_id = "d1", .user_name = absent});
  check_taken(v3::connect{.client_id = text::trusted({}), .user_name = *text::parse({})});  // empty is sound
}

TEST_CASE("packet_id: one from a failed result identifies nothing", "[absent][packet_id]") {
  packet_id const absent = *packet_id::parse(static_cast<std::uint16_t>(at_run_time("").size()));
  CHECK(absent.number() == 0);
  check_refused(v3::puback{absent});
  check_refused(v3::pubrec{absent});
  check_refused(v3::pubrel{absent});
  check_refused(v3::pubcomp{absent});
  check_refused(v3::unsuback{absent});
  check_refused(v3::publish{.topic = "t", .delivery = delivery::at_least_once(absent)});
  check_refused(v3::publish{.topic = "t", .delivery = delivery::exactly_once(absent).again()});
  std::array<v3::subscription, 1> const wanted{v3::subscription{"a"}};
  check_refused(v3::subscribe{absent, wanted});
  std::array<v3::unsubscription, 1> const given_up{v3::unsubscription{"a"}};
  check_refused(v3::unsubscribe{absent, given_up});
  std::array<v3::suback_return_code, 1> const codes{v3::suback_return_code::granted_qos_1};
  check_refused(v3::suback{absent, codes});
  check_refused(v3::publish{.topic = "t", .delivery = delivery::at_least_once(delivery().id())});
}

namespace {

// A packet that decode() refused is not one that can be sent on, wherever it is broken off.
template <class P>
void check_no_prefix_is_sent_on(std::string_view whole) {
  for (std::size_t size = 0; size != whole.size(); ++size) {
    std::string const cut(whole.substr(0, size));
    CAPTURE(size);
    check_refused(*decode<P>(char_view(cut)));
  }
  // Nor one with more behind it, with the length corrected: the last field then ends too early.
  std::string longer(whole);
  longer += '\x7F';
  longer[1] = static_cast<char>(longer[1] + 1);
  if (auto const decoded = decode<P>(char_view(longer)); !decoded) check_refused(*decoded);
  // Cut, and with a length that says so: the fields are what breaks off.
  for (std::size_t size = 2; size != whole.size(); ++size) {
    std::string cut(whole.substr(0, size));
    cut[1] = static_cast<char>(size - 2);
    CAPTURE(size);
    if (auto const decoded = decode<P>(char_view(cut)); !decoded) check_refused(*decoded);
  }
}

using namespace std::string_view_literals;

}  // namespace

TEST_CASE("decode: what it refused no encoder takes", "[absent][decode]") {
  check_no_prefix_is_sent_on<v3::publish>("\x32\x07\x00\x02t1\x00\x07x"sv);
  check_no_prefix_is_sent_on<v3::connect>("\x10\x12\x00\x04MQTT\x04\xC2\x00\x3C\x00\x00\x00\x01u\x00\x01p"sv);
  check_no_prefix_is_sent_on<v3::connack>("\x20\x02\x00\x00"sv);
  check_no_prefix_is_sent_on<v3::puback>("\x40\x02\x00\x07"sv);
  check_no_prefix_is_sent_on<v3::unsuback>("\xB0\x02\x00\x07"sv);
  check_no_prefix_is_sent_on<v3::subscribe>(
      "\x82\x0A\x00\x07\x00\x01"
      "a\x01\x00\x00"sv);
  check_no_prefix_is_sent_on<v3::unsubscribe>(
      "\xA2\x09\x00\x07\x00\x01"
      "a\x00\x02"
      "b"sv);
  check_no_prefix_is_sent_on<v3::suback>("\x90\x04\x00\x07\x01\x03"sv);
  check_refused(
      *decode<v3::publish>(char_view("\x30\x05\x00\x03"
                                     "a/#"sv)));
  check_refused(
      *decode<v3::publish>(char_view("\x32\x05\x00\x01"
                                     "a\x00\x00"sv)));
  check_refused(*decode<v3::suback>(char_view("\x90\x03\x00\x07\x03"sv)));
  check_refused(*decode<v3::connack>(char_view("\x20\x02\x00\x06"sv)));
  check_refused(*decode<v3::connack>(char_view("\x20\x02\x02\x00"sv)));
  check_refused(*decode<v3::connack>(char_view("\x20\x02\x01\x05"sv)));
}

TEST_CASE("decode: a CONNACK that was refused says nothing was accepted", "[absent][decode][connack]") {
  for (std::string_view const broken :
       {"\x20\x02\x02\x00"sv, "\x20\x02\x01\x05"sv, "\x20\x01\x00"sv, "\x20"sv, ""sv})
    CHECK((*decode<v3::connack>(char_view(broken))).code != v3::connect_return_code::accepted);
}
