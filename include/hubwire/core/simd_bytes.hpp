// SPDX-License-Identifier: BSL-1.0
// Questions about text, sixteen bytes at a time. Only a speed-up: whoever asks them can also do without.
#ifndef HUBWIRE_CORE_SIMD_BYTES_HPP
#define HUBWIRE_CORE_SIMD_BYTES_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <hubwire/core/config.hpp>
#include <hubwire/core/simd.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

#if defined(__GNUC__) && defined(__SSE2__) && !HUBWIRE_SIZE

inline constexpr bool has_blocks = true;
inline constexpr std::size_t block_size = 16;

// The compilers' own vectors; operators work byte by byte, and a comparison gives -1 where it holds.
using byte_block = unsigned char __attribute__((vector_size(16)));
using signed_block = signed char __attribute__((vector_size(16)));
using char_block = char __attribute__((vector_size(16)));
using word_block = std::uint64_t __attribute__((vector_size(16)));

HUBWIRE_FASTER_INLINE byte_block load_block(char const* from) noexcept {
  byte_block block;
  std::memcpy(&block, from, sizeof block);
  return block;
}

// Bit i is set where a comparison holds for byte i.
template <class Comparison>
HUBWIRE_FASTER_INLINE unsigned bits_of(Comparison holds) noexcept {
  return static_cast<unsigned>(__builtin_ia32_pmovmskb128(std::bit_cast<char_block>(holds)));
}

// Bit i is set where byte i is reserved, that is not one of the unreserved characters of RFC 3986 section 2.3.
// Each range of these is moved to the end of the signed numbers, so that one comparison is enough; '~' counts
// as reserved here, which costs nothing but time.
HUBWIRE_FASTER_INLINE unsigned reserved_bits(byte_block block) noexcept {
  auto const letters = std::bit_cast<signed_block>((block | 0x20) + static_cast<unsigned char>(0x7F - 'z'));
  auto const digits = std::bit_cast<signed_block>(block + static_cast<unsigned char>(0x7F - '9'));
  // Each of these is -1 where it holds, no two of the first three hold, and '/' is from '-' to '9'.
  return bits_of((letters > static_cast<signed char>(0x7F - 26)) +
                 (digits > static_cast<signed char>(0x7F - ('9' - '-' + 1))) + (block == '_') -
                 (block == '/')) ^
         0xFFFF;
}

// Copies a text of one to two Words, which are its first and its last and overlap, and finds the reserved
// characters in it: bit i for character i.
template <class Word>
HUBWIRE_FASTER_INLINE unsigned copy_and_find_reserved(char* out, char const* text,
                                                      std::size_t size) noexcept {
  constexpr unsigned width = sizeof(Word);
  constexpr unsigned one = (1u << width) - 1;
  std::size_t const behind = size - width;
  std::uint64_t const first = load_word<Word>(text);
  std::uint64_t const last = load_word<Word>(text + behind);
  std::memcpy(out, &first, width);
  std::memcpy(out + behind, &last, width);
  word_block const words{width == 8 ? first : first | last << 32, width == 8 ? last : 0};
  unsigned const reserved = reserved_bits(std::bit_cast<byte_block>(words)) & (one << width | one);
  return reserved == 0 ? 0 : (reserved & one) | (reserved >> width) << behind;
}

// Bit i is set where byte i of sixteen is the wanted one.
HUBWIRE_FASTER_INLINE unsigned hits_in_block(char const* block, char wanted) noexcept {
  return bits_of(load_block(block) == static_cast<unsigned char>(wanted));
}

// The first hit in a block that suits; nullptr when none does.
template <class Suits>
HUBWIRE_FASTER_INLINE char const* find_in_block(char const* block, char wanted, Suits suits) noexcept {
  for (unsigned hits = hits_in_block(block, wanted); hits != 0; hits &= hits - 1)
    if (char const* const hit = block + std::countr_zero(hits); suits(hit)) return hit;
  return nullptr;
}

// The first byte like wanted whose place suits, end where there is none. A place that did not suit may be asked
// about again.
template <class Suits>
HUBWIRE_FASTER_INLINE constexpr char const* find_where(char const* at, char const* end, char wanted,
                                                       Suits suits) noexcept {
  if (std::is_constant_evaluated() || end - at < 16) {
    while (at != end && (*at != wanted || !suits(at))) ++at;
    return at;
  }
  char const* const last = end - 16;
  do {
    if (char const* const hit = find_in_block(at, wanted, suits)) return hit;
    at += 16;
  } while (at <= last);
  char const* const hit = find_in_block(last, wanted, suits);
  return hit == nullptr ? end : hit;
}

// The first wanted byte, end where there is none.
HUBWIRE_FASTER_INLINE constexpr char const* find_byte(char const* at, char const* end, char wanted) noexcept {
  if (std::is_constant_evaluated() || end - at < 16) {
    while (at != end && *at != wanted) ++at;
    return at;
  }
  char const* const last = end - 16;
  unsigned hits = 0;
  do {
    if ((hits = hits_in_block(at, wanted)) != 0) return at + std::countr_zero(hits);
    at += 16;
  } while (at <= last);
  // The last sixteen. Those of them that were looked at before are no hits.
  hits = hits_in_block(last, wanted);
  return hits == 0 ? end : last + std::countr_zero(hits);
}

// The same; size is that of [at, end), and what stands behind end up to readable may be read as well.
HUBWIRE_FASTER_INLINE constexpr std::size_t find_byte_within(char const* at, std::size_t size, char wanted,
                                                             std::size_t readable) noexcept {
  if (std::is_constant_evaluated() || size > 16 || readable < 16)
    return static_cast<std::size_t>(find_byte(at, at + size, wanted) - at);
  return static_cast<std::size_t>(std::countr_zero(hits_in_block(at, wanted) | 1u << size));
}

// Index of the first of three bytes among sixteen; 16 where there is none.
HUBWIRE_FASTER_INLINE std::size_t find_any_in_block(char const* from, char a, char b, char c) noexcept {
  byte_block const block = load_block(from);
  unsigned const hits =
      bits_of((block == static_cast<unsigned char>(a)) | (block == static_cast<unsigned char>(b)) |
              (block == static_cast<unsigned char>(c)));
  return static_cast<std::size_t>(std::countr_zero(hits | 0x1'0000));
}

// Whether one of two bytes, the lesser one first, may stand directly behind some byte like lead. No is certain;
// yes is not, and it is the answer where there is less than a block.
HUBWIRE_FASTER_INLINE bool may_have_pair(char const* at, char const* end, char lead, char one,
                                         char other) noexcept {
  if (end - at < 17) return true;
  // Both of them, less the first, have no bits besides those of their difference. Few others do.
  auto const first = static_cast<unsigned char>(one);
  auto const besides = static_cast<unsigned char>(~(other - one));
  auto const differences = [=](char const* from) {
    return (load_block(from) ^ static_cast<unsigned char>(lead)) | ((load_block(from + 1) - first) & besides);
  };
  char const* const last = end - 17;
  byte_block least = differences(last);
  for (; at < last; at += 16) {
    byte_block const here = differences(at);
    least = here < least ? here : least;
  }
  return bits_of(least == 0) != 0;
}

#else

inline constexpr bool has_blocks = false;
inline constexpr std::size_t block_size = 1;

// Not called.
std::size_t find_any_in_block(char const* from, char a, char b, char c) noexcept;
template <class Word>
unsigned copy_and_find_reserved(char* out, char const* text, std::size_t size) noexcept;
bool may_have_pair(char const* at, char const* end, char lead, char one, char other) noexcept;

template <class Suits>
constexpr char const* find_where(char const* at, char const* end, char wanted, Suits suits) noexcept {
  while (at != end && (*at != wanted || !suits(at))) ++at;
  return at;
}
constexpr char const* find_byte(char const* at, char const* end, char wanted) noexcept {
  if (for_size || std::is_constant_evaluated()) {
    while (at != end && *at != wanted) ++at;
    return at;
  }
  if (at == end) return end;
  void const* const found = std::memchr(at, wanted, static_cast<std::size_t>(end - at));
  return found == nullptr ? end : static_cast<char const*>(found);
}
constexpr std::size_t find_byte_within(char const* at, std::size_t size, char wanted, std::size_t) noexcept {
  return static_cast<std::size_t>(find_byte(at, at + size, wanted) - at);
}

#endif

}}}  // namespace hubwire::detail

#endif
