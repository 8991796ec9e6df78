// SPDX-License-Identifier: BSL-1.0
// Finds bytes in text: sixteen at a time where the processor has vectors and speed counts, else one by one.
#ifndef HUBWIRE_CORE_SIMD_BYTES_HPP
#define HUBWIRE_CORE_SIMD_BYTES_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// What find_where() looks for. Each works on one byte and, byte by byte, on a block of them.

struct byte_is {
  std::uint8_t wanted;

  template <class Bytes>
  HUBWIRE_SMALLER_INLINE constexpr auto operator()(Bytes bytes) const noexcept {
    return bytes == wanted;
  }
};

// '+' or '#', which 0x08 maps to '+'.
struct byte_is_wildcard {
  template <class Bytes>
  HUBWIRE_SMALLER_INLINE constexpr auto operator()(Bytes bytes) const noexcept {
    return (bytes | std::uint8_t{0x08}) == std::uint8_t{'+'};
  }
};

// Whether a byte is not plain: see core/simd.hpp.
HUBWIRE_SMALLER_INLINE constexpr bool is_odd(std::uint8_t byte) noexcept {
  return (byte | 0x2B) == 0x2B || byte >= 0x80;
}

#if defined(__GNUC__) && defined(__SSE2__) && !HUBWIRE_SIZE

inline constexpr bool has_blocks = true;

// The compilers' own vectors; operators work byte by byte, and a comparison gives -1 where it holds.
using byte_block = std::uint8_t __attribute__((vector_size(16)));

HUBWIRE_FASTER_INLINE byte_block load_block(char const* from) noexcept {
  byte_block block;
  std::memcpy(&block, from, sizeof block);
  return block;
}

// Bit i is set where a comparison holds for byte i.
template <class Comparison>
HUBWIRE_FASTER_INLINE unsigned bits_of(Comparison holds) noexcept {
  using chars = char __attribute__((vector_size(16)));
  return static_cast<unsigned>(__builtin_ia32_pmovmskb128(std::bit_cast<chars>(holds)));
}

// find_where() for sixteen bytes and more.
template <class Kind, class Suits>
HUBWIRE_FASTER_INLINE char const* find_in_blocks(char const* at, char const* end, Kind kind,
                                                 Suits suits) noexcept {
  for (char const* const last = hide_object(end) - 16;;) {
    for (unsigned hits = bits_of(kind(load_block(at))); hits != 0; hits &= hits - 1)
      if (char const* const hit = at + static_cast<unsigned>(std::countr_zero(hits)); suits(hit)) return hit;
    if (at == last) return end;
    at += 16;
    if (at > last) at = last;
  }
}

// Whether what is not plain is a '+' with a '/' on both sides. Sixteen characters and more, and it also reads
// the one in front of them and the one behind them.
HUBWIRE_FASTER_INLINE bool has_plain_levels(char const* at, char const* end) noexcept {
  using signed_block = signed char __attribute__((vector_size(16)));
  for (char const* const last = end - 16;;) {
    byte_block const block = load_block(at);
    unsigned const odd = bits_of(std::bit_cast<signed_block>(block | std::uint8_t{0x2B}) <= 0x2B);
    if (odd != 0 &&
        odd != bits_of((block == '+') & (load_block(at - 1) == '/') & (load_block(at + 1) == '/')))
      return false;
    if (at == last) return true;
    at += 16;
    if (at > last) at = last;
  }
}

// Copies sixteen bytes. Bit i of the result is set where byte i is reserved, that is none of the unreserved
// characters of RFC 3986 section 2.3. Each range of unreserved characters is moved to the end of the signed
// numbers, so that one comparison is enough. '~' counts as reserved here, which costs nothing but time.
HUBWIRE_FASTER_INLINE unsigned copy_and_find_reserved(char* to, char const* from) noexcept {
  using signed_block = signed char __attribute__((vector_size(16)));
  byte_block const block = load_block(from);
  std::memcpy(to, &block, sizeof block);
  auto const letters = std::bit_cast<signed_block>((block | 0x20) + std::uint8_t{0x7F - 'z'});
  auto const digits = std::bit_cast<signed_block>(block + std::uint8_t{0x7F - '9'});
  // Each of these is -1 where it holds, no two of the first three hold, and '/' is from '-' to '9'.
  auto const unreserved = (letters > static_cast<signed char>(0x7F - 26)) +
                          (digits > static_cast<signed char>(0x7F - ('9' - '-' + 1))) + (block == '_') -
                          (block == '/');
  return bits_of(unreserved) ^ 0xFFFF;
}

#else

inline constexpr bool has_blocks = false;

// Never called.
template <class Kind, class Suits>
char const* find_in_blocks(char const* at, char const* end, Kind kind, Suits suits) noexcept;
bool has_plain_levels(char const* at, char const* end) noexcept;
unsigned copy_and_find_reserved(char* to, char const* from) noexcept;

#endif

// The first byte of that kind whose place suits; end if there is none. It may ask again about a place that
// did not suit.
template <class Kind, class Suits>
HUBWIRE_FASTER_INLINE constexpr char const* find_where(char const* at, char const* end, Kind kind,
                                                       Suits suits) noexcept {
  if constexpr (has_blocks)
    if (!std::is_constant_evaluated() && end - at >= 16)
      return find_in_blocks(hide_object(at), end, kind, suits);
  while (at != end && !(kind(to_byte(*at)) && suits(at))) ++at;
  return at;
}

// The first wanted byte; end if there is none.
HUBWIRE_FASTER_INLINE constexpr char const* find_byte(char const* at, char const* end, char wanted) noexcept {
  return find_where(at, end, byte_is{to_byte(wanted)}, [](char const*) { return true; });
}

}}}  // namespace hubwire::detail

#endif
