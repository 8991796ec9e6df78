// SPDX-License-Identifier: BSL-1.0
// Builds text in memory of the caller that may be too small: it stops writing and goes on counting, so
// that the error can say which size would do.
#ifndef HUBWIRE_TEXT_TEXT_WRITER_HPP
#define HUBWIRE_TEXT_TEXT_WRITER_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/text/percent.hpp>

namespace hubwire::inline abi1 {

// Sticky: after the first piece that did not fit nothing more is written. What is in the buffer then is
// unspecified; bytes outside it are never touched.
class text_writer {
 public:
  constexpr explicit text_writer(char_span output) noexcept
      : begin_(output.data()), position_(output.data()), end_(output.data() + output.size()) {}

  HUBWIRE_ALWAYS_INLINE constexpr text_writer& put(std::string_view text) noexcept {
    if (room() < text.size()) {
      overflow(text.size());
    } else {
      detail::copy_chars(position_, text.data(), text.size());
      position_ += text.size();
    }
    return *this;
  }
  HUBWIRE_ALWAYS_INLINE constexpr text_writer& put(char c) noexcept {
    if (room() == 0) {
      overflow(1);
    } else {
      *position_++ = c;
    }
    return *this;
  }
  // Decimal, without leading zeros.
  constexpr text_writer& put_number(std::uint64_t number) noexcept {
    char digits[20]{};
    std::size_t first = sizeof digits;
    do {
      digits[--first] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return put(std::string_view(digits + first, sizeof digits - first));
  }
  // Everything but unreserved characters as %XX: see text/percent.hpp.
  HUBWIRE_ALWAYS_INLINE constexpr text_writer& put_percent(std::string_view text) noexcept {
    if (text.size() < room() / 3) {
      position_ = detail::percent_encode(position_, text, seen_);
    } else {
      put_percent_tightly(text);
    }
    return *this;
  }

  // Of all that was put, whether it fitted or not.
  constexpr std::size_t size() const noexcept { return written() + missing_; }
  constexpr bool overflowed() const noexcept { return missing_ != 0; }
  // Whether a text given to put_percent held a byte of 0x80 or more.
  constexpr bool saw_non_ascii() const noexcept { return (seen_ & 0x80) != 0; }

  // errc::buffer_too_small with the size needed.
  constexpr result<std::string_view> finish() const noexcept {
    if (overflowed()) return error{errc::buffer_too_small, saturated(size())};
    return std::string_view(begin_, written());
  }

  // A size as an error's detail.
  static constexpr std::uint32_t saturated(std::uint64_t size) noexcept {
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    return size < most ? static_cast<std::uint32_t>(size) : most;
  }

 private:
  constexpr std::size_t room() const noexcept { return static_cast<std::size_t>(end_ - position_); }
  constexpr std::size_t written() const noexcept { return static_cast<std::size_t>(position_ - begin_); }

  HUBWIRE_COLD constexpr void overflow(std::size_t count) noexcept {
    end_ = position_;
    missing_ += count;
  }

  // Near the end of the buffer: as many characters at a time as fit whatever they are, then one by one.
  HUBWIRE_COLD constexpr void put_percent_tightly(std::string_view text) noexcept {
    while (!text.empty() && room() >= detail::percent_room(1)) {
      std::string_view const safe = first(text, (room() - 1) / 3);
      position_ = detail::percent_encode(position_, safe, seen_);
      text = drop(text, safe.size());
    }
    for (char const c : text) {
      detail::percent_entry const& code = detail::percent_codes.of[detail::to_byte(c)];
      seen_ = static_cast<std::uint8_t>(seen_ | detail::to_byte(c));
      put(std::string_view(code.text, code.size));
    }
  }

  // INVARIANT: begin_ <= position_ <= end_, all within the caller's buffer; missing_ != 0 only when
  // position_ == end_.
  char* begin_;
  char* position_;
  char* end_;
  std::size_t missing_ = 0;
  std::uint8_t seen_ = 0;
};

}  // namespace hubwire::inline abi1

#endif
