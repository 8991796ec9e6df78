// SPDX-License-Identifier: BSL-1.0
// The topic of a PUBLISH: v3.1.1 §4.7, v5 §4.7.
#ifndef HUBWIRE_WIRE_TOPIC_NAME_HPP
#define HUBWIRE_WIRE_TOPIC_NAME_HPP

#include <concepts>
#include <cstddef>
#include <string_view>

#include <hubwire/core/proven_text.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/wire/text.hpp>

namespace hubwire { inline namespace abi1 {

/// A valid text of at least one character, without a wildcard: a view, and never empty. There is no default
/// constructor, so a PUBLISH without a topic does not compile. parse() says errc::invalid_topic_name.
class topic_name : public detail::proven_text<topic_name> {
 public:
  template <std::size_t Size>
  consteval topic_name(char const (&literal)[Size])
      : topic_name(trust{}, checked(detail::literal_view(literal))) {}
  // Text that the compiler does not know is checked by parse(): this name is what it says.
  template <std::convertible_to<std::string_view> run_time_text_goes_through_parse>
  topic_name(run_time_text_goes_through_parse const&) = delete;
  // Only a failed result holds one.
  constexpr topic_name(detail::absent) noexcept : data_(nullptr), size_(absent_size) {}

  HUBWIRE_SMALLER_INLINE static constexpr bool is_valid(std::string_view candidate) noexcept {
    // Not empty (v3.1.1:MQTT-4.7.3-1), no wildcard (v3.1.1:MQTT-4.7.1-1, v3.1.1:MQTT-3.3.2-2), no U+0000
    // (v3.1.1:MQTT-4.7.3-2), not too long (v3.1.1:MQTT-4.7.3-3), UTF-8 (v3.1.1:MQTT-1.5.3-1,
    // v3.1.1:MQTT-3.1.3-10).
    return detail::text_faults(candidate.data(), candidate.size()) == 0;
  }

 private:
  friend proven_text;
  constexpr topic_name(trust, std::string_view vouched) noexcept
      : data_(vouched.data()), size_(vouched.size()) {}
  static constexpr errc broken_rule = errc::invalid_topic_name;
  static void literal_is_not_a_valid_topic_name() {}
  static constexpr void check_literal(bool valid) {
    if (!valid) literal_is_not_a_valid_topic_name();
  }

  char const* data_;
  std::size_t size_;
};

namespace detail {

template <class Policy>
HUBWIRE_SMALLER_INLINE constexpr topic_name read_topic_name(reader<Policy>& in) noexcept {
  std::string_view raw = in.prefixed();
  if constexpr (Policy::check_text && !Policy::diagnose) {
    unsigned const faults = faults_of_field(raw.data(), raw.size());
    // v3.1.1:MQTT-4.7.3-1, v3.1.1:MQTT-4.7.3-2, v3.1.1:MQTT-1.5.3-1, v3.1.1:MQTT-1.5.3-2,
    // v3.1.1:MQTT-3.3.2-1, v3.1.1:MQTT-3.3.2-2, v3.1.1:MQTT-4.7.1-1
    if (faults == 0) [[likely]]
      return topic_name::trusted(raw);
    in.fail(code_of_faults(faults));
    return absent{};
  }
  in.require(!raw.empty(), errc::protocol_error, "v3.1.1:MQTT-4.7.3-1");
  if constexpr (Policy::check_text) {
    text_findings const found = scan_text(raw);
    in.require(!found.ill_formed, errc::malformed_packet, "v3.1.1:MQTT-1.5.3-1");
    in.require(!found.nul, errc::malformed_packet, "v3.1.1:MQTT-4.7.3-2");
    in.require(!found.wildcard, errc::protocol_error, "v3.1.1:MQTT-3.3.2-2");
  }
  return topic_name::trusted(raw);
}

}  // namespace detail

}}  // namespace hubwire

#endif
