// SPDX-License-Identifier: BSL-1.0
// From connect() to CONNACK.
#include <hubwire/session/client.hpp>
#include <hubwire/stream/whole_reader.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "bench.hpp"

using namespace hubwire;
using test::bench;
using texts = std::vector<std::string>;

TEST_CASE("client: CONNECT comes first, and nothing else until CONNACK",
          "[session][client][v3.1.1:MQTT-3.1.0-1]") {
  bench<> b;
  CHECK(b.client.state() == session_state::idle);
  CHECK(b.sent().empty());
  CHECK(b.client.publish({"t"}).error() == errc::invalid_state);
  REQUIRE(b.client.connect(b.hello(60), b.now).has_value());
  CHECK(b.client.state() == session_state::connecting);
  CHECK(b.client.publish({"t"}).error() == errc::invalid_state);
  CHECK(b.client.publish(test::at_least_once("t")).error() == errc::invalid_state);
  v3::subscription const wanted[] = {{"a"}};
  CHECK(b.client.subscribe(wanted).error() == errc::invalid_state);
  v3::unsubscription const unwanted[] = {{"a"}};
  CHECK(b.client.unsubscribe(unwanted).error() == errc::invalid_state);
  CHECK(b.client.acknowledge(packet_id(1)).error() == errc::invalid_state);
  b.pass(55'000);
  CHECK(b.sent() == "100d00044d5154540402003c000163");  // no PINGREQ either
  CHECK(b.events().empty());
}

TEST_CASE("client: a second connect is refused while there is a connection",
          "[session][client][v3.1.1:MQTT-3.1.0-2]") {
  bench<> b;
  REQUIRE(b.client.connect(b.hello(), b.now).has_value());
  CHECK(b.client.connect(b.hello(), b.now).error() == errc::invalid_state);
  CHECK(b.sent() == "100d00044d51545404020000000163");
  b.receive("2002 0000");
  CHECK(b.events() == texts{"connected"});
  CHECK(b.client.connect(b.hello(), b.now).error() == errc::invalid_state);
  CHECK(b.sent().empty());
  CHECK(b.client.state() == session_state::connected);
  REQUIRE(b.client.disconnect().has_value());
  CHECK(b.client.connect(b.hello(), b.now).error() == errc::invalid_state);
  CHECK(b.sent() == "e000");
  CHECK(b.client.connect(b.hello(), b.now).error() == errc::invalid_state);
  b.client.lost({});
  CHECK(b.client.connect(b.hello(), b.now).error() == errc::events_waiting);
  CHECK(b.events() == texts{"closed none 0"});
  CHECK(b.client.connect(b.hello(), b.now).has_value());
}

TEST_CASE("client: a CONNECT that cannot be encoded leaves everything as it was", "[session][client]") {
  bench<> b({}, {.rx = 64, .tx = 20});
  v3::connect wrong = b.hello();
  wrong.password = as_bytes("p");
  CHECK(b.client.connect(wrong, b.now).error() == errc::invalid_packet);
  v3::connect large = b.hello();
  large.client_id = "a client id that does not fit";
  CHECK(b.client.connect(large, b.now).error() == error{errc::buffer_too_small, 43});
  CHECK(b.client.state() == session_state::idle);
  CHECK(b.sent().empty());
  CHECK(b.events().empty());
  CHECK(b.client.connect(b.hello(), b.now).has_value());
}

TEST_CASE("client: an empty client id needs a clean session", "[session][client][v3.1.1:MQTT-3.1.3-7]") {
  bench<> b;
  v3::connect nameless;
  nameless.clean_session = false;
  CHECK(b.client.connect(nameless, b.now).error() == errc::invalid_packet);
  CHECK(b.client.state() == session_state::idle);
  CHECK(b.sent().empty());
  nameless.clean_session = true;
  CHECK(b.client.connect(nameless, b.now).has_value());
}

TEST_CASE("client: refused, with the code, and over", "[session][client][v3.1.1:MQTT-3.2.2-5]") {
  for (int code = 1; code <= 5; ++code) {
    bench<> b;
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    static_cast<void>(b.sent());
    b.receive("2002 000" + std::to_string(code));
    CHECK(b.events() == texts{"closed connection_refused " + std::to_string(code)});
    CHECK(b.client.finished());
    CHECK(b.client.publish({"t"}).error() == errc::invalid_state);
    CHECK(b.sent().empty());
  }
}

TEST_CASE("client: a refusal with a code that the standard reserves keeps its number", "[session][client]") {
  for (int code = 6; code != 256; ++code) {
    bench<> b;
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    static_cast<void>(b.sent());
    std::uint8_t const connack[] = {0x20, 2, 0, static_cast<std::uint8_t>(code)};
    b.receive(byte_view(connack));
    CHECK(b.events() == texts{"closed connection_refused " + std::to_string(code)});
    CHECK(b.client.rejected().size() == 4);
  }
}

TEST_CASE("client: a CONNACK that is malformed closes", "[session][client]") {
  for (char const* const connack : {"2002 0200", "2002 0306", "2003 000000", "2001 00", "2000"}) {
    INFO(connack);
    bench<> b;
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    b.receive(connack);
    CHECK(b.events() == texts{"closed malformed_packet 0"});
    CHECK(b.sent().empty());
  }
  bench<> b;
  REQUIRE(b.client.connect(b.hello(), b.now).has_value());
  b.receive("2002 0105");
  CHECK(b.events() == texts{"closed protocol_error 0"});
}

TEST_CASE("client: no session was asked for, so none may be present",
          "[session][client][v3.1.1:MQTT-3.2.2-1]") {
  bench<> b;
  REQUIRE(b.client.connect(b.hello(), b.now).has_value());
  b.receive("2002 0100");
  CHECK(b.events() == texts{"closed protocol_error 3"});  // objection::session_present_unasked

  v3::connect lasting = b.hello();
  lasting.clean_session = false;
  REQUIRE(b.client.connect(lasting, b.now).has_value());
  b.receive("2002 0100");
  CHECK(b.events() == texts{"connected, session present"});
}

TEST_CASE("client: anything before CONNACK is a violation", "[session][client][H100][v3.1.1:MQTT-3.2.0-1]") {
  for (char const* const first :
       {"3003 0001 74", "3205 0001 74 0001", "4002 0001", "9003 0001 00", "b002 0001", "d000", "5002 0001",
        "6202 0001", "7002 0001", "c000", "e000"}) {
    INFO(first);
    bench<> b;
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    static_cast<void>(b.sent());
    b.receive(std::string(first) + "2002 0000");
    bool const wrong_side = first[0] == 'c' || first[0] == 'e';  // a client's packet, in no order at all
    CHECK(b.events() == texts{wrong_side ? "closed protocol_error 0" : "closed protocol_error 1"});
    CHECK(b.sent().empty());
  }
  for (char const* const first :
       {"0000", "f000", "30 80 80 80 80", "3100 ff", "16 03 01 02 00 01", "48 54 54 50 2f"}) {
    INFO(first);
    bench<> b;
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    b.receive(first);
    texts const told = b.events();
    REQUIRE(told.size() == 1);
    CHECK(b.client.finished());
    CHECK(b.sent().empty());
  }
}

TEST_CASE("client: a second CONNACK is a violation", "[session][client][H101]") {
  bench<> b;
  b.open();
  b.receive("2002 0000");
  CHECK(b.events() == texts{"closed protocol_error 2"});  // objection::second_connack
}

TEST_CASE("client: CONNACK does not come", "[session][client]") {
  for (std::uint32_t const start : {0u, 5'000u, 0xFFFF'FFFFu, 0xFFFF'F000u, 0x7FFF'F000u}) {
    INFO(start);
    bench<> b({.connack_timeout = 8'000});
    b.now = tick(start);
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    CHECK(b.client.deadline() == b.now + 8'000);
    b.pass(7'999);
    CHECK(b.events().empty());
    b.pass(1);
    CHECK(b.client.finished());
    CHECK_FALSE(b.client.deadline().has_value());
    CHECK(b.sent().empty());
    CHECK(b.events() == texts{"closed connack_timeout 0"});
  }
}

TEST_CASE("client: a CONNACK that has arrived is no missing one, however late the program looks",
          "[session][client]") {
  bench<> b({.connack_timeout = 8'000});
  REQUIRE(b.client.connect(b.hello(), b.now).has_value());
  b.receive("2002 0000");
  b.pass(60'000);  // pump() reads before it tells the time; the events are asked for after that
  CHECK(b.events() == texts{"connected"});

  bench<> half({.connack_timeout = 8'000});
  REQUIRE(half.client.connect(half.hello(), half.now).has_value());
  half.receive("2002 00");
  half.pass(60'000);
  CHECK(half.events() == texts{"closed connack_timeout 0"});
}

TEST_CASE("client: a clock that steps back does not make the wait for CONNACK endless",
          "[session][client][H174]") {
  bench<> b({.connack_timeout = 8'000});
  b.now = tick(1'000'000'000);
  REQUIRE(b.client.connect(b.hello(), b.now).has_value());
  b.now = tick(1'000);
  b.pass(0);
  CHECK(b.events().empty());
  REQUIRE(b.client.deadline().has_value());
  CHECK(*b.client.deadline() - b.now <= 8'000);
  b.pass(8'000);
  CHECK(b.events() == texts{"closed connack_timeout 0"});
}

TEST_CASE("client: a time-out beyond the clock's reach does not fire at once", "[session][client]") {
  for (std::uint32_t const timeout : {0x7FFF'FFFFu, 0x8000'0000u, 0xFFFF'FFFFu}) {
    bench<> b({.connack_timeout = timeout, .ping_timeout = timeout});
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    b.pass(0);
    b.pass(1'000'000);
    CHECK(b.client.state() == session_state::connecting);
  }
}

TEST_CASE("client: the password is overwritten when it has been sent, and when it never will be",
          "[session][client][H180]") {
  auto const password_left = [](byte_span memory) {
    return std::count(memory.begin(), memory.end(), std::uint8_t{'S'}) != 0;
  };
  v3::connect packet = bench<>::hello();
  packet.user_name = text("u");
  packet.password = as_bytes("SSSSSSSSSSSSSSSS");

  SECTION("sent") {
    bench<> b;
    REQUIRE(b.client.connect(packet, b.now).has_value());
    CHECK(password_left(b.tx.octets()));
    static_cast<void>(b.sent());
    CHECK_FALSE(password_left(b.tx.octets()));
  }
  SECTION("lost on the way") {
    bench<> b;
    REQUIRE(b.client.connect(packet, b.now).has_value());
    b.client.consume(20);
    b.client.lost({errc::connection_lost, 0});
    CHECK(b.events() == texts{"closed connection_lost 0"});
    CHECK_FALSE(password_left(b.tx.octets()));
  }
  SECTION("timed out") {
    bench<> b;
    REQUIRE(b.client.connect(packet, b.now).has_value());
    b.pass(60'000);
    CHECK_FALSE(password_left(b.tx.octets()));
  }
}

TEST_CASE("client: has no destructor, so it may stand at namespace scope in firmware", "[session][client]") {
  STATIC_CHECK(std::is_trivially_destructible_v<client<>>);
  STATIC_CHECK(
      std::is_trivially_destructible_v<client<v3_tag, limits{.outgoing = 4, .incoming = 4}, whole_reader>>);
}

TEST_CASE("client: a new connection starts clean", "[session][client][v3.1.1:MQTT-3.1.2-6]") {
  bench<2, 2> b({.acknowledge = acknowledge::by_application});
  b.open(10);
  REQUIRE(b.client.publish(test::at_least_once("t")).has_value());
  v3::subscription const wanted[] = {{"a"}};
  REQUIRE(b.client.subscribe(wanted).has_value());
  b.receive("3205 0001 74 0001 3205 0001 74 0002 3205 0001 74 0003 30");  // two, one too many, half a header
  CHECK(b.events() == texts{"message 1 t ", "message 2 t "});
  b.pass(8'000);  // a ping is due
  b.client.lost({errc::connection_lost, 104});
  CHECK(b.next() == "message 3 t ");
  CHECK(b.next() == "abandoned 1");
  CHECK(b.client.connect(b.hello(10), b.now).error() == errc::events_waiting);
  CHECK(b.next() == "abandoned 2");
  CHECK(b.client.connect(b.hello(10), b.now).error() == errc::events_waiting);
  CHECK(b.next() == "closed connection_lost 104");

  REQUIRE(b.client.connect(b.hello(10), b.now).has_value());
  CHECK(b.sent() == "100d00044d5154540402000a000163");
  CHECK(b.events().empty());
  CHECK(b.client.window().size() == 256);
  b.receive("2002 0000");
  CHECK(b.events() == texts{"connected"});
  CHECK(b.client.acknowledge(packet_id(1)).error() == errc::invalid_packet_id);
  CHECK(b.client.deadline() == b.now + 7'500);
  for (int i = 0; i != 2; ++i) REQUIRE(b.client.publish(test::at_least_once("t")).has_value());
  b.receive("3205 0001 74 0001");
  CHECK(b.events() == texts{"message 1 t "});
}
