// SPDX-License-Identifier: BSL-1.0
// The last level of twin and method topics: "?$rid=1&$version=2", an unordered bag.
#ifndef HUBWIRE_IOTHUB_TOPIC_QUERY_HPP
#define HUBWIRE_IOTHUB_TOPIC_QUERY_HPP

#include <cstdint>
#include <optional>
#include <string_view>

#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/iothub/request_id.hpp>
#include <hubwire/text/decimal.hpp>

namespace hubwire::inline abi1::iothub::detail {

struct topic_query {
  request_id id = 0;
  bool has_id = false;  // there, and not empty
  std::optional<std::uint64_t> version{};
};

// One member's part in the query; false when it may not be there.
constexpr bool take_member(topic_query& query, property const& member, bool& seen_id) noexcept {
  if (member.name == "$version") {
    if (query.version) return false;
    query.version = parse_decimal(member.value.raw());
    return query.version.has_value();
  }
  if (!(member.name == "$rid")) return true;
  if (seen_id) return false;
  seen_id = true;
  query.has_id = member.value.state() == value_state::text;
  if (query.has_id) query.id = request_id::trusted(member.value.raw());
  return true;
}

// level is part of a topic_name, so that what stands behind $rid= is fit for a request_id. Unknown
// members are ignored. errc::invalid_iothub_topic without '?' (an empty level counts as an empty query),
// with a further level, with $rid or $version twice, or with a $version that is no 64-bit number.
constexpr result<topic_query> parse_query(std::string_view level) noexcept {
  topic_query query;
  if (level.empty()) return query;
  if (!consume(level, "?") || index_of(level, '/') != level.size()) return errc::invalid_iothub_topic;
  result<property_bag> const members = property_bag::parse(level);
  if (!members) return members.error();

  bool seen_id = false;
  for (property const member : *members)
    if (!take_member(query, member, seen_id)) return errc::invalid_iothub_topic;
  return query;
}

}  // namespace hubwire::inline abi1::iothub::detail

#endif
