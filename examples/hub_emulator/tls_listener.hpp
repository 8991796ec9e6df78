// SPDX-License-Identifier: BSL-1.0
// TLS over TCP: takes connections, shakes hands, and gives each to the hub.
#ifndef HUB_EMULATOR_TLS_LISTENER_HPP
#define HUB_EMULATOR_TLS_LISTENER_HPP

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <cstdint>

#include "hub.hpp"
#include "options.hpp"
#include "tcp_listener.hpp"

namespace hub_emulator {

class tls_listener {
 public:
  // Connections that are not yet a device, at a time. Of those that are, there is one for each device at most.
  static constexpr std::size_t strangers_max = 256;

  // Throws std::runtime_error when a file or the port cannot be used; the text names it.
  tls_listener(boost::asio::io_context& io, options const& settings, hub& owner);

  std::uint16_t port() const { return listener_.port(); }
  json_line description() const { return listener_.description(); }
  void start();
  void stop() { listener_.stop(); }

 private:
  struct handshake;

  void shake_hands(boost::asio::ip::tcp::socket socket, tcp_listener::place place);

  boost::asio::io_context& io_;
  options const& settings_;
  hub& hub_;
  boost::asio::ssl::context tls_;
  tcp_listener listener_;
};

}  // namespace hub_emulator

#endif
