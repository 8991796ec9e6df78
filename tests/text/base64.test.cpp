// SPDX-License-Identifier: BSL-1.0
#include <hubwire/text/base64.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/every_size.hpp>
#include <support/guarded.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

// RFC 4648 section 10.
struct {
  std::string_view octets;
  std::string_view text;
} const vectors[] = {{"", ""},
                     {"f", "Zg=="},
                     {"fo", "Zm8="},
                     {"foo", "Zm9v"},
                     {"foob", "Zm9vYg=="},
                     {"fooba", "Zm9vYmE="},
                     {"foobar", "Zm9vYmFy"}};

result<std::string_view> decode(char_span out, std::string_view text) {
  auto const decoded = base64_decode(out, text);
  if (!decoded) return decoded.error();
  return decoded->view();
}

}  // namespace

TEST_CASE("base64: the vectors of RFC 4648, both ways and into every size", "[text][base64]") {
  for (auto const& v : vectors) {
    INFO(v.text);
    CHECK(base64_encoded_size(v.octets.size()) == v.text.size());
    CHECK(base64_decoded_size(v.text) == v.octets.size());
    writes_into_every_size(v.text, [&](char_span out) { return base64_encode(out, as_bytes(v.octets)); });
    guarded_input const text(v.text);
    writes_into_every_size(v.octets, [&](char_span out) { return decode(out, text.view()); });
  }
}

TEST_CASE("base64: all bytes, at every length", "[text][base64]") {
  std::string octets;
  for (unsigned i = 0; i != 256; ++i) {
    octets += static_cast<char>(i * 7 + 3);
    char text[400];
    char back[300];
    auto const encoded = base64_encode(text, as_bytes(octets));
    REQUIRE(encoded);
    auto const decoded = base64_decode(back, *encoded);
    REQUIRE(decoded);
    CHECK(decoded->view() == octets);
  }
}

TEST_CASE("base64: works in constant evaluation", "[text][base64]") {
  constexpr_test([] {
    char text[8]{};
    char octets[4]{};
    return *base64_encode(text, as_bytes("\xFB\xFF\xFE")) == "+//+" &&
           base64_decode(octets, "+//+")->view() == "\xFB\xFF\xFE" && !base64_decode(octets, "+//");
  });
}

TEST_CASE("base64: what is not canonical is refused where it is wrong", "[text][base64][H215]") {
  struct {
    std::string_view text;
    std::uint32_t offset;
  } const cases[] = {{"Z", 0},         {"Zg", 0},   {"Zg=", 0},      {"Zm9vY", 4},    {"====", 0},
                     {"Z===", 0},      {"=Zg=", 0}, {"Z=g=", 0},     {"Zg==Zg==", 0}, {"Zm8=Zm9v", 0},
                     {"Zh==", 0},      {"Zm9=", 0}, {"Zm9vZh==", 4}, {"Zm9v ", 4},    {"Zm 9", 0},
                     {"Zm9v\nZm9", 4}, {"Zm-_", 0}, {"Zm9\x80", 0},  {"Zm9\xFF", 0},  {"Zm9@", 0},
                     {"Zm9[", 0},      {"Zm9`", 0}, {"Zm9{", 0},     {"Zm9:", 0},     {"Zm9.", 0},
                     {"Zm9,", 0},      {"Zm9*", 0}};
  for (auto const& c : cases) {
    INFO(c.text);
    guarded_input const text(c.text);
    char octets[32];
    auto const decoded = base64_decode(octets, text.view());
    REQUIRE(!decoded);
    CHECK(decoded.error() == error{errc::invalid_base64, c.offset});
  }
}

TEST_CASE("base64: every character is a digit or an error", "[text][base64]") {
  std::string const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (unsigned byte = 0; byte != 256; ++byte) {
    auto const c = static_cast<char>(byte);
    std::string const text = {c, c, c, c};
    std::size_t const digit = byte == 0 ? std::string::npos : alphabet.find(c);
    char octets[3];
    auto const decoded = base64_decode(octets, text);
    REQUIRE(decoded.has_value() == (digit != std::string::npos));
    if (decoded) CHECK((detail::to_byte(octets[0]) >> 2) == digit);
  }
}

TEST_CASE("base64: decodes into octets as well", "[text][base64]") {
  guarded_output output(2);
  auto const decoded = base64_decode(output.octets(), "/wA=");
  REQUIRE(decoded);
  CHECK(output.octets()[0] == 0xff);
  CHECK(output.octets()[1] == 0x00);
}
