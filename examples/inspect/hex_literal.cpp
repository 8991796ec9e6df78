// SPDX-License-Identifier: BSL-1.0
#include "hex_literal.hpp"

#include <algorithm>
#include <charconv>

namespace inspect {

namespace {

constexpr std::size_t longest_head = 256;

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_decimal(char c) noexcept { return c >= '0' && c <= '9'; }

// False for text that is no number.
bool parse_size(std::string_view text, std::size_t& value) noexcept {
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc{} && end == text.data() + text.size();
}

// "unsigned char name[3] =" or "[]byte"; a size that stands in brackets goes into size.
bool is_declaration(std::string_view head, std::string_view& size) noexcept {
  if (head.empty() || head == "[]byte" || head == "[]uint8") return true;
  scanner in(head);
  std::size_t words = 0;
  while (!is_decimal(in.peek()) && !in.take(is_word).empty()) {
    ++words;
    while (in.eat(" ") || in.eat("*") || in.eat("const ")) {}
  }
  if (in.eat("[")) {
    size = in.take(is_decimal);
    if (!in.eat("]")) return false;
    in.skip_blanks();
  }
  return words >= 2 && in.eat("=") && in.done();
}

}  // namespace

bool hex_array::begins(std::string_view line) noexcept {
  scanner in(line);
  in.skip_blanks();
  if (in.sees("{") || in.sees("[") || in.sees("/*") || in.sees("//")) return true;
  bool const word = is_word(in.peek()) && !is_decimal(in.peek());
  return word && in.rest().find('[') != std::string_view::npos;
}

fault hex_array::read(std::string_view line, std::string& out) {
  scanner in(line);
  while (!in.done())
    if (fault const found = read_piece(in, out)) return found;
  if (place_ == place::outside && !head_.empty() && head_.back() != ' ') head_ += ' ';
  return {};
}

fault hex_array::read_piece(scanner& in, std::string& out) {
  if (place_ == place::comment) return skip_comment(in), fault{};
  bool const blanks = in.skip_blanks() != 0;
  if (blanks && place_ == place::outside && !head_.empty() && head_.back() != ' ') head_ += ' ';
  if (in.done()) return {};
  if (in.eat("//")) return in.skip(in.rest().size()), fault{};
  if (in.eat("/*")) {
    behind_comment_ = place_;
    place_ = place::comment;
    return {};
  }
  if (place_ != place::outside) return read_value(in, out);
  bool const go_slice = in.sees("[]") && head_.empty();
  bool const opens = in.peek() == '{' || (in.peek() == '[' && head_.empty() && !go_slice);
  if (opens) return open(in);
  if (in.eat(";")) return end_statement(in.at() - 1);
  bool const allowed =
      is_word(in.peek()) || std::string_view("[]=*").find(in.peek()) != std::string_view::npos;
  if (!allowed) return {in.at(), unexpected(in)};
  if (head_.size() == longest_head) return {in.at(), "no array begins here"};
  head_ += in.peek();
  in.skip(1);
  return {};
}

bool hex_array::skip_comment(scanner& in) {
  std::size_t const end = in.rest().find("*/");
  bool const ends = end != std::string_view::npos;
  in.skip(ends ? end + 2 : in.rest().size());
  if (ends) place_ = behind_comment_;
  return ends;
}

fault hex_array::open(scanner& in) {
  while (!head_.empty() && head_.back() == ' ') head_.pop_back();
  std::string_view size;
  if (!is_declaration(head_, size)) return {in.at(), "what stands in front of the bracket declares no array"};
  bracket_ = in.peek();
  in.skip(1);
  last_ = head_;
  head_.clear();
  count_ = 0;
  place_ = place::before_value;
  return {};
}

fault hex_array::close(scanner& in) {
  std::string_view size;
  std::size_t declared = 0;
  static_cast<void>(is_declaration(last_, size));
  if (!size.empty() && (!parse_size(size, declared) || declared != count_))
    return {in.at(), "the array has " + std::to_string(count_) + " bytes, and " + std::string(size) +
                         " were declared"};
  in.skip(1);
  place_ = place::outside;
  return {};
}

fault hex_array::read_value(scanner& in, std::string& out) {
  if (in.peek() == (bracket_ == '{' ? '}' : ']')) return close(in);
  if (place_ == place::behind_value) {
    if (!in.eat(","))
      return {in.at(), in.sees("...") ? unexpected(in) : "a comma or the end of the array is missing"};
    place_ = place::before_value;
    return {};
  }
  std::size_t const begin = in.at();
  if (!in.eat_hex_prefix()) {
    if (is_digit(in.peek())) return {begin, "a number without 0x, which is decimal or octal in an array"};
    return {begin, in.peek() == ',' ? "nothing between two commas" : unexpected(in)};
  }
  std::string_view const run = in.digits();
  if (run.empty() || is_word(in.peek())) return {in.at(), unexpected(in)};
  if (run.size() > 2) return {begin, "a number of several bytes, whose order is not known"};
  append_byte(out, run.size() == 2 ? run[0] : '0', run.back());
  ++count_;
  place_ = place::behind_value;
  return {};
}

// "unsigned int name_len = 49;", as xxd -i writes it, or nothing.
fault hex_array::end_statement(std::size_t at) {
  while (!head_.empty() && head_.back() == ' ') head_.pop_back();
  std::string const said = head_;
  head_.clear();
  if (said.empty()) return {};
  std::size_t const equals = said.rfind("_len = ");
  std::size_t size = 0;
  if (equals == std::string::npos || !parse_size(std::string_view(said).substr(equals + 7), size))
    return {at, "this statement is no array of bytes, nor its size"};
  if (size == count_) return {};
  return {at, "the array has " + std::to_string(count_) + " bytes, and this says " + std::to_string(size)};
}

fault hex_array::finish() const {
  if (place_ == place::comment) return {0, "a comment has no end"};
  if (place_ != place::outside) return {0, "the array has no end"};
  if (!head_.empty()) return {0, "no array follows this text"};
  return {};
}

namespace {

// What a backslash in Python's b'' stands for, as repr() writes it.
fault read_escape(scanner& in, std::string& out, bool python) {
  in.skip(1);
  if (in.eat("x")) {
    if (!is_digit(in.peek()) || !is_digit(in.peek(1))) return {in.at(), "two hexadecimal digits follow \\x"};
    append_byte(out, in.peek(), in.peek(1));
    in.skip(2);
    return {};
  }
  constexpr std::string_view written = "ntr\\'\"";
  constexpr std::string_view meant = "\n\t\r\\'\"";
  std::size_t const which = written.find(in.peek());
  if (!python || in.done() || which == std::string_view::npos)
    return {in.at() - 1, python ? "an escape that Python does not write" : "only \\x is read in this string"};
  out += meant[which];
  in.skip(1);
  return {};
}

// From the quotation mark to the one that closes.
fault read_quoted(scanner& in, std::string& out, bool python) {
  std::size_t const begin = in.at();
  char const quote = in.peek();
  in.skip(1);
  while (in.peek() != quote) {
    if (in.done()) return {begin, "the string has no end"};
    if (in.peek() == '\\') {
      if (fault const found = read_escape(in, out, python)) return found;
      continue;
    }
    char const c = in.peek();
    if (c < ' ' || c > '~') return {in.at(), "a character that is not ASCII in a string of bytes"};
    if (!python)
      return {in.at(), "characters in a string that is not Python's b'': how they are encoded is not known"};
    out += c;
    in.skip(1);
  }
  in.skip(1);
  return {};
}

}  // namespace

bool begins_string(std::string_view line) noexcept {
  scanner in(line);
  in.skip_blanks();
  return in.sees("\"") || in.sees("'") || in.sees("b'") || in.sees("b\"") || in.sees("bytearray(") ||
         in.sees("bytes(");
}

fault read_strings(std::string_view line, std::string& out) {
  scanner in(line);
  in.skip_blanks();
  bool const call = in.eat("bytearray(") || in.eat("bytes(");
  while (!in.done()) {
    bool const python = in.eat("b");
    if (in.peek() != '"' && in.peek() != '\'') return {in.at(), unexpected(in)};
    if (fault const found = read_quoted(in, out, python)) return found;
    if (call) {
      if (!python || !in.eat(")")) return {in.at(), unexpected(in)};
    }
    in.skip_blanks();
    if (in.eat("\\")) in.skip_blanks();  // Wireshark: the next line goes on
    if (call && !in.done()) return {in.at(), unexpected(in)};
  }
  return {};
}

bool begins_buffer(std::string_view line) noexcept {
  scanner in(line);
  in.skip_blanks();
  return in.sees("<Buffer");
}

fault read_buffer(std::string_view line, std::string& out) {
  scanner in(line);
  in.skip_blanks();
  if (!in.eat("<Buffer")) return {in.at(), "no <Buffer ...> as in the lines before"};
  for (;;) {
    std::size_t const blanks = in.skip_blanks();
    if (in.eat(">")) break;
    if (in.sees("..."))
      return {in.at(), "node shows 50 bytes and leaves out the rest: print buffer.toString('hex')"};
    if (in.done()) return {in.at(), "the Buffer has no end"};
    if (blanks == 0 || !is_digit(in.peek())) return {in.at(), unexpected(in)};
    std::string_view const run = in.digits();
    if (run.size() != 2) return {in.at() - run.size(), "a byte of a Buffer has two digits"};
    append_byte(out, run[0], run[1]);
  }
  in.skip_blanks();
  if (!in.done()) return {in.at(), unexpected(in)};
  return {};
}

}  // namespace inspect
