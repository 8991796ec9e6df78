// SPDX-License-Identifier: BSL-1.0
// Messages that outlive their connection: kept by the application, or in memory of the client's.
#include <hubwire/session/client.hpp>
#include <hubwire/session/kept_packets.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include "bench.hpp"

using namespace hubwire;
using test::lasting_bench;
using texts = std::vector<std::string>;

namespace {

using by_hand = lasting_bench<keep_with_application>;
using keeping = lasting_bench<kept_packets>;

}  // namespace

TEST_CASE("client: kept by the application: asked for again one by one, before anything new",
          "[session][client][kept][v3.1.1:MQTT-4.4.0-1][v3.1.1:MQTT-4.6.0-1][v3.1.1:MQTT-3.3.1-1]"
          "[v3.1.1:MQTT-2.3.1-3]") {
  by_hand b;
  b.resume(false);
  REQUIRE(b.client.publish("a", "", qos::at_least_once).has_value());
  REQUIRE(b.client.publish("b", "", qos::at_least_once).has_value());
  static_cast<void>(b.sent());
  b.lose();  // nothing is abandoned
  CHECK(b.client.publish_again(1, {"a"}).error() == errc::invalid_state);
  b.resume();
  CHECK(b.events() == texts{"repeat 1"});
  CHECK(b.events().empty());
  CHECK_FALSE(b.client.can_send(qos::at_least_once));
  CHECK(b.client.can_send(qos::at_most_once));
  CHECK(b.client.publish("c", "", qos::at_least_once).error() == errc::repeat_pending);
  CHECK(b.client.subscribe("c").error() == errc::repeat_pending);
  CHECK(b.client.publish_again(2, {"b"}).error() == errc::invalid_packet_id);
  REQUIRE(b.client.publish_again(1, {"a"})->duplicate());
  CHECK(b.client.publish_again(1, {"a"}).error() == errc::invalid_packet_id);
  CHECK(b.events() == texts{"repeat 2"});
  REQUIRE(b.client.publish_again(2, {"b"}).has_value());
  REQUIRE(b.client.publish("c", "", qos::at_least_once).has_value());
  CHECK(b.sent() ==
        "3a050001610001"
        "3a050001620002"
        "32050001630003");
  b.receive("4002 0003 4002 0001 4002 0002");
  CHECK(b.events() == texts{"published 3", "published 1 repeated", "published 2 repeated"});
}

TEST_CASE("client: kept by the application: given up", "[session][client][kept]") {
  by_hand b;
  b.resume(false);
  REQUIRE(b.client.publish("a", "", qos::at_least_once).has_value());
  REQUIRE(b.client.publish("b", "", qos::exactly_once).has_value());
  static_cast<void>(b.sent());
  b.reconnect();
  CHECK(b.client.give_up(1).error() == errc::invalid_packet_id);
  CHECK(b.events() == texts{"repeat 1"});
  REQUIRE(b.client.give_up(1).has_value());
  CHECK(b.events() == texts{"repeat 2"});
  CHECK(b.client.give_up(2).error() == errc::not_supported);
}

TEST_CASE("client: kept by the application: a large one in parts", "[session][client][kept]") {
  by_hand b({}, {.tx = 16});
  b.resume(false);
  REQUIRE(b.client.publish_in_parts({"a", {}, qos::at_least_once}, 3).has_value());
  REQUIRE(*b.client.publish_payload(as_bytes("xy")) == 2);
  b.reconnect();
  CHECK(b.events() == texts{"repeat 1"});
  REQUIRE(b.client.publish_again_in_parts(1, {"a"}, 3).has_value());
  CHECK(b.client.payload_missing() == 3);
  REQUIRE(*b.client.publish_payload(as_bytes("xyz")) == 3);
  CHECK(b.sent() == "3a08000161000178797a");
}

TEST_CASE("client: kept by the application: a SUBSCRIBE is not kept", "[session][client][kept]") {
  by_hand b;
  b.resume(false);
  REQUIRE(b.client.publish("a", "", qos::at_least_once).has_value());
  REQUIRE(b.client.subscribe("s").has_value());
  static_cast<void>(b.sent());
  b.reconnect();
  CHECK(b.events() == texts{"repeat 1"});
  REQUIRE(b.client.publish_again(1, {"a"}).has_value());
  CHECK(b.events() == texts{"abandoned 2"});
  CHECK(b.sent() == "3a050001610001");
}

TEST_CASE("client: a session that was lost is told message by message",
          "[session][client][kept][H099][v3.1.1:MQTT-3.2.2-3]") {
  by_hand b;
  b.resume(false);
  REQUIRE(b.client.publish("a", "", qos::at_least_once).has_value());
  REQUIRE(b.client.publish("b", "", qos::exactly_once).has_value());
  static_cast<void>(b.sent());
  b.receive("5002 0002");
  CHECK(b.events().empty());
  b.reconnect(false);
  CHECK(b.events() == texts{"abandoned 1 session_lost", "abandoned 2 session_lost"});
  CHECK(b.sent().empty());
  CHECK(b.client.publish("c", "", qos::at_least_once)->id() == packet_id(3));
}

TEST_CASE("client: what was lost is told even if the connection ends meanwhile", "[session][client][kept]") {
  by_hand b;
  b.resume(false);
  REQUIRE(b.client.publish("a", "", qos::at_least_once).has_value());
  static_cast<void>(b.sent());
  b.reconnect(false);
  b.client.lost({errc::connection_lost, 0});
  CHECK(b.events() == texts{"abandoned 1 session_lost", "closed connection_lost 0"});
}

TEST_CASE("client: kept packets leave in one piece, again after a loss, with DUP",
          "[session][client][kept][v3.1.1:MQTT-4.4.0-1][v3.1.1:MQTT-4.6.0-1][v3.1.1:MQTT-3.3.1-1]"
          "[v3.1.1:MQTT-2.3.1-3][v3.1.1:MQTT-4.3.3-1][v3.1.1:MQTT-3.1.2-4]") {
  keeping b;
  b.resume(false);
  REQUIRE(b.client.publish("a", "x", qos::at_least_once).has_value());
  REQUIRE(b.client.subscribe("s").has_value());
  REQUIRE(b.client.publish("b", "y", qos::exactly_once).has_value());
  CHECK(b.client.pending_output().size() == 8 + 8 + 8);
  CHECK(b.sent() == "320600016100017882060002000173003406000162000379");
  b.receive("4002 0001");
  CHECK(b.events() == texts{"published 1"});
  b.reconnect();
  CHECK(b.sent() == "82060002000173003c06000162000379");  // SUBSCRIBE never has DUP
  b.receive("5002 0003 9003 0002 00");
  CHECK(b.events() == texts{"subscribed 2 00"});
  CHECK(b.sent() == "62020003");
  b.reconnect();
  CHECK(b.sent() == "62020003");
  b.receive("7002 0003");
  CHECK(b.events() == texts{"published 3 repeated"});
}

TEST_CASE("client: kept packets are taken without a connection",
          "[session][client][kept][v3.1.1:MQTT-3.3.1-1][v3.1.1:MQTT-3.2.2-3]") {
  keeping b;
  CHECK(b.client.can_send(qos::exactly_once));
  CHECK_FALSE(b.client.can_send(qos::at_most_once));
  REQUIRE(b.client.publish("a", "", qos::at_least_once).has_value());
  CHECK(b.client.publish("a", "").error() == errc::invalid_state);
  CHECK(b.client.pending_output().empty());
  b.resume(false);
  CHECK(b.sent() == "32050001610001");  // never sent before: no DUP, and not lost with the session
  REQUIRE(b.client.publish("b", "", qos::at_least_once).has_value());
  b.lose();
  REQUIRE(b.client.publish("c", "", qos::at_least_once).has_value());
  b.resume(false);
  CHECK(b.events() == texts{"abandoned 1 session_lost"});
  CHECK(b.sent() == "3205000162000232050001630003");
}

TEST_CASE("client: a kept packet that has left by half", "[session][client][kept]") {
  keeping b;
  b.resume(false);
  REQUIRE(b.client.publish("a", "", qos::at_least_once).has_value());
  b.client.consume(b.client.pending_output().size() - 1);
  REQUIRE(b.client.publish("b", "").has_value());
  CHECK(b.client.pending_output().size() == 1);
  CHECK(b.sent() ==
        "01"
        "3003000162");
  b.reconnect();
  CHECK(b.sent() == "3a050001610001");
}

TEST_CASE("client: an answer to a kept packet that was not offered", "[session][client][kept]") {
  keeping b;
  b.resume(false);
  REQUIRE(b.client.publish("a", "", qos::at_least_once).has_value());
  b.receive("4002 0001");
  CHECK(b.events() == texts{"closed unexpected_packet 1"});
}

TEST_CASE("client: memory for kept packets runs out and comes back", "[session][client][kept]") {
  keeping b({}, {.kept = 20});
  b.resume(false);
  CHECK(b.client.room(qos::at_least_once) == 20);
  REQUIRE(b.client.publish("a", "", qos::at_least_once).has_value());
  REQUIRE(b.client.publish("b", "", qos::at_least_once).has_value());
  CHECK(b.client.room(qos::at_least_once) == 6);
  CHECK(b.client.publish("c", "", qos::at_least_once).error() == error{errc::output_full, 7});
  CHECK(b.client.publish("c", "01234567890123", qos::at_least_once).error() ==
        error{errc::buffer_too_small, 21});
  static_cast<void>(b.sent());
  b.receive("4002 0001");
  CHECK(b.events() == texts{"published 1"});
  REQUIRE(b.client.publish("c", "", qos::at_least_once).has_value());
  CHECK(b.sent() == "32050001630003");
}

TEST_CASE("client: with kept packets, DISCONNECT leaves after them", "[session][client][kept]") {
  keeping b;
  b.resume(false);
  REQUIRE(b.client.publish("a", "", qos::at_least_once).has_value());
  REQUIRE(b.client.disconnect().has_value());
  REQUIRE(b.client.publish("b", "", qos::at_least_once).has_value());
  CHECK(b.client.state() == session_state::leaving);
  CHECK(b.sent().substr(0, 14) == "32050001610001");
  CHECK(b.client.state() == session_state::left);
}

TEST_CASE("client: large messages of QoS 1 are not kept", "[session][client][kept]") {
  keeping b;
  b.resume(false);
  CHECK(b.client.publish_in_parts({"a", {}, qos::at_least_once}, 3).error() == errc::not_supported);
  REQUIRE(b.client.publish_in_parts({"a"}, 3).has_value());
  REQUIRE(b.client.publish("b", "", qos::at_least_once).has_value());
  CHECK(b.sent() == "3006000161");  // the payload comes next
  REQUIRE(b.client.publish_payload(as_bytes("xyz")).has_value());
  CHECK(b.sent() ==
        "78797a"
        "32050001620001");
}

TEST_CASE("client: a message whose time is over is not sent", "[session][client][kept][time_limit]") {
  keeping b;
  hubwire::message const limited{"a", {}, qos::exactly_once, false, 1'000};
  REQUIRE(b.client.connect(b.hello(0, false), b.now).has_value());
  REQUIRE(b.client.publish(limited).has_value());
  REQUIRE(b.client.publish("b", "", qos::at_least_once).has_value());
  static_cast<void>(b.sent());
  b.pass(1'000);
  b.receive("20020000");
  CHECK(b.events() == texts{"connected", "abandoned 1 message_expired"});
  CHECK(b.sent() == "32050001620002");
}

TEST_CASE("client: a message whose time is over is not sent again, unless the server may hold its half",
          "[session][client][kept][time_limit]") {
  keeping b;
  b.resume(false);
  REQUIRE(b.client.publish({"a", {}, qos::at_least_once, false, 1'000}).has_value());
  REQUIRE(b.client.publish({"b", {}, qos::exactly_once, false, 1'000}).has_value());
  static_cast<void>(b.sent());
  b.pass(5'000);
  CHECK(b.events().empty());  // on its way it waits
  b.reconnect();
  auto const event = b.client.next_event();
  CHECK((event.kind() == event_kind::abandoned && event.cause() == errc::message_expired));
  CHECK(b.sent() == "3c050001620002");
}

TEST_CASE("client: the application is not asked for a message whose time is over",
          "[session][client][kept][time_limit]") {
  by_hand b;
  b.resume(false);
  REQUIRE(b.client.publish({"a", {}, qos::at_least_once, false, 1'000}).has_value());
  REQUIRE(b.client.publish({"b", {}, qos::at_least_once, false, 9'000}).has_value());
  static_cast<void>(b.sent());
  b.pass(1'000);
  b.reconnect();
  CHECK(b.events() == texts{"abandoned 1 message_expired", "repeat 2"});
}

TEST_CASE("client: a message whose time is over after repeat is not sent again",
          "[session][client][kept][time_limit]") {
  by_hand b;
  b.resume(false);
  REQUIRE(b.client.publish({"a", {}, qos::at_least_once, false, 1'000}).has_value());
  static_cast<void>(b.sent());
  b.reconnect();
  CHECK(b.events() == texts{"repeat 1"});
  b.pass(1'000);
  CHECK(b.events() == texts{"abandoned 1 message_expired"});
  CHECK(b.client.publish_again(1, {"a"}).error() == errc::invalid_packet_id);
  CHECK(b.client.give_up(1).error() == errc::invalid_packet_id);
  CHECK(b.sent().empty());
  REQUIRE(b.client.publish("b", "", qos::at_least_once).has_value());
  CHECK(b.sent() == "32050001620002");
}
