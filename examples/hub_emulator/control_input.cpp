// SPDX-License-Identifier: BSL-1.0
#include "control_input.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace hub_emulator {

control_input::control_input(handlers what) : what_(std::move(what)) {
  if (pipe(stop_) != 0) throw std::runtime_error("no pipe to stop reading standard input");
  thread_ = std::thread([this] { run(); });
}

control_input::~control_input() {
  close(stop_[1]);  // poll sees the other end hang up
  thread_.join();
  close(stop_[0]);
}

bool control_input::wait() const {
  std::array<pollfd, 2> sources{{{STDIN_FILENO, POLLIN, 0}, {stop_[0], POLLIN, 0}}};
  int ready = 0;
  do ready = poll(sources.data(), sources.size(), -1);
  while (ready < 0 && errno == EINTR);
  return ready > 0 && sources[1].revents == 0;
}

void control_input::run() {
  constexpr std::size_t line_max = 1024 * 1024;
  std::string pending;
  std::array<char, 4096> chunk;
  while (wait()) {
    ssize_t const count = read(STDIN_FILENO, chunk.data(), chunk.size());
    if (count <= 0) return what_.end();
    pending.append(chunk.data(), static_cast<std::size_t>(count));
    for (std::size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      if (end != 0) what_.line(pending.substr(0, end));
      pending.erase(0, end + 1);
    }
    if (pending.size() > line_max) return what_.end();
  }
}

}  // namespace hub_emulator
