// SPDX-License-Identifier: BSL-1.0
// Connections of posix_tcp to several addresses of this machine, real sockets and real time.
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <hubwire/transport/connect_text.hpp>
#include <hubwire/transport/posix_tcp.hpp>

using namespace hubwire;

namespace {

// Descriptors that are open in this process.
std::size_t descriptors() {
  std::size_t count = 0;
  std::unique_ptr<DIR, int (*)(DIR*)> const folder(::opendir("/proc/self/fd"), ::closedir);
  REQUIRE(folder != nullptr);
  while (::readdir(folder.get()) != nullptr) ++count;
  return count;
}

constexpr ip_endpoint loopback(std::uint8_t last, std::uint16_t port = 0) {
  return ip_endpoint::v4({127, 0, 0, last}, port);
}
constexpr ip_endpoint loopback_v6(std::uint16_t port = 0) {
  return ip_endpoint::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, port);
}

ip_endpoint name_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return to_endpoint(reinterpret_cast<sockaddr const*>(&address), size);
}

// A socket that is bound and, with a backlog that is not negative, listens.
struct listener {
  int fd;
  ip_endpoint where{};

  explicit listener(ip_endpoint const& at, int backlog = 8) {
    socket_address const address(at);
    fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    int const on = 1;
    if (at.family == ip_family::v6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    REQUIRE(::bind(fd, address.data(), address.size()) == 0);
    if (backlog >= 0) REQUIRE(::listen(fd, backlog) == 0);
    where = name_of(fd);
  }
  listener(listener const&) = delete;
  listener& operator=(listener const&) = delete;
  ~listener() { ::close(fd); }

  // The next connection, or -1 when none comes in that time.
  int accept_one(int milliseconds = 2000) const {
    pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, milliseconds) == 1 ? ::accept(fd, nullptr, nullptr) : -1;
  }
};

// Nobody answers there: Linux leaves handshakes unanswered while the backlog is full.
struct silent_listener {
  listener at;
  std::vector<int> filling{};

  explicit silent_listener(ip_endpoint const& where) : at(where, 0) {
    socket_address const address(at.where);
    for (int i = 0; i != 4; ++i) {
      filling.push_back(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      static_cast<void>(::connect(filling.back(), address.data(), address.size()));
    }
  }
  ~silent_listener() {
    for (int const fd : filling) ::close(fd);
  }
  ip_endpoint where() const { return at.where; }
};

// What a pump does with a stream while nothing comes in. Returns how the last read ended.
io_result use_until_settled(posix_tcp& stream, int most_turns = 100) {
  std::uint8_t octet = 0;
  io_result last = stream.read_some(byte_span(&octet, 1));
  for (int i = 0; i != most_turns && stream.connecting(); ++i) {
    static_cast<void>(stream.wait({.read = true, .write = stream.wants_write()}, 5'000));
    last = stream.read_some(byte_span(&octet, 1));
  }
  return last;
}

std::vector<error> errors_of(connect_log const& log) {
  std::vector<error> all;
  for (connect_attempt const& one : log.attempts()) all.push_back(one.why);
  return all;
}

constexpr error refused{errc::connect_failed, ECONNREFUSED};
constexpr error silence{errc::connect_timeout, 0};

using clock_type = std::chrono::steady_clock;
long long milliseconds_since(clock_type::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - start).count();
}

}  // namespace

TEST_CASE("posix_tcp connect: the first address refuses, the second is taken", "[transport][posix_tcp]") {
  listener const server(loopback(1));
  ip_endpoint const addresses[] = {loopback(2, server.where.port), server.where};
  posix_tcp stream;
  REQUIRE(stream.start(addresses, 5'000));
  CHECK(use_until_settled(stream).status == io_status::would_block);
  CHECK(stream.fd() >= 0);
  CHECK(stream.log().reached() == server.where);
  CHECK(errors_of(stream.log()) == std::vector{refused});
  CHECK(stream.log().attempts()[0].where == addresses[0]);
  CHECK(stream.log().cause() == connect_attempt{});
}

TEST_CASE("posix_tcp connect: the first address never answers, the second is tried 250 ms later",
          "[transport][posix_tcp]") {
  silent_listener const silent(loopback(1));
  listener const server(loopback(2));
  ip_endpoint const addresses[] = {silent.where(), server.where};
  std::size_t const before = descriptors();
  auto const start = clock_type::now();
  posix_tcp stream;
  REQUIRE(stream.connect(addresses, 5'000));
  CHECK(milliseconds_since(start) >= 240);
  CHECK(milliseconds_since(start) < 2'000);
  CHECK(stream.log().reached() == server.where);
  CHECK(descriptors() == before + 1);  // the attempt that still ran is closed
}

TEST_CASE("posix_tcp connect: IPv6 and IPv4 take turns", "[transport][posix_tcp]") {
  listener const none(loopback(1), -1);
  std::uint16_t const port = none.where.port;
  ip_endpoint const addresses[] = {loopback_v6(port), loopback_v6(port), loopback(2, port),
                                   loopback(3, port)};
  posix_tcp stream;
  auto const connected = stream.connect(addresses, 5'000);
  REQUIRE_FALSE(connected);
  std::array<char, 300> room{};
  text_writer out(room);
  std::string const at = ":" + std::to_string(port) + " connect_failed ";
  std::string const number =
      std::to_string(stream.log().attempts()[0].why.detail);  // refused, or no IPv6 here
  std::string const no = std::to_string(ECONNREFUSED);
  CHECK(std::string(*put(out, stream.log()).finish()) == "tcp [::1]" + at + number + "; tcp 127.0.0.2" + at +
                                                             no + "; tcp [::1]" + at + number +
                                                             "; tcp 127.0.0.3" + at + no);
  CHECK(connected.error() == refused);  // also where there is no IPv6
}

TEST_CASE("posix_tcp connect: over IPv6", "[transport][posix_tcp]") {
  int const probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  socket_address const any(loopback_v6());
  bool const has_ipv6 = probe >= 0 && ::bind(probe, any.data(), any.size()) == 0;
  if (probe >= 0) ::close(probe);
  if (!has_ipv6) SKIP("no IPv6 here");
  listener const server(loopback_v6());
  posix_tcp stream;
  REQUIRE(stream.connect(std::array{loopback(2, server.where.port), server.where}, 5'000));
  CHECK(stream.log().reached() == server.where);
  CHECK(name_of(stream.fd()).family == ip_family::v6);
}

TEST_CASE("posix_tcp connect: all refuse, the record names them in order, the first is the cause",
          "[transport][posix_tcp]") {
  listener const none(loopback(9), -1);
  std::vector<ip_endpoint> addresses;
  for (std::uint8_t i = 1; i != 9; ++i) addresses.push_back(loopback(i, none.where.port));
  posix_tcp stream;
  std::size_t const before = descriptors();
  static_cast<void>(stream.start(addresses, 5'000));
  CHECK(use_until_settled(stream).error == refused);
  REQUIRE(stream.log().attempts().size() == 8);
  for (std::size_t i = 0; i != 8; ++i)
    CHECK(stream.log().attempts()[i] == connect_attempt{connect_layer::tcp, addresses[i], refused});
  CHECK(stream.log().cause() == stream.log().attempts()[0]);
  CHECK(descriptors() == before);
}

TEST_CASE("posix_tcp connect: nobody answers, the time-out is for all and is told by both directions",
          "[transport][posix_tcp]") {
  silent_listener const one(loopback(1));
  silent_listener const two(loopback(2));
  std::size_t const before = descriptors();
  auto const start = clock_type::now();
  posix_tcp stream;
  REQUIRE(stream.start(std::array{one.where(), two.where()}, 1'500));
  CHECK(use_until_settled(stream).error == silence);
  CHECK(milliseconds_since(start) >= 1'490);
  CHECK(milliseconds_since(start) < 4'000);
  std::uint8_t const octet = 0;
  CHECK(stream.write_some(byte_view(&octet, 1)).error == silence);
  CHECK(stream.end_output() == io_status::failed);
  CHECK(errors_of(stream.log()) == std::vector{silence, silence});
  CHECK(descriptors() == before);
}

TEST_CASE("posix_tcp connect: a refusal says more than a silence", "[transport][posix_tcp]") {
  silent_listener const silent(loopback(1));
  posix_tcp stream;
  auto const connected = stream.connect(std::array{silent.where(), loopback(2, silent.where().port)}, 1'500);
  CHECK(connected.error() == refused);
  CHECK(errors_of(stream.log()) == std::vector{refused, silence});  // in the order in which they came
}

TEST_CASE("posix_tcp connect: cancelled in the middle, destroyed or begun anew, all sockets are closed",
          "[transport][posix_tcp]") {
  silent_listener const one(loopback(1));
  silent_listener const two(loopback(2));
  listener const server(loopback(3));
  std::array const addresses{one.where(), two.where()};
  std::size_t const before = descriptors();
  int const how = GENERATE(0, 1, 2);
  {
    posix_tcp stream;
    REQUIRE(stream.start(addresses, 60'000));
    for (int i = 0; i != 20 && descriptors() != before + 2; ++i) {
      std::uint8_t octet = 0;
      static_cast<void>(stream.wait({}, 5'000));
      CHECK(stream.read_some(byte_span(&octet, 1)).status == io_status::would_block);
    }
    REQUIRE(descriptors() == before + 2);
    if (how == 0) {
      stream.close();
      CHECK_FALSE(stream.connecting());
      CHECK(use_until_settled(stream).status == io_status::closed);
      CHECK(descriptors() == before);
    } else if (how == 1) {
      REQUIRE(stream.connect(std::span(&server.where, 1), 5'000));
      CHECK(descriptors() == before + 1);
      CHECK(stream.log().attempts().empty());
    }
  }
  CHECK(descriptors() == before);
}

TEST_CASE("posix_tcp connect: of two that have connected one stays, and the other's peer reads the end",
          "[transport][posix_tcp]") {
  silent_listener const slow(loopback(1));
  listener const server(loopback(2));
  std::size_t const before = descriptors();
  posix_tcp stream;
  REQUIRE(stream.start(std::array{slow.where(), server.where}, 20'000));
  std::uint8_t octet = 0;
  for (int i = 0; i != 20 && descriptors() != before + 2; ++i) {
    static_cast<void>(stream.wait({}, 5'000));
    REQUIRE(stream.read_some(byte_span(&octet, 1)).status == io_status::would_block);
  }
  // The second has connected, and the stream does not look. The first is given room: the system sends its SYN again
  // after about a second.
  std::array<pollfd, posix_tcp::most_sockets> entries{};
  REQUIRE(stream.watch(entries, {}) == 2);
  std::vector<int> accepted;
  for (int i = 0; i != 100 && ::poll(entries.data(), 1, 0) == 0; ++i)
    if (int const fd = slow.at.accept_one(50); fd >= 0) accepted.push_back(fd);
  REQUIRE(::poll(entries.data(), 2, 0) == 2);
  CHECK(use_until_settled(stream).status == io_status::would_block);
  CHECK(stream.log().reached() == slow.where());
  CHECK(stream.fd() == entries[0].fd);
  int const loser = server.accept_one();
  CHECK(::recv(loser, &octet, 1, 0) == 0);
  ::close(loser);
  for (int const fd : accepted) ::close(fd);
  CHECK(descriptors() == before + 1);
}

TEST_CASE("posix_tcp connect: signals disturb neither the stagger nor the time-out",
          "[transport][posix_tcp]") {
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
  silent_listener const silent(loopback(1));
  listener const server(loopback(2));
  auto const start = clock_type::now();
  posix_tcp to_both;
  bool const connected{to_both.connect(std::array{silent.where(), server.where}, 5'000)};
  long long const stagger = milliseconds_since(start);
  auto const again = clock_type::now();
  posix_tcp to_one;
  error const why = to_one.connect(std::array{silent.where()}, 150).error();
  long long const took = milliseconds_since(again);
  done = true;
  noise.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  CHECK(connected);
  CHECK(stagger >= 240);
  CHECK(why == silence);
  CHECK(took >= 140);
  CHECK(took < 2'000);
}

TEST_CASE("posix_tcp connect: no address, and addresses that are none", "[transport][posix_tcp]") {
  posix_tcp stream;
  std::vector<ip_endpoint> const none(3);
  CHECK(stream.start(std::span<ip_endpoint const>{}, 100).error() == errc::address_not_found);
  CHECK(stream.start(none, 100).error() == errc::address_not_found);
  CHECK(std::as_const(stream).log().cause().layer == connect_layer::look_up);
  CHECK(use_until_settled(stream).error == errc::address_not_found);
  sockaddr elsewhere{};
  elsewhere.sa_family = AF_UNIX;
  CHECK(stream.connect(&elsewhere, sizeof elsewhere, 100).error() == errc::address_not_found);
}

TEST_CASE("posix_tcp connect: the look-up is the first layer of the record", "[transport][posix_tcp]") {
  posix_tcp stream;
  auto const outcome = stream.start("no-such-host.invalid", 1, 10);
  REQUIRE_FALSE(outcome);
  CHECK(stream.log().cause() == connect_attempt{connect_layer::look_up, {}, outcome.error()});
  CHECK(stream.start("", 1, 10).error() == errc::invalid_field);
  CHECK(stream.log().cause().why == errc::invalid_field);
  CHECK(stream.log().attempts().size() == 1);
}

TEST_CASE("posix_tcp connect: what ends the connection later is recorded with its address",
          "[transport][posix_tcp]") {
  listener const server(loopback(1));
  posix_tcp stream;
  REQUIRE(stream.connect(std::span(&server.where, 1), 5'000));
  int const peer = server.accept_one();
  linger const abort{1, 0};
  ::setsockopt(peer, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  ::close(peer);
  static_cast<void>(stream.wait({}, 1'000));
  CHECK(use_until_settled(stream).error == error{errc::connection_lost, ECONNRESET});
  stream.log().end({errc::connection_lost, ECONNRESET});  // as the client's last event says it again
  connect_attempt const reset{connect_layer::tcp, server.where, {errc::connection_lost, ECONNRESET}};
  REQUIRE(stream.log().attempts().size() == 1);
  CHECK(stream.log().attempts()[0] == reset);
  CHECK(stream.log().cause() == reset);
}

TEST_CASE("posix_tcp connect: addresses keep all that they have between the system and hubwire",
          "[transport][posix_tcp]") {
  ip_endpoint const local =
      ip_endpoint::v6({0xfe, 0x80, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, 8883, 5);
  socket_address const six(local);
  CHECK(to_endpoint(six.data(), six.size()) == local);
  CHECK(to_endpoint(six.data(), six.size() - 1) == ip_endpoint{});
  socket_address const four(loopback(7, 1883));
  CHECK(to_endpoint(four.data(), four.size()) == loopback(7, 1883));
  CHECK(to_endpoint(four.data(), four.size() - 1) == ip_endpoint{});
}

TEST_CASE("posix_tcp connect: resolve gives what fits", "[transport][posix_tcp]") {
  std::array<ip_endpoint, 2> room{};
  auto const found = resolve("127.0.0.1", 8883, room);
  REQUIRE(found);
  REQUIRE(*found == 1);
  CHECK(room[0] == loopback(1, 8883));
  CHECK(resolve("127.0.0.1", 8883, {}).value_or(7) == 0);
}
