// SPDX-License-Identifier: BSL-1.0
#include "line_splitter.hpp"

#include <utility>

namespace hub_emulator {

std::optional<line_splitter::line> line_splitter::next() {
  for (std::size_t end = 0; (end = pending_.find('\n', seen_)) != std::string::npos;) {
    std::size_t const begin = std::exchange(begin_, end + 1);
    seen_ = begin_;
    if (std::exchange(skipping_, false)) continue;
    if (end - begin > line_max) return line{{}, true};
    return line{pending_.substr(begin, end - begin)};
  }
  pending_.erase(0, begin_);
  begin_ = 0;
  bool const too_long = pending_.size() > line_max;
  bool const is_new = too_long && !skipping_;
  if (too_long) skipping_ = true;
  if (skipping_) pending_.clear();
  seen_ = pending_.size();
  return is_new ? std::optional(line{{}, true}) : std::nullopt;
}

std::optional<line_splitter::line> line_splitter::last() {
  std::string rest = std::exchange(pending_, {}).substr(begin_);
  begin_ = seen_ = 0;
  if (std::exchange(skipping_, false) || rest.empty()) return std::nullopt;
  return line{std::move(rest)};
}

}  // namespace hub_emulator
