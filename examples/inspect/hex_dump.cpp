// SPDX-License-Identifier: BSL-1.0
#include "hex_dump.hpp"

#include <algorithm>

namespace inspect {

namespace {

constexpr std::size_t longest_row = 4'096;           // bytes
constexpr std::uint64_t most_repeated = 16'777'216;  // bytes that all "*" of a text may stand for together

bool is_printable(char c) noexcept { return c >= ' ' && c <= '~'; }

bool all_zeros(std::string_view digits) noexcept {
  return std::all_of(digits.begin(), digits.end(), [](char c) { return c == '0'; });
}

// No value when a digit is too large for the radix. At most 16 digits, which fit.
bool parse_offset(std::string_view digits, unsigned radix, std::uint64_t& value) noexcept {
  value = 0;
  for (char const c : digits) {
    if (digit_value(c) >= radix) return false;
    value = value * radix + digit_value(c);
  }
  return true;
}

// Where the character at text[at] ends; what is not ASCII may take several bytes.
std::size_t behind_character(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;) ++at;
  return at;
}

std::string_view without_blanks_behind(std::string_view line) noexcept {
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  return line;
}

bool begins_text(char c) noexcept { return c == '|' || c == '>'; }

std::string dump_again() { return ", dump again with hexdump -C or od -A x -t x1"; }

std::string in_reverse_groups(std::string_view bytes, std::size_t size) {
  std::string all(bytes);
  for (std::size_t at = 0; at < all.size(); at += size)
    std::reverse(all.begin() + static_cast<std::ptrdiff_t>(at),
                 all.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, all.size())));
  return all;
}

// Where the text of these bytes begins, that the scanner has skipped the first blanks of.
std::string_view text_from(scanner const& in, std::size_t gap, std::string_view line,
                           std::string_view bytes) {
  std::size_t const blanks = std::min(bytes.find_first_not_of(' '), bytes.size());
  std::size_t const back = gap < 2 ? 0 : std::min(blanks, gap - 2);
  return line.substr(in.at() - back);
}

}  // namespace

struct dump_row {
  std::string_view offset{};  // its digits
  std::size_t offset_at = 0;
  bool prefixed = false;  // 0x
  bool colon = false;
  std::string bytes{};
  std::size_t group = 0;  // digits of the first group
  bool has_text = false;
  std::string_view text_at{};  // to the end of the line
  bool order_shown = false;    // of the bytes in a group: the text tells
  bool order_open = false;     // neither text nor bytes tell

  fault read(std::string_view line);
  fault read_offset(scanner& in);
  fault read_group(scanner& in);
  fault read_text(scanner const& in, std::size_t gap, std::string_view line);
  fault text_differs(scanner const& in) const;
  fault judge_groups();
};

bool is_text_of(std::string_view text, std::string_view bytes) noexcept {
  std::size_t at = 0;
  for (char const byte : bytes) {
    char const shown = at < text.size() ? text[at] : ' ';
    bool const ascii = static_cast<unsigned char>(shown) < 0x80;
    bool const as_dot = !is_printable(byte) || byte == ' ';  // to tcpdump, a blank is not printable
    bool const right = shown == byte ? is_printable(byte) : as_dot && (shown == '.' || !ascii);
    if (!right) return false;
    at = at < text.size() ? behind_character(text, at) : at;
  }
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_blank);
}

namespace {

// A text without the marks around it.
std::string_view inside(std::string_view text) noexcept {
  bool const enclosed = text.size() >= 2 && ((text.front() == '|' && text.back() == '|') ||
                                             (text.front() == '>' && text.back() == '<'));
  return enclosed ? text.substr(1, text.size() - 2) : text;
}

// Follow TCP Stream of Wireshark has a blank in the middle.
bool is_parted_text_of(std::string_view text, std::string_view bytes) noexcept {
  constexpr std::size_t middle = 8;
  if (text.size() <= middle || bytes.size() < middle || text[middle] != ' ') return false;
  return is_text_of(text.substr(0, middle), bytes.substr(0, middle)) &&
         is_text_of(text.substr(middle + 1), bytes.substr(middle));
}

// With marks around it or without, in one part or two. Every gap of a row asks this: it costs no copy.
bool is_column_of(std::string_view text, std::string_view bytes) noexcept {
  std::string_view const inner = inside(text);
  return is_text_of(text, bytes) || is_text_of(inner, bytes) || is_parted_text_of(inner, bytes);
}

}  // namespace

likeness offset_column(std::string_view line) noexcept {
  scanner in(line);
  in.skip_blanks();
  bool const prefixed = in.eat_hex_prefix();
  std::string_view const offset = in.digits();
  if (offset.empty() || offset.size() > 16) return likeness::none;
  bool const wide = offset.size() >= 4;
  bool const colon = in.eat(":");
  if (!in.done() && !is_blank(in.peek())) return likeness::none;
  bool const zero = all_zeros(offset);
  if (colon) return wide || zero ? likeness::sure : likeness::perhaps;
  if (!wide) return likeness::none;
  in.skip_blanks();
  if (in.done()) return zero && !prefixed ? likeness::perhaps : likeness::none;
  in.eat_hex_prefix();
  std::string_view const group = in.digits();
  bool const ends = in.done() || is_blank(in.peek());
  if (!ends || group.empty() || (group.size() == offset.size() && !prefixed)) return likeness::none;
  if (offset.size() % 2 != 0 || zero) return likeness::sure;
  if (group.size() % 2 != 0) return likeness::none;
  // Groups of a dump are alike but for the last, up to a gap in front of the text. What is not is data.
  std::size_t last = group.size();
  while (in.skip_blanks() == 1 && is_digit(in.peek())) {
    if (last != group.size()) return likeness::none;
    last = in.digits().size();
    if (last > group.size()) return likeness::none;
  }
  return likeness::perhaps;
}

fault dump_row::read_offset(scanner& in) {
  in.skip_blanks();
  prefixed = in.eat_hex_prefix();
  offset_at = in.at();
  offset = in.digits();
  if (offset.empty()) return {in.at(), unexpected(in)};
  if (offset.size() > 16) return {offset_at, "an offset of more than 16 digits"};
  colon = in.eat(":");
  if (in.skip_blanks() == 0 && !in.done()) return {in.at(), unexpected(in)};
  return {};
}

fault dump_row::read(std::string_view line) {
  line = without_blanks_behind(line);
  scanner in(line);
  if (fault const found = read_offset(in)) return found;
  for (std::size_t gap = 1; !in.done();) {
    if (fault const found = read_text(in, gap, line)) return found;
    if (has_text) break;
    if (fault const found = read_group(in)) return found;
    gap = in.skip_blanks();
    if (gap == 0 && in.peek() == '-' && bytes.size() % 8 == 0) in.skip(1);
  }
  return judge_groups();
}

fault dump_row::read_group(scanner& in) {
  std::size_t const begin = in.at();
  in.eat_hex_prefix();
  std::string_view const run = in.digits();
  bool const middle = in.peek() == '-' && run.size() == 2 && is_digit(in.peek(1));
  if (run.empty() || !(in.done() || is_blank(in.peek()) || middle)) return {in.at(), unexpected(in)};
  if (run.size() % 2 != 0)
    return {begin, "a number of " + std::to_string(run.size()) + (run.size() == 1 ? " digit" : " digits") +
                       ": perhaps it is not hexadecimal" + dump_again()};
  if (group == 0) group = run.size();
  bool const short_before = bytes.size() % (group / 2) != 0;
  if (run.size() > group || short_before) return {begin, "another number of digits than in the first group"};
  if (bytes.size() + run.size() / 2 > longest_row) return {begin, "more than 4,096 bytes behind one offset"};
  for (std::size_t at = 0; at != run.size(); at += 2) append_byte(bytes, run[at], run[at + 1]);
  return {};
}

// Behind a gap of so many blanks there may be the text of the bytes.
fault dump_row::read_text(scanner const& in, std::size_t gap, std::string_view line) {
  bool const marked = begins_text(in.peek());
  if (bytes.empty() || (gap < 2 && !marked)) return {};
  text_at = text_from(in, gap, line, bytes);
  has_text = is_column_of(text_at, bytes);
  if (has_text) return {};
  // hexdump -C leaves a gap in the middle; where a colon follows the offset, no tool does.
  if (marked || colon || gap > 2 || bytes.size() % 8 != 0) return text_differs(in);
  return {};
}

// What the text behind the bytes shows instead, for which the scanner tells the column.
fault dump_row::text_differs(scanner const& in) const {
  std::string_view const inner = inside(text_at);
  if (group == 8 && bytes.size() > inner.size())
    return {in.at(), "these are binary digits (xxd -b): dump again without -b"};
  std::size_t const size = group / 2;
  if (size > 1 && is_text_of(inner, in_reverse_groups(bytes, size)))
    return {in.at(), "the groups show their bytes in reverse order (xxd -e): dump again without -e"};
  auto const numeric = [](char c) { return is_digit(c) || is_blank(c) || c == '-'; };
  if (std::all_of(text_at.begin(), text_at.end(), numeric))
    return {in.at(), "a wide gap between numbers: perhaps they are not hexadecimal" + dump_again()};
  return {in.at(), "the text beside the bytes says otherwise"};
}

// Groups of several bytes are in some order, which not every tool tells.
fault dump_row::judge_groups() {
  if (bytes.empty() || group == 2) return {};
  if (!colon) return {offset_at, "words in the byte order of some machine, or octal" + dump_again()};
  std::string const reversed = in_reverse_groups(bytes, group / 2);
  bool const either = !has_text || is_text_of(text_at, reversed);
  order_shown = !either;
  order_open =
      either && group > 4 && reversed != bytes;  // with two bytes it is xxd, as it is called most often
  return {};
}

void hex_dump::begin(dump_row const& row) noexcept {
  for (base& b : bases_) {
    // xxd -d has a colon; od has seven digits, six for hexadecimal.
    bool const as_od =
        !row.colon && (row.offset.size() == 7 || (row.offset.size() > 7 && row.offset[0] != '0'));
    bool const allowed = b.radix == 16 || (!row.prefixed && (as_od || (row.colon && b.radix == 10)));
    b.possible = parse_offset(row.offset, b.radix, b.first) && allowed;
  }
  begun_ = true;
  ended_ = blank_ = false;
  count_ = 0;
  last_.clear();
}

fault hex_dump::read(std::string_view line, std::string& out) {
  scanner in(line);
  in.skip_blanks();
  if (in.eat("*")) {
    in.skip_blanks();
    if (!in.done()) return {in.at(), unexpected(in)};
    if (last_.empty() || repeated_) return {0, "\"*\" repeats a line, and there is none before"};
    repeated_ = true;
    return {};
  }
  dump_row row;
  if (fault const found = row.read(line)) return found;
  if (!begun_ || ((ended_ || blank_) && !repeated_ && all_zeros(row.offset))) begin(row);
  if (ended_) return {row.offset_at, "a line behind the end of the dump"};
  order_known_ = order_known_ || row.order_shown;
  if (row.order_open && !order_known_)
    return {row.offset_at, "groups of several bytes, whose order is not known: dump again with xxd -g 1"};
  if (fault const found = repeated_ ? fill(row, out) : place(row)) return found;
  blank_ = false;
  ended_ = row.bytes.empty() && count_ != 0;
  count_ += row.bytes.size();
  out += row.bytes;
  last_ = row.bytes;
  return {};
}

fault hex_dump::place(dump_row const& row) {
  bool agrees = false;
  for (base& b : bases_) {
    std::uint64_t value = 0;
    b.possible = b.possible && parse_offset(row.offset, b.radix, value) && value - b.first == count_;
    agrees = agrees || b.possible;
  }
  if (agrees) return {};
  return {row.offset_at, "the offset does not fit the " + std::to_string(count_) + " bytes before it"};
}

// The row behind "*" tells by its offset how often the last one is repeated.
fault hex_dump::fill(dump_row const& row, std::string& out) {
  std::uint64_t missing = 0;
  bool two_answers = false;
  for (base& b : bases_) {
    std::uint64_t value = 0;
    b.possible = b.possible && parse_offset(row.offset, b.radix, value) && value > b.first + count_ &&
                 (value - b.first - count_) % last_.size() == 0;
    if (!b.possible) continue;
    std::uint64_t const here = value - b.first - count_;
    two_answers = two_answers || (missing != 0 && missing != here);
    missing = here;
  }
  if (missing == 0) return {row.offset_at, "the offset does not fit the lines that \"*\" repeats"};
  if (two_answers)
    return {row.offset_at,
            "the offsets may be hexadecimal, decimal or octal, and \"*\" stands for another number of "
            "lines then: dump again with -v"};
  return repeat(row, missing, out);
}

// The last row once more, until the missing bytes are there.
fault hex_dump::repeat(dump_row const& row, std::uint64_t missing, std::string& out) {
  if (missing > most_repeated - filled_) return {row.offset_at, "\"*\" stands for more than 16 MB in sum"};
  for (std::uint64_t done = 0; done != missing; done += last_.size()) out += last_;
  filled_ += missing;
  count_ += missing;
  repeated_ = false;
  return {};
}

fault hex_dump::finish() const {
  if (repeated_) return {0, "the dump ends behind \"*\": how many lines are repeated is not known"};
  return {};
}

}  // namespace inspect
