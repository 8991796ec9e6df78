// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/bytes.hpp>

#include <array>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("bytes: every container of octets is a payload as it stands", "[core][bytes]") {
  std::array<std::uint8_t, 3> array{1, 2, 3};
  std::uint8_t const c_array[] = {1, 2, 3};
  std::vector<std::uint8_t> const vector{1, 2, 3};
  byte_span const writable(array);
  byte_view const readable(array);

  bytes const views[] = {array, c_array, vector, writable, readable};
  for (bytes const& view : views) CHECK(to_hex(view.octets()) == "010203");
  CHECK(views[0].octets().data() == array.data());
  CHECK(views[1].octets().data() == c_array);
  CHECK(views[3].octets().data() == array.data());
}

TEST_CASE("bytes: characters become a payload only when they are asked to", "[core][bytes]") {
  STATIC_CHECK(!std::is_convertible_v<std::string_view, bytes>);
  STATIC_CHECK(!std::is_convertible_v<std::string, bytes>);
  STATIC_CHECK(!std::is_convertible_v<char const(&)[4], bytes>);
  STATIC_CHECK(!std::is_convertible_v<char_view, bytes>);
  std::string const chars = "abc";
  CHECK(as_bytes(chars).data() == chars.data());
  CHECK(as_bytes(chars).view() == "abc");
  CHECK(bytes(char_view(chars)).view() == "abc");
}

TEST_CASE("bytes: both views show the same octets, also those above 0x7f", "[core][bytes]") {
  std::array<std::uint8_t, 4> const octets{0x00, 0x7f, 0x80, 0xff};
  bytes const payload(octets);
  REQUIRE(payload.size() == 4);
  for (std::size_t i = 0; i != 4; ++i) CHECK(detail::to_byte(payload.view()[i]) == octets[i]);
  CHECK(to_hex(payload.octets()) == "007f80ff");
}

TEST_CASE("bytes: nothing is the default, and equals every other nothing", "[core][bytes]") {
  constexpr_test([] {
    bytes const nothing;
    return nothing.empty() && nothing.size() == 0 && nothing.data() == nullptr && nothing == as_bytes("") &&
           as_bytes("") == nothing && !(nothing == as_bytes("a"));
  });
  std::vector<std::uint8_t> const empty;
  CHECK(bytes(empty) == bytes());
}

TEST_CASE("bytes: equality looks at the content and at all of it", "[core][bytes]") {
  constexpr_test([] {
    return as_bytes("abc") == as_bytes("abc") && as_bytes("abc") != as_bytes("abd") &&
           as_bytes("abc") != as_bytes("ab") && as_bytes("ab") != as_bytes("abc") &&
           as_bytes(std::string_view("a\0b", 3)) != as_bytes(std::string_view("a\0c", 3));
  });
}

TEST_CASE("bytes: char and octet are the same eight bits", "[core][bytes]") {
  constexpr_test([] {
    for (unsigned value = 0; value != 256; ++value) {
      auto const octet = static_cast<std::uint8_t>(value);
      if (detail::to_byte(detail::to_char(octet)) != octet) return false;
    }
    return true;
  });
}

TEST_CASE("bytes: copying and comparing nothing needs no memory", "[core][bytes]") {
  constexpr_test([] {
    detail::copy_chars(nullptr, nullptr, 0);
    return detail::same_chars(nullptr, nullptr, 0);
  });
}

TEST_CASE("bytes: copying touches what it was told to and nothing else", "[core][bytes]") {
  constexpr_test([] {
    char to[5] = {'-', '-', '-', '-', '-'};
    detail::copy_chars(to + 1, "abc", 3);
    return std::string_view(to, 5) == "-abc-";
  });
}
