// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/crc32.hpp>

#include <array>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("crc32: the published check value and others that zlib computes", "[core][crc32]") {
  constexpr_test([] {
    std::array<std::uint8_t, 9> const digits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
    std::array<std::uint8_t, 4> const zeros{};
    std::array<std::uint8_t, 4> const ones{0xFF, 0xFF, 0xFF, 0xFF};
    return crc32(digits) == 0xCBF4'3926U && crc32({}) == 0 && crc32(zeros) == 0x2144'DF1CU &&
           crc32(ones) == 0xFFFF'FFFFU;
  });
}

TEST_CASE("crc32: goes on where it stopped", "[core][crc32]") {
  constexpr_test([] {
    std::array<std::uint8_t, 9> const digits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
    for (std::size_t cut = 0; cut <= digits.size(); ++cut) {
      byte_view const all(digits);
      if (crc32(all.subspan(cut), crc32(all.first(cut))) != 0xCBF4'3926U) return false;
    }
    return true;
  });
}
