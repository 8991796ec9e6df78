// SPDX-License-Identifier: BSL-1.0
#include <hubwire/crypto/bearssl_sha1.hpp>

#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <support/hex.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

std::string digest_of(std::string_view text) {
  std::array<std::uint8_t, sha1_size> digest{};
  REQUIRE(bearssl_sha1{}(as_bytes(text).octets(), digest));
  return to_hex(byte_view(digest));
}

}  // namespace

TEST_CASE("sha1: the examples of FIPS 180", "[crypto][bearssl_sha1]") {
  CHECK(digest_of("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(digest_of("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

TEST_CASE("sha1: BearSSL and OpenSSL agree on each size up to three blocks", "[crypto][bearssl_sha1]") {
  for (std::size_t size = 0; size != 193; ++size) {
    std::string const text(size, static_cast<char>('a' + size % 26));
    std::array<std::uint8_t, sha1_size> digest{};
    SHA1(as_bytes(text).octets().data(), size, digest.data());
    CHECK(digest_of(text) == to_hex(byte_view(digest)));
  }
}
