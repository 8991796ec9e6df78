// SPDX-License-Identifier: BSL-1.0
// An MQTT client and a broker that talk over any two streams, and what each has seen in the end.
#ifndef HUBWIRE_TESTS_TRANSPORT_MQTT_OVER_HPP
#define HUBWIRE_TESTS_TRANSPORT_MQTT_OVER_HPP

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <hubwire/driver/pump.hpp>
#include <hubwire/mqtt3.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/transport/memory_pipe.hpp>

#include "support/hex.hpp"

namespace hubwire::test {

// Answers a client's packets. Each write_some, and so each frame, takes at most so many bytes.
template <byte_stream Stream>
struct mqtt_broker {
  Stream& stream;
  std::size_t largest_write;
  bool ends_first;  // after DISCONNECT; else it waits for the client's half-close
  std::vector<std::uint8_t> in{};
  std::vector<std::uint8_t> out{};
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
    std::vector<std::uint8_t> const packet(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(size));
    in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(size));
    log += to_hex(byte_view(packet)) + "\n";
    answer(packet, two ? 3 : 2);
    return true;
  }
  void answer(std::vector<std::uint8_t> const& packet, std::size_t header) {
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
    std::vector<std::uint8_t> const more = from_hex(hex);
    out.insert(out.end(), more.begin(), more.end());
  }
};

struct mqtt_device {
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

struct mqtt_outcome {
  std::string device;
  std::string broker;
  friend bool operator==(mqtt_outcome const&, mqtt_outcome const&) = default;
};

template <byte_stream Near, byte_stream Far>
mqtt_outcome run_mqtt(Near& near, Far& far, std::size_t largest_write, bool broker_ends_first) {
  mqtt_device d;
  mqtt_broker<Far> b{far, largest_write, broker_ends_first};
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

inline mqtt_outcome run_plain_mqtt() {
  std::array<std::uint8_t, 1000> rightward{};
  std::array<std::uint8_t, 1000> leftward{};
  memory_pipe pipe(rightward, leftward);
  return run_mqtt(pipe.left(), pipe.right(), 1000, true);
}

}  // namespace hubwire::test

#endif
