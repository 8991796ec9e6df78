// SPDX-License-Identifier: BSL-1.0
// The reader of HTTP heads by itself. What the proxy and WebSocket make of it stands in their tests.
#include <hubwire/transport/http_head.hpp>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace hubwire;
using detail::http_head_reader;
using detail::http_step;

namespace {

constexpr std::string_view two_heads =
    "HTTP/1.1 100 Go on\r\nA: b\r\n\r\nHTTP/1.0 200\r\nLong-name:\tlong value \r\n\r\n";

std::string told(http_head_reader const& head, http_step step) {
  switch (step) {
    case http_step::need_more: return {};
    case http_step::first_line: return std::to_string(head.status()) + ' ' + std::string(head.line()) + '|';
    case http_step::field: return std::string(head.line()) + '|';
    case http_step::end: return "end at " + std::to_string(head.taken()) + '|';
    case http_step::failed: break;
  }
  return (head.is_too_long() ? "too long at " : "wrong at ") + std::to_string(head.taken());
}

std::string read(std::string_view text, std::size_t memory_size, std::uint32_t most) {
  std::vector<char> memory(memory_size);
  http_head_reader head("HTTP/1.# ###", most, memory);
  std::string all;
  for (char const c : text) {
    http_step const step = head.take(static_cast<std::uint8_t>(c));
    all += told(head, step);
    if (step == http_step::failed) break;
  }
  return all;
}

constexpr auto no_limit = std::numeric_limits<std::uint32_t>::max();

}  // namespace

TEST_CASE("http_head: lines of one head after another", "[transport][http_head]") {
  CHECK(read(two_heads, 100, no_limit) ==
        "100 HTTP/1.1 100 Go on|A: b|end at 28|200 HTTP/1.0 200|Long-name:\tlong value |end at 68|");
}

TEST_CASE("http_head: memory that is too small holds the beginning of a line", "[transport][http_head]") {
  CHECK(read(two_heads, 5, no_limit) == "100 HTTP/|A: b|end at 28|200 HTTP/|Long-|end at 68|");
}

TEST_CASE("http_head: without memory a head is judged as strictly", "[transport][http_head]") {
  CHECK(read(two_heads, 0, no_limit) == "100 ||end at 28|200 ||end at 68|");
  CHECK(read("HTTP/1.1 100 Go on\r\nA : b", 0, no_limit) == "100 |wrong at 21");
}

TEST_CASE("http_head: the limit counts all heads", "[transport][http_head]") {
  CHECK(read(two_heads, 0, 68) == "100 ||end at 28|200 ||end at 68|");
  CHECK(read(two_heads, 0, 67) == "100 ||end at 28|200 ||too long at 67");
  CHECK(read(two_heads, 0, 28) == "100 ||end at 28|too long at 28");
  CHECK(read(two_heads, 0, 0) == "too long at 0");
}

TEST_CASE("http_head: a reader that is restarted has seen nothing", "[transport][http_head]") {
  http_head_reader head("HTTP/1.# ###", 30, {});
  std::size_t const before = GENERATE(0u, 5u, 14u, 19u, 22u, 27u);
  for (char const c : two_heads.substr(0, before)) static_cast<void>(head.take(static_cast<std::uint8_t>(c)));
  head.restart(28);
  for (char const c : two_heads.substr(0, 27))
    REQUIRE(head.take(static_cast<std::uint8_t>(c)) != http_step::failed);
  CHECK(head.take('\n') == http_step::end);
  CHECK(head.status() == 100);
  CHECK(head.taken() == 28);
}

TEST_CASE("http_head: a line that its memory cuts before the colon is no field", "[transport][http_head]") {
  CHECK(detail::http_field_of("Na").name.empty());
  CHECK(detail::http_field_of("Name:").name == "Name");
  CHECK(detail::http_field_of("Name: \t a b \t").value == "a b");
}
