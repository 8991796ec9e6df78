// SPDX-License-Identifier: BSL-1.0
#include <hubwire/text/decimal.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("decimal: reads digits up to the given number", "[text][decimal]") {
  constexpr_test([] {
    return parse_decimal("0") == 0u && parse_decimal("007") == 7u &&
           parse_decimal("18446744073709551615") == ~std::uint64_t{0} && parse_decimal("999", 999) == 999u &&
           parse_decimal("9", 9) == 9u && parse_decimal("0", 0) == 0u;
  });
}

TEST_CASE("decimal: numbers around every power of two, with zeros in front and a digit too many",
          "[text][decimal]") {
  for (unsigned bit = 0; bit != 64; ++bit)
    for (std::uint64_t const number :
         {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit, (std::uint64_t{1} << bit) + 9}) {
      std::string const text = std::to_string(number);
      CHECK(parse_decimal(text) == number);
      CHECK(parse_decimal("0000000000000000000000" + text) == number);
      CHECK(parse_decimal(text, number) == number);
      if (number != 0) CHECK(!parse_decimal(text, number - 1));
      for (char const digit : {'0', '5', '6', '9'}) {
        auto const last = static_cast<std::uint64_t>(digit - '0');
        bool const fits = number <= (~std::uint64_t{0} - last) / 10;
        auto const longer = parse_decimal(text + digit);
        CHECK(longer.has_value() == fits);
        if (longer) CHECK(*longer == number * 10 + last);
      }
    }
}

TEST_CASE("decimal: everything else is nothing", "[text][decimal]") {
  for (std::string_view const text :
       {"", "-1", "+1", " 1", "1 ", "1a", "a", "0x1", "1.0", "18446744073709551616", "18446744073709551620",
        "99999999999999999999", "184467440737095516150", "/", ":"})
    CHECK(!parse_decimal(text));
  CHECK(!parse_decimal("1000", 999));
  CHECK(!parse_decimal("5", 4));
  CHECK(!parse_decimal("1", 0));
  CHECK(!parse_decimal("4294967296", 0xFFFF'FFFF));
  CHECK(parse_decimal("4294967295", 0xFFFF'FFFF));
}
