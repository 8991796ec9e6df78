// SPDX-License-Identifier: BSL-1.0
// A UTF-8 encoded string as MQTT wants it: v3.1.1 §1.5.3, v5 §1.5.4. Holding one is the proof.
#ifndef HUBWIRE_WIRE_TEXT_HPP
#define HUBWIRE_WIRE_TEXT_HPP

#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>

#include <hubwire/core/reader.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/core/utf8.hpp>

namespace hubwire { inline namespace abi1 {

// What two bytes of length can say.
inline constexpr std::size_t text_max = 65'535;

namespace detail {

// Whether two bytes can say that size, in the form that takes the least code.
HUBWIRE_SMALLER_INLINE constexpr bool fits_field(std::size_t size) noexcept { return size >> 16 == 0; }

// Beside what a scan finds, see core/simd.hpp.
inline constexpr unsigned found_empty = 2;
inline constexpr unsigned found_too_long = 4;
static_assert(found_wildcard < found_empty && found_too_long < found_nul && found_nul < found_ill_formed);

// Whatever some kind of text must not have, one bit each; of a text that is too long no more than that. Stops
// at the first ill-formed sequence.
HUBWIRE_ONE_COPY constexpr unsigned text_faults(char const* text, std::size_t size) noexcept {
  if (size == 0) return found_empty;
  if (!fits_field(size)) return found_too_long;
  return scan_blocks<block_width>(text, size);
}

}  // namespace detail

// Well-formed UTF-8 without U+0000, at most 65,535 bytes. A view: the characters stay the caller's. A
// literal is checked by the compiler, other text once by parse().
class text {
 public:
  constexpr text() noexcept = default;  // empty
  // Only a failed result holds one. It has no characters and a size that no field has, so that encoders refuse it as
  // they refuse what is too long.
  constexpr text(detail::absent) noexcept : size_(text_max + 1) {}
  template <std::size_t Size>
  consteval text(char const (&literal)[Size]) : text(checked(detail::literal_view(literal))) {}
  // Text that is known at run time only; the parameter's name is for the compiler's message.
  template <std::convertible_to<std::string_view> run_time_text_goes_through_parse>
  text(run_time_text_goes_through_parse const&) = delete;

  // errc::invalid_text when a rule is broken.
  HUBWIRE_SMALLER_INLINE static constexpr result<text> parse(std::string_view candidate) noexcept {
    if (!is_valid(candidate)) return errc::invalid_text;
    return trusted(candidate);
  }
  // For text that the caller vouches for; nothing is checked.
  HUBWIRE_SMALLER_INLINE static constexpr text trusted(std::string_view vouched) noexcept {
    return text(trust{}, vouched);
  }

  HUBWIRE_SMALLER_INLINE static constexpr bool is_valid(std::string_view candidate) noexcept {
    constexpr unsigned bad = detail::found_too_long;  // and what is worse
    unsigned const faults = detail::text_faults(candidate.data(), candidate.size());
    return faults <
           bad;  // v3.1.1:MQTT-1.5.3-1, v3.1.1:MQTT-1.5.3-2, v3.1.1:MQTT-3.1.3-4, v3.1.1:MQTT-3.1.3-11
  }

  constexpr std::string_view view() const noexcept { return {data_, data_ == nullptr ? 0 : size_}; }
  constexpr char const* data() const noexcept { return data_; }
  // More than text_max for one taken from a failed result, where view() is empty.
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }

  friend constexpr bool operator==(text a, text b) noexcept { return same(a.view(), b.view()); }
  template <std::convertible_to<std::string_view> Text>
  friend constexpr bool operator==(text a, Text const& b) noexcept {
    return same(a.view(), b);
  }

 private:
  struct trust {};
  constexpr text(trust, std::string_view vouched) noexcept : data_(vouched.data()), size_(vouched.size()) {}

  static void literal_is_not_a_valid_mqtt_text() {}
  static consteval text checked(std::string_view literal) {
    if (!is_valid(literal)) literal_is_not_a_valid_mqtt_text();
    return trusted(literal);
  }

  char const* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A text or none. A std::optional<text>, but a literal is checked by the compiler here as well: .user_name = "alice".
class optional_text : public std::optional<text> {
 public:
  constexpr optional_text() noexcept = default;
  constexpr optional_text(std::nullopt_t) noexcept {}
  constexpr optional_text(text given) noexcept : std::optional<text>(given) {}
  constexpr optional_text(std::optional<text> const& given) noexcept : std::optional<text>(given) {}
  template <std::size_t Size>
  consteval optional_text(char const (&literal)[Size]) : std::optional<text>(text(literal)) {}
  // As text's.
  template <std::convertible_to<std::string_view> run_time_text_goes_through_parse>
  optional_text(run_time_text_goes_through_parse const&) = delete;

  friend constexpr bool operator==(optional_text const& a, optional_text const& b) noexcept {
    return a.has_value() == b.has_value() && (!a || *a == *b);
  }
};

namespace detail {

// A length-prefixed text field of a received packet.
template <class Policy>
HUBWIRE_SMALLER_INLINE constexpr text read_text(reader<Policy>& in) noexcept {
  std::string_view raw = in.prefixed();
  if constexpr (Policy::check_text) {
    text_findings const found = scan_text(raw);
    in.require(!found.ill_formed, errc::malformed_packet, {"v3.1.1:MQTT-1.5.3-1"});
    in.require(!found.nul, errc::malformed_packet, {"v3.1.1:MQTT-1.5.3-2"});
  }
  return text::trusted(raw);  // U+FEFF is data: v3.1.1:MQTT-1.5.3-3
}

// A length-prefixed field of arbitrary bytes.
template <class Policy>
HUBWIRE_SMALLER_INLINE constexpr bytes read_binary(reader<Policy>& in) noexcept {
  return bytes(in.prefixed());
}

}  // namespace detail

}}  // namespace hubwire

#endif
