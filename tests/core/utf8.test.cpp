// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/utf8.hpp>

#include <array>
#include <cstring>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>
#include <support/text_reference.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

// The encoding by arithmetic alone, also of numbers that must not be encoded, in length bytes.
constexpr std::array<char, 4> encode_as(unsigned number, std::size_t length) {
  std::array<char, 4> out{};
  for (std::size_t i = length; i-- != 1;) {
    out[i] = static_cast<char>(0x80 | (number & 0x3f));
    number >>= 6;
  }
  constexpr unsigned lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  out[0] = static_cast<char>(lead[length] | number);
  return out;
}

constexpr std::size_t shortest(unsigned number) {
  return number < 0x80 ? 1 : number < 0x800 ? 2 : number < 0x10000 ? 3 : 4;
}

struct octets_of_number {
  std::array<char, 4> octets;
  std::size_t length;
  constexpr std::string_view view() const { return {octets.data(), length}; }
};

constexpr octets_of_number utf8(unsigned number) {
  return {encode_as(number, shortest(number)), shortest(number)};
}

constexpr bool clean(text_findings found) { return !found.ill_formed && !found.nul && !found.wildcard; }

// A window that ends at a page nobody may read, used again for each input.
class window {
 public:
  std::string_view show(std::string_view text) {
    char* const begin = memory_.chars().data() + (memory_.chars().size() - text.size());
    std::memcpy(begin, text.data(), text.size());
    return {begin, text.size()};
  }

 private:
  guarded_output memory_{64};
};

}  // namespace

TEST_CASE("utf8: every input of one and two bytes", "[core][utf8][v3.1.1:MQTT-1.5.3-1]") {
  window guarded;
  CHECK(clean(scan_text({})));
  for (unsigned pair = 0; pair != 0x10000; ++pair) {
    char const text[] = {static_cast<char>(pair >> 8), static_cast<char>(pair)};
    auto const two = guarded.show({text, 2});
    if (!agree(scan_text(two), text_reference(two))) FAIL("two bytes " << pair);
    if (pair > 0xff) continue;
    auto const one = guarded.show({text + 1, 1});
    if (!agree(scan_text(one), text_reference(one))) FAIL("one byte " << pair);
  }
}

TEST_CASE("utf8: every three-byte input behind a three-byte lead", "[core][utf8][v3.1.1:MQTT-1.5.3-1]") {
  window guarded;
  for (unsigned low = 0xe00000; low != 0xf00000; ++low) {
    char const text[] = {static_cast<char>(low >> 16), static_cast<char>(low >> 8), static_cast<char>(low)};
    auto const three = guarded.show({text, 3});
    if (!agree(scan_text(three), text_reference(three))) FAIL(low);
  }
}

TEST_CASE("utf8: four-byte inputs around every boundary", "[core][utf8][v3.1.1:MQTT-1.5.3-1]") {
  window guarded;
  constexpr unsigned edges[] = {0x00, 0x23, 0x41, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xc2, 0xff};
  for (unsigned lead = 0xf0; lead != 0x100; ++lead) {
    for (unsigned second = 0; second != 0x100; ++second) {
      for (unsigned third : edges) {
        for (unsigned fourth : edges) {
          char const text[] = {static_cast<char>(lead), static_cast<char>(second), static_cast<char>(third),
                               static_cast<char>(fourth)};
          auto const four = guarded.show({text, 4});
          if (!agree(scan_text(four), text_reference(four)))
            FAIL(lead << ' ' << second << ' ' << third << ' ' << fourth);
        }
      }
    }
  }
}

TEST_CASE("utf8: every code point is text, every surrogate is not", "[core][utf8][v3.1.1:MQTT-1.5.3-1]") {
  window guarded;
  for (unsigned number = 0; number != 0x110000; ++number) {
    auto const found = scan_text(guarded.show(utf8(number).view()));
    bool const surrogate = number >= 0xd800 && number <= 0xdfff;
    bool const expected = found.ill_formed == surrogate && found.nul == (number == 0) &&
                          found.wildcard == (number == '#' || number == '+');
    if (!expected) FAIL(number);
  }
}

TEST_CASE("utf8: nothing past U+10FFFF", "[core][utf8][v3.1.1:MQTT-1.5.3-1]") {
  for (unsigned number = 0x110000; number != 0x200000; ++number)
    if (!scan_text(utf8(number).view()).ill_formed) FAIL(number);
  for (std::string_view const longer : {"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80", "\xfe", "\xff"})
    CHECK(scan_text(longer).ill_formed);
}

TEST_CASE("utf8: no number in more bytes than it needs", "[core][utf8][v3.1.1:MQTT-1.5.3-1]") {
  for (unsigned number = 0; number != 0x10000; ++number) {
    for (std::size_t length = shortest(number) + 1; length <= 4; ++length) {
      auto const overlong = encode_as(number, length);
      if (!scan_text({overlong.data(), length}).ill_formed) FAIL(number << " in " << length);
    }
  }
  CHECK(!scan_text("\xc0\x80").nul);  // not a U+0000 in disguise
}

TEST_CASE("utf8: a sequence cut short is seen at every alignment, and nothing behind it is read",
          "[core][utf8][v3.1.1:MQTT-1.5.3-1]") {
  for (unsigned const number : {0x80u, 0x7ffu, 0x800u, 0xffffu, 0x10000u, 0x10ffffu}) {
    auto const whole = utf8(number);
    for (std::size_t length = 1; length <= whole.length; ++length) {
      for (std::size_t before = 0; before != 24; ++before) {
        guarded_input const input(std::string(before, 'a') + std::string(whole.view().data(), length));
        if (scan_text(input.view()).ill_formed != (length != whole.length)) FAIL(number << ' ' << before);
      }
    }
  }
}

TEST_CASE("utf8: a sequence broken in the middle is seen at every alignment", "[core][utf8]") {
  for (std::string_view const broken :
       {"\xc3(", "\xe2\x82(", "\xf0\x9f\x98(", "\xed\xa0\x80", "\x80", "\xc0\x80"}) {
    for (std::size_t before = 0; before != 24; ++before) {
      guarded_input const input(std::string(before, 'a') + std::string(broken) + std::string(9, 'b'));
      if (!scan_text(input.view()).ill_formed) FAIL(before);
    }
  }
}

TEST_CASE("utf8: U+0000 and wildcards are found at every position and alignment",
          "[core][utf8][v3.1.1:MQTT-1.5.3-2]") {
  for (char const wanted : {'\0', '#', '+'}) {
    for (std::size_t size = 1; size <= 40; ++size) {
      for (std::size_t position = 0; position != size; ++position) {
        for (std::size_t behind = 0; behind != 8; ++behind) {  // moves the start over all alignments
          std::string text(size + behind, 'a');
          text[position] = wanted;
          auto const found = scan_text(std::string_view(text).substr(0, size));
          bool const right =
              !found.ill_formed && found.nul == (wanted == '\0') && found.wildcard == (wanted != '\0');
          if (!right) FAIL("character " << int{wanted} << " at " << position << " of " << size);
        }
      }
    }
  }
}

TEST_CASE("utf8: neighbours of the special characters are plain, in blocks as well", "[core][utf8]") {
  for (unsigned value = 1; value != 0x80; ++value) {
    if (value == '#' || value == '+') continue;
    std::string const text(17, static_cast<char>(value));
    if (!clean(scan_text(text))) FAIL(value);
  }
}

TEST_CASE("utf8: one finding does not hide the next", "[core][utf8]") {
  constexpr_test([] {
    auto const all = scan_text(std::string_view("a#b\0c\xff", 6));
    auto const before_the_break = scan_text(std::string_view("\xff#\0", 3));
    return all.ill_formed && all.nul && all.wildcard && before_the_break.ill_formed &&
           !before_the_break.nul && !before_the_break.wildcard;
  });
}

TEST_CASE("utf8: U+FEFF is a character like any other", "[core][utf8][v3.1.1:MQTT-1.5.3-3]") {
  constexpr_test([] {
    return clean(
        scan_text("\xef\xbb\xbf"
                  "a\xef\xbb\xbf"));
  });
}

namespace {

// Texts of 0 to 24 bytes with each kind of trouble at each position, scanned by the compiler.
constexpr std::string_view troubles[] = {{"\0", 1},
                                         "#",
                                         "+",
                                         "\x7f",
                                         "\x80",
                                         "\xc3\xa9",
                                         "\xc3",
                                         "\xe2\x82\xac",
                                         "\xe2\x82",
                                         "\xed\xa0\x80",
                                         "\xf0\x9f\x98\x80",
                                         "\xf0\x9f\x98",
                                         "\xf4\x90\x80\x80",
                                         "\xff"};
constexpr std::size_t longest_before = 20;
constexpr std::size_t count_of_cases = std::size(troubles) * (longest_before + 1) * 2;

struct troubled_text {
  std::array<char, 32> chars{};
  std::size_t size = 0;
  constexpr std::string_view view() const { return {chars.data(), size}; }
};

constexpr troubled_text troubled(std::size_t index) {
  std::string_view const trouble = troubles[index % std::size(troubles)];
  std::size_t const rest = index / std::size(troubles);
  troubled_text text;
  for (std::size_t i = 0; i != rest / 2; ++i) text.chars[text.size++] = 'a';
  for (char const c : trouble) text.chars[text.size++] = c;
  for (std::size_t i = 0; i != (rest % 2) * 7; ++i) text.chars[text.size++] = 'b';
  return text;
}

constexpr auto found_by_the_compiler = [] {
  std::array<text_findings, count_of_cases> found{};
  for (std::size_t i = 0; i != count_of_cases; ++i) found[i] = scan_text(troubled(i).view());
  return found;
}();

}  // namespace

TEST_CASE("utf8: the compiler and the running program find the same", "[core][utf8]") {
  for (std::size_t i = 0; i != count_of_cases; ++i) {
    auto const text = troubled(i);
    guarded_input const input(text.view());
    if (!agree(found_by_the_compiler[i], scan_text(input.view()))) FAIL(i);
    if (!agree(found_by_the_compiler[i], text_reference(input.view()))) FAIL(i);
  }
}

TEST_CASE("utf8: 65,535 bytes of each kind are scanned to the end", "[core][utf8]") {
  std::string const ascii(65'535, 'a');
  CHECK(clean(scan_text(ascii)));
  CHECK(scan_text(ascii + '#').wildcard);
  std::string wide;
  while (wide.size() < 65'532) wide += "\xe2\x82\xac";
  CHECK(clean(scan_text(wide)));
  CHECK(scan_text(wide + "\xe2\x82").ill_formed);
}
