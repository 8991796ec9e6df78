// SPDX-License-Identifier: BSL-1.0
// Something to do at a certain time, once.
#ifndef DEVICE_TASK_HPP
#define DEVICE_TASK_HPP

#include <hubwire/core/tick.hpp>

namespace device {

struct task {
  bool wanted = false;
  hubwire::tick due{};

  void plan(hubwire::tick when) noexcept { *this = {true, when}; }
  void drop() noexcept { wanted = false; }
  bool ready(hubwire::tick now) const noexcept { return wanted && hubwire::reached(due, now); }
};

}  // namespace device

#endif
