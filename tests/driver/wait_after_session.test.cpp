// SPDX-License-Identifier: BSL-1.0
// The loop that blocking.hpp recommends, with a real client: what the events bring up does not wait for the
// next packet from the server.
#include <hubwire/driver/blocking.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <hubwire/session/client.hpp>
#include <hubwire/transport/memory_pipe.hpp>

#include "support/hex.hpp"

using namespace hubwire;

namespace {

struct socket_recorder {
  bool wait(io_interest interest, std::uint32_t milliseconds) const noexcept {
    ++waits;
    asked = interest;
    time = milliseconds;
    return false;
  }
  mutable int waits = 0;
  mutable io_interest asked{};
  mutable std::uint32_t time = 0;
};

struct setup {
  std::array<std::uint8_t, 64> rx{};
  std::array<std::uint8_t, 64> tx{};
  std::array<std::uint8_t, 512> there{};
  std::array<std::uint8_t, 512> back{};
  memory_pipe pipe{there, back};
  client<v3_tag, limits{.outgoing = 2, .incoming = 2}> c{rx, tx};
  socket_recorder socket{};
  int events = 0;

  setup() {
    v3::connect hello;
    hello.client_id = "c";
    hello.keep_alive = 60;
    REQUIRE(c.connect(hello, tick(0)).has_value());
    server_sends("2002 0000");
    round();
    round();
    static_cast<void>(from_client());
    events = 0;
  }
  void server_sends(std::string_view hex) {
    auto const bytes = test::from_hex(hex);
    REQUIRE(pipe.right().write_some(bytes).count == bytes.size());
  }
  std::string from_client() {
    std::array<std::uint8_t, 512> bytes{};
    std::size_t const count = pipe.right().read_some(bytes).count;
    return test::to_hex(byte_view(bytes).first(count));
  }
  // One turn of the loop. True: it went on at once.
  bool round() {
    pump_result const moved = pump(c, pipe.left(), tick(0));
    while (auto const event = c.next_event()) ++events;
    int const before = socket.waits;
    wait_after(moved, c, socket, time_left(c.deadline(), tick(0)));
    return socket.waits == before;
  }
};

}  // namespace

TEST_CASE("blocking: a PUBACK that the events brought up does not wait for the next packet",
          "[driver][blocking]") {
  setup s;
  s.server_sends("3205 0001 74 0001");
  CHECK(s.round());
  CHECK(s.events == 1);
  CHECK_FALSE(s.round());
  CHECK(s.from_client() == "40020001");
  CHECK(s.socket.asked.read);
  CHECK(s.socket.time == 50'000);
}

TEST_CASE("blocking: bytes that did not fit are read once the events have made room", "[driver][blocking]") {
  setup s;
  for (int i = 0; i != 30; ++i) s.server_sends("3007 0001 74 61626364");
  int rounds = 0;
  while (s.round()) REQUIRE(++rounds < 20);
  CHECK(s.events == 30);
  CHECK(s.pipe.left().readable() == 0);
}

TEST_CASE("blocking: output that the transport does not take is waited for", "[driver][blocking]") {
  setup s;
  std::array<std::uint8_t, 512> rest{};
  while (s.pipe.left().write_some(byte_view(rest).first(1)).count != 0) {}  // the pipe is full
  REQUIRE(s.c.publish({"t"}).has_value());
  CHECK_FALSE(s.round());
  CHECK(s.socket.asked.write);
}

TEST_CASE("blocking: output that waits for the peer, as in a TLS handshake, is not tried for ever",
          "[driver][blocking]") {
  struct handshaking {
    io_result read_some(byte_span) noexcept { return {0, io_status::would_block, {}}; }
    io_result write_some(byte_view) noexcept { return {0, io_status::would_block, {}}; }
    bool wants_write() const noexcept { return false; }
  } stream;
  setup s;
  REQUIRE(s.c.publish({"t"}).has_value());
  pump_result const moved = pump(s.c, stream, tick(0));
  int const before = s.socket.waits;
  wait_after(moved, s.c, s.socket, 1000);
  CHECK(s.socket.waits == before + 1);
  CHECK(s.socket.asked.read);
  CHECK_FALSE(s.socket.asked.write);
}

TEST_CASE("blocking: a session that is over is not pumped for ever", "[driver][blocking]") {
  setup s;
  s.server_sends("0000");
  CHECK_FALSE(s.round());
  CHECK(s.c.finished());
  CHECK_FALSE(s.round());
}
