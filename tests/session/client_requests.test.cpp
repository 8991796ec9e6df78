// SPDX-License-Identifier: BSL-1.0
// What the application sends, and the answers to it.
#include <hubwire/session/client.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "bench.hpp"

using namespace hubwire;
using test::at_least_once;
using test::bench;
using texts = std::vector<std::string>;

namespace {

constexpr v3::subscription two[] = {{"a/b", qos::at_least_once}, {"#"}};
constexpr v3::unsubscription gone[] = {{"a/b"}};

}  // namespace

TEST_CASE("client: QoS 0 is sent and forgotten", "[session][client][v3.1.1:MQTT-4.3.1-1]") {
  bench<1, 1> b;
  b.open();
  for (int i = 0; i != 3; ++i) {
    auto const how = b.client.publish({"t", as_bytes("x"), qos::at_most_once, true});
    REQUIRE(how.has_value());
    CHECK_FALSE(how->has_id());
  }
  CHECK(b.sent() ==
        "310400017478"
        "310400017478"
        "310400017478");
  CHECK(b.events().empty());
}

TEST_CASE("client: QoS 1 has an identifier of its own and no DUP, and is done with its PUBACK",
          "[session][client][v3.1.1:MQTT-4.3.2-1][v3.1.1:MQTT-2.3.1-2]") {
  bench<> b;
  b.open();
  CHECK(b.client.publish(at_least_once("t", "x"))->id().number() == 1);
  CHECK(b.client.publish(at_least_once("t", "y"))->id().number() == 2);
  CHECK(b.sent() ==
        "32060001740001"
        "78"
        "3206000174000279");
  CHECK(b.events().empty());
  b.receive("4002 0002 4002 0001");  // the server's order is the server's business
  CHECK(b.events() == texts{"published 2", "published 1"});
}

TEST_CASE("client: an identifier is free again after the acknowledgement and not before",
          "[session][client][H171][v3.1.1:MQTT-2.3.1-3]") {
  bench<2, 1> b;
  b.open();
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  REQUIRE(b.client.subscribe(two).has_value());
  CHECK(b.client.publish(at_least_once("t")).error() == error{errc::capacity_exhausted, 2});
  CHECK(b.client.unsubscribe(gone).error() == error{errc::capacity_exhausted, 2});
  CHECK(b.client.subscribe(two).error() == error{errc::capacity_exhausted, 2});
  CHECK(b.client.publish({"t"}).has_value());  // QoS 0 needs none
  static_cast<void>(b.sent());
  b.receive("4002 0001");
  CHECK(b.events() == texts{"published 1"});
  CHECK(b.client.publish(at_least_once("t"))->id().number() == 3);
}

TEST_CASE("client: 65,536 publishes, acknowledged one by one", "[session][client][H170]") {
  bench<1, 1> b;
  b.open();
  for (std::uint32_t i = 0; i != 65'536; ++i) {
    auto const expected = static_cast<std::uint16_t>(i == 65'535 ? 1 : i + 1);
    auto const how = b.client.publish(at_least_once("t"));
    REQUIRE(how.has_value());
    REQUIRE(how->id().number() == expected);
    byte_view const wire = b.client.pending_output();
    REQUIRE((wire.size() == 7 && wire[5] << 8 == (expected & 0xFF00) && wire[6] == (expected & 0xFF)));
    b.client.consume(wire.size());
    std::uint8_t const puback[] = {0x40, 0x02, static_cast<std::uint8_t>(expected >> 8),
                                   static_cast<std::uint8_t>(expected)};
    b.receive(byte_view(puback));
    v3::event const e = b.client.next_event();
    REQUIRE((e.kind() == event_kind::published && e.id() == how->id()));
  }
}

TEST_CASE("client: an identifier that waits for long is not given again", "[session][client][H171]") {
  bench<4, 1> b;
  b.open();
  REQUIRE(b.client.subscribe(two)->number() == 1);
  for (std::uint8_t id = 2; id != 5; ++id) {
    REQUIRE(b.client.publish(at_least_once("t"))->id().number() == id);
    static_cast<void>(b.sent());
    std::uint8_t const puback[] = {0x40, 0x02, 0, id};
    b.receive(byte_view(puback));
    REQUIRE(b.client.next_event().kind() == event_kind::published);
  }
  CHECK(b.client.publish(at_least_once("t")).error() == error{errc::capacity_exhausted, 4});
  CHECK_FALSE(b.client.can_send(qos::at_least_once));
  b.receive("9004 0001 01 80");
  CHECK(b.events() == texts{"subscribed 1 01 80"});
  CHECK(b.client.can_send(qos::at_least_once));
  CHECK(b.client.publish(at_least_once("t"))->id().number() == 5);
}

TEST_CASE("client: SUBSCRIBE and its SUBACK, codes in the order of the filters",
          "[session][client][v3.1.1:MQTT-3.8.4-2][v3.1.1:MQTT-3.8.4-5][v3.1.1:MQTT-3.9.3-1]") {
  bench<> b;
  b.open();
  CHECK(b.client.subscribe(two)->number() == 1);
  CHECK(b.sent() ==
        "820c0001"
        "0003612f6201"
        "00012300");
  b.receive("9004 0001 01 80");
  CHECK(b.events() == texts{"subscribed 1 01 80"});
  CHECK(b.client.unsubscribe(gone)->number() == 2);
  CHECK(b.sent() ==
        "a2070002"
        "0003612f62");
  b.receive("b002 0002");
  CHECK(b.events() == texts{"unsubscribed 2"});
}

TEST_CASE("client: a SUBACK with another number of codes answers nothing",
          "[session][client][H113][v3.1.1:MQTT-3.8.4-5]") {
  for (std::size_t codes : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
    INFO(codes);
    bench<> b({}, {.rx = 2048, .tx = 256});
    b.open();
    REQUIRE(b.client.subscribe(two).has_value());
    static_cast<void>(b.sent());
    std::string suback = codes == 1000 ? "90ea07 0001" : codes == 3 ? "9005 0001" : "9003 0001";
    for (std::size_t i = 0; i != codes; ++i) suback += "00";
    b.receive(suback);
    CHECK(b.events() == texts{"abandoned 1", "closed protocol_error 5"});  // objection::wrong_number_of_codes
    CHECK(b.sent().empty());
  }
}

TEST_CASE("client: the right identifier on the wrong type answers nothing",
          "[session][client][H114][H164][v3.1.1:MQTT-2.3.1-7][v3.1.1:MQTT-3.8.4-2][v3.1.1:MQTT-3.10.4-4]") {
  struct row {
    char kind;
    char const* answer;
  };
  for (row const& r : {row{'s', "4002 0001"}, row{'s', "b002 0001"}, row{'p', "9003 0001 00"},
                       row{'p', "b002 0001"}, row{'u', "4002 0001"}, row{'u', "9003 0001 00"},
                       row{'p', "5002 0001"}, row{'p', "7002 0001"}, row{'p', "6202 0001"}}) {
    INFO(r.kind << " answered by " << r.answer);
    bench<> b;
    b.open();
    if (r.kind == 's') REQUIRE(b.client.subscribe(two).has_value());
    if (r.kind == 'u') REQUIRE(b.client.unsubscribe(gone).has_value());
    if (r.kind == 'p') REQUIRE(b.client.publish(at_least_once("t")).has_value());
    b.receive(r.answer);
    CHECK(b.events() == texts{"abandoned 1", "closed unexpected_packet 1"});
  }
}

TEST_CASE("client: an answer to nobody is a violation",
          "[session][client][v3.1.1:MQTT-2.3.1-7][v3.1.1:MQTT-3.8.4-2][v3.1.1:MQTT-3.10.4-4]"
          "[v3.1.1:MQTT-4.8.0-1]") {
  for (char const* const answer : {"4002 0009", "9003 0009 00", "b002 0009"}) {
    INFO(answer);
    bench<> b;
    b.open();
    REQUIRE(b.client.publish(at_least_once("t")).has_value());
    static_cast<void>(b.sent());
    b.receive(answer);
    CHECK(b.events() == texts{"abandoned 1", "closed unexpected_packet 9"});
    CHECK(b.sent().empty());
  }
}

TEST_CASE("client: an answer to a request that was not offered to its last byte is nobody's",
          "[session][client][v3.1.1:MQTT-2.3.1-7]") {
  struct asked {
    char const* answer;
    char const* event;
    bool (*ask)(bench<>&);
  };
  for (asked const& one : {asked{"4002 0001", "published 1",
                                 [](bench<>& b) { return b.client.publish(at_least_once("t")).has_value(); }},
                           asked{"9004 0001 0000", "subscribed 1 00 00",
                                 [](bench<>& b) { return b.client.subscribe(two).has_value(); }},
                           asked{"b002 0001", "unsubscribed 1",
                                 [](bench<>& b) { return b.client.unsubscribe(gone).has_value(); }}}) {
    std::size_t size = 1;
    for (std::size_t left = 0; left <= size; ++left) {
      INFO(one.answer << " after " << left);
      bench<> b;
      b.open();
      REQUIRE(one.ask(b));
      size = b.client.unsent().size();
      b.client.consume(left);
      b.receive(one.answer);
      if (left == size)
        CHECK(b.events() == texts{one.event});
      else
        CHECK(b.events() == texts{"abandoned 1", "closed unexpected_packet 1"});
    }
  }
}

TEST_CASE("client: an acknowledgement counts once", "[session][client][v3.1.1:MQTT-2.3.1-3]") {
  bench<> b;
  b.open();
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  static_cast<void>(b.sent());
  b.receive("4002 0001 4002 0001");
  CHECK(b.events() == texts{"published 1", "closed unexpected_packet 1"});
}

TEST_CASE("client: QoS 2 is not there yet", "[session][client]") {
  bench<> b;
  b.open();
  CHECK(b.client.publish({"t", {}, qos::exactly_once}).error() == errc::not_supported);
  v3::subscription const wanted[] = {{"a"}, {"b", qos::exactly_once}};
  CHECK(b.client.subscribe(wanted).error() == errc::not_supported);
  CHECK(b.sent().empty());
  CHECK(b.client.publish(at_least_once("t"))->id().number() == 1);  // nothing was taken
}

TEST_CASE("client: requests that cannot be encoded take no identifier", "[session][client]") {
  bench<1, 1> b({}, {.rx = 64, .tx = 32});
  b.open();
  CHECK(b.client.subscribe({}).error() == errc::invalid_packet);
  CHECK(b.client.unsubscribe({}).error() == errc::invalid_packet);
  CHECK(b.client.publish(at_least_once("t", "twenty-eight bytes of content")).error() ==
        error{errc::buffer_too_small, 36});
  CHECK(b.sent().empty());
  CHECK(b.client.publish(at_least_once("t"))->id().number() == 1);
}

TEST_CASE("client: a full output buffer takes the request later", "[session][client]") {
  bench<> b({}, {.rx = 64, .tx = 24});
  b.open();
  REQUIRE(b.client.publish(at_least_once("t", "0123456789")).has_value());  // 17 bytes
  CHECK(b.client.publish(at_least_once("t", "abc")).error() == error{errc::output_full, 10});
  CHECK(b.client.publish({"t", as_bytes("abcdef")}).error() == error{errc::output_full, 11});
  CHECK(b.client.subscribe(two).error() == error{errc::output_full, 14});
  CHECK(b.client.unsubscribe(gone).error() == error{errc::output_full, 9});
  CHECK(b.sent() == "320f000174000130313233343536373839");
  CHECK(b.client.publish(at_least_once("t", "abc"))->id().number() == 2);
  CHECK(b.client.subscribe(two)->number() == 3);
  CHECK(b.sent() ==
        "32080001740002616263"
        "820c00030003612f620100012300");
}

TEST_CASE("client: partly sent output makes room", "[session][client]") {
  bench<> b({}, {.rx = 64, .tx = 17});
  b.open();
  REQUIRE(b.client.publish(at_least_once("t", "0123456789")).has_value());
  b.client.consume(b.client.pending_output().first(10).size());
  REQUIRE(b.client.publish(at_least_once("t", "abc")).has_value());
  CHECK(b.sent() ==
        "33343536373839"
        "32080001740002616263");
}

TEST_CASE("client: a payload may lie in the receive buffer", "[session][client]") {
  bench<> b;
  b.open();
  b.receive("3009 0001 74 68656c6c6f21");
  v3::event const e = b.client.next_event();
  REQUIRE(e.kind() == event_kind::message);
  REQUIRE(b.client.publish({"echo", e.message().payload}).has_value());
  CHECK(b.sent() ==
        "300c00046563686f"
        "68656c6c6f21");
}
