// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/posix_tcp.hpp>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// A resolver that knows names with several addresses: "127.0.0.2+127.0.0.1" has these two, in this order.
extern "C" int getaddrinfo(char const* name, char const* service, addrinfo const* hints, addrinfo** found) {
  using function = int (*)(char const*, char const*, addrinfo const*, addrinfo**);
  static auto const real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (name == nullptr || std::string_view(name).find('+') == std::string_view::npos)
    return real(name, service, hints, found);
  std::string const names = name;
  *found = nullptr;
  addrinfo** next = found;
  for (std::size_t at = 0; at < names.size();) {
    std::size_t const end = std::min(names.find('+', at), names.size());
    if (int const wrong = real(names.substr(at, end - at).c_str(), service, hints, next); wrong != 0)
      return wrong;
    next = &(*next)->ai_next;
    at = end + 1;
  }
  return 0;
}

using namespace hubwire;

namespace {

using octets = std::vector<std::uint8_t>;
using clock_type = std::chrono::steady_clock;

long long milliseconds_since(clock_type::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - start).count();
}

// A listener on a free port of 127.0.0.1.
struct listener {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};

  explicit listener(int backlog = 4) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    if (backlog >= 0) REQUIRE(::listen(fd, backlog) == 0);
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  }
  listener(listener const&) = delete;
  listener& operator=(listener const&) = delete;
  ~listener() { ::close(fd); }

  std::uint16_t port() const { return ntohs(address.sin_port); }
  sockaddr const* where() const { return reinterpret_cast<sockaddr const*>(&address); }
};

struct connection {
  listener server;
  posix_tcp client;
  int accepted = -1;

  connection() {
    REQUIRE(client.connect(server.where(), sizeof server.address, 5000));
    accepted = ::accept(server.fd, nullptr, nullptr);
    REQUIRE(accepted >= 0);
  }
  ~connection() {
    if (accepted >= 0) ::close(accepted);
  }
  void peer_closes() {
    ::close(accepted);
    accepted = -1;
    static_cast<void>(client.wait({.read = true, .write = false}, 1000));
  }
  void peer_resets() {
    linger const abort{1, 0};
    ::setsockopt(accepted, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    peer_closes();
  }
};

io_result read_one(posix_tcp& stream) {
  std::uint8_t octet = 0;
  return stream.read_some(byte_span(&octet, 1));
}

}  // namespace

TEST_CASE("posix_tcp: connects by address and by name", "[transport][posix_tcp][v3.1.1:MQTT-7.1.2-1]") {
  listener server;
  posix_tcp by_address;
  CHECK(by_address.connect(server.where(), sizeof server.address, 5000));
  posix_tcp by_name;
  CHECK(by_name.connect("127.0.0.1", server.port(), 5000));
  posix_tcp by_host;
  CHECK(by_host.connect("localhost", server.port(), 5000));
}

TEST_CASE("posix_tcp: all addresses of a name are tried", "[transport][posix_tcp]") {
  listener server;  // on the second address only
  posix_tcp stream;
  CHECK(stream.connect("127.0.0.2+127.0.0.1", server.port(), 5000));
  listener const not_listening(-1);
  CHECK(stream.connect("127.0.0.2+127.0.0.1", not_listening.port(), 5000).error() ==
        error{errc::connect_failed, ECONNREFUSED});
}

TEST_CASE("posix_tcp: the socket does not block, waits for nothing and is not inherited",
          "[transport][posix_tcp]") {
  connection c;
  CHECK((::fcntl(c.client.fd(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(c.client.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  REQUIRE(::getsockopt(c.client.fd(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size) == 0);
  CHECK(no_delay != 0);

  posix_tcp adopted;
  adopted.adopt(c.accepted);
  c.accepted = -1;
  CHECK((::fcntl(adopted.fd(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(adopted.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(read_one(adopted).status == io_status::would_block);
}

TEST_CASE("posix_tcp: a refused port is connect_failed with errno, and the stream says so too",
          "[transport][posix_tcp]") {
  listener const not_listening(-1);
  posix_tcp stream;
  auto const outcome = stream.connect(not_listening.where(), sizeof not_listening.address, 5000);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error() == error{errc::connect_failed, ECONNREFUSED});
  CHECK(stream.fd() == -1);
  CHECK(read_one(stream).error == outcome.error());
  CHECK(stream.write_some(octets{1}).error == outcome.error());
  CHECK(stream.connect("127.0.0.1", not_listening.port(), 5000).error().code == errc::connect_failed);
}

TEST_CASE("posix_tcp: nobody accepts, the time-out ends it", "[transport][posix_tcp]") {
  // With a full backlog Linux leaves the handshake unanswered, like a firewall that drops packets.
  listener const server(0);
  std::vector<std::unique_ptr<posix_tcp>> filling;
  error outcome{};
  long long took = 0;
  for (int i = 0; i < 8 && outcome.code == errc::none; ++i) {
    filling.push_back(std::make_unique<posix_tcp>());
    auto const start = clock_type::now();
    auto const connected = filling.back()->connect(server.where(), sizeof server.address, 200);
    if (!connected) outcome = connected.error();
    took = milliseconds_since(start);
  }
  CHECK(outcome == errc::connect_timeout);
  CHECK(took >= 190);
  CHECK(took < 2000);
  CHECK(read_one(*filling.back()).error == errc::connect_timeout);
}

TEST_CASE("posix_tcp: hosts that cannot be", "[transport][posix_tcp]") {
  posix_tcp stream;
  CHECK(stream.connect("", 1, 10).error() == errc::invalid_field);
  CHECK(stream.connect(std::string(256, 'a'), 1, 10).error() == errc::invalid_field);
  CHECK(stream.connect(std::string_view("127.0.0.1\0.evil", 15), 1, 10).error() == errc::invalid_field);
  // RFC 6761: .invalid never resolves, with a network or without.
  auto const unknown = stream.connect("no-such-host.invalid", 1, 10);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == errc::address_not_found);
  CHECK(unknown.error().detail != 0);
}

TEST_CASE("posix_tcp: before a connection and after close it is closed", "[transport][posix_tcp]") {
  posix_tcp stream;
  CHECK(read_one(stream).status == io_status::closed);
  CHECK(stream.write_some(octets{1}).status == io_status::closed);
  CHECK(stream.fd() == -1);
  CHECK(stream.wait({}, 10'000));  // nothing to wait for
  CHECK_FALSE(stream.wants_write());
  connection c;
  int const fd = c.client.fd();
  c.client.close();
  CHECK(::fcntl(fd, F_GETFD) == -1);
  CHECK(read_one(c.client).status == io_status::closed);
}

TEST_CASE("posix_tcp: the destructor closes, and connecting again drops the first connection",
          "[transport][posix_tcp]") {
  listener server;
  int fd = -1;
  {
    posix_tcp stream;
    REQUIRE(stream.connect(server.where(), sizeof server.address, 5000));
    fd = stream.fd();
    int const first = ::accept(server.fd, nullptr, nullptr);
    REQUIRE(stream.connect(server.where(), sizeof server.address, 5000));
    char octet = 0;
    CHECK(::recv(first, &octet, 1, 0) == 0);
    ::close(first);
    fd = stream.fd();
  }
  CHECK(::fcntl(fd, F_GETFD) == -1);
}

TEST_CASE("posix_tcp: a peer that closes: what it sent, closed, and no SIGPIPE", "[transport][posix_tcp]") {
  connection c;
  REQUIRE(::send(c.accepted, "ab", 2, 0) == 2);
  c.peer_closes();
  CHECK(read_one(c.client).count == 1);
  CHECK(read_one(c.client).count == 1);
  CHECK(read_one(c.client).status == io_status::closed);
  // The first write after it draws a reset, the next ones fail; SIGPIPE would end this program.
  io_result written{};
  for (int i = 0; i < 100 && written.status == io_status::ok; ++i) {
    written = c.client.write_some(octets{1});
    static_cast<void>(c.client.wait({.read = true, .write = false}, 5));
  }
  CHECK(written.status == io_status::failed);
  CHECK(written.error.code == errc::connection_lost);
  CHECK((written.error.detail == EPIPE || written.error.detail == ECONNRESET));
  CHECK(c.client.write_some(octets{1}).error == written.error);
  CHECK(read_one(c.client).status == io_status::closed);
}

TEST_CASE("posix_tcp: a reset is connection_lost with errno, again and again", "[transport][posix_tcp]") {
  connection c;
  c.peer_resets();
  for (int i = 0; i < 3; ++i) CHECK(read_one(c.client).error == error{errc::connection_lost, ECONNRESET});
  CHECK(c.client.write_some(octets{1}).error == error{errc::connection_lost, ECONNRESET});
}

TEST_CASE("posix_tcp: a peer that stops reading blocks the writer until it reads again",
          "[transport][posix_tcp]") {
  connection c;
  octets const block(65'536, 0x5a);
  std::size_t sent = 0;
  io_result w{};
  for (int i = 0; i < 2000 && w.status == io_status::ok; ++i) {
    w = c.client.write_some(block);
    sent += w.count;
  }
  REQUIRE(w.status == io_status::would_block);
  CHECK(c.client.wants_write());
  CHECK_FALSE(c.client.wait({.read = false, .write = true}, 20));
  octets got(block.size());
  std::size_t received = 0;
  while (received < sent) {
    ssize_t const n = ::recv(c.accepted, got.data(), got.size(), 0);
    REQUIRE(n > 0);
    received += static_cast<std::size_t>(n);
  }
  CHECK(received == sent);
  CHECK(c.client.wait({.read = false, .write = true}, 5000));
  CHECK(c.client.write_some(octets{1}).count == 1);
  CHECK_FALSE(c.client.wants_write());
}

TEST_CASE("posix_tcp: every byte arrives, in order, in both directions",
          "[transport][posix_tcp][v3.1.1:MQTT-4.2.0-1][v3.1.1:MQTT-7.1.2-1]") {
  connection c;
  octets there(1'000'000);
  octets back(there.size());
  std::uint32_t state = 1;
  for (auto* const some : {&there, &back})
    for (auto& octet : *some)
      octet = static_cast<std::uint8_t>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  octets seen_there;
  octets seen_back;
  octets block(50'000);
  std::size_t sent = 0;
  std::size_t answered = 0;
  for (int i = 0; i != 1'000'000 && seen_there.size() + seen_back.size() != 2 * there.size(); ++i) {
    io_result const put = c.client.write_some(byte_view(there).subspan(sent));
    sent += put.count;
    ssize_t const got = ::recv(c.accepted, block.data(), block.size(), MSG_DONTWAIT);
    if (got > 0) seen_there.insert(seen_there.end(), block.begin(), block.begin() + got);
    ssize_t const gave =
        ::send(c.accepted, back.data() + answered, back.size() - answered, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (gave > 0) answered += static_cast<std::size_t>(gave);
    io_result const read = c.client.read_some(block);
    seen_back.insert(seen_back.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(read.count));
  }
  CHECK(seen_there == there);
  CHECK(seen_back == back);
}

TEST_CASE("posix_tcp: wait ends when bytes come and when the time is up", "[transport][posix_tcp]") {
  connection c;
  auto const start = clock_type::now();
  CHECK_FALSE(c.client.wait({.read = true, .write = false}, 50));
  CHECK(milliseconds_since(start) >= 45);
  REQUIRE(::send(c.accepted, "x", 1, 0) == 1);
  CHECK(c.client.wait({.read = true, .write = false}, 5000));
  // Without an interest time passes, whatever arrives, a broken connection included.
  CHECK_FALSE(c.client.wait({.read = false, .write = false}, 20));
  c.peer_resets();
  CHECK_FALSE(c.client.wait({.read = false, .write = false}, 20));
  CHECK(c.client.wait({.read = true, .write = false}, 5000));
}

TEST_CASE("posix_tcp: signals disturb neither connecting nor its time-out", "[transport][posix_tcp]") {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) {};  // no SA_RESTART: every system call is interrupted
  ::sigaction(SIGUSR1, &action, &before);
  std::atomic<bool> done{false};
  pthread_t const target = ::pthread_self();
  std::thread noise([&] {
    for (int i = 0; i < 1000 && !done; ++i) {
      ::pthread_kill(target, SIGUSR1);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  listener const server(0);
  std::vector<std::unique_ptr<posix_tcp>> filling;
  error outcome{};
  long long took = 0;
  for (int i = 0; i < 8 && outcome.code == errc::none; ++i) {
    filling.push_back(std::make_unique<posix_tcp>());
    auto const start = clock_type::now();
    auto const connected = filling.back()->connect(server.where(), sizeof server.address, 150);
    if (!connected) outcome = connected.error();
    took = milliseconds_since(start);
  }
  done = true;
  noise.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  CHECK(outcome == errc::connect_timeout);
  CHECK(took >= 140);
  CHECK(took < 2000);
}

TEST_CASE("posix_tcp: end_output is read as an end behind the last byte, and reading goes on",
          "[transport][posix_tcp]") {
  connection c;
  octets const data(1000, 7);
  REQUIRE(c.client.write_some(data).count == data.size());
  CHECK(c.client.end_output() == io_status::ok);
  CHECK(c.client.end_output() == io_status::ok);
  CHECK(c.client.write_some(data).status == io_status::closed);
  CHECK_FALSE(c.client.wants_write());
  octets got(2000);
  CHECK(::recv(c.accepted, got.data(), got.size(), MSG_WAITALL) == 1000);
  REQUIRE(::send(c.accepted, "late", 4, MSG_NOSIGNAL) == 4);
  REQUIRE(c.client.wait({.read = true, .write = false}, 5000));
  io_result const late = c.client.read_some(got);
  CHECK(late.count == 4);
  ::shutdown(c.accepted, SHUT_RDWR);
  REQUIRE(c.client.wait({.read = true, .write = false}, 5000));
  CHECK(c.client.read_some(got).status == io_status::closed);
  c.client.close();
  CHECK(c.client.end_output() == io_status::closed);
  posix_tcp never;
  CHECK(never.end_output() == io_status::closed);
}

TEST_CASE("posix_tcp: a goodbye with unread input loses nothing, where closing resets",
          "[transport][posix_tcp]") {
  for (bool const goodbye : {true, false}) {
    INFO((goodbye ? "end_output first" : "closed at once"));
    connection c;
    octets const noise(4000, 1);
    REQUIRE(::send(c.accepted, noise.data(), noise.size(), MSG_NOSIGNAL) == 4000);
    REQUIRE(c.client.wait({.read = true, .write = false}, 5000));
    octets const data(2000, 7);
    REQUIRE(c.client.write_some(data).count == data.size());
    if (goodbye) {
      CHECK(c.client.end_output() == io_status::ok);
      octets dropped(8000);
      while (c.client.read_some(dropped).count != 0) {}
    }
    octets got(4000);
    if (goodbye) CHECK(::recv(c.accepted, got.data(), got.size(), MSG_WAITALL) == 2000);
    c.client.close();
    if (goodbye) continue;
    ssize_t last = 0;
    do last = ::recv(c.accepted, got.data(), got.size(), 0);
    while (last > 0);
    CHECK((last == -1 && errno == ECONNRESET));  // what a peer that has not read yet would lose
  }
}
