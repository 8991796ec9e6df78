// SPDX-License-Identifier: BSL-1.0
// The last level of twin and method topics: "?$rid=1&$version=2", an unordered bag.
#ifndef HUBWIRE_IOTHUB_TOPIC_QUERY_HPP
#define HUBWIRE_IOTHUB_TOPIC_QUERY_HPP

#include <cstdint>
#include <optional>
#include <string_view>

#include <hubwire/core/result.hpp>
#include <hubwire/core/simd_bytes.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/iothub/request_id.hpp>
#include <hubwire/text/decimal.hpp>
#include <hubwire/text/percent.hpp>

namespace hubwire::inline abi1::iothub::detail {

struct topic_query {
  request_id id = 0;
  bool saw_id = false;
  bool has_id = false;  // there, and not empty
  std::optional<std::uint64_t> version{};
};

// Takes what stands in front of the next '&', and that; false at a '/', which ends no query.
constexpr bool take_item(std::string_view& rest, std::string_view& item) noexcept {
  char const* const begin = rest.data();
  char const* const end = begin + rest.size();
  char const* at = begin;
  for (; at != end && *at != '&'; ++at)
    if (*at == '/') return false;
  item = {begin, static_cast<std::size_t>(at - begin)};
  rest = drop(rest, item.size() + 1);
  return true;
}

constexpr bool set_version(topic_query& query, std::string_view digits) noexcept {
  if (query.version) return false;
  query.version = parse_decimal(digits);
  return query.version.has_value();
}

constexpr bool set_id(topic_query& query, std::string_view id) noexcept {
  if (query.saw_id) return false;
  query.saw_id = true;
  query.has_id = !id.empty();
  if (query.has_id) query.id = request_id::trusted(id);
  return true;
}

// Any member, its name in any spelling.
constexpr bool take_any_member(topic_query& query, std::string_view& rest) noexcept {
  std::string_view item{};
  if (!take_item(rest, item)) return false;
  cut_result const halves = cut(item, '=');
  percent_text const name(halves.before);
  if (name == "$version") return set_version(query, halves.after);
  if (name == "$rid") return set_id(query, halves.after);
  return !halves.before.empty();
}

// One member's part in the query; false when it may not be there. The two that matter are nearly always
// spelled like this.
HUBWIRE_ALWAYS_INLINE constexpr bool take_member(topic_query& query, std::string_view& rest) noexcept {
  std::string_view item{};
  if (!hubwire::detail::small_code) {
    if (consume(rest, "$rid=")) return take_item(rest, item) && set_id(query, item);
    if (consume(rest, "$version=")) return take_item(rest, item) && set_version(query, item);
  }
  return take_any_member(query, rest);
}

// level is part of a topic_name, so that what stands behind $rid= is fit for a request_id. Unknown
// members are ignored. errc::invalid_iothub_topic without '?' (an empty level counts as an empty query),
// with a further level, with a member that has no name, with $rid or $version twice, or with a $version that
// is no 64-bit number.
constexpr result<topic_query> parse_query(std::string_view level) noexcept {
  topic_query query;
  if (level.empty()) return query;
  if (!consume(level, "?")) return errc::invalid_iothub_topic;
  while (!level.empty())
    if (!take_member(query, level)) return errc::invalid_iothub_topic;
  return query;
}

}  // namespace hubwire::inline abi1::iothub::detail

#endif
