// SPDX-License-Identifier: BSL-1.0
// Percent encoding of bytes: RFC 3986 section 2. Writes the one form that every peer of IoT Hub reads
// (only unreserved characters stay, upper-case hex, a space is %20); reads every form that they write.
#ifndef HUBWIRE_TEXT_PERCENT_HPP
#define HUBWIRE_TEXT_PERCENT_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>

namespace hubwire::inline abi1 {

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

struct percent_table {
  percent_entry of[256]{};

  constexpr percent_table() noexcept {
    constexpr char digits[] = "0123456789ABCDEF";
    for (unsigned byte = 0; byte != 256; ++byte) {
      auto const c = to_char(static_cast<std::uint8_t>(byte));
      of[byte] = is_unreserved(c) ? percent_entry{{c}, 1}
                                  : percent_entry{{'%', digits[byte >> 4], digits[byte & 15]}, 3};
    }
  }
};

inline constexpr percent_table percent_codes{};

// How much room percent_encode wants for a text of that many characters: the last four-byte store may
// reach one byte past the three that count.
constexpr std::size_t percent_room(std::size_t characters) noexcept { return 3 * characters + 1; }

// Encodes into room that the caller has measured with percent_room; returns the end. One load and one
// store of a whole table entry per character, so the speed does not depend on what is in the text.
// Ors all bytes of text into seen.
HUBWIRE_ALWAYS_INLINE constexpr char* percent_encode(char* out, std::string_view text,
                                                     std::uint8_t& seen) noexcept {
  unsigned all = seen;  // a local, as a store through a char pointer could change anything else
  for (char const *at = text.data(), *const end = at + text.size(); at != end; ++at) {
    percent_entry const& code = percent_codes.of[to_byte(*at)];
    all |= to_byte(*at);
    if (std::is_constant_evaluated()) {
      copy_chars(out, code.text, code.size);
    } else {
      std::memcpy(out, &code, sizeof code);
    }
    out += code.size;
  }
  seen = static_cast<std::uint8_t>(all);
  return out;
}

// 0 to 15, or 16 and more for a character that is no hexadecimal digit; either case.
constexpr unsigned hex_value(char c) noexcept {
  unsigned const digit = static_cast<unsigned>(to_byte(c)) - '0';
  if (digit <= 9) return digit;
  unsigned const letter = (static_cast<unsigned>(to_byte(c)) | 0x20u) - 'a';
  return letter <= 5 ? letter + 10 : 16;
}

// Takes one decoded character from the front of raw; false at a broken escape, which stays where it is.
// raw is not empty.
constexpr bool take_decoded(std::string_view& raw, char& decoded) noexcept {
  decoded = raw.front();
  if (decoded != '%') {
    raw = drop(raw, 1);
    return true;
  }
  if (raw.size() < 3) return false;
  unsigned const high = hex_value(raw[1]);
  unsigned const low = hex_value(raw[2]);
  if ((high | low) > 15) return false;
  decoded = to_char(static_cast<std::uint8_t>(high << 4 | low));
  raw = drop(raw, 3);
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

}  // namespace hubwire::inline abi1

#endif
