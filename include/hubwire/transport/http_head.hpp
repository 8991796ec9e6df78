// SPDX-License-Identifier: BSL-1.0
// The head of an HTTP/1.1 message, line by line: RFC 9112. Strict, in memory of a fixed size.
#ifndef HUBWIRE_TRANSPORT_HTTP_HEAD_HPP
#define HUBWIRE_TRANSPORT_HTTP_HEAD_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/slice.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

constexpr char lower_case(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Compares without regard to case. lower is in lower case.
constexpr bool same_word(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i != text.size(); ++i)
    if (lower_case(text[i]) != lower[i]) return false;
  return true;
}

constexpr std::string_view without_blanks(std::string_view text) noexcept {
  auto const is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The first element of a list with commas that is the wanted word; empty when there is none.
constexpr std::string_view find_word(std::string_view list, std::string_view lower) noexcept {
  while (!list.empty()) {
    cut_result const parts = cut(list, ',');
    std::string_view const word = without_blanks(parts.before);
    if (same_word(word, lower)) return word;
    list = parts.after;
  }
  return {};
}

// A header line. An empty name says that the line is none.
struct http_field {
  std::string_view name{};
  std::string_view value{};
};

constexpr http_field http_field_of(std::string_view line) noexcept {
  cut_result const parts = cut(line, ':');
  bool good = parts.found;
  for (char const c : parts.before) good = good && c > ' ' && c <= '~';
  return good ? http_field{parts.before, without_blanks(parts.after)} : http_field{};
}

enum class http_step : std::uint8_t { need_more, line, end, failed };

// Cuts a head into lines, whatever pieces it comes in. It keeps as much of a line as the memory holds and
// counts the rest. Lines end with CR LF and hold no other control character than the tab.
class http_head_reader {
 public:
  // No head is longer than most bytes.
  constexpr http_head_reader(char_span memory, std::size_t most) noexcept : memory_(memory), left_(most) {}

  // Takes bytes from the front of in up to the end of a line. The empty line is the end.
  constexpr http_step next(byte_view& in) noexcept {
    if (at_end_of_line_) size_ = 0;
    at_end_of_line_ = false;
    while (!failed_ && !at_end_of_line_ && !in.empty()) {
      failed_ = left_ == 0 || !take(to_char(in.front()));
      if (failed_) break;
      --left_;
      in = in.subspan(1);
    }
    if (failed_) return http_step::failed;
    if (!at_end_of_line_) return http_step::need_more;
    return size_ == 0 ? http_step::end : http_step::line;
  }

  // What next() found, as far as it fits the memory.
  constexpr std::string_view line() const noexcept {
    return {memory_.data(), is_whole() ? size_ : memory_.size()};
  }
  constexpr bool is_whole() const noexcept { return size_ <= memory_.size(); }

  // So many bytes may be read without reading past the end of the head.
  constexpr std::size_t bytes_before_end() const noexcept {
    std::size_t const of_this_line = after_return_ ? 1 : 2;
    return size_ == 0 || at_end_of_line_ ? of_this_line : of_this_line + 2;
  }

 private:
  constexpr bool take(char c) noexcept {
    if (after_return_) {
      after_return_ = false;
      at_end_of_line_ = true;
      return c == '\n';
    }
    after_return_ = c == '\r';
    if (after_return_) return true;
    if ((to_byte(c) < 0x20 && c != '\t') || c == 0x7F) return false;
    if (size_ < memory_.size()) memory_[size_] = c;
    ++size_;
    return true;
  }

  char_span memory_;
  std::size_t left_;
  std::size_t size_ = 0;  // of the line
  bool after_return_ = false;
  bool at_end_of_line_ = false;
  bool failed_ = false;
};

}}}  // namespace hubwire::detail

#endif
