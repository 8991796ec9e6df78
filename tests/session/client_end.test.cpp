// SPDX-License-Identifier: BSL-1.0
// How a connection ends.
#include <hubwire/session/client.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "bench.hpp"

using namespace hubwire;
using test::at_least_once;
using test::bench;
using texts = std::vector<std::string>;

TEST_CASE("client: disconnect sends what is pending, DISCONNECT, and then nothing more",
          "[session][client][v3.1.1:MQTT-3.14.4-1][v3.1.1:MQTT-3.14.4-2]") {
  bench<> b({.acknowledge = acknowledge::by_application});
  b.open(10);
  b.receive("3205 0001 74 0001 3205 0001 74 0002");
  CHECK(b.events().size() == 2);
  REQUIRE(b.client.publish({"t", as_bytes("x")}).has_value());
  REQUIRE(b.client.acknowledge(packet_id(1)).has_value());
  REQUIRE(b.client.disconnect().has_value());
  CHECK(b.client.state() == session_state::leaving);
  CHECK_FALSE(b.client.finished());

  CHECK(b.client.publish({"t"}).error() == errc::invalid_state);
  v3::subscription const wanted[] = {{"a"}};
  CHECK(b.client.subscribe(wanted).error() == errc::invalid_state);
  v3::unsubscription const unwanted[] = {{"a"}};
  CHECK(b.client.unsubscribe(unwanted).error() == errc::invalid_state);
  CHECK(b.client.acknowledge(packet_id(2)).error() == errc::invalid_state);
  CHECK(b.client.disconnect().error() == errc::invalid_state);
  CHECK(b.events().empty());

  b.client.consume(1);
  b.pass(9'000);  // a ping would be due
  CHECK_FALSE(b.client.finished());
  CHECK(b.sent() ==
        "0400017478"
        "40020001"
        "e000");
  CHECK(b.client.state() == session_state::left);
  CHECK(b.events().empty());
  CHECK_FALSE(b.client.finished());
  b.client.lost({});  // the server ends the connection
  CHECK(b.client.finished());
  CHECK(b.events() == texts{"closed none 0"});
  CHECK(b.client.window().empty());
  b.pass(100'000);
  CHECK(b.events().empty());
  CHECK(b.sent().empty());
}

TEST_CASE("client: disconnect needs room for what is owed and for itself", "[session][client]") {
  bench<> b({}, {.rx = 64, .tx = 18});
  b.open();
  b.receive("3205 0001 74 0001");
  CHECK(b.events() == texts{"message 1 t "});
  static_cast<void>(b.sent());
  REQUIRE(b.client.publish({"t", as_bytes("0123456789a")}).has_value());  // leaves 2 bytes
  b.receive("3205 0001 74 0002");
  CHECK(b.events() == texts{"message 2 t "});
  CHECK(b.client.disconnect().error() == errc::output_full);
  CHECK(b.client.state() == session_state::connected);
  static_cast<void>(b.sent());
  REQUIRE(b.client.disconnect().has_value());
  CHECK(b.sent() == "e000");
}

TEST_CASE("client: what is under way is kept for as long as the connection lasts",
          "[session][client][v3.1.1:MQTT-4.1.0-2]") {
  bench<> b({.request_timeout = 0, .acknowledge = acknowledge::by_application});
  b.open(60);
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  b.receive("3205 0001 74 0009");
  CHECK(b.events() == texts{"message 9 t "});
  static_cast<void>(b.sent());
  for (int hour = 0; hour != 1'000; ++hour) {  // 41 days, more than a tick can tell apart
    for (int i = 0; i != 80; ++i) {
      b.pass(45'000);
      static_cast<void>(b.sent());
      b.receive("d000");
      REQUIRE(b.events().empty());
    }
  }
  b.receive("4002 0001");
  CHECK(b.events() == texts{"published 1"});
  REQUIRE(b.client.acknowledge(packet_id(9)).has_value());
  CHECK(b.sent() == "40020009");
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  REQUIRE(b.client.disconnect().has_value());
  CHECK(b.events().empty());  // leaving, and not gone yet
  static_cast<void>(b.sent());
  CHECK(b.events().empty());
  b.client.lost({});
  CHECK(b.events() == texts{"abandoned 2", "closed none 0"});
}

TEST_CASE("client: disconnect before CONNACK", "[session][client]") {
  bench<> b;
  CHECK(b.client.disconnect().error() == errc::invalid_state);
  REQUIRE(b.client.connect(b.hello(), b.now).has_value());
  REQUIRE(b.client.disconnect().has_value());
  CHECK(b.sent() ==
        "100d00044d51545404020000000163"
        "e000");
  SECTION("the server ends it without a word") {
    b.client.lost({});
    CHECK(b.events() == texts{"closed none 0"});
  }
  SECTION("a CONNACK that was on its way is told") {
    b.receive("2002 0000");
    CHECK(b.events() == texts{"connected"});
    CHECK(b.client.state() == session_state::left);
    b.client.lost({});
    CHECK(b.events() == texts{"closed none 0"});
  }
  SECTION("a refusal is the reason that is told") {
    b.receive("2002 0005");
    b.client.lost({});
    CHECK(b.events() == texts{"closed connection_refused 5"});
  }
}

TEST_CASE("client: requests without an answer are told before the end, oldest first", "[session][client]") {
  bench<> b;
  b.open();
  v3::subscription const wanted[] = {{"a"}};
  for (int i = 0; i != 2; ++i) REQUIRE(b.client.publish(at_least_once("t")).has_value());
  REQUIRE(b.client.subscribe(wanted).has_value());
  static_cast<void>(b.sent());
  b.receive("4002 0001");
  CHECK(b.events() == texts{"published 1"});
  SECTION("lost") {
    b.client.lost({errc::connection_lost, 104});
    CHECK(b.events() == texts{"abandoned 2", "abandoned 3", "closed connection_lost 104"});
  }
  SECTION("left") {
    REQUIRE(b.client.disconnect().has_value());
    static_cast<void>(b.sent());
    CHECK(b.events().empty());
    b.pass(5'000);
    CHECK_FALSE(b.client.output_ended());  // answers may still come
    b.client.lost({});
    CHECK(b.events() == texts{"abandoned 2", "abandoned 3", "closed none 0"});
  }
  CHECK(b.events().empty());
}

TEST_CASE("client: what a lost connection delivered is still told", "[session][client]") {
  SECTION("the reason of a refusal") {
    bench<> b;
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    b.receive("2002 0005");
    b.client.lost({errc::connection_lost, 104});
    b.pass(100'000);  // and no time-out takes its place
    CHECK(b.events() == texts{"closed connection_refused 5"});
  }
  SECTION("messages and acknowledgements, more than wait for one by one") {
    bench<1, 1> b;
    b.open(10);
    REQUIRE(b.client.publish(at_least_once("t")).has_value());
    static_cast<void>(b.sent());
    b.receive("4002 0001 3205 0001 74 0001 3205 0001 75 0002 3003 0001 76 3005 0001");
    b.client.lost({errc::connection_lost, 0});
    b.pass(100'000);
    CHECK(b.events() ==
          texts{"published 1", "message 1 t ", "message 2 u ", "message 0 v ", "closed connection_lost 0"});
  }
  SECTION("what waited for the application, and an acknowledgement behind it") {
    bench<1, 1> b({.acknowledge = acknowledge::by_application});
    b.open();
    REQUIRE(b.client.publish(at_least_once("t")).has_value());
    static_cast<void>(b.sent());
    b.receive("3205 0001 74 0001 3205 0001 75 0002 4002 0001");
    CHECK(b.events() == texts{"message 1 t "});
    b.client.lost({errc::connection_lost, 0});
    CHECK(b.client.acknowledge(packet_id(1)).has_value());  // it does not leave any more
    CHECK(b.events() == texts{"message 2 u ", "published 1", "closed connection_lost 0"});
  }
  SECTION("malformed bytes count more than the loss") {
    bench<> b;
    b.open();
    b.receive("0000");
    b.client.lost({errc::connection_lost, 0});
    CHECK(b.events() == texts{"closed malformed_packet 0"});
  }
}

TEST_CASE("client: the first loss counts, and one without a reason is one", "[session][client]") {
  bench<> b;
  b.open();
  b.client.lost({errc::tls_failed, 7});
  b.client.lost({errc::connection_lost, 1});
  CHECK(b.events() == texts{"closed tls_failed 7"});

  b.open();
  b.client.lost({});
  CHECK(b.events() == texts{"closed connection_lost 0"});
}

TEST_CASE("client: lost before CONNACK, and while idle", "[session][client]") {
  bench<> b;
  b.client.lost({errc::connection_lost, 0});
  CHECK(b.events().empty());
  REQUIRE(b.client.connect(b.hello(), b.now).has_value());  // a loss of before does not count
  CHECK(b.events().empty());
  b.client.lost({errc::connection_lost, 0});
  CHECK(b.events() == texts{"closed connection_lost 0"});
}

TEST_CASE("client: lost while leaving ends it", "[session][client]") {
  SECTION("lost, after disconnect") {
    bench<> b;
    b.open();
    REQUIRE(b.client.disconnect().has_value());
    b.client.lost({errc::connection_lost, 32});
  }
  SECTION("lost, before disconnect") {
    bench<> b;
    b.open();
    b.receive("3003 0001 74");
    b.client.lost({errc::connection_lost, 32});
    REQUIRE(b.client.disconnect().has_value());
    CHECK(b.events() == texts{"message 0 t ", "closed connection_lost 32"});
    CHECK(b.client.finished());
    CHECK(b.sent().empty());
  }
}

TEST_CASE("client: a transport that takes nothing does not keep it leaving for ever", "[session][client]") {
  bench<> b({.disconnect_timeout = 3'000});
  b.open();
  b.now = b.now + 1'000'000;  // nobody told the time for long
  REQUIRE(b.client.disconnect().has_value());
  b.pass(0);
  CHECK_FALSE(b.client.finished());
  CHECK(b.client.deadline() == b.now + 3'000);
  b.pass(2'999);
  CHECK_FALSE(b.client.finished());
  b.pass(1);
  CHECK(b.client.finished());
  CHECK(b.sent().empty());
  CHECK(b.events() == texts{"closed disconnect_timeout 0"});
}

TEST_CASE("client: a server that does not end the connection does not keep it open for ever",
          "[session][client]") {
  bench<> b({.disconnect_timeout = 3'000});
  b.open();
  REQUIRE(b.client.disconnect().has_value());
  b.pass(0);
  CHECK(b.sent() == "e000");
  CHECK(b.client.deadline() == b.now + 750);  // a quarter for the server, then the half-close
  b.pass(749);
  CHECK_FALSE(b.client.output_ended());
  b.pass(1);
  CHECK(b.client.output_ended());
  CHECK(b.client.deadline() == b.now + 2'250);
  b.pass(2'249);
  CHECK_FALSE(b.client.finished());
  b.receive("3003 0001 74");
  b.pass(1);
  CHECK(b.events() == texts{"message 0 t ", "closed disconnect_timeout 0"});
}

TEST_CASE("client: a goodbye asks for the time at once, however long the connection has lasted",
          "[session][client]") {
  int const days = GENERATE(0, 1, 24, 25, 30, 49, 50);
  CAPTURE(days);
  bench<> b({.disconnect_timeout = 3'000});
  b.open();
  for (int day = 0; day != days; ++day) b.pass(86'400'000);
  REQUIRE(b.client.disconnect().has_value());
  CHECK(b.client.deadline() == b.now);
  b.pass(0);
  CHECK(b.client.deadline() == b.now + 3'000);
}

TEST_CASE("client: a server has its time to end the connection when the time is not told in between",
          "[session][client]") {
  bench<> b;
  b.open();
  b.pass(60'000);
  REQUIRE(b.client.disconnect().has_value());  // in a handler, say: it leaves in the same turn
  b.client.consume(b.client.pending_output().size());
  CHECK(b.client.state() == session_state::left);
  CHECK_FALSE(b.client.output_ended());
}

TEST_CASE("client: an end that the server makes before DISCONNECT has left is a loss", "[session][client]") {
  bench<> b;
  b.open();
  REQUIRE(b.client.disconnect().has_value());
  b.client.consume(1);
  b.client.lost({});
  CHECK(b.events() == texts{"closed connection_lost 0"});
}

TEST_CASE("client: a goodbye that is said after the server has ended the connection is none",
          "[session][client]") {
  bench<> b;
  b.open();
  b.receive("3003 0001 74");
  b.client.lost({});
  REQUIRE(b.client.disconnect().has_value());
  static_cast<void>(b.sent());
  CHECK(b.events() == texts{"message 0 t ", "closed connection_lost 0"});
}

TEST_CASE("client: after disconnect() what the server sent before it knew is told", "[session][client]") {
  bench<1, 1> b;
  b.open();
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  static_cast<void>(b.sent());
  b.receive("4002 0001");
  REQUIRE(b.client.disconnect().has_value());
  SECTION("with the acknowledgement in the buffer") {}
  SECTION("and after DISCONNECT has left") { static_cast<void>(b.sent()); }
  CHECK(b.events() == texts{"published 1"});
  b.receive("3005 0001 74 6869 3205 0001 75 0001 3205 0001 76 0002 d000");
  CHECK(b.events() == texts{"message 0 t hi", "message 1 u ", "message 2 v "});
  static_cast<void>(b.sent());
  b.client.lost({});
  CHECK(b.events() == texts{"closed none 0"});
}

TEST_CASE("client: what comes after a timer has ended the connection does not keep it open",
          "[session][client]") {
  bench<> b({.disconnect_timeout = 3'000});
  b.open();
  b.receive("3003 0001 74 3003 0001 75");
  REQUIRE(b.client.disconnect().has_value());
  static_cast<void>(b.sent());
  b.pass(3'000);
  CHECK(b.client.window().empty());
  CHECK(b.events() == texts{"message 0 t ", "message 0 u ", "closed disconnect_timeout 0"});
}

TEST_CASE("client: a server that breaks the rules after the goodbye is told", "[session][client]") {
  bench<> b;
  b.open();
  REQUIRE(b.client.disconnect().has_value());
  static_cast<void>(b.sent());
  b.receive("2002 0000");
  CHECK(b.events() == texts{"closed protocol_error 2"});
}

TEST_CASE("client: answers that come before the transport said that the request has left",
          "[session][client]") {
  // A driver that sends by DMA or io_uring hears of the answer first.
  bench<> b;
  b.open(40);
  REQUIRE(b.client.publish(at_least_once("t")).has_value());
  std::size_t const offered = b.client.pending_output().size();
  REQUIRE(b.client.publish(at_least_once("u")).has_value());
  CHECK(b.client.pending_output().size() == offered);  // the same bytes until they were sent
  b.receive("4002 0001");
  CHECK(b.events() == texts{"published 1"});
  SECTION("not to what was not even offered") {
    b.receive("4002 0002");
    CHECK(b.events() == texts{"abandoned 2", "closed unexpected_packet 2"});
  }
  SECTION("and the ping") {
    b.client.consume(offered);
    static_cast<void>(b.sent());
    b.receive("4002 0002");
    CHECK(b.events() == texts{"published 2"});
    b.pass(30'000);
    CHECK(test::to_hex(b.client.pending_output()) == "c000");
    b.receive("d000");
    CHECK(b.events().empty());
    b.client.consume(2);
    b.pass(29'999);
    CHECK(b.client.state() == session_state::connected);
    b.pass(1);
    CHECK(b.sent() == "c000");
  }
}

TEST_CASE("client: what was offered stays the offer until it was sent", "[session][client]") {
  bench<> b;
  b.open();
  REQUIRE(b.client.publish({"t", as_bytes("12345678")}).has_value());
  std::string const first = test::to_hex(b.client.pending_output());
  REQUIRE(b.client.publish({"u"}).has_value());
  CHECK(test::to_hex(b.client.pending_output()) == first);
  CHECK(test::to_hex(b.client.unsent()) == first + "3003000175");
  b.client.consume(5);
  CHECK(test::to_hex(b.client.pending_output()) == first.substr(10));
  b.client.consume(b.client.pending_output().size());
  CHECK(test::to_hex(b.client.pending_output()) == "3003000175");
}

TEST_CASE("client: one byte per write, whatever comes between, is the same on the wire",
          "[session][client][H176]") {
  std::mt19937 random(5);
  std::string expected;
  for (int round = 0; round != 50; ++round) {
    bench<> b({}, {.rx = 256, .tx = 64});
    std::string wire;
    auto const send_some = [&](std::size_t most) {
      byte_view const data = b.client.pending_output();
      std::size_t const count = std::min(most, data.size());
      wire += test::to_hex(data.first(count));
      b.client.consume(count);
    };
    auto const until_taken = [&](auto verb) {
      while (!verb()) send_some(round == 0 ? 1000 : random() % 2);
    };
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    while (!b.client.pending_output().empty()) send_some(round == 0 ? 1000 : random() % 2);
    b.receive("2002 0000");
    CHECK(b.next() == "connected");
    for (int i = 0; i != 8; ++i)
      until_taken([&] { return b.client.publish({"t", as_bytes("0123456789")}).has_value(); });
    until_taken([&] { return b.client.disconnect().has_value(); });
    while (b.client.state() != session_state::left) send_some(round == 0 ? 1000 : random() % 2);
    if (round == 0) expected = wire;
    REQUIRE(wire == expected);
  }
}

TEST_CASE("client: the same bytes in any chunks give the same events", "[session][client]") {
  auto const server = test::from_hex(
      "2002 0000 3005 0001 74 6869 3205 0001 75 0001 4002 0001 9004 0002 01 80 b002 0003 d000 3205 0001 76 "
      "0002"
      "3003 0001 77 3405 0001 74 0009 3003 0001 77");
  std::mt19937 random(9);
  texts expected;
  for (int round = 0; round != 300; ++round) {
    bench<> b({}, {.rx = 64, .tx = 256});
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    texts told;
    bool asked = false;
    for (std::size_t at = 0; at < server.size();) {
      std::size_t const chunk = round == 0 ? 1000 : round == 1 ? 1 : random() % 12;
      byte_span const window = b.client.window();
      std::size_t const count = std::min({chunk, window.size(), server.size() - at});
      std::copy_n(server.begin() + static_cast<std::ptrdiff_t>(at), count, window.begin());
      b.client.commit(count);
      at += count;
      for (std::string one = b.next(); one != "none"; one = b.next()) {
        told.push_back(one);
        if (one != "connected" || asked) continue;
        asked = true;
        v3::subscription const wanted[] = {{"a"}, {"b"}};
        v3::unsubscription const unwanted[] = {{"a"}};
        REQUIRE(b.client.publish(at_least_once("t")).has_value());
        REQUIRE(b.client.subscribe(wanted).has_value());
        REQUIRE(b.client.unsubscribe(unwanted).has_value());
        static_cast<void>(b.sent());
      }
      if (b.client.finished()) break;
    }
    if (round == 0) expected = told;
    REQUIRE(told == expected);
  }
  CHECK(expected == texts{"connected", "message 0 t hi", "message 1 u ", "published 1", "subscribed 2 01 80",
                          "unsubscribed 3", "message 2 v ", "message 0 w ", "closed not_supported 0"});
}
