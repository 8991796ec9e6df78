// SPDX-License-Identifier: BSL-1.0
#include <hubwire/driver/blocking.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/posix_tcp.hpp>

#include "scripted_session.hpp"
#include "support/constexpr_test.hpp"
#include "transport/certificates.hpp"

using namespace hubwire;
using hubwire::test::scripted_session;

namespace {

// Models waitable and nothing else.
class archetype {
 public:
  archetype(archetype const&) = delete;
  archetype& operator=(archetype const&) = delete;
  bool wait(io_interest, std::uint32_t) const noexcept { return false; }
};
static_assert(waitable<archetype>);
static_assert(waitable<posix_tcp>);

struct recorder {
  bool wait(io_interest interest, std::uint32_t milliseconds) const noexcept {
    asked = interest;
    time = milliseconds;
    return true;
  }
  mutable std::optional<io_interest> asked{};
  mutable std::uint32_t time = 0;
};

// Connects tcp over loopback; the other end's socket.
int connect_to_a_peer(posix_tcp& tcp) {
  int const listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  REQUIRE(tcp.connect(reinterpret_cast<sockaddr*>(&address), size, 5000));
  int const peer = ::accept(listener, nullptr, nullptr);
  ::close(listener);
  return peer;
}

}  // namespace

template bool hubwire::wait_after(pump_result const&, archetype const&, std::uint32_t) noexcept;

TEST_CASE("blocking: the time that is left, over the wrap of the clock as well", "[driver][blocking]") {
  test::constexpr_test([] {
    return time_left(tick(1000), tick(400)) == 600 && time_left(tick(400), tick(1000)) == 0 &&
           time_left(tick(5), tick(5)) == 0 && time_left(tick(10), tick(0xFFFF'FFF0)) == 26 &&
           time_left(tick(100'000), tick(0)) == 60'000 && time_left(tick(100'000), tick(0), 70) == 70 &&
           time_left(std::nullopt, tick(9), 33) == 33;
  });
}

TEST_CASE("blocking: waits for what the pump says, not at all when it wants to go on", "[driver][blocking]") {
  recorder socket;
  pump_result last;
  last.wait_for = {.read = true, .write = true};
  CHECK(wait_after(last, socket, 25));
  REQUIRE(socket.asked.has_value());
  CHECK((socket.asked->read && socket.asked->write));
  CHECK(socket.time == 25);

  recorder untouched;
  last.again = true;
  CHECK(wait_after(last, untouched, 25));
  CHECK_FALSE(untouched.asked.has_value());
}

TEST_CASE("blocking: what the handling of events brought up is not waited for", "[driver][blocking]") {
  recorder socket;
  scripted_session session;
  pump_result last;

  // nothing new: waits
  CHECK(wait_after(last, session, socket, 25));
  CHECK(socket.asked.has_value());

  socket.asked.reset();
  session.to_send = {1, 2};  // an answer was queued
  CHECK(wait_after(last, session, socket, 25));
  CHECK_FALSE(socket.asked.has_value());

  last.write_blocked = true;  // the stream has refused just that: during a TLS handshake for instance
  CHECK(wait_after(last, session, socket, 25));
  CHECK(socket.asked.has_value());

  socket.asked.reset();
  last.wait_for.read = false;  // the window was full and has room again
  CHECK(wait_after(last, session, socket, 25));
  CHECK_FALSE(socket.asked.has_value());

  session.room = 0;  // it is still full
  CHECK(wait_after(last, session, socket, 25));
  CHECK(socket.asked.has_value());

  socket.asked.reset();
  session.done = true;
  session.room = 5;
  CHECK(wait_after(last, session, socket, 25));
  CHECK(socket.asked.has_value());
}

TEST_CASE("blocking: a session over TCP without busy waiting", "[driver][blocking][posix_tcp]") {
  posix_tcp tcp;
  int const peer = connect_to_a_peer(tcp);

  // Answers 60 ms after the request, then closes.
  std::thread server([peer] {
    char request[8];
    if (::recv(peer, request, sizeof request, 0) > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
      static_cast<void>(::send(peer, "pong", 4, MSG_NOSIGNAL));
    }
    ::close(peer);
  });
  scripted_session session;
  session.to_send = {'p', 'i', 'n', 'g'};
  int turns = 0;
  for (; session.losses.empty() && turns < 100; ++turns) {
    auto const moved = pump(session, tcp, tick(0));
    if (session.losses.empty()) static_cast<void>(wait_after(moved, tcp, 5000));
  }
  server.join();
  CHECK(session.received == std::vector<std::uint8_t>{'p', 'o', 'n', 'g'});
  CHECK(session.losses.size() == 1);
  CHECK(turns < 10);
}

TEST_CASE("blocking: a session over TLS over TCP, against OpenSSL, without busy waiting",
          "[driver][blocking][posix_tcp][bearssl_tls]") {
  using namespace hubwire::test;
  identity const root = make_authority("Test Root");
  identity const who = make_identity({}, &root);
  posix_tcp tcp;
  int const peer = connect_to_a_peer(tcp);

  // Answers 300,000 bytes 60 ms after the request, then says goodbye.
  std::vector<std::uint8_t> const answer(300'000, 0x5a);
  std::thread server([&] {
    std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> const context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), who.certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), who.key.get());
    std::unique_ptr<SSL, freed_by<SSL_free>> const ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), peer);
    char request[8];
    if (SSL_accept(ssl.get()) == 1 && SSL_read(ssl.get(), request, sizeof request) > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
      SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
      SSL_shutdown(ssl.get());
    }
    ::close(peer);
  });
  trust_store<1> trust;
  REQUIRE(trust.add_pem(to_pem(root)));
  std::vector<std::uint8_t> input(tls_buffers::full_input);
  std::vector<std::uint8_t> output(tls_buffers::least_output);
  std::vector<std::uint8_t> const entropy(32, 3);
  bearssl_tls tls(tcp, trust.anchors(), {input, output});
  REQUIRE(tls.start({.server_name = "hub.example.test", .unix_time = today, .entropy = entropy}));
  scripted_session session;
  session.buffer.resize(4096);
  session.to_send = {'p', 'i', 'n', 'g'};
  int idle_turns = 0;
  for (int turns = 0; session.losses.empty() && turns < 5000; ++turns) {
    auto const moved = pump(session, tls, tick(0));
    if (moved.received + moved.sent == 0) ++idle_turns;
    if (session.losses.empty()) static_cast<void>(wait_after(moved, session, tcp, 5000));
  }
  server.join();
  CHECK(session.received == answer);
  CHECK(session.losses == std::vector<error>{{}});  // the server has closed it
  // Handshake flights, and records that came in pieces: each turn without a byte for the session had one.
  CHECK(idle_turns < 50);
}
