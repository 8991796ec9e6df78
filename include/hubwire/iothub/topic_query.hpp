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

namespace hubwire { inline namespace abi1 { namespace iothub { namespace detail {

// Plain members, which compilers keep in registers; an optional they do not.
struct topic_query {
  std::string_view id{};  // without data where there is none
  std::uint64_t version = 0;
  bool has_version = false;
  errc refused = errc::missing_request_id;  // why this is no query of a request

  constexpr request_id request() const noexcept { return request_id::trusted(id); }
  constexpr std::optional<std::uint64_t> any_version() const noexcept {
    if (!has_version) return std::nullopt;
    return version;
  }
};

constexpr bool set_id(topic_query& query, char const* at, char const* end) noexcept {
  if (query.id.data() != nullptr) return false;
  query.id = {at, static_cast<std::size_t>(end - at)};
  if (at != end) query.refused = errc::none;
  return true;
}
constexpr bool set_version(topic_query& query, char const* at, char const* end) noexcept {
  if (query.has_version) return false;
  query.has_version = hubwire::detail::read_decimal(query.version, at, end);
  return query.has_version;
}

// The part of the member [at, end) in the query; false when it may not be there.
constexpr bool take_member(topic_query& query, char const* at, char const* end) noexcept {
  if (at == end || *at == '=') return false;
  char const* const id = behind_name(at, end, literal("$rid"));
  char const* value = id != nullptr ? id : behind_name(at, end, literal("$version"));
  if (value == nullptr) return true;
  if (value != end) ++value;  // the '='
  return id != nullptr ? set_id(query, value, end) : set_version(query, value, end);
}

// level is part of a topic_name, so that what stands behind $rid= is fit for a request_id. Unknown members are
// ignored, and an empty level counts as an empty query. False without '?', with a further level, with a member
// that has no name, with $rid or $version twice, or with a $version that is no 64-bit number.
constexpr bool take_members(topic_query& query, char const* at, char const* end) noexcept {
  if (at == end) return true;
  if (*at != '?') return false;
  for (++at; at != end;) {
    char const* const member = at;
    for (; at != end && *at != '&'; ++at)
      if (*at == '/') return false;
    if (!take_member(query, member, at)) return false;
    if (at != end) ++at;
  }
  return true;
}

constexpr topic_query parse_query(char const* level, char const* end) noexcept {
  topic_query query;
  if (!take_members(query, level, end)) {
    query.has_version = false;
    query.refused = errc::invalid_iothub_topic;
  }
  return query;
}

// The three forms that the service and its clients write: "?$rid=…", "?$rid=…&$version=…", "?$version=…".
// False for everything else, right or wrong.
constexpr bool read_usual_query(topic_query& query, std::string_view level) noexcept {
  if (consume(level, literal("?$rid="))) {
    std::size_t size = 0;
    for (; size != level.size() && level[size] != '&'; ++size)
      if (level[size] == '/') return false;
    if (size == 0) return false;
    query.id = hubwire::detail::head(level, size);
    query.refused = errc::none;
    level = hubwire::detail::tail(level, size);
    if (level.empty()) return true;
    if (!consume(level, literal("&$version="))) return false;
  } else if (!consume(level, literal("?$version="))) {
    return false;
  }
  return set_version(query, level.data(), level.data() + level.size());
}

// By a shortcut where there is one.
constexpr topic_query read_query(std::string_view level) noexcept {
  char const* const end = level.data() + level.size();
  if constexpr (hubwire::detail::for_size) return parse_query(level.data(), end);
  topic_query query;
  if (!read_usual_query(query, level)) query = parse_query(level.data(), end);
  return query;
}

}}}}  // namespace hubwire::iothub::detail

#endif
