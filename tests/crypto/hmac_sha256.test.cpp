// SPDX-License-Identifier: BSL-1.0
#include <hubwire/crypto/hmac_sha256.hpp>

#include <array>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/crypto/bearssl_hmac.hpp>
#include <support/constexpr_test.hpp>
#include <support/openssl_hmac.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

// Models the concept and nothing else: not copyable, not const, not default-constructible.
class archetype {
 public:
  explicit archetype(int) noexcept {}
  archetype(archetype const&) = delete;
  archetype& operator=(archetype const&) = delete;
  result<void> operator()(byte_view, message_parts, sha256_output) noexcept { return {}; }
};
static_assert(hmac_sha256<archetype>);

struct may_throw {
  result<void> operator()(byte_view, message_parts, sha256_output);
};
static_assert(!hmac_sha256<may_throw>);

struct says_nothing {
  void operator()(byte_view, message_parts, sha256_output) noexcept;
};
static_assert(!hmac_sha256<says_nothing>);

struct takes_one_piece {
  result<void> operator()(byte_view, byte_view, sha256_output) noexcept;
};
static_assert(!hmac_sha256<takes_one_piece>);

static_assert(hmac_sha256<bearssl_hmac> && hmac_sha256<openssl_hmac>);
static_assert(hmac_sha256<bearssl_hmac const>);

}  // namespace

TEST_CASE("hmac_sha256: same_secret compares content and size", "[crypto][hmac_sha256]") {
  constexpr_test([] {
    return same_secret("", "") && same_secret("abc", "abc") && !same_secret("abc", "abd") &&
           !same_secret("abc", "bbc") && !same_secret("abc", "ab") && !same_secret("ab", "abc") &&
           !same_secret(std::string_view("\0", 1), "");
  });
}

TEST_CASE("hmac_sha256: same_secret sees every single bit", "[crypto][hmac_sha256]") {
  std::array<char, 32> const original{};
  for (std::size_t bit = 0; bit != 256; ++bit) {
    std::array<char, 32> changed = original;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    CHECK(!same_secret({original.data(), 32}, {changed.data(), 32}));
  }
}
