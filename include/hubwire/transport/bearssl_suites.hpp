// SPDX-License-Identifier: BSL-1.0
// The cipher suites that bearssl_tls offers: TLS 1.2 with forward secrecy and AEAD.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_SUITES_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_SUITES_HPP

#include <cstddef>
#include <cstdint>

#include <bearssl.h>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

template <std::size_t Count>
inline void offer_suites(br_ssl_engine_context& engine, std::uint16_t const (&suites)[Count]) noexcept {
  br_ssl_engine_set_versions(&engine, BR_TLS12, BR_TLS12);
  br_ssl_engine_set_suites(&engine, suites, Count);
  br_ssl_engine_set_default_ecdsa(&engine);
  br_ssl_engine_set_default_aes_gcm(&engine);
  br_ssl_engine_set_default_chapol(&engine);
  br_ssl_engine_set_hash(&engine, br_sha256_ID, &br_sha256_vtable);
  br_ssl_engine_set_hash(&engine, br_sha384_ID, &br_sha384_vtable);
  br_ssl_engine_set_hash(&engine, br_sha512_ID, &br_sha512_vtable);
  br_ssl_engine_set_prf_sha256(&engine, &br_tls12_sha256_prf);
  br_ssl_engine_set_prf_sha384(&engine, &br_tls12_sha384_prf);
  br_ssl_engine_add_flags(&engine, BR_OPT_NO_RENEGOTIATION);
}

inline void offer_ecdsa_and_rsa(br_ssl_engine_context& engine) noexcept {
  static constexpr std::uint16_t suites[] = {
      BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,       BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
      BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,       BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
      BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
  };
  offer_suites(engine, suites);
  br_ssl_engine_set_default_rsavrfy(&engine);
}

}  // namespace detail

/// An option of bearssl_tls: it offers ECDHE_ECDSA suites only, and signatures by ECDSA only. Servers that
/// choose their chain by what a client offers then send the one of EC keys. All certificates of the chain
/// below the anchor are signed with ECDSA. The program does not link what checks RSA signatures. What
/// happens with other servers:
///   a server with RSA keys only        tls_failed, detail 256 + 40 (handshake_failure): nothing in common
///   one that takes an RSA suite anyhow tls_failed, detail BR_ERR_BAD_CIPHER_SUITE
///   an RSA signature in the chain      tls_untrusted_certificate, detail BR_ERR_X509_UNSUPPORTED (49), or
///                                      62 if an anchor made it
struct tls_ecdsa_only {
  void choose_suites(br_ssl_engine_context& engine) const noexcept {
    static constexpr std::uint16_t suites[] = {
        BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    };
    detail::offer_suites(engine, suites);
  }
};

/// The object to hand to bearssl_tls.
inline constexpr tls_ecdsa_only ecdsa_only{};

}}  // namespace hubwire

#endif
