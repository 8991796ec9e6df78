// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/simd_bytes.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <support/guarded.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("simd_bytes: find_where asks about every hit until one suits, at every place",
          "[core][simd_bytes]") {
  for (std::size_t size = 0; size != 50; ++size)
    for (std::size_t first = 0; first <= size; ++first)
      for (std::size_t second = first; second <= size; second += 7) {
        std::string text(size, 'a');
        if (first != size) text[first] = '&';
        if (second != size) text[second] = '&';
        guarded_input const input{std::string_view(text)};
        char const* const begin = input.view().data();
        std::vector<bool> asked(size);
        char const* const found = detail::find_where(begin, begin + size, '&', [&](char const* at) {
          asked[static_cast<std::size_t>(at - begin)] = true;
          return at != begin + first;
        });
        std::size_t const wanted = second == first ? size : second;
        REQUIRE(static_cast<std::size_t>(found - begin) == wanted);
        for (std::size_t i = 0; i != size; ++i) REQUIRE(asked[i] == (text[i] == '&'));
      }
}

TEST_CASE("simd_bytes: find_byte finds the first one and reads nothing behind the text",
          "[core][simd_bytes]") {
  for (std::size_t size = 0; size != 50; ++size)
    for (std::size_t first = 0; first <= size; ++first) {
      std::string text(size, 'a');
      for (std::size_t i = first; i < size; i += 3) text[i] = '/';
      guarded_input const input{std::string_view(text)};
      char const* const begin = input.view().data();
      REQUIRE(detail::find_byte(begin, begin + size, '/') == begin + first);
    }
}

TEST_CASE("simd_bytes: may_have_pair misses none", "[core][simd_bytes]") {
  if constexpr (detail::has_blocks) {
    for (std::size_t size = 2; size != 50; ++size)
      for (std::size_t at = 0; at + 1 != size; ++at)
        for (std::string_view const pair : {"&&", "&=", "&a", "=&"}) {
          std::string text(size, 'a');
          text.replace(at, 2, pair);
          guarded_input const input{std::string_view(text)};
          char const* const begin = input.view().data();
          bool const wanted = pair == "&&" || pair == "&=" || size < 17;
          REQUIRE(detail::may_have_pair(begin, begin + size, '&', '&', '=') == wanted);
        }
  }
}

TEST_CASE("simd_bytes: find_any_in_block knows three bytes and the block's end", "[core][simd_bytes]") {
  if constexpr (detail::has_blocks) {
    for (std::size_t at = 0; at != 17; ++at)
      for (char const c : {'=', '&', '%'}) {
        std::string text(17, 'a');
        text[at] = c;
        guarded_input const input{std::string_view(text).substr(0, 16)};
        REQUIRE(detail::find_any_in_block(input.view().data(), '=', '&', '%') == at);
      }
  }
}
