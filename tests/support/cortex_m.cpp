// SPDX-License-Identifier: BSL-1.0
// From reset to run_on_target() on a Cortex-M under QEMU: the vector table, memory as C++ expects it, and an end of
// the emulation with its result. Any fault ends it too, with 99.
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {
extern std::uint32_t stack_top;
extern char data_begin, data_end, data_image, bss_begin, bss_end;
extern void (*__init_array_start[])();
extern void (*__init_array_end[])();
void initialise_monitor_handles();
[[noreturn]] void _exit(int status);
int run_on_target();

[[noreturn]] void reset() {
  std::memcpy(&data_begin, &data_image, static_cast<std::size_t>(&data_end - &data_begin));
  std::memset(&bss_begin, 0, static_cast<std::size_t>(&bss_end - &bss_begin));
  initialise_monitor_handles();
  for (auto constructor = __init_array_start; constructor != __init_array_end; ++constructor)
    (*constructor)();
  _exit(run_on_target());
}

[[noreturn]] void fault() { _exit(99); }
}

[[gnu::section(".vectors"), gnu::used]] static void const* const vectors[16] = {
    &stack_top,
    reinterpret_cast<void const*>(&reset),
    reinterpret_cast<void const*>(&fault),
    reinterpret_cast<void const*>(&fault),
    reinterpret_cast<void const*>(&fault),
    reinterpret_cast<void const*>(&fault),
    reinterpret_cast<void const*>(&fault),
};
