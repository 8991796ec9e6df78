// SPDX-License-Identifier: BSL-1.0
// Lines for people on standard output: say() << "connected to " << host;
#ifndef DEVICE_CONSOLE_HPP
#define DEVICE_CONSOLE_HPP

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace device {

// Text from outside: shown between apostrophes with everything but printable ASCII and UTF-8 as \xNN, so
// that a peer can neither forge a line nor talk to the terminal.
struct quoted {
  explicit quoted(std::string_view what) noexcept : text(what) {}
  std::string_view text;
};

// One line, written by the destructor; it begins with the time of day in UTC. A line that is too long ends
// in "...".
class line {
 public:
  line() noexcept;
  line(line const&) = delete;
  line& operator=(line const&) = delete;
  ~line();

  line& operator<<(std::string_view text) noexcept;
  line& operator<<(quoted quote) noexcept;
  template <std::unsigned_integral Number>
  line& operator<<(Number number) noexcept {
    return add_number(number);
  }
  line& operator<<(std::int32_t number) noexcept;

 private:
  line& add_number(std::uint64_t number) noexcept;
  void add_two_digits(int number) noexcept;
  void add(char c) noexcept;

  static constexpr std::size_t longest = 1000;
  std::array<char, longest + 4> chars_;  // "..." and the end of the line always fit
  std::size_t size_ = 0;
  bool cut_ = false;
};

inline line say() noexcept { return line(); }

}  // namespace device

#endif
