// SPDX-License-Identifier: BSL-1.0
// The ways to a mosquitto: TCP, TLS, and WebSocket over each. open() is false where nobody takes the connection.
#ifndef HUBWIRE_TESTS_INTEROP_MOSQUITTO_LINKS_HPP
#define HUBWIRE_TESTS_INTEROP_MOSQUITTO_LINKS_HPP

#include <array>
#include <cstdint>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hubwire/crypto/bearssl_sha1.hpp>
#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/posix_tcp.hpp>
#include <hubwire/transport/websocket.hpp>

#include "mosquitto.hpp"

namespace hubwire::test {

struct plain {
  posix_tcp tcp{};
  posix_tcp& stream() { return tcp; }

  bool open(mosquitto const& broker) { return tcp.connect("127.0.0.1", broker.port(), 5'000).has_value(); }
  void close() { tcp.close(); }
};

struct secured {
  posix_tcp tcp{};
  trust_store<1> trust{};
  std::vector<std::uint8_t> input = std::vector<std::uint8_t>(tls_buffers::full_input);
  std::vector<std::uint8_t> output = std::vector<std::uint8_t>(tls_buffers::full_output);
  std::unique_ptr<bearssl_tls<posix_tcp>> tls{};
  std::string server_name = "localhost";

  bearssl_tls<posix_tcp>& stream() { return *tls; }

  bool open(mosquitto const& broker) { return open(broker, broker.tls_port()); }
  bool open(mosquitto const& broker, std::uint16_t port) {
    if (!tcp.connect("127.0.0.1", port, 5'000)) return false;
    trust.clear();
    if (!trust.add_pem(broker.ca())) return false;
    std::array<std::uint8_t, 32> entropy{};
    std::random_device random;
    for (std::uint8_t& octet : entropy) octet = static_cast<std::uint8_t>(random());
    tls = std::make_unique<bearssl_tls<posix_tcp>>(tcp, trust.anchors(), tls_buffers{input, output});
    return tls->start({server_name, static_cast<std::uint64_t>(std::time(nullptr)), entropy}).has_value();
  }
  void close() {
    tls->close();
    tcp.close();
  }
};

struct noise {
  std::random_device device{};
  result<void> operator()(byte_span room) noexcept {
    for (std::uint8_t& octet : room) octet = static_cast<std::uint8_t>(device());
    return {};
  }
};

struct generator {
  noise* from;
  result<void> operator()(byte_span room) noexcept { return (*from)(room); }
};

// A WebSocket over one of the links above.
template <class Below>
struct over_websocket {
  using lower = std::remove_reference_t<decltype(std::declval<Below&>().stream())>;

  Below below{};
  posix_tcp& tcp = below.tcp;
  noise random{};
  std::vector<std::uint8_t> frame = std::vector<std::uint8_t>(2'000);
  std::unique_ptr<websocket<lower, ws_client<generator, bearssl_sha1>>> socket{};

  auto& stream() { return *socket; }

  bool open(mosquitto const& broker) {
    bool good = false;
    if constexpr (std::is_same_v<Below, plain>)
      good = tcp.connect("127.0.0.1", broker.websocket_port(), 5'000).has_value();
    else
      good = below.open(broker, broker.websocket_tls_port());
    if (!good) return false;
    socket = std::make_unique<websocket<lower, ws_client<generator, bearssl_sha1>>>(
        below.stream(), ws_client{generator{&random}, bearssl_sha1{}}, frame);
    return socket->start({.host = "localhost"}).has_value();
  }
  void close() {
    socket->close();
    below.close();
  }
};

}  // namespace hubwire::test

#endif
