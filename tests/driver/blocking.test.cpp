// SPDX-License-Identifier: BSL-1.0
#include <hubwire/driver/blocking.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <thread>

#include <hubwire/transport/posix_tcp.hpp>

#include "scripted_session.hpp"
#include "support/constexpr_test.hpp"

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

TEST_CASE("blocking: a session over TCP without busy waiting", "[driver][blocking][posix_tcp]") {
  int const listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  posix_tcp tcp;
  REQUIRE(tcp.connect(reinterpret_cast<sockaddr*>(&address), size, 5000));
  int const peer = ::accept(listener, nullptr, nullptr);
  ::close(listener);

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
