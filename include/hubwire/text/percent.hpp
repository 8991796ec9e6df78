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

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/simd_bytes.hpp>
#include <hubwire/core/slice.hpp>

namespace hubwire { inline namespace abi1 {

/// RFC 3986 section 2.3.
constexpr bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// Length of text once encoded: one or three for each character.
constexpr std::size_t percent_encoded_size(std::string_view text) noexcept {
  std::size_t size = text.size();
  for (char const c : text)
    if (!is_unreserved(c)) size += 2;
  return size;
}

namespace detail {

// What stands for a character once encoded.
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

// All codes, for the quick body: a load and a store of four bytes, whatever the character.
struct percent_table {
  percent_entry of[256]{};

  constexpr percent_table() noexcept {
    for (unsigned byte = 0; byte != 256; ++byte)
      of[byte] = percent_code(to_char(static_cast<std::uint8_t>(byte)));
  }
};

inline constexpr percent_table percent_codes{};

// How much room percent_encode_quickly() wants for a text: it stores sixteen bytes where the first of them
// count.
constexpr std::uint64_t percent_room(std::size_t size) noexcept { return std::uint64_t{3} * size + 16; }

// Where an encoder stands: what it has read and what it has written, all bytes but unreserved ones or-ed
// together.
struct percent_state {
  char const* at;
  char* out;
  unsigned seen;
};

// Encodes up to stop, given percent_room().
inline percent_state percent_by_table(percent_state state, char const* stop) noexcept {
  for (; state.at != stop; ++state.at) {
    unsigned const byte = to_byte(*state.at);
    state.seen |= byte;
    auto const code = std::bit_cast<std::uint32_t>(percent_codes.of[byte]);
    std::memcpy(state.out, &code, sizeof code);
    state.out += std::endian::native == std::endian::little ? code >> 24 : code & 0xFF;
  }
  return state;
}

// Blocks without a reserved character are copied. Behind a reserved one the next eight characters go through
// the table: such characters seldom stand alone.
inline percent_state percent_by_block(percent_state state, char const* stop) noexcept {
  do {
    unsigned const reserved = copy_and_find_reserved(state.out, state.at);
    int const plain = std::countr_zero(reserved | 0x1'0000);
    state.at += plain;
    state.out += plain;
    if (plain != 16) state = percent_by_table(state, stop - state.at < 8 ? stop : state.at + 8);
  } while (stop - state.at >= 16);
  return state;
}

inline percent_state percent_encode_quickly(percent_state state, char const* stop) noexcept {
  if (has_blocks && stop - state.at >= 16) state = percent_by_block(state, stop);
  return percent_by_table(state, stop);
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

/// A view of percent-encoded text as it was received, which may hold a broken escape ('%' without two
/// hexadecimal digits). '+' is a plus, never a space. What an escape decodes to is any byte: the decoded
/// text need not be UTF-8.
class percent_text {
 public:
  constexpr percent_text() noexcept = default;
  constexpr explicit percent_text(std::string_view raw) noexcept : data_(raw.data()), size_(raw.size()) {}

  constexpr std::string_view raw() const noexcept { return {data_, size_}; }
  constexpr bool malformed() const noexcept { return !decoded_size(); }

  /// errc::invalid_percent_encoding with the offset in raw() of the first broken escape.
  constexpr result<std::size_t> decoded_size() const noexcept {
    std::string_view rest = raw();
    std::size_t count = 0;
    for (char ignored{}; !rest.empty(); ++count)
      if (!detail::take_decoded(rest, ignored))
        return error{errc::invalid_percent_encoding, static_cast<std::uint32_t>(size_ - rest.size())};
    return count;
  }

  /// The decoded text, written to output, which may begin where raw() begins. Besides the error of
  /// decoded_size(): errc::buffer_too_small with the size needed.
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

  /// Compares what the escapes stand for, without a buffer. Malformed text equals nothing.
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
