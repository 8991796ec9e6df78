// SPDX-License-Identifier: BSL-1.0
// How long to wait before the next attempt to connect.
#ifndef DEVICE_BACKOFF_HPP
#define DEVICE_BACKOFF_HPP

#include <cstdint>

namespace device {

// Doubles from one second to two minutes. Half of each delay is random: when a hub restarts, its thousands
// of devices must not all come back in the same second.
class backoff {
 public:
  static constexpr std::uint32_t shortest = 1'000;  // milliseconds
  static constexpr std::uint32_t longest = 120'000;
  // A connection that lasted this long starts the delays afresh. A shorter one does not: a hub that accepts
  // and closes again, because of a throttle or a second device with the same id, would be hammered.
  static constexpr std::uint32_t stable = 30'000;

  // Milliseconds; random is any number.
  std::uint32_t next(std::uint32_t random) noexcept {
    std::uint32_t const delay = delay_;
    delay_ = delay < longest / 2 ? delay * 2 : longest;
    return delay / 2 + random % (delay / 2 + 1);
  }
  void reset() noexcept { delay_ = shortest; }

 private:
  std::uint32_t delay_ = shortest;
};

}  // namespace device

#endif
