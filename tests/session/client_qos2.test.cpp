// SPDX-License-Identifier: BSL-1.0
// QoS 2 in both directions: once, whatever is repeated.
#include <hubwire/session/client.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <string>
#include <vector>

#include "bench.hpp"

using namespace hubwire;
using test::lasting_bench;
using texts = std::vector<std::string>;

namespace {

using bench = lasting_bench<keep_with_application>;

hubwire::message exactly_once(topic_name topic) { return {topic, {}, qos::exactly_once, false}; }

}  // namespace

TEST_CASE("client: QoS 2 leaves as PUBLISH and PUBREL", "[session][client][qos2][v3.1.1:MQTT-4.3.3-1]") {
  bench b;
  b.resume(false);
  auto const how = b.client.publish(exactly_once("t"));
  REQUIRE(how.has_value());
  CHECK((how->qos() == qos::exactly_once && how->id() == packet_id(1)));
  CHECK(b.sent() == "34050001740001");
  b.receive("5002 0001");
  CHECK(b.events().empty());
  CHECK(b.sent() == "62020001");
  CHECK(b.client.deadline().has_value());  // PUBCOMP has its time
  b.receive("7002 0001");
  CHECK(b.events() == texts{"published 1"});
  CHECK_FALSE(b.client.deadline().has_value());
}

TEST_CASE("client: PUBREC that comes again is answered again",
          "[session][client][qos2][v3.1.1:MQTT-4.3.3-1][v3.1.1:MQTT-2.3.1-6]") {
  bench b;
  b.resume(false);
  REQUIRE(b.client.publish(exactly_once("t")).has_value());
  CHECK(b.sent() == "34050001740001");
  b.receive("5002 0001 5002 0001");
  CHECK(b.events().empty());
  CHECK(b.sent() == "6202000162020001");
  b.receive("7002 0001");
  CHECK(b.events() == texts{"published 1"});
}

TEST_CASE("client: only the right acknowledgement counts", "[session][client][qos2][H164]") {
  struct row {
    qos level;
    char const* before;
    char const* wrong;
  };
  auto const r = GENERATE(row{qos::at_least_once, "", "5002 0001"}, row{qos::at_least_once, "", "7002 0001"},
                          row{qos::exactly_once, "", "4002 0001"}, row{qos::exactly_once, "", "7002 0001"},
                          row{qos::exactly_once, "5002 0001", "4002 0001"},
                          row{qos::exactly_once, "", "5002 0002"}, row{qos::exactly_once, "", "b002 0001"});
  bench b;
  b.resume(false);
  REQUIRE(b.client.publish("t", "", r.level).has_value());
  static_cast<void>(b.sent());
  if (*r.before != 0) b.receive(r.before);
  CHECK(b.events().empty());
  static_cast<void>(b.sent());
  b.receive(r.wrong);
  std::string const last = b.events().back();
  CHECK(last.rfind("closed unexpected_packet ", 0) == 0);
}

TEST_CASE("client: after PUBREC, PUBREL is sent again in place of the message",
          "[session][client][qos2][H166][v3.1.1:MQTT-4.4.0-1][v3.1.1:MQTT-4.6.0-4][v3.1.1:MQTT-4.3.3-1]") {
  bench b;
  b.resume(false);
  for (int i = 0; i != 3; ++i) REQUIRE(b.client.publish(exactly_once("t")).has_value());
  static_cast<void>(b.sent());
  b.receive("5002 0001 5002 0003");
  CHECK(b.events().empty());
  b.reconnect();
  CHECK(b.events() == texts{"repeat 2"});
  CHECK(b.sent() == "62020001");
  CHECK(b.client.publish(exactly_once("t")).error() == errc::repeat_pending);
  CHECK(b.client.publish("t", "").has_value());  // QoS 0 has no place in the order
  REQUIRE(b.client.publish_again(2, exactly_once("t")).has_value());
  CHECK(b.events().empty());
  CHECK(b.sent() == "30030001743c05000174000262020003");
  b.receive("7002 0001 5002 0002 7002 0003");
  CHECK(b.events() == texts{"published 1 repeated", "published 3 repeated"});
  CHECK(b.sent() == "62020002");
  b.receive("7002 0002");
  CHECK(b.events() == texts{"published 2 repeated"});
}

TEST_CASE("client: PUBREL does not get into a payload", "[session][client][qos2][v3.1.1:MQTT-4.3.3-1]") {
  bench b;
  b.resume(false);
  REQUIRE(b.client.publish(exactly_once("t")).has_value());
  static_cast<void>(b.sent());
  b.receive("5002 0001");
  CHECK(b.events().empty());
  static_cast<void>(b.sent());
  b.reconnect();
  REQUIRE(b.client.publish_in_parts({"u"}, 3).has_value());  // before PUBREL was put out again
  CHECK(b.events().empty());
  REQUIRE(b.client.publish_payload(as_bytes("xyz")).has_value());
  CHECK(b.events().empty());
  CHECK(b.sent() ==
        "3006000175"
        "78797a"
        "62020001");
}

TEST_CASE("client: a message of QoS 2 comes once, PUBREC after the application had it",
          "[session][client][qos2][v3.1.1:MQTT-4.3.3-2][v3.1.1:MQTT-3.3.4-1][v3.1.1:MQTT-2.3.1-6]"
          "[v3.1.1:MQTT-4.5.0-2]") {
  bench b;
  b.resume(false);
  b.receive("3405 0001 74 0007");
  CHECK(b.next() == "message 7 t ");
  CHECK(b.sent().empty());  // it is still in the application's hands
  CHECK(b.next() == "none");
  CHECK(b.sent() == "50020007");
  b.receive("3c05 0001 74 0007 3405 0001 74 0007");
  CHECK(b.events().empty());
  CHECK(b.sent() == "5002000750020007");
  b.receive("6202 0007");
  CHECK(b.events().empty());
  CHECK(b.sent() == "70020007");
  b.receive("3405 0001 74 0007");  // a new one
  CHECK(b.events() == texts{"message 7 t "});
  CHECK(b.sent() == "50020007");
}

TEST_CASE("client: the same message a thousand times is one message",
          "[session][client][qos2][H165][v3.1.1:MQTT-4.3.3-2]") {
  bench b;
  b.resume(false);
  b.receive("3405 0001 74 0001");
  CHECK(b.events() == texts{"message 1 t "});
  CHECK(b.sent() == "50020001");
  for (int i = 0; i != 1'000; ++i) {
    b.receive("3c05 0001 74 0001");
    REQUIRE(b.events().empty());
    REQUIRE(b.sent() == "50020001");
  }
}

TEST_CASE("client: PUBREL that nobody waits for is answered",
          "[session][client][qos2][v3.1.1:MQTT-4.3.3-2][v3.1.1:MQTT-2.3.1-6]") {
  bench b;
  b.resume(false);
  b.receive("6202 1234 6202 1234");
  CHECK(b.events().empty());
  CHECK(b.sent() == "7002123470021234");
}

TEST_CASE("client: PUBREL before PUBREC is a fault", "[session][client][qos2]") {
  bench b({.acknowledge = acknowledge::by_application});
  b.resume(false);
  b.receive("3405 0001 74 0007 6202 0007");
  CHECK(b.events() == texts{"message 7 t ", "closed unexpected_packet 7"});
}

TEST_CASE("client: an identifier is not used for two messages", "[session][client][qos2]") {
  auto const wrong = GENERATE("3205 0001 74 0007 3405 0001 74 0007", "3405 0001 74 0007 3205 0001 74 0007");
  bench b({.acknowledge = acknowledge::by_application});
  b.resume(false);
  b.receive(wrong);
  CHECK(b.events() == texts{"message 7 t ", "closed protocol_error 4"});
}

TEST_CASE("client: QoS 2 survives a disconnect of a session that survives",
          "[session][client][qos2][v3.1.1:MQTT-4.3.3-2][v3.1.1:MQTT-3.1.2-4]") {
  bench b;
  b.resume(false);
  b.receive("3405 0001 74 0001 3405 0001 74 0002");
  CHECK(b.events() == texts{"message 1 t ", "message 2 t "});
  static_cast<void>(b.sent());
  b.receive("6202 0001");
  CHECK(b.events().empty());  // PUBCOMP is queued, and does not leave
  b.reconnect();
  b.receive("6202 0001 3c05 0001 74 0002");
  CHECK(b.events().empty());
  CHECK(b.sent() == "7002000150020002");
}

TEST_CASE("client: a message of QoS 2 that was told is not told again over the next connection",
          "[session][client][qos2][v3.1.1:MQTT-4.1.0-1][v3.1.1:MQTT-3.1.2-4][v3.1.1:MQTT-4.3.3-2]"
          "[v3.1.1:MQTT-4.6.0-3]") {
  bench b({.acknowledge = acknowledge::by_application});
  b.resume(false);
  b.receive("3405 0001 74 0001 3405 0001 74 0002");
  CHECK(b.events() == texts{"message 1 t ", "message 2 t "});
  b.reconnect();
  REQUIRE(b.client.acknowledge(1).has_value());
  CHECK(b.sent().empty());  // it has not come again
  b.receive("3c05 0001 74 0001 3c05 0001 74 0002");
  CHECK(b.events().empty());
  CHECK(b.sent() == "50020001");
  REQUIRE(b.client.acknowledge(2).has_value());
  CHECK(b.sent() == "50020002");
}

TEST_CASE("client: an acknowledgement of QoS 1 does not outlive its connection",
          "[session][client][qos2][v3.1.1:MQTT-3.1.2-4]") {
  bench b({.acknowledge = acknowledge::by_application});
  b.resume(false);
  b.receive("3205 0001 74 0001");
  CHECK(b.events() == texts{"message 1 t "});
  b.reconnect();
  CHECK(b.client.acknowledge(1).error() == errc::invalid_packet_id);
  b.receive("3a05 0001 74 0001");
  CHECK(b.events() == texts{"message 1 t "});
  REQUIRE(b.client.acknowledge(1).has_value());
  CHECK(b.sent() == "40020001");
}

TEST_CASE("client: a lost session forgets what came",
          "[session][client][qos2][v3.1.1:MQTT-3.2.2-3][v3.1.1:MQTT-3.1.2-6]") {
  bench b;
  b.resume(false);
  b.receive("3405 0001 74 0001");
  CHECK(b.events() == texts{"message 1 t "});
  static_cast<void>(b.sent());
  b.reconnect(false);
  b.receive("3405 0001 74 0001");
  CHECK(b.events() == texts{"message 1 t "});
}

TEST_CASE("client: acknowledgements leave in the order of arrival",
          "[session][client][qos2][H179][v3.1.1:MQTT-4.6.0-2][v3.1.1:MQTT-4.6.0-3]") {
  bench b({.acknowledge = acknowledge::by_application});
  b.resume(false);
  b.receive("3405 0001 74 0001 3205 0001 74 0002 3405 0001 74 0003 3205 0001 74 0004");
  CHECK(b.events().size() == 4);
  for (int id = 4; id != 0; --id) {
    CHECK(b.sent().empty());
    auto const parsed = packet_id::parse(static_cast<std::uint16_t>(id));
    REQUIRE(b.client.acknowledge(*parsed).has_value());
  }
  CHECK(b.sent() == "50020001400200025002000340020004");
}

TEST_CASE("client: more messages of QoS 2 at once than there are places for", "[session][client][qos2]") {
  lasting_bench<keep_with_application, 4, 2> b;
  b.resume(false);
  b.receive("3405 0001 74 0001 3405 0001 74 0002");
  CHECK(b.events().size() == 2);
  static_cast<void>(b.sent());
  SECTION("one is let go in time") {
    b.receive("6202 0001 3405 0001 74 0003");
    CHECK(b.events() == texts{"message 3 t "});
  }
  SECTION("a repetition takes no place") {
    b.receive("3c05 0001 74 0002");
    CHECK(b.events().empty());
    CHECK(b.sent() == "50020002");
  }
  SECTION("nothing will let one go") {
    b.receive("3405 0001 74 0003");
    CHECK(b.events() == texts{"closed capacity_exhausted 2"});
  }
}

TEST_CASE("client: what needs an answer waits until there is room for it", "[session][client][qos2]") {
  bench b({}, {.tx = 20});
  b.resume(false);
  REQUIRE(b.client.publish("t", "0123456789012").has_value());  // 18 bytes
  b.receive("6202 0001 6202 0002");
  CHECK(b.events().empty());
  b.client.consume(b.client.pending_output().size());
  CHECK(b.events().empty());
  CHECK(b.sent() == "7002000170020002");
}

TEST_CASE("client: QoS 2 is refused by a client that keeps nothing", "[session][client][qos2]") {
  test::bench<> b;
  b.open();
  CHECK_FALSE(b.client.can_send(qos::exactly_once));
  CHECK(b.client.publish(exactly_once("t")).error() == errc::not_supported);
  CHECK(b.client.subscribe("t", qos::exactly_once).error() == errc::not_supported);
}

TEST_CASE("client: a large message of QoS 2", "[session][client][qos2]") {
  bench b({.large_messages = large_messages::in_parts}, {.rx = 16});
  b.resume(false);
  b.receive("3414 0001 74 0007 61616161616161");
  CHECK(b.events() == texts{"begin 7 t 15", "piece 7 aaaaaaa"});
  b.receive("62626262626262");
  CHECK(b.events() == texts{"piece 7 bbbbbbb"});
  SECTION("to its end") {
    CHECK(b.sent().empty());
    b.receive("63");
    CHECK(b.events() == texts{"piece 7 c", "end 7"});
    CHECK(b.sent() == "50020007");
    b.receive("3c14 0001 74 0007 61616161616161");
    CHECK(b.events().empty());
    b.receive("6262626262626263");
    CHECK(b.events().empty());
    CHECK(b.sent() == "50020007");
  }
  SECTION("cut off, it begins again") {
    b.reconnect();
    b.receive("3c05 0001 74 0007");
    CHECK(b.events() == texts{"message 7 t "});
  }
}
