// SPDX-License-Identifier: BSL-1.0
// Questions about text, sixteen bytes at a time. Only a speed-up: whoever asks them can also do without.
#ifndef HUBWIRE_CORE_SIMD_BYTES_HPP
#define HUBWIRE_CORE_SIMD_BYTES_HPP

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <hubwire/core/config.hpp>
#include <hubwire/core/simd.hpp>

namespace hubwire::inline abi1::detail {

#if defined(__GNUC__) && defined(__SSE2__) && !defined(__OPTIMIZE_SIZE__)

inline constexpr bool has_blocks = true;
inline constexpr std::size_t block_size = 16;

// The compilers' own vectors; operators work byte by byte, and a comparison gives -1 where it holds.
using byte_block = unsigned char __attribute__((vector_size(16)));
using signed_block = signed char __attribute__((vector_size(16)));
using char_block = char __attribute__((vector_size(16)));

HUBWIRE_ALWAYS_INLINE byte_block load_block(char const* from) noexcept {
  byte_block block;
  std::memcpy(&block, from, sizeof block);
  return block;
}

// Bit i is set where a comparison holds for byte i.
template <class Comparison>
HUBWIRE_ALWAYS_INLINE unsigned bits_of(Comparison holds) noexcept {
  return static_cast<unsigned>(__builtin_ia32_pmovmskb128(std::bit_cast<char_block>(holds)));
}

// Where it holds in the letters, digits, '-', '.' and '_'. Each range is moved to the end of the signed
// numbers, so that one comparison is enough; '~' counts as reserved here, which costs nothing but time.
HUBWIRE_ALWAYS_INLINE unsigned reserved_bits(byte_block block) noexcept {
  auto const letters = std::bit_cast<signed_block>((block | 0x20) + static_cast<unsigned char>(0x7F - 'z'));
  auto const digits = std::bit_cast<signed_block>(block + static_cast<unsigned char>(0x7F - '9'));
  auto const unreserved = (letters > static_cast<signed char>(0x7F - 26)) |
                          (digits > static_cast<signed char>(0x7F - ('9' - '-' + 1))) | (block == '_');
  return bits_of(unreserved & (block != '/')) ^ 0xFFFF;
}

// 8 to 16 bytes that are not a whole block: their first eight and their last eight, which overlap. The bits of
// a comparison then belong to these halves.
HUBWIRE_ALWAYS_INLINE byte_block load_halves(char const* from, std::size_t size) noexcept {
  std::uint64_t const halves[2] = {load_word<std::uint64_t>(from),
                                   load_word<std::uint64_t>(from + (size - 8))};
  return std::bit_cast<byte_block>(halves);
}
HUBWIRE_ALWAYS_INLINE unsigned joined_bits(unsigned bits, std::size_t size) noexcept {
  return (bits & 0xFF) | (bits >> 8) << (size - 8);
}

// Copies up to sixteen characters and says how many of them, from the front, are unreserved and so stand for
// themselves (RFC 3986 section 2.3). size is 8 or more; out has room for 16.
HUBWIRE_ALWAYS_INLINE std::size_t copy_unreserved(char* out, char const* text, std::size_t size) noexcept {
  if (size >= block_size) {
    byte_block const block = load_block(text);
    std::memcpy(out, &block, sizeof block);
    return static_cast<std::size_t>(std::countr_zero(reserved_bits(block) | 0x1'0000));
  }
  byte_block const halves = load_halves(text, size);
  auto const words = std::bit_cast<std::array<std::uint64_t, 2>>(halves);
  std::memcpy(out, words.data(), 8);
  std::memcpy(out + (size - 8), words.data() + 1, 8);
  unsigned const reserved = reserved_bits(halves);
  return reserved == 0 ? size : static_cast<std::size_t>(std::countr_zero(joined_bits(reserved, size)));
}

// Bit i is set where byte i of sixteen is the wanted one.
HUBWIRE_ALWAYS_INLINE unsigned hits_in_block(char const* block, char wanted) noexcept {
  return bits_of(load_block(block) == static_cast<unsigned char>(wanted));
}

// The first wanted byte, end where there is none.
HUBWIRE_ALWAYS_INLINE char const* find_byte(char const* at, char const* end, char wanted) noexcept {
  if (end - at < 16) {
    while (at != end && *at != wanted) ++at;
    return at;
  }
  unsigned hits = 0;
  for (; end - at >= 16; at += 16)
    if ((hits = hits_in_block(at, wanted)) != 0) return at + std::countr_zero(hits);
  if (at == end) return end;
  // The last sixteen, without those that were looked at before.
  hits = hits_in_block(end - 16, wanted) >> (16 - (end - at));
  return hits == 0 ? end : at + std::countr_zero(hits);
}

// The same; size is that of [at, end), and what stands behind end up to readable may be read as well.
HUBWIRE_ALWAYS_INLINE std::size_t find_byte_within(char const* at, std::size_t size, char wanted,
                                                   std::size_t readable) noexcept {
  if (size > 16 || readable < 16) return static_cast<std::size_t>(find_byte(at, at + size, wanted) - at);
  return static_cast<std::size_t>(std::countr_zero(hits_in_block(at, wanted) | 1u << size));
}

// Whether one of two bytes stands directly behind some byte like lead.
inline bool has_pair(char const* at, char const* end, char lead, char one, char other) noexcept {
  if (end - at < 17) {
    for (; end - at > 1; ++at)
      if (*at == lead && (at[1] == one || at[1] == other)) return true;
    return false;
  }
  auto const is = [](byte_block block, char wanted) {
    return std::bit_cast<byte_block>(block == static_cast<unsigned char>(wanted));
  };
  auto const pairs_at = [&](char const* from) {
    byte_block const behind = load_block(from + 1);
    return is(load_block(from), lead) & (is(behind, one) | is(behind, other));
  };
  byte_block found = pairs_at(end - 17);
  for (char const* const last = end - 17; at < last; at += 16) found |= pairs_at(at);
  return bits_of(found) != 0;
}

#else

inline constexpr bool has_blocks = false;
inline constexpr std::size_t block_size = 0;

// Not called.
std::size_t copy_unreserved(char* out, char const* text, std::size_t size) noexcept;
bool has_pair(char const* at, char const* end, char lead, char one, char other) noexcept;

inline char const* find_byte(char const* at, char const* end, char wanted) noexcept {
  if (at == end) return end;
  void const* const found = std::memchr(at, wanted, static_cast<std::size_t>(end - at));
  return found == nullptr ? end : static_cast<char const*>(found);
}
inline std::size_t find_byte_within(char const* at, std::size_t size, char wanted, std::size_t) noexcept {
  return static_cast<std::size_t>(find_byte(at, at + size, wanted) - at);
}

#endif

}  // namespace hubwire::inline abi1::detail

#endif
