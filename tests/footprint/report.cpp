// SPDX-License-Identifier: BSL-1.0
// Runs an image's operations and prints a digest of each: on the host, and with semihosting on a target, where
// it also prints how many ticks of the SysTick timer an operation takes. Under QEMU's -icount that is a count of
// instructions; what a tick is worth is found by timing instructions that have been counted by hand.
#include <cstdint>
#include <cstdio>

#include <footprint/image.hpp>

extern "C" int run_on_target();

namespace {

#ifdef HUBWIRE_BARE_METAL
std::uint32_t volatile& timer(std::uintptr_t offset) noexcept {
  return *reinterpret_cast<std::uint32_t volatile*>(0xE000'E010u + offset);  // SysTick: Armv7-M B3.3
}

// Counts down in 24 bits from now on.
void start_timer() noexcept {
  timer(4) = 0xFF'FFFF;
  timer(8) = 0;
  timer(0) = 5;  // the processor's clock, no interrupt
}

// Of an operation that takes less than all of the 24 bits.
[[gnu::noipa]] std::uint32_t ticks_of(void (*once)()) noexcept {
  std::uint32_t const before = timer(8);
  once();
  std::uint32_t const after = timer(8);
  return (before - after) & 0xFF'FFFF;
}

void nothing() noexcept {}
void hundred() noexcept { asm volatile(".rept 100\n nop\n .endr"); }
void thousand() noexcept { asm volatile(".rept 1000\n nop\n .endr"); }

void print_ticks(char const* name, void (*once)()) noexcept {
  std::printf("%lu ticks %s\n", static_cast<unsigned long>(ticks_of(once) - ticks_of(nothing)), name);
}
#endif

}  // namespace

extern "C" int run_on_target() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);  // a buffer would come from the heap
  int status = 0;
  for (footprint::operation const& each : footprint::operations()) {
    std::uint32_t const digest = each.digest();
    // Once more, as it is counted: an operation that fails when it is repeated would look fast.
    if (digest == 0 || each.digest() == 0) status = 1;
    std::printf("%08lx digest %s\n", static_cast<unsigned long>(digest), each.name);
  }
#ifdef HUBWIRE_BARE_METAL
  start_timer();
  print_ticks("100 instructions", hundred);
  print_ticks("1000 instructions", thousand);
  for (footprint::operation const& each : footprint::operations()) print_ticks(each.name, each.once);
#endif
  return status;
}

#ifndef HUBWIRE_BARE_METAL
int main() { return run_on_target(); }
#endif
