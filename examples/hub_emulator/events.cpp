// SPDX-License-Identifier: BSL-1.0
#include "events.hpp"

#include <cstdio>
#include <ctime>
#include <utility>

namespace hub_emulator {

std::string iso_time(std::chrono::system_clock::time_point when) {
  auto const milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
  std::time_t const seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char date[32];
  std::size_t const size = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(milliseconds % 1000));
  return std::string(date, size) + fraction;
}

event_log::event_log(std::ostream& out, std::function<void()> on_broken)
    : out_(out), on_broken_(std::move(on_broken)) {}

void event_log::print(std::string_view name, json_line const& fields) {
  json_line line{{"event", name}, {"time", iso_time(std::chrono::system_clock::now())}};
  line.update(fields);
  out_ << to_text(line) << '\n' << std::flush;
  if (!out_ && on_broken_) std::exchange(on_broken_, nullptr)();
}

}  // namespace hub_emulator
