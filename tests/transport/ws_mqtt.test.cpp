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
#include <hubwire/transport/faulty.hpp>
#include <hubwire/transport/memory_pipe.hpp>

#include "mqtt_over.hpp"
#include "ws_fixture.hpp"

using namespace hubwire;
using namespace hubwire::test;

using octets = std::vector<std::uint8_t>;

TEST_CASE("websocket: a client over it has the events that it has without",
          "[transport][websocket][H190][H191][v3.1.1:MQTT-6.0.0-2]") {
  mqtt_outcome const plain = run_plain_mqtt();
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
  CHECK(run_mqtt(near, far, frame, frame != 2) == plain);
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
  mqtt_outcome const plain = run_plain_mqtt();
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
  mqtt_device d;
  mqtt_broker<decltype(far)> b{far, 50, true};
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
