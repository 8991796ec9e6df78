// SPDX-License-Identifier: BSL-1.0
// Messages larger than the client's buffers, both ways.
#include <hubwire/session/client.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "bench.hpp"

using namespace hubwire;
using test::at_least_once;
using test::bench;
using test::from_hex;
using texts = std::vector<std::string>;
using octets = std::vector<std::uint8_t>;

namespace {

constexpr client_options in_parts{.large_messages = large_messages::in_parts};
constexpr client_options by_hand{.acknowledge = acknowledge::by_application,
                                 .large_messages = large_messages::in_parts};
constexpr client_options skipping{.large_messages = large_messages::skip};

// A PUBLISH with topic "t" and a payload of letters, up to 100 bytes of Remaining Length.
std::string publish_hex(std::size_t payload, unsigned id = 0, unsigned flags = 0) {
  std::size_t const length = 3 + (id != 0 ? 2 : 0) + payload;
  octets packet{static_cast<std::uint8_t>(0x30 | flags | (id != 0 ? 2 : 0)),
                static_cast<std::uint8_t>(length), 0x00, 0x01, 0x74};
  if (id != 0)
    packet.insert(packet.end(), {static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id)});
  for (std::size_t i = 0; i != payload; ++i) packet.push_back(static_cast<std::uint8_t>('a' + i % 26));
  return test::to_hex(byte_view(packet));
}

std::string letters(std::size_t count) {
  std::string made;
  for (std::size_t i = 0; i != count; ++i) made += static_cast<char>('a' + i % 26);
  return made;
}

// All bytes in as large steps as the window takes; events as they come, pieces of a message joined.
template <class Bench>
texts arrive(Bench& b, byte_view data, std::size_t chunk = 1000) {
  texts told;
  for (bool first = true; first || !data.empty(); first = false) {
    byte_span const window = b.client.window();
    std::size_t const count = std::min({window.size(), data.size(), chunk});
    if (count == 0 && !data.empty()) return told.push_back("stuck"), told;
    if (count != 0) std::memcpy(window.data(), data.data(), count);
    b.client.commit(count);
    data = data.subspan(count);
    for (std::string const& one : b.events()) {
      bool const goes_on = one.starts_with("piece") && !told.empty() && told.back().starts_with("piece");
      std::size_t const text = one.find(' ', 6) + 1;
      if (goes_on)
        told.back() += one.substr(text);
      else
        told.push_back(one);
    }
  }
  return told;
}
template <class Bench>
texts arrive(Bench& b, std::string const& hex, std::size_t chunk = 1000) {
  return arrive(b, byte_view(from_hex(hex)), chunk);
}

}  // namespace

TEST_CASE("client: a message larger than the transmit buffer leaves in parts", "[session][client][large]") {
  for (std::size_t const tx : {std::size_t{14}, std::size_t{20}, std::size_t{64}, std::size_t{300}}) {
    for (std::size_t const step : {std::size_t{1}, std::size_t{7}, std::size_t{200}}) {
      CAPTURE(tx, step);
      bench<> b({}, {.rx = 64, .tx = std::max<std::size_t>(tx, 14)});
      auto hello = b.hello();
      hello.client_id = "";  // CONNECT in 14 bytes
      REQUIRE(b.client.connect(hello, b.now).has_value());
      static_cast<void>(b.sent());
      b.receive("2002 0000");
      REQUIRE(b.next() == "connected");

      std::string const payload = letters(200);
      auto const how = b.client.publish_in_parts(at_least_once("t"), payload.size());
      REQUIRE(how.has_value());
      CHECK(how->id() == packet_id(1));
      std::string wire;
      std::string_view left = payload;
      while (b.client.payload_missing() != 0) {
        auto const taken = b.client.publish_payload(as_bytes(first(left, step)));
        REQUIRE(taken.has_value());
        left = drop(left, *taken);
        CHECK(b.client.payload_missing() == left.size());
        if (*taken == 0) {
          byte_view const pending = b.client.pending_output();
          std::size_t const count = std::min<std::size_t>(pending.size(), step);
          wire += test::to_hex(pending.first(count));
          b.client.consume(count);
        }
      }
      wire += b.sent();
      CHECK(wire ==
            "32cd01"
            "0001740001" +
                test::to_hex(std::string_view(payload)));
      b.receive("4002 0001");
      CHECK(b.events() == texts{"published 1"});
    }
  }
}

TEST_CASE("client: while a payload is missing nothing else gets in between", "[session][client][large]") {
  bench<> b(by_hand);
  b.open(40);
  b.receive("3205 0001 74 0007");
  CHECK(b.events() == texts{"message 7 t "});
  REQUIRE(b.client.publish_in_parts({"u"}, 10).has_value());
  error const waits{errc::payload_incomplete, 10};
  v3::subscription const wanted[] = {{"f"}};
  v3::unsubscription const unwanted[] = {{"f"}};
  CHECK(b.client.publish({"x"}).error() == waits);
  CHECK(b.client.publish(at_least_once("x")).error() == waits);
  CHECK(b.client.publish_in_parts({"x"}, 0).error() == waits);
  CHECK(b.client.subscribe(wanted).error() == waits);
  CHECK(b.client.unsubscribe(unwanted).error() == waits);
  CHECK(b.client.disconnect().error() == waits);
  CHECK(b.client.state() == session_state::connected);

  REQUIRE(b.client.acknowledge(packet_id(7)).has_value());  // PUBACK waits
  b.pass(30'000);                                           // and PINGREQ
  CHECK(*b.client.publish_payload(as_bytes("0123")) == 4);
  CHECK(b.client.publish({"x"}).error() == error{errc::payload_incomplete, 6});
  CHECK(b.client.disconnect().error() == error{errc::payload_incomplete, 6});
  CHECK(b.sent() ==
        "300d"
        "000175"
        "30313233");
  CHECK(b.events().empty());
  CHECK(b.sent().empty());
  CHECK(*b.client.publish_payload(as_bytes("456789")) == 6);
  CHECK(b.sent() ==
        "343536373839"
        "c000"
        "40020007");
  CHECK(b.client.publish({"x"}).has_value());
  CHECK(b.client.disconnect().has_value());
  CHECK(b.sent() ==
        "3003000178"
        "e000");
}

TEST_CASE("client: a PUBACK before its message is complete is nobody's",
          "[session][client][large][v3.1.1:MQTT-2.3.1-7]") {
  bench<> b;
  b.open();
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  auto const how = b.client.publish_in_parts(at_least_once("u"), 4);
  REQUIRE(how.has_value());
  REQUIRE(how->id().number() == 2);
  static_cast<void>(b.sent());
  b.receive("4002 0001");  // to the message before it: in order
  CHECK(b.events() == texts{"published 1"});
  SECTION("nothing of the payload") {}
  SECTION("all but one byte, which has left") {
    CHECK(*b.client.publish_payload(as_bytes("abc")) == 3);
    static_cast<void>(b.sent());
  }
  SECTION("all of it, of which one byte has not left") {
    CHECK(*b.client.publish_payload(as_bytes("abc")) == 3);
    CHECK(b.client.pending_output().size() == 3);
    CHECK(*b.client.publish_payload(as_bytes("d")) == 1);
    b.client.consume(3);
  }
  SECTION("complete") {
    CHECK(*b.client.publish_payload(as_bytes("abcd")) == 4);
    static_cast<void>(b.sent());
    b.receive("4002 0002");
    CHECK(b.events() == texts{"published 2"});
    return;
  }
  b.receive("4002 0002");
  CHECK(b.events() == texts{"abandoned 2", "closed unexpected_packet 2"});
  CHECK(test::to_hex(std::string_view(b.client.rejected().data(), b.client.rejected().size())) == "40020002");
  b.open();  // and the next connection does not remember
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  static_cast<void>(b.sent());
  b.receive("4002 0003");
  CHECK(b.events() == texts{"published 3"});
}

TEST_CASE("client: a QoS 0 message in parts does not keep older PUBACKs from counting",
          "[session][client][large]") {
  bench<> b;
  b.open();
  REQUIRE(b.client.publish_in_parts(at_least_once("u"), 0).has_value());  // complete at once
  REQUIRE(b.client.publish_in_parts(at_least_once("u"), 1).has_value());
  CHECK(*b.client.publish_payload(as_bytes("x")) == 1);
  REQUIRE(b.client.publish_in_parts({"v"}, 4).has_value());
  static_cast<void>(b.sent());
  b.receive("4002 0002 4002 0001");
  CHECK(b.events() == texts{"published 2", "published 1"});
  b.receive("4002 0003");
  CHECK(b.events() == texts{"closed unexpected_packet 3"});
}

TEST_CASE("client: more payload than was announced is refused, and none of it is taken",
          "[session][client][large]") {
  bench<> b;
  b.open();
  CHECK(b.client.publish_payload(as_bytes("x")).error() == error{errc::packet_too_large, 0});
  REQUIRE(b.client.publish_in_parts({"t"}, 3).has_value());
  CHECK(b.client.publish_payload(as_bytes("wxyz")).error() == error{errc::packet_too_large, 3});
  CHECK(b.client.payload_missing() == 3);
  CHECK(*b.client.publish_payload(as_bytes("w")) == 1);
  CHECK(b.client.publish_payload(as_bytes("xyz")).error() == error{errc::packet_too_large, 2});
  CHECK(*b.client.publish_payload({}) == 0);
  CHECK(*b.client.publish_payload(as_bytes("xy")) == 2);
  CHECK(b.client.publish_payload(as_bytes("z")).error() == error{errc::packet_too_large, 0});
  CHECK(*b.client.publish_payload({}) == 0);
  CHECK(b.sent() ==
        "3006"
        "000174"
        "777879");
}

TEST_CASE("client: a message in parts may be empty, or small", "[session][client][large]") {
  bench<> b;
  b.open();
  REQUIRE(b.client.publish_in_parts({.topic = "t", .retain = true}, 0).has_value());
  CHECK(b.client.payload_missing() == 0);
  CHECK(b.client.publish({"u"}).has_value());
  message const with_payload{"t", as_bytes("not looked at")};
  REQUIRE(b.client.publish_in_parts(with_payload, 1).has_value());
  CHECK(*b.client.publish_payload(as_bytes("x")) == 1);
  CHECK(b.sent() ==
        "3103000174"
        "3003000175"
        "300400017478");
}

TEST_CASE("client: a message in parts that cannot begin changes nothing", "[session][client][large]") {
  bench<1, 1> b({}, {.rx = 64, .tx = 20});
  CHECK(b.client.publish_in_parts({"t"}, 5).error() == errc::invalid_state);
  CHECK(b.client.publish_payload(as_bytes("x")).error() == errc::invalid_state);
  b.open();
  CHECK(b.client.publish_in_parts({.topic = "t", .qos = qos::exactly_once}, 5).error() ==
        errc::not_supported);
  CHECK(b.client.publish_in_parts({"a topic that is too long for the buffer"}, 500).error() ==
        error{errc::buffer_too_small, 44});
  std::size_t const absurd[] = {268'435'453, 0xFFFF'FFFF, static_cast<std::size_t>(-1),
                                static_cast<std::size_t>(-4)};
  for (std::size_t const size : absurd) {
    CAPTURE(size);
    CHECK(b.client.publish_in_parts({"t"}, size).error().code == errc::packet_too_large);
    CHECK(b.client.payload_missing() == 0);
  }
  CHECK(b.sent().empty());
  REQUIRE(b.client.publish({"t", as_bytes("0123456789")}).has_value());  // 15 of 20 bytes
  CHECK(b.client.publish_in_parts({"tt"}, 5).error() == error{errc::output_full, 6});
  CHECK(b.client.payload_missing() == 0);
  static_cast<void>(b.sent());
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  CHECK(b.client.publish_in_parts(at_least_once("t"), 5).error() == errc::capacity_exhausted);
  CHECK(b.client.payload_missing() == 0);
  CHECK(b.client.publish_in_parts({"t"}, 5).has_value());
}

TEST_CASE("client: the largest message there is, through a small buffer, and not one byte more",
          "[session][client][large]") {
  bench<> b({}, {.rx = 64, .tx = 4096});
  b.open();
  constexpr std::size_t largest = 268'435'455 - 3;
  CHECK(b.client.publish_in_parts({"t"}, largest + 1).error() == error{errc::packet_too_large, 268'435'456});
  REQUIRE(b.client.publish_in_parts({"t"}, largest).has_value());
  octets const block(4000, 0x5a);
  std::uint64_t counted = 0;
  std::string head;
  std::uint64_t rounds = 0;
  for (; b.client.payload_missing() != 0; ++rounds) {
    std::size_t const step = std::min<std::size_t>(block.size(), b.client.payload_missing());
    auto const taken = b.client.publish_payload(byte_view(block).first(step));
    if (!taken) FAIL("refused");
    byte_view const pending = b.client.pending_output();
    if (head.empty()) head = test::to_hex(pending.first(9));
    counted += pending.size();
    b.client.consume(pending.size());
    if (rounds > 100'000) FAIL("it does not move");
  }
  CHECK(b.client.pending_output().empty());
  CHECK(head ==
        "30ffffff7f"
        "000174"
        "5a");
  CHECK(counted == std::uint64_t{5} + 268'435'455);
  CHECK(b.client.publish_payload(byte_view(block).first(1)).error() == error{errc::packet_too_large, 0});
  CHECK(b.client.publish({"t"}).has_value());
  CHECK(b.sent() == "3003000174");
}

TEST_CASE("client: a connection lost in the middle of an outgoing message", "[session][client][large]") {
  bench<> b;
  b.open();
  auto const how = b.client.publish_in_parts(at_least_once("t"), 100);
  REQUIRE(how.has_value());
  CHECK(*b.client.publish_payload(as_bytes("0123456789")) == 10);
  SECTION("by the transport") {
    b.client.lost({errc::connection_lost, 104});
    CHECK(b.events() == texts{"abandoned 1", "closed connection_lost 104"});
  }
  SECTION("by the server's fault") {
    b.receive("0000");
    CHECK(b.events() == texts{"abandoned 1", "closed malformed_packet 0"});
  }
  CHECK(b.client.payload_missing() == 0);
  CHECK(b.client.publish_payload(as_bytes("x")).error() == errc::invalid_state);
  CHECK(b.sent().empty());
  b.open();
  CHECK(b.client.payload_missing() == 0);
  CHECK(b.client.publish_payload(as_bytes("x")).error() == error{errc::packet_too_large, 0});
  CHECK(b.client.publish({"t"}).has_value());
  CHECK(b.sent() == "3003000174");
}

TEST_CASE("client: a payload that takes longer than the keep alive", "[session][client][large][keep_alive]") {
  bench<> b({}, {.rx = 64, .tx = 32});
  b.open(40);  // a ping is due every 30 s, its answer within 10 s
  REQUIRE(b.client.publish_in_parts({"t"}, 1000).has_value());
  SECTION("bytes that leave keep the connection, PINGREQ follows the last of them") {
    std::string wire;
    for (int second = 0; second != 500; ++second) {
      CHECK(*b.client.publish_payload(as_bytes("xy")) == 2);
      wire += b.sent();
      b.pass(1000);
      REQUIRE(b.events().empty());
      REQUIRE_FALSE(b.client.finished());
    }
    CHECK(wire.size() == 2 * (3 + 3 + 1000 + 2));
    CHECK(wire.find("c000") == wire.size() - 4);
    b.pass(8'999);
    CHECK(b.events().empty());
    b.receive("d000");
    CHECK(b.events().empty());
    b.pass(20'000);
    CHECK(b.events().empty());
  }
  SECTION("a transport that takes no more is a dead connection") {
    CHECK(*b.client.publish_payload(as_bytes("01234567890123456789")) == 20);
    b.pass(30'000);
    b.pass(10'000);
    CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
  }
  SECTION(
      "an application that brings nothing: PINGREQ cannot leave, and when nothing moves the connection is "
      "dead") {
    static_cast<void>(b.sent());
    for (int second = 1; second != 40; ++second) {
      b.pass(1'000);
      REQUIRE(b.events().empty());
      CHECK(*b.client.deadline() - b.now > 0);
    }
    b.pass(1'000);
    CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
  }
  SECTION("an application that pauses, while the server sends") {
    static_cast<void>(b.sent());
    for (int second = 0; second != 300; ++second) {
      b.pass(1'000);
      if (second % 20 == 0) b.receive("3003 0001 74");
      static_cast<void>(b.events());
      REQUIRE(b.client.state() == session_state::connected);
      CHECK(*b.client.deadline() - b.now > 0);
    }
    while (b.client.payload_missing() != 0) {
      static_cast<void>(b.client.publish_payload(as_bytes("0123456789")));
      static_cast<void>(b.client.pending_output());
      if (b.client.payload_missing() != 0) static_cast<void>(b.sent());
    }
    b.pass(1);
    CHECK(b.sent().ends_with("c000"));
    b.pass(9'999);
    CHECK(b.events().empty());
    b.pass(1);
    CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
  }
  SECTION("no answer to the ping that follows it") {
    b.pass(29'000);
    while (b.client.payload_missing() != 0) {
      static_cast<void>(b.client.publish_payload(as_bytes("0123456789")));
      static_cast<void>(b.sent());
    }
    b.pass(1'000);
    CHECK(b.sent() == "c000");
    b.pass(9'999);
    CHECK(b.events().empty());
    b.pass(1);
    CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
  }
}

TEST_CASE("client: a message that does not fit comes as begin, pieces and end, in step with the rest",
          "[session][client][large]") {
  for (std::size_t rx = 8; rx != 64; ++rx) {
    for (std::size_t const chunk : {std::size_t{1}, std::size_t{3}, std::size_t{9}, std::size_t{100}}) {
      CAPTURE(rx, chunk);
      bench<> b(in_parts, {.rx = rx, .tx = 64});
      b.open();
      texts const told = arrive(b, "3003000175" + publish_hex(40) + publish_hex(40, 9) + "3003000176", chunk);
      texts expected{"message 0 u "};
      if (rx < 45)
        expected.insert(expected.end(), {"begin 0 t 40", "piece 0 " + letters(40), "end 0"});
      else
        expected.push_back("message 0 t " + letters(40));
      if (rx < 47)
        expected.insert(expected.end(), {"begin 9 t 40", "piece 9 " + letters(40), "end 9"});
      else
        expected.push_back("message 9 t " + letters(40));
      expected.push_back("message 0 v ");
      if (rx < 7) continue;
      CHECK(told == expected);
      CHECK(b.sent() == "40020009");
    }
  }
}

TEST_CASE("client: a large QoS 1 message is acknowledged after its end",
          "[session][client][large][v3.1.1:MQTT-4.3.2-2]") {
  SECTION("by the client") {
    bench<> b(in_parts, {.rx = 16, .tx = 64});
    b.open();
    octets const all = from_hex(publish_hex(40, 9));
    CHECK(arrive(b, byte_view(all).first(46)) == texts{"begin 9 t 40", "piece 9 " + letters(39)});
    CHECK(b.sent().empty());
    b.receive(byte_view(all).last(1));
    CHECK(b.next() == "piece 9 n");
    CHECK(b.sent().empty());
    CHECK(b.next() == "end 9");
    CHECK(b.sent().empty());  // it may still fail to do anything with it
    CHECK(b.next() == "none");
    CHECK(b.sent() == "40020009");
    CHECK(b.events().empty());
    CHECK(b.sent().empty());
  }
  SECTION("by the application, which cannot acknowledge what has not come yet") {
    bench<> b(by_hand, {.rx = 16, .tx = 64});
    b.open();
    octets const all = from_hex(publish_hex(40, 9));
    CHECK(arrive(b, byte_view(all).first(46)).size() == 2);
    CHECK(b.client.acknowledge(packet_id(9)).error() == errc::invalid_packet_id);
    CHECK(b.sent().empty());
    CHECK(arrive(b, byte_view(all).last(1)) == texts{"piece 9 n", "end 9"});
    CHECK(b.sent().empty());
    CHECK(b.client.acknowledge(packet_id(9)).has_value());
    CHECK(b.sent() == "40020009");
    CHECK(b.client.acknowledge(packet_id(9)).error() == errc::invalid_packet_id);
  }
  SECTION("in the order of arrival") {
    bench<> b(by_hand, {.rx = 16, .tx = 64});
    b.open();
    CHECK(arrive(b, "32050001740001" + publish_hex(40, 2) + "32050001740003").size() == 5);
    CHECK(b.client.acknowledge(packet_id(3)).has_value());
    CHECK(b.client.acknowledge(packet_id(2)).has_value());
    CHECK(b.sent().empty());
    CHECK(b.client.acknowledge(packet_id(1)).has_value());
    CHECK(b.sent() == "400200014002000240020003");
  }
}

TEST_CASE("client: a large message is skipped by policy, and acknowledged all the same",
          "[session][client][large]") {
  for (std::size_t const chunk : {std::size_t{1}, std::size_t{5}, std::size_t{100}}) {
    bench<> b(skipping, {.rx = 16, .tx = 64});
    b.open();
    CHECK(arrive(b, publish_hex(40) + publish_hex(60, 3) + "3003000175", chunk) ==
          texts{"begin 0 t 40", "end 0", "begin 3 t 60", "end 3", "message 0 u "});
    CHECK(b.sent() == "40020003");
  }
}

TEST_CASE("client: skip_payload() after begin leaves the end of the message", "[session][client][large]") {
  for (std::size_t const chunk : {std::size_t{1}, std::size_t{5}, std::size_t{8}}) {
    CAPTURE(chunk);
    bench<> b(in_parts, {.rx = 16, .tx = 64});
    b.open();
    b.client.skip_payload();  // of nothing: it must not hit the next message
    std::string const payload(40, 'p');
    auto const wire =
        test::from_hex("322d 0001 74 0007" + test::to_hex(std::string_view(payload)) + "3003 0001 75");
    texts told;
    std::size_t pieces = 0;
    bool skip = false;
    for (std::size_t at = 0; at < wire.size(); at += chunk) {
      b.receive(byte_view(wire).subspan(at, std::min(chunk, wire.size() - at)));
      for (std::string const& one : b.events()) {
        if (one.starts_with("piece")) {
          ++pieces;
          if (pieces == 2) b.client.skip_payload();  // from the second piece on
          skip = pieces == 2;
          continue;
        }
        told.push_back(one);
      }
    }
    CHECK(skip);  // no third piece
    CHECK(told == texts{"begin 7 t 40", "end 7", "message 0 u "});
    CHECK(b.sent() == "40020007");
  }
  bench<> b(in_parts, {.rx = 16, .tx = 64});
  b.open();
  b.receive("3064 0001 74 7878");
  CHECK(b.next() == "begin 0 t 97");
  b.client.skip_payload();
  CHECK(b.events().empty());
}

TEST_CASE("client: a repetition of a large message that waits for its acknowledgement is swallowed",
          "[session][client][large]") {
  for (client_options const& how : {by_hand, client_options{.acknowledge = acknowledge::by_application,
                                             .large_messages = large_messages::skip}}) {
    bench<> b(how, {.rx = 16, .tx = 64});
    b.open();
    CHECK(arrive(b, publish_hex(40, 9)).size() == (how.large_messages == large_messages::skip ? 2 : 3));
    for (std::size_t const chunk : {std::size_t{1}, std::size_t{100}})
      CHECK(arrive(b, publish_hex(40, 9, 8) + "3003000175", chunk) == texts{"message 0 u "});
    CHECK(b.client.acknowledge(packet_id(9)).has_value());
    CHECK(b.sent() == "40020009");
    // Acknowledged: the same identifier is a new message now, and told.
    CHECK(arrive(b, publish_hex(40, 9)).front() == "begin 9 t 40");
    CHECK(b.client.acknowledge(packet_id(9)).has_value());
    CHECK(b.sent() == "40020009");
  }
  SECTION("without DUP it is another message under an identifier in use") {
    bench<> b(by_hand, {.rx = 16, .tx = 64});
    b.open();
    CHECK(arrive(b, publish_hex(40, 9)).size() == 3);
    octets const again = from_hex(publish_hex(40, 9));
    b.receive(byte_view(again).first(16));
    CHECK(b.events() == texts{"closed protocol_error 4"});  // objection::identifier_in_use
  }
}

TEST_CASE("client: a repetition of a small message may be large and the other way round",
          "[session][client][large]") {
  bench<> b(by_hand, {.rx = 16, .tx = 64});
  b.open();
  CHECK(arrive(b, "32050001740009" + publish_hex(40, 9, 8) + "3a050001740009" + publish_hex(40)) ==
        texts{"message 9 t ", "begin 0 t 40", "piece 0 " + letters(40), "end 0"});
  CHECK(b.client.acknowledge(packet_id(9)).has_value());
  CHECK(b.sent() == "40020009");
}

TEST_CASE("client: a large QoS 1 message waits while the application is behind", "[session][client][large]") {
  bench<4, 1> b(by_hand, {.rx = 16, .tx = 64});
  b.open();
  b.receive("32050001740001");
  CHECK(b.events() == texts{"message 1 t "});
  octets const large = from_hex(publish_hex(40, 2));
  b.receive(byte_view(large).first(16));
  CHECK(b.events().empty());
  CHECK(b.client.window().empty());  // the server is slowed down
  CHECK(b.client.acknowledge(packet_id(1)).has_value());
  CHECK(b.sent() == "40020001");
  texts const told = arrive(b, byte_view(large).subspan(0, 0));
  CHECK(told == texts{"begin 2 t 40", "piece 2 " + letters(9)});
  CHECK(arrive(b, byte_view(large).subspan(16)).back() == "end 2");
  SECTION("QoS 0 does not wait for it") { CHECK(arrive(b, publish_hex(40)).size() == 3); }
  SECTION("a lost connection ends the wait") {
    b.receive(byte_view(from_hex(publish_hex(40, 3))).first(16));
    CHECK(b.events().empty());
    b.client.lost({});
    CHECK(b.events() == texts{"begin 3 t 40", "piece 3 " + letters(9), "closed connection_lost 0"});
  }
}

TEST_CASE("client: the limit counts for large messages too", "[session][client][large]") {
  client_options limited = in_parts;
  limited.largest_packet = 45;
  bench<> b(limited, {.rx = 16, .tx = 64});
  b.open();
  CHECK(arrive(b, publish_hex(40)).size() == 3);
  octets const over = from_hex(publish_hex(41));
  b.receive(byte_view(over).first(2));
  CHECK(b.events() == texts{"closed packet_exceeds_limit 46"});
}

TEST_CASE("client: large messages that are wrong end the connection", "[session][client][large][H003]") {
  struct row {
    std::string hex;
    std::string closed;
  };
  std::string const rest(2 * 40, '1');
  for (row const& r :
       {row{"3030 0020" + rest, "closed buffer_too_small 36"},         // the topic alone does not fit
        row{"3030 ffff" + rest, "closed malformed_packet 0"},          // it ends behind the packet
        row{"3630 0001 74 0001" + rest, "closed malformed_packet 0"},  // QoS 3
        row{"3830 0001 74" + rest, "closed malformed_packet 0"},       // DUP with QoS 0
        row{"3230 0001 74 0000" + rest, "closed protocol_error 0"},    // identifier 0
        row{"3430 0001 74 0001" + rest, "closed not_supported 0"},     // QoS 2, which nobody asked for
        row{"3030 0001 2b" + rest, "closed protocol_error 0"},         // a wildcard
        row{"3030 0002 c080" + rest, "closed malformed_packet 0"},     // ill-formed UTF-8
        row{"3030 0000" + rest, "closed protocol_error 0"},            // an empty topic
        row{"9030 0001" + rest, "closed packet_exceeds_limit 50"}}) {
    CAPTURE(r.hex);
    for (client_options const& how : {in_parts, skipping}) {
      bench<> b(how, {.rx = 16, .tx = 64});
      b.open();
      b.receive(byte_view(from_hex(r.hex)).first(16));
      CHECK(b.events() == texts{r.closed});
      CHECK(b.client.finished());
      b.client.commit(4);
      CHECK(b.events().empty());
      CHECK(b.sent().empty());
    }
  }
}

TEST_CASE("client: a large message before CONNACK is a violation", "[session][client][large][H100]") {
  bench<> b(in_parts, {.rx = 16, .tx = 64});
  REQUIRE(b.client.connect(b.hello(), b.now).has_value());
  b.receive(byte_view(from_hex(publish_hex(40))).first(16));
  CHECK(b.events() == texts{"closed protocol_error 1"});  // objection::packet_before_connack
}

TEST_CASE("client: a connection lost in the middle of an incoming message has no end of it",
          "[session][client][large]") {
  bench<> b(in_parts, {.rx = 16, .tx = 64});
  b.open();
  octets const large = from_hex(publish_hex(40, 2));
  b.receive(byte_view(large).first(16));
  b.client.lost({errc::connection_lost, 1});
  CHECK(b.events() == texts{"begin 2 t 40", "piece 2 " + letters(9), "closed connection_lost 1"});
  CHECK(b.sent().empty());
  b.open();  // nothing is left of it: the server sends it again
  CHECK(arrive(b, publish_hex(40, 2, 8)) == texts{"begin 2 t 40", "piece 2 " + letters(40), "end 2"});
  CHECK(b.sent() == "40020002");
}

TEST_CASE("client: skipping or swallowing, a connection lost in the middle still ends",
          "[session][client][large]") {
  for (bool const repeated : {false, true}) {
    client_options how = by_hand;
    if (!repeated) how.large_messages = large_messages::skip;
    bench<> b(how, {.rx = 16, .tx = 64});
    b.open();
    if (repeated) CHECK(arrive(b, publish_hex(40, 2)).size() == 3);
    b.receive(byte_view(from_hex(publish_hex(40, 2, repeated ? 8 : 0))).first(16));
    b.client.lost({errc::connection_lost, 1});
    texts const told = b.events();
    REQUIRE_FALSE(told.empty());
    CHECK(told.back() == "closed connection_lost 1");
    CHECK(told.size() == (repeated ? 1 : 2));
  }
}

TEST_CASE("client: both directions at once", "[session][client][large]") {
  bench<> b(in_parts, {.rx = 16, .tx = 24});
  b.open();
  REQUIRE(b.client.publish_in_parts(at_least_once("t"), 60).has_value());
  std::string wire;
  octets const incoming = from_hex(publish_hex(50, 5) + publish_hex(30, 6));
  std::string outgoing = letters(60);
  texts told;
  std::size_t at = 0;
  std::mt19937 random(5);
  for (int i = 0; i != 2000 && (at != incoming.size() || b.client.payload_missing() != 0); ++i) {
    std::size_t const count = std::min<std::size_t>(random() % 5, incoming.size() - at);
    for (std::string const& one : arrive(b, byte_view(incoming).subspan(at, count))) told.push_back(one);
    at += count;
    std::string_view const left = drop(outgoing, 60 - b.client.payload_missing());
    CHECK(b.client.publish_payload(as_bytes(first(left, random() % 7))).has_value());
    byte_view const pending = b.client.pending_output();
    std::size_t const gone = std::min<std::size_t>(random() % 9, pending.size());
    wire += test::to_hex(pending.first(gone));
    b.client.consume(gone);
  }
  wire += b.sent();
  CHECK(wire ==
        "3241"
        "0001740001" +
            test::to_hex(std::string_view(outgoing)) +
            "40020005"
            "40020006");
  std::string received;
  for (std::string const& one : told)
    if (one.starts_with("piece")) received += one.substr(8);
  CHECK(received == letters(50) + letters(30));
}
