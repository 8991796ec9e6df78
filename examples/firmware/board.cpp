// SPDX-License-Identifier: BSL-1.0
// Registers as in the LM3S6965's data sheet.
#include "board.hpp"

#include <array>
#include <atomic>

namespace firmware::board {

namespace {

using hubwire::byte_span;
using hubwire::byte_view;

std::uint32_t volatile& at(std::uintptr_t address) noexcept {
  return *reinterpret_cast<std::uint32_t volatile*>(address);
}

constexpr std::uint32_t processor_clock = 50'000'000;
constexpr std::uint32_t baud_rate = 115'200;

constexpr std::uintptr_t system_control = 0x400f'e000;
constexpr std::uintptr_t gpio_a = 0x4000'4000, gpio_d = 0x4000'7000;
constexpr std::uintptr_t system_timer = 0xe000'e010;
constexpr std::uintptr_t interrupt_enable = 0xe000'e100;

struct uart {
  std::uintptr_t base;
  std::uint32_t volatile& data() const noexcept { return at(base); }
  bool nothing_received() const noexcept { return (at(base + 0x18) & 0x10) != 0; }
  bool is_full() const noexcept { return (at(base + 0x18) & 0x20) != 0; }
  std::uint32_t volatile& interrupts() const noexcept { return at(base + 0x38); }

  void start() const noexcept {
    constexpr std::uint32_t divisor = (processor_clock * 4 + baud_rate / 2) / baud_rate;  // in 64ths
    at(base + 0x30) = 0;  // off while it is set up
    at(base + 0x24) = divisor / 64;
    at(base + 0x28) = divisor % 64;
    at(base + 0x2c) = 0x70;   // 8 bits, no parity, queues of 16 bytes
    at(base + 0x30) = 0x301;  // on, both directions
  }
};

constexpr uart line{0x4000'c000}, console{0x4000'd000};
constexpr std::uint32_t received = 0x10, received_and_then_silence = 0x40;

std::uint32_t volatile milliseconds = 0;

// One side writes it, the other one reads it: the interrupt moves `in` only, the program `out` only.
class ring {
 public:
  bool full() const noexcept { return in_.load() - out_.load() == bytes_.size(); }
  void put(std::uint8_t byte) noexcept {
    std::uint32_t const in = in_.load();
    bytes_[in % bytes_.size()] = byte;
    in_.store(in + 1);
  }
  std::size_t take(byte_span room) noexcept {
    std::uint32_t out = out_.load();
    std::uint32_t const in = in_.load();
    std::size_t count = 0;
    for (; count != room.size() && out != in; ++out) room[count++] = bytes_[out % bytes_.size()];
    out_.store(out);
    return count;
  }

 private:
  std::array<std::uint8_t, 1'024> bytes_{};  // a power of two
  std::atomic<std::uint32_t> in_{0}, out_{0};
};

ring received_bytes;

// 8 MHz crystal, PLL of 200 MHz, divided by 4.
void start_clock() noexcept {
  constexpr std::uint32_t bypass = 1U << 11, divide = 1U << 22, powered_down = 1U << 13, off = 1U << 12;
  std::uint32_t volatile& configuration = at(system_control + 0x60);
  std::uint32_t value = (configuration | bypass) & ~(divide | 1U);
  configuration = value;
  value = (value & ~(0xfU << 23 | 0xfU << 6 | 3U << 4 | powered_down | off)) | 3U << 23 | 0xeU << 6 | divide;
  configuration = value;
  while ((at(system_control + 0x50) & 0x40) == 0) {}  // until the PLL is steady
  configuration = value & ~bypass;
}

void start_pins(std::uintptr_t port, std::uint32_t pins) noexcept {
  at(port + 0x420) = at(port + 0x420) | pins;  // a peripheral's, not plain pins
  at(port + 0x51c) = at(port + 0x51c) | pins;  // digital
}

}  // namespace

void start() noexcept {
  start_clock();
  at(system_control + 0x104) = at(system_control + 0x104) | 3U;            // UART0 and UART1 get a clock
  at(system_control + 0x108) = at(system_control + 0x108) | 1U | 1U << 3;  // and their pins
  start_pins(gpio_a, 1U << 0 | 1U << 1);
  start_pins(gpio_d, 1U << 2 | 1U << 3);
  line.start();
  console.start();

  at(system_timer + 4) = processor_clock / 1'000 - 1;
  at(system_timer + 8) = 0;
  at(system_timer) = 7;  // counts the processor's clock, with an interrupt at 0
  line.interrupts() = received | received_and_then_silence;
  at(interrupt_enable) = 1U << 5;  // UART0
}

hubwire::tick now() noexcept { return hubwire::tick(milliseconds); }

void sleep() noexcept { __asm__ volatile("wfi" ::: "memory"); }

// The ring has room again, so the interrupt may go on.
std::size_t receive(byte_span room) noexcept {
  std::size_t const count = received_bytes.take(room);
  line.interrupts() = received | received_and_then_silence;
  return count;
}

std::size_t send(byte_view data) noexcept {
  std::size_t count = 0;
  while (count != data.size() && !line.is_full()) line.data() = data[count++];
  return count;
}

void print(std::string_view text) noexcept {
  for (char const c : text) {
    while (console.is_full()) {}
    console.data() = static_cast<std::uint8_t>(c);
  }
}

}  // namespace firmware::board

// The vector table in startup.cpp has these two. When the ring is full, bytes stay in the UART. A line with
// RTS and CTS then holds the other side back.
extern "C" void on_system_timer() {
  using firmware::board::milliseconds;
  milliseconds = milliseconds + 1;
}
extern "C" void on_line() {
  using namespace firmware::board;
  while (!line.nothing_received() && !received_bytes.full())
    received_bytes.put(static_cast<std::uint8_t>(line.data()));
  if (received_bytes.full()) line.interrupts() = 0;
}
