// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/simd_bytes.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
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
        char const* const found =
            detail::find_where(begin, begin + size, detail::byte_is{'&'}, [&](char const* at) {
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

TEST_CASE("simd_bytes: a kind of byte is the one of its definition, one by one and in blocks",
          "[core][simd_bytes]") {
  auto const yes = [](char const*) { return true; };
  for (unsigned byte = 0; byte != 256; ++byte) {
    char const c = static_cast<char>(byte);
    bool const wildcard = c == '+' || c == '#';
    for (std::size_t const size : {std::size_t{1}, std::size_t{40}}) {
      std::string text(size, 'a');
      text.back() = c;
      guarded_input const input{std::string_view(text)};
      char const* const begin = input.view().data();
      char const* const end = begin + size;
      INFO(byte);
      CHECK((detail::find_where(begin, end, detail::byte_is_wildcard{}, yes) != end) == wildcard);
    }
  }
}

TEST_CASE("simd_bytes: only ASCII with a bit outside of 0x2B is not odd", "[core][simd_bytes]") {
  for (unsigned byte = 0; byte != 256; ++byte)
    CHECK(detail::is_odd(static_cast<std::uint8_t>(byte)) == (byte >= 0x80 || (byte & ~0x2Bu) == 0));
}

TEST_CASE("simd_bytes: plain levels hold no odd character but a '+' between slashes", "[core][simd_bytes]") {
  if constexpr (detail::has_blocks) {
    auto const has_plain_levels = [](std::string const& text) {
      guarded_input const input{std::string_view(text)};
      return detail::has_plain_levels(input.view().data() + 1, input.view().data() + text.size() - 1);
    };
    for (std::size_t size = 18; size != 54; ++size)
      for (std::size_t at = 1; at != size - 1; ++at) {
        std::string text(size, 'a');
        CHECK(has_plain_levels(text));
        for (unsigned byte = 0; byte != 256; ++byte) {
          text[at] = static_cast<char>(byte);
          if (has_plain_levels(text) == detail::is_odd(static_cast<std::uint8_t>(byte))) FAIL(byte);
        }
        text[at] = '+';
        text[at - 1] = '/';
        CHECK_FALSE(has_plain_levels(text));
        text[at + 1] = '/';
        CHECK(has_plain_levels(text));
        text[at - 1] = 'a';
        CHECK_FALSE(has_plain_levels(text));
      }
  }
}

TEST_CASE("simd_bytes: finds in constant evaluation", "[core][simd_bytes]") {
  constexpr_test([] {
    std::string_view const text = "devices/d1/messages/devicebound/#";
    char const* const end = text.data() + text.size();
    auto const yes = [](char const*) { return true; };
    return detail::find_byte(text.data(), end, 'b') == text.data() + 26 &&
           detail::find_byte(text.data(), end, 'x') == end &&
           detail::find_where(text.data(), end, detail::byte_is_wildcard{}, yes) == end - 1;
  });
}
