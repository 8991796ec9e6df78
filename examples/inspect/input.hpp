// SPDX-License-Identifier: BSL-1.0
// A file or standard input, in pieces as they come: what stands ready is looked at before more is awaited.
#ifndef INSPECT_INPUT_HPP
#define INSPECT_INPUT_HPP

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace inspect {

class input {
 public:
  // "-" is standard input. Throws std::system_error.
  explicit input(std::string const& name) : name_(name == "-" ? "standard input" : name) {
    if (name == "-") return;
    descriptor_ = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail();
  }
  input(input const&) = delete;
  input& operator=(input const&) = delete;
  ~input() {
    if (descriptor_ > 0) ::close(descriptor_);
  }

  // The next piece, which lives until the next call; empty at the end. Throws std::system_error.
  std::string_view read() {
    for (;;) {
      ssize_t const count = ::read(descriptor_, buffer_.data(), buffer_.size());
      if (count >= 0) return {buffer_.data(), static_cast<std::size_t>(count)};
      if (errno != EINTR) fail();
    }
  }

 private:
  [[noreturn]] void fail() const { throw std::system_error(errno, std::generic_category(), name_); }

  std::string name_;
  int descriptor_ = STDIN_FILENO;
  std::array<char, 65'536> buffer_{};
};

}  // namespace inspect

#endif
