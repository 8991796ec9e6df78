// SPDX-License-Identifier: BSL-1.0
// HMAC-SHA-256 by BearSSL. Link with -lbearssl.
#ifndef HUBWIRE_CRYPTO_BEARSSL_HMAC_HPP
#define HUBWIRE_CRYPTO_BEARSSL_HMAC_HPP

#include <bearssl.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/wipe.hpp>
#include <hubwire/crypto/hmac_sha256.hpp>

namespace hubwire { inline namespace abi1 {

/// Cannot fail, holds nothing, wipes what it derives from the key.
struct bearssl_hmac {
  result<void> operator()(byte_view key, message_parts message, sha256_output mac) const noexcept {
    br_hmac_key_context derived;
    br_hmac_context running;
    br_hmac_key_init(&derived, &br_sha256_vtable, key.data(), key.size());
    br_hmac_init(&running, &derived, 0);
    for (byte_view const part : message) br_hmac_update(&running, part.data(), part.size());
    br_hmac_out(&running, mac.data());
    wipe_object(derived);
    wipe_object(running);
    return {};
  }
};

static_assert(hmac_sha256<bearssl_hmac>);

}}  // namespace hubwire

#endif
