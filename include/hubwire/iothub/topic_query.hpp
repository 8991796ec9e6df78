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

// The end of the member that begins at at; nullptr where a '/' stands in it, which ends no query.
constexpr char const* end_of_member(char const* at, char const* end) noexcept {
  for (; at != end && *at != '&'; ++at)
    if (*at == '/') return nullptr;
  return at;
}

// level is part of a topic_name, so that what stands behind $rid= is fit for a request_id. Unknown
// members are ignored. errc::invalid_iothub_topic without '?' (an empty level counts as an empty query),
// with a further level, with a member that has no name, with $rid or $version twice, or with a $version that
// is no 64-bit number.
constexpr result<topic_query> parse_query(std::string_view level) noexcept {
  topic_query query;
  if (level.empty()) return query;
  if (level.front() != '?') return errc::invalid_iothub_topic;
  char const* const end = level.data() + level.size();
  for (char const* at = level.data() + 1; at != end;) {
    char const* const stop = end_of_member(at, end);
    if (stop == nullptr) return errc::invalid_iothub_topic;
    cut_result const member = cut({at, static_cast<std::size_t>(stop - at)}, '=');
    percent_text const name(member.before);
    bool fits = !member.before.empty();
    if (name == "$version") fits = set_version(query, member.after);
    if (name == "$rid") fits = set_id(query, member.after);
    if (!fits) return errc::invalid_iothub_topic;
    at = stop == end ? end : stop + 1;
  }
  return query;
}

// The three forms that the service and its clients write: "?$rid=…", "?$rid=…&$version=…", "?$version=…".
// False for everything else, right or wrong.
HUBWIRE_ALWAYS_INLINE constexpr bool read_usual_query(topic_query& query, std::string_view level) noexcept {
  bool last = false;
  if (consume(level, "?$rid=")) {
    char const* const end = level.data() + level.size();
    char const* const stop = end_of_member(level.data(), end);
    if (stop == nullptr || stop == level.data()) return false;
    query.has_id = true;
    query.id = request_id::trusted({level.data(), static_cast<std::size_t>(stop - level.data())});
    level = {stop, static_cast<std::size_t>(end - stop)};
    if (level.empty()) return true;
    last = consume(level, "&$version=");
  } else {
    last = consume(level, "?$version=");
  }
  if (last) query.version = parse_decimal(level);
  return query.version.has_value();
}

// parse_query, by a shortcut where there is one.
HUBWIRE_ALWAYS_INLINE constexpr errc read_query(topic_query& query, std::string_view level) noexcept {
  if (!hubwire::detail::small_code && read_usual_query(query, level)) return errc::none;
  result<topic_query> const any = parse_query(level);
  if (any) query = *any;
  return any.error().code;
}

}  // namespace hubwire::inline abi1::iothub::detail

#endif
