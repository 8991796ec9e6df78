// SPDX-License-Identifier: BSL-1.0
// The board: a TI LM3S6965 (Cortex-M3, 256 kB flash, 64 kB RAM) as QEMU's machine lm3s6965evb models it.
// Another board has its own functions of these names. Nothing else of this example but startup.cpp and
// board.ld knows the hardware.
#ifndef FIRMWARE_BOARD_HPP
#define FIRMWARE_BOARD_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/tick.hpp>

namespace firmware::board {

// Clock, SysTick and both UARTs. main() calls it first.
void start() noexcept;

// Milliseconds since start().
hubwire::tick now() noexcept;

// Sleeps until an interrupt comes: a received byte, or the next millisecond. A byte that comes just before
// the processor sleeps therefore waits a millisecond at most.
void sleep() noexcept;

// UART0, the line to the hub. An interrupt puts received bytes into a ring. Both functions move what they can
// at once and say how many bytes that was.
std::size_t receive(hubwire::byte_span room) noexcept;
std::size_t send(hubwire::byte_view data) noexcept;

// UART1, the console. Waits until the text is in the UART's queue.
void print(std::string_view text) noexcept;

}  // namespace firmware::board

#endif
