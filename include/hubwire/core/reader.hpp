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

/// Makes a decoder check everything. Structure (lengths, flags, ids, codes) is checked under every policy.
struct strict {
  static constexpr bool check_text = true;  // UTF-8, U+0000, wildcards where they may not be
  static constexpr bool diagnose = false;   // keep the statement and the offset, see diagnosis.hpp
};
/// Makes a decoder check no text. For peers that the caller trusts to send well-formed text, such as its
/// own broker.
struct structural {
  static constexpr bool check_text = false;
  static constexpr bool diagnose = false;
};

/// The normative statement or section that a check enforces, in each version that has it. Only a policy
/// that diagnoses keeps it; the others leave nothing of it in the program.
struct statement {
  char const* v3 = nullptr;  // "v3.1.1:MQTT-3.3.1-4" or "v3.1.1 §2.2.3"
  char const* v5 = nullptr;
};

namespace detail {

// For bytes that a decoder has checked already: nothing is checked a second time.
struct proven {
  static constexpr bool check_text = false;
  static constexpr bool diagnose = false;
};

// Says that the Remaining Length is not the length of the fields.
inline constexpr statement wrong_length{"v3.1.1 §2.2.3", "v5 §2.1.4"};

struct no_notes {};

// What a reader keeps for a diagnosis.
struct reader_notes {
  char const* begin = nullptr;
  char const* field = nullptr;  // what the next check is about: the field read last, see next_field()
  statement broken{};
  std::size_t offset = 0;
};

// What readers of all policies have in common.
class cursor {
 public:
  constexpr cursor() noexcept = default;
  constexpr explicit cursor(std::string_view input) noexcept
      : position_(input.data()), end_(input.data() + input.size()) {}

  constexpr bool failed() const noexcept { return error_.code != errc::none; }
  constexpr hubwire::error error() const noexcept { return error_; }
  constexpr std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - position_); }
  constexpr bool empty() const noexcept { return position_ == end_; }
  constexpr char const* position() const noexcept { return position_; }
  // Everything that is left. It stays unread.
  constexpr std::string_view unread() const noexcept { return {position_, remaining()}; }

  // Keeps the first error. After it there is nothing to read any more.
  HUBWIRE_SMALLER_INLINE constexpr void fail(errc why) noexcept {
    if (!failed()) error_.code = why;
    position_ = end_;
  }
  constexpr void fail(errc why, std::uint32_t detail) noexcept {
    if (!failed()) error_.detail = detail;
    fail(why);
  }

 protected:
  HUBWIRE_SMALLER_INLINE constexpr std::uint8_t take_byte() noexcept {
    if (empty()) [[unlikely]] {
      fail(errc::malformed_packet);
      return 0;
    }
    return to_byte(*position_++);
  }
  HUBWIRE_SMALLER_INLINE constexpr std::uint16_t take_number() noexcept {
    if (remaining() < 2) [[unlikely]] {
      fail(errc::malformed_packet);
      return 0;
    }
    position_ += 2;
    return load_number(position_ - 2);
  }
  HUBWIRE_SMALLER_INLINE constexpr std::string_view take_chars(std::size_t count) noexcept {
    if (remaining() < count) [[unlikely]] {
      fail(errc::malformed_packet);
      return {};
    }
    position_ += count;
    return {position_ - count, count};
  }
  HUBWIRE_SMALLER_INLINE constexpr std::uint16_t take_id() noexcept {
    std::uint16_t const id = take_number();
    if (id == 0) [[unlikely]]
      fail(errc::protocol_error);
    return id;
  }
  // Whether exactly count bytes are left; fails if not.
  HUBWIRE_SMALLER_INLINE constexpr bool has_size(std::size_t count) noexcept {
    if (remaining() == count) [[likely]] {
      end_ = position_ + count;  // as it is: so that compilers know that these bytes are there
      return true;
    }
    fail(errc::malformed_packet);
    return false;
  }
  // Passes over a field and returns its size. Its bytes then end at position_.
  HUBWIRE_SMALLER_INLINE constexpr std::size_t take_field() noexcept {
    return take_chars(take_number()).size();
  }

  // INVARIANT: position_ <= end_, both within the input; after fail() position_ == end_.
  char const* position_ = nullptr;
  char const* end_ = nullptr;
  hubwire::error error_{};
};

}  // namespace detail

/// Reads the fields of a received packet. It keeps the first failure. Policy says what is checked.
template <class Policy = strict>
class reader : public detail::cursor {
 public:
  using policy = Policy;

  constexpr explicit reader(std::string_view input) noexcept : cursor(input) {
    if constexpr (Policy::diagnose) notes_.begin = notes_.field = position_;  // offsets count from here
  }

  /// Decoders call it with what must hold, the error if it does not, and the statement that says so, in each
  /// version that has it.
  HUBWIRE_SMALLER_INLINE constexpr void require(bool condition, errc why, char const* v3 = nullptr,
                                                char const* v5 = nullptr) noexcept {
    if (condition || is_proven) [[likely]]
      return;
    if constexpr (Policy::diagnose) note({v3, v5});
    fail(why);
  }
  constexpr void require(bool condition, hubwire::error why, char const* v3,
                         char const* v5 = nullptr) noexcept {
    if (condition || is_proven) [[likely]]
      return;
    if constexpr (Policy::diagnose) note({v3, v5});
    fail(why.code, why.detail);
  }

  /// Requires that exactly count bytes are left, and says whether that is so.
  HUBWIRE_SMALLER_INLINE constexpr bool require_size(std::size_t count) noexcept {
    if constexpr (Policy::diagnose) {
      notes_.field = remaining() < count ? end_ : position_ + count;
      if (remaining() != count) note(detail::wrong_length);
    }
    return has_size(count);
  }

  /// The next checks are about the bytes that follow, not about the field that was read last.
  HUBWIRE_SMALLER_INLINE constexpr void next_field() noexcept {
    if constexpr (Policy::diagnose) notes_.field = position_;
  }

  /// Diagnosing policies only: what require() noted at the first failure.
  constexpr detail::reader_notes const& notes() const noexcept requires(Policy::diagnose) { return notes_; }

  HUBWIRE_SMALLER_INLINE constexpr std::uint8_t u8() noexcept {
    begin_field(1);
    if constexpr (!is_proven) return take_byte();
    return detail::to_byte(*position_++);
  }
  /// A number of two bytes, big-endian as everything in MQTT: v3.1.1 §1.5.2, v5 §1.5.2.
  constexpr std::uint16_t u16() noexcept {
    begin_field(2);
    if constexpr (!is_proven) return take_number();
    position_ += 2;
    return detail::load_number(position_ - 2);
  }
  constexpr std::string_view take(std::size_t count) noexcept {
    begin_field(count);
    if constexpr (!is_proven) return take_chars(count);
    position_ += count;
    return {position_ - count, count};
  }
  /// A length of two bytes, then that many bytes: v3.1.1 §1.5.3, v5 §1.5.4 and §1.5.6.
  HUBWIRE_SMALLER_INLINE constexpr std::string_view prefixed() noexcept {
    if constexpr (Policy::diagnose || is_proven) return take(u16());
    std::size_t const size = take_field();
    return {position_ - size, size};
  }
  /// A number of two bytes. 0 breaks the statement.
  HUBWIRE_SMALLER_INLINE constexpr std::uint16_t nonzero(char const* v3, char const* v5 = nullptr) noexcept {
    if constexpr (!Policy::diagnose && !is_proven) return take_id();
    std::uint16_t const number = u16();
    require(number != 0, errc::protocol_error, v3, v5);
    return number;
  }
  /// Takes everything that is left.
  constexpr std::string_view rest() noexcept {
    std::string_view const all = unread();
    position_ = end_;
    return all;
  }

 private:
  static constexpr bool is_proven = std::is_same_v<Policy, detail::proven>;

  HUBWIRE_SMALLER_INLINE constexpr void begin_field(std::size_t count) noexcept {
    next_field();
    if constexpr (Policy::diagnose)
      if (remaining() < count) note(detail::wrong_length);
  }
  constexpr void note(statement const& broken) noexcept {
    if (failed()) return;
    notes_.broken = broken;
    notes_.offset = static_cast<std::size_t>(notes_.field - notes_.begin);
  }

  [[no_unique_address]] std::conditional_t<Policy::diagnose, detail::reader_notes, detail::no_notes> notes_{};
};

}}  // namespace hubwire

#endif
