// SPDX-License-Identifier: BSL-1.0
// The end of a connection over real sockets: a hundred messages and disconnect() while the server is sending. Closing
// a socket with unread input resets the connection, and most of them would be lost.
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
#include <string>
#include <thread>
#include <vector>

#include <hubwire/session/client.hpp>
#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/posix_tcp.hpp>

#include "transport/certificates.hpp"

using namespace hubwire;

namespace {

using octets = std::vector<std::uint8_t>;

constexpr int messages = 100;
constexpr std::size_t message_size = 2 + 1 + 3 + 405;  // as on the wire
constexpr std::size_t connect_size = 15;
constexpr std::size_t everything = connect_size + messages * message_size + 2;
constexpr std::uint8_t connack[] = {0x20, 2, 0, 0};
constexpr std::uint8_t noise[] = {0x30, 5, 0, 1, 'n', 'o', 'i'};

// What a server does with its end: count bytes read (0: the end, < 0: none now), and whether all were taken.
struct server_end {
  virtual ~server_end() = default;
  virtual int read(std::uint8_t* room, int size) = 0;
  virtual void write(std::uint8_t const* data, std::size_t size) = 0;
};

// Sends without a pause, reads slowly, and ends the connection when DISCONNECT has come. What it has read.
octets serve(server_end& end, bool ends) {
  octets got;
  end.write(connack, sizeof connack);
  auto const give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < give_up) {
    std::uint8_t room[512];
    int const count = end.read(room, sizeof room);
    if (count == 0) break;
    if (count > 0) got.insert(got.end(), room, room + count);
    if (ends && got.size() >= everything) break;
    end.write(noise, sizeof noise);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return got;
}

struct plain_end : server_end {
  explicit plain_end(int socket) : fd(socket) {}
  int read(std::uint8_t* room, int size) override {
    return static_cast<int>(::recv(fd, room, static_cast<std::size_t>(size), MSG_DONTWAIT));
  }
  void write(std::uint8_t const* data, std::size_t size) override {
    static_cast<void>(::send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT));
  }
  int fd;
};

struct tls_end : server_end {
  explicit tls_end(SSL* connection) : ssl(connection) {}
  int read(std::uint8_t* room, int size) override {
    int const count = SSL_read(ssl, room, size);
    if (count > 0) return count;
    return SSL_get_error(ssl, count) == SSL_ERROR_WANT_READ ? -1 : 0;
  }
  void write(std::uint8_t const* data, std::size_t size) override {
    static_cast<void>(SSL_write(ssl, data, static_cast<int>(size)));
  }
  SSL* ssl;
};

int connect_to_a_peer(posix_tcp& tcp) {
  int const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  REQUIRE(tcp.connect(reinterpret_cast<sockaddr*>(&address), size, 5000));
  int const peer = ::accept(listener, nullptr, nullptr);
  ::close(listener);
  return peer;
}

// The documented loop, with a program that says all it has to say and leaves. How it ended.
template <class Stream>
error say_all(Stream& stream, posix_tcp& tcp) {
  octets rx(1024);
  octets tx(2048);
  client<v3_tag, limits{.outgoing = 2, .incoming = 2}> device(rx, tx, {.disconnect_timeout = 5'000});
  auto const now = [] { return posix_now(); };
  REQUIRE(device.connect({.client_id = "c"}, now()));
  std::string const payload(405, 'x');
  error ended{errc::none, 77};
  int said = 0;
  for (int turns = 0; turns != 100'000; ++turns) {
    while (said != messages && device.publish({"t", as_bytes(payload)})) ++said;
    if (said == messages && device.state() == session_state::connected)
      static_cast<void>(device.disconnect());
    pump_result const moved = pump(device, stream, now(), [&](v3::event const& event) {
      if (event.kind() == event_kind::closed) ended = event.cause();
    });
    if (device.finished()) break;
    wait_after(moved, tcp, time_left(device.deadline(), now(), 1'000));
  }
  REQUIRE(device.finished());
  return ended;
}

}  // namespace

TEST_CASE("goodbye: nothing is lost over TCP while the server is sending", "[driver][goodbye][posix_tcp]") {
  posix_tcp tcp;
  int const peer = connect_to_a_peer(tcp);
  octets got;
  std::thread server([&] {
    plain_end end(peer);
    got = serve(end, true);
    ::close(peer);
  });
  error const ended = say_all(tcp, tcp);
  tcp.close();
  server.join();
  CHECK(ended == error{});
  CHECK(got.size() == everything);
}

TEST_CASE("goodbye: a server that goes on sending and never ends it is left in time",
          "[driver][goodbye][posix_tcp]") {
  posix_tcp tcp;
  int const peer = connect_to_a_peer(tcp);
  octets got;
  std::thread server([&] {
    // It does not even answer the half-close.
    struct deaf_end : plain_end {
      using plain_end::plain_end;
      int read(std::uint8_t* room, int size) override {
        int const count = plain_end::read(room, size);
        return count == 0 && ++ends < 30'000 ? -1 : count;
      }
      int ends = 0;
    } end(peer);
    got = serve(end, false);
    ::close(peer);
  });
  error const ended = say_all(tcp, tcp);
  tcp.close();
  server.join();
  CHECK(ended == errc::disconnect_timeout);
  CHECK(got.size() == everything);
}

TEST_CASE("goodbye: nothing is lost over TLS while the server is sending",
          "[driver][goodbye][posix_tcp][bearssl_tls]") {
  using namespace hubwire::test;
  identity const root = make_authority("Test Root");
  identity const who = make_identity({}, &root);
  for (bool const says_so : {true, false}) {  // with close_notify, and without as some servers do
    INFO(says_so);
    posix_tcp tcp;
    int const peer = connect_to_a_peer(tcp);
    octets got;
    std::thread server([&] {
      std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> const context(SSL_CTX_new(TLS_server_method()));
      SSL_CTX_use_certificate(context.get(), who.certificate.get());
      SSL_CTX_use_PrivateKey(context.get(), who.key.get());
      std::unique_ptr<SSL, freed_by<SSL_free>> const ssl(SSL_new(context.get()));
      SSL_set_fd(ssl.get(), peer);
      if (SSL_accept(ssl.get()) == 1) {
        timeval const soon{0, 1'000};
        ::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
        tls_end end(ssl.get());
        got = serve(end, true);
        if (says_so) SSL_shutdown(ssl.get());
      }
      ::close(peer);
    });
    trust_store<1> trust;
    REQUIRE(trust.add_pem(to_pem(root)));
    octets input(tls_buffers::full_input);
    octets output(tls_buffers::least_output);
    octets const entropy(32, 3);
    bearssl_tls tls(tcp, trust.anchors(), {input, output});
    REQUIRE(tls.start({.server_name = "hub.example.test", .unix_time = today, .entropy = entropy}));
    error const ended = say_all(tls, tcp);
    tls.close();
    tcp.close();
    server.join();
    CAPTURE(to_string(ended.code), ended.detail);
    CHECK(ended == error{});
    CHECK(got.size() == everything);
  }
}
