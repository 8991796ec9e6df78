// SPDX-License-Identifier: BSL-1.0
// What QEMU's board lacks: the date, random bytes, an end. The computer that runs QEMU gives them, by
// semihosting.
// THIS FILE IS NOT FOR PRODUCTS. A product has a true random number generator, and gets the date from a clock
// with a battery or from the network. Without a debugger, a semihosting call stops the processor.
#ifndef FIRMWARE_HOST_HPP
#define FIRMWARE_HOST_HPP

#include <cstdint>

#include <hubwire/core/bytes.hpp>

namespace firmware::host {

namespace detail {

inline std::int32_t call(std::uint32_t operation, void const* arguments) noexcept {
  register std::uint32_t r0 __asm__("r0") = operation;
  register void const* r1 __asm__("r1") = arguments;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return static_cast<std::int32_t>(r0);
}

}  // namespace detail

// Seconds since 1970, UTC.
inline std::uint64_t unix_time() noexcept {
  return static_cast<std::uint32_t>(detail::call(0x11, nullptr));  // SYS_TIME
}

// Fills the room with random bytes of the computer's operating system; false if that is not possible.
inline bool fill_random(hubwire::byte_span room) noexcept {
  static constexpr char name[] = "/dev/urandom";
  std::uintptr_t const open[] = {reinterpret_cast<std::uintptr_t>(name), 1, sizeof name - 1};  // 1: "rb"
  std::int32_t const file = detail::call(0x01, open);
  if (file < 0) return false;
  auto const handle = static_cast<std::uintptr_t>(file);
  std::uintptr_t const read[] = {handle, reinterpret_cast<std::uintptr_t>(room.data()), room.size()};
  bool const all = detail::call(0x06, read) == 0;  // the number of bytes that were not read
  static_cast<void>(detail::call(0x02, &handle));
  return all;
}

// Ends QEMU with this exit code.
[[noreturn]] inline void exit(int status) noexcept {
  std::uintptr_t const why[] = {0x20026, static_cast<std::uintptr_t>(status)};  // the application ended
  static_cast<void>(detail::call(0x20, why));
  for (;;) {}
}

}  // namespace firmware::host

#endif
