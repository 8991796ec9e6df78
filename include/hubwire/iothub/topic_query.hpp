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

enum class query_member : std::uint8_t { other, id, version };

// Takes the name of a member and the '='; nothing where it is another. Names are seldom escaped.
constexpr query_member take_name(std::string_view& rest) noexcept {
  if (hubwire::detail::consume_quickly(rest, literal("$rid="))) return query_member::id;
  if (hubwire::detail::consume_quickly(rest, literal("$version="))) return query_member::version;
  char const* const end = rest.data() + rest.size();
  char const* const id = behind_name(rest.data(), end, "$rid", 4);
  char const* const behind = id != nullptr ? id : behind_name(rest.data(), end, "$version", 8);
  if (behind == nullptr) return query_member::other;
  bool const bare = behind == end || *behind == '&';
  rest = hubwire::detail::tail(rest, static_cast<std::size_t>(behind - rest.data()) + (bare ? 0 : 1));
  return id != nullptr ? query_member::id : query_member::version;
}

// Takes one member and the '&' behind it; false when it may not be there.
constexpr bool take_member(topic_query& query, std::string_view& rest) noexcept {
  if (rest.front() == '&' || rest.front() == '=') return false;
  query_member const name = take_name(rest);
  char const* at = rest.data();
  char const* const end = at + rest.size();
  for (; at != end && *at != '&'; ++at)
    if (*at == '/') return false;
  if (name == query_member::id && !set_id(query, rest.data(), at)) return false;
  if (name == query_member::version && !set_version(query, rest.data(), at)) return false;
  rest = drop(rest, static_cast<std::size_t>(at - rest.data()) + 1);
  return true;
}

// Unknown members are ignored. False without '?', with a further level, with a member that has no name, with
// $rid or $version twice, or with a $version that is no 64-bit number.
constexpr bool take_members(topic_query& query, std::string_view rest) noexcept {
  if (rest.empty()) return true;
  if (rest.front() != '?') return false;
  rest = hubwire::detail::tail(rest, 1);
  while (!rest.empty())
    if (!take_member(query, rest)) return false;
  return true;
}

// level is part of a topic_name, so that what stands behind $rid= is fit for a request_id. An empty one
// counts as an empty query.
HUBWIRE_ONE_COPY constexpr topic_query read_query(std::string_view level) noexcept {
  topic_query query;
  if (!take_members(query, level)) {
    query.has_version = false;
    query.refused = errc::invalid_iothub_topic;
  }
  return query;
}

}}}}  // namespace hubwire::iothub::detail

#endif
