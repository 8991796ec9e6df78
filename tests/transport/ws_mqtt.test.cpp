// SPDX-License-Identifier: BSL-1.0
// An MQTT client over a websocket sees what it sees without one, whatever the frames and the connection do.
#include <hubwire/transport/websocket.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include <hubwire/driver/pump.hpp>
#include <hubwire/mqtt3.hpp>
#include <hubwire/transport/faulty.hpp>
#include <hubwire/transport/memory_pipe.hpp>

#include "support/hex.hpp"
#include "ws_fixture.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

using octets = std::vector<std::uint8_t>;

// Answers a client's packets. Each write_some, and so each frame, takes at most so many bytes.
template <byte_stream Stream>
struct broker {
  Stream& stream;
  std::size_t largest_write;
  bool ends_first;  // after DISCONNECT; else it waits for the client's half-close
  octets in{};
  octets out{};
  std::string log{};
  bool disconnected = false;
  bool ended = false;

  void turn() {
    std::array<std::uint8_t, 90> room{};
    io_result got = stream.read_some(room);
    for (; got.count != 0; got = stream.read_some(room))
      in.insert(in.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got.count));
    while (take_packet()) {}
    io_result put{0, io_status::ok, {}};
    while (!out.empty() && put.status == io_status::ok) {
      put = stream.write_some(byte_view(out).first(std::min(largest_write, out.size())));
      out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(put.count));
    }
    bool const leaves = got.status == io_status::closed || (ends_first && disconnected);
    if (leaves && out.empty()) ended = hubwire::end_output(stream) == io_status::ok;
  }

 private:
  bool take_packet() {
    if (in.size() < 2) return false;
    bool const two = in[1] >= 128;
    if (two && in.size() < 3) return false;
    std::size_t const size = two ? 3u + (in[1] - 128u) + 128u * in[2] : 2u + in[1];
    if (in.size() < size) return false;
    octets const packet(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(size));
    in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(size));
    log += to_hex(byte_view(packet)) + "\n";
    answer(packet, two ? 3 : 2);
    return true;
  }
  void answer(octets const& packet, std::size_t header) {
    switch (packet[0] >> 4) {
      case 1: return say("2002 0000");
      case 8:
        say("9003" + to_hex(byte_view(packet).subspan(2, 2)) + "01");
        say("3006 0001 62 010203");                               // QoS 0
        say("3288 02 0001 62 0007" + std::string(2 * 259, '9'));  // QoS 1
        return say("3003 0001 63");
      case 14: disconnected = true; return;
      case 3: {
        std::size_t const topic = packet[header + 1];
        if ((packet[0] & 6) == 2) say("4002" + to_hex(byte_view(packet).subspan(header + 2 + topic, 2)));
        return;
      }
      default: return;
    }
  }
  void say(std::string const& hex) {
    octets const more = from_hex(hex);
    out.insert(out.end(), more.begin(), more.end());
  }
};

struct device {
  std::array<std::uint8_t, 400> rx{};
  std::array<std::uint8_t, 700> tx{};
  client<v3_tag, limits{.outgoing = 2, .incoming = 2}> session{rx, tx};
  std::string log{};
  int messages = 0;

  void operator()(v3::event const& event) {
    log += std::to_string(static_cast<int>(event.kind()));
    if (event.has_id()) log += " id " + std::to_string(event.id().number());
    switch (event.kind()) {
      case event_kind::connected:
        static_cast<void>(session.subscribe("b/#", qos::at_least_once));
        static_cast<void>(session.publish("a", std::string(300, 'p'), qos::at_least_once));
        static_cast<void>(session.publish("a", std::string(130, 'q')));
        break;
      case event_kind::message:
        log += " " + std::string(event.message().payload.view());
        if (event.has_id()) static_cast<void>(session.acknowledge(event.id()));
        ++messages;
        break;
      case event_kind::closed: log += " " + std::string(to_string(event.cause())); break;
      default: break;
    }
    log += "\n";
    bool const last = event.kind() == event_kind::published || messages == 3;
    if (last && ++ends == 2) static_cast<void>(session.disconnect());
  }
  int ends = 0;
};

struct outcome {
  std::string device;
  std::string broker;
  friend bool operator==(outcome const&, outcome const&) = default;
};

template <byte_stream Near, byte_stream Far>
outcome run(Near& near, Far& far, std::size_t largest_write, bool broker_ends_first) {
  device d;
  broker<Far> b{far, largest_write, broker_ends_first};
  REQUIRE(d.session.connect({.client_id = "c"}, tick(0)));
  for (std::uint32_t turn = 0; turn != 20'000 && !(d.session.finished() && b.ended); ++turn) {
    static_cast<void>(pump(d.session, near, tick(turn), d));
    // pump() leaves a stream that has ended, whose last bytes go out during a read.
    if (d.session.finished()) static_cast<void>(hubwire::end_output(near));
    b.turn();
  }
  CHECK(d.session.finished());
  CHECK(b.ended);
  return {d.log, b.log};
}

outcome run_plain() {
  std::array<std::uint8_t, 1000> rightward{};
  std::array<std::uint8_t, 1000> leftward{};
  memory_pipe pipe(rightward, leftward);
  return run(pipe.left(), pipe.right(), 1000, true);
}

}  // namespace

TEST_CASE("websocket: a client over it has the events that it has without",
          "[transport][websocket][H190][H191][v3.1.1:MQTT-6.0.0-2]") {
  outcome const plain = run_plain();
  CHECK(plain.device.find(" none\n") != std::string::npos);
  CHECK(std::count(plain.broker.begin(), plain.broker.end(), '\n') == 6);

  faults const bad =
      GENERATE(faults{}, faults{.largest_read = 1, .largest_write = 1}, faults{.block_every = 2},
               faults{.largest_read = 7, .largest_write = 5, .block_every = 3, .seed = 11},
               faults{.largest_read = 64, .largest_write = 64, .seed = 5});
  std::size_t const frame = GENERATE(1u, 2u, 3u, 100u, 1000u);
  std::size_t const buffer = GENERATE(256u, 1200u);
  INFO(bad.largest_read << ' ' << bad.block_every << ' ' << frame << ' ' << buffer);
  std::array<std::uint8_t, 300> rightward{};
  std::array<std::uint8_t, 300> leftward{};
  memory_pipe pipe(rightward, leftward);
  faulty<memory_pipe::end> left(pipe.left(), bad);
  faulty<memory_pipe::end> right(pipe.right(), bad);
  octets near_output(buffer);
  octets far_output(buffer);
  websocket near(left, test_client{}, near_output);
  websocket far(right, test_server{}, far_output);
  REQUIRE(near.start({.host = "hub.azure-devices.net", .path = iothub_ws_path}));
  REQUIRE(far.start({.path = iothub_ws_path}));
  CHECK(run(near, far, frame, frame != 2) == plain);
  // Each has heard the other's goodbye, at once or a little later.
  std::array<std::uint8_t, 9> room{};
  io_status last = io_status::would_block;
  for (int i = 0; i != 200 && last != io_status::closed; ++i) {
    static_cast<void>(hubwire::end_output(near));
    last = far.read_some(room).status;
  }
  CHECK(near.close_code() == 1000);
  CHECK(far.close_code() == 1000);
}

TEST_CASE("websocket: a connection cut at any byte ends the session, and never with a good end too early",
          "[transport][websocket]") {
  outcome const plain = run_plain();
  std::size_t const cut = 7 * GENERATE(range(0u, 140u));
  std::array<std::uint8_t, 2000> rightward{};
  std::array<std::uint8_t, 2000> leftward{};
  memory_pipe pipe(rightward, leftward);
  faulty<memory_pipe::end> left(pipe.left(), {.cut_reading_after = cut});
  octets near_output(1200);
  octets far_output(1200);
  websocket near(left, test_client{}, near_output);
  websocket far(pipe.right(), test_server{}, far_output);
  REQUIRE(near.start({.host = "h"}));
  REQUIRE(far.start({}));
  device d;
  broker<decltype(far)> b{far, 50, true};
  REQUIRE(d.session.connect({.client_id = "c"}, tick(0)));
  for (int turn = 0; turn != 200 && !d.session.finished(); ++turn) {
    static_cast<void>(pump(d.session, near, tick(0), d));
    b.turn();
  }
  REQUIRE(d.session.finished());
  bool const good = d.log.find(" none\n") != std::string::npos;
  if (good) CHECK(d.log == plain.device);
  if (!good) CHECK(d.log.find(" connection_lost\n") != std::string::npos);
}
