// SPDX-License-Identifier: BSL-1.0
#include "control_input.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace hub_emulator {

// Lines that were passed on and are not handled yet.
struct control_input::backlog {
  void enter() {
    std::unique_lock lock(guard);
    changed.wait(lock, [this] { return lines < lines_max || stopped; });
    ++lines;
  }
  void leave() {
    std::lock_guard const lock(guard);
    --lines;
    changed.notify_all();
  }
  void stop() {
    std::lock_guard const lock(guard);
    stopped = true;
    changed.notify_all();
  }

  std::mutex guard{};
  std::condition_variable changed{};
  std::size_t lines = 0;
  bool stopped = false;  // those that are left may never be handled
};

control_input::control_input(handlers what) : what_(std::move(what)), backlog_(std::make_shared<backlog>()) {
  if (pipe(stop_) != 0) throw std::runtime_error("no pipe to stop reading standard input");
  thread_ = std::thread([this] { run(); });
}

control_input::~control_input() {
  backlog_->stop();
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
  line_splitter input;
  std::array<char, 4096> chunk;
  while (wait()) {
    ssize_t const count = read(STDIN_FILENO, chunk.data(), chunk.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) break;
    input.add({chunk.data(), static_cast<std::size_t>(count)});
    while (auto line = input.next()) pass_on(*std::move(line));
  }
  if (auto line = input.last()) pass_on(*std::move(line));
  what_.end();
}

void control_input::pass_on(line_splitter::line line) {
  if (line.too_long) return what_.too_long();
  if (line.text.empty()) return;
  backlog_->enter();
  ticket const held(backlog_.get(), [kept = backlog_](backlog* all) { all->leave(); });
  what_.line(std::move(line.text), held);
}

}  // namespace hub_emulator
