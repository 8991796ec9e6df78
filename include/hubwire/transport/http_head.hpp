// SPDX-License-Identifier: BSL-1.0
// The head of an HTTP/1.x message: RFC 9112. One strict reader for the proxy and for both ends of WebSocket.
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

// A field. An empty name says that the line does not hold the whole of it.
struct http_field {
  std::string_view name{};
  std::string_view value{};
};

constexpr http_field http_field_of(std::string_view line) noexcept {
  cut_result const parts = cut(line, ':');
  return parts.found ? http_field{parts.before, without_blanks(parts.after)} : http_field{};
}

enum class http_step : std::uint8_t {
  need_more,
  first_line,  // line() is the first one, status() its number
  field,       // line() is a field
  end,         // of the head: the empty line
  failed,      // see taken() and is_too_long()
};

// RFC 9110 section 5.6.2.
constexpr bool is_token_character(char c) noexcept {
  constexpr std::string_view delimiters = literal("\"(),/:;<=>?@[\\]{}");
  return c > ' ' && c <= '~' && index_of(delimiters, c) == delimiters.size();
}

// All but control characters; a tab is none.
constexpr bool is_text_character(char c) noexcept { return c == '\t' || (to_byte(c) >= 0x20 && c != 0x7F); }

// Reads heads byte by byte: RFC 9112. A first line begins with a form in which '#' stands for a digit. Then
// comes nothing, or a blank and any text. Names of fields are tokens. Lines end with CR LF, hold no control
// character but the tab, and are not folded. The first byte that breaks this is refused.
class http_head_reader {
 public:
  // Keeps of a line what fits into memory, and counts the rest. most limits the size of all heads together.
  constexpr http_head_reader(char const* form, std::uint32_t most, char_span memory) noexcept
      : form_(form), memory_(memory), most_(most) {}

  // Forgets all that was taken. g++ copies a new object byte by byte here.
  constexpr void restart(std::uint32_t most) noexcept {
    most_ = most;
    taken_ = 0;
    size_ = 0;
    status_ = 0;
    in_first_line_ = true;
    part_ = part::form;
  }

  // Not to be called again after failed. Behind the end begins the next head.
  constexpr http_step take(std::uint8_t octet) noexcept {
    if (is_too_long()) return http_step::failed;
    part const was = part_;
    part_ = part_behind(to_char(octet));
    if (part_ == part::wrong) return http_step::failed;
    ++taken_;
    if (octet == '\n') return end_line(was);
    if (was == part::line_start) size_ = 0;
    if (octet != '\r') keep(to_char(octet));
    return http_step::need_more;
  }

  // What take() found, as far as it fits the memory.
  constexpr std::string_view line() const noexcept {
    return {memory_.data(), is_whole() ? size_ : memory_.size()};
  }
  constexpr bool is_whole() const noexcept { return size_ <= memory_.size(); }
  // The number at the end of the form.
  constexpr unsigned status() const noexcept { return status_; }
  // Bytes of all heads. After failed: the offset of the wrong byte, or the most bytes that may be.
  constexpr std::uint32_t taken() const noexcept { return taken_; }
  constexpr bool is_too_long() const noexcept { return taken_ == most_; }

  // So many bytes may be read without reading past the end of the head.
  constexpr std::size_t bytes_before_end() const noexcept {
    switch (part_) {
      case part::last_feed: return 1;
      case part::line_start: return 2;
      case part::line_feed: return 3;
      default: return 4;
    }
  }

 private:
  enum class part : std::uint8_t { form, text, line_feed, line_start, name, last_feed, wrong };

  constexpr part part_behind(char c) noexcept {
    switch (part_) {
      case part::form: return part_behind_form(c);
      case part::text:
        if (c == '\r') return part::line_feed;
        return is_text_character(c) ? part::text : part::wrong;
      case part::line_feed: return c == '\n' ? part::line_start : part::wrong;
      case part::line_start:
        if (c == '\r') return part::last_feed;
        return is_token_character(c) ? part::name : part::wrong;  // a blank would fold the line before
      case part::name:
        if (c == ':') return part::text;
        return is_token_character(c) ? part::name : part::wrong;
      default: return c == '\n' ? part::form : part::wrong;
    }
  }
  constexpr part part_behind_form(char c) noexcept {
    char const wanted = form_[size_];
    if (wanted == '\0') return c == '\r' ? part::line_feed : c == ' ' ? part::text : part::wrong;
    unsigned const digit = to_byte(c) - unsigned{'0'};
    status_ = static_cast<std::uint16_t>(wanted == '#' ? status_ * 10 + digit : 0);
    return (wanted == '#' ? digit < 10 : c == wanted) ? part::form : part::wrong;
  }
  constexpr void keep(char c) noexcept {
    if (size_ < memory_.size()) memory_[size_] = c;
    ++size_;
  }
  constexpr http_step end_line(part was) noexcept {
    bool const first = in_first_line_;
    in_first_line_ = was == part::last_feed;
    if (in_first_line_) size_ = 0;
    return in_first_line_ ? http_step::end : first ? http_step::first_line : http_step::field;
  }

  char const* form_;
  char_span memory_;
  std::size_t size_ = 0;  // of the line
  std::uint32_t most_;
  std::uint32_t taken_ = 0;
  std::uint16_t status_ = 0;
  bool in_first_line_ = true;
  part part_ = part::form;
};

}}}  // namespace hubwire::detail

#endif
