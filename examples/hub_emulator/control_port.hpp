// SPDX-License-Identifier: BSL-1.0
// The control interface on a TCP port of localhost: one request a line, one answer a line.
#ifndef HUB_EMULATOR_CONTROL_PORT_HPP
#define HUB_EMULATOR_CONTROL_PORT_HPP

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "control.hpp"
#include "events.hpp"
#include "tcp_listener.hpp"

namespace hub_emulator {

class control_port {
 public:
  static constexpr std::size_t connections_max = 64;

  struct settings {
    std::uint16_t port;
    // For a request to arrive, and for an answer to be read. Running a method does not count.
    std::chrono::milliseconds idle_max;
  };

  // Throws std::runtime_error when the port cannot be used.
  control_port(boost::asio::io_context& io, settings const& what, control& requests, event_log& log);

  std::uint16_t port() const { return listener_.port(); }
  void start();
  void stop() { listener_.stop(); }

 private:
  class session;

  tcp_listener listener_;
  std::chrono::milliseconds idle_max_;
  control& requests_;
  event_log& log_;
};

}  // namespace hub_emulator

#endif
