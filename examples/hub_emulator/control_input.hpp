// SPDX-License-Identifier: BSL-1.0
// Standard input line by line, in a thread: it may be a file or a terminal, which an io_context cannot wait
// for without changing how others see it.
#ifndef HUB_EMULATOR_CONTROL_INPUT_HPP
#define HUB_EMULATOR_CONTROL_INPUT_HPP

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "line_splitter.hpp"

namespace hub_emulator {

class control_input {
 public:
  // No further line is read while so many are being handled.
  static constexpr std::size_t lines_max = 256;

  // Held until its line is handled; to be let go of in any thread.
  using ticket = std::shared_ptr<void>;

  // All are called in the thread.
  struct handlers {
    std::function<void(std::string, ticket)> line;
    std::function<void()> too_long;  // in place of a line of more than 1 MB
    std::function<void()> end;
  };

  // Throws std::runtime_error when the system has no pipe left.
  explicit control_input(handlers what);
  ~control_input();
  control_input(control_input const&) = delete;
  control_input& operator=(control_input const&) = delete;

 private:
  struct backlog;

  void run();
  void pass_on(line_splitter::line line);
  bool wait() const;  // false: stop

  handlers what_;
  std::shared_ptr<backlog> backlog_;
  int stop_[2] = {-1, -1};
  std::thread thread_{};
};

}  // namespace hub_emulator

#endif
