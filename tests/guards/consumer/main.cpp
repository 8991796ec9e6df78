// SPDX-License-Identifier: BSL-1.0
#include <array>
#include <cstdint>
#include <cstdio>

#include <hubwire/core/config.hpp>
#include <hubwire/mqtt3.hpp>

int main() {
  std::array<std::uint8_t, 16> output{};
  auto const encoded =
      hubwire::encode(output, hubwire::v3::publish{.topic = "t", .payload = hubwire::as_bytes("21")});
  std::array<std::uint8_t, 7> const wanted{0x30, 0x05, 0x00, 0x01, 't', '2', '1'};
  if (!encoded || !(hubwire::bytes(*encoded) == hubwire::bytes(wanted))) return 1;
  std::printf("hubwire %s\n", HUBWIRE_VERSION_STRING);
}
