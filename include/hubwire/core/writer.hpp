// SPDX-License-Identifier: BSL-1.0
// A forward cursor into memory that was measured beforehand: encode() sums the size once, compares it
// once, and then every store is unconditional.
#ifndef HUBWIRE_CORE_WRITER_HPP
#define HUBWIRE_CORE_WRITER_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>

namespace hubwire::inline abi1 {

// Only encode() and its kin make one, after they have compared the size; nothing here checks.
class writer {
 public:
  constexpr explicit writer(char* output) noexcept : position_(output) {}

  HUBWIRE_ALWAYS_INLINE constexpr void u8(std::uint8_t value) noexcept {
    *position_++ = detail::to_char(value);
  }
  HUBWIRE_ALWAYS_INLINE constexpr void u16(std::uint16_t value) noexcept {
    position_[0] = detail::to_char(static_cast<std::uint8_t>(value >> 8));
    position_[1] = detail::to_char(static_cast<std::uint8_t>(value));
    position_ += 2;
  }
  HUBWIRE_ALWAYS_INLINE constexpr void raw(std::string_view chars) noexcept {
    detail::copy_chars(position_, chars.data(), chars.size());
    position_ += chars.size();
  }
  // Two bytes of length, then the characters; size() <= 65,535 is the caller's duty.
  HUBWIRE_ALWAYS_INLINE constexpr void prefixed(std::string_view chars) noexcept {
    u16(static_cast<std::uint16_t>(chars.size()));
    raw(chars);
  }

  constexpr char* position() const noexcept { return position_; }

 private:
  char* position_;
};

}  // namespace hubwire::inline abi1

#endif
