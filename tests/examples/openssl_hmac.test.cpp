// SPDX-License-Identifier: BSL-1.0
// The hub emulator's HMAC. The tests do not build the emulator, so the source file itself is included.
#include "../../examples/hub_emulator/openssl_hmac.cpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <hubwire/crypto/hmac_sha256.hpp>

#include "support/hex.hpp"

static_assert(hubwire::hmac_sha256<hub_emulator::openssl_hmac const>);

namespace {

using hub_emulator::openssl_hmac;
using hubwire::test::to_hex;

}  // namespace

// RFC 4231, test case 2.
TEST_CASE("openssl_hmac: a known answer, from several parts", "[examples][hub_emulator]") {
  std::array const parts{hubwire::as_bytes("what do ya want ").octets(), hubwire::byte_view{},
                         hubwire::as_bytes("for nothing?").octets()};
  std::array<std::uint8_t, 32> mac{};
  REQUIRE(openssl_hmac{}(hubwire::as_bytes("Jefe").octets(), parts, mac));
  CHECK(to_hex(mac) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("openssl_hmac: what OpenSSL refuses is crypto_failed", "[examples][hub_emulator]") {
  std::array<std::uint8_t, 32> mac{};
  auto const refused = openssl_hmac{}(hubwire::byte_view{}, {}, mac);
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == hubwire::errc::crypto_failed);
}
