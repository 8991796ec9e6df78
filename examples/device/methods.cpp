// SPDX-License-Identifier: BSL-1.0
#include "methods.hpp"

namespace device {

namespace {

// A product would note the wish here and restart once the answer has been sent.
method_answer reboot(std::string_view) noexcept { return {202, R"({"rebooting":"soon"})"}; }

method_answer echo(std::string_view payload) noexcept { return {200, payload.empty() ? "null" : payload}; }

struct method {
  std::string_view name;
  method_answer (*run)(std::string_view payload) noexcept;
};

// Names are compared as they stand in the topic; case counts.
constexpr method methods[] = {{"reboot", reboot}, {"echo", echo}};

}  // namespace

method_answer run_method(std::string_view name, std::string_view payload) noexcept {
  for (method const& known : methods)
    if (known.name == name) return known.run(payload);
  return {404, R"({"message":"this device has no such method"})"};
}

}  // namespace device
