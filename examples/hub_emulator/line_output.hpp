// SPDX-License-Identifier: BSL-1.0
// Lines to a descriptor that may take them slowly, or not at all: a thread of its own writes them, so that
// nobody else ever waits.
#ifndef HUB_EMULATOR_LINE_OUTPUT_HPP
#define HUB_EMULATOR_LINE_OUTPUT_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace hub_emulator {

class line_output {
 public:
  // With this much waiting, lines are dropped. As much again may be on its way out.
  static constexpr std::size_t queue_max = 16 * 1024 * 1024;

  // Both are called in the thread. dropped makes the line that says how many lines are missing in its place;
  // broken is called once, when the descriptor takes no more.
  struct handlers {
    std::function<std::string(std::uint64_t)> dropped;
    std::function<void()> broken;
  };

  // What finish() found.
  enum class outcome { written, not_read, broken };

  line_output(int descriptor, handlers what);
  // Leaves a thread that is held up behind; it ends with the process.
  ~line_output();
  line_output(line_output const&) = delete;
  line_output& operator=(line_output const&) = delete;

  // The line comes with its '\n'. Never waits for the descriptor.
  void write(std::string_view line);
  // Waits while what is queued goes out: half a second without progress, or five seconds, end it. Lines that
  // come later are dropped.
  outcome finish();

 private:
  struct state;

  static void run(state& shared);
  static bool write_all(state& shared, std::string_view batch);

  std::shared_ptr<state> state_;
  std::thread thread_{};
};

}  // namespace hub_emulator

#endif
