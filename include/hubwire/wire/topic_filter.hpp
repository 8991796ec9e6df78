// SPDX-License-Identifier: BSL-1.0
// The filter of a SUBSCRIBE, and which topic names it matches: v3.1.1 §4.7, v5 §4.7.
#ifndef HUBWIRE_WIRE_TOPIC_FILTER_HPP
#define HUBWIRE_WIRE_TOPIC_FILTER_HPP

#include <concepts>
#include <cstddef>
#include <string_view>

#include <hubwire/core/reader.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/wire/text.hpp>
#include <hubwire/wire/topic_name.hpp>

namespace hubwire { inline namespace abi1 {

// At least one character, a valid text, wildcards only where they are allowed. A view.
class topic_filter {
 public:
  template <std::size_t Size>
  consteval topic_filter(char const (&literal)[Size])
      : topic_filter(checked(detail::literal_view(literal))) {}
  // Text that is known at run time only; the parameter's name is for the compiler's message.
  template <std::convertible_to<std::string_view> run_time_text_goes_through_parse>
  topic_filter(run_time_text_goes_through_parse const&) = delete;

  // Only a failed result holds one: empty, which no encoder takes.
  constexpr topic_filter(detail::absent) noexcept : data_(nullptr), size_(0) {}

  // errc::invalid_topic_filter when a rule is broken.
  HUBWIRE_SMALLER_INLINE static constexpr result<topic_filter> parse(std::string_view candidate) noexcept {
    if (!is_valid(candidate)) return errc::invalid_topic_filter;
    return trusted(candidate);
  }
  // For a filter that the caller vouches for; nothing is checked. matches() stays safe all the same.
  HUBWIRE_SMALLER_INLINE static constexpr topic_filter trusted(std::string_view vouched) noexcept {
    return topic_filter(trust{}, vouched);
  }

  HUBWIRE_SMALLER_INLINE static constexpr bool is_valid(std::string_view candidate) noexcept {
    unsigned const faults = detail::text_faults(candidate.data(), candidate.size());
    if (faults > detail::found_wildcard)
      return false;  // v3.1.1:MQTT-3.8.3-1, v3.1.1:MQTT-3.10.3-1, v3.1.1:MQTT-4.7.3-1, v3.1.1:MQTT-4.7.3-2, v3.1.1:MQTT-4.7.3-3
    if (faults == 0) return true;
    return has_valid_wildcards(candidate);  // v3.1.1:MQTT-4.7.1-2, v3.1.1:MQTT-4.7.1-3
  }

  static constexpr bool has_valid_wildcards(std::string_view candidate) noexcept {
    return misplaced_wildcard(candidate) == 0;
  }
  // The first wildcard that may not be where it is, 0 when there is none.
  HUBWIRE_SMALLER_INLINE static constexpr char misplaced_wildcard(std::string_view candidate) noexcept {
    return misplaced_in(candidate.data(), candidate.size());
  }

  // Linear in the length of the two, without recursion, whatever the number of levels.
  constexpr bool matches(topic_name name) const noexcept;

  constexpr std::string_view view() const noexcept { return {data_, size_}; }
  constexpr std::size_t size() const noexcept { return size_; }

  friend constexpr bool operator==(topic_filter a, topic_filter b) noexcept {
    return same(a.view(), b.view());
  }
  template <std::convertible_to<std::string_view> Text>
  friend constexpr bool operator==(topic_filter a, Text const& b) noexcept {
    return same(a.view(), b);
  }

 private:
  struct trust {};
  constexpr topic_filter(trust, std::string_view vouched) noexcept
      : data_(vouched.data()), size_(vouched.size()) {}

  HUBWIRE_ONE_COPY static constexpr char misplaced_in(char const* at, std::size_t size) noexcept {
    char const* const end = at + size;
    char before = '/';
    for (; at != end; ++at) {
      if ((*at | 0x08) == '+') {  // or '#', which 0x08 maps to '+'
        bool const ends = at + 1 == end || (*at == '+' && at[1] == '/');
        if (before != '/' || !ends) return *at;  // v3.1.1:MQTT-4.7.1-2, v3.1.1:MQTT-4.7.1-3
      }
      before = *at;
    }
    return 0;
  }
  // Wildcards at the beginning leave reserved topics alone. Both are empty only when trusted() made them.
  static constexpr bool may_match(std::string_view filter, std::string_view topic) noexcept {
    if (topic.empty() || filter.empty()) return false;
    bool const wildcard = filter.front() == '#' || filter.front() == '+';
    return !(topic.front() == '$' && wildcard);  // v3.1.1:MQTT-4.7.2-1
  }

  static void literal_is_not_a_valid_topic_filter() {}
  static consteval topic_filter checked(std::string_view literal) {
    if (!is_valid(literal)) literal_is_not_a_valid_topic_filter();
    return trusted(literal);
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
  in.require(!raw.empty(), errc::protocol_error, {"v3.1.1:MQTT-4.7.3-1"});
  if constexpr (Policy::check_text) {
    text_findings const found = scan_text(raw);
    in.require(!found.ill_formed, errc::malformed_packet, {"v3.1.1:MQTT-1.5.3-1"});
    in.require(!found.nul, errc::malformed_packet, {"v3.1.1:MQTT-4.7.3-2"});  // v3.1.1:MQTT-1.5.3-2
    char const misplaced = topic_filter::misplaced_wildcard(raw);
    in.require(misplaced != '#', errc::protocol_error, {"v3.1.1:MQTT-4.7.1-2"});
    in.require(misplaced != '+', errc::protocol_error, {"v3.1.1:MQTT-4.7.1-3"});
  }
  return topic_filter::trusted(raw);
}

}  // namespace detail

}}  // namespace hubwire

#endif
