// SPDX-License-Identifier: BSL-1.0
// Cuts what arrives in pieces into lines, and tells of those that are too long without keeping them.
#ifndef HUB_EMULATOR_LINE_SPLITTER_HPP
#define HUB_EMULATOR_LINE_SPLITTER_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace hub_emulator {

class line_splitter {
 public:
  static constexpr std::size_t line_max = 1024 * 1024;

  struct line {
    std::string text{};  // without its '\n'; empty when it is too long
    bool too_long = false;
  };

  void add(std::string_view octets) { pending_ += octets; }
  // Nothing until a line is whole, or too long. The rest of a line that is too long is skipped.
  std::optional<line> next();
  // At the end of input: a last line without '\n'.
  std::optional<line> last();

 private:
  std::string pending_{};
  std::size_t begin_ = 0;  // of the line in pending_
  std::size_t seen_ = 0;   // no '\n' from begin_ to here
  bool skipping_ = false;
};

}  // namespace hub_emulator

#endif
