// SPDX-License-Identifier: BSL-1.0
// What happens in the hub, one JSON line each. Keys, tokens and passwords never get here.
#ifndef HUB_EMULATOR_EVENTS_HPP
#define HUB_EMULATOR_EVENTS_HPP

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "json.hpp"
#include "line_output.hpp"

namespace hub_emulator {

// 2026-01-31T12:34:56.789Z
std::string iso_time(std::chrono::system_clock::time_point when);

class event_log {
 public:
  // on_broken is called once, in another thread, when the descriptor takes no more.
  event_log(int descriptor, std::function<void()> on_broken);

  // {"event":name,"time":now,fields...}. Never waits: where nobody reads, lines are dropped, and an event
  // "lost" with their number stands in their place.
  void print(std::string_view name, json_line const& fields);
  // To call once, at the end.
  line_output::outcome finish() { return out_.finish(); }

 private:
  line_output out_;
};

}  // namespace hub_emulator

#endif
