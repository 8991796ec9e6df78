// SPDX-License-Identifier: BSL-1.0
// Runs an image's operations and prints a digest for each: on the host, and on a target with semihosting.
#include <cstdint>
#include <cstdio>

#include <footprint/image.hpp>

extern "C" int run_on_target();

extern "C" int run_on_target() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);  // a buffer would come from the heap
  int status = 0;
  for (footprint::operation const& each : footprint::operations()) {
    std::uint32_t const digest = each.digest();
    if (digest == 0) status = 1;
    std::printf("%08lx %s\n", static_cast<unsigned long>(digest), each.name);
  }
  return status;
}

#ifndef HUBWIRE_BARE_METAL
int main() { return run_on_target(); }
#endif
