// SPDX-License-Identifier: BSL-1.0
// What startup.cpp asks of the program and gives to it.
#ifndef FIRMWARE_STARTUP_HPP
#define FIRMWARE_STARTUP_HPP

#include <cstdint>

namespace firmware {

// The program, in main.cpp. Its result is QEMU's exit code.
int run() noexcept;

// Reset paints the stack. Where the paint is gone, the stack was used.
std::uint32_t stack_size() noexcept;
std::uint32_t stack_used() noexcept;  // bytes, the most since reset

}  // namespace firmware

#endif
