// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/connect_log.hpp>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include <hubwire/transport/connect_text.hpp>

#include "support/constexpr_test.hpp"

using namespace hubwire;

namespace {

template <class T>
std::string text_of(T const& shown) {
  std::array<char, 600> room{};
  text_writer out(room);
  auto const text = put(out, shown).finish();
  REQUIRE(text);
  return std::string(*text);
}

constexpr error refused{errc::connect_failed, 111};
constexpr ip_endpoint near_one = ip_endpoint::v4({127, 0, 0, 1}, 1883);
constexpr connect_attempt failed_there{connect_layer::tcp, near_one, refused};

// The eight groups of an IPv6 address.
ip_endpoint ipv6(std::array<std::uint16_t, 8> const& groups, std::uint32_t scope = 0) {
  std::array<std::uint8_t, 16> octets{};
  for (std::size_t i = 0; i != 8; ++i) {
    octets[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    octets[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xFF);
  }
  return ip_endpoint::v6(octets, 8883, scope);
}

}  // namespace

TEST_CASE("connect_log: an error of one address decides nothing, the first that ends it is the cause",
          "[transport][connect_log]") {
  connect_log log;
  CHECK(log.attempts().empty());
  CHECK(log.cause() == connect_attempt{});
  log.note(failed_there);
  CHECK(log.cause() == connect_attempt{});
  log.reach(near_one);
  CHECK(log.reached() == near_one);
  log.end({errc::none, 0});  // a goodbye is no error
  CHECK(log.attempts().size() == 1);

  log.end({errc::tls_wrong_server_name, 56});
  log.end({errc::connection_lost, 104});  // what comes of it
  REQUIRE(log.attempts().size() == 3);
  CHECK(log.attempts()[0] == failed_there);
  CHECK(log.attempts()[1] ==
        connect_attempt{connect_layer::tls, near_one, {errc::tls_wrong_server_name, 56}});
  CHECK(log.attempts()[2] == connect_attempt{connect_layer::tcp, near_one, {errc::connection_lost, 104}});
  CHECK(log.cause() == log.attempts()[1]);

  log.clear();
  CHECK(log.attempts().empty());
  CHECK(log.cause() == connect_attempt{});
  CHECK(log.reached() == ip_endpoint{});
}

TEST_CASE("connect_log: the cause that a layer above reports again is recorded once",
          "[transport][connect_log]") {
  connect_log log;
  log.note(failed_there);
  log.decide(failed_there);
  log.decide({connect_layer::tcp, {}, {errc::connect_timeout, 0}});
  log.end(refused);
  CHECK(log.attempts().size() == 1);
  CHECK(log.cause() == failed_there);
}

TEST_CASE("connect_log: it is bounded, counts what does not fit and keeps the cause all the same",
          "[transport][connect_log]") {
  connect_log log;
  for (std::size_t i = 0; i != connect_log::capacity; ++i) log.note(failed_there);
  CHECK(log.left_out() == 0);
  log.end({errc::tls_failed, 26});
  CHECK(log.attempts().size() == connect_log::capacity);
  CHECK(log.left_out() == 1);
  CHECK(log.cause() == connect_attempt{connect_layer::tls, {}, {errc::tls_failed, 26}});
  CHECK(text_of(log).ends_with("tcp 127.0.0.1:1883 connect_failed 111; and 1 more"));
  log.clear();
  CHECK(log.left_out() == 0);
}

TEST_CASE("connect_log: each error has its layer", "[transport][connect_log]") {
  test::constexpr_test([] {
    using enum errc;
    bool right = layer_of(address_not_found) == connect_layer::look_up;
    for (errc const code : {connect_failed, connect_timeout, connection_lost, transport_failed})
      right = right && layer_of(code) == connect_layer::tcp;
    for (errc const code : {proxy_refused, proxy_wants_credentials, invalid_http_reply, http_reply_too_long})
      right = right && layer_of(code) == connect_layer::proxy;
    for (errc const code : {tls_failed, tls_untrusted_certificate, tls_wrong_server_name,
                            tls_certificate_expired, tls_chain_too_long})
      right = right && layer_of(code) == connect_layer::tls;
    for (errc const code : {websocket_refused, websocket_failed})
      right = right && layer_of(code) == connect_layer::websocket;
    for (errc const code : {connection_refused, connack_timeout, malformed_packet})
      right = right && layer_of(code) == connect_layer::mqtt;
    return right;
  });
}

TEST_CASE("connect_text: addresses as RFC 5952 writes them", "[transport][connect_text]") {
  CHECK(text_of(ip_endpoint{}) == "-");
  CHECK(text_of(ip_endpoint::v4({192, 0, 2, 10}, 8883)) == "192.0.2.10:8883");
  CHECK(text_of(ip_endpoint::v4({255, 255, 255, 255}, 65'535)) == "255.255.255.255:65535");
  CHECK(text_of(ipv6({})) == "[::]:8883");
  CHECK(text_of(ipv6({0, 0, 0, 0, 0, 0, 0, 1})) == "[::1]:8883");
  CHECK(text_of(ipv6({0x2001, 0xdb8, 0, 0, 0, 0, 0, 0})) == "[2001:db8::]:8883");
  CHECK(text_of(ipv6({0x2001, 0xdb8, 0, 0, 1, 0, 0, 1})) == "[2001:db8::1:0:0:1]:8883");  // the first of two
  CHECK(text_of(ipv6({0x2001, 0, 0, 1, 0, 0, 0, 1})) == "[2001:0:0:1::1]:8883");          // the longest
  CHECK(text_of(ipv6({0x2001, 0xdb8, 0, 1, 1, 1, 1, 1})) ==
        "[2001:db8:0:1:1:1:1:1]:8883");  // one alone stays
  CHECK(text_of(ipv6({1, 2, 3, 4, 5, 6, 0, 0})) == "[1:2:3:4:5:6::]:8883");
  CHECK(text_of(ipv6({0xffff, 0x0a0b, 0x10, 0x100, 0x1000, 0xf, 0xabcd, 0xef01})) ==
        "[ffff:a0b:10:100:1000:f:abcd:ef01]:8883");
  CHECK(text_of(ipv6({0xfe80, 0, 0, 0, 0, 0, 0, 1}, 3)) == "[fe80::1%3]:8883");
}

TEST_CASE("connect_text: an attempt and a whole record", "[transport][connect_text]") {
  CHECK(text_of(failed_there) == "tcp 127.0.0.1:1883 connect_failed 111");
  connect_log log;
  CHECK(text_of(log).empty());
  log.note({connect_layer::look_up, {}, {errc::address_not_found, 2}});
  log.note({connect_layer::tcp, ipv6({0, 0, 0, 0, 0, 0, 0, 1}), {errc::connect_timeout, 0}});
  CHECK(text_of(log) == "look-up - address_not_found 2; tcp [::1]:8883 connect_timeout 0");
  std::array<char, 10> small{};
  text_writer out(small);
  CHECK(put(out, failed_there).finish().error() == error{errc::buffer_too_small, 37});
}

TEST_CASE("connect_text: each layer has a name of its own", "[transport][connect_text]") {
  std::string_view const names[] = {"look-up", "tcp", "proxy", "tls", "websocket", "mqtt", "unknown"};
  for (unsigned i = 0; i != 7; ++i) CHECK(to_string(static_cast<connect_layer>(i)) == names[i]);
}
