// SPDX-License-Identifier: BSL-1.0
// What the types have in common that stand for text of one kind, such as a topic name. Holding one is the
// proof.
#ifndef HUBWIRE_CORE_PROVEN_TEXT_HPP
#define HUBWIRE_CORE_PROVEN_TEXT_HPP

#include <concepts>
#include <cstddef>
#include <string_view>

#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// Base of Text: a view, whose characters stay the caller's. The compiler checks a literal, parse() checks
// other text once. What Text has: data_ and size_, which are not here because clang 14 ends badly where a
// consteval constructor sets members of a base; constructors from a literal, from absent and from (trust,
// vouched); is_valid(candidate); the error of parse() as broken_rule; check_literal(valid), which calls a
// function that is not constexpr and whose name says what is wrong. It may have an absent_size and is_same()
// of its own.
template <class Text>
class proven_text {
 public:
  /// Checks a text. Fails when a rule of this type is broken.
  HUBWIRE_SMALLER_INLINE static constexpr result<Text> parse(std::string_view candidate) noexcept {
    if (!Text::is_valid(candidate)) return Text::broken_rule;
    return trusted(candidate);
  }
  /// For text that the caller vouches for: nothing is checked.
  HUBWIRE_SMALLER_INLINE static constexpr Text trusted(std::string_view vouched) noexcept {
    return Text(trust{}, vouched);
  }

  /// The characters; none for one that was taken from a failed result.
  constexpr std::string_view view() const noexcept {
    if constexpr (Text::absent_size == 0) return {data(), size()};
    return {data(), data() == nullptr ? 0 : size()};
  }
  constexpr char const* data() const noexcept { return static_cast<Text const&>(*this).data_; }
  constexpr std::size_t size() const noexcept { return static_cast<Text const&>(*this).size_; }
  constexpr bool empty() const noexcept { return size() == 0; }
  /// False for one that was taken from a failed result.
  constexpr bool is_present() const noexcept { return size() != Text::absent_size; }

  friend constexpr bool operator==(Text a, Text b) noexcept { return proven_text::compare(a, b); }
  template <std::convertible_to<std::string_view> Other>
  friend constexpr bool operator==(Text a, Other const& b) noexcept {
    return proven_text::compare(a, std::string_view(b));
  }

 protected:
  struct trust {};
  // The size of one that is absent. Where an empty text is sound it is more than any field holds.
  static constexpr std::size_t absent_size = 0;

  static consteval std::string_view checked(std::string_view literal) {
    Text::check_literal(Text::is_valid(literal));
    return literal;
  }

  static constexpr bool is_same(Text a, Text b) noexcept { return Text::is_same(a, b.view()); }
  static constexpr bool is_same(Text a, std::string_view b) noexcept { return same(a.view(), b); }

 private:
  // Calls is_same() of Text, which operators may not.
  template <class Other>
  static constexpr bool compare(Text a, Other b) noexcept {
    return Text::is_same(a, b);
  }
};

}}}  // namespace hubwire::detail

#endif
