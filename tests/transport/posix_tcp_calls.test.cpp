// SPDX-License-Identifier: BSL-1.0
// posix_tcp on a system that does what a test says, on a clock that the test moves: every error that a call may
// return, how long each address gets, and which error is kept.
#include <dlfcn.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <catch2/catch_test_macros.hpp>
#include <climits>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <hubwire/transport/posix_tcp.hpp>

namespace {

// What poll() does: it takes so long, and then it is ready, has timed out by itself, or ends with errno.
struct wait_outcome {
  std::uint32_t takes = 0;
  int error = 0;
};

// The calls of this thread while an object lives. What is not planned fails with ENOSYS, so that a call too
// many is seen.
struct system_script {
  std::uint64_t now = 0xFFFF'FF00;  // milliseconds; the clock of 32 bits wraps soon
  std::deque<int> sockets{};        // errno; 0: a socket
  std::deque<int> connects{};       // errno
  std::deque<wait_outcome> waits{};
  std::deque<int> verdicts{};  // SO_ERROR
  std::deque<int> receives{};  // errno; 0: the end of input; negative: so many bytes
  std::deque<int> sends{};     // errno; negative: so many bytes

  std::vector<std::uint16_t> ports{};  // that were connected to
  std::vector<int> families{};
  std::vector<std::uint32_t> given{};  // the time that each poll() was given
  std::vector<short> events{};
  int flags = 0;  // of the last send()

  system_script();
  ~system_script();
  system_script(system_script const&) = delete;
  system_script& operator=(system_script const&) = delete;
};

thread_local system_script* script = nullptr;

system_script::system_script() { script = this; }
system_script::~system_script() { script = nullptr; }

template <class T>
T next_of(std::deque<T>& planned, T otherwise) {
  if (planned.empty()) return otherwise;
  T const first = planned.front();
  planned.pop_front();
  return first;
}

// 0 when code is 0, so many when it is negative, otherwise -1 with errno.
int outcome_of(int code) {
  if (code <= 0) return -code;
  errno = code;
  return -1;
}

template <class Function>
Function real(char const* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t which, timespec* now) noexcept {
  static auto const system = real<int (*)(clockid_t, timespec*)>("clock_gettime");
  if (script == nullptr) return system(which, now);
  now->tv_sec = static_cast<time_t>(script->now / 1000);
  now->tv_nsec = static_cast<long>(script->now % 1000 * 1'000'000 + 999'999);
  return 0;
}

int socket(int domain, int type, int protocol) noexcept {
  static auto const system = real<int (*)(int, int, int)>("socket");
  if (script != nullptr && next_of(script->sockets, 0) != 0) return outcome_of(EMFILE);
  return system(domain, type, protocol);
}

int connect(int fd, sockaddr const* address, socklen_t size) {
  static auto const system = real<int (*)(int, sockaddr const*, socklen_t)>("connect");
  if (script == nullptr) return system(fd, address, size);
  script->families.push_back(address->sa_family);
  auto const port = address->sa_family == AF_INET ? reinterpret_cast<sockaddr_in const*>(address)->sin_port
                                                  : reinterpret_cast<sockaddr_in6 const*>(address)->sin6_port;
  script->ports.push_back(ntohs(port));
  return outcome_of(next_of(script->connects, ENOSYS));
}

int poll(pollfd* entries, nfds_t count, int timeout) {
  static auto const system = real<int (*)(pollfd*, nfds_t, int)>("poll");
  if (script == nullptr) return system(entries, count, timeout);
  auto const longest = static_cast<std::uint32_t>(timeout);
  script->given.push_back(longest);
  script->events.push_back(entries[0].fd < 0 ? short{-1} : entries[0].events);
  wait_outcome const planned = next_of(script->waits, {0, ENOSYS});
  if (planned.takes >= longest) {
    script->now += longest;
    return 0;
  }
  script->now += planned.takes;
  return planned.error == 0 ? 1 : outcome_of(planned.error);
}

int getsockopt(int fd, int level, int name, void* value, socklen_t* size) noexcept {
  static auto const system = real<int (*)(int, int, int, void*, socklen_t*)>("getsockopt");
  if (script == nullptr || name != SO_ERROR) return system(fd, level, name, value, size);
  int const verdict = next_of(script->verdicts, ENOSYS);
  if (verdict < 0) return outcome_of(-verdict);  // the call itself fails
  *static_cast<int*>(value) = verdict;
  return 0;
}

ssize_t recv(int fd, void* room, std::size_t size, int flags) {
  static auto const system = real<ssize_t (*)(int, void*, std::size_t, int)>("recv");
  if (script == nullptr) return system(fd, room, size, flags);
  return outcome_of(next_of(script->receives, ENOSYS));
}

ssize_t send(int fd, void const* data, std::size_t size, int flags) {
  static auto const system = real<ssize_t (*)(int, void const*, std::size_t, int)>("send");
  if (script == nullptr) return system(fd, data, size, flags);
  script->flags = flags;
  return outcome_of(next_of(script->sends, ENOSYS));
}

}  // extern "C"

using namespace hubwire;

namespace {

constexpr std::uint32_t for_ever = 0xFFFF'FFFF;
using times = std::vector<std::uint32_t>;

result<void> connect_to(posix_tcp& stream, std::uint32_t timeout) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  return stream.connect(reinterpret_cast<sockaddr const*>(&address), sizeof address, timeout);
}

// A stream that believes to be connected.
struct connected_stream {
  system_script system{};
  posix_tcp tcp{};

  connected_stream() {
    system.connects = {0};
    REQUIRE(connect_to(tcp, 100));
  }
  io_result read() {
    std::uint8_t room[8] = {};
    return tcp.read_some(room);
  }
  io_result write() {
    std::uint8_t const data[8] = {};
    return tcp.write_some(data);
  }
};

}  // namespace

TEST_CASE("posix_tcp calls: each address gets an equal share of the time that is left",
          "[transport][posix_tcp]") {
  system_script system;
  posix_tcp stream;
  std::string const three = "127.0.0.3+127.0.0.2+127.0.0.1";
  std::uint64_t const begin = system.now;
  auto const took = [&] { return system.now - begin; };

  SECTION("nobody answers: a third, half of the rest, the rest") {
    system.connects = {EINPROGRESS, EINPROGRESS, EINPROGRESS};
    system.waits = {{for_ever}, {for_ever}, {for_ever}};
    CHECK(stream.connect(three, 1883, 1000).error() == error{errc::connect_timeout, 0});
    CHECK(system.given == times{333, 333, 334});
    CHECK(took() == 1000);
  }
  SECTION("one that refuses leaves its share to the others") {
    system.connects = {ECONNREFUSED, EINPROGRESS, EINPROGRESS};
    system.waits = {{for_ever}, {for_ever}};
    CHECK(stream.connect(three, 1883, 1000).error() == error{errc::connect_timeout, 0});
    CHECK(system.given == times{500, 500});
    CHECK(took() == 1000);
  }
  SECTION("so does one that refuses after a while") {
    system.connects = {EINPROGRESS, EINPROGRESS, EINPROGRESS};
    system.waits = {{100}, {for_ever}, {for_ever}};
    system.verdicts = {ECONNREFUSED};
    CHECK(stream.connect(three, 1883, 1000).error() == error{errc::connect_timeout, 0});
    CHECK(system.given == times{333, 450, 450});
  }
  SECTION("the first that answers is taken, and the others are not asked") {
    system.connects = {EINPROGRESS, EINPROGRESS, EINPROGRESS};
    system.waits = {{for_ever}, {100}};
    system.verdicts = {0};
    CHECK(stream.connect(three, 1883, 1000));
    CHECK(system.given == times{333, 333});
    CHECK(stream.fd() >= 0);
    CHECK(took() == 433);
  }
  SECTION("a single one gets all, and no time is no time") {
    system.connects = {EINPROGRESS, EINPROGRESS};
    system.waits = {{for_ever}, {for_ever}};
    CHECK(stream.connect("127.0.0.1", 1883, 1000).error() == error{errc::connect_timeout, 0});
    CHECK(stream.connect("127.0.0.1", 1883, 0).error() == error{errc::connect_timeout, 0});
    CHECK(system.given == times{1000, 0});
  }
  SECTION("the last address's error is told") {
    system.connects = {ENETUNREACH, EHOSTUNREACH, ECONNREFUSED};
    CHECK(stream.connect(three, 1883, 1000).error() == error{errc::connect_failed, ECONNREFUSED});
    CHECK(stream.fd() == -1);
  }
}

TEST_CASE("posix_tcp calls: the longest time-out is the longest, for a name and for an address",
          "[transport][posix_tcp]") {
  for (std::uint32_t const timeout : {posix_tcp::longest_timeout - 1, posix_tcp::longest_timeout,
                                      posix_tcp::longest_timeout + 1, for_ever}) {
    system_script system;
    system.connects = {EINPROGRESS, EINPROGRESS};
    system.waits = {{for_ever}, {for_ever}};
    std::uint32_t const expected = std::min(timeout, posix_tcp::longest_timeout);
    posix_tcp stream;
    CHECK(connect_to(stream, timeout).error() == error{errc::connect_timeout, 0});
    CHECK(stream.connect("127.0.0.1", 1883, timeout).error() == error{errc::connect_timeout, 0});
    CHECK(system.given == times{expected, expected});
  }
  CHECK(posix_tcp::longest_timeout == 671'088'640);
}

TEST_CASE("posix_tcp calls: the port goes to addresses of both families", "[transport][posix_tcp]") {
  system_script system;
  system.connects = {ECONNREFUSED, ECONNREFUSED};
  posix_tcp stream;
  CHECK_FALSE(stream.connect("127.0.0.1+::1", 8883, 1000));
  CHECK(system.families == std::vector<int>{AF_INET, AF_INET6});
  CHECK(system.ports == std::vector<std::uint16_t>{8883, 8883});
}

TEST_CASE("posix_tcp calls: connecting goes on after a signal, in the time that is left",
          "[transport][posix_tcp]") {
  system_script system;
  posix_tcp stream;
  SECTION("while it is waited for") {
    system.connects = {EINPROGRESS};
    system.waits = {{400, EINTR}, {100, EINTR}, {for_ever}};
    CHECK(connect_to(stream, 1000).error() == error{errc::connect_timeout, 0});
    CHECK(system.given == times{1000, 600, 500});
  }
  SECTION("in the call itself") {
    system.connects = {EINTR};
    system.waits = {{5}};
    system.verdicts = {0};
    CHECK(connect_to(stream, 1000));
    CHECK(system.events == std::vector<short>{POLLOUT});
  }
}

TEST_CASE("posix_tcp calls: every way in which connecting fails", "[transport][posix_tcp]") {
  system_script system;
  posix_tcp stream;
  auto const fails_with = [&](errc code, int number) {
    error const expected{code, static_cast<std::uint32_t>(number)};
    CHECK(connect_to(stream, 1000).error() == expected);
    std::uint8_t octet = 0;
    CHECK(stream.fd() == -1);
    CHECK(stream.read_some(byte_span(&octet, 1)).error == expected);
    CHECK(stream.write_some(byte_view(&octet, 1)).error == expected);
  };
  SECTION("no socket") {
    system.sockets = {EMFILE};
    fails_with(errc::connect_failed, EMFILE);
  }
  SECTION("at once") {
    system.connects = {ENETUNREACH};
    fails_with(errc::connect_failed, ENETUNREACH);
  }
  SECTION("later") {
    system.connects = {EINPROGRESS};
    system.waits = {{5}};
    system.verdicts = {EHOSTUNREACH};
    fails_with(errc::connect_failed, EHOSTUNREACH);
  }
  SECTION("by the system's time-out") {
    system.connects = {EINPROGRESS};
    system.waits = {{5}};
    system.verdicts = {ETIMEDOUT};
    fails_with(errc::connect_timeout, ETIMEDOUT);
  }
  SECTION("in poll()") {
    system.connects = {EINPROGRESS};
    system.waits = {{5, ENOMEM}};
    fails_with(errc::connect_failed, ENOMEM);
  }
  SECTION("nobody knows how") {
    system.connects = {EINPROGRESS};
    system.waits = {{5}};
    system.verdicts = {-ENOBUFS};
    fails_with(errc::connect_failed, ENOBUFS);
  }
}

TEST_CASE("posix_tcp calls: whatever becomes of the next connection, the earlier one is closed",
          "[transport][posix_tcp]") {
  connected_stream c;
  REQUIRE(c.tcp.fd() >= 0);
  SECTION("a host that cannot be") {
    CHECK(c.tcp.connect("", 1, 10).error() == error{errc::invalid_field, 0});
    CHECK(c.tcp.connect(std::string_view("a\0b", 3), 1, 10).error() == error{errc::invalid_field, 0});
    CHECK(c.tcp.connect(std::string(256, '1'), 1, 10).error() == error{errc::invalid_field, 0});
    CHECK(c.tcp.connect(std::string(255, '+'), 1, 10).error() != errc::invalid_field);  // the longest
  }
  SECTION("no socket") {
    c.system.sockets = {EMFILE};
    CHECK(connect_to(c.tcp, 10).error() == error{errc::connect_failed, EMFILE});
  }
  CHECK(c.tcp.fd() == -1);
}

TEST_CASE("posix_tcp calls: the first error is the one that is told from then on", "[transport][posix_tcp]") {
  connected_stream c;
  SECTION("of a write, whatever reading says later") {
    c.system.sends = {EPIPE, -8};
    c.system.receives = {-3, ECONNRESET, EIO, EAGAIN, 0};
    error const first{errc::connection_lost, EPIPE};
    CHECK(c.write().error == first);
    CHECK(c.read().count == 3);  // what had arrived
    for (int i = 0; i != 4; ++i) {
      io_result const read = c.read();
      CHECK(read.status == io_status::failed);
      CHECK(read.error == first);
    }
    CHECK(c.write().error == first);
    CHECK(c.system.sends.size() == 1);  // nothing is sent any more
  }
  SECTION("of a read, which ends writing too") {
    c.system.receives = {EIO, ECONNRESET};
    error const first{errc::transport_failed, EIO};
    CHECK(c.read().error == first);
    CHECK(c.write().error == first);
    CHECK(c.read().error == first);
  }
  SECTION("until it is closed, and connected again") {
    c.system.receives = {ECONNRESET, EAGAIN};
    CHECK(c.read().error == error{errc::connection_lost, ECONNRESET});
    c.tcp.close();
    CHECK(c.read().status == io_status::closed);
    CHECK(c.write().status == io_status::closed);
    c.system.connects = {0};
    REQUIRE(connect_to(c.tcp, 100));
    CHECK(c.read().status == io_status::would_block);
  }
}

TEST_CASE("posix_tcp calls: which errors mean that the peer has left", "[transport][posix_tcp]") {
  for (int const number : {ECONNRESET, EPIPE, ETIMEDOUT, EIO, ENOBUFS, EHOSTUNREACH}) {
    bool const left = number == ECONNRESET || number == EPIPE || number == ETIMEDOUT;
    error const expected{left ? errc::connection_lost : errc::transport_failed,
                         static_cast<std::uint32_t>(number)};
    for (bool const reading : {false, true}) {
      connected_stream c;
      (reading ? c.system.receives : c.system.sends) = {number};
      CHECK((reading ? c.read() : c.write()).error == expected);
    }
  }
}

TEST_CASE("posix_tcp calls: reading and writing go on after a signal", "[transport][posix_tcp]") {
  connected_stream c;
  c.system.receives = {EINTR, EINTR, -2, EINTR, EAGAIN};
  CHECK(c.read().count == 2);
  CHECK(c.read().status == io_status::would_block);
  c.system.sends = {EINTR, EINTR, -7, EINTR, EAGAIN};
  CHECK(c.write().count == 7);
  CHECK((c.system.flags & MSG_NOSIGNAL) != 0);
  CHECK_FALSE(c.tcp.wants_write());
  CHECK(c.write().status == io_status::would_block);
  CHECK(c.tcp.wants_write());
}

TEST_CASE("posix_tcp calls: a refused write is wanted until one is taken or the connection is gone",
          "[transport][posix_tcp]") {
  connected_stream c;
  c.system.sends = {EAGAIN};
  CHECK(c.write().status == io_status::would_block);
  CHECK(c.tcp.wants_write());
  SECTION("taken") {
    c.system.sends = {-1};
    CHECK(c.write().count == 1);
  }
  SECTION("broken") {
    c.system.sends = {EPIPE};
    CHECK(c.write().status == io_status::failed);
  }
  SECTION("closed") { c.tcp.close(); }
  CHECK_FALSE(c.tcp.wants_write());
}

TEST_CASE("posix_tcp calls: the end of input is told again without asking the system",
          "[transport][posix_tcp]") {
  connected_stream c;
  c.system.receives = {0, -4};
  CHECK(c.read().status == io_status::closed);
  CHECK(c.read().status == io_status::closed);
  CHECK(c.system.receives.size() == 1);
  c.system.sends = {-8};
  CHECK(c.write().count == 8);  // half of the connection still lives
  c.tcp.close();
  c.system.connects = {0};
  REQUIRE(connect_to(c.tcp, 100));
  CHECK(c.read().count == 4);  // of the next connection
}

TEST_CASE("posix_tcp calls: an empty buffer moves nothing and asks nobody", "[transport][posix_tcp]") {
  connected_stream c;
  for (io_result const moved : {c.tcp.read_some({}), c.tcp.write_some({})}) {
    CHECK(moved.status == io_status::ok);
    CHECK(moved.count == 0);
  }
}

TEST_CASE("posix_tcp calls: wait asks for what the caller is interested in", "[transport][posix_tcp]") {
  connected_stream c;
  c.system.waits = {{1}, {1}, {1}, {for_ever}, {for_ever}, {5, EINTR}};
  CHECK(c.tcp.wait({.read = true, .write = false}, 10));
  CHECK(c.tcp.wait({.read = false, .write = true}, 10));
  CHECK(c.tcp.wait({.read = true, .write = true}, 10));
  CHECK_FALSE(c.tcp.wait({.read = false, .write = false}, 10));  // only lets the time pass
  CHECK_FALSE(c.tcp.wait({.read = true, .write = false}, for_ever));
  CHECK(c.tcp.wait({.read = true, .write = false}, 10));  // a signal: the caller looks
  CHECK(c.system.events == std::vector<short>{POLLIN, POLLOUT, POLLIN | POLLOUT, -1, POLLIN, POLLIN});
  CHECK(c.system.given == times{10, 10, 10, 10, INT_MAX, 10});
}
