// SPDX-License-Identifier: BSL-1.0
// A sticky cursor over received bytes: the first failure is kept, and after it every read gives zeros,
// so a decoder reads straight through and asks once at the end.
#ifndef HUBWIRE_CORE_READER_HPP
#define HUBWIRE_CORE_READER_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>

namespace hubwire::inline abi1 {

// What a decoder looks at. Structure (lengths, flags, ids, codes) is always checked.
struct strict {
  static constexpr bool check_text = true;  // UTF-8, U+0000, wildcards where they may not be
};
// For peers that the caller trusts to send well-formed text, such as its own broker.
struct structural {
  static constexpr bool check_text = false;
};

template <class Policy = strict>
class reader {
 public:
  using policy = Policy;

  constexpr explicit reader(std::string_view input) noexcept
      : position_(input.data()), end_(input.data() + input.size()) {}

  constexpr bool failed() const noexcept { return error_.code != errc::none; }
  constexpr hubwire::error error() const noexcept { return error_; }
  constexpr std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - position_); }
  constexpr bool empty() const noexcept { return position_ == end_; }

  // Keeps the first error; there is nothing to read any more after it.
  HUBWIRE_ALWAYS_INLINE constexpr void fail(errc code, std::uint32_t detail = 0) noexcept {
    if (error_.code == errc::none) error_ = {code, detail};
    position_ = end_;
  }
  // The form that decoders use, with the statement that demands it in a comment at the line's end.
  HUBWIRE_ALWAYS_INLINE constexpr void require(bool condition, errc code) noexcept {
    if (!condition) fail(code);
  }

  HUBWIRE_ALWAYS_INLINE constexpr std::uint8_t u8() noexcept {
    if (position_ == end_) return fail(errc::malformed_packet), std::uint8_t{0};
    return detail::to_byte(*position_++);
  }
  // Big-endian, as everything in MQTT: v3.1.1 §1.5.2, v5 §1.5.2.
  HUBWIRE_ALWAYS_INLINE constexpr std::uint16_t u16() noexcept {
    if (remaining() < 2) return fail(errc::malformed_packet), std::uint16_t{0};
    unsigned const high = detail::to_byte(position_[0]);
    unsigned const low = detail::to_byte(position_[1]);
    position_ += 2;
    return static_cast<std::uint16_t>(high << 8 | low);
  }
  HUBWIRE_ALWAYS_INLINE constexpr std::string_view take(std::size_t count) noexcept {
    if (remaining() < count) return fail(errc::malformed_packet), std::string_view{};
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
  // INVARIANT: position_ <= end_, both within the input; a failed reader has position_ == end_.
  char const* position_;
  char const* end_;
  hubwire::error error_{};
};

}  // namespace hubwire::inline abi1

#endif
