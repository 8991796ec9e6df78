// SPDX-License-Identifier: BSL-1.0
// posix_tcp on a system that does what a test says, on a clock that the test moves: every error that a call may
// return, when each address is tried, and which error is kept.
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <climits>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <hubwire/transport/posix_tcp.hpp>

namespace {

// What poll() does: it takes so long, and then sockets are ready, it has timed out by itself, or it ends with errno.
struct wait_outcome {
  std::uint32_t takes = 0;
  int error = 0;
  unsigned ready = 1;  // bit i: the socket of entry i
};

// The calls of this thread while an object lives. What is not planned fails with ENOSYS, so that a call too
// many is seen.
struct system_script {
  static constexpr std::uint64_t start = 0xFFFF'FF00;
  std::uint64_t now = start;   // milliseconds; the clock of 32 bits wraps soon
  std::deque<int> sockets{};   // errno; 0: a socket
  std::deque<int> connects{};  // errno
  std::deque<wait_outcome> waits{};
  std::deque<int> verdicts{};  // SO_ERROR
  std::deque<int> receives{};  // errno; 0: the end of input; negative: so many bytes
  std::deque<int> sends{};     // errno; negative: so many bytes

  std::vector<std::uint16_t> ports{};  // that were connected to
  std::vector<int> families{};
  std::vector<std::uint32_t> begun{};  // when, in milliseconds since the beginning
  std::vector<int> made{};             // sockets
  std::vector<std::uint32_t> given{};  // the time that each poll() was given
  std::vector<short> events{};         // of its first socket
  int flags = 0;                       // of the last send()

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
  if (script == nullptr) return system(domain, type, protocol);
  if (int const code = next_of(script->sockets, 0); code != 0) return outcome_of(code);
  script->made.push_back(system(domain, type, protocol));
  return script->made.back();
}

int connect(int fd, sockaddr const* address, socklen_t size) {
  static auto const system = real<int (*)(int, sockaddr const*, socklen_t)>("connect");
  if (script == nullptr) return system(fd, address, size);
  script->families.push_back(address->sa_family);
  script->begun.push_back(static_cast<std::uint32_t>(script->now - system_script::start));
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
  if (planned.takes > longest) {
    script->now += longest;
    return 0;
  }
  script->now += planned.takes;
  if (planned.error != 0) return outcome_of(planned.error);
  int ready = 0;
  for (nfds_t i = 0; i != count; ++i) {
    entries[i].revents = (planned.ready >> i & 1U) != 0 ? entries[i].events : short{0};
    if (entries[i].revents != 0) ++ready;
  }
  return ready == 0 ? 1 : ready;  // without an interest nothing is ready, and yet the time was not up
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

TEST_CASE("posix_tcp calls: attempts begin 250 ms apart, and the first that connects is taken",
          "[transport][posix_tcp]") {
  system_script system;
  posix_tcp stream;
  std::string const three = "127.0.0.3+127.0.0.2+127.0.0.1";
  auto const took = [&] { return system.now - system_script::start; };
  auto const all_closed_but = [&](int kept) {
    for (int const fd : system.made) CHECK((::fcntl(fd, F_GETFD) != -1) == (fd == kept));
  };

  SECTION("nobody answers: the time is for all together") {
    system.connects = {EINPROGRESS, EINPROGRESS, EINPROGRESS};
    system.waits = {{for_ever}, {for_ever}, {for_ever}};
    CHECK(stream.connect(three, 1883, 1000).error() == error{errc::connect_timeout, 0});
    CHECK(system.given == times{250, 250, 500});
    CHECK(system.begun == times{0, 250, 500});
    CHECK(took() == 1000);
    CHECK(stream.log().attempts().size() == 3);
    all_closed_but(-1);
  }
  SECTION("one that refuses lets the next begin at once") {
    system.connects = {ECONNREFUSED, EINPROGRESS, EINPROGRESS};
    system.waits = {{for_ever}, {for_ever}};
    CHECK(stream.connect(three, 1883, 1000).error() == error{errc::connect_failed, ECONNREFUSED});
    CHECK(system.begun == times{0, 0, 250});
    CHECK(system.given == times{250, 750});
    CHECK(took() == 1000);
    all_closed_but(-1);
  }
  SECTION("so does one that refuses after a while") {
    system.connects = {EINPROGRESS, EINPROGRESS, EINPROGRESS};
    system.waits = {{100}, {for_ever}, {for_ever}};
    system.verdicts = {ECONNREFUSED};
    CHECK(stream.connect(three, 1883, 1000).error() == error{errc::connect_failed, ECONNREFUSED});
    CHECK(system.begun == times{0, 100, 350});
    CHECK(system.given == times{250, 250, 650});
  }
  SECTION("the first that answers is taken, and the others are closed or not asked") {
    system.connects = {EINPROGRESS, EINPROGRESS, EINPROGRESS};
    system.waits = {{for_ever}, {100, 0, 2}};
    system.verdicts = {0};
    CHECK(stream.connect(three, 1883, 1000));
    CHECK(system.begun == times{0, 250});
    CHECK(took() == 350);
    CHECK(stream.fd() == system.made[1]);
    all_closed_but(stream.fd());
    CHECK(stream.log().reached() == ip_endpoint::v4({127, 0, 0, 2}, 1883));
    CHECK(stream.log().cause() == connect_attempt{});
  }
  SECTION("of two that answer together the one that began first is taken") {
    system.connects = {EINPROGRESS, EINPROGRESS};
    system.waits = {{for_ever}, {100, 0, 3}};
    system.verdicts = {0, 0};
    CHECK(stream.connect(three, 1883, 1000));
    CHECK(stream.fd() == system.made[0]);
    all_closed_but(stream.fd());
  }
  SECTION("one that refuses together with one that answers harms nobody") {
    system.connects = {EINPROGRESS, EINPROGRESS};
    system.waits = {{for_ever}, {100, 0, 3}};
    system.verdicts = {ECONNREFUSED, 0};
    CHECK(stream.connect(three, 1883, 1000));
    CHECK(stream.fd() == system.made[1]);
    all_closed_but(stream.fd());
    CHECK(stream.log().attempts().size() == 1);
  }
  SECTION("a socket that is not to be had leaves the others") {
    system.sockets = {0, EMFILE, EMFILE};
    system.connects = {EINPROGRESS};
    system.waits = {{for_ever}, {100}};
    system.verdicts = {0};
    CHECK(stream.connect(three, 1883, 1000));
    CHECK(system.given == times{250, 750});
    CHECK(stream.log().attempts().size() == 2);
  }
  SECTION("a connection that is there at once") {
    system.connects = {0};
    CHECK(stream.connect(three, 1883, 1000));
    CHECK(system.given.empty());
    CHECK(stream.fd() == system.made[0]);
  }
  SECTION("a single one gets all the time, and no time is no time") {
    system.connects = {EINPROGRESS};
    system.waits = {{for_ever}};
    CHECK(stream.connect("127.0.0.1", 1883, 1000).error() == error{errc::connect_timeout, 0});
    CHECK(stream.connect("127.0.0.1", 1883, 0).error() == error{errc::connect_timeout, 0});
    CHECK(system.given == times{1000});
  }
}

TEST_CASE("posix_tcp calls: of several errors the first that says most is the cause",
          "[transport][posix_tcp]") {
  struct row {
    std::deque<int> errors;
    int cause;
  };
  auto const [errors, cause] = GENERATE(row{{ECONNREFUSED, EHOSTUNREACH, ENETUNREACH}, ECONNREFUSED},
                                        row{{ENETUNREACH, EHOSTUNREACH, ECONNREFUSED}, EHOSTUNREACH},
                                        row{{EADDRNOTAVAIL, EAFNOSUPPORT, ECONNREFUSED}, ECONNREFUSED},
                                        row{{ENETUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT}, ENETUNREACH});
  system_script system;
  system.connects = errors;
  posix_tcp stream;
  error const expected{errc::connect_failed, static_cast<std::uint32_t>(cause)};
  CHECK(stream.connect("127.0.0.3+127.0.0.2+127.0.0.1", 1883, 1000).error() == expected);
  CHECK(stream.log().cause().why == expected);
  REQUIRE(stream.log().attempts().size() == 3);
  for (std::size_t i = 0; i != 3; ++i) {
    auto const address = ip_endpoint::v4({127, 0, 0, static_cast<std::uint8_t>(3 - i)}, 1883);
    error const told{errc::connect_failed, static_cast<std::uint32_t>(errors[i])};
    CHECK(stream.log().attempts()[i] == connect_attempt{connect_layer::tcp, address, told});
  }
  CHECK(stream.fd() == -1);
}

TEST_CASE("posix_tcp calls: with more addresses than sockets each address gets a share of the time",
          "[transport][posix_tcp]") {
  system_script system;
  posix_tcp stream;
  std::vector<ip_endpoint> addresses;
  for (int i = 1; i != 10; ++i)
    addresses.push_back(ip_endpoint::v4({127, 0, 0, static_cast<std::uint8_t>(i)}, 1883));
  system.connects.assign(9, EINPROGRESS);
  system.waits.assign(20, {for_ever});
  CHECK(stream.connect(addresses, 10'000).error() == error{errc::connect_timeout, 0});
  CHECK(system.begun == times{0, 250, 500, 750, 5000, 5250, 5500, 5750});  // the ninth is one too many
  CHECK(system.now - system_script::start == 10'000);
  CHECK(stream.log().attempts().size() == posix_tcp::most_addresses);
}

TEST_CASE("posix_tcp calls: between two attempts it sleeps, also when none runs", "[transport][posix_tcp]") {
  system_script system;
  posix_tcp stream;
  std::vector<ip_endpoint> const addresses(5, ip_endpoint::v4({127, 0, 0, 1}, 1883));
  system.connects = {EINPROGRESS, EINPROGRESS};
  system.waits = {{for_ever}, {for_ever}, {for_ever}};
  CHECK(stream.connect(addresses, 150).error() == error{errc::connect_timeout, 0});
  CHECK(system.begun == times{0, 100});
  CHECK(system.given == times{75, 25, 50});
}

TEST_CASE("posix_tcp calls: the stream makes the connection while it is used", "[transport][posix_tcp]") {
  system_script system;
  posix_tcp stream;
  std::uint8_t octet = 7;
  ip_endpoint const two[] = {ip_endpoint::v4({127, 0, 0, 1}, 1883), ip_endpoint::v4({127, 0, 0, 2}, 1883)};
  system.connects = {EINPROGRESS, EINPROGRESS};
  REQUIRE(stream.start(two, 1000));
  CHECK(system.given.empty());  // nothing has waited
  CHECK(stream.connecting());
  CHECK(stream.fd() == -1);
  CHECK(stream.wants_write());
  CHECK(stream.deadline() == tick(static_cast<std::uint32_t>(system.now + 250)));

  auto const not_yet = [&] {
    system.waits = {{for_ever}, {for_ever}, {for_ever}};
    CHECK(stream.read_some(byte_span(&octet, 1)).status == io_status::would_block);
    CHECK(stream.write_some(byte_view(&octet, 1)).status == io_status::would_block);
    CHECK(stream.end_output() == io_status::would_block);
    CHECK(stream.read_some({}).status == io_status::ok);  // and nobody looks
    CHECK(stream.write_some({}).status == io_status::ok);
    CHECK(system.given == times{0, 0, 0});
    CHECK(stream.connecting());
  };
  not_yet();
  system.given.clear();
  system.waits = {{for_ever}, {for_ever}};
  CHECK_FALSE(stream.wait({.read = true, .write = false}, 100));
  CHECK(stream.wait({.read = true, .write = false}, 500));  // the second address is due
  CHECK(system.given == times{100, 150});
  CHECK(system.begun.size() == 1);  // to wait is not to act
  system.given.clear();
  not_yet();
  CHECK(system.begun == times{0, 250});
  std::array<pollfd, posix_tcp::most_sockets> entries{};
  REQUIRE(stream.watch(entries, {.read = true, .write = false}) == 2);
  CHECK((entries[0].fd == system.made[0] && entries[1].fd == system.made[1]));
  CHECK((entries[0].events == POLLOUT && entries[1].events == POLLOUT));

  SECTION("reading finds that it is made") {
    system.waits = {{0, 0, 2}};
    system.verdicts = {0};
    system.receives = {-1};
    CHECK(stream.read_some(byte_span(&octet, 1)).count == 1);
  }
  SECTION("writing does") {
    system.waits = {{0, 0, 2}};
    system.verdicts = {0};
    system.sends = {-1};
    CHECK(stream.write_some(byte_view(&octet, 1)).count == 1);
  }
  SECTION("nobody answers") {
    system.now += 750;
    system.waits = {{for_ever}};
    CHECK(stream.read_some(byte_span(&octet, 1)).error == errc::connect_timeout);
    CHECK(stream.write_some(byte_view(&octet, 1)).error == errc::connect_timeout);
    CHECK(stream.end_output() == io_status::failed);
    CHECK(stream.fd() == -1);
  }
  SECTION("it is closed meanwhile") {
    stream.close();
    CHECK(stream.read_some(byte_span(&octet, 1)).status == io_status::closed);
    CHECK(stream.end_output() == io_status::closed);
  }
  CHECK_FALSE(stream.connecting());
  CHECK_FALSE(stream.wants_write());
  CHECK_FALSE(stream.deadline());
  for (int const fd : system.made) CHECK((::fcntl(fd, F_GETFD) != -1) == (fd == stream.fd()));
  CHECK(stream.watch(entries, {.read = true, .write = false}) == (stream.fd() < 0 ? 0 : 1));
  if (stream.fd() >= 0) CHECK((entries[0].fd == stream.fd() && entries[0].events == POLLIN));
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
