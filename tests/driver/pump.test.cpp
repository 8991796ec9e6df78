// SPDX-License-Identifier: BSL-1.0
#include <hubwire/driver/pump.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
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
  bool output_ended() const noexcept { return false; }
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
static_assert(sans_io_session<client<v3_tag, limits{.outgoing = 1, .incoming = 1}>>);
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
  CHECK(f.session.losses == std::vector<error>{{}});
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

TEST_CASE("pump: when writing fails, all that the peer said is told, however small the buffer",
          "[driver][pump][v3]") {
  // A peer that has sent messages and an acknowledgement, and reset the connection.
  struct reset_after {
    io_result read_some(byte_span room) noexcept {
      std::size_t const count = std::min(room.size(), rest.size());
      if (room.empty()) return {};
      if (count == 0 && !broken) return {0, io_status::would_block, {}};
      if (count == 0) return {0, io_status::failed, {errc::connection_lost, 104}};
      std::copy_n(rest.begin(), count, room.begin());
      rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(count));
      return {count, io_status::ok, {}};
    }
    io_result write_some(byte_view data) noexcept {
      if (--writes_left >= 0) return {data.size(), io_status::ok, {}};
      broken = true;
      rest.insert(rest.end(), late.begin(), late.end());
      late.clear();
      return {0, io_status::failed, {errc::connection_lost, 32}};
    }
    octets rest{};
    octets late{};
    int writes_left = 1;
    bool broken = false;
  } stream;
  std::array<std::uint8_t, 16> rx{};
  std::array<std::uint8_t, 64> tx{};
  bool const handles = GENERATE(true, false);
  client<v3_tag, limits{.outgoing = 2, .incoming = 2}> device(rx, tx);
  std::string told;
  stream.writes_left = 10;
  auto const handle = [&](v3::event const& e) {
    if (e.kind() == event_kind::message) told += 'm';
    if (e.kind() == event_kind::published) told += 'p';
    if (e.kind() == event_kind::abandoned) told += 'a';
    if (e.kind() == event_kind::closed) told += ' ' + std::to_string(e.cause().detail);
  };
  REQUIRE(device.connect({.client_id = "d"}, tick(0)));
  stream.rest = test::from_hex("20020000");
  static_cast<void>(pump(device, stream, tick(0), handle));
  REQUIRE(device.publish({"t", {}, qos::at_least_once}));
  stream.writes_left = 1;
  stream.rest = test::from_hex("3003 0001 71");
  static_cast<void>(pump(device, stream, tick(0), handle));
  REQUIRE(device.publish({"t"}));
  for (int i = 0; i != 10; ++i) {
    octets const message = test::from_hex("3009 0001 71 61626364 6566");
    stream.late.insert(stream.late.end(), message.begin(), message.end());
  }
  octets const puback = test::from_hex("40020001");
  stream.late.insert(stream.late.end(), puback.begin(), puback.end());
  for (int turn = 0; turn != 100 && !device.finished(); ++turn) {
    if (handles) {
      static_cast<void>(pump(device, stream, tick(1), handle));
    } else {
      static_cast<void>(pump(device, stream, tick(1)));
      while (auto const e = device.next_event()) handle(e);
    }
  }
  CHECK(told == "mmmmmmmmmmmp 104");
}

TEST_CASE("pump: many small writes are bounded too", "[driver][pump]") {
  struct byte_wise {
    io_result read_some(byte_span) noexcept { return {0, io_status::would_block, {}}; }
    io_result write_some(byte_view) noexcept { return {1, io_status::ok, {}}; }
  } stream;
  scripted_session session;
  session.to_send = counting(100);
  pump_result const done = pump(session, stream, tick(0));
  CHECK(done.sent == 64);
  CHECK(done.again);
  CHECK(pump(session, stream, tick(0)).sent == 36);
}

TEST_CASE("pump: room that the application makes while it handles events is used at once",
          "[driver][pump][v3]") {
  // The inbox is full with messages that wait; the last event lets one go, and no byte moves after that.
  std::array<std::uint8_t, 14> rx{};
  std::array<std::uint8_t, 64> tx{};
  std::array<std::uint8_t, 256> a{};
  std::array<std::uint8_t, 256> b{};
  memory_pipe pipe(a, b);
  client<v3_tag, limits{.outgoing = 1, .incoming = 1}> device(rx, tx,
                                                              {.acknowledge = acknowledge::by_application});
  REQUIRE(device.connect({.client_id = "d"}, tick(0)));
  auto const send = [&](char const* hex) {
    octets const bytes = test::from_hex(hex);
    REQUIRE(pipe.right().write_some(bytes).count == bytes.size());
  };
  send("20020000 3205 0001 74 0001 3205 0001 74 0002 3205 0001 74 0003 3005 0001 75 7879");
  std::vector<std::uint16_t> ids;
  static_cast<void>(pump(device, pipe.left(), tick(0), [&](v3::event const& e) {
    if (e.kind() == event_kind::message) ids.push_back(e.has_id() ? e.id().number() : std::uint16_t{0});
  }));
  REQUIRE(ids == std::vector<std::uint16_t>{1});
  // Nothing can leave any more, so that the PUBACK moves no byte.
  octets const filling(256);
  while (pipe.left().write_some(byte_view(filling).first(1)).count != 0) {}
  REQUIRE(device.acknowledge(packet_id(1)));
  int turns = 0;
  for (pump_result last{.again = true}; last.again && turns != 20; ++turns)
    last = pump(device, pipe.left(), tick(0), [&](v3::event const& e) {
      if (e.kind() == event_kind::message) ids.push_back(e.has_id() ? e.id().number() : std::uint16_t{0});
      if (e.has_id()) static_cast<void>(device.acknowledge(e.id()));
    });
  CHECK(ids == std::vector<std::uint16_t>{1, 2, 3, 0});
  CHECK(turns < 20);
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

TEST_CASE("pump: the peer's end is a good one only when all that was sent had left", "[driver][pump]") {
  // Holds back what it took, like TLS over a socket that is full.
  struct holding {
    io_result read_some(byte_span) noexcept { return {0, status, why}; }
    io_result write_some(byte_view data) noexcept { return {data.size(), io_status::ok, {}}; }
    bool wants_write() const noexcept { return held; }
    bool held = true;
    io_status status = io_status::would_block;
    error why{};
  } stream;
  scripted_session session;
  session.leaves = true;
  CHECK(pump(session, stream, tick(0)).wait_for.write);
  stream.status = io_status::closed;
  SECTION("it had") {
    stream.held = false;
    static_cast<void>(pump(session, stream, tick(0)));
    CHECK(session.losses == std::vector<error>{{}});
  }
  SECTION("it had, and the peer closed TCP without TLS's close_notify") {
    stream.held = false;
    stream.status = io_status::failed;
    stream.why = {errc::connection_lost, 0};
    static_cast<void>(pump(session, stream, tick(0)));
    CHECK(session.losses == std::vector<error>{{}});
  }
  SECTION("a reset is no end") {
    stream.held = false;
    stream.status = io_status::failed;
    stream.why = {errc::connection_lost, 104};
    static_cast<void>(pump(session, stream, tick(0)));
    CHECK(session.losses == std::vector<error>{{errc::connection_lost, 104}});
  }
  SECTION("it had not") {
    static_cast<void>(pump(session, stream, tick(0)));
    CHECK(session.losses == std::vector<error>{{errc::connection_lost, 0}});
  }
}

TEST_CASE("pump: ends the stream's output behind the last byte, and reads on", "[driver][pump]") {
  struct recorder {
    io_result read_some(byte_span room) noexcept {
      calls += 'r';
      if (room.empty() || blocks > 0 || answered)
        return {0, answered ? io_status::closed : io_status::would_block, {}};
      answered = true;
      room[0] = 7;
      return {1, io_status::ok, {}};
    }
    io_result write_some(byte_view data) noexcept {
      calls += 'w';
      return {data.size(), io_status::ok, {}};
    }
    io_status end_output() noexcept {
      calls += 'e';
      return --blocks > 0 ? io_status::would_block : io_status::ok;
    }
    std::string calls{};
    int blocks = 2;
    bool answered = false;
  } stream;
  scripted_session session;
  session.to_send = {1, 2};
  static_cast<void>(pump(session, stream, tick(0)));
  CHECK(stream.calls.find('e') == std::string::npos);  // nothing says that these were the last bytes
  stream.calls.clear();
  session.to_send = {3};
  session.leaves = true;
  for (int i = 0; i != 3 && session.losses.empty(); ++i) static_cast<void>(pump(session, stream, tick(0)));
  CHECK(stream.calls.find('w') < stream.calls.find('e'));
  CHECK(session.received == octets{7});
  CHECK(session.losses == std::vector<error>{{}});
}

TEST_CASE("pump: a stream that stopped in the middle of its work is called again at once", "[driver][pump]") {
  struct busy {
    io_result read_some(byte_span) noexcept { return {0, io_status::would_block, {}}; }
    io_result write_some(byte_view) noexcept { return {0, io_status::would_block, {}}; }
    bool wants_call() const noexcept { return more; }
    bool more = true;
  } stream;
  scripted_session session;
  CHECK(pump(session, stream, tick(0)).again);
  stream.more = false;
  CHECK_FALSE(pump(session, stream, tick(0)).again);
}

TEST_CASE("pump: bytes that were refused are offered again as they were", "[driver][pump][v3]") {
  // Remembers what it refused, as mbedTLS does, and takes that to be what the next call is about.
  struct remembering {
    io_result read_some(byte_span) noexcept { return {0, io_status::would_block, {}}; }
    io_result write_some(byte_view data) noexcept {
      if (!refused.empty()) {
        REQUIRE(octets(data.begin(), data.end()) == refused);
        if (calls++ % 3 != 0) return {0, io_status::would_block, {}};
        taken.insert(taken.end(), data.begin(), data.end());
        refused.clear();
        return {data.size(), io_status::ok, {}};
      }
      refused.assign(data.begin(), data.end());
      return {0, io_status::would_block, {}};
    }
    octets refused{};
    octets taken{};
    int calls = 0;
  } stream;
  std::array<std::uint8_t, 64> rx{};
  std::array<std::uint8_t, 256> tx{};
  client<v3_tag, limits{.outgoing = 2, .incoming = 2}> device(rx, tx);
  REQUIRE(device.connect({.client_id = "d1"}, tick(0)));
  while (stream.taken.empty()) static_cast<void>(pump(device, stream, tick(0)));
  byte_span const window = device.window();
  octets const connack = test::from_hex("20020000");
  std::copy(connack.begin(), connack.end(), window.begin());
  device.commit(connack.size());
  REQUIRE(device.next_event().kind() == event_kind::connected);
  stream.taken.clear();
  std::string expected;
  for (int i = 0; i != 40; ++i) {
    std::string const payload(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26));
    if (device.publish({"t", as_bytes(payload)})) {
      std::uint8_t const head[] = {0x30, static_cast<std::uint8_t>(3 + payload.size()), 0, 1, 't'};
      expected.append(head, head + 5).append(payload);
    }
    static_cast<void>(pump(device, stream, tick(0)));
  }
  while (!device.unsent().empty()) static_cast<void>(pump(device, stream, tick(0)));
  CHECK(std::string(stream.taken.begin(), stream.taken.end()) == expected);
}

TEST_CASE("pump: an MQTT client connects through it", "[driver][pump][v3]") {
  std::array<std::uint8_t, 100> a{};
  std::array<std::uint8_t, 100> b{};
  memory_pipe pipe(a, b);
  faulty<memory_pipe::end> stream(pipe.left(), {.largest_read = 1, .largest_write = 1, .block_every = 3});
  std::array<std::uint8_t, 128> rx{};
  std::array<std::uint8_t, 128> tx{};
  client<v3_tag, limits{.outgoing = 2, .incoming = 2}> device(rx, tx);
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
  CHECK(happened.kind() == event_kind::connected);

  REQUIRE(device.disconnect());
  for (int i = 0; i < 10; ++i) static_cast<void>(pump(device, stream, tick(3)));
  CHECK(device.state() == session_state::left);
  got.resize(100);
  got.resize(pipe.right().read_some(got).count);
  CHECK(got == test::from_hex("e000"));
  CHECK(pipe.right().read_some(rx).status == io_status::would_block);
  static_cast<void>(pump(device, stream, tick(3'000)));
  CHECK(pipe.right().read_some(rx).status ==
        io_status::closed);  // the half-close, since the server does nothing
  pipe.right().close();
  for (int i = 0; i < 10 && !device.finished(); ++i) static_cast<void>(pump(device, stream, tick(3'001)));
  CHECK(device.next_event().cause() == errc::none);
}

namespace {

// A client that is connected over a pipe, and what its application hears.
struct talk {
  std::array<std::uint8_t, 2048> a{};
  std::array<std::uint8_t, 2048> b{};
  memory_pipe pipe{a, b};
  std::array<std::uint8_t, 128> rx{};
  std::array<std::uint8_t, 128> tx{};
  client<> device{rx, tx};

  talk() {
    REQUIRE(device.connect({.client_id = "d1"}, tick(0)));
    server_sends("20020000");
    int connected = 0;
    static_cast<void>(turn([&](v3::event const& e) { connected += e.kind() == event_kind::connected; }));
    REQUIRE(connected == 1);
    static_cast<void>(server_got());
  }
  void server_sends(std::string_view hex) {
    octets const bytes = test::from_hex(hex);
    REQUIRE(pipe.right().write_some(bytes).count == bytes.size());
  }
  std::string server_got() {
    octets got(2048);
    got.resize(pipe.right().read_some(got).count);
    return test::to_hex(byte_view(got));
  }
  template <class Handler>
  pump_result turn(Handler&& handle) {
    return pump(device, pipe.left(), tick(1), handle);
  }
};

}  // namespace

TEST_CASE("pump: what the handling of events queues has left when it returns", "[driver][pump][v3]") {
  talk t;
  t.server_sends("3003 0001 71 3205 0001 74 0007");
  v3::subscription const wanted[] = {{"a"}};
  pump_result const last = t.turn([&](v3::event const& e) {
    if (e.kind() == event_kind::message && !e.has_id()) CHECK(t.device.subscribe(wanted).has_value());
  });
  CHECK(t.server_got() ==
        "8206000100016100"
        "40020007");
  CHECK_FALSE(last.again);
  CHECK(last.wait_for.read);
}

TEST_CASE("pump: a request of the handler's that does not fit is not lost to a wait", "[driver][pump][v3]") {
  talk t;
  for (int i = 0; i != 100; ++i) t.server_sends("3009 0001 71 61626364 6566");  // more than the buffer holds
  int messages = 0;
  pump_result last;
  do last = t.turn([&](v3::event const& e) { messages += e.kind() == event_kind::message; });
  while (last.again);
  CHECK(messages == 100);
}

TEST_CASE("pump: the end is told in the same call, after what came before it", "[driver][pump][v3]") {
  talk t;
  t.server_sends("3003 0001 71");
  t.pipe.right().close();
  std::string told;
  pump_result const last = t.turn([&](v3::event const& e) {
    told += e.kind() == event_kind::message ? "message " : "";
    if (e.kind() == event_kind::closed) told += to_string(e.cause().code);
  });
  CHECK(told == "message connection_lost");
  CHECK(t.device.finished());
  CHECK_FALSE(last.again);
  CHECK_FALSE(last.wait_for.read);
  CHECK_FALSE(last.wait_for.write);
}

TEST_CASE("pump: a handler that connects anew when it hears of the end writes nothing to the old connection",
          "[driver][pump][v3]") {
  talk t;
  bool connected = false;
  auto const reconnect = [&](v3::event const& e) {
    if (e.kind() == event_kind::closed)
      connected = t.device.connect({.client_id = "d1"}, tick(1)).has_value();
  };
  SECTION("after the server broke the rules") { t.server_sends("0000"); }
  SECTION("after the connection was lost") { t.pipe.sever(); }
  pump_result const last = t.turn(reconnect);
  CHECK(connected);
  CHECK(last.again);  // nothing to wait for here: a new stream, or the end of this one again
  CHECK_FALSE(last.wait_for.read);
  CHECK(t.server_got().empty());
  CHECK(t.device.state() == session_state::connecting);
  CHECK(t.device.unsent().size() == 16);
}

TEST_CASE("pump: what a session that was finished elsewhere has to tell is told", "[driver][pump][v3]") {
  talk t;
  REQUIRE(t.device.publish({"t", {}, qos::at_least_once}));
  t.device.lost({errc::transport_failed, 5});
  REQUIRE(t.device.finished());
  std::string told;
  static_cast<void>(t.turn([&](v3::event const& e) {
    told += e.kind() == event_kind::abandoned ? 'a' : e.kind() == event_kind::closed ? 'c' : '?';
  }));
  CHECK(told == "ac");
  CHECK(t.device.connect({.client_id = "d1"}, tick(1)));
}

TEST_CASE("pump: a half-close that is refused is waited for, also without wants_write", "[driver][pump]") {
  struct slow_to_end {
    io_result read_some(byte_span) noexcept { return {0, end, {}}; }
    io_result write_some(byte_view data) noexcept { return {data.size(), io_status::ok, {}}; }
    io_status end_output() noexcept { return half; }
    io_status end = io_status::would_block;
    io_status half = io_status::would_block;
  } stream;
  scripted_session session;
  session.leaves = true;
  CHECK(pump(session, stream, tick(0)).wait_for.write);
  SECTION("it fails after all has left, as behind a server that has closed") {
    stream.half = io_status::failed;
  }
  SECTION("it succeeds") { stream.half = io_status::ok; }
  CHECK_FALSE(pump(session, stream, tick(0)).wait_for.write);
  stream.end = io_status::closed;
  static_cast<void>(pump(session, stream, tick(0)));
  CHECK(session.losses == std::vector<error>{{}});
}

TEST_CASE("pump: a goodbye while the server is sending loses none of what was queued", "[driver][pump][v3]") {
  talk t;
  int sent = 0;
  std::string got;
  std::string told;
  bool leaving = false;
  bool server_left = false;
  for (int turn = 0; turn != 2'000 && !t.device.finished(); ++turn) {
    if (sent != 100 && t.device.publish({"t", as_bytes("a message of some length")})) ++sent;
    if (sent == 100 && !leaving) leaving = t.device.disconnect().has_value();
    if (!server_left && t.pipe.right().writable() > 64) t.server_sends("3009 0001 71 61626364 6566");
    if (turn % 7 == 0) got += t.server_got();  // it reads slowly
    static_cast<void>(t.turn([&](v3::event const& e) {
      if (e.kind() == event_kind::closed) told = to_string(e.cause().code);
    }));
    server_left = server_left || (got.size() >= 4 && got.substr(got.size() - 4) == "e000");
    if (server_left) t.pipe.right().close();
  }
  CHECK(told == "none");
  CHECK(got.size() == 2 * (100 * (2 + 3 + 24) + 2));
}
