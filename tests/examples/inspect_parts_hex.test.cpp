// SPDX-License-Identifier: BSL-1.0
// Hexadecimal text as tools write it, read by examples/inspect: right, or refused with a reason. The dumps in
// inspect_parts_dumps are what xxd, hexdump, od, node, Python, tcpdump and tshark made of sample.bin.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../../examples/inspect/foreign.hpp"
#include "../../examples/inspect/hex_text.hpp"
// The parts are of the program, not of a library: they are compiled once more here.
#include "../../examples/inspect/foreign.cpp"
#include "../../examples/inspect/hex_dump.cpp"
#include "../../examples/inspect/hex_literal.cpp"
#include "../../examples/inspect/hex_text.cpp"

namespace inspect {

// How often a list of bytes compares a text with them.
std::size_t comparisons = 0;
bool counted_is_text_of(std::string_view text, std::string_view bytes) noexcept {
  ++comparisons;
  return is_text_of(text, bytes);
}

}  // namespace inspect

#define is_text_of counted_is_text_of
#include "../../examples/inspect/hex_list.cpp"
#undef is_text_of

namespace {

using texts = std::vector<std::string>;

struct outcome {
  std::string bytes{};
  std::string problem{};  // empty: all was read
};

// piece: characters that come at a time.
outcome read_hex(std::string_view text, std::size_t piece = 1'000'000) {
  inspect::hex_text reader(1'000'000);
  outcome found;
  bool good = true;
  for (std::size_t at = 0; good && at < text.size(); at += piece)
    good = reader.read(text.substr(at, piece), found.bytes);
  if (good) good = reader.finish(found.bytes);
  CHECK(good == reader.problem().empty());
  found.problem = reader.problem();
  return found;
}

std::string raw(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) inspect::append_byte(bytes, hex[at], hex[at + 1]);
  return bytes;
}

std::filesystem::path dumps() {
  return std::filesystem::path(HUBWIRE_SOURCE_DIR) / "tests/examples/inspect_parts_dumps";
}

std::string content(std::string const& name) {
  std::ifstream in(dumps() / name, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  REQUIRE_FALSE(text.empty());
  return text;
}

struct refusal {
  char const* text;     // a name of a dump, or the text itself
  char const* problem;  // how the message begins
};

constexpr char const* read_right[] = {"escaped",
                                      "hexdump_C",
                                      "hexdump_v_C",
                                      "node",
                                      "node_hex",
                                      "od_Ad_tx1z",
                                      "od_Ax_tx1",
                                      "od_tx1",
                                      "od_v_An_tx1",
                                      "python",
                                      "python_0x",
                                      "python_bytearray",
                                      "python_colons",
                                      "python_dashes",
                                      "tshark_follow_hex",
                                      "tshark_follow_raw",
                                      "xxd",
                                      "xxd_a",
                                      "xxd_c8_g1_u",
                                      "xxd_d",
                                      "xxd_g4",
                                      "xxd_i",
                                      "xxd_p"};

constexpr refusal refused_dumps[] = {
    {"hexdump", "line 1, column 1: words in the byte order of some machine"},
    {"hexdump_b", "line 1, column 9: a number of 3 digits"},
    {"hexdump_c", "line 1, column 9: a number of 3 digits"},
    {"hexdump_x", "line 1, column 20: a wide gap between numbers"},
    {"node_cut", "line 1, column 159: node shows 50 bytes and leaves out the rest"},
    {"node_json", "line 1, column 2: '\"' is no hexadecimal digit"},
    {"node_uint8array", "line 1, column 11: '(' is no hexadecimal digit"},
    {"od", "line 1, column 1: words in the byte order of some machine, or octal"},
    {"od_An_tx1", "line 6, column 1: '*' stands for lines that were left out: dump again with -v"},
    {"od_c", "line 1, column 9: a number of 3 digits"},
    {"od_td1", "line 1, column 16: a wide gap between numbers"},
    {"od_tu1", "line 1, column 14: a wide gap between numbers"},
    {"od_x", "line 1, column 1: words in the byte order of some machine"},
    {"python_list", "line 1, column 2: a number without 0x, which is decimal or octal in an array"},
    {"python_list_hex", "line 1, column 2: ''' is no hexadecimal digit"},
    {"xxd_b", "line 1, column 66: these are binary digits (xxd -b)"},
    {"xxd_e", "line 1, column 48: the groups show their bytes in reverse order (xxd -e)"}};

// Read, but the bytes are of more than the connection; recognise() tells.
constexpr char const* of_whole_packets[] = {"tcpdump_X", "tcpdump_x", "tshark_x"};

// Writers of each form, as the tools do it.

using writer = std::function<std::string(std::string const&)>;

std::string hex_of(std::string_view bytes, char const* format = "%02x", char const* between = "") {
  std::string all;
  char text[16];
  for (char const c : bytes) {
    std::snprintf(text, sizeof text, format, static_cast<unsigned>(static_cast<unsigned char>(c)));
    all += (all.empty() ? "" : between) + std::string(text);
  }
  return all;
}

std::string shown(std::string_view bytes) {
  std::string text(bytes);
  for (char& c : text)
    if (c < ' ' || c > '~') c = '.';
  return text;
}

struct dump_style {
  char const* offset;  // printf's format
  std::size_t row = 16;
  std::size_t group = 1;    // bytes
  std::size_t middle = 0;   // an additional blank behind so many bytes
  char const* text = "";    // in front of the text: "  ", "  |", "  >"; empty: no text
  char const* behind = "";  // the text
  bool end = false;         // a row with the size
};

std::string dumped(std::string const& bytes, dump_style const& how) {
  std::string all;
  char offset[32];
  for (std::size_t at = 0; at < bytes.size(); at += how.row) {
    std::string_view const row = std::string_view(bytes).substr(at, how.row);
    std::snprintf(offset, sizeof offset, how.offset, static_cast<unsigned>(at));
    std::string line;
    for (std::size_t i = 0; i != how.row; ++i) {
      line += i < row.size() ? hex_of(row.substr(i, 1)) : *how.text ? "  " : "";
      if ((i + 1) % how.group == 0 && i + 1 < how.row && (i + 1 < row.size() || *how.text)) line += ' ';
      if (i + 1 == how.middle && (i + 1 < row.size() || *how.text)) line += ' ';
    }
    all += offset + line;
    if (*how.text) all += how.text + shown(row) + how.behind;
    all += '\n';
  }
  std::snprintf(offset, sizeof offset, how.offset, static_cast<unsigned>(bytes.size()));
  std::string last(offset);
  while (how.end && last.back() == ' ') last.pop_back();
  return how.end ? all + last + '\n' : all;
}

// How the tools dump; all have offsets, those with a text show it.
constexpr dump_style dump_styles[] = {
    {"%08x: ", 16, 2, 0, "  "},              // xxd
    {"%08u: ", 16, 2, 0, "  "},              // xxd -d
    {"%08x: ", 8, 1, 0, "  "},               // xxd -c 8 -g 1
    {"%08x  ", 16, 1, 8, "  |", "|", true},  // hexdump -C
    {"%06x ", 16, 1, 0, "", "", true},       // od -A x -t x1
    {"%07o ", 16, 1, 0, "", "", true},       // od -t x1
    {"%07u ", 16, 1, 0, "  >", "<", true},   // od -A d -t x1z
    {"%04x   ", 16, 1, 0, "   "},            // Wireshark
    {"%04x   ", 16, 1, 0},                   // Wireshark, without text
    {"\t0x%04x:  ", 16, 2, 0, "  "},         // tcpdump -X
    {"\t0x%04x:  ", 16, 2, 0},               // tcpdump -x
    {"0x%08x: ", 8, 1, 0},                   // gdb, nearly
};

std::string python_repr(std::string const& bytes) {
  char const quote = bytes.find('\'') != bytes.npos && bytes.find('"') == bytes.npos ? '"' : '\'';
  std::string all = std::string("b") + quote;
  for (char const c : bytes) {
    if (c == quote || c == '\\')
      all += std::string("\\") + c;
    else if (c == '\n')
      all += "\\n";
    else if (c == '\r')
      all += "\\r";
    else if (c == '\t')
      all += "\\t";
    else if (c < ' ' || c > '~')
      all += hex_of(std::string_view(&c, 1), "\\x%02x");
    else
      all += c;
  }
  return all + quote + '\n';
}

std::string in_lines(std::string text, std::size_t width) {
  for (std::size_t at = width; at < text.size(); at += width + 1) text.insert(at, 1, '\n');
  return text;
}

std::vector<writer> list_writers() {
  return {
      [](std::string const& b) { return hex_of(b); },
      [](std::string const& b) { return hex_of(b, "%02X", " "); },
      [](std::string const& b) { return hex_of(b, "%02x", ":"); },
      [](std::string const& b) { return hex_of(b, "%02x", "-"); },
      [](std::string const& b) { return hex_of(b, "0x%02x", ", "); },
      [](std::string const& b) { return hex_of(b, "0x%x", " "); },
      [](std::string const& b) { return hex_of(b, "\\x%02x"); },
      [](std::string const& b) { return "\"" + hex_of(b, "\\x%02x") + "\""; },
      [](std::string const& b) { return "<Buffer " + hex_of(b, "%02x", " ") + ">\n"; },
      [](std::string const& b) { return "{" + hex_of(b, "0x%x", ",") + "}"; },
      [](std::string const& b) { return "[]byte{" + hex_of(b, "0x%x", ", ") + "}"; },
      [](std::string const& b) {
        return "static const unsigned char a[" + std::to_string(b.size()) + "] = {\n" +
               hex_of(b, "0x%02x", ",\n") +
               " /* end */\n};\nunsigned int a_len = " + std::to_string(b.size()) + ";\n";
      },
      [](std::string const& b) { return in_lines(hex_of(b), 64); },
      [](std::string const& b) { return in_lines(hex_of(b), 33); },
      python_repr,
      [](std::string const& b) {
        return "bytearray(" + python_repr(b).substr(0, python_repr(b).size() - 1) + ")";
      },
  };
}

std::string random_bytes(std::mt19937& random, std::size_t most) {
  std::string bytes(1 + random() % most, '\0');
  bool const printable = random() % 3 == 0;
  for (char& c : bytes) c = static_cast<char>(printable ? ' ' + random() % 95 : random());
  return bytes;
}

// A digit that was changed into another in a byte that no text shows, or shows alike.
bool differ_unseen(std::string const& a, std::string const& b, bool has_text) {
  if (a.size() != b.size()) return false;
  std::size_t changed = 0;
  for (std::size_t i = 0; i != a.size(); ++i) {
    if (a[i] == b[i]) continue;
    ++changed;
    bool const alike = shown(a.substr(i, 1)) == shown(b.substr(i, 1));
    bool const dots = shown(b.substr(i, 1)) == "." && a[i] == ' ';  // as tcpdump shows a blank
    if (has_text && !alike && !dots) return false;
  }
  return changed == 1;
}

texts lines_of(std::string const& text) {
  texts lines(1);
  for (char const c : text) {
    lines.back() += c;
    if (c == '\n') lines.emplace_back();
  }
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

std::string joined(texts const& lines) {
  std::string all;
  for (std::string const& line : lines) all += line;
  return all;
}

}  // namespace

TEST_CASE("inspect: dumps of tools are read right", "[examples][inspect][hex]") {
  std::string const wanted = content("sample.bin");
  for (char const* const name : read_right) {
    CAPTURE(name);
    std::string const text = content(std::string(name) + ".txt");
    for (std::size_t const piece : {1u, 7u, 1'000'000u}) {
      outcome const found = read_hex(text, piece);
      CHECK(found.problem == "");
      CHECK(found.bytes == wanted);
    }
    // With line ends of DOS, without the last one, and with a byte order mark.
    std::string dos;
    for (char const c : text) dos += c == '\n' ? "\r\n" : std::string(1, c);
    CHECK(read_hex(dos).bytes == wanted);
    CHECK(read_hex("\xEF\xBB\xBF" + text.substr(0, text.find_last_not_of('\n') + 1)).bytes == wanted);
  }
}

TEST_CASE("inspect: dumps that do not tell the bytes are refused, with what to do",
          "[examples][inspect][hex]") {
  std::string const wanted = content("sample.bin");
  for (refusal const& r : refused_dumps) {
    CAPTURE(r.text);
    outcome const found = read_hex(content(std::string(r.text) + ".txt"));
    CHECK(found.problem.substr(0, std::string_view(r.problem).size()) == r.problem);
    CHECK(wanted.starts_with(found.bytes));  // what was read of it before is right
  }
}

TEST_CASE("inspect: each dump that is stored is judged", "[examples][inspect][hex]") {
  std::set<std::string> judged(std::begin(of_whole_packets), std::end(of_whole_packets));
  judged.insert(std::begin(read_right), std::end(read_right));
  for (refusal const& r : refused_dumps) judged.insert(r.text);
  std::set<std::string> stored;
  for (auto const& entry : std::filesystem::directory_iterator(dumps()))
    if (entry.path().extension() == ".txt") stored.insert(entry.path().stem().string());
  CHECK(stored == judged);
}

TEST_CASE("inspect: small texts that mean one thing", "[examples][inspect][hex]") {
  struct meaning {
    char const* text;
    char const* hex;
  };
  for (meaning const& m : {meaning{"", ""},
                           {" \n\t\r\n", ""},
                           {"c000", "c000"},
                           {"C0 00", "c000"},
                           {"c0:00", "c000"},
                           {"c0-00", "c000"},
                           {"c0,00", "c000"},
                           {"c0, 00,\nd0, 00", "c000d000"},
                           {"3003 0001 74", "3003000174"},
                           {"3003 0001 74  c000", "3003000174c000"},
                           {"0x1,0xa", "010a"},
                           {"{0x1,0xa}", "010a"},
                           {"[0xC0, 0X00]", "c000"},
                           {"{}", ""},
                           {"\\xc0\\x00", "c000"},
                           {"\\xc0 \\x00", "c000"},
                           {"\"\\xc0\" \"\\x00\" \\\n\"\\xd0\"", "c000d0"},
                           {"<Buffer >", ""},
                           {"<Buffer c0 00>\n<Buffer d0 00>", "c000d000"},
                           {"b''", ""},
                           {"b'\\xc0\\x00'\nb\"'\"", "c00027"},
                           {"bytes(b'a')", "61"},
                           {"000000 c0 00", "c000"},
                           {"00000000: c000", "c000"},
                           {"00: c0 00", "c000"},
                           {"00000010  c0 00\n00000012  d0 00", "c000d000"},
                           {"0x0000:  c000 d0", "c000d0"},
                           {"0000  c0 00\n\n0000  d0 00", "c000d000"},
                           {"0000  61 62 20 20  ab\n", "61622020"},      // blanks at the end were trimmed
                           {"0000   c0 00   \xC2\xB7\xC2\xB7", "c000"},  // Wireshark's dot
                           {"// a comment\nuint8_t a[] =\n{ 0xc0, // one\n0x00, };", "c000"},
                           {"c000\n0000", "c0000000"},
                           {"0123456789abcde\nf", "0123456789abcdef"}}) {
    CAPTURE(m.text);
    outcome const found = read_hex(m.text);
    CHECK(found.problem == "");
    CHECK(found.bytes == raw(m.hex));
  }
}

TEST_CASE("inspect: small texts that mean nothing, or two things, are refused", "[examples][inspect][hex]") {
  for (refusal const& r : {
           refusal{"zz", "line 1, column 1: 'z' is no hexadecimal digit"},
           {"c000\nd0 0z", "line 2, column 5: 'z' is no hexadecimal digit"},
           {"c0 0", "line 1, column 5: a single digit"},
           {"1 a 30", "line 1, column 2: a single digit"},
           {"1\na\n30", "line 1, column 2: a single digit"},
           {"c00 0", "line 1, column 4: an odd number"},
           {"c00", "line 1, column 4: an odd number"},
           {"0123456789abcde", "line 1, column 16: the last byte lacks"},
           {"0123456789abcde\nf0", "line 2, column 3: the last byte lacks"},
           {"0123456789abcde\nf0123456789abcde", "line 2, column 1: the line before ends inside a byte"},
           {"0123456789abcde\n0 1", "line 2, column 3: '1' is no"},
           {"0123456789abcde\nf\nc000", "line 3, column 1: a line behind the end"},
           {"c0,,00", "line 1, column 4: nothing between two commas"},
           {",c0", "line 1, column 1: ',' is no hexadecimal digit"},
           {"c0: 00", "line 1, column 1: this may be an offset column or data"},
           {"c0 -00", "line 1, column 4: '-' is no hexadecimal digit"},
           {"-c0", "line 1, column 1: '-' is no hexadecimal digit"},
           {"c0;00", "line 1, column 3: ';' is no hexadecimal digit"},
           {"16, 12", "line 1, column 1: these may be decimal numbers"},
           {"16,12,0", "line 1, column 8: a single digit"},
           {"48,104", "line 1, column 7: an odd number"},
           {"0xc0, 00", "line 1, column 7: bytes are written in another way"},
           {"c0 0x00", "line 1, column 4: bytes are written in another way"},
           {"\\xc0 00", "line 1, column 6: bytes are written in another way"},
           {"\\xc0MQTT", "line 1, column 5: 'M' is no hexadecimal digit"},
           {"\\xc", "line 1, column 3: two hexadecimal digits follow"},
           {"0xc000", "line 1, column 3: a number of several bytes"},
           {"0x", "line 1, column 3: the line ends too early"},
           {"0xc0h", "line 1, column 5: 'h' is no hexadecimal digit"},
           {"c0 00 ...", "line 1, column 7: the text was shortened here"},
           {"c0 00 \xE2\x80\xA6", "line 1, column 7: the text was shortened here"},
           {"c0 \xC2\xA0", "line 1, column 4: the byte 0xc2 is no hexadecimal digit"},
           {"# c000", "line 1, column 1: '#' is no hexadecimal digit"},
           {"*", "line 1, column 1: '*' stands for lines"},
           {"\xFF\xFE", "line 1, column 1: this is UTF-16 or binary"},
           {"61 62 63  abc", "line 1, column 11: a column of text"},
           {"61 62  ab", "line 1, column 8: a column of text"},
           // Is the first word an offset?
           {"3005 00 01 61 68 69", "line 1, column 1: this may be an offset column or data"},
           {"00000010  c0 00\n00000013  d0 00", "line 1, column 1: this may be"},
           {"00000010  c0 00\nd000", "line 1, column 1: this may be"},
           {"c0 00\n0010 d0 00", "line 2, column 1: this may be"},
           {"000000", "line 1, column 1: this may be"},
           {"0010  61 62 63 64   abcd", "line 1, column 1: this may be"},
           {"000010 0100 6861 2069", "line 1, column 1: this may be"},
           {"000010 0100 6861 20", "line 1, column 1: this may be"},
           {"000010 04000c10 00000000", "line 1, column 1: this may be"},
           // Dumps.
           {"0000  c0 00\n0003  d0 00", "line 2, column 1: the offset does not fit the 2 bytes before it"},
           {"0000  c0 00\n0000  d0 00", "line 2, column 1: the offset does not fit"},
           {"0000  c0 00\n0002\n0002  d0 00", "line 3, column 1: a line behind the end"},
           {"0000  c0 00\n0003", "line 2, column 1: the offset does not fit"},
           {"0000  c0 00\nd000", "line 2, column 1: the offset does not fit"},
           {"0000  c0 0", "line 1, column 10: a number of 1 digit"},
           {"0000  c0 0000", "line 1, column 10: another number of digits"},
           {"00000000: c000  .a", "line 1, column 17: the text beside the bytes says otherwise"},
           {"00000000: c000  ...", "line 1, column 17: the text beside the bytes says otherwise"},
           {"00000000: c000d000", "line 1, column 1: groups of several bytes"},
           {"0000000 00c0 00d0", "line 1, column 1: words in the byte order"},
           {"0000  c0 00\n*\n*", "line 3, column 1: \"*\" repeats a line"},
           {"00000000: c0\n*", "line 2, column 1: the dump ends behind"},
           {"0000000 c0 00\n*\n0000010 d0 00",
            "line 3, column 1: the offsets may be hexadecimal, decimal or octal"},
           {"000000 c0 00\n*\n0ffffffe d0 00", "line 3, column 1: \"*\" stands for more than 16 MB"},
           {"000000 c0 00\n*\n000005 d0 00", "line 3, column 1: the offset does not fit the lines"},
           {"00000000000000000: c0", "line 1, column 18: an odd number"},
           // Arrays.
           {"{0xc0, 0x00", "line 1, column 1: the array has no end"},
           {"{0xc0 0x00}", "line 1, column 7: a comma or the end of the array is missing"},
           {"{0xc0,,0x00}", "line 1, column 7: nothing between two commas"},
           {"{0xc0, 0x00, ...}", "line 1, column 14: the text was shortened here"},
           {"{0xc0, ...}", "line 1, column 8: the text was shortened here"},
           {"{0xc0, 12}", "line 1, column 8: a number without 0x"},
           {"{1,a}", "line 1, column 2: a number without 0x"},
           {"{0xc000}", "line 1, column 2: a number of several bytes"},
           {"{0xc0u}", "line 1, column 6: 'u' is no hexadecimal digit"},
           {"{'M'}", "line 1, column 2: ''' is no hexadecimal digit"},
           {"unsigned char a[3] = {0xc0, 0x00};",
            "line 1, column 33: the array has 2 bytes, and 3 were declared"},
           {"char a[] = {0xc0};\nint a_len = 2;",
            "line 2, column 14: the array has 1 bytes, and this says 2"},
           {"char a[] = {0xc0};\nint b = 2;", "line 2, column 10: this statement is no array"},
           {"c000[] {0xc0}", "line 1, column 8: what stands in front of the bracket declares no array"},
           {"/* c0 00", "line 1, column 1: a comment has no end"},
           {"char a[2]", "line 1, column 1: no array follows this text"},
           // Strings.
           {"b'\\xc0\\x00", "line 1, column 2: the string has no end"},
           {"b'\\0'", "line 1, column 3: an escape that Python does not write"},
           {"b'\xC3\xA4'", "line 1, column 3: a character that is not ASCII"},
           {"\"\\xc0ab\"", "line 1, column 6: characters in a string that is not Python's"},
           {"\"\\n\"", "line 1, column 2: only \\x is read in this string"},
           {"bytearray(b'a'", "line 1, column 15: the line ends too early"},
           {"b'a' c000", "line 1, column 6: 'c' is no hexadecimal digit"},
           {"b'a'\nc000", "line 2, column 1: 'c' is no hexadecimal digit"},
           // node.
           {"<Buffer c0 00", "line 1, column 14: the Buffer has no end"},
           {"<Buffer c0 00 ... 12 more bytes>",
            "line 1, column 15: node shows 50 bytes and leaves out the rest"},
           {"<Buffer c0 0>", "line 1, column 12: a byte of a Buffer has two digits"},
           {"<Buffer c000>", "line 1, column 9: a byte of a Buffer has two digits"},
           {"<Buffer c0>\nc000", "line 2, column 1: no <Buffer"},
       }) {
    CAPTURE(r.text);
    outcome const found = read_hex(r.text);
    std::string_view const wanted = r.problem;
    CHECK(found.problem.substr(0, wanted.size()) == wanted);
    CHECK(read_hex(r.text, 1).problem == found.problem);
  }
  CHECK(read_hex("0000 " + hex_of(std::string(4'096, 'x'), "%02x", " ")).bytes.size() == 4'096);
  CHECK(read_hex("0000 " + hex_of(std::string(4'097, 'x'), "%02x", " ")).problem ==
        "line 1, column 12294: more than 4,096 bytes behind one offset");
  inspect::hex_text small(8);
  std::string bytes;
  CHECK_FALSE(small.read("c000c000c000\n", bytes));
  CHECK(small.problem() == "line 1, column 10: the line is too long for the limit");
}

TEST_CASE("inspect: \"*\" in a dump repeats the line before it", "[examples][inspect][hex]") {
  std::string const wanted = raw("c000");
  std::string const repeated = "000000 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41\n";
  CHECK(read_hex(repeated + "*\n000040 c0 00\n000042\n").bytes == std::string(64, 'A') + wanted);
  CHECK(read_hex(repeated + "*\n000040\n").bytes == std::string(64, 'A'));
  // Octal fits as well where seven digits are od's default.
  std::string const wide = "0000000 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41\n*\n0000060\n";
  CHECK(read_hex(wide).problem.starts_with(
      "line 3, column 1: the offsets may be hexadecimal, decimal or octal"));
}

// A row of 16 bytes and "*" for what is left of the next unit bytes, as often as it is said.
std::string starred(std::size_t times, std::size_t unit, char const* between = "") {
  std::string text;
  char row[80];
  for (std::size_t i = 0; i != times; ++i) {
    std::size_t const offset = *between != '\0' ? 0 : i * unit;
    std::string const bytes = hex_of(std::string(16, static_cast<char>('A' + i)), "%02x", " ");
    std::snprintf(row, sizeof row, "%08zx  %s\n*\n", offset, bytes.c_str());
    text += row;
    std::snprintf(row, sizeof row, "%08zx\n", offset + unit);
    if (*between != '\0' || i + 1 == times) text += std::string(row) + between;
  }
  return text;
}

TEST_CASE("inspect: all \"*\" of a text stand for 16 MB at most, in sum", "[examples][inspect][hex]") {
  constexpr std::size_t quarter = 4'194'304 + 16;  // the row, and 4 MB behind it
  outcome const most = read_hex(starred(4, quarter));
  CHECK(most.problem == "");
  CHECK(most.bytes.size() == 4 * quarter);
  outcome const more = read_hex(starred(5, quarter));
  CHECK(more.problem == "line 11, column 1: \"*\" stands for more than 16 MB in sum");
  CHECK(more.bytes.size() == 4 * quarter + 16);
  // A dump that begins again does not begin to count again.
  outcome const anew = read_hex(starred(5, quarter, "\n"));
  CHECK(anew.problem == "line 19, column 1: \"*\" stands for more than 16 MB in sum");
  CHECK(anew.bytes.size() == 4 * quarter + 16);
  // Without --hex too: what would be refused is no hexadecimal text.
  CHECK(inspect::recognise(starred(4, quarter), inspect::origin::bytes).what == "hexadecimal text");
  CHECK(inspect::recognise(starred(5, quarter), inspect::origin::bytes).what == "text");
}

std::string times(std::size_t count, std::string const& part) {
  std::string all;
  for (std::size_t i = 0; i != count; ++i) all += part;
  return all;
}

TEST_CASE("inspect: a line with many gaps is compared with its bytes twice at most",
          "[examples][inspect][hex]") {
  // The digits of these lines are a text that agrees with many of the bytes before them.
  std::string const threes = times(500, "33 33 20 20 ") + times(700, " 33 ");
  std::string const blanks = times(500, "32 30 20 20 ") + "33" + times(700, "  20") + ' ';
  for (std::string const& line : {threes, blanks, threes + times(900, "."), blanks + times(900, "."),
                                  blanks + times(900, "\xC2\xB7"), times(2'000, "20  ")}) {
    CAPTURE(line.substr(line.size() - 20));
    inspect::comparisons = 0;
    outcome const found = read_hex(line);
    CHECK(inspect::comparisons <= 2);
    bool const digits_only = line.back() == ' ';
    CHECK(found.problem.empty() == digits_only);
  }
  CHECK(read_hex(threes).bytes == times(500, "33  ") + times(700, "3"));
}

// Where the bytes of a line in pairs of digits stand as text behind two blanks or more; npos: nowhere.
std::size_t column_of_text(std::string_view line) {
  std::string bytes;
  for (std::size_t at = 0; at + 2 <= line.size();) {
    if (!inspect::is_digit(line[at]) || !inspect::is_digit(line[at + 1])) break;
    inspect::append_byte(bytes, line[at], line[at + 1]);
    std::size_t const next = std::min(line.find_first_not_of(" \t", at + 2), line.size());
    if (next == line.size() || next == at + 2) break;
    if (next - at >= 4 && inspect::is_text_of(line.substr(next), bytes)) return next;
    at = next;
  }
  return std::string_view::npos;
}

TEST_CASE("inspect: a column of text is found wherever it is compared with the bytes",
          "[examples][inspect][hex]") {
  std::mt19937 random(20);
  constexpr std::string_view bytes[] = {"20", "20", "20", "2e", "00", "33", "32", "30"};
  constexpr std::string_view parts[] = {" ",  "  ",   ".",        "3",    "2", "0",
                                        "20", "20  ", "\xC2\xB7", "\xB7", "\t"};
  std::size_t columns = 0;
  for (int round = 0; round != 20'000; ++round) {
    std::string line;
    std::string text;
    for (std::size_t n = 1 + random() % 6; n != 0; --n) {
      std::string_view const byte = bytes[random() % std::size(bytes)];
      line += std::string(byte) + (random() % 2 == 0 ? "  " : " ");
      text += shown(raw(byte));
    }
    for (std::size_t n = random() % 3; n != 0; --n) text += parts[random() % std::size(parts)];
    if (random() % 3 == 0) text.erase(random() % text.size(), 1);
    if (random() % 3 == 0) text.insert(random() % (text.size() + 1), parts[random() % std::size(parts)]);
    line += ' ' + text;
    std::size_t const wanted = column_of_text(line);
    inspect::hex_list list;
    std::string out;
    inspect::fault const found = list.read(line, out);
    bool const is_column = found.reason.starts_with("a column of text");
    if (wanted != std::string_view::npos) ++columns;
    if (is_column ? found.at == wanted : wanted == std::string_view::npos) continue;
    CAPTURE(line, wanted, found.at, found.reason);
    CHECK(is_column);
    CHECK(found.at == wanted);
  }
  CHECK(columns > 3'000);
  CHECK(columns < 17'000);
}

TEST_CASE("inspect: what each form writes of random bytes is read as these bytes",
          "[examples][inspect][hex]") {
  std::mt19937 random(16);
  std::vector<writer> writers = list_writers();
  for (int round = 0; round != 300; ++round) {
    std::string const bytes = random_bytes(random, 100);
    std::size_t const piece = 1 + random() % 40;
    for (std::size_t i = 0; i != writers.size(); ++i) {
      std::string const text = writers[i](bytes);
      outcome const found = read_hex(text, piece);
      if (found.bytes == bytes && found.problem.empty()) continue;
      // A column of text is meant where one is the text of the other; that is one in many millions here.
      CAPTURE(i, text, found.problem);
      CHECK(found.bytes == bytes);
      CHECK(found.problem == "");
    }
    for (dump_style const& how : dump_styles) {
      std::string const text = dumped(bytes, how);
      outcome const found = read_hex(text, piece);
      if (found.bytes == bytes && found.problem.empty()) continue;
      CAPTURE(text, found.problem);
      CHECK(found.bytes == bytes);
      CHECK(found.problem == "");
    }
  }
}

TEST_CASE("inspect: a dump in which something was changed is refused, or read as before",
          "[examples][inspect][hex]") {
  std::mt19937 random(17);
  std::size_t refused = 0;
  std::size_t same = 0;
  for (int round = 0; round != 400; ++round) {
    std::string const bytes = random_bytes(random, 90);
    for (dump_style const& how : dump_styles) {
      std::string const text = dumped(bytes, how);
      std::string changed = text;
      std::size_t const at = random() % text.size();
      constexpr char often[] = "0123456789abcdefg .:|*-,x\n";
      char const c = often[random() % (sizeof often - 1)];
      switch (random() % 3) {
        case 0: changed[at] = c; break;
        case 1: changed.insert(at, 1, c); break;
        default: changed.erase(at, 1); break;
      }
      outcome const found = read_hex(changed);
      ++(found.problem.empty() ? same : refused);
      if (!found.problem.empty() || found.bytes == bytes) continue;
      if (differ_unseen(found.bytes, bytes, *how.text != '\0')) continue;
      // Without a row at the end, nothing tells how much the last row had; without a first row, what it had.
      std::size_t const last = text.rfind('\n', text.size() - 2);
      bool const in_last_row = !how.end && (last == text.npos || at >= last);
      if (in_last_row && *how.text == '\0') continue;
      CAPTURE(text, changed);
      CHECK(found.bytes == bytes);
    }
  }
  CHECK(refused > 3'000);
  CHECK(same > 300);
}

TEST_CASE("inspect: a dump that lost, doubled or swapped lines is refused", "[examples][inspect][hex]") {
  std::mt19937 random(18);
  for (int round = 0; round != 200; ++round) {
    std::string const bytes = random_bytes(random, 60) + std::string(60, 'x');
    for (dump_style const& how : dump_styles) {
      texts const lines = lines_of(dumped(bytes, how));
      std::size_t const inner = 1 + random() % (lines.size() - 2);  // neither the first nor the last
      texts lost = lines;
      lost.erase(lost.begin() + static_cast<std::ptrdiff_t>(inner));
      texts doubled = lines;
      doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(inner), lines[inner]);
      texts swapped = lines;
      std::swap(swapped[inner - 1], swapped[inner]);
      for (texts const& wrong : {lost, doubled, swapped}) {
        outcome const found = read_hex(joined(wrong));
        if (!found.problem.empty()) continue;
        CAPTURE(joined(wrong));
        CHECK(found.problem != "");
      }
    }
  }
}

TEST_CASE("inspect: no text makes the reader do more than refuse", "[examples][inspect][hex]") {
  std::mt19937 random(19);
  constexpr std::string_view parts[] = {
      "0",  "c0", "0000", "00000000", ":",  " ",       "  ", "\n", "*",          "\\x", "0x",      "{",
      "}",  ",",  "b'",   "'",        "\"", "<Buffer", ">",  "|",  "...",        "/*",  "*/",      "//",
      "[]", "=",  ";",    "a",        "-",  "\t",      "\r", "\\", "bytearray(", ")",   "\xC2\xB7"};
  for (int round = 0; round != 30'000; ++round) {
    std::string text;
    for (std::size_t n = random() % 12; n != 0; --n) text += parts[random() % std::size(parts)];
    outcome const found = read_hex(text, 1 + random() % 5);
    if (found.bytes.size() <= 16'800'000) continue;
    CAPTURE(text);
    CHECK(found.bytes.size() <= 16'800'000);
  }
}

TEST_CASE("inspect: what is no MQTT stream is called by its name", "[examples][inspect][foreign]") {
  struct known {
    std::string bytes;
    char const* what;
    char const* advice;  // a part of it
  };
  using namespace std::string_literals;
  std::string const connect = raw("100c00044d5154540402003c0000");
  std::string const ip = raw("450000360001400040063cbe7f0000017f0000029c40075b");
  std::string const ip6 = raw("6000000000180640") + std::string(32, '\1') + std::string(24, '\2');
  std::string masked = raw("828e12345678");
  for (std::size_t i = 0; i != connect.size(); ++i)
    masked += static_cast<char>(connect[i] ^ raw("12345678")[i % 4]);
  std::string one_by_one;  // a frame for each byte, as some clients do
  for (char const c : connect) one_by_one += raw("828101020304") + static_cast<char>(c ^ 1);
  std::string const fragments = raw("02022002") + raw("80020000");
  for (known const& k : {
           known{raw("d4c3b2a10200040000000000"), "a capture file (pcap)", "follow,tcp,raw,0"},
           {raw("a1b2c3d400020004"), "a capture file (pcap)", "follow,tcp,raw,0"},
           {raw("4d3cb2a102000400"), "a capture file (pcap)", "follow,tcp,raw,0"},
           {raw("a1b23c4d00020004"), "a capture file (pcap)", "follow,tcp,raw,0"},
           {raw("0a0d0d0a1c0000004d3c2b1a"), "a capture file (pcapng)", "follow,tcp,raw,0"},
           {raw("160301020001"), "TLS", "tls.keylog_file:KEYS"},
           {raw("16030300500200"), "TLS", "tls.keylog_file:KEYS"},
           {raw("1703030020aabb"), "TLS", "tls.keylog_file:KEYS"},
           {raw("15030300020228"), "TLS", "tls.keylog_file:KEYS"},
           {raw("140303000101"), "TLS", "tls.keylog_file:KEYS"},
           {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP", "upgrade to WebSocket"},
           {"POST /x HTTP/1.1\r\n", "HTTP", "upgrade to WebSocket"},
           {"HTTP/1.1 400 Bad Request\r\n", "HTTP", "upgrade to WebSocket"},
           {"GET /mqtt HTTP/1.1\r\nUpgrade: WebSocket\r\n", "a WebSocket handshake (HTTP)", "-e data.data"},
           {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n", "a WebSocket handshake (HTTP)",
            "-e data.data"},
           {raw("820420020000"), "WebSocket", "-e data.data"},
           {raw("827e000420020000"), "WebSocket", "-e data.data"},
           {raw("827f000000000000000420020000"), "WebSocket", "-e data.data"},
           {masked, "WebSocket", "-e data.data"},
           {masked.substr(0, masked.size() - 2), "WebSocket", "-e data.data"},  // a capture that was cut
           {one_by_one, "WebSocket", "-e data.data"},
           {fragments, "WebSocket", "-e data.data"},
           {ip, "an IP packet", "follow,tcp,raw,0"},
           {ip6, "an IP packet", "follow,tcp,raw,0"},
           {raw("450000180001400040060000") + ip.substr(12), "an IP packet", "follow,tcp,raw,0"},
           {raw("0200000000010200000000020800") + ip, "an Ethernet frame", "follow,tcp,raw,0"},
           {"AMQP\3\1\0\0"s, "AMQP", "5671"},
           {raw("1f8b0800"), "compressed (gzip)", "gunzip"},
           {"c0 00\n", "hexadecimal text", "use --hex"},
           {"00000000: c000  ..\n", "hexadecimal text", "use --hex"},
           {"hello, world", "text", "--hex"},
       }) {
    CAPTURE(k.bytes, k.what);
    auto const found = inspect::recognise(k.bytes, inspect::origin::bytes);
    CHECK(found.what == k.what);
    CHECK(found.advice.find(k.advice) != std::string_view::npos);
    // None of them begins with a packet that is sound.
    CHECK_FALSE(inspect::examine(k.bytes, {hubwire::role::any, hubwire::largest_packet}).sound());
  }
  for (std::string const& mqtt :
       {connect, connect.substr(0, 5), raw("c001"), raw("820400010000"), raw("30"), raw("82"), raw("8204"),
        raw("450000"), raw("5001"), raw("10"), std::string("0")}) {
    CAPTURE(mqtt);
    CHECK(inspect::recognise(mqtt, inspect::origin::bytes).what == "");
  }
  CHECK(inspect::recognise("G", inspect::origin::bytes).open);
  CHECK(inspect::recognise(raw("d4c3"), inspect::origin::bytes).open);
  CHECK_FALSE(inspect::recognise("Gx", inspect::origin::bytes).open);
  CHECK(inspect::recognise("hello, world", inspect::origin::hexadecimal).what == "");
}

TEST_CASE("inspect: dumps of whole network packets are read, and called what they are",
          "[examples][inspect][foreign]") {
  for (char const* const name : of_whole_packets) {
    CAPTURE(name);
    outcome const found = read_hex(content(std::string(name) + ".txt"));
    CHECK(found.problem == "");
    CHECK(found.bytes.ends_with(content("sample.bin")));
    auto const what = inspect::recognise(found.bytes, inspect::origin::hexadecimal).what;
    CHECK((what == "an IP packet" || what == "an Ethernet frame"));
  }
}
