// SPDX-License-Identifier: BSL-1.0
// A UTF-8 encoded string as MQTT wants it: v3.1.1 §1.5.3, v5 §1.5.4. Holding one is the proof.
#ifndef HUBWIRE_WIRE_TEXT_HPP
#define HUBWIRE_WIRE_TEXT_HPP

#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>

#include <hubwire/core/proven_text.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/utf8.hpp>

namespace hubwire { inline namespace abi1 {

/// What two bytes of length can say.
inline constexpr std::size_t text_max = 65'535;

namespace detail {

// Whether two bytes can say that size, in the form that takes the least code.
constexpr bool fits_field(std::size_t size) noexcept { return size >> 16 == 0; }

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

// The faults of a text whose size comes from a field. In line for speed, since a decoder is one copy.
constexpr unsigned faults_of_field(char const* text, std::size_t size) noexcept {
  return size == 0 ? found_empty : scan_blocks<block_width>(text, size);
}

// What a decoder makes of the faults of a text that a packet may not hold: an empty one and a wildcard are
// well-formed.
constexpr errc code_of_faults(unsigned faults) noexcept {
  return faults < found_nul ? errc::protocol_error : errc::malformed_packet;
}

}  // namespace detail

/// Well-formed UTF-8 without U+0000, at most 65,535 bytes: a view, which does not own its characters. A
/// literal is checked by the compiler, other text by parse(), which says errc::invalid_text. One that was
/// taken from a failed result has a size() of more than text_max, so that encoders refuse it as they refuse
/// what is too long.
class text : public detail::proven_text<text> {
 public:
  template <std::size_t Size>
  consteval text(char const (&literal)[Size]) : text(trust{}, checked(detail::literal_view(literal))) {}
  // Text that the compiler does not know is checked by parse(): this name is what it says.
  template <std::convertible_to<std::string_view> run_time_text_goes_through_parse>
  text(run_time_text_goes_through_parse const&) = delete;
  // Only a failed result holds one.
  constexpr text(detail::absent) noexcept : data_(nullptr), size_(absent_size) {}
  constexpr text() noexcept : text(trust{}, {}) {}  // empty

  HUBWIRE_SMALLER_INLINE static constexpr bool is_valid(std::string_view candidate) noexcept {
    constexpr unsigned bad = detail::found_too_long;  // and what is worse
    unsigned const faults = detail::text_faults(candidate.data(), candidate.size());
    // v3.1.1:MQTT-1.5.3-1, v3.1.1:MQTT-1.5.3-2, v3.1.1:MQTT-3.1.3-4, v3.1.1:MQTT-3.1.3-11
    return faults < bad;
  }

 private:
  friend proven_text;
  constexpr text(trust, std::string_view vouched) noexcept : data_(vouched.data()), size_(vouched.size()) {}
  static constexpr errc broken_rule = errc::invalid_text;
  static constexpr std::size_t absent_size = text_max + 1;
  static void literal_is_not_a_valid_mqtt_text() {}
  static constexpr void check_literal(bool valid) {
    if (!valid) literal_is_not_a_valid_mqtt_text();
  }

  char const* data_;
  std::size_t size_;
};

/// A text or none. A std::optional<text>, but a literal is checked by the compiler here as well: .user_name
/// = "alice".
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
  friend constexpr bool operator==(optional_text const& a, text const& b) noexcept { return a && *a == b; }
};

namespace detail {

// A length-prefixed text field of a received packet.
template <class Policy>
HUBWIRE_SMALLER_INLINE constexpr text read_text(reader<Policy>& in) noexcept {
  std::string_view raw = in.prefixed();
  if constexpr (Policy::check_text) {
    text_findings const found = scan_text(raw);
    in.require(!found.ill_formed, errc::malformed_packet, "v3.1.1:MQTT-1.5.3-1");
    in.require(!found.nul, errc::malformed_packet, "v3.1.1:MQTT-1.5.3-2");
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
