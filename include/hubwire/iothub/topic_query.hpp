// SPDX-License-Identifier: BSL-1.0
// The last level of twin and method topics: "?$rid=1&$version=2", an unordered bag.
#ifndef HUBWIRE_IOTHUB_TOPIC_QUERY_HPP
#define HUBWIRE_IOTHUB_TOPIC_QUERY_HPP

#include <cstdint>
#include <optional>
#include <string_view>

#include <hubwire/core/errc.hpp>
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

HUBWIRE_FASTER_INLINE constexpr bool set_id(topic_query& query, char const* at, char const* end) noexcept {
  if (query.id.data() != nullptr) return false;
  query.id = {at, static_cast<std::size_t>(end - at)};
  if (at != end) query.refused = errc::none;
  return true;
}
HUBWIRE_FASTER_INLINE constexpr bool set_version(topic_query& query, char const* at,
                                                 char const* end) noexcept {
  if (query.has_version) return false;
  query.has_version = hubwire::detail::read_decimal(query.version, at, end);
  return query.has_version;
}

enum class query_member : std::uint8_t { nameless, other, id, version };

// Takes the name of a member and the '='; nothing where it is neither of the two.
constexpr query_member take_name(char const*& at, char const* end) noexcept {
  if (ends_name(at, end)) return query_member::nameless;
  char const* const id = behind_name(at, end, "$rid", 4);
  char const* const behind = id != nullptr ? id : behind_name(at, end, "$version", 8);
  if (behind == nullptr) return query_member::other;
  at = behind != end && *behind == '=' ? behind + 1 : behind;
  return id != nullptr ? query_member::id : query_member::version;
}
// Takes one member and the '&' behind it; false when it may not be there.
constexpr bool take_member(topic_query& query, char const*& at, char const* end) noexcept {
  query_member const name = take_name(at, end);
  if (name == query_member::nameless) return false;
  char const* const value = at;
  for (; at != end && *at != '&'; ++at)
    if (*at == '/') return false;
  if (name == query_member::id && !set_id(query, value, at)) return false;
  if (name == query_member::version && !set_version(query, value, at)) return false;
  if (at != end) ++at;
  return true;
}

// Unknown members are ignored. False without '?', with a further level, with a member that has no name, with
// $rid or $version twice, or with a $version that is no 64-bit number.
constexpr bool take_members(topic_query& query, char const* at, char const* end) noexcept {
  if (at == end) return true;
  if (*at != '?') return false;
  for (++at; at != end;)
    if (!take_member(query, at, end)) return false;
  return true;
}

constexpr topic_query read_any_query(char const* at, char const* end) noexcept {
  topic_query query;
  if (!take_members(query, at, end)) {
    query.has_version = false;
    query.refused = errc::invalid_iothub_topic;
  }
  return query;
}

// Reads a query that has $rid, $rid and $version, or $version. A shortcut around exact code: of everything
// else, good or bad, it says no.
HUBWIRE_FASTER_INLINE constexpr bool read_usual_query(topic_query& query, char const* at,
                                                      char const* end) noexcept {
  if (hubwire::detail::consume_by_shortcut(at, end, literal("?$rid="))) {
    char const* const id = at;
    while (at != end && *at != '&' && *at != '/') ++at;
    if (at == id || !set_id(query, id, at)) return false;
    if (at == end) return true;
    if (!hubwire::detail::consume_by_shortcut(at, end, literal("&$version="))) return false;
  } else if (!hubwire::detail::consume_by_shortcut(at, end, literal("?$version="))) {
    return false;
  }
  return set_version(query, at, end);
}

// level is part of a topic_name, so that what stands behind $rid= is fit for a request_id. An empty one
// counts as an empty query.
HUBWIRE_SMALLER_INLINE constexpr topic_query read_query(std::string_view level) noexcept {
  char const* const end = level.data() + level.size();
  topic_query query;
  if (!hubwire::detail::for_size && read_usual_query(query, level.data(), end)) return query;
  return read_any_query(level.data(), end);
}

}}}}  // namespace hubwire::iothub::detail

#endif
