// SPDX-License-Identifier: BSL-1.0
// How the hub emulator reads lines. The tests do not build the emulator, so the source file itself is included.
#include "../../examples/hub_emulator/line_splitter.cpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace {

using hub_emulator::line_splitter;

// What comes out when text goes in, in pieces of that size; "!" stands for a line that is too long.
std::vector<std::string> lines_of(std::string_view text, std::size_t piece) {
  line_splitter splitter;
  std::vector<std::string> lines;
  auto const keep = [&](line_splitter::line const& line) {
    CHECK((!line.too_long || line.text.empty()));
    lines.push_back(line.too_long ? "!" : line.text);
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    splitter.add(text.substr(at, std::min(piece, text.size() - at)));
    while (auto const line = splitter.next()) keep(*line);
  }
  if (auto const line = splitter.last()) keep(*line);
  CHECK_FALSE(splitter.next());
  CHECK_FALSE(splitter.last());
  return lines;
}

}  // namespace

TEST_CASE("line_splitter: lines, whatever the pieces", "[examples][hub_emulator]") {
  std::string_view const text = "a\n\nbc\r\nlast";
  std::vector<std::string> const wanted{"a", "", "bc\r", "last"};
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    INFO(piece);
    CHECK(lines_of(text, piece) == wanted);
  }
  CHECK(lines_of("", 1).empty());
  CHECK(lines_of("\n", 1) == std::vector<std::string>{""});
}

TEST_CASE("line_splitter: a line that is too long is told once, and its rest is skipped",
          "[examples][hub_emulator]") {
  std::size_t const most = line_splitter::line_max;
  for (std::size_t const piece : {std::size_t{1000}, std::size_t{4096}, most - 1, most, most + 1, 5 * most}) {
    INFO(piece);
    std::string const longest(most, 'x');
    CHECK(lines_of(longest + "\nok\n", piece) == std::vector<std::string>{longest, "ok"});
    CHECK(lines_of(longest + "y\nok\n", piece) == std::vector<std::string>{"!", "ok"});
    CHECK(lines_of("ok\n" + longest + longest + longest + "\n\nok", piece) ==
          std::vector<std::string>{"ok", "!", "", "ok"});
    CHECK(lines_of(longest + "y\n" + longest + "y\n", piece) == std::vector<std::string>{"!", "!"});
    CHECK(lines_of(longest + "y", piece) == std::vector<std::string>{"!"});
    CHECK(lines_of(longest, piece) == std::vector<std::string>{longest});
  }
}

TEST_CASE("line_splitter: what is skipped is not kept", "[examples][hub_emulator]") {
  line_splitter splitter;
  std::string const piece(line_splitter::line_max / 2 + 1, 'x');
  std::size_t told = 0;
  for (int i = 0; i != 100; ++i) {
    splitter.add(piece);
    while (splitter.next()) ++told;
  }
  CHECK(told == 1);
  splitter.add("\nnext\n");
  auto const line = splitter.next();
  REQUIRE(line);
  CHECK(line->text == "next");
}
