// SPDX-License-Identifier: BSL-1.0
// The topic of a PUBLISH: v3.1.1 §4.7, v5 §4.7.
#ifndef HUBWIRE_WIRE_TOPIC_NAME_HPP
#define HUBWIRE_WIRE_TOPIC_NAME_HPP

#include <concepts>
#include <cstddef>
#include <string_view>

#include <hubwire/core/reader.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/wire/text.hpp>

namespace hubwire { inline namespace abi1 {

// At least one character, a valid text, no wildcard. A view, and never empty: there is no default
// constructor, so a PUBLISH without a topic does not compile.
class topic_name {
 public:
  template <std::size_t Size>
  consteval topic_name(char const (&literal)[Size]) : topic_name(checked(detail::literal_view(literal))) {}
  // Text that is known at run time only; the parameter's name is for the compiler's message.
  template <std::convertible_to<std::string_view> run_time_text_goes_through_parse>
  topic_name(run_time_text_goes_through_parse const&) = delete;

  // Only a failed result holds one: empty, which no encoder takes.
  constexpr topic_name(detail::absent) noexcept : data_(nullptr), size_(0) {}

  // errc::invalid_topic_name when a rule is broken.
  HUBWIRE_SMALLER_INLINE static constexpr result<topic_name> parse(std::string_view candidate) noexcept {
    if (!is_valid(candidate)) return errc::invalid_topic_name;
    return trusted(candidate);
  }
  // For a topic that the caller vouches for; nothing is checked.
  HUBWIRE_SMALLER_INLINE static constexpr topic_name trusted(std::string_view vouched) noexcept {
    return topic_name(trust{}, vouched);
  }

  HUBWIRE_SMALLER_INLINE static constexpr bool is_valid(std::string_view candidate) noexcept {
    // Empty, a wildcard, U+0000, too long, ill-formed.
    return detail::text_faults(candidate.data(), candidate.size()) ==
           0;  // v3.1.1:MQTT-4.7.3-1, v3.1.1:MQTT-4.7.1-1, v3.1.1:MQTT-4.7.3-2, v3.1.1:MQTT-4.7.3-3, v3.1.1:MQTT-1.5.3-1, v3.1.1:MQTT-3.1.3-10, v3.1.1:MQTT-3.3.2-2
  }

  constexpr std::string_view view() const noexcept { return {data_, size_}; }
  constexpr std::size_t size() const noexcept { return size_; }

  friend constexpr bool operator==(topic_name a, topic_name b) noexcept { return same(a.view(), b.view()); }
  template <std::convertible_to<std::string_view> Text>
  friend constexpr bool operator==(topic_name a, Text const& b) noexcept {
    return same(a.view(), b);
  }

 private:
  struct trust {};
  constexpr topic_name(trust, std::string_view vouched) noexcept
      : data_(vouched.data()), size_(vouched.size()) {}

  static void literal_is_not_a_valid_topic_name() {}
  static consteval topic_name checked(std::string_view literal) {
    if (!is_valid(literal)) literal_is_not_a_valid_topic_name();
    return trusted(literal);
  }

  char const* data_;
  std::size_t size_;
};

namespace detail {

// Whether a topic or filter has 1 to 65,535 bytes.
HUBWIRE_SMALLER_INLINE constexpr bool fits_topic(std::size_t size) noexcept { return size - 1 < text_max; }

template <class Policy>
HUBWIRE_SMALLER_INLINE constexpr topic_name read_topic_name(reader<Policy>& in) noexcept {
  std::string_view raw = in.prefixed();
  if constexpr (for_size && Policy::check_text && !Policy::diagnose) {
    unsigned const faults = text_faults(raw.data(), raw.size());
    if (faults != 0) {
      in.fail(faults < found_nul ? errc::protocol_error : errc::malformed_packet);
      return absent{};
    }
    return topic_name::trusted(raw);
  }
  in.require(!raw.empty(), errc::protocol_error, {"v3.1.1:MQTT-4.7.3-1"});
  if constexpr (Policy::check_text) {
    text_findings const found = scan_text(raw);
    in.require(!found.ill_formed, errc::malformed_packet, {"v3.1.1:MQTT-1.5.3-1"});  // v3.1.1:MQTT-3.3.2-1
    in.require(!found.nul, errc::malformed_packet, {"v3.1.1:MQTT-4.7.3-2"});         // v3.1.1:MQTT-1.5.3-2
    in.require(!found.wildcard, errc::protocol_error, {"v3.1.1:MQTT-3.3.2-2"});      // v3.1.1:MQTT-4.7.1-1
  }
  return topic_name::trusted(raw);
}

}  // namespace detail

}}  // namespace hubwire

#endif
