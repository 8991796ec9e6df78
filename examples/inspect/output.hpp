// SPDX-License-Identifier: BSL-1.0
// Standard output, and whether anybody still reads it.
#ifndef INSPECT_OUTPUT_HPP
#define INSPECT_OUTPUT_HPP

#include <cerrno>
#include <cstdio>
#include <string_view>

namespace inspect {

class output {
 public:
  explicit output(std::FILE* file) noexcept : file_(file) {}

  void put(std::string_view text) noexcept {
    if (text.empty() || failed()) return;  // an empty view may be a null pointer, which fwrite does not take
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail();
  }
  void put(char c) noexcept { put(std::string_view(&c, 1)); }

  // What was put is on its way; false when it cannot be.
  bool flush() noexcept {
    if (!failed() && std::fflush(file_) != 0) fail();
    return !failed();
  }
  // Sticky: a reader that has gone does not come back.
  bool failed() const noexcept { return error_number_ != 0; }
  // errno of the first failure.
  int error_number() const noexcept { return error_number_; }

 private:
  void fail() noexcept { error_number_ = errno != 0 ? errno : EIO; }

  std::FILE* file_;
  int error_number_ = 0;
};

}  // namespace inspect

#endif
