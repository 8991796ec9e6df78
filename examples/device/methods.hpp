// SPDX-License-Identifier: BSL-1.0
// The direct methods of this device.
#ifndef DEVICE_METHODS_HPP
#define DEVICE_METHODS_HPP

#include <cstdint>
#include <string_view>

namespace device {

struct method_answer {
  std::int32_t status = 200;
  std::string_view payload{};  // JSON; may view the request's payload
};

// Runs a method. Its payload is JSON, or empty when the caller gave none.
method_answer run_method(std::string_view name, std::string_view payload) noexcept;

}  // namespace device

#endif
