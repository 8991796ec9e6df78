// SPDX-License-Identifier: BSL-1.0
// SHA-1 by BearSSL. Link with -lbearssl.
#ifndef HUBWIRE_CRYPTO_BEARSSL_SHA1_HPP
#define HUBWIRE_CRYPTO_BEARSSL_SHA1_HPP

#include <bearssl.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/crypto/sha1.hpp>

namespace hubwire { inline namespace abi1 {

/// Cannot fail, holds nothing.
struct bearssl_sha1 {
  result<void> operator()(byte_view message, sha1_output digest) const noexcept {
    br_sha1_context running;
    br_sha1_init(&running);
    br_sha1_update(&running, message.data(), message.size());
    br_sha1_out(&running, digest.data());
    return {};
  }
};

static_assert(sha1<bearssl_sha1>);

}}  // namespace hubwire

#endif
