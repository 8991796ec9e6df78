// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/sas_verify.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/crypto/bearssl_hmac.hpp>
#include <iothub/sas_vectors.hpp>
#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>
#include <support/own_stack.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

namespace {

struct out_of_order {
  result<void> operator()(byte_view, message_parts, sha256_output) const noexcept {
    return errc::crypto_failed;
  }
};

error verified(std::string_view token, sas_check const& check) {
  guarded_input const input(token);
  auto const parsed = verify_sas_token(input.view(), check, bearssl_hmac{});
  return parsed ? error{} : parsed.error();
}

// A token for any text as resource, signed with key_1.
std::string signed_for(std::string_view resource, std::string_view expiry = "1735689600") {
  bearssl_hmac hmac;
  std::array<std::uint8_t, 32> mac{};
  std::array<char, 44> base64{};
  REQUIRE(iothub::detail::sign(mac, hmac, {key_1, resource, expiry}));
  return "SharedAccessSignature sr=" + std::string(resource) +
         "&sig=" + escaped(*base64_encode(base64, mac)) + "&se=" + std::string(expiry);
}

sas_check const for_dev_01{.resource = dev_01, .key = key_1, .now = new_year_2025};

}  // namespace

TEST_CASE("verify_sas_token: known answers, over the resource as it was received", "[iothub][sas_verify]") {
  for (sas_vector const& v : sas_vectors) {
    INFO(v.name);
    CHECK(verified(token_of(v), {.resource = v.decoded, .key = key_1, .now = v.expiry}) == errc::none);
    CHECK(verified(token_of(v), {.resource = v.decoded, .key = key_2, .now = v.expiry}) ==
          errc::sas_signature_mismatch);
    CHECK(verified(token_of(v), {.resource = "other.azure-devices.net", .key = key_1, .now = v.expiry}) ==
          errc::sas_resource_mismatch);
  }
}

TEST_CASE("verify_sas_token: fields in any order, as SDKs and documents have them", "[iothub][sas_verify]") {
  std::string const sr = "sr=contoso-test.azure-devices.net%2Fdevices%2Fdev-01";
  std::string const sig = "sig=8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn0%3D";
  std::string const se = "se=1735689600";
  for (std::string const& fields :
       {sr + "&" + sig + "&" + se, sig + "&" + se + "&" + sr, se + "&" + sr + "&" + sig,
        sig + "&" + se + "&skn=&" + sr, sr + "&" + sig + "&skn=device&" + se, sr + "&" + sig + "&" + se + "&",
        sr + "&" + sig + "&" + se + "&future=1",
        "future=1&" + sr + "&" + sig + "&future=2&" + se + "&past"}) {
    INFO(fields);
    CHECK(verified("SharedAccessSignature " + fields, for_dev_01) == errc::none);
  }
  CHECK(verified("SharedAccessSignature "
                 "sr=contoso-test.azure-devices.net&sig=wDeSznvn%2FAiMLwUMmL9h4khLtat%2BPOYjsgEC"
                 "UG5SAb4%3D&skn=device&se=1735689600",
                 for_dev_01) == errc::none);
}

TEST_CASE("verify_sas_token: the signature with escapes of either case, or as raw base64",
          "[iothub][sas_verify]") {
  sas_vector const& v = sas_vectors[1];
  for (std::string const& signature :
       {escaped(v.signature), escaped(v.signature, false), std::string(v.signature)}) {
    std::string const token =
        "SharedAccessSignature sr=" + std::string(v.resource) + "&sig=" + signature + "&se=1735689600";
    CHECK(verified(token, for_dev_01) == errc::none);
  }
}

TEST_CASE("verify_sas_token: a resource covers what lies below it, segment by segment",
          "[iothub][sas_verify]") {
  std::string const host = "contoso-test.azure-devices.net";
  for (std::string const& good :
       {host, host + "/devices", host + "%2Fdevices", host + "/devices/dev-01", host + "%2fdevices%2Fdev-01",
        std::string("CONTOSO-test.Azure-Devices.NET%2Fdevices%2Fdev-01"), host + "/%64evices/dev%2D01"}) {
    INFO(good);
    CHECK(verified(signed_for(good), for_dev_01) == errc::none);
  }
  for (std::string const& bad :
       {std::string("contoso"), host + "x", host + "/", host + "/dev", host + "/devices/",
        host + "/devices/dev-0", host + "/devices/dev-011", host + "/devices/DEV-01",
        host + "/Devices/dev-01", host + "/devices/dev-02", host + "/devices/dev-01/",
        host + "/devices/dev-01/modules/m", host + "%252Fdevices%252Fdev-01", host + "/devices/dev-01%",
        host + "%zz", host + ":8883/devices/dev-01", std::string("/"), "x" + host}) {
    INFO(bad);
    CHECK(verified(signed_for(bad), for_dev_01) == errc::sas_resource_mismatch);
  }
}

TEST_CASE("verify_sas_token: a port counts as part of the host", "[iothub][sas_verify]") {
  sas_check const local{.resource = identity{"localhost:18883", "d1"}, .key = key_1, .now = new_year_2025};
  CHECK(verified(signed_for("localhost%3A18883%2Fdevices%2Fd1"), local) == errc::none);
  CHECK(verified(signed_for("localhost:18883/devices/d1"), local) == errc::none);
  CHECK(verified(signed_for("localhost%2Fdevices%2Fd1"), local) == errc::sas_resource_mismatch);
}

TEST_CASE("verify_sas_token: one trailing api-version is let through, as old tools wrote it",
          "[iothub][sas_verify]") {
  std::string const device = "contoso-test.azure-devices.net%2Fdevices%2Fdev-01";
  CHECK(verified(signed_for(device + "%2Fapi-version%3D2016-11-14"), for_dev_01) == errc::none);
  CHECK(verified(signed_for(device + "/api-version=2016-11-14"), for_dev_01) == errc::none);
  CHECK(verified(signed_for(device + "/api-version="), for_dev_01) == errc::none);
  for (std::string const& bad :
       {device + "/api-version", device + "/api", device + "/api-version=1/x", device + "/api-version=1%2Fx",
        device + "/api-version=1/api-version=1", device + "api-version=1", device + "/Api-Version=1",
        std::string("contoso-test.azure-devices.net/api-version=1"), device + "/api-version=%"}) {
    INFO(bad);
    CHECK(verified(signed_for(bad), for_dev_01) == errc::sas_resource_mismatch);
  }
}

TEST_CASE("verify_sas_token: expiry, with the grace that the caller allows", "[iothub][sas_verify][H215]") {
  std::string const token = signed_for("contoso-test.azure-devices.net");
  auto const at = [&](std::uint64_t now, std::uint32_t grace) {
    return verified(token, {.resource = dev_01, .key = key_1, .now = now, .grace = grace});
  };
  CHECK(at(0, 0) == errc::clock_not_set);
  CHECK(at(earliest_time - 1, 0) == errc::clock_not_set);
  CHECK(at(earliest_time, 0) == errc::none);
  CHECK(at(new_year_2025, 0) == errc::none);
  CHECK(at(new_year_2025 + 1, 0) == error{errc::sas_token_expired, 1});
  CHECK(at(new_year_2025 + 300, 300) == errc::none);
  CHECK(at(new_year_2025 + 301, 300) == error{errc::sas_token_expired, 301});
  CHECK(at(~std::uint64_t{0}, ~std::uint32_t{0}) == error{errc::sas_token_expired, 0xFFFF'FFFF});
  CHECK(sas_check{.resource = dev_01}.grace == 300);
}

TEST_CASE("verify_sas_token: an expiry is any 64-bit number and nothing else", "[iothub][sas_verify][H215]") {
  for (std::string_view const expiry : {"2147483647", "2147483648", "4294967296", "18446744073709551615"})
    CHECK(verified(signed_for("contoso-test.azure-devices.net", expiry), for_dev_01) == errc::none);
  CHECK(verified(signed_for("contoso-test.azure-devices.net", "0"), for_dev_01) ==
        error{errc::sas_token_expired, static_cast<std::uint32_t>(new_year_2025)});
  for (std::string_view const expiry :
       {"-1", "", "1735689600.0", " 1735689600", "18446744073709551616", "0x7fffffff"})
    CHECK(verified(signed_for("contoso-test.azure-devices.net", expiry), for_dev_01) ==
          errc::invalid_sas_token);
}

TEST_CASE("parse_sas_token: everything but the grammar is refused", "[iothub][sas_verify]") {
  std::string const sr = "sr=h";
  std::string const sig = "sig=8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn0%3D";
  std::string const se = "se=1735689600";
  std::string const start = "SharedAccessSignature ";
  REQUIRE(parse_sas_token(start + sr + "&" + sig + "&" + se));
  for (std::string const& bad : {
           std::string(),
           std::string("SharedAccessSignature"),
           start,
           "SharedAccessSignature" + sr + "&" + sig + "&" + se,
           start + " " + sr + "&" + sig + "&" + se,
           "sharedaccesssignature " + sr + "&" + sig + "&" + se,
           " " + start + sr + "&" + sig + "&" + se,
           start + sig + "&" + se,
           start + sr + "&" + se,
           start + sr + "&" + sig,
           sr + "&" + sig + "&" + se,
           "future=1&" + sr + "&" + sig + "&" + se,
           start + sr + "&" + sig + "&" + se + "&" + sr,
           start + sr + "&" + sig + "&" + se + "&skn=a&skn=b",
           start + sr + "&&" + sig + "&" + se,
           start + "sr=&" + sig + "&" + se,
           start + "sr&" + sig + "&" + se,
           start + sr + "&sig=&" + se,
           start + sr + "&sig=abc&" + se,
           start + sr + "&" + sig + "%3D&" + se,
           start + sr + "&sig=8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn0&" + se,
           start + sr + "&sig=8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn1%3D&" + se,
           start + sr + "&sig=8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn0%zz&" + se,
           start + sr + "&sig=" + std::string(10'000, 'A') + "&" + se,
           start + sr + "&" + sig + "&SE=1735689600",
       }) {
    INFO(bad);
    guarded_input const input(bad);
    CHECK(parse_sas_token(input.view()).error() == errc::invalid_sas_token);
  }
}

TEST_CASE("parse_sas_token: takes a token apart", "[iothub][sas_verify]") {
  constexpr_test([] {
    auto const parsed = parse_sas_token(
        "SharedAccessSignature "
        "sr=h%2Fdevices%2Fd&sig=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8%3D&se=1735689600&skn=a"
        "%26b");
    return parsed && parsed->resource.raw() == "h%2Fdevices%2Fd" && parsed->resource == "h/devices/d" &&
           parsed->expiry == 1735689600 && parsed->policy == "a&b" && parsed->signature[31] == 0x1F;
  });
}

TEST_CASE("parse_sas_token: the policy is that of the token, and only that", "[iothub][sas_verify]") {
  std::string const fields = "sr=h&sig=8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn0%3D&se=1735689600";
  CHECK(parse_sas_token("SharedAccessSignature " + fields)->policy.raw().empty());
  CHECK(parse_sas_token("SharedAccessSignature " + fields + "&skn=device")->policy == "device");
  CHECK(parse_sas_token("SharedAccessSignature skn=device&" + fields)->policy == "device");
}

TEST_CASE("verify_sas_token: a host of one letter is one too", "[iothub][sas_verify]") {
  sas_check const check{.resource = identity{"h", "d"}, .key = key_1, .now = new_year_2025};
  CHECK(verified(signed_for("h"), check) == errc::none);
  CHECK(verified(signed_for("i"), check) == errc::sas_resource_mismatch);
}

TEST_CASE("verify_sas_token: every beginning of a token and every changed character is refused",
          "[iothub][sas_verify]") {
  std::string const token = token_of(sas_vectors[0]);
  for (std::size_t size = 0; size != token.size(); ++size)
    CHECK(verified(token.substr(0, size), for_dev_01) != error{});
  for (std::size_t at = 0; at != token.size(); ++at) {
    std::string changed = token;
    changed[at] = changed[at] == 'x' ? 'y' : 'x';
    INFO(changed);
    CHECK(verified(changed, for_dev_01) != error{});
  }
}

TEST_CASE("verify_sas_token: the verifier's own mistakes are not the token's", "[iothub][sas_verify]") {
  std::string const token = token_of(sas_vectors[0]);
  CHECK(verified(token, {.resource = dev_01, .key = "", .now = new_year_2025}) == errc::missing_field);
  CHECK(verified(token, {.resource = dev_01, .key = "x", .now = new_year_2025}) == errc::invalid_base64);
  CHECK(verify_sas_token(token, for_dev_01, out_of_order{}).error() == errc::crypto_failed);
}

TEST_CASE("verify_sas_token: the signature that would have been right is not left on the stack",
          "[iothub][sas_verify]") {
  if (!own_stack::shows_locals()) SKIP("local variables are not on the stack here");
  static constexpr std::string_view right = "thirty-two bytes, said by no one";
  auto const hmac = [](byte_view, message_parts, sha256_output mac) noexcept -> result<void> {
    for (std::size_t i = 0; i != sha256_size; ++i) mac[i] = static_cast<std::uint8_t>(right[i]);
    return {};
  };
  std::string const token = token_of(sas_vectors[0]);
  error found{};
  auto verifies = [&] { found = verify_sas_token(token, for_dev_01, hmac).error(); };
  own_stack stack;
  REQUIRE(stack.run(verifies));
  CHECK(found == errc::sas_signature_mismatch);
  CHECK_FALSE(stack.holds(right));
}
