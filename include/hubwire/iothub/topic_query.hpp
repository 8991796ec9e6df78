// SPDX-License-Identifier: BSL-1.0
// The last level of twin and method topics: "?$rid=1&$version=2", an unordered bag.
#ifndef HUBWIRE_IOTHUB_TOPIC_QUERY_HPP
#define HUBWIRE_IOTHUB_TOPIC_QUERY_HPP

#include <cstdint>
#include <optional>
#include <string_view>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/simd_bytes.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/iothub/request_id.hpp>
#include <hubwire/text/decimal.hpp>

namespace hubwire::inline HUBWIRE_ABI::iothub::detail {

struct topic_query {
  request_id id = 0;
  bool saw_id = false;
  bool has_id = false;  // there, and not empty
  std::optional<std::uint64_t> version{};
};

// What stands behind the '=' of a member whose name ends at at.
constexpr std::string_view value_behind(char const* at, char const* end) noexcept {
  if (at != end) ++at;
  return {at, static_cast<std::size_t>(end - at)};
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

// The part of the member [at, end) in the query; false when it may not be there.
constexpr bool take_member(topic_query& query, char const* at, char const* end) noexcept {
  if (at == end || *at == '=') return false;
  if (char const* const id = behind_name(at, end, literal("$rid")))
    return set_id(query, value_behind(id, end));
  char const* const version = behind_name(at, end, literal("$version"));
  return version == nullptr || set_version(query, value_behind(version, end));
}

// level is part of a topic_name, so that what stands behind $rid= is fit for a request_id. Unknown members are
// ignored, and an empty level counts as an empty query. False without '?', with a further level, with a member
// that has no name, with $rid or $version twice, or with a $version that is no 64-bit number.
constexpr bool parse_query(topic_query& query, std::string_view level) noexcept {
  if (level.empty()) return true;
  if (level.front() != '?' || index_of(level, '/') != level.size()) return false;
  char const* const end = level.data() + level.size();
  // From one separator to the next; one may stand at the end.
  for (char const* at = level.data(); at != end && ++at != end;) {
    char const* const separator = hubwire::detail::find_byte(at, end, '&');
    if (!take_member(query, at, separator)) return false;
    at = separator;
  }
  return true;
}

// The three forms that the service and its clients write: "?$rid=…", "?$rid=…&$version=…", "?$version=…".
// False for everything else, right or wrong.
HUBWIRE_ALWAYS_INLINE constexpr bool read_usual_query(topic_query& query, std::string_view level) noexcept {
  if (consume(level, literal("?$rid="))) {
    std::size_t size = 0;
    for (; size != level.size() && level[size] != '&'; ++size)
      if (level[size] == '/') return false;
    if (size == 0) return false;
    query.has_id = true;
    query.id = request_id::trusted(hubwire::detail::head(level, size));
    level = hubwire::detail::tail(level, size);
    if (level.empty()) return true;
    if (!consume(level, literal("&$version="))) return false;
  } else if (!consume(level, literal("?$version="))) {
    return false;
  }
  query.version = parse_decimal(level);
  return query.version.has_value();
}

// Whether a query could be read, by a shortcut where there is one.
HUBWIRE_ALWAYS_INLINE constexpr bool read_query(topic_query& query, std::string_view level) noexcept {
  if constexpr (hubwire::detail::for_size) return parse_query(query, level);
  if (read_usual_query(query, level)) return true;
  topic_query any;  // apart, so that its address is all that leaves this function
  if (!parse_query(any, level)) return false;
  query = any;
  return true;
}

// The same for a query that has to have an id.
HUBWIRE_ALWAYS_INLINE constexpr errc read_request(topic_query& query, std::string_view level) noexcept {
  if (!read_query(query, level)) return errc::invalid_iothub_topic;
  return query.has_id ? errc::none : errc::missing_request_id;
}

}  // namespace hubwire::inline HUBWIRE_ABI::iothub::detail

#endif
