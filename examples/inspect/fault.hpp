// SPDX-License-Identifier: BSL-1.0
// Why a line of text was refused, and helpers for what reads lines.
#ifndef INSPECT_FAULT_HPP
#define INSPECT_FAULT_HPP

#include <cstddef>
#include <string>
#include <string_view>

namespace inspect {

struct fault {
  std::size_t at = 0;    // in the line, counted in bytes from 0
  std::string reason{};  // empty: the line was read

  explicit operator bool() const noexcept { return !reason.empty(); }
};

constexpr unsigned no_digit = 16;

constexpr unsigned digit_value(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return no_digit;
}

constexpr bool is_digit(char c) noexcept { return digit_value(c) != no_digit; }
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }

inline void append_byte(std::string& out, char high, char low) {
  out.push_back(static_cast<char>(static_cast<unsigned char>(digit_value(high) << 4 | digit_value(low))));
}

// A position in a line.
class scanner {
 public:
  explicit scanner(std::string_view line) noexcept : line_(line) {}

  std::size_t at() const noexcept { return at_; }
  bool done() const noexcept { return at_ == line_.size(); }
  // '\0' behind the end.
  char peek(std::size_t ahead = 0) const noexcept {
    return ahead < line_.size() - at_ ? line_[at_ + ahead] : '\0';
  }
  char previous() const noexcept { return at_ == 0 ? '\0' : line_[at_ - 1]; }
  std::string_view rest() const noexcept { return {line_.data() + at_, line_.size() - at_}; }
  bool sees(std::string_view word) const noexcept { return rest().starts_with(word); }

  void skip(std::size_t count) noexcept { at_ += count; }
  bool eat(std::string_view word) noexcept {
    bool const found = sees(word);
    if (found) at_ += word.size();
    return found;
  }
  // How many there were.
  std::size_t skip_blanks() noexcept { return take(is_blank).size(); }
  std::string_view digits() noexcept { return take(is_digit); }
  template <class Predicate>
  std::string_view take(Predicate belongs) noexcept {
    std::size_t const begin = at_;
    while (!done() && belongs(line_[at_])) ++at_;
    return {line_.data() + begin, at_ - begin};
  }
  bool eat_hex_prefix() noexcept {
    bool const there = peek() == '0' && (peek(1) == 'x' || peek(1) == 'X');
    if (there) at_ += 2;
    return there;
  }

 private:
  std::string_view line_;
  std::size_t at_ = 0;
};

// "'g' is no hexadecimal digit", or what else the character in front of the scanner tells.
std::string unexpected(scanner const& in);

}  // namespace inspect

#endif
