// SPDX-License-Identifier: BSL-1.0
#include "openssl_hmac.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>

namespace hub_emulator {

namespace {

struct free_mac {
  void operator()(EVP_MAC* mac) const noexcept { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};

}  // namespace

hubwire::result<void> openssl_hmac::operator()(hubwire::byte_view key,
                                               std::span<hubwire::byte_view const> parts,
                                               std::span<std::uint8_t, 32> mac) const noexcept {
  std::unique_ptr<EVP_MAC, free_mac> const algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  std::unique_ptr<EVP_MAC_CTX, free_mac> const context(EVP_MAC_CTX_new(algorithm.get()));
  char digest[] = "SHA256";
  OSSL_PARAM const parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  if (!context || EVP_MAC_init(context.get(), key.data(), key.size(), parameters) != 1)
    return hubwire::errc::crypto_failed;
  for (hubwire::byte_view const part : parts)
    if (EVP_MAC_update(context.get(), part.data(), part.size()) != 1) return hubwire::errc::crypto_failed;
  std::size_t size = 0;
  if (EVP_MAC_final(context.get(), mac.data(), &size, mac.size()) != 1 || size != mac.size())
    return hubwire::errc::crypto_failed;
  return {};
}

}  // namespace hub_emulator
