// SPDX-License-Identifier: BSL-1.0
#include <hubwire/driver/pump.hpp>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <numeric>
#include <vector>

#include <hubwire/mqtt3.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/transport/faulty.hpp>
#include <hubwire/transport/memory_pipe.hpp>

#include "scripted_session.hpp"
#include "support/hex.hpp"

using namespace hubwire;
using hubwire::test::scripted_session;

namespace {

using octets = std::vector<std::uint8_t>;

// Models sans_io_session and nothing else.
class session_archetype {
 public:
  session_archetype(session_archetype const&) = delete;
  session_archetype& operator=(session_archetype const&) = delete;
  byte_span window() noexcept { return {}; }
  void commit(std::size_t) noexcept {}
  byte_view pending_output() noexcept { return {}; }
  void consume(std::size_t) noexcept {}
  void advance(tick) noexcept {}
  void lost(hubwire::error) noexcept {}
  bool finished() const noexcept { return true; }
};
class stream_archetype {
 public:
  stream_archetype(stream_archetype const&) = delete;
  stream_archetype& operator=(stream_archetype const&) = delete;
  io_result read_some(byte_span) noexcept { return {0, io_status::closed, {}}; }
  io_result write_some(byte_view) noexcept { return {0, io_status::closed, {}}; }
};
static_assert(sans_io_session<session_archetype>);
static_assert(sans_io_session<client<v3_tag, limits<1, 1>>>);
static_assert(!sans_io_session<stream_archetype>);

}  // namespace

// Needs no more of either than its concept says.
template pump_result hubwire::pump(session_archetype&, stream_archetype&, tick) noexcept;

namespace {

struct fixture {
  std::array<std::uint8_t, 100> a{};
  std::array<std::uint8_t, 100> b{};
  memory_pipe pipe{a, b};
  scripted_session session{};

  pump_result pump() { return hubwire::pump(session, pipe.left(), tick(77)); }
  octets arrived() {
    octets got(200);
    got.resize(pipe.right().read_some(got).count);
    return got;
  }
};

octets counting(std::size_t size) {
  octets made(size);
  std::iota(made.begin(), made.end(), std::uint8_t{0});
  return made;
}

}  // namespace

TEST_CASE("pump: moves everything both ways and tells the time", "[driver][pump]") {
  fixture f;
  f.session.to_send = counting(40);
  REQUIRE(f.pipe.right().write_some(counting(50)).count == 50);
  pump_result const done = f.pump();
  CHECK(done.received == 50);
  CHECK(done.sent == 40);
  CHECK_FALSE(done.again);
  CHECK(done.wait_for.read);
  CHECK_FALSE(done.wait_for.write);
  CHECK(f.session.received == counting(50));
  CHECK(f.arrived() == counting(40));
  CHECK(f.session.time == 77);
  CHECK(f.session.losses.empty());
}

TEST_CASE("pump: what has arrived goes in before the timers run, what they want goes out", "[driver][pump]") {
  fixture f;
  f.session.answer_to_time = {0xc0, 0x00};
  REQUIRE(f.pipe.right().write_some(counting(3)).count == 3);
  CHECK(f.pump().sent == 2);
  CHECK(f.session.calls == "rts");
  CHECK(f.arrived() == octets{0xc0, 0x00});
}

TEST_CASE("pump: the bytes on the wire are the same however the stream splits them", "[driver][pump][H176]") {
  octets const data = counting(90);
  for (faults const& bad :
       {faults{.largest_write = 1}, faults{.largest_read = 1, .largest_write = 1, .block_every = 2},
        faults{.largest_read = 7, .largest_write = 9, .block_every = 3, .seed = 3}}) {
    fixture f;
    faulty<memory_pipe::end> stream(f.pipe.left(), bad);
    f.session.to_send = data;
    REQUIRE(f.pipe.right().write_some(data).count == data.size());
    int calls = 0;
    while ((!f.session.to_send.empty() || f.session.received.size() < data.size()) && ++calls < 500)
      static_cast<void>(hubwire::pump(f.session, stream, tick(0)));
    CHECK(f.session.received == data);
    CHECK(f.arrived() == data);
  }
}

TEST_CASE("pump: a peer that does not read leaves the rest pending and is waited for", "[driver][pump]") {
  fixture f;
  f.session.to_send = counting(150);
  pump_result done = f.pump();
  CHECK(done.sent == 100);
  CHECK(done.wait_for.write);
  CHECK(f.session.to_send.size() == 50);
  CHECK(done.write_blocked);
  CHECK(f.arrived().size() == 100);
  done = f.pump();
  CHECK(done.sent == 50);
  CHECK_FALSE(done.write_blocked);
  CHECK_FALSE(done.wait_for.write);
}

TEST_CASE("pump: a full window stops reading and is not waited for", "[driver][pump]") {
  fixture f;
  f.session.room = 10;
  REQUIRE(f.pipe.right().write_some(counting(30)).count == 30);
  pump_result done = f.pump();
  CHECK(done.received == 10);
  CHECK_FALSE(done.again);
  CHECK_FALSE(done.wait_for.read);
  f.session.room = scripted_session::faults_never;
  done = f.pump();
  CHECK(done.received == 20);
  CHECK(done.wait_for.read);
  CHECK(f.session.received == counting(30));
}

TEST_CASE("pump: one call does a bounded amount of work and asks to be called again", "[driver][pump]") {
  struct endless {
    io_result read_some(byte_span room) noexcept { return {room.size(), io_status::ok, {}}; }
    io_result write_some(byte_view data) noexcept { return {data.size(), io_status::ok, {}}; }
  } stream;
  scripted_session session;
  pump_result const done = pump(session, stream, tick(1));
  CHECK(done.received == 64 * 16);
  CHECK(done.again);
  CHECK(session.time == 1);  // a fast peer does not stop the clock
}

TEST_CASE("pump: the end of the stream is told once, after what came before it", "[driver][pump]") {
  fixture f;
  REQUIRE(f.pipe.right().write_some(counting(20)).count == 20);
  f.pipe.right().close();
  pump_result const done = f.pump();
  CHECK(f.session.received == counting(20));
  CHECK(f.session.losses == std::vector<error>{{errc::connection_lost, 0}});
  CHECK(f.session.calls == "rrtl");
  CHECK_FALSE(done.again);
  CHECK_FALSE(done.wait_for.read);
  CHECK_FALSE(done.wait_for.write);
}

TEST_CASE("pump: a failure keeps its error", "[driver][pump]") {
  struct failing {
    io_result read_some(byte_span) noexcept {
      return {0, io_status::failed, {errc::tls_certificate_expired, 54}};
    }
    io_result write_some(byte_view) noexcept { return {0, io_status::would_block, {}}; }
  } stream;
  scripted_session session;
  static_cast<void>(pump(session, stream, tick(0)));
  CHECK(session.losses == std::vector<error>{{errc::tls_certificate_expired, 54}});
}

TEST_CASE("pump: a failure that does not say why is the end of the connection all the same",
          "[driver][pump]") {
  struct failing {
    io_result read_some(byte_span) noexcept { return {0, io_status::failed, {}}; }
    io_result write_some(byte_view) noexcept { return {0, io_status::would_block, {}}; }
  } stream;
  scripted_session session;
  pump_result const done = pump(session, stream, tick(0));
  CHECK(session.losses == std::vector<error>{{errc::connection_lost, 0}});
  CHECK_FALSE(done.again);
  CHECK_FALSE(done.wait_for.read);
}

TEST_CASE("pump: when writing fails, what the peer said last is still read", "[driver][pump]") {
  // The answer arrives between the first look and the failing write.
  struct late {
    io_result read_some(byte_span room) noexcept {
      if (!written || said) return {0, said ? io_status::closed : io_status::would_block, {}};
      said = true;
      room[0] = 0x20;
      return {1, io_status::ok, {}};
    }
    io_result write_some(byte_view) noexcept {
      written = true;
      return {0, io_status::failed, {errc::connection_lost, 32}};
    }
    bool written = false;
    bool said = false;
  } stream;
  scripted_session session;
  session.to_send = {1};
  static_cast<void>(pump(session, stream, tick(0)));
  CHECK(session.received == octets{0x20});
  CHECK(session.losses.size() == 1);
  CHECK(session.losses[0] == errc::connection_lost);
}

TEST_CASE("pump: a finished session moves nothing more of its own", "[driver][pump]") {
  fixture f;
  f.session.to_send = counting(10);
  f.session.finished_after_sending = 10;
  CHECK(f.pump().sent == 10);
  f.session.to_send = counting(10);
  REQUIRE(f.pipe.right().write_some(counting(5)).count == 5);
  pump_result const done = f.pump();
  CHECK((done.sent == 0 && done.received == 0));
  CHECK_FALSE(done.wait_for.read);
  CHECK_FALSE(done.wait_for.write);
  CHECK(f.session.received.empty());
  CHECK(f.session.calls == "ts");
}

TEST_CASE("pump: after the session is finished the stream gets rid of what it holds back", "[driver][pump]") {
  struct holding {
    io_result read_some(byte_span room) noexcept {
      if (room.empty()) return {};
      if (held > 0) --held;
      return {0, io_status::would_block, {}};
    }
    io_result write_some(byte_view data) noexcept { return {data.size(), io_status::ok, {}}; }
    bool wants_write() const noexcept { return held > 0; }
    int held = 3;
  } stream;
  scripted_session session;
  session.done = true;
  int calls = 1;
  while (pump(session, stream, tick(0)).wait_for.write) ++calls;
  CHECK(calls == 3);
}

TEST_CASE("pump: an MQTT client connects through it", "[driver][pump][v3]") {
  std::array<std::uint8_t, 100> a{};
  std::array<std::uint8_t, 100> b{};
  memory_pipe pipe(a, b);
  faulty<memory_pipe::end> stream(pipe.left(), {.largest_read = 1, .largest_write = 1, .block_every = 3});
  std::array<std::uint8_t, 128> rx{};
  std::array<std::uint8_t, 128> tx{};
  client<v3_tag, limits<2, 2>> device(rx, tx);
  REQUIRE(device.connect({.client_id = "d1"}, tick(0)));
  for (int i = 0; i < 50; ++i) static_cast<void>(pump(device, stream, tick(1)));
  octets got(100);
  got.resize(pipe.right().read_some(got).count);
  CHECK(got.size() == 16);
  CHECK(got[0] == 0x10);
  REQUIRE(pipe.right().write_some(test::from_hex("20020000")).count == 4);
  v3::event happened;
  for (int i = 0; i < 50 && !happened; ++i) {
    static_cast<void>(pump(device, stream, tick(2)));
    happened = device.next_event();
  }
  CHECK(happened.kind == event_kind::connected);

  REQUIRE(device.disconnect());
  for (int i = 0; i < 10 && !device.finished(); ++i) static_cast<void>(pump(device, stream, tick(3)));
  CHECK(device.finished());
  got.resize(100);
  got.resize(pipe.right().read_some(got).count);
  CHECK(got == test::from_hex("e000"));
}
