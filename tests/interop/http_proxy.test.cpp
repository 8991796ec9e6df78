// SPDX-License-Identifier: BSL-1.0
// The client through proxies that others wrote, to a broker that somebody else wrote, plain and with TLS inside.
#include <hubwire/transport/http_proxy.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include <hubwire/driver/blocking.hpp>
#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/posix_tcp.hpp>

#include "mosquitto.hpp"
#include "squid.hpp"
#include "tinyproxy.hpp"

using namespace hubwire;

namespace {

test::mosquitto& broker() {
  static test::mosquitto one;
  return one;
}
// One of each kind for all tests, started by the first that needs it.
template <class Proxy>
Proxy& server() {
  static Proxy one(broker().port(), broker().tls_port());
  return one;
}

struct tunnel {
  posix_tcp tcp{};
  std::array<std::uint8_t, 300> request{};
  http_proxy<posix_tcp> proxy{tcp, request};

  void open(std::uint16_t proxy_port, proxy_tunnel const& to) {
    REQUIRE(tcp.connect("127.0.0.1", proxy_port, 5'000));
    REQUIRE(proxy.start(to));
  }
};

proxy_tunnel to_port(std::uint16_t port) {
  return {.host = "localhost",
          .port = port,
          .user_name = test::tinyproxy::user,
          .password = test::tinyproxy::password};
}

// Connects, sends a message of this size to itself, and leaves. Returns the error of the end.
template <class Stream>
error visit(Stream& stream, posix_tcp& tcp, std::string const& payload) {
  std::vector<std::uint8_t> rx(80'000);
  std::vector<std::uint8_t> tx(80'000);
  client<> device(rx, tx);
  v3::connect hello{.client_id = "behind-a-proxy"};
  hello.user_name = text::trusted(test::mosquitto::user);
  hello.password = as_bytes(test::mosquitto::password);
  REQUIRE(device.connect(hello, posix_now()));
  error ended{errc::none, 77};
  bool came_back = false;
  auto const give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!device.finished() && std::chrono::steady_clock::now() < give_up) {
    pump_result const moved = pump(device, stream, posix_now(), [&](v3::event const& e) {
      if (e.kind() == event_kind::connected) REQUIRE(device.subscribe("proxy/x"));
      if (e.kind() == event_kind::subscribed) REQUIRE(device.publish("proxy/x", payload));
      if (e.kind() == event_kind::message) {
        came_back = e.message().payload.view() == payload;
        REQUIRE(device.disconnect());
      }
      if (e.kind() == event_kind::closed) ended = e.cause();
    });
    if (!device.finished()) wait_after(moved, tcp, time_left(device.deadline(), posix_now(), 1'000));
  }
  CHECK(came_back == (ended == errc::none));
  return ended;
}

std::string noise(std::size_t size) {
  std::string made(size, '\0');
  std::mt19937 random(5);
  for (char& c : made) c = static_cast<char>(random());
  return made;
}

template <class Proxy>
void tunnel_to_mosquitto() {
  if (!Proxy::is_installed()) SKIP("the proxy is not installed; tests/run.sh installs it");
  tunnel link;
  link.open(server<Proxy>().port(), to_port(broker().port()));
  INFO(server<Proxy>().log());
  CHECK(visit(link.proxy, link.tcp, noise(60'000)) == error{});
  CHECK(link.proxy.status() == 200);
}

template <class Proxy>
void tls_inside() {
  if (!Proxy::is_installed()) SKIP("the proxy is not installed; tests/run.sh installs it");
  tunnel link;
  link.open(server<Proxy>().port(), to_port(broker().tls_port()));
  trust_store<1> trust;
  REQUIRE(trust.add_pem(broker().ca()));
  std::vector<std::uint8_t> input(tls_buffers::full_input);
  std::vector<std::uint8_t> output(tls_buffers::full_output);
  std::array<std::uint8_t, 32> entropy{};
  std::random_device random;
  for (std::uint8_t& octet : entropy) octet = static_cast<std::uint8_t>(random());
  bearssl_tls<http_proxy<posix_tcp>> tls(link.proxy, trust.anchors(), {input, output});
  REQUIRE(tls.start({"localhost", static_cast<std::uint64_t>(std::time(nullptr)), entropy}));
  INFO(server<Proxy>().log());
  CHECK(visit(tls, link.tcp, noise(60'000)) == error{});
}

// Tries a way that ends without a tunnel.
template <class Proxy>
void refused(proxy_tunnel const& to, error const& wanted) {
  tunnel link;
  link.open(server<Proxy>().port(), to);
  INFO(server<Proxy>().log());
  CHECK(visit(link.proxy, link.tcp, "x") == wanted);
  CHECK(link.proxy.status() == wanted.detail);
}

// wrong_credentials and nobody_there: what the proxy says to these.
template <class Proxy>
void no_tunnel(error const& wrong_credentials, unsigned nobody_there) {
  if (!Proxy::is_installed()) SKIP("the proxy is not installed; tests/run.sh installs it");
  proxy_tunnel const good = to_port(broker().port());
  proxy_tunnel to = good;
  to.user_name = to.password = {};
  refused<Proxy>(to, {errc::proxy_wants_credentials, 407});
  to = good;
  to.password = "wrong";
  refused<Proxy>(to, wrong_credentials);
  to = good;
  to.port = 1;  // not allowed
  refused<Proxy>(to, {errc::proxy_refused, 403});
  to = good;
  to.host = "127.0.0.2";  // where nobody listens
  refused<Proxy>(to, {errc::proxy_refused, nobody_there});
}

}  // namespace

TEST_CASE("tinyproxy: a tunnel to mosquitto", "[interop][http_proxy]") {
  tunnel_to_mosquitto<test::tinyproxy>();
}
TEST_CASE("tinyproxy: TLS inside the tunnel", "[interop][http_proxy]") { tls_inside<test::tinyproxy>(); }
TEST_CASE("tinyproxy: why there is no tunnel", "[interop][http_proxy]") {
  no_tunnel<test::tinyproxy>({errc::proxy_refused, 401}, 500);
}

TEST_CASE("squid: a tunnel to mosquitto", "[interop][http_proxy]") { tunnel_to_mosquitto<test::squid>(); }
TEST_CASE("squid: TLS inside the tunnel", "[interop][http_proxy]") { tls_inside<test::squid>(); }
TEST_CASE("squid: why there is no tunnel", "[interop][http_proxy]") {
  no_tunnel<test::squid>({errc::proxy_wants_credentials, 407}, 503);
}
