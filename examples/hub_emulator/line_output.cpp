// SPDX-License-Identifier: BSL-1.0
#include "line_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace hub_emulator {

struct line_output::state {
  int descriptor;
  handlers what;
  std::mutex guard{};
  std::condition_variable changed{};
  // What follows is guarded.
  std::string queue{};
  std::uint64_t dropped = 0;  // behind what is in the queue
  std::uint64_t steps = 0;    // writes that went out
  bool ending = false;
  bool broken = false;
  bool ended = false;  // the thread is through
};

line_output::line_output(int descriptor, handlers what) : state_(new state{descriptor, std::move(what)}) {
  thread_ = std::thread([shared = state_] { run(*shared); });
}

line_output::~line_output() {
  bool ended = false;
  {
    std::lock_guard const lock(state_->guard);
    state_->ending = true;
    state_->what.broken = nullptr;  // whoever it tells may be gone soon
    state_->changed.notify_all();
    ended = state_->ended;
  }
  if (ended)
    thread_.join();
  else
    thread_.detach();
}

void line_output::write(std::string_view line) {
  std::lock_guard const lock(state_->guard);
  if (state_->broken) return;
  if (state_->ending || state_->queue.size() >= queue_max) {
    ++state_->dropped;
    return;
  }
  state_->queue += line;
  state_->changed.notify_all();
}

line_output::outcome line_output::finish() {
  using std::chrono::steady_clock;
  constexpr std::chrono::milliseconds no_progress(500);
  auto const deadline = steady_clock::now() + std::chrono::seconds(5);
  std::unique_lock lock(state_->guard);
  state_->ending = true;
  state_->changed.notify_all();
  for (bool moving = true; moving && !state_->ended && steady_clock::now() < deadline;) {
    std::uint64_t const before = state_->steps;
    moving =
        state_->changed.wait_for(lock, no_progress, [&] { return state_->ended || state_->steps != before; });
  }
  if (state_->broken) return outcome::broken;
  return state_->ended ? outcome::written : outcome::not_read;
}

// While the queue is full, nothing joins it: so what was dropped belongs behind all that is in it.
void line_output::run(state& shared) {
  std::unique_lock lock(shared.guard);
  while (!shared.broken) {
    shared.changed.wait(lock, [&] { return shared.ending || !shared.queue.empty(); });
    if (shared.queue.empty()) break;
    std::string batch = std::exchange(shared.queue, {});
    if (shared.dropped != 0) batch += shared.what.dropped(std::exchange(shared.dropped, 0));
    lock.unlock();
    bool const written = write_all(shared, batch);
    lock.lock();
    shared.broken = !written;
  }
  if (shared.broken && shared.what.broken) std::exchange(shared.what.broken, nullptr)();
  shared.ended = true;
  shared.changed.notify_all();
}

// In small pieces, so that finish() sees a slow reader from one that does not read.
bool line_output::write_all(state& shared, std::string_view batch) {
  constexpr std::size_t piece = 4096;
  while (!batch.empty()) {
    ssize_t const count = ::write(shared.descriptor, batch.data(), std::min(piece, batch.size()));
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {  // somebody made it non-blocking
      pollfd room{shared.descriptor, POLLOUT, 0};
      ::poll(&room, 1, -1);
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    batch.remove_prefix(static_cast<std::size_t>(count));
    std::lock_guard const lock(shared.guard);
    ++shared.steps;
    shared.changed.notify_all();
  }
  return true;
}

}  // namespace hub_emulator
