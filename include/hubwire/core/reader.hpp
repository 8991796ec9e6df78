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

namespace hubwire::inline abi1 {

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

struct no_notes {};

// Where a diagnosing reader stands and stood.
struct reader_notes {
  char const* begin = nullptr;
  char const* field = nullptr;  // what is required now is about: the field read last, see also next_field()
  bool flags = false;           // or the fixed header's flags
  statement broken{};
  std::size_t offset = 0;
  static constexpr std::size_t in_flags = static_cast<std::size_t>(-1);
};

}  // namespace detail

template <class Policy = strict>
class reader {
 public:
  using policy = Policy;

  constexpr explicit reader(std::string_view input) noexcept
      : position_(input.data()), end_(input.data() + input.size()) {
    if constexpr (Policy::diagnose) notes_.begin = notes_.field = input.data();
  }

  constexpr bool failed() const noexcept { return error_.code != errc::none; }
  constexpr hubwire::error error() const noexcept { return error_; }
  constexpr std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - position_); }
  constexpr bool empty() const noexcept { return position_ == end_; }

  // Keeps the first error; there is nothing to read any more after it.
  HUBWIRE_ALWAYS_INLINE constexpr void fail(errc why, std::uint32_t detail = 0) noexcept {
    if (!failed()) error_ = {why, detail};
    position_ = end_;
  }
  // The form that decoders use: what must hold, what it is if it does not, and who says so.
  HUBWIRE_INLINE constexpr void require(bool condition, errc why, statement broken = {}) noexcept {
    require(condition, hubwire::error{why, 0}, broken);
  }
  HUBWIRE_INLINE constexpr void require(bool condition, hubwire::error why, statement broken) noexcept {
    if (condition) return;
    if constexpr (Policy::diagnose) note(broken);
    fail(why.code, why.detail);
  }

  // What is required after this is about the bytes that follow, not about the field that was read last.
  HUBWIRE_ALWAYS_INLINE constexpr void next_field() noexcept {
    if constexpr (Policy::diagnose) {
      notes_.field = position_;
      notes_.flags = false;
    }
  }
  // The same for the flags of the fixed header.
  HUBWIRE_ALWAYS_INLINE constexpr void header_flags() noexcept {
    if constexpr (Policy::diagnose) notes_.flags = true;
  }

  // Diagnosing policies only: what require() noted at the first failure.
  constexpr detail::reader_notes const& notes() const noexcept requires(Policy::diagnose) { return notes_; }

  HUBWIRE_ALWAYS_INLINE constexpr std::uint8_t u8() noexcept {
    if (!has(1)) return 0;
    return detail::to_byte(*position_++);
  }
  // Big-endian, as everything in MQTT: v3.1.1 §1.5.2, v5 §1.5.2.
  HUBWIRE_ALWAYS_INLINE constexpr std::uint16_t u16() noexcept {
    if (!has(2)) return 0;
    unsigned const high = detail::to_byte(position_[0]);
    unsigned const low = detail::to_byte(position_[1]);
    position_ += 2;
    return static_cast<std::uint16_t>(high << 8 | low);
  }
  HUBWIRE_ALWAYS_INLINE constexpr std::string_view take(std::size_t count) noexcept {
    if (!has(count)) return {};
    std::string_view const taken(position_, count);
    position_ += count;
    return taken;
  }
  // Everything that is left.
  HUBWIRE_ALWAYS_INLINE constexpr std::string_view rest() noexcept {
    std::string_view const taken(position_, remaining());
    position_ = end_;
    return taken;
  }
  // Two bytes of length, then that many bytes: v3.1.1 §1.5.3, v5 §1.5.4 and §1.5.6.
  HUBWIRE_ALWAYS_INLINE constexpr std::string_view prefixed() noexcept { return take(u16()); }

 private:
  // A field of count bytes begins here, if there are as many.
  HUBWIRE_ALWAYS_INLINE constexpr bool has(std::size_t count) noexcept {
    next_field();
    if (remaining() >= count) return true;
    if constexpr (Policy::diagnose) note({});
    fail(errc::malformed_packet);
    return false;
  }
  constexpr void note(statement broken) noexcept {
    if (failed()) return;
    notes_.broken = broken;
    auto const in_body = static_cast<std::size_t>(notes_.field - notes_.begin);
    notes_.offset = notes_.flags ? detail::reader_notes::in_flags : in_body;
  }

  // INVARIANT: position_ <= end_, both within the input; a failed reader has position_ == end_.
  char const* position_;
  char const* end_;
  hubwire::error error_{};
  [[no_unique_address]] std::conditional_t<Policy::diagnose, detail::reader_notes, detail::no_notes> notes_{};
};

}  // namespace hubwire::inline abi1

#endif
