// SPDX-License-Identifier: BSL-1.0
// How often pump() reads, and that no byte waits which only the stream knows of.
#include <hubwire/driver/pump.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include <hubwire/session/client.hpp>
#include <hubwire/transport/memory_pipe.hpp>

#include "scripted_session.hpp"
#include "support/hex.hpp"

using namespace hubwire;
using hubwire::test::scripted_session;

namespace {

using octets = std::vector<std::uint8_t>;

octets counting(std::size_t size) {
  octets made(size);
  for (std::size_t i = 0; i != size; ++i) made[i] = static_cast<std::uint8_t>(i * 7);
  return made;
}

std::size_t take(octets& from, byte_span room, std::size_t most) {
  std::size_t const count = std::min({from.size(), room.size(), most});
  std::copy_n(from.begin(), count, room.begin());
  from.erase(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

// A socket below a layer that reads a whole record and hands it out by pieces, as TLS and WebSocket do. What lies in
// the layer does not wake who waits for the socket.
struct layered {
  io_result read_some(byte_span room) noexcept {
    ++reads;
    if (layer.empty()) fetch();
    std::size_t const count = take(layer, room, piece);
    return count == 0 ? detail::blocked() : detail::moved(count);
  }
  io_result write_some(byte_view data) noexcept {
    written.insert(written.end(), data.begin(), data.end());
    if (reads_while_writing) fetch();
    return detail::moved(data.size());
  }
  void fetch() {
    std::size_t const count = std::min(socket.size(), record);
    layer.insert(layer.end(), socket.begin(), socket.begin() + static_cast<std::ptrdiff_t>(count));
    socket.erase(socket.begin(), socket.begin() + static_cast<std::ptrdiff_t>(count));
  }

  octets socket{};
  octets layer{};
  octets written{};
  std::size_t record = 20;
  std::size_t piece = 1000;
  bool reads_while_writing = false;
  int reads = 0;
};
struct layered_that_tells : layered {
  bool has_unread() const noexcept { return !layer.empty(); }
};

// Turns as a program has them that waits for the socket: true when the wait ended.
bool wakes(pump_result const& last, layered const& stream) {
  return last.again || last.wait_for.write || (last.wait_for.read && !stream.socket.empty());
}

}  // namespace

TEST_CASE("pump: publish and PUBACK take one read each", "[driver][pump][v3]") {
  std::array<std::uint8_t, 64> rx{};
  std::array<std::uint8_t, 64> tx{};
  client<v3_tag, limits{.outgoing = 2, .incoming = 2}> device(rx, tx);
  layered_that_tells link;
  REQUIRE(device.connect({.client_id = "d"}, tick(0)));
  link.socket = test::from_hex("20020000");
  std::string told;
  auto const turn = [&] {
    link.reads = 0;
    pump_result const last = pump(device, link, tick(0), [&](v3::event const& e) {
      if (e.kind() == event_kind::published) told += 'p';
    });
    CHECK_FALSE(last.again);
    CHECK(last.wait_for.read);
  };
  turn();
  REQUIRE(device.publish({"t", {}, qos::at_least_once}));
  turn();
  CHECK(link.reads == 1);
  CHECK(told.empty());
  link.socket = test::from_hex("40020001");
  turn();
  CHECK(link.reads == 1);
  CHECK(told == "p");
}

TEST_CASE("pump: a stream that does not tell what it holds is read until it blocks", "[driver][pump]") {
  layered link;
  scripted_session session;
  link.socket = counting(4);
  CHECK(pump(session, link, tick(0)).received == 4);
  CHECK(link.reads == 2);

  link.reads = 0;
  link.reads_while_writing = true;
  session.to_send = counting(3);
  link.socket = {};
  CHECK(pump(session, link, tick(0)).sent == 3);
  CHECK(link.reads == 2);  // before it wrote, and after
}

TEST_CASE("pump: bytes in a layer above the socket do not wait for the socket", "[driver][pump]") {
  bool const tells = GENERATE(true, false);
  std::size_t const record = GENERATE(1u, 2u, 3u, 7u, 16u, 20u, 33u, 200u);
  std::size_t const piece = GENERATE(1u, 5u, 15u, 16u, 17u, 1000u);
  octets const data = counting(200);
  scripted_session session;
  layered_that_tells telling;
  layered silent;
  layered& link = tells ? telling : silent;
  link.record = record;
  link.piece = piece;
  link.socket = data;
  int turns = 0;
  for (pump_result last{.again = true}; wakes(last, link) && turns != 1000; ++turns)
    last = tells ? pump(session, telling, tick(0)) : pump(session, silent, tick(0));
  CHECK(session.received == data);
  CHECK(turns <= 250);
}

TEST_CASE("pump: what a layer read while it wrote is read in the same turn", "[driver][pump]") {
  scripted_session session;
  session.answer_to_time = {1, 2};
  // It comes after the turn has read, and the layer fetches it when the session writes.
  struct late_arrival : layered_that_tells {
    io_result read_some(byte_span room) noexcept {
      io_result const got = layered::read_some(room);
      if (socket.empty() && layer.empty() && got.count == 0 && !arrived) socket = {7, 8, 9}, arrived = true;
      return got;
    }
    bool arrived = false;
  } late;
  late.reads_while_writing = true;
  pump_result const last = pump(session, late, tick(0));
  CHECK(session.received == octets{7, 8, 9});
  CHECK_FALSE(last.again);
}

TEST_CASE("pump: a peer that never stops sending does not keep the turn", "[driver][pump]") {
  struct endless {
    io_result read_some(byte_span room) noexcept {
      ++reads;
      std::size_t const count = std::min<std::size_t>(room.size(), portion);
      std::fill_n(room.begin(), count, std::uint8_t{0});
      return detail::moved(count);
    }
    io_result write_some(byte_view data) noexcept { return detail::moved(data.size()); }
    bool has_unread() const noexcept { return true; }
    std::size_t portion = 1;
    int reads = 0;
  } stream;
  stream.portion = GENERATE(1u, 15u, 16u);
  scripted_session session;
  pump_result const last = pump(session, stream, tick(5));
  CHECK(stream.reads == 64);
  CHECK(last.again);
  CHECK(session.time == 5);
}

TEST_CASE("pump: no half-close while the stream may have more to read", "[driver][pump]") {
  // Like TLS, it drops what is read behind the half-close.
  struct ending {
    io_result read_some(byte_span room) noexcept {
      std::size_t const count = take(rest, room, 3);
      return count == 0 ? detail::blocked() : detail::moved(count);
    }
    io_result write_some(byte_view data) noexcept { return detail::moved(data.size()); }
    bool has_unread() const noexcept { return false; }  // what is left is in the socket
    io_status end_output() noexcept {
      unread_at_the_end = rest.size();
      return io_status::ok;
    }
    octets rest = counting(8);
    std::size_t unread_at_the_end = 99;
  } stream;
  scripted_session session;
  session.leaves = true;
  SECTION("nothing is to be sent") {}
  SECTION("something is to be sent before") { session.to_send = {1}; }
  pump_result const last = pump(session, stream, tick(0));
  CHECK(session.received == counting(8));
  CHECK(stream.unread_at_the_end == 0);
  CHECK_FALSE(last.again);
}

TEST_CASE("pump: when writing fails, short reads do not hide what the peer said last", "[driver][pump]") {
  struct failing {
    io_result read_some(byte_span room) noexcept {
      std::size_t const count = take(rest, room, 3);
      return count == 0 ? detail::broken({errc::connection_lost, 104}) : detail::moved(count);
    }
    io_result write_some(byte_view) noexcept { return detail::broken({errc::connection_lost, 32}); }
    bool has_unread() const noexcept { return false; }
    octets rest = counting(11);
  } stream;
  scripted_session session;
  session.to_send = {1};
  static_cast<void>(pump(session, stream, tick(0)));
  CHECK(session.received == counting(11));
  CHECK(session.losses == std::vector<error>{{errc::connection_lost, 104}});
}

TEST_CASE("pump: a message that waits for room to send PUBACK is told once there is room",
          "[driver][pump][v3]") {
  // The transmit buffer is full when the events are asked for, and empty after the stream has taken it.
  std::array<std::uint8_t, 64> rx{};
  std::array<std::uint8_t, 16> tx{};
  client<v3_tag, limits{.outgoing = 4, .incoming = 1}> device(rx, tx,
                                                              {.acknowledge = acknowledge::by_application});
  layered_that_tells link;
  std::vector<int> ids;
  auto const turn = [&] {
    return pump(device, link, tick(0), [&](v3::event const& e) {
      if (e.kind() == event_kind::message) ids.push_back(e.id().number());
    });
  };
  REQUIRE(device.connect({.client_id = "d"}, tick(0)));
  link.socket = test::from_hex("20020000 3205 0001 74 0001 3205 0001 74 0002");
  static_cast<void>(turn());
  REQUIRE(ids == std::vector<int>{1});
  REQUIRE(device.publish({"t", as_bytes("ten octets")}));
  REQUIRE(device.acknowledge(packet_id(1)));
  pump_result const last = turn();
  CHECK(ids == std::vector<int>{1, 2});
  CHECK_FALSE(last.wait_for.write);
  CHECK(device.unsent().empty());
}

TEST_CASE("pump: the ends of a pipe tell what they hold", "[driver][pump][memory_pipe]") {
  std::array<std::uint8_t, 8> a{};
  std::array<std::uint8_t, 8> b{};
  memory_pipe pipe(a, b);
  CHECK_FALSE(pipe.left().has_unread());
  REQUIRE(pipe.right().write_some(counting(3)).count == 3);
  CHECK(pipe.left().has_unread());
  CHECK_FALSE(pipe.right().has_unread());
  std::array<std::uint8_t, 8> room{};
  REQUIRE(pipe.left().read_some(room).count == 3);
  CHECK_FALSE(pipe.left().has_unread());
  SECTION("closed there") {
    pipe.right().close();
    CHECK(pipe.left().has_unread());
  }
  SECTION("half-closed there") {
    REQUIRE(pipe.right().end_output() == io_status::ok);
    CHECK(pipe.left().has_unread());
    CHECK_FALSE(pipe.right().has_unread());
  }
  SECTION("closed here") {
    pipe.left().close();
    CHECK(pipe.left().has_unread());
  }
  SECTION("cut") {
    pipe.sever();
    CHECK(pipe.left().has_unread());
    CHECK(pipe.right().has_unread());
  }
}
