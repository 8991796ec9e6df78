// SPDX-License-Identifier: BSL-1.0
// OpenSSL as a model of hubwire's hmac_sha256 concept.
#ifndef HUB_EMULATOR_OPENSSL_HMAC_HPP
#define HUB_EMULATOR_OPENSSL_HMAC_HPP

#include <cstdint>
#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <span>

namespace hub_emulator {

struct openssl_hmac {
  // errc::crypto_failed when OpenSSL refuses.
  hubwire::result<void> operator()(hubwire::byte_view key, std::span<hubwire::byte_view const> parts,
                                   std::span<std::uint8_t, 32> mac) const noexcept;
};

}  // namespace hub_emulator

#endif
