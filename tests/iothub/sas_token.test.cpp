// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/sas_token.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/crypto/bearssl_hmac.hpp>
#include <iothub/sas_vectors.hpp>
#include <support/constexpr_test.hpp>
#include <support/every_size.hpp>
#include <support/guarded.hpp>
#include <support/own_stack.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

namespace {

// Writes down what it is asked to sign.
struct recorder {
  std::string* key;
  std::string* message;
  result<void> operator()(byte_view with, message_parts parts, sha256_output mac) const noexcept {
    *key = bytes(with).view();
    message->clear();
    for (byte_view const part : parts) *message += bytes(part).view();
    for (auto& b : mac) b = 0xff;
    return {};
  }
};

struct out_of_order {
  result<void> operator()(byte_view, message_parts, sha256_output) const noexcept {
    return error{errc::crypto_failed, 42};
  }
};

// Decodes the key as sas_token does, and leaves it lying about.
[[gnu::noinline]] void careless(std::string_view key) {
  std::array<std::uint8_t, 128> storage;
  auto const octets = base64_decode(storage, key);
  asm volatile("" : : "r"(storage.data()), "r"(&octets) : "memory");
}

error refused(sas_claims const& claims) {
  char buffer[800];
  auto const token = sas_token(buffer, claims, bearssl_hmac{});
  REQUIRE(!token);
  return token.error();
}

}  // namespace

TEST_CASE("sas_token: known answers, for resources that are written with upper-case escapes",
          "[iothub][sas_token]") {
  char buffer[300];
  int built = 0;
  for (sas_vector const& v : sas_vectors) {
    INFO(v.name);
    auto const token =
        sas_token(buffer, {.resource = v.decoded, .key = key_1, .expiry = v.expiry}, bearssl_hmac{});
    REQUIRE(token);
    bool const written_our_way = token->find("sr=" + std::string(v.resource) + "&") != std::string_view::npos;
    built += written_our_way ? 1 : 0;
    if (written_our_way) CHECK(*token == token_of(v));
  }
  CHECK(built == 7);
}

TEST_CASE("sas_token: an identity is a resource", "[iothub][sas_token]") {
  char buffer[300];
  auto const token =
      sas_token(buffer, {.resource = dev_01, .key = key_1, .expiry = new_year_2025}, bearssl_hmac{});
  REQUIRE(token);
  CHECK(*token ==
        "SharedAccessSignature sr=contoso-test.azure-devices.net%2Fdevices%2Fdev-01"
        "&sig=8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn0%3D&se=1735689600");
  auto const local = sas_token(
      buffer, {.resource = identity{"localhost:18883", "d1"}, .key = key_1, .expiry = new_year_2025},
      bearssl_hmac{});
  REQUIRE(local);
  CHECK(local->find("sr=localhost%3A18883%2Fdevices%2Fd1&") != std::string_view::npos);
}

TEST_CASE("sas_token: the name of a policy comes last, escaped", "[iothub][sas_token]") {
  char buffer[300];
  auto const token = sas_token(buffer,
                               {.resource = "contoso-test.azure-devices.net",
                                .key = key_1,
                                .expiry = new_year_2025,
                                .policy = "device"},
                               bearssl_hmac{});
  REQUIRE(token);
  CHECK(*token ==
        "SharedAccessSignature sr=contoso-test.azure-devices.net"
        "&sig=wDeSznvn%2FAiMLwUMmL9h4khLtat%2BPOYjsgECUG5SAb4%3D&se=1735689600&skn=device");
  auto const odd = sas_token(
      buffer, {.resource = "h", .key = key_1, .expiry = new_year_2025, .policy = "a&b"}, bearssl_hmac{});
  REQUIRE(odd);
  CHECK(odd->ends_with("&se=1735689600&skn=a%26b"));
}

TEST_CASE("sas_token: signs the resource as it stands in the token, a line feed and the expiry",
          "[iothub][sas_token]") {
  std::string key;
  std::string message;
  char buffer[300];
  auto const token = sas_token(
      buffer, {.resource = identity{"h.azure-devices.net", "d1"}, .key = "AQID", .expiry = new_year_2025},
      recorder{&key, &message});
  REQUIRE(token);
  CHECK(message == "h.azure-devices.net%2Fdevices%2Fd1\n1735689600");
  CHECK(key == "\x01\x02\x03");
  // 32 bytes of 0xff in base64 are 42 '/', '8' and '='.
  std::string slashes;
  for (int i = 0; i != 42; ++i) slashes += "%2F";
  CHECK(token->find("&sig=" + slashes + "8%3D&se=") != std::string_view::npos);
}

TEST_CASE("sas_token: every expiry from 2020 to the end of 64 bits", "[iothub][sas_token][H215]") {
  char buffer[300];
  for (std::uint64_t const expiry :
       {std::uint64_t{1'577'836'800}, std::uint64_t{0x7FFF'FFFF}, std::uint64_t{0x8000'0000},
        std::uint64_t{0xFFFF'FFFF}, std::uint64_t{0x1'0000'0000}, ~std::uint64_t{0}}) {
    auto const token = sas_token(buffer, {.resource = "h", .key = key_1, .expiry = expiry}, bearssl_hmac{});
    REQUIRE(token);
    CHECK(token->ends_with("&se=" + std::to_string(expiry)));
  }
  for (std::uint64_t const expiry : {std::uint64_t{0}, std::uint64_t{3600}, std::uint64_t{1'577'836'799}})
    CHECK(refused({.resource = "h", .key = key_1, .expiry = expiry}) == errc::clock_not_set);
}

TEST_CASE("sas_token: keys that are none", "[iothub][sas_token][H215]") {
  CHECK(refused({.resource = "h", .key = "", .expiry = new_year_2025}) == errc::missing_field);
  CHECK(refused({.resource = "h", .key = "not base64!", .expiry = new_year_2025}) ==
        error{errc::invalid_base64, 8});
  CHECK(refused({.resource = "h", .key = "AAAA####", .expiry = new_year_2025}) ==
        error{errc::invalid_base64, 4});
  CHECK(refused({.resource = "h", .key = "AAA", .expiry = new_year_2025}) == errc::invalid_base64);
  CHECK(refused({.resource = "", .key = key_1, .expiry = new_year_2025}) == errc::missing_field);
}

TEST_CASE("sas_token: keys of 1 to 128 bytes are used whole, longer ones refused",
          "[iothub][sas_token][H215]") {
  for (std::size_t const size : {1u, 16u, 32u, 63u, 64u, 65u, 127u, 128u, 129u, 131u, 512u}) {
    INFO(size);
    std::string const octets(size, 'k');
    std::vector<char> base64(base64_encoded_size(size));
    auto const text = *base64_encode(base64, as_bytes(octets));
    std::string key;
    std::string message;
    char buffer[300];
    auto const token =
        sas_token(buffer, {.resource = "h", .key = text, .expiry = new_year_2025}, recorder{&key, &message});
    CHECK(token.has_value() == (size <= 128));
    if (token) CHECK(key == octets);
    if (!token) CHECK(token.error() == errc::invalid_field);
  }
}

TEST_CASE("sas_token: a crypto adapter that fails is reported as it says", "[iothub][sas_token]") {
  char buffer[300];
  CHECK(sas_token(buffer, {.resource = "h", .key = key_1, .expiry = new_year_2025}, out_of_order{}).error() ==
        error{errc::crypto_failed, 42});
}

TEST_CASE("sas_token: a small buffer is told a size that is enough", "[iothub][sas_token][H214]") {
  sas_claims const claims{.resource = dev_01, .key = key_1, .expiry = new_year_2025, .policy = "device"};
  char buffer[400];
  std::string const expected(*sas_token(buffer, claims, bearssl_hmac{}));
  std::size_t const signed_part = expected.find("&sig=");
  for (std::size_t size = 0; size != expected.size(); ++size) {
    INFO(size);
    guarded_output output(size);
    auto const token = sas_token(output.chars(), claims, bearssl_hmac{});
    REQUIRE(!token);
    CHECK(token.error().code == errc::buffer_too_small);
    // The signature's text is known once the resource fits.
    if (size >= signed_part) CHECK(token.error().detail == expected.size());
    if (size < signed_part) CHECK(token.error().detail >= expected.size());
    if (size < signed_part) CHECK(token.error().detail <= expected.size() + 86);
  }
  guarded_output exact(expected.size());
  CHECK(*sas_token(exact.chars(), claims, bearssl_hmac{}) == expected);
}

TEST_CASE("string_to_sign: what sas_token signs", "[iothub][sas_token][H214]") {
  writes_into_every_size(
      "contoso-hub-001.azure-devices.net%2Fdevices%2Fdevice-0042a\n1767225600", [](char_span out) {
        return string_to_sign(out, identity{"contoso-hub-001.azure-devices.net", "device-0042a"},
                              1'767'225'600);
      });
  for (sas_vector const& v : sas_vectors) {
    INFO(v.name);
    std::string key;
    std::string message;
    char buffer[300];
    REQUIRE(sas_token(buffer, {.resource = v.decoded, .key = key_1, .expiry = v.expiry},
                      recorder{&key, &message}));
    CHECK(*string_to_sign(buffer, v.decoded, v.expiry) == message);
  }
  char buffer[100];
  CHECK(string_to_sign(buffer, "h", 1'577'836'799).error() == errc::clock_not_set);
  CHECK(string_to_sign(buffer, "", new_year_2025).error() == errc::missing_field);
  CHECK(*string_to_sign(buffer, "h", ~std::uint64_t{0}) == "h\n18446744073709551615");
}

TEST_CASE("sas_password: a token whose signature was made elsewhere", "[iothub][sas_token][H214]") {
  writes_into_every_size(
      "SharedAccessSignature sr=contoso-hub-001.azure-devices.net%2Fdevices%2Fdevice-0042a&"
      "sig=q8u%2BNfAqm4Zc2yUJ0iYtW4mUjP3C1gq8l2k9vV0d5sE%3D&se=1767225600&skn=primary-device-key-name",
      [](char_span out) {
        return sas_password(out,
                            {.resource = identity{"contoso-hub-001.azure-devices.net", "device-0042a"},
                             .expiry = 1'767'225'600,
                             .policy = "primary-device-key-name"},
                            "q8u+NfAqm4Zc2yUJ0iYtW4mUjP3C1gq8l2k9vV0d5sE=");
      });
  int built = 0;
  for (sas_vector const& v : sas_vectors) {
    INFO(v.name);
    char buffer[300];
    auto const token = sas_password(buffer, {.resource = v.decoded, .expiry = v.expiry}, v.signature);
    REQUIRE(token);
    bool const written_our_way = token->find("sr=" + std::string(v.resource) + "&") != std::string_view::npos;
    built += written_our_way ? 1 : 0;
    if (written_our_way) CHECK(*token == token_of(v));
  }
  CHECK(built == 7);
}

TEST_CASE("sas_password: refuses what is no token", "[iothub][sas_token][H215]") {
  std::string const signature(44, 'A');
  char buffer[300];
  CHECK(sas_password(buffer, {.resource = "h", .expiry = 3600}, signature).error() == errc::clock_not_set);
  CHECK(sas_password(buffer, {.resource = "", .expiry = new_year_2025}, signature).error() ==
        errc::missing_field);
  for (std::size_t const size : {0u, 1u, 43u, 45u, 88u})
    CHECK(sas_password(buffer, {.resource = "h", .expiry = new_year_2025}, std::string(size, 'A')).error() ==
          errc::invalid_field);
  CHECK(sas_password(buffer, {.resource = "h", .expiry = new_year_2025}, signature));
}

TEST_CASE("sas_password: works in constant evaluation", "[iothub][sas_token]") {
  constexpr_test([] {
    char buffer[120]{};
    auto const made = sas_password(buffer, {.resource = "h", .expiry = new_year_2025},
                                   "8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn0=");
    char other[30]{};
    return *made ==
               "SharedAccessSignature sr=h&sig=8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn0%3D&"
               "se=1735689600" &&
           *string_to_sign(other, identity{"h", "d"}, new_year_2025) == "h%2Fdevices%2Fd\n1735689600";
  });
}

TEST_CASE("sas_token: leaves no key on the stack", "[iothub][sas_token]") {
  if (!own_stack::shows_locals()) SKIP("local variables are not on the stack here");
  std::array<char, 64> octets{};
  REQUIRE(base64_decode(octets, key_2));
  std::string_view const key(octets.data(), octets.size());

  auto leaves_it = [] { careless(key_2); };
  own_stack control;
  REQUIRE(control.run(leaves_it));
  CHECK(control.holds(key));

  char buffer[300];
  bool built = false;
  bool refused = true;
  auto builds = [&] {
    built = sas_token(buffer, {.resource = dev_01, .key = key_2, .expiry = new_year_2025}, bearssl_hmac{})
                .has_value();
    refused = !sas_token(buffer, {.resource = dev_01, .key = key_2, .expiry = new_year_2025}, out_of_order{});
  };
  own_stack stack;
  REQUIRE(stack.run(builds));
  CHECK(built);
  CHECK(refused);
  CHECK(!stack.holds(key));
}

TEST_CASE("sas_token: the sizes that always do are those of the worst signature and expiry",
          "[iothub][sas_token]") {
  // 42 times '+', then '8' and '=', in base64.
  struct worst {
    result<void> operator()(byte_view, message_parts, sha256_output mac) const noexcept {
      std::uint8_t const plus[] = {0xFB, 0xEF, 0xBE};
      for (std::size_t i = 0; i != mac.size(); ++i) mac[i] = plus[i % 3];
      mac[31] = 0xEF;
      return {};
    }
  };
  std::string const host = std::string(253, 'h') + ":65535";
  std::string const device(device_id_max, '%');
  identity const self{*host_name::parse(host), *device_id::parse(device)};
  std::array<char, 2048> memory{};
  std::uint64_t const latest = std::numeric_limits<std::uint64_t>::max();
  for (std::string_view const policy : {"", "a policy"}) {
    sas_claims const claims{.resource = self, .key = "a2V5", .expiry = latest, .policy = policy};
    auto const token = sas_token(memory, claims, worst{});
    REQUIRE(token);
    CHECK(token->size() == sas_token_max(self, policy));
  }
  CHECK(string_to_sign(memory, self, latest)->size() == string_to_sign_max(self));
  CHECK(string_to_sign(memory, "host", latest)->size() == string_to_sign_max("host"));
}
