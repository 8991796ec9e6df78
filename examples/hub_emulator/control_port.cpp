// SPDX-License-Identifier: BSL-1.0
#include "control_port.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace hub_emulator {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t line_max = 1024 * 1024;

}  // namespace

// One request at a time. A line that is no JSON ends the connection, so that a web page that makes a browser
// post to this port gets nothing done.
class control_port::session : public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket socket, control& requests) : socket_(std::move(socket)), requests_(requests) {}

  void read() {
    asio::async_read_until(socket_, asio::dynamic_buffer(input_, line_max), '\n',
                           [self = shared_from_this()](error_code code, std::size_t size) {
                             if (!code) self->on_line(size);
                           });
  }

 private:
  void on_line(std::size_t size) {
    std::string const line = input_.substr(0, size);
    input_.erase(0, size);
    going_on_ = true;
    going_on_ = requests_.handle(
        line, [self = shared_from_this()](json_line const& answer) { self->write(to_text(answer) + "\n"); });
  }

  void write(std::string text) {
    output_ = std::move(text);
    asio::async_write(socket_, asio::buffer(output_),
                      [self = shared_from_this()](error_code code, std::size_t) {
                        if (!code && self->going_on_) self->read();
                      });
  }

  tcp::socket socket_;
  control& requests_;
  std::string input_{};
  std::string output_{};
  bool going_on_ = true;
};

control_port::control_port(asio::io_context& io, std::uint16_t port, control& requests)
    : acceptor_(io), requests_(requests) {
  tcp::endpoint const endpoint(asio::ip::address_v4::loopback(), port);
  error_code code;
  acceptor_.open(endpoint.protocol(), code);
  if (!code) acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
  if (!code) acceptor_.bind(endpoint, code);
  if (!code) acceptor_.listen(tcp::acceptor::max_listen_connections, code);
  if (code) throw std::runtime_error("control port " + std::to_string(port) + ": " + code.message());
}

void control_port::stop() {
  error_code ignored;
  acceptor_.close(ignored);
}

void control_port::accept() {
  acceptor_.async_accept([this](error_code code, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (!code) std::make_shared<session>(std::move(socket), requests_)->read();
    accept();
  });
}

}  // namespace hub_emulator
