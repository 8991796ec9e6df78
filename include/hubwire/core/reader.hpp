// SPDX-License-Identifier: BSL-1.0
// A sticky cursor over received bytes: the first failure is kept, and after it every read gives zeros,
// so a decoder reads straight through and asks once at the end.
#ifndef HUBWIRE_CORE_READER_HPP
#define HUBWIRE_CORE_READER_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>

namespace hubwire { inline namespace abi1 {

// What a decoder looks at. Structure (lengths, flags, ids, codes) is always checked.
struct strict {
  static constexpr bool check_text = true;  // UTF-8, U+0000, wildcards where they may not be
  static constexpr bool diagnose = false;   // keep the statement and the offset, see diagnosis.hpp
};
// For peers that the caller trusts to send well-formed text, such as its own broker.
struct structural {
  static constexpr bool check_text = false;
  static constexpr bool diagnose = false;
};

// The normative statement or section that a check enforces, in each version that has it. Only a policy
// that diagnoses keeps it; for the others it leaves nothing behind in the program.
struct statement {
  char const* v3 = nullptr;  // "v3.1.1:MQTT-3.3.1-4" or "v3.1.1 §2.2.3"
  char const* v5 = nullptr;
};

namespace detail {

// For bytes that a decoder has been through already: nothing is checked a second time.
struct proven {
  static constexpr bool check_text = false;
  static constexpr bool diagnose = false;
};

// The Remaining Length is not the length of the fields.
inline constexpr statement wrong_length{"v3.1.1 §2.2.3", "v5 §2.1.4"};

struct no_notes {};

// Where a diagnosing reader stands and stood.
struct reader_notes {
  char const* begin = nullptr;
  char const* field = nullptr;  // what is required now is about: the field read last, see next_field()
  statement broken{};
  std::size_t offset = 0;
};

// For a cursor that open() gives something to read.
struct not_open {};

// What all policies have in common; apart, so that under -Os all share one copy.
class cursor {
 public:
  constexpr cursor() noexcept = default;  // nothing is set: open() does that
  constexpr explicit cursor(std::string_view input) noexcept
      : position_(input.data()), end_(input.data() + input.size()), error_{} {}

  HUBWIRE_SMALLER_INLINE constexpr void open(char const* input, std::size_t size) noexcept {
    position_ = input;
    end_ = input + size;
    error_.code = errc::none;
    error_.detail = 0;
  }

  constexpr bool failed() const noexcept { return error_.code != errc::none; }
  constexpr hubwire::error error() const noexcept { return {error_.code, error_.detail}; }
  // The same where it lies.
  constexpr error_fields const& kept_error() const noexcept { return error_; }
  constexpr std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - position_); }
  constexpr bool empty() const noexcept { return position_ == end_; }
  constexpr char const* position() const noexcept { return position_; }
  // There is one.
  HUBWIRE_SMALLER_INLINE constexpr std::uint8_t next_byte() noexcept {
    HUBWIRE_ASSERT(!empty());
    return to_byte(*position_++);
  }

  // Keeps the first error; there is nothing to read any more after it.
  HUBWIRE_ONE_COPY constexpr void fail(errc why) noexcept {
    if (!failed()) error_.code = why;
    position_ = end_;
  }
  HUBWIRE_SMALLER_INLINE constexpr void fail(errc why, std::uint32_t detail) noexcept {
    if (!failed()) error_.detail = detail;
    fail(why);
  }
  // The error when nothing may be left.
  HUBWIRE_SMALLER_INLINE constexpr hubwire::error finish() const noexcept {
    return {empty() ? error_.code : errc::malformed_packet, error_.detail};
  }

 protected:
  HUBWIRE_SMALLER_INLINE constexpr std::uint8_t take_byte() noexcept {
    if (empty()) [[unlikely]] {
      fail(errc::malformed_packet);
      return 0;
    }
    return next_byte();
  }
  HUBWIRE_ONE_COPY constexpr std::uint16_t take_number() noexcept {
    if (remaining() < 2) [[unlikely]] {
      fail(errc::malformed_packet);
      return 0;
    }
    std::uint16_t const value = load_number(position_);
    position_ += 2;
    return value;
  }
  HUBWIRE_SMALLER_INLINE constexpr std::string_view take_chars(std::size_t count) noexcept {
    if (remaining() < count) [[unlikely]] {
      fail(errc::malformed_packet);
      if constexpr (!for_size) return {};
      count = 0;
    }
    char const* const begin = position_;
    position_ += count;
    return {begin, count};
  }
  HUBWIRE_ONE_COPY constexpr std::uint16_t take_id() noexcept {
    std::uint16_t const id = take_number();
    if (id == 0) [[unlikely]]
      fail(errc::protocol_error);
    return id;
  }
  // The size of a field, in front of position_ then.
  HUBWIRE_ONE_COPY constexpr std::size_t take_field() noexcept { return take_chars(take_number()).size(); }

  // INVARIANT: position_ <= end_, both within the input; a failed reader has position_ == end_.
  char const* position_;
  char const* end_;
  error_fields error_;  // which open() sets where the constructor does not
};

}  // namespace detail

template <class Policy = strict>
class reader : public detail::cursor {
 public:
  using policy = Policy;

  constexpr explicit reader(detail::not_open) noexcept {}
  constexpr explicit reader(std::string_view input) noexcept : cursor(input) { opened(); }

  HUBWIRE_SMALLER_INLINE constexpr void opened() noexcept {
    if constexpr (Policy::diagnose) notes_.begin = notes_.field = position_;
  }

  // The form that decoders use: what must hold, what it is if it does not, and who says so.
  HUBWIRE_SMALLER_INLINE constexpr void require(bool condition, errc why, statement broken = {}) noexcept {
    if (condition || is_proven) [[likely]]
      return;
    if constexpr (Policy::diagnose) note(broken);
    fail(why);
  }
  HUBWIRE_SMALLER_INLINE constexpr void require(bool condition, hubwire::error why,
                                                statement broken) noexcept {
    if (condition || is_proven) [[likely]]
      return;
    if constexpr (Policy::diagnose) note(broken);
    fail(why.code, why.detail);
  }

  // There are count bytes left, neither more nor less; true when that is so.
  HUBWIRE_SMALLER_INLINE constexpr bool require_size(std::size_t count) noexcept {
    if (remaining() == count) {
      end_ = position_ + count;  // as it is; so that the compiler need not ask again
      return true;
    }
    if constexpr (Policy::diagnose) {
      notes_.field = remaining() < count ? end_ : position_ + count;
      note(detail::wrong_length);
    }
    fail(errc::malformed_packet);
    return false;
  }

  // What is required after this is about the bytes that follow, not about the field that was read last.
  HUBWIRE_SMALLER_INLINE constexpr void next_field() noexcept {
    if constexpr (Policy::diagnose) notes_.field = position_;
  }

  // Diagnosing policies only: what require() noted at the first failure.
  constexpr detail::reader_notes const& notes() const noexcept requires(Policy::diagnose) { return notes_; }

  HUBWIRE_SMALLER_INLINE constexpr std::uint8_t u8() noexcept {
    if constexpr (is_proven) return detail::to_byte(*position_++);
    begin_field(1);
    return take_byte();
  }
  // Big-endian, as everything in MQTT: v3.1.1 §1.5.2, v5 §1.5.2.
  HUBWIRE_SMALLER_INLINE constexpr std::uint16_t u16() noexcept {
    if constexpr (is_proven) {
      position_ += 2;
      return detail::load_number(position_ - 2);
    }
    begin_field(2);
    return take_number();
  }
  HUBWIRE_SMALLER_INLINE constexpr std::string_view take(std::size_t count) noexcept {
    if constexpr (is_proven) {
      position_ += count;
      return {position_ - count, count};
    }
    begin_field(count);
    return take_chars(count);
  }
  // Everything that is left, which stays there.
  constexpr std::string_view unread() const noexcept { return {position_, remaining()}; }
  // The same, taken.
  HUBWIRE_SMALLER_INLINE constexpr std::string_view rest() noexcept {
    char const* const begin = position_;
    position_ = end_;
    return {begin, static_cast<std::size_t>(end_ - begin)};
  }
  // A number of two bytes other than 0, which is broken.
  HUBWIRE_SMALLER_INLINE constexpr std::uint16_t nonzero(statement broken) noexcept {
    if constexpr (detail::for_size && !Policy::diagnose) return take_id();
    std::uint16_t const number = u16();
    require(number != 0, errc::protocol_error, broken);
    return number;
  }
  // Two bytes of length, then that many bytes: v3.1.1 §1.5.3, v5 §1.5.4 and §1.5.6.
  HUBWIRE_SMALLER_INLINE constexpr std::string_view prefixed() noexcept {
    if constexpr (Policy::diagnose || is_proven) return take(u16());
    if constexpr (!detail::for_size) return take_chars(take_number());
    std::size_t const size = take_field();
    return {position_ - size, size};
  }

 private:
  static constexpr bool is_proven = std::is_same_v<Policy, detail::proven>;

  HUBWIRE_SMALLER_INLINE constexpr void begin_field(std::size_t count) noexcept {
    next_field();
    if constexpr (Policy::diagnose)
      if (remaining() < count) note(detail::wrong_length);
  }
  constexpr void note(statement broken) noexcept {
    if (failed()) return;
    notes_.broken = broken;
    notes_.offset = static_cast<std::size_t>(notes_.field - notes_.begin);
  }

  [[no_unique_address]] std::conditional_t<Policy::diagnose, detail::reader_notes, detail::no_notes> notes_{};
};

}}  // namespace hubwire

#endif
