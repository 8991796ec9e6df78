// SPDX-License-Identifier: BSL-1.0
// HMAC-SHA-256 by OpenSSL: the second implementation of the concept, so that BearSSL meets a stranger.
#ifndef HUBWIRE_TESTS_SUPPORT_OPENSSL_HMAC_HPP
#define HUBWIRE_TESTS_SUPPORT_OPENSSL_HMAC_HPP

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstddef>

#include <hubwire/crypto/hmac_sha256.hpp>

namespace hubwire::test {

// Allocates, and so can fail.
struct openssl_hmac {
  result<void> operator()(byte_view key, message_parts message, sha256_output mac) const noexcept {
    EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_MAC_CTX* const context = algorithm == nullptr ? nullptr : EVP_MAC_CTX_new(algorithm);
    char digest[] = "SHA256";
    OSSL_PARAM const parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    bool ok = context != nullptr && EVP_MAC_init(context, key.data(), key.size(), parameters) == 1;
    for (byte_view const part : message)
      ok = ok && (part.empty() || EVP_MAC_update(context, part.data(), part.size()) == 1);
    std::size_t size = 0;
    ok = ok && EVP_MAC_final(context, mac.data(), &size, mac.size()) == 1 && size == mac.size();
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(algorithm);
    if (!ok) return errc::crypto_failed;
    return {};
  }
};

static_assert(hmac_sha256<openssl_hmac>);

}  // namespace hubwire::test

#endif
