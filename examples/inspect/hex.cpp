// SPDX-License-Identifier: BSL-1.0
#include "hex.hpp"

namespace inspect {

namespace {

constexpr unsigned no_digit = 16;

unsigned digit_value(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return no_digit;
}

bool separates(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ':' || c == ',';
}

}  // namespace

bool hex_reader::read(std::string_view chars, std::string& out) {
  for (char const c : chars) {
    unsigned const digit = digit_value(c);
    if (digit == no_digit && !separates(c)) return false;
    ++offset_;
    if (digit == no_digit) continue;
    if (inside_byte_) out.push_back(static_cast<char>(static_cast<std::uint8_t>(high_ << 4 | digit)));
    high_ = digit;
    inside_byte_ = !inside_byte_;
  }
  return true;
}

}  // namespace inspect
