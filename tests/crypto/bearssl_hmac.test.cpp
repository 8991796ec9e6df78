// SPDX-License-Identifier: BSL-1.0
#include <hubwire/crypto/bearssl_hmac.hpp>

#include <array>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <hubwire/text/base64.hpp>
#include <support/hex.hpp>
#include <support/openssl_hmac.hpp>
#include <support/own_stack.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

template <hmac_sha256 Hmac>
std::array<std::uint8_t, 32> mac_of(Hmac hmac, byte_view key, std::vector<byte_view> const& parts) {
  std::array<std::uint8_t, 32> mac;
  mac.fill(0xa5);
  REQUIRE(hmac(key, parts, mac));
  return mac;
}

byte_view octets(std::string_view text) { return as_bytes(text).octets(); }

}  // namespace

TEMPLATE_TEST_CASE("hmac_sha256: the vectors of RFC 4231", "[crypto][bearssl_hmac]", bearssl_hmac,
                   openssl_hmac) {
  struct {
    std::string key, message, mac;
  } const vectors[] = {
      {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(262, 'a'),
       "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b657920466"
       "9"
       "727374",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (auto const& v : vectors) {
    auto const key = from_hex(v.key);
    auto const message = from_hex(v.message);
    CHECK(to_hex(mac_of(TestType{}, key, {message})) == v.mac);
  }
}

TEMPLATE_TEST_CASE("hmac_sha256: keys of one block, more and less, over a text to sign",
                   "[crypto][bearssl_hmac]", bearssl_hmac, openssl_hmac) {
  struct {
    std::size_t size;
    std::string_view mac;
  } const vectors[] = {{16, "i/vRlp6np0MYFfN+Z5c8Q/byFFCHtsWxptFckNwOZfE="},
                       {64, "7OKC5IJIGa6ep7SOTCJqoqHfjPHTYIYf40SgbmT/jSY="},
                       {65, "+K5fMpXAbA+U7g92Ltmhetkln77pQ8YlcTFb9gIqP9s="},
                       {128, "ykF2K8e9UhGpOSRJoT6CaO2aB3pJoXfvkvzF/8GN0dA="}};
  for (auto const& v : vectors) {
    std::vector<std::uint8_t> key(v.size);
    for (std::size_t i = 0; i != v.size; ++i) key[i] = static_cast<std::uint8_t>(7 * i + 3);
    auto const mac = mac_of(
        TestType{}, key,
        {octets("contoso-test.azure-devices.net%2Fdevices%2Fdev-01"), octets("\n"), octets("1735689600")});
    char text[44];
    CHECK(*base64_encode(text, mac) == v.mac);
  }
}

TEMPLATE_TEST_CASE("hmac_sha256: how the message is cut does not matter", "[crypto][bearssl_hmac]",
                   bearssl_hmac, openssl_hmac) {
  std::string const message(200, 'm');
  auto const whole = mac_of(TestType{}, octets("key"), {octets(message)});
  for (std::size_t at = 0; at <= message.size(); at += 25) {
    std::string const front = message.substr(0, at);
    std::string const back = message.substr(at);
    CHECK(mac_of(TestType{}, octets("key"), {octets(front), byte_view(), octets(back)}) == whole);
  }
  CHECK(mac_of(TestType{}, octets("key"), {}) == mac_of(TestType{}, octets("key"), {byte_view()}));
}

TEST_CASE("bearssl_hmac: agrees with OpenSSL on random keys and messages", "[crypto][bearssl_hmac]") {
  std::mt19937 random(20240229);
  auto const some = [&](std::size_t most) {
    std::vector<std::uint8_t> made(1 + random() % most);
    for (auto& b : made) b = static_cast<std::uint8_t>(random());
    return made;
  };
  for (int round = 0; round != 300; ++round) {
    auto const key = some(200);
    auto const first = some(300);
    auto const second = some(70);
    CHECK(mac_of(bearssl_hmac{}, key, {first, second}) == mac_of(openssl_hmac{}, key, {first, second}));
  }
}

TEST_CASE("bearssl_hmac: leaves nothing on the stack that it derived from the key",
          "[crypto][bearssl_hmac]") {
  if (!own_stack::shows_locals()) SKIP("local variables are not on the stack here");
  // The hash after the inner and the outer block of the key: whoever has these two signs like the key's owner.
  std::string const key = "a key of 32 bytes, kept a secret";
  br_hmac_key_context derived;
  br_hmac_key_init(&derived, &br_sha256_vtable, key.data(), key.size());
  std::string const inner(reinterpret_cast<char const*>(derived.ksi), sha256_size);
  std::string const outer(reinterpret_cast<char const*>(derived.kso), sha256_size);

  std::array<std::uint8_t, 32> mac{};
  std::string const text = "text to sign";
  byte_view const part = octets(text);
  auto careless = [&] {
    br_hmac_key_context volatile left;
    br_hmac_key_init(const_cast<br_hmac_key_context*>(&left), &br_sha256_vtable, key.data(), key.size());
  };
  own_stack control;
  REQUIRE(control.run(careless));
  CHECK(control.holds(inner));
  CHECK(control.holds(outer));

  bool done = false;
  auto signs = [&] { done = bearssl_hmac{}(octets(key), {&part, 1}, mac).has_value(); };
  signs();  // once before: binding a function late, the loader saves whatever registers hold to the stack
  own_stack stack;
  REQUIRE(stack.run(signs));
  REQUIRE(done);
  CHECK_FALSE(stack.holds(inner));
  CHECK_FALSE(stack.holds(outer));
  CHECK_FALSE(stack.holds(key));
}

TEST_CASE("hmac_sha256: the key's size at every border of a block", "[crypto][bearssl_hmac]") {
  static_assert(sha256_size == 32);
  std::string const all(200, 'k');
  for (std::size_t size = 1; size <= all.size(); ++size) {
    std::string const key = all.substr(0, size);
    CHECK(mac_of(bearssl_hmac{}, octets(key), {octets("m")}) ==
          mac_of(openssl_hmac{}, octets(key), {octets("m")}));
  }
}
