// SPDX-License-Identifier: BSL-1.0
// The control interface on a TCP port of the loopback address: one request a line, one answer a line.
#ifndef HUB_EMULATOR_CONTROL_PORT_HPP
#define HUB_EMULATOR_CONTROL_PORT_HPP

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>

#include "control.hpp"

namespace hub_emulator {

class control_port {
 public:
  // Throws std::runtime_error when the port cannot be used.
  control_port(boost::asio::io_context& io, std::uint16_t port, control& requests);

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void start() { accept(); }
  void stop();

 private:
  class session;

  void accept();

  boost::asio::ip::tcp::acceptor acceptor_;
  control& requests_;
};

}  // namespace hub_emulator

#endif
