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
#include <hubwire/text/decimal.hpp>
#include <hubwire/text/percent.hpp>

namespace hubwire { inline namespace abi1 {

/// Writes text piece by piece. Sticky: after the first piece that did not fit nothing more is written. What
/// is in the buffer then is unspecified; bytes outside it are never touched.
class text_writer {
 public:
  constexpr explicit text_writer(char_span output) noexcept
      : begin_(output.data()), position_(output.data()), end_(output.data() + output.size()) {}

  /// Writes text as it is.
  HUBWIRE_SMALLER_INLINE constexpr text_writer& put(std::string_view text) noexcept {
    put_chars(text.data(), text.size());
    return *this;
  }
  HUBWIRE_FASTER_INLINE constexpr text_writer& put(char c) noexcept {
    if (room() == 0) {
      overflow(1);
    } else {
      *position_++ = c;
    }
    return *this;
  }
  /// Writes a number in decimal, without leading zeros.
  HUBWIRE_FASTER_INLINE constexpr text_writer& put_number(std::uint64_t number) noexcept {
    return put(detail::decimal_digits(number).view());
  }
  /// Writes everything but unreserved characters as %XX: see text/percent.hpp.
  HUBWIRE_SMALLER_INLINE constexpr text_writer& put_percent(std::string_view text) noexcept {
    put_encoded(text.data(), text.data() + text.size());
    return *this;
  }
  /// Writes "name=value", both percent-encoded, with '&' in front if it is separated.
  constexpr void put_pair(bool separated, std::string_view name, std::string_view value) noexcept {
    if (has_quick_room(name.size() + value.size() + 2)) [[likely]] {
      char* const out = position_;
      *out = '&';
      detail::percent_state done{name.data(), out + (separated ? 1 : 0), seen_};
      done = detail::percent_encode_quickly(done, name.data() + name.size());
      *done.out++ = '=';
      done.at = value.data();
      return keep(detail::percent_encode_quickly(done, value.data() + value.size()));
    }
    if constexpr (!detail::for_size) return put_pair_tightly(separated, name, value);
    if (separated) put('&');
    put_percent(name).put('=').put_percent(value);
  }

  /// Makes the text longer than any field of a packet: for what cannot be written.
  HUBWIRE_SMALLER_INLINE constexpr void refuse() noexcept { overflow(65'536); }

  /// The size of all that was put, whether it fitted or not.
  HUBWIRE_SMALLER_INLINE constexpr std::size_t size() const noexcept { return written() + missing_; }
  constexpr bool overflowed() const noexcept { return missing_ != 0; }
  /// Whether a text that was encoded held a byte of 0x80 or more.
  constexpr bool saw_non_ascii() const noexcept { return (seen_ & 0x80) != 0; }

  /// The text. errc::buffer_too_small with the size needed.
  constexpr result<std::string_view> finish() const noexcept {
    return finish((std::numeric_limits<std::size_t>::max)(), errc::none);
  }
  /// The text, unless it has more than most bytes: then too_long.
  constexpr result<std::string_view> finish(std::size_t most, errc too_long) const noexcept {
    if (size() > most) return too_long;
    if (overflowed()) return error{errc::buffer_too_small, saturated(size())};
    return std::string_view(begin_, written());
  }

  /// A size as an error's detail.
  static constexpr std::uint32_t saturated(std::uint64_t size) noexcept {
    constexpr auto most = (std::numeric_limits<std::uint32_t>::max)();
    return size < most ? static_cast<std::uint32_t>(size) : most;
  }

 private:
  constexpr std::size_t room() const noexcept { return static_cast<std::size_t>(end_ - position_); }
  constexpr std::size_t written() const noexcept { return static_cast<std::size_t>(position_ - begin_); }
  // Whether that many characters can be encoded by the body that takes few instructions and much room.
  HUBWIRE_FASTER_INLINE constexpr bool has_quick_room(std::size_t characters) const noexcept {
    if (detail::for_size || std::is_constant_evaluated()) return false;
    return room() >= detail::percent_room(characters);
  }

  // The place to write at, of which g++ knows no object: see detail::hide_object().
  HUBWIRE_FASTER_INLINE static constexpr char* hidden(char* position) noexcept {
    if (detail::for_size || std::is_constant_evaluated()) return position;
    return detail::hide_object(position);
  }
  constexpr void put_chars(char const* text, std::size_t size) noexcept {
    if (room() < size) return overflow(size);
    char* const to = hidden(position_);
    detail::copy_chars(to, text, size);
    position_ = to + size;
  }
  HUBWIRE_SMALLER_INLINE constexpr void overflow(std::size_t count) noexcept {
    end_ = position_;
    missing_ += count;
  }
  constexpr void keep(detail::percent_state const& done) noexcept {
    position_ = done.out;
    seen_ = done.seen;
  }
  // put_pair() where room is short. In line it costs clang two thirds more instructions in the quick way.
  constexpr void put_pair_tightly(bool separated, std::string_view name, std::string_view value) noexcept {
    if (separated) put('&');
    put_percent(name).put('=').put_percent(value);
  }
  // Encodes what stands between the two.
  constexpr void put_encoded(char const* at, char const* end) noexcept {
    if (has_quick_room(static_cast<std::size_t>(end - at))) [[likely]]
      return keep(detail::percent_encode_quickly({at, position_, seen_}, end));
    for (; at != end; ++at) put_encoded(*at);
  }
  constexpr void put_encoded(char c) noexcept {
    unsigned const byte = detail::to_byte(c);
    seen_ |= byte;
    if (is_unreserved(c)) {
      put(c);
    } else {
      put('%').put(detail::upper_hex_digit(byte >> 4)).put(detail::upper_hex_digit(byte & 15));
    }
  }

  // INVARIANT: begin_ <= position_ <= end_, all within the caller's buffer; missing_ != 0 only when
  // position_ == end_.
  char* begin_;
  char* position_;
  char* end_;
  std::size_t missing_ = 0;
  unsigned seen_ = 0;
};

}}  // namespace hubwire

#endif
