// SPDX-License-Identifier: BSL-1.0
#include "control_port.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "line_splitter.hpp"

namespace hub_emulator {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// What a session has from the port, and its place there.
struct session_parts {
  tcp_listener::place place;
  control& requests;
  event_log& log;
  std::chrono::milliseconds idle_max;
};

// One request at a time. A line that is no JSON ends the connection, so that a web page that makes a browser
// post to this port gets nothing done.
class control_port::session : public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket socket, session_parts parts)
      : socket_(std::move(socket)), idle_(socket_.get_executor()), parts_(std::move(parts)) {}

  // Waits for a request, no longer than allowed.
  void start() {
    watch();
    go_on();
  }

 private:
  // Handles the next line, or reads on.
  void go_on() {
    if (auto const line = input_.next()) return on_line(*line);
    socket_.async_read_some(
        asio::buffer(chunk_),
        [self = shared_from_this()](error_code code, std::size_t size) { self->on_read(code, size); });
  }

  void on_read(error_code code, std::size_t size) {
    if (code == asio::error::eof) return on_end();
    if (code) return end();
    input_.add({chunk_.data(), size});
    go_on();
  }

  // The client may have shut down its sending side only, and wait for the answer.
  void on_end() {
    ended_ = true;
    auto const rest = input_.last();
    return rest ? on_line(*rest) : end();
  }

  void on_line(line_splitter::line const& line) {
    idle_.cancel();
    control::answer const reply = [self = shared_from_this()](json_line const& answer) {
      self->write(answer);
    };
    going_on_ = true;
    if (line.too_long)
      parts_.requests.refuse_long_line(reply);
    else
      going_on_ = parts_.requests.handle(line.text, reply);
  }

  void write(json_line const& answer) {
    output_ = to_line(answer) + '\n';
    watch();
    asio::async_write(socket_, asio::buffer(output_),
                      [self = shared_from_this()](error_code code, std::size_t) {
                        if (code || !self->going_on_ || self->ended_) return self->end();
                        self->start();
                      });
  }

  void watch() {
    idle_.expires_after(parts_.idle_max);
    idle_.async_wait([self = weak_from_this()](error_code code) {
      auto const alive = self.lock();
      if (!code && alive) alive->on_idle();
    });
  }

  void on_idle() {
    parts_.log.print("control_closed", {{"reason", "idle"}});
    end();
  }

  void end() {
    error_code ignored;
    idle_.cancel();
    socket_.close(ignored);
  }

  tcp::socket socket_;
  asio::steady_timer idle_;
  session_parts parts_;
  line_splitter input_{};
  std::array<char, 16 * 1024> chunk_;
  std::string output_{};
  bool going_on_ = true;
  bool ended_ = false;  // by the client; what it asked is still answered
};

control_port::control_port(asio::io_context& io, settings const& what, control& requests, event_log& log)
    : listener_(io, {"localhost", what.port, connections_max}, log),
      idle_max_(what.idle_max),
      requests_(requests),
      log_(log) {}

void control_port::start() {
  listener_.start([this](tcp::socket socket, tcp_listener::place place) {
    session_parts parts{std::move(place), requests_, log_, idle_max_};
    std::make_shared<session>(std::move(socket), std::move(parts))->start();
  });
}

}  // namespace hub_emulator
