// SPDX-License-Identifier: BSL-1.0
#include <hubwire/wire/varint.hpp>

#include <type_traits>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

varint read_hex(std::string_view hex) {
  guarded_input const input(from_hex(hex));
  return read_varint(input.view());
}

// The rules, one after the other: find the last byte, weigh the bytes, refuse what could be shorter.
constexpr varint reference(std::string_view input) {
  std::size_t last = 0;
  while (last < input.size() && last < 4 && detail::to_byte(input[last]) >= 0x80) ++last;
  if (last == 4) return {varint_status::malformed, 4, 0};
  if (last == input.size()) return {varint_status::need_more, static_cast<std::uint8_t>(last), 0};
  std::uint32_t value = 0;
  std::uint32_t weight = 1;
  for (std::size_t i = 0; i <= last; ++i, weight *= 128) value += (detail::to_byte(input[i]) % 128) * weight;
  constexpr std::uint32_t smallest[] = {0, 128, 16'384, 2'097'152};
  auto const status = value < smallest[last] ? varint_status::malformed : varint_status::ready;
  return {status, static_cast<std::uint8_t>(last + 1), value};
}

bool agrees(std::string_view input) {
  varint const got = read_varint(input);
  varint const expected = reference(input);
  return got.status == expected.status && got.size == expected.size &&
         (got.status != varint_status::ready || got.value == expected.value);
}

struct sample {
  std::uint32_t value;
  std::string_view hex;
};

constexpr sample boundaries[] = {
    {0, "00"},
    {1, "01"},
    {127, "7f"},
    {128, "8001"},
    {321, "c102"},
    {16'383, "ff7f"},
    {16'384, "808001"},
    {2'097'151, "ffff7f"},
    {2'097'152, "80808001"},
    {268'435'454, "feffff7f"},
    {268'435'455, "ffffff7f"},
};

}  // namespace

TEST_CASE("varint: both sides of every boundary, read and written", "[wire][varint]") {
  for (auto const& [value, hex] : boundaries) {
    CAPTURE(value);
    varint const read = read_hex(hex);
    CHECK(read.status == varint_status::ready);
    CHECK(read.value == value);
    CHECK(read.size == hex.size() / 2);
    CHECK(varint_size(value) == hex.size() / 2);

    guarded_output const output(hex.size() / 2);
    writer out(output.chars().data());
    write_varint(out, value);
    CHECK(to_hex(output.octets()) == hex);
    CHECK(output.untouched_behind(hex.size() / 2));
  }
}

TEST_CASE("varint: every input of one, two and three bytes", "[wire][varint]") {
  guarded_output const memory(3);
  char* const end = memory.chars().data() + 3;
  for (unsigned number = 0; number != 0x100'0000; ++number) {
    end[-1] = static_cast<char>(number);
    end[-2] = static_cast<char>(number >> 8);
    end[-3] = static_cast<char>(number >> 16);
    if (!agrees({end - 3, 3})) FAIL("three bytes " << number);
    if (number < 0x1'0000 && !agrees({end - 2, 2})) FAIL("two bytes " << number);
    if (number < 0x100 && !agrees({end - 1, 1})) FAIL("one byte " << number);
  }
}

TEST_CASE("varint: every fourth byte behind the extremes", "[wire][varint]") {
  for (unsigned third : {0x80u, 0x81u, 0xfeu, 0xffu}) {
    for (unsigned fourth = 0; fourth != 0x100; ++fourth) {
      std::uint8_t const octets[] = {0x80, 0xff, static_cast<std::uint8_t>(third),
                                     static_cast<std::uint8_t>(fourth)};
      guarded_input const input{byte_view(octets)};
      if (!agrees(input.view())) FAIL(third << ' ' << fourth);
    }
  }
}

TEST_CASE("varint: what is written is read again", "[wire][varint]") {
  for (std::uint32_t value = 0; value <= varint_max; value += value < 300'000 ? 1 : 9973) {
    char buffer[4] = {};
    writer out(buffer);
    write_varint(out, value);
    auto const size = static_cast<std::size_t>(out.position() - buffer);
    varint const read = read_varint({buffer, size});
    if (read.status != varint_status::ready || read.value != value || read.size != size ||
        size != varint_size(value))
      FAIL(value);
  }
}

TEST_CASE("varint: an unfinished integer asks for more and reads nothing behind it", "[wire][varint]") {
  for (std::string_view const hex : {"", "80", "ff", "8080", "ffff", "808080", "ffffff"}) {
    CAPTURE(hex);
    CHECK(read_hex(hex).status == varint_status::need_more);
    CHECK(read_hex(hex).size == hex.size() / 2);
  }
}

TEST_CASE("varint: malformed with the fourth continuation bit, the fifth byte is never looked at",
          "[wire][varint]") {
  for (std::string_view const hex : {"80808080", "ffffffff",
                                     "80808080"
                                     "00",
                                     "80808080"
                                     "01",
                                     "ffffffff"
                                     "7f",
                                     "fbffffff"}) {
    CAPTURE(hex);
    CHECK(read_hex(hex).status == varint_status::malformed);
  }
}

TEST_CASE("varint: more bytes than the value needs are malformed", "[wire][varint]") {
  for (std::string_view const hex : {"8000", "ff00", "808000", "ffff00", "80808000", "ffffff00", "8500ff"}) {
    CAPTURE(hex);
    CHECK(read_hex(hex).status == varint_status::malformed);
  }
}

TEST_CASE("varint: bytes behind the integer are not its own", "[wire][varint]") {
  varint const read = read_hex("c102ffff");
  CHECK(read.status == varint_status::ready);
  CHECK(read.value == 321);
  CHECK(read.size == 2);
}

TEST_CASE("varint: adding its size to a length does not wrap", "[wire][varint]") {
  std::string_view const largest("\xff\xff\xff\x7f", 4);
  varint const read = read_varint(largest);
  STATIC_CHECK(std::is_same_v<decltype(1 + read.size + read.value), std::uint32_t>);
  CHECK(1 + read.size + read.value == 268'435'460);
}

TEST_CASE("varint: works in constant evaluation", "[wire][varint]") {
  constexpr_test([] {
    char buffer[4] = {};
    writer out(buffer);
    write_varint(out, varint_max);
    varint const read = read_varint({buffer, 4});
    return read.status == varint_status::ready && read.value == varint_max && read.size == 4 &&
           read_varint(std::string_view("\x80\x00", 2)).status == varint_status::malformed &&
           read_varint("\x80").status == varint_status::need_more &&
           read_varint({}).status == varint_status::need_more;
  });
}
