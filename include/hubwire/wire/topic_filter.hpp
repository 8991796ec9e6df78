// SPDX-License-Identifier: BSL-1.0
// The filter of a SUBSCRIBE, and which topic names it matches: v3.1.1 §4.7, v5 §4.7.
#ifndef HUBWIRE_WIRE_TOPIC_FILTER_HPP
#define HUBWIRE_WIRE_TOPIC_FILTER_HPP

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <hubwire/core/proven_text.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/simd_bytes.hpp>
#include <hubwire/wire/text.hpp>
#include <hubwire/wire/topic_name.hpp>

namespace hubwire { inline namespace abi1 {

/// A valid text of at least one character, with wildcards only where they are allowed: a view, and never
/// empty. parse() says errc::invalid_topic_filter. matches() is safe for a filter that trusted() made, too.
class topic_filter : public detail::proven_text<topic_filter> {
 public:
  template <std::size_t Size>
  consteval topic_filter(char const (&literal)[Size])
      : topic_filter(trust{}, checked(detail::literal_view(literal))) {}
  // Text that the compiler does not know is checked by parse(): this name is what it says.
  template <std::convertible_to<std::string_view> run_time_text_goes_through_parse>
  topic_filter(run_time_text_goes_through_parse const&) = delete;
  // Only a failed result holds one.
  constexpr topic_filter(detail::absent) noexcept : data_(nullptr), size_(absent_size) {}

  HUBWIRE_SMALLER_INLINE static constexpr bool is_valid(std::string_view candidate) noexcept {
    return is_valid_filter(candidate.data(), candidate.size());
  }
  /// The first wildcard that may not be where it is, 0 when there is none.
  HUBWIRE_SMALLER_INLINE static constexpr char misplaced_wildcard(std::string_view candidate) noexcept {
    return misplaced_in(candidate.data(), candidate.size());
  }

  /// Whether a topic matches. Linear in the length of the two, without recursion, whatever the number of
  /// levels.
  constexpr bool matches(topic_name name) const noexcept;

 private:
  friend proven_text;
  constexpr topic_filter(trust, std::string_view vouched) noexcept
      : data_(vouched.data()), size_(vouched.size()) {}
  static constexpr errc broken_rule = errc::invalid_topic_filter;
  static void literal_is_not_a_valid_topic_filter() {}
  static constexpr void check_literal(bool valid) {
    if (!valid) literal_is_not_a_valid_topic_filter();
  }

  // Whether the character at at is a wildcard that may be there: it fills its level, and '#' the last one.
  static constexpr bool is_placed_wildcard(char const* at, char const* begin, char const* end) noexcept {
    if ((*at | 0x08) != '+') return false;  // 0x08 maps '#' to '+'
    bool const begins = at == begin || at[-1] == '/';
    bool const ends = at + 1 == end || (*at == '+' && at[1] == '/');
    return begins && ends;  // v3.1.1:MQTT-4.7.1-2, v3.1.1:MQTT-4.7.1-3
  }
  static constexpr bool is_plain_or_placed(char const* at, char const* begin, char const* end) noexcept {
    return !detail::is_odd(detail::to_byte(*at)) || is_placed_wildcard(at, begin, end);
  }
  // A shortcut around exact code, for plain characters (see core/simd.hpp) and wildcards in their places.
  // Where it would not be quick, it says no.
  HUBWIRE_FASTER_INLINE static constexpr bool is_surely_valid(char const* at, std::size_t size) noexcept {
    if constexpr (detail::has_blocks) {
      if (std::is_constant_evaluated() || size < 18 || size > text_max) return false;
      at = detail::hide_object(at);
      char const* const end = at + size;
      return is_plain_or_placed(at, at, end) && is_plain_or_placed(end - 1, at, end) &&
             detail::has_plain_levels(at + 1, end - 1);
    }
    return false;
  }
  static constexpr bool is_valid_filter(char const* at, std::size_t size) noexcept {
    if (is_surely_valid(at, size)) [[likely]]
      return true;
    if (misplaced_in(at, size) != 0) return false;  // v3.1.1:MQTT-4.7.1-2, v3.1.1:MQTT-4.7.1-3
    // v3.1.1:MQTT-3.8.3-1, v3.1.1:MQTT-3.10.3-1, v3.1.1:MQTT-4.7.3-1, v3.1.1:MQTT-4.7.3-2,
    // v3.1.1:MQTT-4.7.3-3
    return detail::text_faults(at, size) <= detail::found_wildcard;
  }
  static constexpr char misplaced_in(char const* begin, std::size_t size) noexcept {
    char const* const end = begin + size;
    char const* const misplaced =
        detail::find_where(begin, end, detail::byte_is_wildcard{},
                           [=](char const* at) { return !is_placed_wildcard(at, begin, end); });
    return misplaced == end ? '\0' : *misplaced;
  }
  // Wildcards at the beginning leave reserved topics alone. Both are empty only when trusted() made them.
  static constexpr bool may_match(std::string_view filter, std::string_view topic) noexcept {
    if (topic.empty() || filter.empty()) return false;
    bool const wildcard = filter.front() == '#' || filter.front() == '+';
    return !(topic.front() == '$' && wildcard);  // v3.1.1:MQTT-4.7.2-1
  }

  char const* data_;
  std::size_t size_;
};

constexpr bool topic_filter::matches(topic_name name) const noexcept {
  std::string_view filter = view();
  std::string_view topic = name.view();
  if (!may_match(filter, topic)) return false;

  for (;;) {  // both stand at the beginning of a level; each round takes one level from each
    if (same(filter, "#")) return true;
    cut_result const wanted = cut(filter, '/');
    cut_result const level = cut(topic, '/');
    if (!same(wanted.before, "+") && !same(wanted.before, level.before)) return false;  // v3.1.1:MQTT-4.7.3-4
    if (!level.found) return !wanted.found || same(wanted.after, "#");  // "a/#" matches "a" too
    if (!wanted.found) return false;
    filter = wanted.after;
    topic = level.after;
  }
}

namespace detail {

template <class Policy>
HUBWIRE_SMALLER_INLINE constexpr topic_filter read_topic_filter(reader<Policy>& in) noexcept {
  std::string_view raw = in.prefixed();
  in.require(!raw.empty(), errc::protocol_error, "v3.1.1:MQTT-4.7.3-1");
  if constexpr (Policy::check_text) {
    text_findings const found = scan_text(raw);
    in.require(!found.ill_formed, errc::malformed_packet, "v3.1.1:MQTT-1.5.3-1");
    in.require(!found.nul, errc::malformed_packet, "v3.1.1:MQTT-4.7.3-2");  // v3.1.1:MQTT-1.5.3-2
    char const misplaced = topic_filter::misplaced_wildcard(raw);
    in.require(misplaced != '#', errc::protocol_error, "v3.1.1:MQTT-4.7.1-2");
    in.require(misplaced != '+', errc::protocol_error, "v3.1.1:MQTT-4.7.1-3");
  }
  return topic_filter::trusted(raw);
}

}  // namespace detail

}}  // namespace hubwire

#endif
