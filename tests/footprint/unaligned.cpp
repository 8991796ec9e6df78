// SPDX-License-Identifier: BSL-1.0
// A word read from an address that is no multiple of four: shows that the board on which the Cortex-M0+ images
// run does not let that pass. Ends with 99, the exit code of a fault, or with 1.
#include <cstdint>

extern "C" int run_on_target();

extern "C" int run_on_target() {
  alignas(4) static unsigned char memory[8];
  std::uint32_t word = 0;
  asm volatile("ldr %0, [%1]" : "=l"(word) : "l"(memory + 1) : "memory");
  return 1;
}
