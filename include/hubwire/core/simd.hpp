// SPDX-License-Identifier: BSL-1.0
// Runs of plain characters, several at a time. Only a speed-up: core/utf8.hpp is complete without it.
#ifndef HUBWIRE_CORE_SIMD_HPP
#define HUBWIRE_CORE_SIMD_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hubwire/core/config.hpp>

namespace hubwire::inline abi1::detail {

// True when any byte of word is zero (exact, unlike the question which one).
constexpr bool any_zero_byte(std::uint64_t word) noexcept {
  return ((word - 0x0101010101010101u) & ~word & 0x8080808080808080u) != 0;
}

// Skips blocks in which every byte is ASCII and neither U+0000 nor '#' nor '+'. Or-ing 0x08 maps both
// wildcards to '+', so one comparison finds either ('#' is 0x23, '+' is 0x2B).
inline char const* skip_plain_blocks(char const* position, char const* end) noexcept {
#if !defined(__OPTIMIZE_SIZE__)
  while (end - position >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, position, 8);
    bool const plain = (word & 0x8080808080808080u) == 0 && !any_zero_byte(word) &&
                       !any_zero_byte((word | 0x0808080808080808u) ^ 0x2B2B2B2B2B2B2B2Bu);
    if (!plain) break;
    position += 8;
  }
#else
  static_cast<void>(end);
#endif
  return position;
}

}  // namespace hubwire::inline abi1::detail

#endif
