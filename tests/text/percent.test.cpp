// SPDX-License-Identifier: BSL-1.0
#include <hubwire/text/percent.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/text/text_writer.hpp>
#include <support/constexpr_test.hpp>
#include <support/every_size.hpp>
#include <support/guarded.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

std::string encoded(std::string_view text) {
  std::vector<char> buffer(3 * text.size() + 1);
  text_writer out(buffer);
  return std::string(*out.put_percent(text).finish());
}

// Written apart from the library: what RFC 3986 section 2.3 leaves alone, and printf for the rest.
std::string expected_code(unsigned byte) {
  std::string const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  auto const c = static_cast<char>(byte);
  if (byte != 0 && unreserved.find(c) != std::string::npos) return std::string(1, c);
  char code[4];
  std::snprintf(code, sizeof code, "%%%02X", byte);
  return code;
}

}  // namespace

TEST_CASE("percent: unreserved characters stay, every other byte becomes %XX in upper case",
          "[text][percent][H210]") {
  for (unsigned byte = 0; byte != 256; ++byte) {
    std::string const text(1, static_cast<char>(byte));
    CHECK(encoded(text) == expected_code(byte));
    CHECK(percent_encoded_size(text) == expected_code(byte).size());
  }
}

TEST_CASE("percent: all 256 bytes come back", "[text][percent][H210]") {
  std::string all;
  for (unsigned byte = 0; byte != 256; ++byte) all += static_cast<char>(byte);
  std::string const code = encoded(all);
  percent_text const text(code);
  CHECK(text.decoded_size().value_or(0) == 256);
  writes_into_every_size(all, [&](char_span out) { return text.decode(out); });
  CHECK(text == all);
  CHECK(!text.malformed());
}

TEST_CASE("percent: a space is %20 when writing, and + is a plus when reading", "[text][percent]") {
  CHECK(encoded("a b+c") == "a%20b%2Bc");
  CHECK(percent_text("a+b") == "a+b");
  CHECK(!(percent_text("a+b") == "a b"));
}

TEST_CASE("percent: encodes the same whatever room is left", "[text][percent][H214]") {
  for (std::string_view const text : {std::string_view("plain-text.only_~"), std::string_view("/////////"),
                                      std::string_view("a/b c&d"), std::string_view("\xE2\x82\xAC")})
    writes_into_every_size(encoded(text),
                           [&](char_span out) { return text_writer(out).put_percent(text).finish(); });
}

TEST_CASE("percent: a byte of any value anywhere in a run of plain characters", "[text][percent][H210]") {
  std::string const plain = "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQR";
  std::string_view const bytes("\0+,-./09:@AZ[^_`az{~\x7F\x80\xC3\xFF", 24);
  for (std::size_t size = 1; size <= plain.size(); ++size)
    for (std::size_t at = 0; at < size; ++at)
      for (char const c : bytes) {
        auto const byte = static_cast<unsigned char>(c);
        std::string text = plain.substr(0, size);
        text[at] = c;
        std::string const expected = text.substr(0, at) + expected_code(byte) + text.substr(at + 1);
        guarded_input const input(text);
        std::vector<char> buffer(3 * size + 16);
        text_writer out(buffer);
        REQUIRE(*out.put_percent(input.view()).finish() == expected);
        REQUIRE(out.saw_non_ascii() == (byte >= 0x80));
      }
}

TEST_CASE("percent: runs of plain characters and of others, long and short", "[text][percent][H214]") {
  for (std::size_t plain = 0; plain != 20; ++plain)
    for (std::size_t reserved = 1; reserved < 20; reserved += 3) {
      std::string text;
      std::string expected;
      while (text.size() < 120) {
        text += std::string(plain, 'x') + std::string(reserved, '/');
        expected += std::string(plain, 'x');
        for (std::size_t i = 0; i != reserved; ++i) expected += "%2F";
      }
      for (std::size_t const room : {expected.size(), expected.size() + 1, expected.size() + 40,
                                     3 * text.size() + 15, 3 * text.size() + 16}) {
        guarded_output output(std::max(room, expected.size()));
        text_writer out(output.chars());
        REQUIRE(*out.put_percent(text).finish() == expected);
      }
    }
}

TEST_CASE("percent: any mixture, in and out of memory that ends with its page",
          "[text][percent][H210][H214]") {
  std::uint32_t state = 1;
  auto const draw = [&state](std::size_t below) {
    state = state * 1'664'525 + 1'013'904'223;
    return (state >> 16) % below;
  };
  std::string_view const bytes("/%~ \0\xC3\xFF:", 8);
  for (std::size_t size = 0; size <= 70; ++size)
    for (std::size_t const most : {1u, 2u, 3u, 5u, 9u, 40u})
      for (int round = 0; round != 8; ++round) {
        std::string text(size, 'x');
        for (std::size_t i = 0; size != 0 && i != most; ++i) text[draw(size)] = bytes[draw(bytes.size())];
        std::string expected;
        for (char const c : text) expected += expected_code(static_cast<unsigned char>(c));
        guarded_input const input(text);
        for (std::size_t const room : {expected.size(), 3 * size + 15, 3 * size + 16, 3 * size + 17}) {
          guarded_output output(std::max(room, expected.size()));
          text_writer out(output.chars());
          REQUIRE(*out.put_percent(input.view()).finish() == expected);
        }
      }
}

TEST_CASE("percent: works in constant evaluation", "[text][percent]") {
  constexpr_test([] {
    char buffer[32]{};
    text_writer out(buffer);
    out.put_percent("a/b \xFF~");
    char decoded[8]{};
    return *out.finish() == "a%2Fb%20%FF~" && percent_text("a%2Fb").decode(decoded).value_or("") == "a/b" &&
           percent_text("%e2%82%AC") == "\xE2\x82\xAC" && percent_text("%4").malformed();
  });
}

TEST_CASE("percent: reads hex digits of either case", "[text][percent]") {
  CHECK(percent_text("%2f%2F%aA%Aa") == "//\xAA\xAA");
}

TEST_CASE("percent: a broken escape is found at its offset and read by nothing", "[text][percent][H211]") {
  struct {
    std::string_view raw;
    std::uint32_t offset;
  } const cases[] = {{"%", 0},    {"%2", 0},   {"%zz", 0},   {"%2g", 0},  {"%g2", 0},      {"ab%", 2},
                     {"ab%4", 2}, {"%41%", 3}, {"a%20%", 4}, {"%%41", 0}, {"%E0%A4%A", 6}, {"% 1", 0},
                     {"%:0", 0},  {"%0/", 0},  {"%0@", 0},   {"%0`", 0},  {"%G0", 0}};
  for (auto const& c : cases) {
    INFO(c.raw);
    guarded_input const raw(c.raw);
    percent_text const text(raw.view());
    guarded_output output(8);
    CHECK(text.malformed());
    REQUIRE(!text.decoded_size());
    CHECK(text.decoded_size().error() == error{errc::invalid_percent_encoding, c.offset});
    CHECK(text.decode(output.chars()).error() == error{errc::invalid_percent_encoding, c.offset});
    CHECK(output.untouched());
    CHECK(text.raw() == c.raw);
    CHECK(!(text == c.raw));
    CHECK(!(text == "a"));
  }
}

TEST_CASE("percent: compares decoded text without a buffer", "[text][percent]") {
  CHECK(percent_text("") == "");
  CHECK(percent_text() == "");
  CHECK(percent_text("%24.mid") == "$.mid");
  CHECK(percent_text("$.mid") == "$.mid");
  CHECK(!(percent_text("%24.mi") == "$.mid"));
  CHECK(!(percent_text("%24.mid") == "$.mi"));
  CHECK(!(percent_text("%24.mid") == ""));
  CHECK(!(percent_text("") == "a"));
  CHECK(!(percent_text("%41") == "%41"));
  CHECK(!(percent_text("a") == "A"));
  CHECK(percent_text("%00") == std::string_view("\0", 1));
  CHECK(!(percent_text("ab%") == "ab"));
}

TEST_CASE("percent: decodes in place", "[text][percent]") {
  std::string text = "a%20b%2Fc";
  auto const decoded = percent_text(text).decode(char_span(text.data(), text.size()));
  REQUIRE(decoded);
  CHECK(*decoded == "a b/c");
}

TEST_CASE("percent: is_unreserved agrees with the table of RFC 3986", "[text][percent]") {
  for (unsigned byte = 0; byte != 256; ++byte)
    CHECK(is_unreserved(static_cast<char>(byte)) == (expected_code(byte).size() == 1));
}

TEST_CASE("percent: the table that the compiler made is the one that a program makes", "[text][percent]") {
  detail::percent_table const made;
  for (unsigned byte = 0; byte != 256; ++byte) {
    INFO(byte);
    detail::percent_entry const& expected = detail::percent_codes.of[byte];
    CHECK(std::string_view(made.of[byte].text, made.of[byte].size) ==
          std::string_view(expected.text, expected.size));
  }
}
