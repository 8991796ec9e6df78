// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/wipe.hpp>

#include <array>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("wipe: zeroes all of the span and nothing else", "[core][wipe]") {
  std::array<std::uint8_t, 6> memory{1, 2, 3, 4, 5, 6};
  wipe(byte_span(memory).subspan(1, 4));
  CHECK(memory == std::array<std::uint8_t, 6>{1, 0, 0, 0, 0, 6});
  wipe(byte_span());
}

TEST_CASE("wipe: works in constant evaluation", "[core][wipe]") {
  constexpr_test([] {
    char memory[3] = {'a', 'b', 'c'};
    wipe(char_span(memory, 2));
    return memory[0] == '\0' && memory[1] == '\0' && memory[2] == 'c';
  });
}

TEST_CASE("wipe: wipe_object covers the whole object", "[core][wipe]") {
  struct context {
    std::uint64_t a = ~std::uint64_t{0};
    std::uint8_t b = 0xff;
  } secret;
  wipe_object(secret);
  CHECK(secret.a == 0);
  CHECK(secret.b == 0);
}

TEST_CASE("wipe: the guard wipes on every way out", "[core][wipe]") {
  std::array<std::uint8_t, 2> memory{1, 2};
  auto const leaves_early = [&](bool early) {
    wipe_guard const guard(memory);
    memory = {7, 8};
    if (early) return 1;
    return 2;
  };
  CHECK(leaves_early(true) == 1);
  CHECK(memory == std::array<std::uint8_t, 2>{0, 0});
  CHECK(leaves_early(false) == 2);
  CHECK(memory == std::array<std::uint8_t, 2>{0, 0});
}
