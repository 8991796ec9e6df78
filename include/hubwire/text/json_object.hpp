// SPDX-License-Identifier: BSL-1.0
// The members of a JSON object as views, for the few that a device needs of a twin: RFC 8259. Checks the
// whole text once, keeps nothing, and leaves numbers and escapes to whoever asks for them.
#ifndef HUBWIRE_TEXT_JSON_OBJECT_HPP
#define HUBWIRE_TEXT_JSON_OBJECT_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/text/percent.hpp>

namespace hubwire { inline namespace abi1 {

/// Deeper nesting is refused; IoT Hub allows ten levels in a twin.
inline constexpr unsigned json_depth_max = 64;

namespace detail {

constexpr void skip_space(std::string_view& rest) noexcept {
  std::size_t count = 0;
  while (count != rest.size() &&
         (rest[count] == ' ' || rest[count] == '\t' || rest[count] == '\n' || rest[count] == '\r'))
    ++count;
  rest = drop(rest, count);
}

constexpr bool skip_digits(std::string_view& rest) noexcept {
  std::size_t count = 0;
  while (count != rest.size() && rest[count] >= '0' && rest[count] <= '9') ++count;
  rest = drop(rest, count);
  return count != 0;
}

constexpr bool skip_number(std::string_view& rest) noexcept {
  static_cast<void>(consume(rest, "-"));
  if (!consume(rest, "0") && !skip_digits(rest)) return false;
  if (consume(rest, ".") && !skip_digits(rest)) return false;
  if (!consume(rest, "e") && !consume(rest, "E")) return true;
  static_cast<void>(consume(rest, "+") || consume(rest, "-"));
  return skip_digits(rest);
}

constexpr bool skip_escape(std::string_view& rest) noexcept {
  char const kind = rest.empty() ? '\0' : rest.front();
  rest = drop(rest, 1);
  if (kind != 'u') return kind != '\0' && index_of("\"\\/bfnrt", kind) != 8;
  if (rest.size() < 4) return false;
  for (std::size_t i = 0; i != 4; ++i)
    if (hex_value(rest[i]) > 15) return false;
  rest = drop(rest, 4);
  return true;
}

constexpr bool skip_string(std::string_view& rest) noexcept {
  if (!consume(rest, "\"")) return false;
  while (!rest.empty()) {
    char const c = rest.front();
    rest = drop(rest, 1);
    if (c == '"') return true;
    if (to_byte(c) < 0x20 || (c == '\\' && !skip_escape(rest))) return false;
  }
  return false;
}

constexpr bool skip_name(std::string_view& rest) noexcept {
  skip_space(rest);
  if (!skip_string(rest)) return false;
  skip_space(rest);
  return consume(rest, ":");
}

// What a scan of nested values stands in: one bit for each open bracket, 1 for an object.
struct json_nesting {
  std::uint64_t objects = 0;
  unsigned depth = 0;

  constexpr bool in_object() const noexcept { return (objects & 1) != 0; }
  constexpr bool enter(bool object) noexcept {
    objects = objects << 1 | (object ? 1u : 0u);
    return ++depth <= json_depth_max;
  }
  constexpr void leave() noexcept {
    objects >>= 1;
    --depth;
  }
};

enum class json_step : std::uint8_t { broken, complete, opened };

constexpr bool skip_scalar(std::string_view& rest) noexcept {
  if (begins_with(rest, "\"")) return skip_string(rest);
  return consume(rest, "true") || consume(rest, "false") || consume(rest, "null") || skip_number(rest);
}

// The beginning of a value: all of a scalar or of an empty container, or what opens a container, with the
// name of an object's first member.
constexpr json_step begin_value(std::string_view& rest, json_nesting& nesting) noexcept {
  skip_space(rest);
  bool const object = begins_with(rest, "{");
  if (object || begins_with(rest, "[")) {
    rest = drop(rest, 1);
    skip_space(rest);
    if (consume(rest, object ? "}" : "]")) return json_step::complete;
    return nesting.enter(object) && (!object || skip_name(rest)) ? json_step::opened : json_step::broken;
  }
  return skip_scalar(rest) ? json_step::complete : json_step::broken;
}

// Closes what ends behind a value, up to the comma in front of the next one; false when neither is there.
constexpr bool close_ended(std::string_view& rest, json_nesting& nesting) noexcept {
  for (; nesting.depth != 0; nesting.leave()) {
    skip_space(rest);
    if (consume(rest, ",")) return true;
    if (!consume(rest, nesting.in_object() ? "}" : "]")) return false;
  }
  return true;
}

// Takes one value from the front of rest; false when there is none. rest then begins near the flaw.
constexpr bool skip_json(std::string_view& rest) noexcept {
  json_nesting nesting;
  for (;;) {  // once for each value; every round takes at least one character
    json_step const step = begin_value(rest, nesting);
    if (step == json_step::broken) return false;
    if (step == json_step::opened) continue;
    if (!close_ended(rest, nesting)) return false;
    if (nesting.depth == 0) return true;
    if (nesting.in_object() && !skip_name(rest)) return false;
  }
}

}  // namespace detail

struct json_member {
  std::string_view name{};   // as written, without the quotes; escapes are not resolved
  std::string_view value{};  // as written, a string with its quotes
};

/// An object whose text is well-formed. A view. Names may come twice.
class json_object {
 public:
  constexpr json_object() noexcept = default;

  /// errc::invalid_json with the offset of the flaw, or near it: for text that is no JSON, no object, or
  /// nested deeper than json_depth_max.
  static constexpr result<json_object> parse(std::string_view text) noexcept {
    std::string_view rest = text;
    detail::skip_space(rest);
    json_object object;
    bool sound = begins_with(rest, "{");
    std::string_view const begin = rest;
    sound = sound && detail::skip_json(rest);
    object.text_ = first(begin, begin.size() - rest.size());
    if (sound) detail::skip_space(rest);
    if (!sound || !rest.empty())
      return error{errc::invalid_json, static_cast<std::uint32_t>(text.size() - rest.size())};
    return object;
  }

  constexpr std::string_view text() const noexcept { return text_; }

  /// The value of the first member with that name, compared as written.
  constexpr std::optional<std::string_view> find(std::string_view name) const noexcept {
    for (std::string_view rest = drop(text_, 1); !rest.empty();) {
      json_member const member = take_member(rest);
      if (member.value.empty()) break;
      if (same(member.name, name)) return member.value;
    }
    return std::nullopt;
  }

 private:
  // The next member, and what is behind its comma; no value at the end of the object.
  static constexpr json_member take_member(std::string_view& rest) noexcept {
    detail::skip_space(rest);
    if (rest.empty() || rest.front() == '}') return {};
    std::string_view const quoted = rest;
    static_cast<void>(detail::skip_string(rest));
    std::string_view const name = drop(first(quoted, quoted.size() - rest.size() - 1), 1);
    detail::skip_space(rest);
    rest = drop(rest, 1);
    detail::skip_space(rest);
    std::string_view const begin = rest;
    static_cast<void>(detail::skip_json(rest));
    std::string_view const value = first(begin, begin.size() - rest.size());
    detail::skip_space(rest);
    static_cast<void>(consume(rest, ","));
    return {name, value};
  }

  // INVARIANT: empty, or a well-formed object from its brace to its brace.
  std::string_view text_{};
};

}}  // namespace hubwire

#endif
