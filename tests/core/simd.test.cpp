// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/simd.hpp>

#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <support/guarded.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("simd: any_zero_byte is exact for every byte value at every position", "[core][simd]") {
  for (unsigned position = 0; position != 8; ++position) {
    for (std::uint64_t value = 0; value != 256; ++value) {
      std::uint64_t const hole = ~(std::uint64_t{0xff} << (8 * position));
      for (std::uint64_t const around : {0x0101010101010101u, 0x8080808080808080u, 0xffffffffffffffffu}) {
        std::uint64_t const word = (around & hole) | value << (8 * position);
        if (detail::any_zero_byte(word) != (value == 0)) FAIL(position << ' ' << value);
      }
    }
  }
}

TEST_CASE("simd: a block is skipped only when each of its bytes is plain", "[core][simd]") {
  for (std::size_t position = 0; position != 8; ++position) {
    for (unsigned value = 0; value != 256; ++value) {
      std::string text(8, 'a');
      text[position] = static_cast<char>(value);
      guarded_input const input(text);
      char const* const begin = input.view().data();
      auto const skipped = detail::skip_plain_blocks(begin, begin + 8) - begin;
      bool const plain = value != 0 && value < 0x80 && value != '#' && value != '+';
      // Without blocks (-Os) nothing is skipped, which is right too.
      if (skipped != (plain ? 8 : 0) && skipped != 0) FAIL(position << ' ' << value);
#if !defined(__OPTIMIZE_SIZE__)
      if (skipped != (plain ? 8 : 0)) FAIL(position << ' ' << value);
#endif
    }
  }
}

TEST_CASE("simd: fewer than eight bytes are left to the caller", "[core][simd]") {
  for (std::size_t size = 0; size != 8; ++size) {
    guarded_input const input(std::string(size, 'a'));
    char const* const begin = input.view().data();
    CHECK(detail::skip_plain_blocks(begin, begin + size) == begin);
  }
  CHECK(detail::skip_plain_blocks(nullptr, nullptr) == nullptr);
}
