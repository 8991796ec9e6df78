// SPDX-License-Identifier: BSL-1.0
// Blocks of a text at once, in words or in vectors. Only a speed-up: core/utf8.hpp is complete without it.
#ifndef HUBWIRE_CORE_SIMD_HPP
#define HUBWIRE_CORE_SIMD_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// Characters per block: a vector, a word, or none where flash counts more. Tests compare all of them, so
// none is left out.
#if HUBWIRE_SIZE
inline constexpr std::size_t block_width = 1;
#elif defined(__GNUC__) && (defined(__SSE2__) || defined(__ARM_NEON))
inline constexpr std::size_t block_width = 16;
#else
inline constexpr std::size_t block_width = 8;
#endif

// What a scan finds, one bit each, the worst highest: what a kind of text may have is less than what it may
// not. The bits between are those of wire/text.hpp.
inline constexpr unsigned found_wildcard = 1;
inline constexpr unsigned found_nul = 8;
inline constexpr unsigned found_ill_formed = 16;

// Plain characters are found by one comparison: ASCII that has a bit outside of 0x2B, which is '+'. That
// excludes U+0000, '#' and '+', and thirteen characters that topics seldom hold: the space, !"()* and some
// controls. A text with these is as good; it only takes the exact scan.
//
// rest_behind_plain skips blocks of plain characters. It returns how many characters are left from the
// first block that is not plain, 0 when all are. It reads nothing outside of the text.
template <std::size_t Width>
struct blocks;

template <>
struct blocks<1> {
  static constexpr std::size_t rest_behind_plain(char const* text, std::size_t size) noexcept {
    while (size != 0 && to_byte(*text) < 0x80 && (to_byte(*text) | 0x2B) != 0x2B) {
      ++text;
      --size;
    }
    return size;
  }
};

template <class Word>
HUBWIRE_FASTER_INLINE std::uint64_t load_word(char const* position) noexcept {
  Word word;
  std::memcpy(&word, position, sizeof(word));
  return word;
}

// Loads fewer than 8 characters into a word. Some may stand there twice; the rest of the word is plain
// characters.
HUBWIRE_FASTER_INLINE std::uint64_t load_few(char const* text, std::size_t size) noexcept {
  if (size >= 4) return load_word<std::uint32_t>(text) | load_word<std::uint32_t>(text + size - 4) << 32;
  std::uint64_t word = 0x6161616161616161u;
  for (std::size_t i = 0; i != size; ++i) word = word << 8 | to_byte(text[i]);
  return word;
}

// A word of characters: the top bits of all are set when all are plain. Characters past 0x7F carry into their
// neighbour's bit, but clear their own.
template <class Word>
constexpr Word plain_bits(Word word) noexcept {
  constexpr Word each = static_cast<Word>(-1) / 0xFF;
  return ((word | 0x2B * each) + (0x7F - 0x2B) * each) & ~word;
}
template <class Word>
constexpr bool all_plain(Word bits) noexcept {
  constexpr Word tops = static_cast<Word>(-1) / 0xFF * 0x80;
  return (bits & tops) == tops;
}

// Skips words of plain characters from a place where a word may lie; skips none from another place. Without
// it a Cortex-M0+, which loads words only from there, takes 14 instructions for each character.
constexpr char const* skip_plain_words(char const* at, char const* end) noexcept {
#if defined(__GNUC__)
  constexpr std::size_t size = sizeof(std::uint32_t);
  if (std::is_constant_evaluated() || reinterpret_cast<std::uintptr_t>(at) % size != 0) return at;
  for (; static_cast<std::size_t>(end - at) >= size; at += size) {
    std::uint32_t word = 0;
    std::memcpy(&word, __builtin_assume_aligned(at, size), size);
    if (!all_plain(plain_bits(word))) break;
  }
#else
  static_cast<void>(end);
#endif
  return at;
}

template <>
struct blocks<8> {
  HUBWIRE_FASTER_INLINE static std::size_t rest_behind_plain(char const* text, std::size_t size) noexcept {
    if (size < 8) return all_plain(plain_bits(load_few(hide_object(text), size))) ? 0 : size;
    for (; size > 16; text += 8, size -= 8)
      if (!all_plain(plain_bits(load_word<std::uint64_t>(text)))) return size;
    std::uint64_t const bits =
        plain_bits(load_word<std::uint64_t>(text)) & plain_bits(load_word<std::uint64_t>(text + size - 8));
    return all_plain(bits) ? 0 : size;
  }
};

#if defined(__GNUC__) && (defined(__SSE2__) || defined(__ARM_NEON))

// Vectors of the compiler, not of the machine: SSE2 and NEON from one source, without their headers. The
// characters are signed: past 0x7F they are negative.
template <>
struct blocks<16> {
  using vector = signed char __attribute__((vector_size(16)));
  using unsigned_vector = unsigned char __attribute__((vector_size(16)));
  using words = std::uint64_t __attribute__((vector_size(16)));

  HUBWIRE_FASTER_INLINE static vector load(char const* position) noexcept {
    vector v;
    std::memcpy(&v, position, sizeof(v));
    return v;
  }
  // Loads fewer than 16 characters, some perhaps twice: see load_few.
  HUBWIRE_FASTER_INLINE static vector load_short(char const* text, std::size_t size) noexcept {
    if (size < 8) {
      std::uint64_t const word = load_few(text, size);
      return vector(words{word, word});
    }
    return vector(words{load_word<std::uint64_t>(text), load_word<std::uint64_t>(text + size - 8)});
  }

  // Whether all elements of a mask are set. A mask holds -1 and 0, as comparisons make them.
  HUBWIRE_FASTER_INLINE static bool all(vector mask) noexcept {
#if defined(__SSE2__)
    using chars = char __attribute__((vector_size(16)));
    return __builtin_ia32_pmovmskb128(chars(mask)) == 0xFFFF;
#else
    words const halves = words(mask);
    return (halves[0] & halves[1]) == ~std::uint64_t{0};
#endif
  }
  HUBWIRE_FASTER_INLINE static bool any_negative(vector v) noexcept {
#if defined(__SSE2__)
    using chars = char __attribute__((vector_size(16)));
    return __builtin_ia32_pmovmskb128(chars(v)) != 0;
#else
    words const halves = words(v);
    return ((halves[0] | halves[1]) & 0x8080808080808080u) != 0;
#endif
  }
  HUBWIRE_FASTER_INLINE static bool any_zero(unsigned_vector v) noexcept { return any_negative(v == 0); }
  HUBWIRE_FASTER_INLINE static unsigned_vector lesser(unsigned_vector a, unsigned_vector b) noexcept {
    return a < b ? a : b;
  }
  HUBWIRE_FASTER_INLINE static vector plain(vector v) noexcept { return (v | 0x2B) > 0x2B; }

  HUBWIRE_FASTER_INLINE static std::size_t rest_behind_plain(char const* text, std::size_t size) noexcept {
    if (size < 16) return all(plain(load_short(hide_object(text), size))) ? 0 : size;
    for (; size > 64; text += 64, size -= 64)
      if (!all(plain(load(text)) & plain(load(text + 16)) & plain(load(text + 32)) & plain(load(text + 48))))
        return size;
    vector still_plain = plain(load(text + size - 16));
    for (std::size_t i = 0; i + 16 < size; i += 16) still_plain &= plain(load(text + i));
    return all(still_plain) ? 0 : size;
  }

  // What is wrong in the block at position, in the sign of each character. RFC 3629: a lead wants one to
  // three characters from 80 to BF behind it. C0 and C1 are no leads. Behind E0 and ED the second character
  // has less room.
  HUBWIRE_FASTER_INLINE static vector errors(char const* position) noexcept {
    vector const v = load(position);
    vector const before_1 = load(position - 1);
    vector const before_2 = load(position - 2);
    vector const before_3 = load(position - 3);
    vector const four = before_3 & (before_3 > -0x11);
    vector const wanted = (before_1 & (before_1 > -0x41)) | (before_2 & (before_2 > -0x21)) | four;
    vector found = (wanted ^ (v < -0x40)) | ((v & -2) == -0x40);
    vector const ed = before_1 == -0x13;
    found |= ((before_1 == -0x20) | ed) & ((v < -0x60) ^ ed);
    // Sequences of four are rare enough for a branch. F5 to FF are no leads either, and behind F0 and F4
    // the second character has less room.
    if (any_negative(four)) {
      vector const f4 = before_3 == -0x0C;
      found |= ((before_3 == -0x10) | f4) & ((before_2 < -0x70) ^ f4);
      found |= before_3 & (before_3 > -0x0C);
    }
    return found;
  }
  // Whether the end of the text cuts a sequence short.
  HUBWIRE_FASTER_INLINE static bool ends_in_sequence(char const* end) noexcept {
    return to_byte(end[-1]) >= 0xC0 || to_byte(end[-2]) >= 0xE0 || to_byte(end[-3]) >= 0xF0;
  }

  // Scans a text whose characters before first are plain. When it is ill-formed, the other bits mean
  // nothing. The first block, or the whole of a short text, is copied: it needs something in front of it.
  HUBWIRE_FASTER_INLINE static unsigned scan(char const* text, std::size_t size, std::size_t first) noexcept {
    constexpr std::size_t front = 3;
    constexpr std::size_t two_blocks = 16 + front;
    char copy[front + two_blocks] = {};
    if (size < two_blocks) {
      std::memset(copy + front, 'a', two_blocks);
      std::memcpy(copy + front, text, size);
      text = copy + front;
      size = size <= 16 ? 16 : two_blocks;
      first = 0;
    } else {
      if (first > size - two_blocks) first = size - two_blocks;
      std::memcpy(copy + front, text + first, 16);
    }
    vector ill_formed{};
    unsigned_vector least = ~unsigned_vector{};
    unsigned_vector distance = least;
    for (char const* position = copy + front;; position = text + first) {
      vector const v = load(position);
      least = lesser(least, unsigned_vector(v));
      distance = lesser(distance, (unsigned_vector(v) | 0x08) ^ 0x2B);  // 0x08 maps '#' to '+'
      if (any_negative(v | load(position - front))) ill_formed |= errors(position);
      if (first == size - 16) break;
      first = first + 16 < size - 16 ? first + 16 : size - 16;
    }
    if (any_negative(ill_formed) || ends_in_sequence(text + size)) return found_ill_formed;
    return found_in(least, distance);
  }

  // What was found, by the least character and the least distance from a wildcard.
  HUBWIRE_FASTER_INLINE static unsigned found_in(unsigned_vector least, unsigned_vector distance) noexcept {
    return (any_zero(least) ? found_nul : 0) | (any_zero(distance) ? found_wildcard : 0);
  }
};

#endif

}}}  // namespace hubwire::detail

#endif
