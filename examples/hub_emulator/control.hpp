// SPDX-License-Identifier: BSL-1.0
// The service side: requests as JSON lines, one answer for each.
#ifndef HUB_EMULATOR_CONTROL_HPP
#define HUB_EMULATOR_CONTROL_HPP

#include <functional>
#include <string_view>

#include "hub.hpp"
#include "json.hpp"

namespace hub_emulator {

class control {
 public:
  using answer = std::function<void(json_line const&)>;

  // stop ends the program.
  control(hub& owner, std::function<void()> stop) : hub_(owner), stop_(std::move(stop)) {}

  // {"op":"twin","device":"d1"} and the like; README.md has them all. Calls reply exactly once, now or, for a
  // method, when the device has answered. False when the line is no JSON object.
  bool handle(std::string_view line, answer reply);
  // For a line that was too long to be read.
  static void refuse_long_line(answer const& reply);

 private:
  void run(json const& request, json_line head, answer const& reply);
  json_line send(device& to, json const& request);
  json_line run_plain(device& target, std::string_view op, json const& request);
  json_line set_desired(device& of, json const& request);
  void call(device& on, json const& request, json_line head, answer const& reply);
  json_line list() const;

  hub& hub_;
  std::function<void()> stop_;
  unsigned long messages_ = 0;
};

}  // namespace hub_emulator

#endif
