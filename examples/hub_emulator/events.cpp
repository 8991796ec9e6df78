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

namespace {

std::string event_line(std::string_view name, json_line const& fields) {
  json_line line{{"event", name}, {"time", iso_time(std::chrono::system_clock::now())}};
  line.update(fields);
  return to_line(line) + '\n';
}

}  // namespace

event_log::event_log(int descriptor, std::function<void()> on_broken)
    : out_(descriptor, {[](std::uint64_t lines) {
                          return event_line("lost", {{"lines", lines}});
                        },
                        std::move(on_broken)}) {}

void event_log::print(std::string_view name, json_line const& fields) {
  out_.write(event_line(name, fields));
}

}  // namespace hub_emulator
