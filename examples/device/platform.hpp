// SPDX-License-Identifier: BSL-1.0
// What the library asks its caller for: a millisecond counter, the calendar, true random bytes.
// On a microcontroller these are three functions of the vendor's HAL.
#ifndef DEVICE_PLATFORM_HPP
#define DEVICE_PLATFORM_HPP

#include <array>
#include <cstdint>
#include <cstring>
#include <ctime>

#include <unistd.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/tick.hpp>

namespace device {

inline hubwire::tick now() noexcept {
  std::timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  auto const milliseconds =
      static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
  return hubwire::tick(static_cast<std::uint32_t>(milliseconds));
}

// Seconds since 1970. Tokens and certificates depend on it: a device without a battery-backed clock gets
// the time from the network (NTP, the modem) before it connects.
inline std::uint64_t unix_time() noexcept {
  std::time_t const seconds = std::time(nullptr);
  return seconds < 0 ? 0 : static_cast<std::uint64_t>(seconds);
}

// False when the system has no random bytes; then there is no TLS either. At most 256 at a time.
inline bool fill_random(hubwire::byte_span bytes) noexcept {
  return ::getentropy(bytes.data(), bytes.size()) == 0;
}

// Good enough where guessing does no harm.
inline std::uint32_t random_number() noexcept {
  std::array<std::uint8_t, 4> bytes{};
  if (!fill_random(bytes)) return now().milliseconds();
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

}  // namespace device

#endif
