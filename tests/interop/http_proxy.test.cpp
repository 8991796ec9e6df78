// SPDX-License-Identifier: BSL-1.0
// The client through a proxy that somebody else wrote, to a broker that somebody else wrote, plain and with TLS inside.
#include <hubwire/transport/http_proxy.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
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
#include "tinyproxy.hpp"

using namespace hubwire;

namespace {

test::mosquitto& broker() {
  static test::mosquitto one;
  return one;
}
test::tinyproxy& proxy_server() {
  static test::tinyproxy one(broker().port(), broker().tls_port());
  return one;
}

struct tunnel {
  posix_tcp tcp{};
  std::array<std::uint8_t, 300> request{};
  http_proxy<posix_tcp> proxy{tcp, request};

  void open(proxy_tunnel const& to) {
    REQUIRE(tcp.connect("127.0.0.1", proxy_server().port(), 5'000));
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
  INFO(proxy_server().log());
  CHECK(came_back == (ended == errc::none));
  return ended;
}

std::string noise(std::size_t size) {
  std::string made(size, '\0');
  std::mt19937 random(5);
  for (char& c : made) c = static_cast<char>(random());
  return made;
}

}  // namespace

TEST_CASE("tinyproxy: a tunnel to mosquitto", "[interop][http_proxy]") {
  if (!test::tinyproxy::is_installed()) SKIP("tinyproxy is not installed (package tinyproxy-bin)");
  tunnel link;
  link.open(to_port(broker().port()));
  CHECK(visit(link.proxy, link.tcp, noise(60'000)) == error{});
  CHECK(link.proxy.status() == 200);
}

TEST_CASE("tinyproxy: TLS inside the tunnel", "[interop][http_proxy]") {
  if (!test::tinyproxy::is_installed()) SKIP("tinyproxy is not installed (package tinyproxy-bin)");
  tunnel link;
  link.open(to_port(broker().tls_port()));
  trust_store<1> trust;
  REQUIRE(trust.add_pem(broker().ca()));
  std::vector<std::uint8_t> input(tls_buffers::full_input);
  std::vector<std::uint8_t> output(tls_buffers::full_output);
  std::array<std::uint8_t, 32> entropy{};
  std::random_device random;
  for (std::uint8_t& octet : entropy) octet = static_cast<std::uint8_t>(random());
  bearssl_tls<http_proxy<posix_tcp>> tls(link.proxy, trust.anchors(), {input, output});
  REQUIRE(tls.start({"localhost", static_cast<std::uint64_t>(std::time(nullptr)), entropy}));
  CHECK(visit(tls, link.tcp, noise(60'000)) == error{});
}

TEST_CASE("tinyproxy: why there is no tunnel", "[interop][http_proxy]") {
  if (!test::tinyproxy::is_installed()) SKIP("tinyproxy is not installed (package tinyproxy-bin)");
  int const way = GENERATE(0, 1, 2, 3);
  proxy_tunnel to = to_port(broker().port());
  error wanted{errc::proxy_wants_credentials, 407};
  if (way == 0) to.user_name = to.password = {};
  if (way == 1) {
    to.password = "wrong";
    wanted = {errc::proxy_refused, 401};  // what tinyproxy says to wrong ones
  }
  if (way == 2) {
    to.port = 1;  // no ConnectPort
    wanted = {errc::proxy_refused, 403};
  }
  if (way == 3) {
    to.host = "127.0.0.2";  // where nobody listens
    wanted = {errc::proxy_refused, 500};
  }
  tunnel link;
  link.open(to);
  CHECK(visit(link.proxy, link.tcp, "x") == wanted);
  CHECK(link.proxy.status() == wanted.detail);
}
