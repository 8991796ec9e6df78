// SPDX-License-Identifier: BSL-1.0
#include <hubwire/wire/text.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

struct read_outcome {
  text value;
  hubwire::error error;
};

template <class Policy = strict>
read_outcome read_hex(std::string_view hex) {
  static std::vector<std::uint8_t> octets;
  octets = from_hex(hex);
  reader<Policy> in(std::string_view(detail::to_chars(octets.data()), octets.size()));
  text const value = detail::read_text(in);
  return {value, in.error()};
}

}  // namespace

TEST_CASE("text: literals are checked by the compiler and cost nothing", "[wire][text]") {
  constexpr_test([] {
    constexpr text literal = "d\xc3\xa9j\xc3\xa0 vu";
    return literal.size() == 9 && literal == "d\xc3\xa9j\xc3\xa0 vu" && !literal.empty() &&
           text("").empty() && text() == text("");
  });
}

TEST_CASE("text: parse takes what MQTT takes", "[wire][text]") {
  constexpr_test([] {
    constexpr std::string_view hello = "hello";
    auto const parsed = text::parse(hello);
    return parsed && parsed->view().data() == hello.data() && parsed->size() == 5 && text::parse("") &&
           text::parse("#+$/ \x7f\x01");
  });
}

TEST_CASE("text: ill-formed UTF-8 is refused", "[wire][text][v3.1.1:MQTT-1.5.3-1]") {
  for (std::string_view const bad :
       {"\xff", "a\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "abcdefgh\xe2\x82"}) {
    CHECK(text::parse(bad).error() == error{errc::invalid_text, 0});
    CHECK(!text::is_valid(bad));
  }
}

TEST_CASE("text: U+0000 is refused", "[wire][text][v3.1.1:MQTT-1.5.3-2]") {
  for (std::size_t position = 0; position != 12; ++position) {
    std::string bad(12, 'a');
    bad[position] = '\0';
    CHECK(text::parse(bad).error() == errc::invalid_text);
  }
}

TEST_CASE("text: 65,535 bytes and not one more", "[wire][text]") {
  std::string const longest(65'535, 'a');
  CHECK(text::parse(longest)->size() == 65'535);
  CHECK(text::parse(longest + 'a').error() == errc::invalid_text);
}

TEST_CASE("text: U+FEFF is kept wherever it stands", "[wire][text][v3.1.1:MQTT-1.5.3-3]") {
  std::string_view const with_marks =
      "\xef\xbb\xbf"
      "a\xef\xbb\xbf";
  CHECK(text::parse(with_marks)->view() == with_marks);
  CHECK(read_hex("0007 efbbbf 61 efbbbf").value == with_marks);
}

TEST_CASE("text: trusted takes the caller's word", "[wire][text]") {
  constexpr_test([] { return text::trusted("\xff").view() == "\xff"; });
}

TEST_CASE("text: compares by content with texts, views and literals", "[wire][text]") {
  std::string const owned = "abc";
  text const value = text::trusted(owned);
  CHECK(value == text("abc"));
  CHECK(value == "abc");
  CHECK(value == owned);
  CHECK(value == std::string_view("abc"));
  CHECK("abc" == value);
  CHECK(value != text("abd"));
  CHECK(value != "ab");
}

TEST_CASE("text: a field of a packet is read with its length", "[wire][text]") {
  auto const [value, error] = read_hex("0003 616263 ff");
  CHECK(value == "abc");
  CHECK(error == errc::none);
  CHECK(read_hex("0000").value.empty());
  CHECK(read_hex("0000").error == errc::none);
}

TEST_CASE("text: a field with a broken text is malformed", "[wire][text][v3.1.1:MQTT-1.5.3-1]") {
  for (std::string_view const hex :
       {"0001ff", "0002c080", "0003eda080", "0004f4908080", "000361e282", "0001c3"}) {
    CAPTURE(hex);
    CHECK(read_hex(hex).error == errc::malformed_packet);
  }
}

TEST_CASE("text: only the field is judged, not what is behind it", "[wire][text]") {
  CHECK(read_hex("000161 ff").error == errc::none);
}

TEST_CASE("text: a field with U+0000 is malformed", "[wire][text][v3.1.1:MQTT-1.5.3-2]") {
  CHECK(read_hex("0003 610062").error == errc::malformed_packet);
}

TEST_CASE("text: a field whose length lies is malformed, whatever the policy", "[wire][text]") {
  for (std::string_view const hex : {"", "00", "0001", "000461 6263", "ffff 6162"}) {
    CAPTURE(hex);
    CHECK(read_hex(hex).error == errc::malformed_packet);
    CHECK(read_hex<structural>(hex).error == errc::malformed_packet);
  }
}

TEST_CASE("text: the structural policy does not look into the text", "[wire][text]") {
  auto const [value, error] = read_hex<structural>("0003 00ff80");
  CHECK(error == errc::none);
  CHECK(to_hex(value.view()) == "00ff80");
}

TEST_CASE("text: a binary field takes every byte", "[wire][text]") {
  std::string all = "\x01";
  all += '\0';  // length 256
  for (int value = 0; value != 256; ++value) all += static_cast<char>(value);
  guarded_input const input(all);
  reader in(input.view());
  bytes const value = detail::read_binary(in);
  CHECK(!in.failed());
  CHECK(value.view() == std::string_view(all).substr(2));
}

TEST_CASE("optional_text: a literal is checked by the compiler, and none is none", "[wire][text]") {
  constexpr_test([] {
    optional_text const name = "alice";
    optional_text const empty = "";
    return name.has_value() && *name == "alice" && name->size() == 5 && empty.has_value() && empty->empty();
  });
  constexpr_test([] {
    optional_text const absent;
    return !absent && !optional_text(std::nullopt) && absent == optional_text(std::optional<text>{}) &&
           optional_text(text("a")) == optional_text("a") && optional_text("a") != optional_text("b") &&
           optional_text("a") != absent && optional_text("") != absent;
  });
  optional_text assigned;
  assigned = "b";
  CHECK(assigned == optional_text("b"));
  assigned = {};
  CHECK_FALSE(assigned.has_value());
}
