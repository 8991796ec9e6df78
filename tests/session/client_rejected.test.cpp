// SPDX-License-Identifier: BSL-1.0
// The packet that ended a connection: what rejected() shows, and when there is none to show.
#include <hubwire/session/client.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <tuple>
#include <vector>

#include <hubwire/diagnosis.hpp>

#include "bench.hpp"

using namespace hubwire;
using test::at_least_once;
using test::bench;
using texts = std::vector<std::string>;

namespace {

std::string hex_of(char_view view) { return test::to_hex(std::string_view(view.data(), view.size())); }

std::string hex_of(char const* hex) { return test::to_hex(byte_view(test::from_hex(hex))); }

struct row {
  char const* packet;
  char const* closed;
  char const* statement;
  char const* behind = "";  // as much of the stream as belongs to what is rejected
};

using diagnosed = std::tuple<std::string, std::string, std::size_t>;

diagnosed why(bench<>& b, error cause) {
  auto const found = diagnose_refused<v3_tag, role::server>(b.client.rejected(), cause);
  return {std::string(to_string(found.error.code)), std::string(found.statement), found.offset};
}

}  // namespace

TEST_CASE("client: rejected() is the packet that ended the connection, for diagnose()",
          "[session][client][rejected]") {
  for (row const& r :
       {// What the stream cannot cut: all that has come.
        row{"8001 00", "closed malformed_packet 0", "v3.1.1:MQTT-3.8.1-1", "d000"},
        row{"30 80 80 80 80", "closed malformed_packet 0", "v3.1.1 §2.2.3", "d000"},
        row{"3604 0001 74 00", "closed malformed_packet 0", "v3.1.1:MQTT-3.3.1-4", "d000"},
        row{"f0 ff ff ff 7f", "closed malformed_packet 0", "v3.1.1 §2.2.1", "d000"},
        // What this side does not send.
        row{"c000", "closed protocol_error 0", "v3.1.1 §2.2.1", "d000"},
        row{"82", "closed protocol_error 0", "v3.1.1 §2.2.1", "d000"},
        // What does not decode, and nothing behind it.
        row{"3003 0001 2b", "closed protocol_error 0", "v3.1.1:MQTT-3.3.2-2"},
        row{"3003 0005 74", "closed malformed_packet 0", "v3.1.1 §2.2.3"},
        row{"4002 0000", "closed protocol_error 0", "v3.1.1:MQTT-2.3.1-1"},
        row{"4003 0000 00", "closed malformed_packet 0", "v3.1.1 §2.2.3"},  // as decode(): its size first
        row{"b001 00", "closed malformed_packet 0", "v3.1.1 §2.2.3"},
        row{"9003 0001 03", "closed malformed_packet 0", "v3.1.1:MQTT-3.9.3-2"},
        row{"d001 00", "closed malformed_packet 0", "v3.1.1 §2.2.3"}}) {
    INFO(r.packet);
    bench<> b;
    b.open();
    CHECK(b.client.rejected().empty());
    b.receive("3003 0001 74 " + std::string(r.packet) + "d000");
    CHECK(b.next() == "message 0 t ");
    CHECK(b.client.rejected().empty());  // of a connection that goes on, nothing is rejected
    CHECK(b.events() == texts{r.closed});
    CHECK(hex_of(b.client.rejected()) == hex_of(r.packet) + r.behind);
    auto const why = diagnose<v3_tag, role::server>(b.client.rejected());
    CHECK("closed " + std::string(to_string(why.error.code)) + " 0" == r.closed);
    CHECK(why.statement == r.statement);
    CHECK(diagnose_refused<v3_tag, role::server>(b.client.rejected(), why.error).statement == r.statement);

    // It stays, whatever is called, until the next connection begins.
    CHECK(b.client.window().empty());
    b.client.commit(10);
    b.pass(100'000);
    b.client.lost({errc::connection_lost, 0});
    CHECK(b.events().empty());
    CHECK(hex_of(b.client.rejected()) == hex_of(r.packet) + r.behind);
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    CHECK(b.client.rejected().empty());
    CHECK(b.client.window().size() == 256);
  }
}

TEST_CASE("client: rejected() shows the packet that the caller's memory does not hold",
          "[session][client][rejected]") {
  bench<> b({.large_messages = large_messages::in_parts}, {.rx = 16, .tx = 64});
  b.open();
  b.receive("3064 0040 74");
  CHECK(b.events() == texts{"closed buffer_too_small 68"});
  CHECK(hex_of(b.client.rejected()) == "3064004074");
}

TEST_CASE("client: rejected() shows packets that are sound and were not due", "[session][client][rejected]") {
  struct sound {
    char const* packet;
    char const* closed;
  };
  for (sound const& r :
       {sound{"4002 0009", "closed unexpected_packet 9"}, sound{"9003 0009 00", "closed unexpected_packet 9"},
        sound{"b002 0009", "closed unexpected_packet 9"}, sound{"5002 0009", "closed unexpected_packet 9"},
        sound{"2002 0000", "closed protocol_error 2"},
        sound{"3405 0001 74 0001", "closed not_supported 0"}}) {
    INFO(r.packet);
    bench<> b;
    b.open();
    b.receive(std::string(r.packet) + "d000");
    CHECK(b.events() == texts{r.closed});
    CHECK(hex_of(b.client.rejected()) == hex_of(r.packet));
    CHECK(diagnose<v3_tag, role::server>(b.client.rejected()).error == errc::none);
  }
  for (char const* const answer :
       {"3003 0001 74", "2002 0005", "2002 0100"}) {  // instead of a CONNACK that accepts
    bench<> b;
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    b.receive(answer);
    CHECK(b.events().size() == 1);
    CHECK(hex_of(b.client.rejected()) == hex_of(answer));
  }
}

TEST_CASE("client: rejected() of a packet that is too large is its beginning",
          "[session][client][rejected]") {
  bench<> b({}, {.rx = 16, .tx = 64});
  b.open();
  b.receive("30 ff ff 03 0001");
  CHECK(b.events() == texts{"closed packet_exceeds_limit 65539"});
  CHECK(hex_of(b.client.rejected()) == "30ffff030001");
  CHECK(why(b, {errc::packet_exceeds_limit, 65'539}) == diagnosed{"packet_exceeds_limit", "", 1});

  bench<> large({.large_messages = large_messages::in_parts}, {.rx = 16, .tx = 64});
  large.open();
  large.receive("3064 00ff 74");  // a topic that ends behind its packet
  CHECK(large.events() == texts{"closed malformed_packet 0"});
  CHECK(hex_of(large.client.rejected()) == "306400ff74");
  CHECK(why(large, {errc::malformed_packet, 0}) == diagnosed{"malformed_packet", "v3.1.1 §2.2.3", 4});

  bench<> head({.large_messages = large_messages::in_parts}, {.rx = 16, .tx = 64});
  head.open();
  head.receive("3064 0001 2b 7878");  // its head does not decode
  CHECK(head.events() == texts{"closed protocol_error 0"});
  CHECK(hex_of(head.client.rejected()) == "306400012b");
  CHECK(why(head, {errc::protocol_error, 0}) == diagnosed{"protocol_error", "v3.1.1:MQTT-3.3.2-2", 4});

  bench<> text({.large_messages = large_messages::in_parts}, {.rx = 16, .tx = 64});
  text.open();
  text.receive("30e507 0003 c08062 78");  // nor does its topic
  CHECK(text.events() == texts{"closed malformed_packet 0"});
  CHECK(why(text, {errc::malformed_packet, 0}) == diagnosed{"malformed_packet", "v3.1.1:MQTT-1.5.3-1", 5});
}

TEST_CASE("client: rejected() is empty when no packet is to blame", "[session][client][rejected]") {
  bench<> b({.ping_timeout = 10'000, .large_messages = large_messages::in_parts}, {.rx = 16, .tx = 64});
  SECTION("the transport") {
    b.open();
    b.receive("3003 0001 74 40");
    CHECK(b.next() == "message 0 t ");
    b.client.lost({errc::connection_lost, 104});
    CHECK(b.events() == texts{"closed connection_lost 104"});
  }
  SECTION("the caller, who left") {
    b.open();
    b.receive("3003 0001 74");
    CHECK(b.next() == "message 0 t ");
    REQUIRE(b.client.disconnect().has_value());
    static_cast<void>(b.sent());
    b.client.lost({});
    CHECK(b.events() == texts{"closed none 0"});
  }
  SECTION("a server that is silent, after a packet that was sound") {
    b.open(10);
    b.receive("3003 0001 74");
    CHECK(b.next() == "message 0 t ");
    b.pass(10'000);
    static_cast<void>(b.sent());
    b.pass(10'000);
    b.pass(10'000);
    CHECK(b.events() == texts{"closed keep_alive_timeout 0"});
  }
  SECTION("a server that never answers") {
    REQUIRE(b.client.connect(b.hello(), b.now).has_value());
    b.receive("20");
    b.pass(60'000);
    CHECK(b.events() == texts{"closed connack_timeout 0"});
  }
  CHECK(b.client.finished());
  CHECK(b.client.rejected().empty());
}
