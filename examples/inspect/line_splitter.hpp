// SPDX-License-Identifier: BSL-1.0
// Lines as they come; of one that is longer than most, the rest is left out.
#ifndef INSPECT_LINE_SPLITTER_HPP
#define INSPECT_LINE_SPLITTER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <hubwire/core/slice.hpp>
#include <string>
#include <string_view>

namespace inspect {

class line_splitter {
 public:
  explicit line_splitter(std::size_t most) noexcept : most_(most) {}

  // Takes one line, or what there is of it, from the front of piece. True when the line is complete.
  bool take(std::string_view& piece) {
    if (complete_) line_.clear();
    hubwire::cut_result const halves = hubwire::cut(piece, '\n');
    line_.append(hubwire::first(halves.before, most_ + 1 - line_.size()));
    complete_ = halves.found;
    piece = halves.after;
    return complete_;
  }

  std::string_view line() const noexcept { return line_; }
  bool too_long() const noexcept { return line_.size() > most_; }
  // The input has ended without a line feed.
  bool unfinished() const noexcept { return !complete_ && !line_.empty(); }

 private:
  std::size_t most_;
  std::string line_{};
  bool complete_ = true;
};

// Room for several packets of the limit's size, and enough for any sensible line where the limit is small.
inline std::size_t longest_line(std::uint32_t limit) noexcept {
  return std::max<std::size_t>(std::size_t{67'108'864}, 4 * std::size_t{limit});
}

}  // namespace inspect

#endif
