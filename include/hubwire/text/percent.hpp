// SPDX-License-Identifier: BSL-1.0
// Percent encoding of bytes: RFC 3986 section 2. Writes the one form that every peer of IoT Hub reads
// (only unreserved characters stay, upper-case hex, a space is %20); reads every form that they write.
#ifndef HUBWIRE_TEXT_PERCENT_HPP
#define HUBWIRE_TEXT_PERCENT_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/simd_bytes.hpp>
#include <hubwire/core/slice.hpp>

namespace hubwire { inline namespace abi1 {

// RFC 3986 section 2.3.
constexpr bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// Length of text once encoded: one or three for each character.
constexpr std::size_t percent_encoded_size(std::string_view text) noexcept {
  std::size_t size = text.size();
  for (char const c : text)
    if (!is_unreserved(c)) size += 2;
  return size;
}

namespace detail {

struct percent_entry {
  char text[3]{};
  std::uint8_t size = 0;
};

constexpr char upper_hex_digit(unsigned value) noexcept {
  return static_cast<char>(value + (value > 9 ? 'A' - 10 : '0'));
}

constexpr percent_entry percent_code(char c) noexcept {
  if (is_unreserved(c)) return {{c}, 1};
  return {{'%', upper_hex_digit(to_byte(c) >> 4u), upper_hex_digit(to_byte(c) & 15u)}, 3};
}

struct percent_table {
  percent_entry of[256]{};

  constexpr percent_table() noexcept {
    for (unsigned byte = 0; byte != 256; ++byte)
      of[byte] = percent_code(to_char(static_cast<std::uint8_t>(byte)));
  }
};

inline constexpr percent_table percent_codes{};

// How much room percent_encode wants for a text of that many characters, which is more than it can need: it
// stores four bytes where one or three count, and sixteen where the first of them do.
constexpr std::uint64_t percent_room(std::size_t characters) noexcept {
  return std::uint64_t{3} * characters + block_size;
}

// Where percent_encode writes next, and all reserved bytes that it has seen or-ed together.
struct percent_end {
  char* out;
  std::size_t seen;
};

// One load and one store of a whole table entry, so the speed does not depend on the character. Returns how
// many of the four bytes count.
HUBWIRE_FASTER_INLINE constexpr std::size_t percent_put(char* out, char c) noexcept {
  percent_entry const& code = percent_codes.of[to_byte(c)];
  if (std::is_constant_evaluated()) {
    copy_chars(out, code.text, code.size);
    return code.size;
  }
  auto const word = std::bit_cast<std::uint32_t>(code);
  std::memcpy(out, &word, sizeof word);
  return std::endian::native == std::endian::little ? word >> 24 : word & 0xFF;
}
HUBWIRE_FASTER_INLINE constexpr void percent_put_next(percent_end& to, char c) noexcept {
  to.seen |= to_byte(c);
  to.out += percent_put(to.out, c);
}
HUBWIRE_FASTER_INLINE constexpr percent_end percent_put_all(percent_end to, std::string_view text) noexcept {
  for (char const *at = text.data(), *const end = at + text.size(); at != end; ++at)
    percent_put_next(to, *at);
  return to;
}

// So many reserved characters in a block are put one by one, and what is behind them moved; the table is
// faster where there are more.
inline constexpr std::size_t few_reserved = 4;

// The first size characters of text, at most one block, stand at to.out as they are. Bit i of reserved is for
// character i. What is behind a reserved one is taken from the text while all of a block can be read there: that
// does not have to wait for what was stored just before.
HUBWIRE_FASTER_INLINE percent_end percent_spread(percent_end to, std::string_view text, std::size_t size,
                                                 unsigned reserved) noexcept {
  for (std::size_t left = few_reserved; reserved != 0; reserved &= reserved - 1) {
    auto const at = static_cast<unsigned>(std::countr_zero(reserved));
    if (left-- == 0) return percent_put_all({to.out + at, to.seen}, {text.data() + at, size - at});
    char behind[block_size];
    std::memcpy(behind, (at + block_size < text.size() ? text.data() : to.out) + at + 1, block_size);
    to.seen |= to_byte(text[at]);
    to.out += percent_put(to.out + at, text[at]) - 1;
    std::memcpy(to.out + at + 1, behind, block_size);
  }
  return {to.out + size, to.seen};
}

// A text of at most one block.
HUBWIRE_FASTER_INLINE percent_end percent_encode_block(percent_end to, std::string_view text) noexcept {
  if (text.size() < 4) return percent_put_all(to, text);
  unsigned const reserved = text.size() < 8
                                ? copy_and_find_reserved<std::uint32_t>(to.out, text.data(), text.size())
                                : copy_and_find_reserved<std::uint64_t>(to.out, text.data(), text.size());
  if (reserved != 0) return percent_spread(to, text, text.size(), reserved);
  return {to.out + text.size(), to.seen};
}

// The table alone, for text with many reserved characters.
HUBWIRE_ONE_COPY inline percent_end percent_encode_dense(percent_end to, std::string_view text) noexcept {
  return percent_put_all(to, text);
}

// Behind a block with many reserved characters the next ones go through the table unseen, and ever more of
// them while that goes on: no text is much slower than through the table alone.
HUBWIRE_ONE_COPY inline percent_end percent_encode_blocks(percent_end to, std::string_view text) noexcept {
  for (std::size_t unseen = block_size; text.size() > block_size;) {
    std::string_view const block = text;
    text = tail(text, block_size);
    unsigned const reserved = copy_and_find_reserved<std::uint64_t>(to.out, block.data(), block_size);
    if (reserved == 0) {
      to.out += block_size;
      continue;
    }
    char const* const begin = to.out;
    to = percent_spread(to, block, block_size, reserved);
    if (to.out - begin <= std::ptrdiff_t{block_size + 2 * few_reserved}) {
      unseen = block_size;
      continue;
    }
    std::string_view const next = first(text, unseen);
    to = percent_encode_dense(to, next);
    text = tail(text, next.size());
    unseen *= 2;
  }
  return percent_encode_block(to, text);
}

// Encodes into room that the caller has measured with percent_room.
constexpr percent_end percent_encode(percent_end to, std::string_view text) noexcept {
  if (!has_blocks || std::is_constant_evaluated()) return percent_put_all(to, text);
  HUBWIRE_FORGET(to.out);
  return text.size() > block_size ? percent_encode_blocks(to, text) : percent_encode_block(to, text);
}

// The same for a text whose size the compiler knows, and, if it is a literal, all of the result: what is left
// are the stores. At most 8 characters.
template <std::size_t... Index>
HUBWIRE_FASTER_INLINE constexpr percent_end percent_unrolled(percent_end done, std::string_view text,
                                                             std::index_sequence<Index...>) noexcept {
  ((Index < text.size() ? percent_put_next(done, text.data()[Index]) : void()), ...);
  return done;
}

// 0 to 15, or 16 and more for a character that is no hexadecimal digit; either case.
constexpr unsigned hex_value(char c) noexcept {
  unsigned const digit = static_cast<unsigned>(to_byte(c)) - '0';
  if (digit <= 9) return digit;
  unsigned const letter = (static_cast<unsigned>(to_byte(c)) | 0x20u) - 'a';
  return letter <= 5 ? letter + 10 : 16;
}

// What the escape at at stands for, more than 255 for a broken one. *at is '%'.
constexpr unsigned escape_value(char const* at, char const* end) noexcept {
  if (end - at < 3) return 256;
  unsigned const high = hex_value(at[1]);
  unsigned const low = hex_value(at[2]);
  return (high | low) > 15 ? 256 : high << 4 | low;
}

// Takes one decoded character from the front of raw; false at a broken escape, which stays where it is.
// raw is not empty.
constexpr bool take_decoded(std::string_view& raw, char& decoded) noexcept {
  bool const escaped = raw.front() == '%';
  unsigned const value = escaped ? escape_value(raw.data(), raw.data() + raw.size()) : to_byte(raw.front());
  if (value > 255) return false;
  decoded = to_char(static_cast<std::uint8_t>(value));
  raw = tail(raw, escaped ? 3 : 1);
  return true;
}

}  // namespace detail

// A view of percent-encoded text as it was received, which may hold a broken escape ('%' without two
// hexadecimal digits). '+' is a plus, never a space. What an escape decodes to is any byte: the decoded
// text need not be UTF-8.
class percent_text {
 public:
  constexpr percent_text() noexcept = default;
  constexpr explicit percent_text(std::string_view raw) noexcept : data_(raw.data()), size_(raw.size()) {}

  constexpr std::string_view raw() const noexcept { return {data_, size_}; }
  constexpr bool malformed() const noexcept { return !decoded_size(); }

  // errc::invalid_percent_encoding with the offset in raw() of the first broken escape.
  constexpr result<std::size_t> decoded_size() const noexcept {
    std::string_view rest = raw();
    std::size_t count = 0;
    for (char ignored{}; !rest.empty(); ++count)
      if (!detail::take_decoded(rest, ignored))
        return error{errc::invalid_percent_encoding, static_cast<std::uint32_t>(size_ - rest.size())};
    return count;
  }

  // The decoded text, written to output, which may begin where raw() begins. Besides the error of
  // decoded_size(): errc::buffer_too_small with the size needed.
  constexpr result<std::string_view> decode(char_span output) const noexcept {
    result<std::size_t> const needed = decoded_size();
    if (!needed) return needed.error();
    if (output.size() < *needed) return error{errc::buffer_too_small, static_cast<std::uint32_t>(*needed)};
    std::string_view rest = raw();
    for (char* out = output.data(); !rest.empty(); ++out) {
      char decoded{};
      static_cast<void>(detail::take_decoded(rest, decoded));
      *out = decoded;
    }
    return std::string_view(output.data(), *needed);
  }

  // Compares what the escapes stand for, without a buffer. Malformed text equals nothing.
  friend constexpr bool operator==(percent_text encoded, std::string_view decoded) noexcept {
    std::string_view rest = encoded.raw();
    if (rest.size() < decoded.size()) return false;
    for (char const wanted : decoded) {
      char c{};
      if (rest.empty() || !detail::take_decoded(rest, c) || c != wanted) return false;
    }
    return rest.empty();
  }

 private:
  char const* data_ = nullptr;
  std::size_t size_ = 0;
};

}}  // namespace hubwire

#endif
