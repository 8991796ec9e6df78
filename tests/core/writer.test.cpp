// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/writer.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("writer: writes exactly the octets that were measured", "[core][writer]") {
  guarded_output const output(12);
  writer out(output.chars().data());
  out.u8(0xfe);
  out.u16(0x8001);
  out.raw("ab");
  out.prefixed("xyz");
  out.prefixed("");
  CHECK(to_hex(output.octets()) ==
        "fe8001"
        "6162"
        "000378797a"
        "0000");
  CHECK(out.position() == output.chars().data() + 12);
  CHECK(output.untouched_behind(12));
}

TEST_CASE("writer: works in constant evaluation", "[core][writer]") {
  constexpr_test([] {
    char buffer[8] = {};
    writer out(buffer);
    out.u8(1);
    out.u16(0x0203);
    out.prefixed("ab");
    out.raw("");
    return out.position() == buffer + 7 &&
           std::string_view(buffer, 8) == std::string_view("\1\2\3\0\2ab\0", 8);
  });
}

TEST_CASE("writer: numbers are big-endian over their whole range", "[core][writer]") {
  for (unsigned value = 0; value != 0x10000; ++value) {
    char buffer[2] = {};
    writer out(buffer);
    out.u16(static_cast<std::uint16_t>(value));
    if (detail::to_byte(buffer[0]) != value >> 8 || detail::to_byte(buffer[1]) != (value & 0xff)) FAIL(value);
  }
}

TEST_CASE("writer: nothing is written for an empty view without memory", "[core][writer]") {
  guarded_output const output(1);
  writer out(output.chars().data());
  out.raw({});
  CHECK(out.position() == output.chars().data());
  CHECK(output.untouched());
}

TEST_CASE("writer: the longest prefixed text carries its length", "[core][writer]") {
  std::string const longest(65'535, 'x');
  guarded_output const output(2 + longest.size());
  writer out(output.chars().data());
  out.prefixed(longest);
  CHECK(to_hex(output.octets().first(3)) == "ffff78");
  CHECK(output.octets().back() == 'x');
}
