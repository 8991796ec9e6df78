// SPDX-License-Identifier: BSL-1.0
// From reset to run(): the vector table, the stack's paint, memory as C++ expects it. A fault ends the
// program.
#include <cstdint>
#include <cstring>

#include "board.hpp"
#include "host.hpp"
#include "startup.hpp"

static constexpr std::uint32_t stack_paint = 0xa5a5'a5a5;

extern "C" {
extern std::uint32_t stack_bottom, stack_top;  // board.ld
extern char data_begin, data_end, data_image, bss_begin, bss_end;
extern void (*__init_array_start[])();
extern void (*__init_array_end[])();
void on_system_timer();
void on_line();

[[noreturn]] void reset() {
  // Up to 64 bytes below where this function stands.
  auto const* const here = static_cast<std::uint32_t*>(__builtin_frame_address(0)) - 16;
  for (std::uint32_t volatile* word = &stack_bottom; word < here; ++word) *word = stack_paint;
  std::memcpy(&data_begin, &data_image, static_cast<std::size_t>(&data_end - &data_begin));
  std::memset(&bss_begin, 0, static_cast<std::size_t>(&bss_end - &bss_begin));
  for (auto constructor = __init_array_start; constructor != __init_array_end; ++constructor)
    (*constructor)();
  firmware::host::exit(firmware::run());
}

[[noreturn]] void fault() {
  firmware::board::print("a fault\n");
  firmware::host::exit(99);
}
}

namespace firmware {

std::uint32_t stack_size() noexcept {
  return static_cast<std::uint32_t>(reinterpret_cast<char*>(&stack_top) -
                                    reinterpret_cast<char*>(&stack_bottom));
}

std::uint32_t stack_used() noexcept {
  std::uint32_t const volatile* word = &stack_bottom;
  while (word != &stack_top && *word == stack_paint) ++word;
  return static_cast<std::uint32_t>(&stack_top - word) * 4;
}

}  // namespace firmware

namespace {

struct vector_table {
  std::uint32_t* stack;
  void (*handlers[21])();  // exceptions 1 to 15, then interrupts from 0 on
};

[[gnu::section(".vectors"), gnu::used]] constexpr vector_table vectors{
    &stack_top,
    {reset,   fault,   fault,   fault,   fault,           fault,  // reset, NMI, and what a program does wrong
     nullptr, nullptr, nullptr, nullptr,                          //
     fault,   fault,   nullptr, fault,   on_system_timer,         // SVCall, DebugMonitor, PendSV, SysTick
     fault,   fault,   fault,   fault,   fault,           on_line}};  // interrupt 5 is UART0

}  // namespace
