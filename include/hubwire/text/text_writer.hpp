// SPDX-License-Identifier: BSL-1.0
// Builds text in memory of the caller that may be too small: it stops writing and goes on counting, so
// that the error can say which size would do.
#ifndef HUBWIRE_TEXT_TEXT_WRITER_HPP
#define HUBWIRE_TEXT_TEXT_WRITER_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/text/decimal.hpp>
#include <hubwire/text/percent.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// Does a rare step on a copy. The object's address stays unknown to code that is out of line, and its members
// in registers.
template <class Object, class Step>
HUBWIRE_SMALLER_INLINE constexpr void aside(Object& object, Step step) noexcept {
  if constexpr (for_size) {
    step(object);
  } else {
    Object copy = object;
    step(copy);
    object = copy;
  }
}

}  // namespace detail

// Sticky: after the first piece that did not fit nothing more is written. What is in the buffer then is
// unspecified; bytes outside it are never touched.
class text_writer {
 public:
  constexpr explicit text_writer(char_span output) noexcept
      : begin_(output.data()), position_(output.data()), end_(output.data() + output.size()) {}

  HUBWIRE_SMALLER_INLINE constexpr text_writer& put(std::string_view text) noexcept {
    put_chars(text.data(), text.size());
    return *this;
  }
  HUBWIRE_FASTER_INLINE constexpr text_writer& put(char c) noexcept {
    if (room() == 0) {
      overflow(1);
    } else {
      append(c);
    }
    return *this;
  }
  // Pieces, each a text or a character, for which one look at the room is enough.
  template <class First, class... More>
  HUBWIRE_FASTER_INLINE constexpr text_writer& put(First first, More... more) noexcept
      requires(sizeof...(More) != 0) {
    if (detail::for_size || !fits(room(), size_of(first), size_of(more)...))
      return put(first), (put(more), ...);
    append(first);
    return (append(more), ..., *this);
  }
  // Decimal, without leading zeros.
  HUBWIRE_FASTER_INLINE constexpr text_writer& put_number(std::uint64_t number) noexcept {
    return put(detail::decimal_digits(number).view());
  }
  // Everything but unreserved characters as %XX: see text/percent.hpp.
  HUBWIRE_SMALLER_INLINE constexpr text_writer& put_percent(std::string_view text) noexcept {
    if constexpr (detail::for_size) {
      put_percent_tightly(text.data(), text.data() + text.size());
    } else if (room() < detail::percent_room(text.size())) {
      detail::aside(*this, [text](text_writer& out) noexcept {
        out.put_percent_tightly(text.data(), text.data() + text.size());
      });
    } else {
      move_to(encode({position_, seen_}, text));
    }
    return *this;
  }

  // "name=value", both percent-encoded, with '&' in front if it is separated. False, and nothing written, where
  // room is scarce: then it has to go piece by piece.
  HUBWIRE_FASTER_INLINE constexpr bool put_pair(bool separated, std::string_view name,
                                                std::string_view value) noexcept {
    if (room() < detail::percent_room(name.size() + value.size()) + 2) return false;
    *position_ = '&';
    auto done = encode({position_ + (separated ? 1 : 0), seen_}, name);
    *done.out++ = '=';
    move_to(encode(done, value));
    return true;
  }

  // What cannot be written makes the text longer than any field of a packet.
  HUBWIRE_SMALLER_INLINE constexpr void refuse() noexcept { overflow(65'536); }

  // Of all that was put, whether it fitted or not.
  constexpr std::size_t size() const noexcept { return written() + missing_; }
  constexpr bool overflowed() const noexcept { return missing_ != 0; }
  // Whether a text given to put_percent held a byte of 0x80 or more.
  constexpr bool saw_non_ascii() const noexcept { return (seen_ & 0x80) != 0; }

  // errc::buffer_too_small with the size needed.
  constexpr result<std::string_view> finish() const noexcept {
    return finish((std::numeric_limits<std::size_t>::max)(), errc::none);
  }
  // The same for a text that may have no more than most bytes: too_long.
  HUBWIRE_ONE_COPY constexpr result<std::string_view> finish(std::size_t most, errc too_long) const noexcept {
    if (size() > most) return too_long;
    if (overflowed()) return error{errc::buffer_too_small, saturated(size())};
    return std::string_view(begin_, written());
  }

  // A size as an error's detail.
  static constexpr std::uint32_t saturated(std::uint64_t size) noexcept {
    constexpr auto most = (std::numeric_limits<std::uint32_t>::max)();
    return size < most ? static_cast<std::uint32_t>(size) : most;
  }

 private:
  constexpr std::size_t room() const noexcept { return static_cast<std::size_t>(end_ - position_); }
  constexpr std::size_t written() const noexcept { return static_cast<std::size_t>(position_ - begin_); }

  HUBWIRE_FASTER_INLINE static constexpr detail::percent_end encode(detail::percent_end to,
                                                                    std::string_view text) noexcept {
    if (!detail::is_known(text.size()) || text.size() > 8) return detail::percent_encode(to, text);
    return detail::percent_unrolled(to, text, std::make_index_sequence<8>());
  }
  HUBWIRE_FASTER_INLINE constexpr void move_to(detail::percent_end at) noexcept {
    position_ = at.out;
    seen_ = at.seen;
  }

  // Without a sum, which could wrap.
  template <class... Sizes>
  HUBWIRE_FASTER_INLINE static constexpr bool fits(std::size_t left, Sizes... sizes) noexcept {
    return ((sizes <= left && (left -= sizes, true)) && ...);
  }
  static constexpr std::size_t size_of(std::string_view text) noexcept { return text.size(); }
  static constexpr std::size_t size_of(char) noexcept { return 1; }
  HUBWIRE_ONE_COPY constexpr void put_chars(char const* text, std::size_t size) noexcept {
    if (room() < size) {
      overflow(size);
    } else {
      append({text, size});
    }
  }
  // Into memory that g++ knows nothing about: see HUBWIRE_FORGET.
  HUBWIRE_SMALLER_INLINE constexpr void append(std::string_view text) noexcept {
    char* const to = detail::unknown(position_);
    detail::copy_chars(to, text.data(), text.size());
    position_ = to + text.size();
  }
  HUBWIRE_SMALLER_INLINE constexpr void append(char c) noexcept {
    char* const to = detail::unknown(position_);
    *to = c;
    position_ = to + 1;
  }
  HUBWIRE_SMALLER_INLINE constexpr void overflow(std::size_t count) noexcept {
    end_ = position_;
    missing_ += count;
  }

  // Near the end of the buffer: as many characters at a time as fit whatever they are, then one by one.
  HUBWIRE_ONE_COPY constexpr void put_percent_tightly(char const* at, char const* end) noexcept {
    if constexpr (!detail::for_size) {
      while (at != end && room() >= detail::percent_room(1)) {
        std::string_view const rest(at, static_cast<std::size_t>(end - at));
        std::string_view const safe = first(rest, (room() - std::size_t{detail::percent_room(0)}) / 3);
        move_to(detail::percent_encode({position_, seen_}, safe));
        at += safe.size();
      }
    }
    for (; at != end; ++at) {
      char const c = *at;
      seen_ |= detail::to_byte(c);
      if (is_unreserved(c)) {
        put(c);
      } else {
        put('%').put(detail::upper_hex_digit(detail::to_byte(c) >> 4u));
        put(detail::upper_hex_digit(detail::to_byte(c) & 15u));
      }
    }
  }

  // INVARIANT: begin_ <= position_ <= end_, all within the caller's buffer; missing_ != 0 only when
  // position_ == end_.
  char* begin_;
  char* position_;
  char* end_;
  std::size_t missing_ = 0;
  std::size_t seen_ = 0;
};

}}  // namespace hubwire

#endif
