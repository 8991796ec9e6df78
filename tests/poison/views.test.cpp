// SPDX-License-Identifier: BSL-1.0
// Built with HUBWIRE_POISON: what a program views for too long is no longer what was received.
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/session/client.hpp>
#include <hubwire/stream/frame_buffer.hpp>
#include <support/hex.hpp>

using namespace hubwire;

namespace {

template <class Receiver>
void receive(Receiver& receiver, char const* hex) {
  auto const octets = test::from_hex(hex);
  byte_span const window = receiver.window();
  REQUIRE(window.size() >= octets.size());
  std::memcpy(window.data(), octets.data(), octets.size());
  receiver.commit(octets.size());
}

}  // namespace

TEST_CASE("poison: a message that was kept over window() is overwritten", "[poison]") {
  std::array<std::uint8_t, 64> rx{};
  std::array<std::uint8_t, 64> tx{};
  client<> device{rx, tx};
  REQUIRE(device.connect({.client_id = "c"}, tick(0)));
  device.consume(device.pending_output().size());
  receive(device, "2002 0000 3006 0001 74 616263");
  REQUIRE(device.next_event().kind() == event_kind::connected);
  v3::event const kept = device.next_event();
  REQUIRE(kept.kind() == event_kind::message);
  CHECK(kept.message().payload == as_bytes("abc"));
  static_cast<void>(device.next_event());
  CHECK(kept.message().payload == as_bytes("abc"));  // it lives until window()
  static_cast<void>(device.window());
  CHECK(kept.message().payload == as_bytes("\xDD\xDD\xDD"));
}

TEST_CASE("poison: bytes that are still to be read are left alone", "[poison]") {
  frame_buffer<16> rx;
  receive(rx, "d000 d000 4002 00");
  frame const first = rx.next().frame;
  frame const second = rx.next().frame;
  CHECK(second.type() == packet_type::pingresp);
  byte_span const window = rx.window();
  CHECK(window.size() == 13);
  CHECK(test::to_hex(byte_view(window).first(4)) == "dddddddd");
  CHECK(rx.buffered() == 3);
  CHECK(first.view() != std::string_view("\xD0\0", 2));
  receive(rx, "07");
  CHECK(test::to_hex(rx.next().frame.octets()) == "40020007");
}
