// SPDX-License-Identifier: BSL-1.0
#include <hubwire/text/text_writer.hpp>

#include <limits>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/every_size.hpp>
#include <support/guarded.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("text_writer: puts pieces one behind the other", "[text][text_writer][H214]") {
  writes_into_every_size("ab-0-18446744073709551615-%2F", [](char_span out) {
    return text_writer(out)
        .put("ab")
        .put('-')
        .put_number(0)
        .put('-')
        .put_number(std::numeric_limits<std::uint64_t>::max())
        .put('-')
        .put_percent("/")
        .finish();
  });
}

TEST_CASE("text_writer: a pair is encoded on both sides of its equals sign", "[text][text_writer][H214]") {
  std::string_view const long_value = "0f8fad5b-d9cb-469f/a b";
  for (bool const separated : {false, true}) {
    writes_into_every_size(separated ? "&a%2Fb=c" : "a%2Fb=c", [&](char_span out) {
      text_writer writer(out);
      writer.put_pair(separated, "a/b", "c");
      return writer.finish();
    });
    writes_into_every_size(
        separated ? "&%24.mid=0f8fad5b-d9cb-469f%2Fa%20b" : "%24.mid=0f8fad5b-d9cb-469f%2Fa%20b",
        [&](char_span out) {
          text_writer writer(out);
          writer.put_pair(separated, "$.mid", long_value);
          return writer.finish();
        });
  }
}

TEST_CASE("text_writer: a text that is too long for where it goes", "[text][text_writer]") {
  char buffer[4];
  CHECK(*text_writer(buffer).put("abcd").finish(4, errc::invalid_text) == "abcd");
  CHECK(text_writer(buffer).put("abcd").finish(3, errc::invalid_text).error() == errc::invalid_text);
  CHECK(text_writer(buffer).put("abcde").finish(4, errc::invalid_text).error() == errc::invalid_text);
  CHECK(text_writer(buffer).put("abcde").finish(5, errc::invalid_text).error() ==
        error{errc::buffer_too_small, 5});
}

TEST_CASE("text_writer: numbers of every length, and text of every length", "[text][text_writer][H214]") {
  std::uint64_t number = 1;
  for (int digits = 1; digits != 21; ++digits) {
    for (std::uint64_t const n : {number - 1, number, number + 1, number * 9}) {
      guarded_output output(std::to_string(n).size());
      CHECK(*text_writer(output.chars()).put_number(n).finish() == std::to_string(n));
      char buffer[64];
      CHECK(*text_writer(buffer).put_number(n).finish() == std::to_string(n));
    }
    number *= 10;
  }
  std::string const letters = "abcdefghijklmnopqrstuvwxyz";
  for (std::size_t size = 0; size <= letters.size(); ++size) {
    guarded_input const input(letters.substr(0, size));
    guarded_output output(size);
    CHECK(*text_writer(output.chars()).put(input.view()).finish() == letters.substr(0, size));
  }
}

TEST_CASE("text_writer: works in constant evaluation", "[text][text_writer]") {
  constexpr_test([] {
    char buffer[8]{};
    text_writer out(buffer);
    out.put("n=").put_number(10).put('.');
    text_writer small(char_span(buffer, 3));
    small.put("abcd");
    return *out.finish() == "n=10." && small.overflowed() && small.size() == 4;
  });
}

TEST_CASE("text_writer: after the first piece that does not fit nothing is written", "[text][text_writer]") {
  guarded_output output(4);
  text_writer out(output.chars());
  out.put("abc").put("de").put('f').put("").put_percent("g/");
  CHECK(out.overflowed());
  CHECK(out.size() == 10);
  CHECK(out.finish().error() == error{errc::buffer_too_small, 10});
  CHECK(output.untouched_behind(3));
}

TEST_CASE("text_writer: an empty buffer takes empty text and counts the rest", "[text][text_writer]") {
  text_writer out{char_span()};
  out.put("").put_percent("");
  CHECK(out.finish());
  out.put('a');
  CHECK(out.finish().error() == error{errc::buffer_too_small, 1});
}

TEST_CASE("text_writer: a percent code is never cut in two", "[text][text_writer]") {
  guarded_output output(4);
  text_writer out(output.chars());
  out.put_percent("//");
  CHECK(out.size() == 6);
  CHECK(output.untouched_behind(4));
}

TEST_CASE("text_writer: sees bytes past ASCII on the fast and on the tight way", "[text][text_writer]") {
  char buffer[32]{};
  text_writer roomy(buffer);
  CHECK(!roomy.put_percent("abc").saw_non_ascii());
  CHECK(roomy.put_percent("a\xC3\xA9").saw_non_ascii());
  text_writer tight(char_span(buffer, 3));
  CHECK(!tight.put_percent("abcdef").saw_non_ascii());
  CHECK(tight.put_percent("\xC3\xA9").saw_non_ascii());
  CHECK(!text_writer(buffer).put("\xC3\xA9").saw_non_ascii());
  text_writer pair(buffer);
  pair.put_pair(false, "a", "b");
  CHECK(!pair.saw_non_ascii());
  pair.put_pair(true, "a\xC3\xA9", "b");
  CHECK(pair.saw_non_ascii());
}

TEST_CASE("text_writer: an error's detail saturates", "[text][text_writer]") {
  CHECK(text_writer::saturated(7) == 7);
  CHECK(text_writer::saturated(0xFFFF'FFFF) == 0xFFFF'FFFF);
  CHECK(text_writer::saturated(0x1'0000'0000) == 0xFFFF'FFFF);
}
