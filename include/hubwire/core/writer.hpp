// SPDX-License-Identifier: BSL-1.0
// A forward cursor into memory that was measured beforehand. encode() sums the size once and compares it
// once; then every store is unconditional.
#ifndef HUBWIRE_CORE_WRITER_HPP
#define HUBWIRE_CORE_WRITER_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// Writes characters and returns the place behind them.
constexpr char* put_chars(char* to, char const* from, std::size_t size) noexcept {
  copy_chars(to, from, size);
  return to + size;
}
// Writes a length of two bytes and the characters, and returns the place behind them.
constexpr char* put_field(char* to, char const* from, std::size_t size) noexcept {
  to[0] = to_char(static_cast<std::uint8_t>(size >> 8));
  to[1] = to_char(static_cast<std::uint8_t>(size));
  copy_chars(to + 2, from, size);
  return to + 2 + size;
}

}  // namespace detail

/// Writes fields. Whoever makes a writer has compared the size before: nothing here checks.
class writer {
 public:
  constexpr explicit writer(char* output) noexcept : position_(output) {}

  constexpr void u8(std::uint8_t value) noexcept { *position_++ = detail::to_char(value); }
  constexpr void u16(std::uint16_t value) noexcept {
    position_[0] = detail::to_char(static_cast<std::uint8_t>(value >> 8));
    position_[1] = detail::to_char(static_cast<std::uint8_t>(value));
    position_ += 2;
  }
  constexpr void raw(std::string_view chars) noexcept {
    position_ = detail::put_chars(position_, chars.data(), chars.size());
  }
  /// Writes a length of two bytes, then the characters. The caller makes sure that size() <= 65,535.
  constexpr void prefixed(std::string_view chars) noexcept {
    HUBWIRE_ASSERT(chars.size() <= 65'535);
    position_ = detail::put_field(position_, chars.data(), chars.size());
  }

  // The characters are not empty.
  constexpr void filled(std::string_view chars) noexcept { prefixed(chars); }
  // For what also measures, see wire/body.hpp.
  constexpr void refuse_if(bool) noexcept {}

  constexpr char* position() const noexcept { return position_; }

 private:
  char* position_;
};

}}  // namespace hubwire

#endif
