// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/slice.hpp>

#include <limits>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("slice: first and drop share the text between them, at every length", "[core][slice]") {
  constexpr_test([] {
    constexpr std::string_view text = "abcdef";
    for (std::size_t count = 0; count != 9; ++count) {
      std::string_view const front = first(text, count);
      std::string_view const back = drop(text, count);
      if (front.data() != text.data() || front.size() + back.size() != text.size()) return false;
      if (back.data() != text.data() + front.size()) return false;
      if (front.size() != (count < 6 ? count : 6)) return false;
    }
    return true;
  });
}

TEST_CASE("slice: more than there is means all of it", "[core][slice]") {
  constexpr_test([] {
    constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();
    return first("abc", huge) == "abc" && drop("abc", huge).empty() && first({}, huge).empty() &&
           drop({}, 1).empty();
  });
}

TEST_CASE("slice: same compares content and length", "[core][slice]") {
  constexpr_test([] {
    return same("", {}) && same("ab", "ab") && !same("ab", "abc") && !same("abc", "ab") && !same("ab", "aB");
  });
}

TEST_CASE("slice: begins_with and ends_with never look outside the text", "[core][slice]") {
  constexpr_test([] {
    return begins_with("abc", "") && begins_with("abc", "ab") && begins_with("abc", "abc") &&
           !begins_with("abc", "abcd") && !begins_with("abc", "b") && !begins_with("", "a") &&
           ends_with("abc", "") && ends_with("abc", "bc") && ends_with("abc", "abc") &&
           !ends_with("abc", "zabc") && !ends_with("abc", "b") && !ends_with("", "a") &&
           begins_with({}, {}) && ends_with({}, {});
  });
  guarded_input const text(std::string_view("abc"));
  CHECK(!begins_with(text.view(), "abcdefghi"));
  CHECK(!ends_with(text.view(), "xyzabc"));
}

TEST_CASE("slice: consume moves on only when the prefix is there", "[core][slice]") {
  constexpr_test([] {
    std::string_view text = "$iothub/twin/res/200";
    bool const wrong = consume(text, "$dps/");
    bool const unchanged = text == "$iothub/twin/res/200";
    bool const right = consume(text, "$iothub/twin/");
    bool const nothing = consume(text, "");
    return !wrong && unchanged && right && nothing && text == "res/200" && consume(text, "res/200") &&
           text.empty() && !consume(text, "x");
  });
}

TEST_CASE("slice: index_of finds the first of any character, or the end", "[core][slice]") {
  constexpr_test([] {
    return index_of("a/b/c", '/') == 1 && index_of("abc", '/') == 3 && index_of("", '/') == 0 &&
           index_of({}, '/') == 0 && index_of("abc", 'c') == 2 &&
           index_of(std::string_view("a\0b", 3), '\0') == 1 && index_of("ab\xff", '\xff') == 2 &&
           index_of("abc", '\0') == 3;  // not the literal's terminator
  });
}

TEST_CASE("slice: index_of reads nothing behind the text", "[core][slice]") {
  for (std::size_t size = 0; size != 40; ++size) {
    guarded_input const text(std::string(size, 'a'));
    CHECK(index_of(text.view(), '/') == size);
  }
}

TEST_CASE("slice: cut splits at the first separator", "[core][slice]") {
  constexpr_test([] {
    auto const twice = cut("k=v=w", '=');
    auto const last = cut("k=", '=');
    auto const leading = cut("=v", '=');
    auto const none = cut("kv", '=');
    auto const empty = cut("", '=');
    return twice.found && twice.before == "k" && twice.after == "v=w" &&  //
           last.found && last.before == "k" && last.after.empty() &&      //
           leading.found && leading.before.empty() && leading.after == "v" && !none.found &&
           none.before == "kv" && none.after.empty() &&  //
           !empty.found && empty.before.empty() && empty.after.empty();
  });
}

TEST_CASE("slice: a cut without separator still points into the text", "[core][slice]") {
  constexpr_test([] {
    constexpr std::string_view text = "kv";
    auto const none = cut(text, '=');
    return none.before.data() == text.data() && none.after.data() == text.data() + 2;
  });
}

TEST_CASE("slice: finds and compares in texts of every length, and reads nothing behind them",
          "[core][slice]") {
  for (std::size_t size = 0; size != 70; ++size) {
    std::string const text(size, 'a');
    guarded_input const input(text);
    CHECK(index_of(input.view(), 'x') == size);
    CHECK(same(input.view(), text));
    for (std::size_t at = 0; at != size; ++at) {
      std::string changed = text;
      changed[at] = 'x';
      guarded_input const other(changed);
      REQUIRE(index_of(other.view(), 'x') == at);
      REQUIRE(index_of(first(other.view(), at), 'x') == at);
      REQUIRE(!same(input.view(), other.view()));
      REQUIRE(begins_with(other.view(), text) == false);
      changed.back() = 'x';
      REQUIRE(index_of(changed, 'x') == at);
    }
  }
}
