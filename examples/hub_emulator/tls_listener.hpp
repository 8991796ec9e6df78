// SPDX-License-Identifier: BSL-1.0
// TLS over TCP: takes connections, shakes hands, and gives each to the hub.
#ifndef HUB_EMULATOR_TLS_LISTENER_HPP
#define HUB_EMULATOR_TLS_LISTENER_HPP

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>

#include "hub.hpp"
#include "options.hpp"

namespace hub_emulator {

class tls_listener {
 public:
  // Throws std::runtime_error when a file or the port cannot be used; the text names it.
  tls_listener(boost::asio::io_context& io, options const& settings, hub& owner);

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void start() { accept(); }
  void stop();

 private:
  struct handshake;

  void accept();
  void shake_hands(boost::asio::ip::tcp::socket socket);

  options const& settings_;
  hub& hub_;
  boost::asio::ssl::context tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
};

}  // namespace hub_emulator

#endif
