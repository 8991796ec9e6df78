// SPDX-License-Identifier: BSL-1.0
// What pairs a request with its response: the $rid in the topics of twins and methods.
#ifndef HUBWIRE_IOTHUB_REQUEST_ID_HPP
#define HUBWIRE_IOTHUB_REQUEST_ID_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/text/decimal.hpp>
#include <hubwire/text/text_writer.hpp>
#include <hubwire/wire/topic_name.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

// Either a number, which is what a device counts up, or the text that the other side chose, which is
// opaque and goes back exactly as it came. Text is a view; a literal is checked by the compiler, other
// text once by parse(): at least one character, no '/', no '&', nothing that a topic name may not hold.
class request_id {
 public:
  constexpr request_id(std::uint32_t number) noexcept : number_(number) {}
  template <std::size_t Size>
  consteval request_id(char const (&literal)[Size])
      : request_id(checked(hubwire::detail::literal_view(literal))) {}

  // Only a failed result holds one: neither a number nor a text, and nothing that writes topics takes it.
  constexpr request_id(hubwire::detail::absent) noexcept : data_("") {}

  // errc::invalid_field when a rule is broken.
  static constexpr result<request_id> parse(std::string_view candidate) noexcept {
    if (!is_valid(candidate)) return errc::invalid_field;
    return trusted(candidate);
  }
  // For text that the caller vouches for, which is not empty; nothing is checked.
  static constexpr request_id trusted(std::string_view vouched) noexcept {
    return request_id(trust{}, vouched);
  }

  static constexpr bool is_valid(std::string_view candidate) noexcept {
    return topic_name::is_valid(candidate) && index_of(candidate, '/') == candidate.size() &&
           index_of(candidate, '&') == candidate.size();
  }

  // The text as it stands in a topic; empty for a number.
  constexpr std::string_view text() const noexcept { return {data_, size_}; }
  // The number, also when it came back as text. Nothing for any other text.
  constexpr std::optional<std::uint32_t> number() const noexcept {
    if (size_ == 0) return data_ == nullptr ? std::optional(number_) : std::nullopt;
    if (data_[0] == '0' && size_ != 1) return std::nullopt;  // "07" is not what 7 looks like
    auto number = parse_decimal(text(), (std::numeric_limits<std::uint32_t>::max)());
    if (!number) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
  }

  // 7 and "7" are the same id.
  friend constexpr bool operator==(request_id a, request_id b) noexcept {
    if (a.size_ != 0 && b.size_ != 0) return same(a.text(), b.text());
    return a.number().has_value() && a.number() == b.number();
  }

  template <std::convertible_to<std::string_view> Text>
  friend constexpr bool operator==(request_id a, Text const& b) noexcept {
    std::string_view const other = b;
    return !other.empty() && a == trusted(other);
  }

  // One taken from a failed result makes the topic errc::invalid_topic_name.
  constexpr void write_to(text_writer& out) const noexcept {
    if (size_ != 0) {
      out.put(text());
    } else if (data_ == nullptr) {
      out.put_number(number_);
    } else {
      out.refuse();
    }
  }

 private:
  struct trust {};
  constexpr request_id(trust, std::string_view vouched) noexcept
      : data_(vouched.data()), size_(vouched.size()) {}

  static void literal_is_not_a_valid_request_id() {}
  static consteval request_id checked(std::string_view literal) {
    if (!is_valid(literal)) literal_is_not_a_valid_request_id();
    return trusted(literal);
  }

  char const* data_ = nullptr;
  std::size_t size_ = 0;  // 0: a number without data_, else absent
  std::uint32_t number_ = 0;
};

}}}  // namespace hubwire::iothub

#endif
