// SPDX-License-Identifier: BSL-1.0
// Runs an image's operations and prints nothing: the program that is weighed. There is no library below it
// that could bring in a system call, so an image that wants one does not link.
#include <cstdint>

#include <footprint/image.hpp>

static std::uint32_t volatile sum;

extern "C" {
int run_on_target();
void initialise_monitor_handles();
[[noreturn]] void _exit(int status);

int run_on_target() {
  for (footprint::operation const& each : footprint::operations()) {
    each.once();
    sum = each.digest();
  }
  return 0;
}

void initialise_monitor_handles() {}
void _exit(int) {
  for (;;) {}
}
}
