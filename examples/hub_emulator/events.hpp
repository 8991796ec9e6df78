// SPDX-License-Identifier: BSL-1.0
// What happens in the hub, one JSON line each. Keys, tokens and passwords never get here.
#ifndef HUB_EMULATOR_EVENTS_HPP
#define HUB_EMULATOR_EVENTS_HPP

#include <chrono>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "json.hpp"

namespace hub_emulator {

// 2026-01-31T12:34:56.789Z
std::string iso_time(std::chrono::system_clock::time_point when);

class event_log {
 public:
  // on_broken is called once, when out takes no more lines.
  event_log(std::ostream& out, std::function<void()> on_broken);

  // {"event":name,"time":now,fields...}, written and flushed at once.
  void print(std::string_view name, json_line const& fields);

 private:
  std::ostream& out_;
  std::function<void()> on_broken_;
};

}  // namespace hub_emulator

#endif
