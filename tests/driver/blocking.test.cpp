// SPDX-License-Identifier: BSL-1.0
#include <hubwire/driver/blocking.hpp>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include <hubwire/session/client.hpp>
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

// A port of the loopback that listens. Without room in the backlog Linux answers nobody: as a host that is off.
struct port_of_loopback {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ip_endpoint where = ip_endpoint::v4({127, 0, 0, 1}, 0);
  std::vector<int> filling{};

  explicit port_of_loopback(bool answers) {
    socket_address const any(where);
    REQUIRE(::bind(fd, any.data(), any.size()) == 0);
    REQUIRE(::listen(fd, answers ? 4 : 0) == 0);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    where.port = ntohs(address.sin_port);
    socket_address const here(where);
    while (!answers && filling.size() != 4) {
      filling.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      static_cast<void>(::connect(filling.back(), here.data(), here.size()));
    }
  }
  port_of_loopback(port_of_loopback const&) = delete;
  port_of_loopback& operator=(port_of_loopback const&) = delete;
  ~port_of_loopback() {
    ::close(fd);
    for (int const filler : filling) ::close(filler);
  }
};

std::size_t descriptors() {
  std::size_t count = 0;
  std::unique_ptr<DIR, int (*)(DIR*)> const folder(::opendir("/proc/self/fd"), ::closedir);
  REQUIRE(folder != nullptr);
  while (::readdir(folder.get()) != nullptr) ++count;
  return count;
}

// The loop at the head of blocking.hpp, with a program that says one thing and leaves.
struct one_message {
  std::array<std::uint8_t, 256> rx{};
  std::array<std::uint8_t, 256> tx{};
  client<> device{rx, tx, {.disconnect_timeout = 5'000}};
  error ended{errc::none, 77};
  int turns = 0;

  template <class Stream>
  void say(Stream& stream, posix_tcp& tcp) {
    REQUIRE(device.connect({.client_id = "c"}, posix_now()));
    auto const handle = [this](v3::event const& event) {
      if (event.kind() == event_kind::connected) {
        CHECK(device.publish("t", "x"));
        CHECK(device.disconnect());
      }
      if (event.kind() == event_kind::closed) ended = event.cause();
    };
    for (; turns != 1'000; ++turns) {
      auto const moved = pump(device, stream, posix_now(), handle);
      if (device.finished()) break;
      wait_after(moved, tcp, time_left(device.deadline(), posix_now()));
    }
  }
};

// Answers CONNECT, sends what nobody waits for, reads to the end. What came, and how the end looked.
struct plain_server {
  std::vector<std::uint8_t> got{};
  ssize_t last = 0;
  int number = 0;

  void run(int listener) {
    int const peer = ::accept(listener, nullptr, nullptr);
    std::uint8_t const greeting[] = {0x20, 2, 0, 0, 0x30, 4, 0, 1, 't', 'y'};
    static_cast<void>(::send(peer, greeting, sizeof greeting, MSG_NOSIGNAL));
    std::uint8_t room[64];
    while ((last = ::recv(peer, room, sizeof room, 0)) > 0) got.insert(got.end(), room, room + last);
    number = last < 0 ? errno : 0;
    ::close(peer);
  }
};

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

TEST_CASE("blocking: the loop connects, talks and ends in order, and nobody waits in connect()",
          "[driver][blocking][posix_tcp]") {
  port_of_loopback const silent(false);
  port_of_loopback const open(true);
  std::size_t const before = descriptors();
  plain_server server;
  std::thread thread([&] { server.run(open.fd); });
  {
    posix_tcp tcp;
    auto const begin = std::chrono::steady_clock::now();
    REQUIRE(tcp.start(std::array{silent.where, open.where}, 10'000));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
    CHECK(tcp.connecting());
    one_message program;
    program.say(tcp, tcp);
    thread.join();
    CHECK(program.ended == error{});
    CHECK(program.turns < 30);
    CHECK(tcp.log().reached() == open.where);
    CHECK(tcp.fd() >= 0);  // it is the program that closes
    tcp.close();
    CHECK(descriptors() == before);
  }
  // CONNECT, PUBLISH, DISCONNECT, and then the end: no reset, although the client had more to read.
  CHECK(server.got.size() == 15 + 6 + 2);
  CHECK(server.got.back() == 0);
  CHECK(server.last == 0);
  CHECK(server.number == 0);
}

TEST_CASE("blocking: a connection that cannot be made ends the session with its cause",
          "[driver][blocking][posix_tcp]") {
  std::size_t const before = descriptors();
  bool const answers = GENERATE(false, true);
  {
    port_of_loopback const silent(false);
    ip_endpoint const refusing = ip_endpoint::v4({127, 0, 0, 2}, silent.where.port);
    posix_tcp tcp;
    REQUIRE(tcp.start(std::array{silent.where, answers ? refusing : silent.where}, 1'500));
    one_message program;
    program.say(tcp, tcp);
    CHECK(program.ended ==
          (answers ? error{errc::connect_failed, ECONNREFUSED} : error{errc::connect_timeout, 0}));
    CHECK(program.turns < 30);
    CHECK(tcp.log().cause().why == program.ended);
    tcp.log().end(program.ended);
    CHECK(tcp.log().attempts().size() == 2);
  }
  CHECK(descriptors() == before);
}

TEST_CASE("blocking: an output that ends before the connection is made ends behind it",
          "[driver][blocking][posix_tcp]") {
  port_of_loopback const silent(false);
  port_of_loopback const open(true);
  posix_tcp tcp;
  scripted_session session;
  session.leaves = true;  // and has nothing to send
  REQUIRE(tcp.start(std::array{silent.where, open.where}, 5'000));
  int turns = 0;
  for (; tcp.connecting() && turns != 100; ++turns) {
    auto const moved = pump(session, tcp, tick(0));
    if (tcp.connecting()) CHECK((moved.wait_for.write && !moved.again));
    static_cast<void>(wait_after(moved, tcp, 50));
  }
  CHECK(turns < 20);
  CHECK(session.losses.empty());
  int const peer = ::accept(open.fd, nullptr, nullptr);
  char octet = 0;
  CHECK(::recv(peer, &octet, 1, 0) == 0);
  ::close(peer);
  static_cast<void>(tcp.wait({}, 5'000));
  static_cast<void>(pump(session, tcp, tick(0)));
  CHECK(session.losses == std::vector<error>{{}});
}

TEST_CASE("blocking: a session over TLS over TCP, against OpenSSL, without busy waiting",
          "[driver][blocking][posix_tcp][bearssl_tls]") {
  using namespace hubwire::test;
  identity const root = make_authority("Test Root");
  identity const who = make_identity({}, &root);
  posix_tcp tcp;
  port_of_loopback const open(true);  // TLS does not wait for TCP either
  REQUIRE(tcp.start(std::array{open.where}, 5'000));
  int const peer = ::accept(open.fd, nullptr, nullptr);
  CHECK(tcp.connecting());

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
