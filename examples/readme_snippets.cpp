// SPDX-License-Identifier: BSL-1.0
// The code of README.md, between markers. It is compiled and run, and a test compares the two texts.
#include <array>
#include <cstdint>
#include <cstdio>

#include <hubwire/mqtt3.hpp>

int main() {
  std::array<std::uint8_t, 256> tx;
  auto const wire = hubwire::encode(tx, hubwire::v3::publish{.topic = "t"});
  if (!wire || wire->size() != 5) return 1;
  std::printf("%zu bytes\n", wire->size());
}
