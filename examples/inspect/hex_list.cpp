// SPDX-License-Identifier: BSL-1.0
#include "hex_list.hpp"

#include <algorithm>

#include "hex_dump.hpp"

namespace inspect {

namespace {

// A run of digits of this length or more is a packet in one piece, folded to lines perhaps.
constexpr std::size_t long_run = 8;
constexpr std::string_view one_digit = "a single digit, where a byte has two: write 01, not 1";
constexpr std::string_view half_a_byte = "the last byte lacks a hexadecimal digit";

bool looks_hexadecimal(std::string_view run) noexcept {
  return run.front() == '0' || std::any_of(run.begin(), run.end(), [](char c) { return c > '9'; });
}

void append_pairs(std::string_view run, std::string& out) {
  for (std::size_t at = 0; at + 1 < run.size(); at += 2) append_byte(out, run[at], run[at + 1]);
}

bool is_joint(char c) noexcept { return c == ':' || c == '-'; }

fault skip_joint(scanner& in) {
  if (!is_digit(in.peek(1))) return {in.at(), "':' and '-' stand between two digits"};
  in.skip(1);
  return {};
}

fault skip_behind_comma(scanner& in) {
  in.skip_blanks();
  if (in.peek() == ',') return {in.at(), "nothing between two commas"};
  return {};
}

// What a column of text shows as itself only, and nothing else as this.
bool is_solid(char c) noexcept { return c > ' ' && c <= '~' && c != '.'; }

}  // namespace

struct hex_list::line_state {
  std::size_t begin;  // of the line's bytes in out
  std::size_t commas = 0;
  // Where the last solid character is: of the line, in characters, and of the bytes that were looked at.
  std::size_t solid_text = 0;
  std::size_t solid_bytes = 0;
  std::size_t looked_at = 0;

  line_state(std::string_view line, std::size_t begin_of_bytes) noexcept;
  bool text_begins(scanner const& in, std::string_view bytes) noexcept;
};

hex_list::line_state::line_state(std::string_view line, std::size_t begin_of_bytes) noexcept
    : begin(begin_of_bytes) {
  std::size_t characters = 0;
  for (char const c : line) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++characters;
    if (is_solid(c)) solid_text = characters;
  }
}

// A text ends, but for dots and blanks, where its bytes do. On its way through a line the scanner has less and
// less text in front of it and more and more bytes behind it: they meet once at most, and only there the text
// has to be compared with the bytes, which makes a line of N characters cost O(N). What begins with no solid
// character ends the line as well. All characters before the scanner are of one byte.
bool hex_list::line_state::text_begins(scanner const& in, std::string_view bytes) noexcept {
  for (; looked_at != bytes.size(); ++looked_at)
    if (is_solid(bytes[looked_at])) solid_bytes = looked_at + 1;
  if (is_solid(in.peek()) && solid_text - in.at() != solid_bytes) return false;
  return !in.done() && is_text_of(in.rest(), bytes);
}

std::string unexpected(scanner const& in) {
  if (in.done()) return "the line ends too early";
  if (in.sees("...") || in.sees("\xE2\x80\xA6")) return "the text was shortened here, bytes are missing";
  char const c = in.peek();
  if (c == '*') return "'*' stands for lines that were left out: dump again with -v";
  if (c > ' ' && c <= '~') return std::string{'\'', c, '\''} + " is no hexadecimal digit";
  constexpr char digits[] = "0123456789abcdef";
  auto const value = static_cast<unsigned char>(c);
  return std::string("the byte 0x") + digits[value >> 4] + digits[value & 15] +
         " is no hexadecimal digit; without --hex, input is binary";
}

fault hex_list::read(std::string_view line, std::string& out) {
  scanner in(line);
  in.skip_blanks();
  if (in.done()) return {};
  if (half_ != '\0') return continue_fold(in, out);
  if (folded_) return {in.at(), "a line behind the end of a run of digits that was folded"};
  scanner alone = in;
  std::string_view const run = alone.digits();
  alone.skip_blanks();
  if (alone.done() && begin_fold(run, out)) return {};
  if (!alone.done() && offset_column(line) != likeness::none)
    return {in.at(), "this may be an offset column or data: leave it out, or group all digits alike"};
  return read_values(line, in, out);
}

fault hex_list::read_values(std::string_view line, scanner& in, std::string& out) {
  line_state state(line, out.size());
  while (!in.done()) {
    if (fault const found = read_value(in, out)) return found;
    if (fault const found = read_separator(in, state, std::string_view(out).substr(state.begin)))
      return found;
  }
  if (style_ == style::bare && state.commas != 0 && !is_hex_)
    return {0, "these may be decimal numbers: write 0x in front of each, or leave the commas out"};
  return {};
}

fault hex_list::finish() const {
  if (half_ != '\0') return {width_, std::string(half_a_byte)};
  return {};
}

fault hex_list::take_style(scanner const& in, style wanted) {
  if (style_ == style::unknown) style_ = wanted;
  if (style_ == wanted) return {};
  return {in.at(), "bytes are written in another way than before: with 0x, with \\x or without"};
}

fault hex_list::read_value(scanner& in, std::string& out) {
  if (in.sees("\\x")) {
    if (fault const found = take_style(in, style::escaped)) return found;
    in.skip(2);
    if (!is_digit(in.peek()) || !is_digit(in.peek(1))) return {in.at(), "two hexadecimal digits follow \\x"};
    append_byte(out, in.peek(), in.peek(1));
    in.skip(2);
    return {};
  }
  scanner prefix = in;
  if (!prefix.eat_hex_prefix()) return read_bare(in, out);
  if (fault const found = take_style(in, style::prefixed)) return found;
  in = prefix;
  std::string_view const run = in.digits();
  if (run.empty()) return {in.at(), unexpected(in)};
  if (run.size() > 2) return {in.at() - run.size(), "a number of several bytes, whose order is not known"};
  append_byte(out, run.size() == 2 ? run[0] : '0', run.back());
  return {};
}

fault hex_list::read_bare(scanner& in, std::string& out) {
  if (!is_digit(in.peek())) return {in.at(), unexpected(in)};
  if (fault const found = take_style(in, style::bare)) return found;
  std::string_view const run = in.digits();
  // What is no separator is the better reason.
  bool const ends =
      in.done() || is_blank(in.peek()) || std::string_view(",:-").find(in.peek()) != std::string_view::npos;
  if (!ends) return {in.at(), unexpected(in)};
  if (run.size() == 1) return {in.at(), std::string(one_digit)};
  if (run.size() % 2 != 0)
    return {in.at(), "an odd number of hexadecimal digits: one is missing, or too many"};
  is_hex_ = is_hex_ || looks_hexadecimal(run);
  append_pairs(run, out);
  return {};
}

// Blanks and at most one comma, or one ':' or '-' between two digits. bytes is what the line has brought.
fault hex_list::read_separator(scanner& in, line_state& line, std::string_view bytes) {
  if (style_ == style::escaped && in.sees("\\x")) return {};
  if (style_ == style::bare && is_joint(in.peek())) return skip_joint(in);
  std::size_t const begin = in.at();
  std::size_t const blanks = in.skip_blanks();
  if (blanks >= 2 && line.text_begins(in, bytes))
    return {in.at(), "a column of text: leave it out, or dump again with offsets"};
  if (in.eat(",")) {
    ++line.commas;
    return skip_behind_comma(in);
  }
  if (in.done() || in.at() != begin) return {};
  return {in.at(), unexpected(in)};
}

// Text in lines of equal length may end between the digits of a byte.
bool hex_list::begin_fold(std::string_view run, std::string& out) {
  if (run.size() < long_run || run.size() % 2 == 0 || style_ == style::prefixed || style_ == style::escaped)
    return false;
  style_ = style::bare;
  append_pairs(run, out);
  half_ = run.back();
  width_ = run.size();
  return true;
}

fault hex_list::continue_fold(scanner& in, std::string& out) {
  std::size_t const begin = in.at();
  std::string_view run = in.digits();
  in.skip_blanks();
  if (!in.done()) return {in.at(), unexpected(in)};
  if (run.size() > width_)
    return {begin, "the line before ends inside a byte, and this one is longer: a digit is missing there"};
  folded_ = run.size() < width_;
  append_byte(out, half_, run.front());
  half_ = '\0';
  run.remove_prefix(1);
  append_pairs(run, out);
  if (run.size() % 2 == 0) return {};
  if (folded_) return {in.at(), std::string(half_a_byte)};
  half_ = run.back();
  return {};
}

}  // namespace inspect
