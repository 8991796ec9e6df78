// SPDX-License-Identifier: BSL-1.0
// Cutting string_views without substr, whose throwing path drags in about 1 kB of newlib.
#ifndef HUBWIRE_CORE_SLICE_HPP
#define HUBWIRE_CORE_SLICE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/simd.hpp>
#include <hubwire/core/simd_bytes.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

inline void array_is_not_a_string_literal() {}

// Holds the characters of a literal. Another constant array would silently lose its last character.
template <std::size_t Size>
consteval std::string_view literal_view(char const (&literal)[Size]) {
  if (literal[Size - 1] != '\0') array_is_not_a_string_literal();
  return {literal, Size - 1};
}

// first() and drop() for a count that is known to be no more than the text has.
constexpr std::string_view head(std::string_view text, std::size_t count) noexcept {
  HUBWIRE_ASSERT(count <= text.size());
  return {text.data(), count};
}
constexpr std::string_view tail(std::string_view text, std::size_t count) noexcept {
  HUBWIRE_ASSERT(count <= text.size());
  return {text.data() + count, text.size() - count};
}

// Whether the words at both places are the same, and the words that many bytes behind them.
template <class Word>
inline bool same_words(char const* a, char const* b, std::size_t behind) noexcept {
  return load_word<Word>(a) == load_word<Word>(b) &&
         load_word<Word>(a + behind) == load_word<Word>(b + behind);
}

// Compares up to 16 characters as two words that overlap, which is less than a call. Where b is a literal,
// its words are constants.
constexpr bool same_text(char const* a, char const* b, std::size_t size) noexcept {
  if (for_size || std::is_constant_evaluated()) return same_chars(a, b, size);
  std::size_t const last = size - 8;
  if (last <= 8) return same_words<std::uint64_t>(a, b, last);
  if (size < 4 || size > 8) return size == 0 || std::memcmp(a, b, size) == 0;
  return same_words<std::uint32_t>(a, b, size - 4);
}

}  // namespace detail

/// A literal whose length is known without asking: g++ -Os calls strlen for one that becomes a string_view.
template <std::size_t Size>
consteval std::string_view literal(char const (&text)[Size]) {
  return detail::literal_view(text);
}

/// The first count characters, or all of them when there are fewer.
constexpr std::string_view first(std::string_view text, std::size_t count) noexcept {
  return {text.data(), count < text.size() ? count : text.size()};
}

/// What is left after count characters; empty when there are fewer.
constexpr std::string_view drop(std::string_view text, std::size_t count) noexcept {
  std::size_t const skipped = count < text.size() ? count : text.size();
  return {text.data() + skipped, text.size() - skipped};
}

constexpr bool same(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && detail::same_text(a.data(), b.data(), a.size());
}

constexpr bool begins_with(std::string_view text, std::string_view prefix) noexcept {
  return text.size() >= prefix.size() && detail::same_text(text.data(), prefix.data(), prefix.size());
}

constexpr bool ends_with(std::string_view text, std::string_view suffix) noexcept {
  return text.size() >= suffix.size() &&
         detail::same_chars(text.data() + (text.size() - suffix.size()), suffix.data(), suffix.size());
}

namespace detail {

constexpr bool consume_chars(std::string_view& text, char const* prefix, std::size_t size) noexcept {
  if (!begins_with(text, {prefix, size})) return false;
  text = tail(text, size);
  return true;
}

// Removes prefix from the front of what stands between the two. A shortcut around code that does it as well.
// Where flash counts there is no shortcut, and it says no.
constexpr bool consume_by_shortcut(char const*& at, char const* end, std::string_view prefix) noexcept {
  if (for_size || !begins_with({at, static_cast<std::size_t>(end - at)}, prefix)) return false;
  at += prefix.size();
  return true;
}

}  // namespace detail

/// Removes prefix from the front of text and says whether it was there.
constexpr bool consume(std::string_view& text, std::string_view prefix) noexcept {
  return detail::consume_chars(text, prefix.data(), prefix.size());
}

/// Index of the first wanted character, text.size() when there is none.
constexpr std::size_t index_of(std::string_view text, char wanted) noexcept {
  char const* const end = text.data() + text.size();
  return static_cast<std::size_t>(detail::find_byte(text.data(), end, wanted) - text.data());
}

/// A text cut in two at a separator.
struct cut_result {
  std::string_view before{};  // all of it when the separator is not there
  std::string_view after{};
  bool found = false;
};

constexpr cut_result cut(std::string_view text, char separator) noexcept {
  std::size_t const at = index_of(text, separator);
  if (at == text.size()) return {text, detail::tail(text, at), false};
  return {detail::head(text, at), detail::tail(text, at + 1), true};
}

}}  // namespace hubwire

#endif
