// SPDX-License-Identifier: BSL-1.0
// The client against a broker that somebody else wrote, over TCP, TLS, WebSocket, and WebSocket over TLS.
#include "mosquitto.hpp"
#include "mosquitto_links.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/driver/blocking.hpp>
#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/transport/posix_tcp.hpp>

using namespace hubwire;
using namespace hubwire::test;
using texts = std::vector<std::string>;

namespace {

// One broker for all tests of this program, started by the first that needs it.
test::mosquitto& broker() {
  static test::mosquitto one;
  return one;
}

tick now() { return std::chrono::steady_clock::now(); }

std::string tell(v3::event const& e) {
  switch (e.kind()) {
    case event_kind::none: return "none";
    case event_kind::connected: return "connected";
    case event_kind::message: return "message " + std::string(e.message().topic.view());
    case event_kind::message_begin:
    case event_kind::message_piece:
    case event_kind::message_end: return "a part, which nobody asked for";
    case event_kind::published: return "published " + std::to_string(e.id().number());
    case event_kind::subscribed: {
      std::string told = "subscribed";
      for (auto const code : e.codes()) told += ' ' + std::to_string(static_cast<unsigned>(code));
      return told;
    }
    case event_kind::unsubscribed: return "unsubscribed";
    case event_kind::abandoned: return "abandoned " + std::to_string(e.id().number());
    case event_kind::repeat: return "repeat " + std::to_string(e.id().number());
    case event_kind::closed:
      return "closed " + std::string(to_string(e.cause().code)) + ' ' + std::to_string(e.cause().detail);
  }
  return "?";
}

template <class Link>
class device {
 public:
  explicit device(std::size_t memory = 80'000) : rx_(memory), tx_(memory), client(rx_, tx_) {}

 private:
  std::vector<std::uint8_t> rx_;
  std::vector<std::uint8_t> tx_;

 public:
  hubwire::client<> client;
  Link link{};
  texts told{};
  std::vector<std::string> payloads{};
  std::size_t sent = 0;

  v3::connect hello(std::string_view id, std::uint16_t keep_alive = 30) const {
    v3::connect packet;
    packet.client_id = text::trusted(id);
    packet.keep_alive = keep_alive;
    packet.user_name = text::trusted(test::mosquitto::user);
    packet.password = as_bytes(test::mosquitto::password);
    return packet;
  }

  // Runs until the condition holds, ten seconds at most.
  bool until(std::function<bool()> const& condition, std::uint32_t longest_wait = 2'000) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      pump_result const last = pump(client, link.stream(), now());
      sent += last.sent;
      while (v3::event const e = client.next_event()) {
        if (e.kind() == event_kind::message) payloads.emplace_back(e.message().payload.view());
        told.push_back(tell(e));
      }
      if (condition()) return true;
      wait_after(last, client, link.tcp, time_left(client.deadline(), now(), longest_wait));
    }
    return true;
  }
  bool until_told(std::string const& what) {
    return until([&] { return std::find(told.begin(), told.end(), what) != told.end(); });
  }
  // Lets time pass.
  void idle(std::uint32_t milliseconds) {
    tick const end = now() + milliseconds;
    static_cast<void>(until([&] { return reached(end, now()) || client.finished(); }, 50));
  }

  void come(std::string_view id, std::uint16_t keep_alive = 30) {
    REQUIRE(link.open(broker()));
    REQUIRE(client.connect(hello(id, keep_alive), now()).has_value());
    INFO(broker().log());
    REQUIRE(until_told("connected"));
    told.clear();
  }
  void leave() {
    REQUIRE(client.disconnect().has_value());
    REQUIRE(until_told("closed none 0"));
    link.close();
  }
};

// All that a device does, over whatever connection.
template <class Link>
void whole_conversation(std::string_view id) {
  device<Link> d;
  d.come(id);
  std::string const topic_text = std::string(id) + "/x";
  topic_name const topic = *topic_name::parse(topic_text);

  v3::subscription const wanted[] = {{*topic_filter::parse(topic_text), qos::at_least_once}, {"other/+"}};
  REQUIRE(d.client.subscribe(wanted).has_value());
  REQUIRE(d.until_told("subscribed 1 0"));
  d.told.clear();

  SECTION("messages of QoS 0 and 1 come back") {
    REQUIRE(d.client.publish({topic, as_bytes("zero")}).has_value());
    REQUIRE(d.client.publish({topic, as_bytes("one"), qos::at_least_once})->id().number() == 2);
    REQUIRE(d.until([&] { return d.payloads.size() == 2 && d.told.size() == 3; }));
    CHECK(d.payloads == texts{"zero", "one"});
    CHECK(std::count(d.told.begin(), d.told.end(), "published 2") == 1);
  }
  SECTION("so does one of 60 kB, as it was") {
    std::string large(60'000, '\0');
    std::mt19937 random(11);
    for (char& c : large) c = static_cast<char>(random());
    REQUIRE(d.client.publish({topic, as_bytes(large), qos::at_least_once}).has_value());
    REQUIRE(d.until([&] { return d.payloads.size() == 1 && d.told.size() == 2; }));
    CHECK(d.payloads[0] == large);
  }
  SECTION("many in a row keep their order") {
    for (int i = 0; i != 200; ++i) {
      std::string const payload = std::to_string(i);
      REQUIRE(d.until([&] {
        return d.client.publish({topic, as_bytes(payload), qos::at_least_once}).has_value();
      }));
    }
    REQUIRE(d.until([&] { return d.payloads.size() == 200; }));
    for (std::size_t i = 0; i != 200; ++i) REQUIRE(d.payloads[i] == std::to_string(i));
  }
  SECTION("after UNSUBSCRIBE none come") {
    v3::unsubscription const gone[] = {{*topic_filter::parse(topic_text)}, {"other/+"}};
    REQUIRE(d.client.unsubscribe(gone).has_value());
    REQUIRE(d.until_told("unsubscribed"));
    REQUIRE(d.client.publish({topic, as_bytes("one"), qos::at_least_once}).has_value());
    REQUIRE(d.until([&] { return d.told.back().rfind("published", 0) == 0; }));
    CHECK(d.payloads.empty());
  }
  d.leave();
  CHECK(broker().logs("Client " + std::string(id) + " disconnected."));
}

// The broker publishes the Will of a client whose connection is cut, and not of one that says goodbye.
template <class Link>
void will_is_published(std::string_view id) {
  std::string const topic_text = "will/" + std::string(id);
  device<plain> watcher;
  watcher.come(std::string(id) + "-watcher");
  v3::subscription const wanted[] = {{*topic_filter::parse(topic_text)}};
  REQUIRE(watcher.client.subscribe(wanted).has_value());
  REQUIRE(watcher.until_told("subscribed 0"));

  for (bool const cut : {false, true}) {
    device<Link> d;
    REQUIRE(d.link.open(broker()));
    v3::connect packet = d.hello(id);
    packet.will = v3::will{*topic_name::parse(topic_text), as_bytes(cut ? "cut" : "left")};
    REQUIRE(d.client.connect(packet, now()).has_value());
    REQUIRE(d.until_told("connected"));
    if (cut)
      d.link.tcp.close();
    else
      d.leave();
  }
  REQUIRE(watcher.until([&] { return !watcher.payloads.empty(); }));
  watcher.idle(100);
  CHECK(watcher.payloads == texts{"cut"});
  watcher.leave();
}

}  // namespace

TEST_CASE("mosquitto: a whole conversation over TCP", "[interop][mosquitto]") {
  whole_conversation<plain>("plain");
}

TEST_CASE("mosquitto: a whole conversation over TLS", "[interop][mosquitto][tls]") {
  whole_conversation<secured>("tls");
}

TEST_CASE("mosquitto: a whole conversation over WebSocket", "[interop][mosquitto][websocket]") {
  whole_conversation<over_websocket<plain>>("ws");
}

TEST_CASE("mosquitto: a whole conversation over WebSocket and TLS", "[interop][mosquitto][websocket][tls]") {
  whole_conversation<over_websocket<secured>>("wss");
}

TEST_CASE("mosquitto: the Will over WebSocket", "[interop][mosquitto][websocket]") {
  will_is_published<over_websocket<plain>>("will-ws");
}

TEST_CASE("mosquitto: small buffers over WebSocket lose nothing", "[interop][mosquitto][websocket]") {
  device<over_websocket<plain>> d(128);
  d.link.frame.resize(256);
  d.come("small-ws");
  v3::subscription const wanted[] = {{"small-ws/x", qos::at_least_once}};
  REQUIRE(d.client.subscribe(wanted).has_value());
  REQUIRE(d.until_told("subscribed 1"));
  for (int i = 0; i != 50; ++i) {
    std::string const payload = std::to_string(i) + std::string(50, '.');
    REQUIRE(d.until([&] {
      return d.client.publish({"small-ws/x", as_bytes(payload), qos::at_least_once}).has_value();
    }));
  }
  REQUIRE(d.until([&] { return d.payloads.size() == 50; }));
  for (std::size_t i = 0; i != 50; ++i) CHECK(d.payloads[i] == std::to_string(i) + std::string(50, '.'));
  d.leave();
}

TEST_CASE("mosquitto: the Will over TCP", "[interop][mosquitto]") { will_is_published<plain>("will-plain"); }

TEST_CASE("mosquitto: the Will over TLS", "[interop][mosquitto][tls]") {
  will_is_published<secured>("will-tls");
}

TEST_CASE("mosquitto: pings keep an idle connection", "[interop][mosquitto][v3.1.1:MQTT-3.1.2-23]") {
  device<plain> d;
  d.come("idle", 1);
  std::size_t const before = d.sent;
  d.idle(3'500);  // the broker gives up after 1.5 s of silence
  CHECK_FALSE(d.client.finished());
  CHECK(d.sent - before >= 6);  // three pings at least
  CHECK(d.told.empty());
  d.leave();
}

TEST_CASE("mosquitto: a wrong password is refused", "[interop][mosquitto]") {
  device<plain> d;
  REQUIRE(d.link.open(broker()));
  v3::connect packet = d.hello("stranger");
  packet.password = as_bytes("wrong");
  REQUIRE(d.client.connect(packet, now()).has_value());
  REQUIRE(d.until([&] { return !d.told.empty(); }));
  CHECK(d.told == texts{"closed connection_refused 5"});

  // And the same client object gets in with the right one.
  d.link.close();
  d.told.clear();
  d.come("stranger");
  d.leave();
}

TEST_CASE("mosquitto: a certificate for another name is refused before the password leaves",
          "[interop][mosquitto][tls][H200]") {
  device<secured> d;
  d.link.server_name = "example.com";
  REQUIRE(d.link.open(broker()));
  REQUIRE(d.client.connect(d.hello("mistaken"), now()).has_value());
  REQUIRE(d.until([&] { return !d.told.empty(); }));
  CHECK(d.told[0].rfind("closed tls_wrong_server_name", 0) == 0);
  CHECK(d.sent == 0);
  CHECK(broker().log().find("mistaken") == std::string::npos);
}

TEST_CASE("mosquitto: a second connection with the same client id ends the first", "[interop][mosquitto]") {
  device<plain> first;
  first.come("twin");
  device<plain> second;
  second.come("twin");
  REQUIRE(first.until([&] { return first.client.finished(); }));
  CHECK(first.told.back().rfind("closed connection_lost", 0) == 0);
  second.leave();
}

TEST_CASE("mosquitto: small buffers slow the broker down and lose nothing", "[interop][mosquitto]") {
  device<plain> d(128);
  d.come("small");
  v3::subscription const wanted[] = {{"small/x", qos::at_least_once}};
  REQUIRE(d.client.subscribe(wanted).has_value());
  REQUIRE(d.until_told("subscribed 1"));
  device<plain> sender;
  sender.come("small-sender");
  for (int i = 0; i != 100; ++i) {
    std::string const payload = std::to_string(i) + std::string(50, '.');
    REQUIRE(sender.until([&] {
      return sender.client.publish({"small/x", as_bytes(payload), qos::at_least_once}).has_value();
    }));
  }
  REQUIRE(sender.until([&] { return sender.client.pending_output().empty(); }));
  REQUIRE(d.until([&] { return d.payloads.size() == 100; }));
  for (std::size_t i = 0; i != 100; ++i) REQUIRE(d.payloads[i] == std::to_string(i) + std::string(50, '.'));
  d.leave();
  sender.leave();
}
