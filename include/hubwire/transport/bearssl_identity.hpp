// SPDX-License-Identifier: BSL-1.0
// A client certificate for bearssl_tls whose chain and key are BearSSL's own structures, in flash for
// example. bearssl_identity_store.hpp reads them from PEM or DER.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_IDENTITY_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_IDENTITY_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <bearssl.h>

#include <hubwire/core/config.hpp>
#include <hubwire/transport/bearssl_options.hpp>

namespace hubwire { inline namespace abi1 {

/// The client's own certificate first, then those of the authorities above it, each in DER. The root is not
/// needed.
using certificate_chain = std::span<br_x509_certificate const>;

namespace detail {

// A session belongs to the certificate that the client has shown.
inline void hash_chain(br_sha256_context& hash, certificate_chain chain) noexcept {
  if (!chain.empty()) hash_bytes(hash, chain[0].data, chain[0].data_len);
}

inline void set_ec_certificate(br_ssl_client_context& client, certificate_chain chain,
                               br_ec_private_key const& key) noexcept {
  br_ssl_client_set_single_ec(&client, chain.data(), chain.size(), &key, BR_KEYTYPE_SIGN, 0,
                              br_ssl_engine_get_ec(&client.eng), br_ecdsa_sign_asn1_get_default());
}

// BearSSL's own class for RSA shows its certificate also to a server that takes no RSA signatures, and then
// fails. This one shows it only if it can sign.
class rsa_certificate {
 public:
  static void set(br_ssl_client_context& client, certificate_chain chain,
                  br_rsa_private_key const& key) noexcept {
    client.client_auth.single_rsa = {&own_class, chain.data(), chain.size(), &key,
                                     br_rsa_pkcs1_sign_get_default()};
    client.client_auth_vtable = &client.client_auth.single_rsa.vtable;
  }

 private:
  using pointer = br_ssl_client_certificate_class const**;

  // BearSSL knows the object by its address, which is that of its first member.
  static br_ssl_client_certificate_rsa_context const& self(pointer object) noexcept {
    return *reinterpret_cast<br_ssl_client_certificate_rsa_context const*>(object);
  }

  // What the server says about the authorities that it knows is not looked at.
  static void ignore(pointer) noexcept {}
  static void ignore_size(pointer, std::size_t) noexcept {}
  static void ignore_name(pointer, unsigned char const*, std::size_t) noexcept {}

  // types: a bit for each hash, at its number, that the server takes together with RSA.
  static void choose(pointer object, br_ssl_client_context const*, std::uint32_t types,
                     br_ssl_client_certificate* choice) noexcept {
    *choice = {};
    for (int const hash : {br_sha512_ID, br_sha384_ID, br_sha256_ID})
      if ((types >> hash & 1U) != 0) choice->hash_id = hash;
    if (choice->hash_id == 0) return;
    choice->auth_type = BR_AUTH_RSA;
    choice->chain = self(object).chain;
    choice->chain_len = self(object).chain_len;
  }

  // Key agreement is for certificates of EC.
  static std::uint32_t agree(pointer, unsigned char*, std::size_t*) noexcept { return 0; }

  // Replaces the hash at data by its signature.
  static std::size_t sign(pointer object, int hash, std::size_t hash_size, unsigned char* data,
                          std::size_t room) noexcept {
    br_ssl_client_certificate_rsa_context const& own = self(object);
    std::size_t const size = (own.sk->n_bitlen + 7) / 8;
    unsigned char value[64];
    if (size > room || hash_size > sizeof value) return 0;
    std::memcpy(value, data, hash_size);
    unsigned char const* const oid = hash == br_sha256_ID   ? BR_HASH_OID_SHA256
                                     : hash == br_sha384_ID ? BR_HASH_OID_SHA384
                                                            : BR_HASH_OID_SHA512;
    return own.irsasign(oid, value, hash_size, own.sk, data) != 0 ? size : 0;
  }

  static constexpr br_ssl_client_certificate_class own_class = {sizeof(br_ssl_client_certificate_rsa_context),
                                                                &ignore,
                                                                &ignore_size,
                                                                &ignore_name,
                                                                &ignore,
                                                                &ignore,
                                                                &choose,
                                                                &agree,
                                                                &sign};
};

inline void set_rsa_certificate(br_ssl_client_context& client, certificate_chain chain,
                                br_rsa_private_key const& key) noexcept {
  rsa_certificate::set(client, chain, key);
}

}  // namespace detail

/// An option of bearssl_tls: a client certificate with an EC key (P-256, P-384 or P-521). It is sent when
/// the server asks for one. A server that does not take the key's kind gets none. What `brssl chain` and
/// `brssl skey -C` write fits in here. That the key belongs to the certificate is not checked: the server
/// ends the handshake if it does not. Chain and key outlive every bearssl_tls that has this object, and so
/// does the object. A program with this type only does not link signing with RSA.
struct tls_ec_identity {
  certificate_chain chain{};
  br_ec_private_key key{};

  void set_certificate(br_ssl_client_context& client) const noexcept {
    detail::set_ec_certificate(client, chain, key);
  }
  void add_to(br_sha256_context& hash) const noexcept { detail::hash_chain(hash, chain); }
};

/// A tls_ec_identity, but with an RSA key of at most 4,096 bits. A program with this type only does not link
/// signing with ECDSA.
struct tls_rsa_identity {
  certificate_chain chain{};
  br_rsa_private_key key{};

  void set_certificate(br_ssl_client_context& client) const noexcept {
    detail::set_rsa_certificate(client, chain, key);
  }
  void add_to(br_sha256_context& hash) const noexcept { detail::hash_chain(hash, chain); }
};

}}  // namespace hubwire

#endif
