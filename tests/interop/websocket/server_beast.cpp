// SPDX-License-Identifier: BSL-1.0
// Boost.Beast as a server on 127.0.0.1: see peers.test.py for what its paths do.
//   server_beast BROKER_PORT
#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

namespace beast = boost::beast;
namespace http = beast::http;
namespace asio = boost::asio;
namespace ws = beast::websocket;
using asio::awaitable;
using asio::use_awaitable;
using tcp = asio::ip::tcp;
using websocket = ws::stream<tcp::socket>;

namespace {

std::uint16_t broker = 0;

awaitable<void> echo(websocket& socket) {
  for (;;) {
    beast::flat_buffer message;
    co_await socket.async_read(message, use_awaitable);
    socket.binary(socket.got_binary());
    co_await socket.async_write(message.data(), use_awaitable);
  }
}

awaitable<void> to_broker(websocket& socket, tcp::socket& to) {
  for (;;) {
    beast::flat_buffer message;
    co_await socket.async_read(message, use_awaitable);
    co_await asio::async_write(to, message.data(), use_awaitable);
  }
}

awaitable<void> from_broker(websocket& socket, tcp::socket& from) {
  std::array<char, 65536> data{};
  boost::system::error_code why;
  while (!why) {
    std::size_t const count =
        co_await from.async_read_some(asio::buffer(data), asio::redirect_error(use_awaitable, why));
    if (count != 0) co_await socket.async_write(asio::buffer(data, count), use_awaitable);
  }
  co_await socket.async_close(ws::close_code::normal, use_awaitable);
}

awaitable<void> bridge(websocket& socket) {
  using namespace asio::experimental::awaitable_operators;
  tcp::socket to(socket.get_executor());
  co_await to.async_connect({asio::ip::address_v4::loopback(), broker}, use_awaitable);
  co_await (to_broker(socket, to) && from_broker(socket, to));
}

awaitable<void> close(websocket& socket, ws::close_reason why) {
  co_await socket.async_close(why, use_awaitable);
}

awaitable<void> ping(websocket& socket) {
  socket.control_callback([&](ws::frame_type kind, beast::string_view payload) {
    bool const good = kind == ws::frame_type::pong && payload == "are you there";
    if (kind == ws::frame_type::close) return;
    asio::co_spawn(socket.get_executor(),
                   close(socket, good ? ws::close_code::normal : ws::close_code::internal_error),
                   asio::detached);
  });
  co_await socket.async_ping("are you there", use_awaitable);
  beast::flat_buffer rest;
  co_await socket.async_read(rest, use_awaitable);  // the pong, then the Close frame
}

awaitable<void> fragments(websocket& socket) {
  co_await socket.async_write_some(false, asio::buffer("frag", 4), use_awaitable);
  co_await socket.async_ping("between", use_awaitable);
  co_await socket.async_write_some(false, asio::buffer("", 0), use_awaitable);
  co_await socket.async_write_some(true, asio::buffer("ments", 5), use_awaitable);
  co_await close(socket, ws::close_code::normal);
}

awaitable<void> text(websocket& socket) {
  socket.text(true);
  co_await socket.async_write(asio::buffer("a text", 6), use_awaitable);
  beast::flat_buffer rest;
  co_await socket.async_read(rest, use_awaitable);
}

awaitable<void> behave(websocket& socket, std::string const& path) {
  if (path == "/echo" || path == "/small" || path == "/none") return echo(socket);
  if (path == "/mqtt") return bridge(socket);
  if (path == "/text") return text(socket);
  if (path == "/ping") return ping(socket);
  if (path == "/fragments") return fragments(socket);
  return close(socket, {ws::close_code::going_away, "restart"});
}

bool knows(std::string const& path) {
  std::array<std::string, 8> const known{"/echo", "/small", "/none", "/mqtt",
                                         "/text", "/leave", "/ping", "/fragments"};
  return std::find(known.begin(), known.end(), path) != known.end();
}

awaitable<void> serve(tcp::socket incoming) {
  beast::flat_buffer buffer;
  http::request<http::string_body> request;
  co_await http::async_read(incoming, buffer, request, use_awaitable);
  std::string const path(request.target());
  if (!knows(path)) {
    http::response<http::empty_body> refusal(http::status::not_found, 11);
    co_await http::async_write(incoming, refusal, use_awaitable);
    co_return;
  }
  websocket socket(std::move(incoming));
  if (path == "/small") socket.read_message_max(1000);
  socket.binary(true);
  socket.set_option(ws::stream_base::decorator([&](ws::response_type& answer) {
    if (path != "/none") answer.set(http::field::sec_websocket_protocol, "mqtt");
  }));
  std::string seen;
  try {
    co_await socket.async_accept(request, use_awaitable);
    co_await behave(socket, path);
  } catch (boost::system::system_error const& e) {
    if (e.code() == ws::error::message_too_big) seen = "1009";  // which it has sent
  }
  if (seen.empty()) seen = std::to_string(socket.reason().code);
  std::cout << path << ' ' << seen << std::endl;
}

awaitable<void> accept(tcp::acceptor acceptor) {
  for (;;)
    asio::co_spawn(acceptor.get_executor(), serve(co_await acceptor.async_accept(use_awaitable)),
                   asio::detached);
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return 2;
  broker = static_cast<std::uint16_t>(std::atoi(words[1]));
  std::thread([] {  // ends with who started it
    std::string line;
    while (std::getline(std::cin, line)) {}
    std::_Exit(0);
  })
      .detach();
  asio::io_context context;
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  std::cout << "port " << acceptor.local_endpoint().port() << std::endl;
  asio::co_spawn(context, accept(std::move(acceptor)), asio::detached);
  context.run();
}
