// SPDX-License-Identifier: BSL-1.0
// One port, on one address or on all that "localhost" stands for. Takes connections one after the other, and
// no more of them than are allowed at a time.
#ifndef HUB_EMULATOR_TCP_LISTENER_HPP
#define HUB_EMULATOR_TCP_LISTENER_HPP

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events.hpp"
#include "json.hpp"

namespace hub_emulator {

class tcp_listener {
 public:
  struct settings {
    std::string address;  // a numeric one, or "localhost": 127.0.0.1 and ::1
    std::uint16_t port;   // 0: any that is free on all addresses
    std::size_t most;     // connections that hold a place at a time
  };

  // A connection keeps its place until it lets go of the last copy. May outlive the listener.
  using place = std::shared_ptr<void>;
  using on_accepted = std::function<void(boost::asio::ip::tcp::socket, place)>;

  // Throws std::runtime_error that names address and port when they cannot be used. Of "localhost", an address
  // that this machine does not have is left out.
  tcp_listener(boost::asio::io_context& io, settings const& what, event_log& log);
  ~tcp_listener();
  tcp_listener(tcp_listener const&) = delete;
  tcp_listener& operator=(tcp_listener const&) = delete;

  std::uint16_t port() const { return port_; }
  // For the event "listening": {"addresses":[...]}, and "missing" with reasons for those that were left out.
  json_line description() const;
  // Where all places are taken, and after an error, connections wait in the system's queue.
  void start(on_accepted accepted);
  void stop();

 private:
  struct door;
  struct places;

  std::vector<boost::asio::ip::address> addresses() const;
  bool open_all(std::uint16_t port);
  [[noreturn]] void refuse(std::string const& detail) const;
  void accept(door& at);
  void admit(boost::asio::ip::tcp::socket socket);
  void wait(door& at);
  void go_on();
  void say(std::string_view event, json_line fields);

  boost::asio::io_context& io_;
  settings settings_;
  event_log& log_;
  std::shared_ptr<places> places_;
  std::vector<std::unique_ptr<door>> doors_{};
  json_line missing_ = json_line::array();
  on_accepted accepted_{};
  std::uint16_t port_ = 0;
  std::chrono::steady_clock::time_point said_{};
};

}  // namespace hub_emulator

#endif
