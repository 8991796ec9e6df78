// SPDX-License-Identifier: BSL-1.0
// A session that survives a reboot: a second client over the store of the first.
#include <hubwire/session/client.hpp>
#include <hubwire/session/stored_packets.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench.hpp"

using namespace hubwire;
using texts = std::vector<std::string>;

namespace {

// Memory that can be told to fail.
class memory_store {
 public:
  explicit memory_store(std::size_t size) : octets_(size, 0xFF) {}

  result<void> read_at(std::size_t at, byte_span room) noexcept {
    std::copy_n(octets_.begin() + static_cast<std::ptrdiff_t>(at), room.size(), room.begin());
    return {};
  }
  result<void> write_at(std::size_t at, byte_view data) noexcept {
    if (broken) return error{errc::store_failed, 5};
    ++writes;
    if (at % page_size() == 0)
      std::fill_n(octets_.begin() + static_cast<std::ptrdiff_t>(at), page_size(), std::uint8_t{0xFF});
    std::copy(data.begin(), data.end(), octets_.begin() + static_cast<std::ptrdiff_t>(at));
    return {};
  }
  std::size_t size() const noexcept { return octets_.size(); }
  std::size_t page_size() const noexcept { return 256; }

  bool broken = false;
  int writes = 0;

 private:
  std::vector<std::uint8_t> octets_;
};

// One life of a client after another, over one store.
class device {
 public:
  using stored = hubwire::client<v3_tag, limits{}, payload_reader<v3_tag>, stored_packets<memory_store>>;

  explicit device(client_options const& options = {}, std::size_t size = 1'024)
      : store(size), options_(options) {
    boot();
  }
  load_report boot() {
    client.reset();
    records.emplace(store);
    client.emplace(rx_, tx_, stored::kept_memory{kept_, *records}, options_);
    auto const found = client->restore("c");
    REQUIRE(found.has_value());
    return *found;
  }
  void connect(bool session_present) {
    REQUIRE(client->connect({.client_id = "c", .clean_session = false}, tick(0)).has_value());
    static_cast<void>(sent());
    receive(session_present ? "20020100" : "20020000");
    REQUIRE(client->next_event().kind() == event_kind::connected);
  }
  std::string sent() {
    std::string hex;
    for (byte_view data = client->pending_output(); !data.empty(); data = client->pending_output()) {
      hex += test::to_hex(data);
      client->consume(data.size());
    }
    client->advance(tick(0));
    return hex;
  }
  void receive(std::string_view hex) {
    auto const data = test::from_hex(hex);
    std::copy(data.begin(), data.end(), client->window().begin());
    client->commit(data.size());
  }
  texts events() {
    texts told;
    for (auto e = client->next_event(); e; e = client->next_event()) told.push_back(test::tell(e));
    return told;
  }

  memory_store store;
  std::optional<session_records<memory_store>> records{};
  std::optional<stored> client{};

 private:
  client_options options_;
  std::array<std::uint8_t, 128> rx_{};
  std::array<std::uint8_t, 128> tx_{};
  std::array<std::uint8_t, 128> kept_{};
};

}  // namespace

TEST_CASE("client: what was published before a reboot is sent after it",
          "[session][client][stored][v3.1.1:MQTT-4.1.0-1][v3.1.1:MQTT-3.1.2-4][v3.1.1:MQTT-4.6.0-1]"
          "[v3.1.1:MQTT-3.3.1-1]") {
  device d;
  REQUIRE(d.client->publish("a", "x", qos::at_least_once).has_value());
  REQUIRE(d.client->publish("b", "y", qos::exactly_once).has_value());
  CHECK(d.boot().clean());
  d.connect(false);
  CHECK(d.events() == texts{"abandoned 1 session_lost", "abandoned 2 session_lost"});

  REQUIRE(d.client->publish("a", "x", qos::at_least_once)->id() == packet_id(3));
  REQUIRE(d.client->publish("b", "y", qos::exactly_once).has_value());
  CHECK(d.sent() ==
        "3206000161000378"
        "3406000162000479");
  CHECK(d.boot().clean());
  CHECK_FALSE(d.client->publish("c", "z", qos::at_least_once)->id() == packet_id(1));
  d.connect(true);
  CHECK(d.sent() ==
        "3a06000161000378"
        "3c06000162000479"
        "320600016300057a");
}

TEST_CASE("client: the stages of QoS 2 survive a reboot",
          "[session][client][stored][v3.1.1:MQTT-4.1.0-1][v3.1.1:MQTT-4.3.3-1][v3.1.1:MQTT-4.4.0-1]"
          "[v3.1.1:MQTT-4.6.0-4]") {
  device d;
  d.connect(false);
  REQUIRE(d.client->publish("a", "x", qos::exactly_once).has_value());
  REQUIRE(d.client->publish("b", "y", qos::exactly_once).has_value());
  static_cast<void>(d.sent());
  d.receive("50020001");
  CHECK(d.events().empty());
  d.boot();
  d.connect(true);
  CHECK(d.sent() ==
        "62020001"
        "3c06000162000279");
  d.receive("70020001 50020002 70020002");
  CHECK(d.events() == texts{"published 1 repeated", "published 2 repeated"});
  d.boot();
  d.connect(true);
  CHECK(d.sent().empty());
  CHECK(d.client->publish("c", "", qos::at_least_once)->id() == packet_id(3));
}

TEST_CASE("client: a message of QoS 2 is told once, whatever is rebooted when",
          "[session][client][stored][v3.1.1:MQTT-4.1.0-1][v3.1.1:MQTT-4.3.3-2]") {
  device d;
  d.connect(false);
  d.receive("3405 0001 74 0007");
  CHECK(d.client->next_event().kind() == event_kind::message);
  d.boot();  // before PUBREC
  d.connect(true);
  d.receive("3c05 0001 74 0007");
  CHECK(d.events().empty());
  CHECK(d.sent() == "50020007");
  d.boot();  // before PUBREL
  d.connect(true);
  d.receive("6202 0007");
  CHECK(d.events().empty());
  CHECK(d.sent() == "70020007");
  d.boot();
  d.connect(true);
  d.receive("3405 0001 74 0007");
  CHECK(d.events() == texts{"message 7 t "});
}

TEST_CASE("client: a message that was not acknowledged is told again after a reboot",
          "[session][client][stored]") {
  device d({.acknowledge = acknowledge::by_application});
  d.connect(false);
  d.receive("3405 0001 74 0007");
  CHECK(d.events() == texts{"message 7 t "});
  d.boot();
  d.connect(true);
  d.receive("3c05 0001 74 0007");
  CHECK(d.events() == texts{"message 7 t "});
  REQUIRE(d.client->acknowledge(7).has_value());
  d.boot();
  d.connect(true);
  d.receive("3c05 0001 74 0007");
  CHECK(d.events().empty());
}

TEST_CASE("client: a lost session is forgotten in the store too",
          "[session][client][stored][v3.1.1:MQTT-3.2.2-3]") {
  device d;
  d.connect(false);
  d.receive("3405 0001 74 0007");
  CHECK(d.events() == texts{"message 7 t "});
  d.boot();
  d.connect(false);
  d.boot();
  d.connect(true);
  d.receive("3405 0001 74 0007");
  CHECK(d.events() == texts{"message 7 t "});
}

TEST_CASE("client: a full store gets a snapshot", "[session][client][stored]") {
  device d;
  d.connect(false);
  REQUIRE(d.client->publish("keep", "me", qos::exactly_once).has_value());
  for (int i = 2; i != 200; ++i) {
    auto const how = d.client->publish("a", "0123456789", qos::at_least_once);
    if (!how) {  // the window is as long as its oldest
      REQUIRE(how.error().code == errc::capacity_exhausted);
      break;
    }
  }
  static_cast<void>(d.sent());
  d.receive("50020001 70020001 40020002 40020003 40020004");
  CHECK(d.events().size() == 4);
  for (int i = 5; i != 200; ++i) {
    REQUIRE(d.client->publish("a", "0123456789", qos::at_least_once)->id().number() == i);
    static_cast<void>(d.sent());
    std::uint8_t const puback[] = {0x40, 0x02, 0, static_cast<std::uint8_t>(i)};
    d.receive(test::to_hex(byte_view(puback)));
    REQUIRE(d.events() == texts{"published " + std::to_string(i)});
  }
  CHECK(d.boot().clean());
  d.connect(true);
  CHECK(d.sent().empty());
  CHECK(d.client->publish("c", "", qos::at_least_once)->id() == packet_id(200));
}

TEST_CASE("client: what cannot be remembered is not promised", "[session][client][stored]") {
  device d;
  d.connect(false);
  d.store.broken = true;
  CHECK(d.client->publish("a", "x", qos::at_least_once).error() == error{errc::store_failed, 5});
  CHECK(d.client->publish("a", "x").has_value());
  CHECK(d.sent() ==
        "30040001"
        "6178");
  d.store.broken = false;
  REQUIRE(d.client->publish("a", "x", qos::exactly_once).has_value());
  static_cast<void>(d.sent());
  d.store.broken = true;
  SECTION("PUBREC") {
    d.receive("50020001");
    CHECK(d.events() == texts{"closed store_failed 5"});
    d.store.broken = false;
    d.connect(true);
    CHECK(d.sent() == "3c06000161000178");  // not PUBREL, which a reboot would not know of
  }
  SECTION("PUBCOMP") {
    d.store.broken = false;
    d.receive("50020001");
    CHECK(d.events().empty());
    CHECK(d.sent() == "62020001");
    d.store.broken = true;
    d.receive("70020001");
    CHECK(d.events() == texts{"closed store_failed 5"});
    d.store.broken = false;
    d.connect(true);
    CHECK(d.sent() == "62020001");
  }
  SECTION("a message") {
    d.receive("3405 0001 74 0007");
    CHECK(d.events() == texts{"closed store_failed 5"});
    d.store.broken = false;
    d.connect(true);
    d.receive("3c05 0001 74 0007");
    CHECK(d.events() == texts{"message 7 t "});
  }
  SECTION("PUBREL") {
    d.store.broken = false;
    d.receive("3405 0001 74 0007");
    CHECK(d.events() == texts{"message 7 t "});
    CHECK(d.sent() == "50020007");
    d.store.broken = true;
    d.receive("62020007");
    CHECK(d.events() == texts{"closed store_failed 5"});
    CHECK(d.sent().empty());  // the server says PUBREL again
  }
  SECTION("a session that was lost") {
    d.client->lost({errc::connection_lost, 0});
    CHECK(d.events() == texts{"closed connection_lost 0"});
    REQUIRE(d.client->connect({.client_id = "c", .clean_session = false}, tick(0)).has_value());
    static_cast<void>(d.sent());
    d.receive("20020000");
    CHECK(d.events() == texts{"closed store_failed 5"});
    d.store.broken = false;
    CHECK(d.events() == texts{"abandoned 1 session_lost"});
    d.boot();
    d.connect(true);
    CHECK(d.sent().empty());
  }
}

TEST_CASE("client: an acknowledgement that cannot be remembered is not given", "[session][client][stored]") {
  device d({.acknowledge = acknowledge::by_application});
  d.connect(false);
  d.receive("3405 0001 74 0007");
  CHECK(d.events() == texts{"message 7 t "});
  d.store.broken = true;
  CHECK(d.client->acknowledge(packet_id(7)).error() == error{errc::store_failed, 5});
  CHECK(d.sent().empty());
  d.store.broken = false;
  CHECK(d.client->acknowledge(packet_id(7)).has_value());
  CHECK(d.sent() == "50020007");
}

TEST_CASE("client: the end of a message whose time is over is remembered before it is told",
          "[session][client][stored]") {
  device d;
  d.client->advance(tick(0));
  REQUIRE(d.client->publish({.topic = "a", .qos = qos::at_least_once, .time_limit = 10}).has_value());
  d.client->advance(tick(10));
  REQUIRE(d.client->connect({.client_id = "c", .clean_session = false}, tick(10)).has_value());
  for (byte_view data = d.client->pending_output(); !data.empty(); data = d.client->pending_output())
    d.client->consume(data.size());
  d.receive("20020100");
  REQUIRE(d.client->next_event().kind() == event_kind::connected);
  SECTION("when the store takes it") {
    CHECK(d.events() == texts{"abandoned 1 message_expired"});
    d.boot();
    d.connect(true);
    CHECK(d.sent().empty());
  }
  SECTION("when the store does not") {
    d.store.broken = true;
    CHECK(d.events() == texts{"closed store_failed 5"});
  }
}

TEST_CASE("client: restore comes first, once", "[session][client][stored]") {
  device d;
  d.connect(false);
  CHECK(d.client->restore("c").error() == errc::invalid_state);
}

TEST_CASE("client: another client's records are not read", "[session][client][stored][v3.1.1:MQTT-3.1.3-2]") {
  device d;
  REQUIRE(d.client->publish("a", "x", qos::at_least_once).has_value());
  session_records<memory_store> records(d.store);
  std::array<std::uint8_t, 64> rx{}, tx{}, kept{};
  device::stored other(rx, tx, device::stored::kept_memory{kept, records});
  auto const found = other.restore("other");
  REQUIRE(found.has_value());
  CHECK((found->records == 0 && found->refused == 1));
  CHECK(other.publish("a", "x", qos::at_least_once)->id() == packet_id(1));
}

TEST_CASE("client: what a smaller client cannot take is counted", "[session][client][stored]") {
  device d;
  for (int i = 0; i != 3; ++i) REQUIRE(d.client->publish("a", "x", qos::at_least_once).has_value());
  session_records<memory_store> records(d.store);
  std::array<std::uint8_t, 64> rx{}, tx{};
  std::array<std::uint8_t, 20> kept{};
  client<v3_tag, limits{}, payload_reader<v3_tag>, stored_packets<memory_store>> other(
      rx, tx, device::stored::kept_memory{kept, records});
  auto const found = other.restore("c");
  REQUIRE(found.has_value());
  CHECK(found->skipped == 1);
  CHECK_FALSE(found->clean());
}

TEST_CASE("client: a power cut while a lost session is told brings nothing of it into the next one",
          "[session][client][stored][v3.1.1:MQTT-3.1.2-6]") {
  device d;
  d.connect(false);
  REQUIRE(d.client->publish("a", "x", qos::exactly_once).has_value());
  REQUIRE(d.client->publish("b", "y", qos::exactly_once).has_value());
  REQUIRE(d.client->publish("c", "z", qos::exactly_once).has_value());
  static_cast<void>(d.sent());
  d.receive("5002 0003");
  CHECK(d.events().empty());
  d.boot();
  d.connect(false);
  CHECK(test::tell(d.client->next_event()) == "abandoned 1 session_lost");
  REQUIRE(d.client->publish("d", "w", qos::at_least_once)->id() == packet_id(4));
  CHECK(d.boot().clean());
  CHECK(d.events().empty());
  d.connect(true);  // to the session that began then
  CHECK(d.events() == texts{"abandoned 2 session_lost", "abandoned 3 session_lost"});
  CHECK(d.sent() == "3a06000164000477");
}

TEST_CASE("client: a snapshot does not count a message that is still coming", "[session][client][stored]") {
  device d({.large_messages = large_messages::in_parts}, 512);
  d.connect(false);
  for (int i = 1; i != 5; ++i) {
    REQUIRE(d.client->publish("a", "x", qos::at_least_once)->id().number() == i);
    static_cast<void>(d.sent());
    std::uint8_t const puback[] = {0x40, 0x02, 0, static_cast<std::uint8_t>(i)};
    d.receive(test::to_hex(byte_view(puback)));
    REQUIRE(d.events().size() == 1);
  }
  std::string const large = "34c8010001740007" + std::string(std::size_t{2} * 195, '7');
  d.receive(large.substr(0, 200));
  REQUIRE(d.client->next_event().kind() == event_kind::message_begin);
  int const before = d.store.writes;
  REQUIRE(d.client->publish("a", "x", qos::at_least_once).has_value());
  REQUIRE(d.store.writes - before > 2);  // the store was full
  d.boot();
  d.connect(true);
  d.receive(large.substr(0, 200));
  CHECK(d.client->next_event().kind() == event_kind::message_begin);
}
