// SPDX-License-Identifier: BSL-1.0
#include "console.hpp"

#include <cerrno>
#include <cstring>

#include <unistd.h>

#include <hubwire/core/utf8.hpp>

#include "platform.hpp"

namespace device {

namespace {

// Whether a terminal may see the first character of text as it is. The second half of U+0080 to U+009F,
// which are control characters, is one only together with the first.
bool is_harmless(std::string_view text, bool utf8) noexcept {
  auto const byte = static_cast<unsigned char>(text.front());
  if (byte >= 0x80) {
    bool const control = byte == 0xc2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xa0;
    return utf8 && !control;
  }
  return byte >= 0x20 && byte != 0x7f && byte != '\'' && byte != '\\';
}

}  // namespace

line::line() noexcept {
  // Not gmtime_r: the C library allocates for its time zones, whichever function is called first.
  auto const second_of_day = static_cast<int>(unix_time() % 86'400);
  add_two_digits(second_of_day / 3'600);
  add(':');
  add_two_digits(second_of_day / 60 % 60);
  add(':');
  add_two_digits(second_of_day % 60);
  add(' ');
}

// write() and no stdio: nothing is allocated, and a line is there as soon as it is said.
line::~line() {
  if (cut_) {
    std::memcpy(chars_.data() + size_, "...", 3);
    size_ += 3;
  }
  chars_[size_++] = '\n';
  std::size_t written = 0;
  while (written != size_) {
    ssize_t const count = ::write(STDOUT_FILENO, chars_.data() + written, size_ - written);
    if (count < 0 && errno != EINTR) return;  // nobody reads: the device works on
    if (count > 0) written += static_cast<std::size_t>(count);
  }
}

line& line::operator<<(std::string_view text) noexcept {
  for (char const c : text) add(c);
  return *this;
}

line& line::operator<<(quoted quote) noexcept {
  static constexpr char digits[] = "0123456789ABCDEF";
  bool const utf8 = !hubwire::scan_text(quote.text).ill_formed;
  add('\'');
  for (std::string_view rest = quote.text; !rest.empty() && !cut_; rest.remove_prefix(1)) {
    if (is_harmless(rest, utf8)) {
      add(rest.front());
    } else {
      auto const byte = static_cast<unsigned char>(rest.front());
      add('\\');
      add('x');
      add(digits[byte >> 4]);
      add(digits[byte & 0x0f]);
    }
  }
  add('\'');
  return *this;
}

line& line::operator<<(std::int32_t number) noexcept {
  if (number < 0) add('-');
  auto const wide = static_cast<std::int64_t>(number);
  return add_number(static_cast<std::uint64_t>(wide < 0 ? -wide : wide));
}

line& line::add_number(std::uint64_t number) noexcept {
  char digits[20];
  std::size_t first = sizeof digits;
  do {
    digits[--first] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return *this << std::string_view(digits + first, sizeof digits - first);
}

void line::add_two_digits(int number) noexcept {
  add(static_cast<char>('0' + number / 10 % 10));
  add(static_cast<char>('0' + number % 10));
}

void line::add(char c) noexcept {
  cut_ = cut_ || size_ == longest;
  if (!cut_) chars_[size_++] = c;
}

}  // namespace device
