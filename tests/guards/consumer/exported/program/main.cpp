// SPDX-License-Identifier: BSL-1.0
#include <array>

#include <meter.hpp>

int main() {
  std::array<std::uint8_t, 16> output{};
  auto const packet = reading(output, hubwire::as_bytes("21"));
  return packet && packet->size() == 7 ? 0 : 1;
}
