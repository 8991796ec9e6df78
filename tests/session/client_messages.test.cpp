// SPDX-License-Identifier: BSL-1.0
// What the server sends, and the acknowledgements.
#include <hubwire/session/client.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include "bench.hpp"

using namespace hubwire;
using test::at_least_once;
using test::bench;
using texts = std::vector<std::string>;

namespace {

constexpr client_options by_hand{.acknowledge = acknowledge::by_application};

}  // namespace

TEST_CASE("client: QoS 0 messages are told and not answered", "[session][client][v3.1.1:MQTT-3.3.4-1]") {
  bench<> b;
  b.open();
  b.receive("3005 0001 74 7879 3103 0001 75");
  v3::event const first = b.client.next_event();
  CHECK(test::tell(first) == "message 0 t xy");
  CHECK_FALSE(first.message().retain);
  v3::event const second = b.client.next_event();
  CHECK(test::tell(second) == "message 0 u ");
  CHECK(second.message().retain);
  CHECK(test::tell(first) == "message 0 t xy");  // the earlier view still lives
  CHECK(b.sent().empty());
}

TEST_CASE("client: QoS 1 is acknowledged when the application asks for the next event",
          "[session][client][H049][v3.1.1:MQTT-2.3.1-6][v3.1.1:MQTT-3.3.4-1][v3.1.1:MQTT-4.3.2-2]"
          "[v3.1.1:MQTT-4.5.0-2]") {
  bench<> b;
  b.open();
  b.receive("3206 0001 74 1234 78");
  CHECK(b.next() == "message 4660 t x");
  CHECK(b.sent().empty());  // it may still fail to do anything with it
  CHECK(b.next() == "none");
  CHECK(b.sent() == "40021234");
  CHECK(b.events().empty());
  CHECK(b.sent().empty());
}

TEST_CASE("client: acknowledged by the application, in the order of arrival",
          "[session][client][H179][v3.1.1:MQTT-4.6.0-2]") {
  bench<4, 5> b(by_hand);
  b.open();
  b.receive("3205 0001 74 0005 3205 0001 74 0003 3205 0001 74 0009 3205 0001 74 0001 3205 0001 74 0007");
  CHECK(b.events().size() == 5);
  CHECK(b.sent().empty());
  REQUIRE(b.client.acknowledge(packet_id(7)).has_value());
  REQUIRE(b.client.acknowledge(packet_id(1)).has_value());
  REQUIRE(b.client.acknowledge(packet_id(3)).has_value());
  CHECK(b.sent().empty());
  REQUIRE(b.client.acknowledge(packet_id(5)).has_value());
  CHECK(b.sent() ==
        "40020005"
        "40020003");
  REQUIRE(b.client.acknowledge(packet_id(9)).has_value());
  CHECK(b.sent() ==
        "40020009"
        "40020001"
        "40020007");
}

TEST_CASE("client: acknowledging what does not wait is the caller's error", "[session][client]") {
  bench<> b(by_hand);
  b.open();
  CHECK(b.client.acknowledge(packet_id(1)).error() == errc::invalid_packet_id);
  b.receive("3205 0001 74 0001");
  CHECK(b.next() == "message 1 t ");
  REQUIRE(b.client.acknowledge(packet_id(1)).has_value());
  CHECK(b.client.acknowledge(packet_id(1)).error() == errc::invalid_packet_id);
  CHECK(b.sent() == "40020001");
  CHECK(b.client.acknowledge(packet_id(1)).error() == errc::invalid_packet_id);
}

TEST_CASE("client: no acknowledgement is lost while the output buffer is full", "[session][client]") {
  bench<4, 4> b({}, {.rx = 256, .tx = 18});
  b.open();
  REQUIRE(b.client.publish({"t", as_bytes("0123456789abc")}).has_value());  // 18 bytes
  b.receive("3205 0001 74 0001 3205 0001 74 0002 3205 0001 74 0003");
  CHECK(b.events() == texts{"message 1 t ", "message 2 t ", "message 3 t "});
  std::string wire;
  for (int i = 0; i != 40; ++i) {
    byte_view const data = b.client.pending_output();
    if (data.empty()) break;
    wire += test::to_hex(data.first(1));
    b.client.consume(1);
  }
  CHECK(wire ==
        "301000017430313233343536373839616263"
        "40020001"
        "40020002"
        "40020003");
}

TEST_CASE("client: an application that fills the output buffer does not hold acknowledgements and pings back",
          "[session][client]") {
  bench<4, 4> b({}, {.rx = 256, .tx = 18});
  b.open(40);
  b.receive("3205 0001 74 0001");
  CHECK(b.events() == texts{"message 1 t "});
  b.pass(30'000);
  std::string wire;
  for (int i = 0; i != 10; ++i) {
    while (b.client.publish({"t", as_bytes("z")})) {}  // 6 bytes each, three of them fill the buffer
    byte_view const data = b.client.pending_output();
    wire += test::to_hex(data.first(6));
    b.client.consume(6);
  }
  CHECK(wire.find("40020001") != std::string::npos);
  CHECK(wire.find("c000") != std::string::npos);
}

TEST_CASE("client: messages wait in the receive buffer while the application is behind",
          "[session][client]") {
  bench<4, 2> b(by_hand, {.rx = 15, .tx = 64});
  b.open();
  b.receive("3205 0001 74 0001 3205 0001 74 0002");
  CHECK(b.events() == texts{"message 1 t ", "message 2 t "});
  b.receive("3205 0001 74 0003 3003 0001 75 d000");
  CHECK(b.events().empty());
  b.receive("30");
  CHECK(b.client.window().empty());  // the transport slows the server down
  CHECK(b.events().empty());
  REQUIRE(b.client.acknowledge(packet_id(2)).has_value());
  CHECK(b.events().empty());  // 1 is still there
  REQUIRE(b.client.acknowledge(packet_id(1)).has_value());
  CHECK(b.events() == texts{"message 3 t ", "message 0 u "});
  CHECK(b.sent() ==
        "40020001"
        "40020002");
  CHECK(b.client.window().size() == 14);
}

TEST_CASE("client: more messages in one read than may be unacknowledged", "[session][client]") {
  // Automatic acknowledgement: there is room to send, so asking for the next event is enough.
  bench<1, 1> b;
  b.open();
  b.receive("3205 0001 74 0001 3205 0001 74 0002 3205 0001 74 0003");
  CHECK(b.events() == texts{"message 1 t ", "message 2 t ", "message 3 t "});
  CHECK(b.sent() ==
        "40020001"
        "40020002"
        "40020003");
}

TEST_CASE("client: a repeated message that is not acknowledged yet is not told twice", "[session][client]") {
  bench<> b(by_hand);
  b.open();
  b.receive("3205 0001 74 0001 3a05 0001 74 0001");
  CHECK(b.events() == texts{"message 1 t "});
  REQUIRE(b.client.acknowledge(packet_id(1)).has_value());
  CHECK(b.sent() == "40020001");
}

TEST_CASE("client: a new message under an identifier in use is a violation", "[session][client]") {
  bench<> b(by_hand);
  b.open();
  b.receive("3205 0001 74 0001 3205 0001 75 0001");
  CHECK(b.events() == texts{"message 1 t ", "closed protocol_error 4"});
}

TEST_CASE("client: after the PUBACK an identifier is a new message, DUP or not",
          "[session][client][v3.1.1:MQTT-4.3.2-2]") {
  bench<> b;
  b.open();
  for (char const* const again : {"3205 0001 74 0001", "3a05 0001 74 0001", "3205 0001 74 0001"}) {
    b.receive(again);
    CHECK(b.events() == texts{"message 1 t "});
    CHECK(b.sent() == "40020001");
  }
}

TEST_CASE("client: QoS 2 was never granted", "[session][client]") {
  bench<> b;
  b.open();
  b.receive("3405 0001 74 0001");
  CHECK(b.events() == texts{"closed not_supported 0"});
  CHECK(b.client.rejected().size() == 7);
  CHECK(b.sent().empty());
}

TEST_CASE("client: packets that only a client sends are violations, whatever is in them",
          "[session][client][v3.1.1:MQTT-4.8.0-1]") {
  for (char const* const packet :
       {"100d 00044d515454 04 02 0000 0001 63", "8206 0001 0001 74 00", "a205 0001 0001 74", "c000", "e000",
        "1001 ff", "8202 0000", "a200", "c001 00", "e001 00"}) {  // the body would be malformed
    INFO(packet);
    bench<> b;
    b.open();
    b.receive(std::string(packet) + "3003 0001 74");
    CHECK(b.events() == texts{"closed protocol_error 0"});
    CHECK(b.sent().empty());
  }
}

TEST_CASE("client: malformed input ends the connection without DISCONNECT, and what is behind it is dropped",
          "[session][client][H021][v3.1.1:MQTT-2.2.2-2][v3.1.1:MQTT-3.3.1-4][v3.1.1:MQTT-4.8.0-1]"
          "[v3.1.1:MQTT-4.8.0-2]") {
  for (char const* const packet :
       {"0000", "f000", "3000", "3003 0005 74", "3007 ffff 4142434445", "3604 0001 74 00", "3803 0001 74",
        "3204 0001 74 00", "4003 0001 00", "4001 00", "9002 0001", "9003 0001 03", "d001 00", "b001 00",
        "6002 0001", "30 80 80 80 80", "3005 0002 c080 78", "3005 0003 61 00 62"}) {
    INFO(packet);
    bench<> b;
    b.open();
    REQUIRE(b.client.publish(at_least_once("t")).has_value());  // waits to be sent
    b.receive("3003 0001 74 " + std::string(packet) + "3003 0001 75 4002 0001");
    texts const told = b.events();
    REQUIRE(told.size() == 3);
    CHECK(told[0] == "message 0 t ");
    CHECK(told[1] == "abandoned 1");
    CHECK(told[2].rfind("closed malformed_packet", 0) == 0);
    CHECK(b.client.finished());
    CHECK(b.sent().empty());
  }
}

TEST_CASE("client: rules about content end the connection too", "[session][client]") {
  for (char const* const packet : {"3003 0001 2b", "3002 0000", "3205 0001 74 0000", "4002 0000"}) {
    INFO(packet);
    bench<> b;
    b.open();
    b.receive(packet);
    CHECK(b.events() == texts{"closed protocol_error 0"});
  }
}

TEST_CASE("client: a packet larger than the receive buffer ends the connection at its header",
          "[session][client][v3.1.1:MQTT-4.8.0-2]") {
  bench<> b({}, {.rx = 64, .tx = 64});
  b.open();
  b.receive("30 ff ff 03");
  CHECK(b.events() == texts{"closed packet_exceeds_limit 65539"});
}

TEST_CASE("client: after 10,000 malformed connections it is as new", "[session][client][H048]") {
  bench<2, 2> b(by_hand);
  for (int i = 0; i != 10'000; ++i) {
    b.open(10);
    REQUIRE(b.client.publish(at_least_once("t", "x")).has_value());
    b.receive("3205 0001 74 0001 30 07 ff ff 41 42 43 44 45");
    REQUIRE(b.events() ==
            texts{"message 1 t ", "abandoned " + std::to_string(i + 1), "closed malformed_packet 0"});
  }
  // The same conversation as with a client that was made a moment ago; only identifiers have moved on.
  bench<2, 2> fresh(by_hand);
  auto const converse = [](bench<2, 2>& with) {
    texts told;
    with.open(10);
    told.push_back(std::to_string(with.client.window().size()));
    told.push_back(std::to_string(*with.client.deadline() - with.now));
    with.receive("3205 0001 74 0001 3205 0001 75 0002 3205 0001 76 0003");
    for (std::string const& e : with.events()) told.push_back(e);
    for (int i = 0; i != 3; ++i) told.push_back(with.client.publish(at_least_once("t")) ? "taken" : "full");
    with.pass(7'500);
    REQUIRE(with.client.acknowledge(packet_id(1)).has_value());
    told.push_back(with.sent().substr(28));  // behind the identifiers
    REQUIRE(with.client.disconnect().has_value());
    told.push_back(with.sent());
    return told;
  };
  CHECK(converse(b) == converse(fresh));
}
