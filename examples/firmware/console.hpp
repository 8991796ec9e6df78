// SPDX-License-Identifier: BSL-1.0
// Lines for people: say("telemetry ", number, " is on its way");
#ifndef FIRMWARE_CONSOLE_HPP
#define FIRMWARE_CONSOLE_HPP

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>

#include <hubwire/core/errc.hpp>
#include <hubwire/text/decimal.hpp>

#include "board.hpp"

namespace firmware {

// Text that came from outside. What is not printable ASCII is shown as '.', so that a peer cannot forge a
// line.
struct quoted {
  std::string_view text;
};

inline void print(std::string_view text) noexcept { board::print(text); }
inline void print(std::unsigned_integral auto number) noexcept {
  std::array<char, 10> digits;
  std::size_t first = digits.size();
  auto rest = static_cast<std::uint32_t>(number);
  do digits[--first] = static_cast<char>('0' + rest % 10);
  while ((rest /= 10) != 0);
  board::print({digits.data() + first, digits.size() - first});
}
inline void print(quoted quote) noexcept {
  board::print("'");
  for (char const c : quote.text) {
    char const shown = c >= ' ' && c <= '~' ? c : '.';
    board::print({&shown, 1});
  }
  board::print("'");
}
inline void print(hubwire::error why) noexcept {
  board::print(to_string(why.code));
  board::print(", detail ");
  print(why.detail);
}

void say(auto const&... pieces) noexcept {
  (print(pieces), ...);
  board::print("\n");
}

}  // namespace firmware

#endif
