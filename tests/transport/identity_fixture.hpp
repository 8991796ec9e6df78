// SPDX-License-Identifier: BSL-1.0
// What a tls_identity_store holds, by OpenSSL, and one whose memory ends at a page that nobody may touch.
#ifndef HUBWIRE_TESTS_TRANSPORT_IDENTITY_FIXTURE_HPP
#define HUBWIRE_TESTS_TRANSPORT_IDENTITY_FIXTURE_HPP

#include <openssl/core_names.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <hubwire/transport/bearssl_identity_store.hpp>

#include "certificates.hpp"
#include "support/guarded.hpp"

namespace hubwire::test {

using octets = std::vector<std::uint8_t>;

inline octets number(identity const& who, char const* which, std::size_t size) {
  BIGNUM* found = nullptr;
  REQUIRE(EVP_PKEY_get_bn_param(who.key.get(), which, &found) == 1);
  octets made(size);
  BN_bn2binpad(found, made.data(), static_cast<int>(size));
  BN_free(found);
  return made;
}
inline bool equal(octets const& wanted, unsigned char const* data, std::size_t size) {
  return std::equal(wanted.begin(), wanted.end(), data, data + size);
}

// Whether the store holds exactly who's certificate and key, by OpenSSL.
inline bool holds(tls_identity_base const& store, identity const& who) {
  if (store.is_empty() || store.chain().empty()) return false;
  if (!equal(to_der(who), store.chain()[0].data, store.chain()[0].data_len)) return false;
  br_ssl_client_context client{};
  br_ssl_client_zero(&client);
  store.set_certificate(client);
  if (EVP_PKEY_get_base_id(who.key.get()) == EVP_PKEY_EC) {
    br_ec_private_key const& key = *client.client_auth.single_ec.sk;
    return equal(number(who, OSSL_PKEY_PARAM_PRIV_KEY, key.xlen), key.x, key.xlen);
  }
  br_rsa_private_key const& key = *client.client_auth.single_rsa.sk;
  return equal(number(who, OSSL_PKEY_PARAM_RSA_FACTOR1, key.plen), key.p, key.plen) &&
         equal(number(who, OSSL_PKEY_PARAM_RSA_FACTOR2, key.qlen), key.q, key.qlen) &&
         equal(number(who, OSSL_PKEY_PARAM_RSA_EXPONENT1, key.dplen), key.dp, key.dplen) &&
         equal(number(who, OSSL_PKEY_PARAM_RSA_EXPONENT2, key.dqlen), key.dq, key.dqlen) &&
         equal(number(who, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, key.iqlen), key.iq, key.iqlen);
}

// A store whose memory ends at a page that nobody may touch.
class guarded_store : public tls_identity_base {
 public:
  explicit guarded_store(std::size_t bytes) : guarded_store(std::make_unique<guarded_memory>(bytes)) {}
  guarded_memory const& memory() const { return *memory_; }

 private:
  explicit guarded_store(std::unique_ptr<guarded_memory> memory)
      : tls_identity_base(places_, {memory->data(), memory->size()}), memory_(std::move(memory)) {}

  br_x509_certificate places_[2]{};
  std::unique_ptr<guarded_memory> memory_;
};

inline bool wiped(guarded_memory const& memory) {
  return std::all_of(memory.data(), memory.data() + memory.size(), [](std::uint8_t b) { return b == 0; }) &&
         memory.untouched_behind(memory.size());
}

}  // namespace hubwire::test

#endif
