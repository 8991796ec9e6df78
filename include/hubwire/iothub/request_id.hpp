// SPDX-License-Identifier: BSL-1.0
// What pairs a request with its response: the $rid in the topics of twins and methods.
#ifndef HUBWIRE_IOTHUB_REQUEST_ID_HPP
#define HUBWIRE_IOTHUB_REQUEST_ID_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <hubwire/core/proven_text.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/text/decimal.hpp>
#include <hubwire/text/text_writer.hpp>
#include <hubwire/wire/topic_name.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

/// Either a number, which is what a device counts up, or the text that the other side chose, which is opaque
/// and goes back exactly as it came. Text is a view of at least one character, no '/', no '&', and nothing
/// that a topic name may not hold. A literal is checked by the compiler, other text by parse(), which says
/// errc::invalid_field.
class request_id : private hubwire::detail::proven_text<request_id> {
 public:
  using proven_text::parse;
  using proven_text::trusted;

  template <std::size_t Size>
  consteval request_id(char const (&literal)[Size])
      : request_id(trust{}, checked(hubwire::detail::literal_view(literal))) {}
  constexpr request_id(std::uint32_t number) noexcept : data_(nullptr), size_(number) {}
  // Only a failed result holds one: neither a number nor a text, and nothing that writes topics takes it.
  constexpr request_id(hubwire::detail::absent) noexcept : data_(""), size_(0) {}

  static constexpr bool is_valid(std::string_view candidate) noexcept {
    return topic_name::is_valid(candidate) && index_of(candidate, '/') == candidate.size() &&
           index_of(candidate, '&') == candidate.size();
  }

  /// The text as it stands in a topic; empty for a number.
  constexpr std::string_view text() const noexcept { return {data(), is_number() ? 0 : size()}; }
  /// The number, also when it came back as text. Nothing for any other text.
  constexpr std::optional<std::uint32_t> number() const noexcept {
    if (is_number()) return static_cast<std::uint32_t>(size());
    if (size() > 1 && *data() == '0') return std::nullopt;  // "07" is not what 7 looks like
    auto number = parse_decimal(text(), (std::numeric_limits<std::uint32_t>::max)());
    if (!number) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
  }

  /// Writes the id. One that was taken from a failed result makes the topic errc::invalid_topic_name.
  constexpr void write_to(text_writer& out) const noexcept {
    if (is_number()) {
      out.put_number(size());
    } else if (size() != 0) {
      out.put(text());
    } else {
      out.refuse();
    }
  }

 private:
  friend proven_text;
  constexpr request_id(trust, std::string_view vouched) noexcept
      : data_(vouched.data()), size_(vouched.size()) {}
  static constexpr errc broken_rule = errc::invalid_field;
  static void literal_is_not_a_valid_request_id() {}
  static constexpr void check_literal(bool valid) {
    if (!valid) literal_is_not_a_valid_request_id();
  }

  // A number stands where a text has its size.
  constexpr bool is_number() const noexcept { return data() == nullptr; }
  // 7 and "7" are the same id.
  static constexpr bool is_same(request_id a, request_id b) noexcept {
    if (!a.text().empty() && !b.text().empty()) return same(a.text(), b.text());
    return a.number().has_value() && a.number() == b.number();
  }
  static constexpr bool is_same(request_id a, std::string_view b) noexcept {
    return !b.empty() && is_same(a, trusted(b));
  }

  char const* data_;
  std::size_t size_;
};

}}}  // namespace hubwire::iothub

#endif
