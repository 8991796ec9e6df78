// SPDX-License-Identifier: BSL-1.0
// What the owner of a TLS client by mbedTLS or OpenSSL sets up: roots, random bytes, the client's own certificate.
#ifndef HUBWIRE_TESTS_TRANSPORT_TLS_SETTINGS_HPP
#define HUBWIRE_TESTS_TRANSPORT_TLS_SETTINGS_HPP

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl.h>
#include <openssl/ssl.h>

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "certificates.hpp"

namespace hubwire::test {

class mbedtls_settings {
 public:
  explicit mbedtls_settings(identity const& root, int endpoint = MBEDTLS_SSL_IS_CLIENT) {
    mbedtls_entropy_init(&entropy_);
    mbedtls_ctr_drbg_init(&random_);
    mbedtls_x509_crt_init(&roots_);
    mbedtls_x509_crt_init(&own_);
    mbedtls_pk_init(&key_);
    mbedtls_ssl_config_init(&config_);
    std::string const pem = to_pem(root);
    auto const* const text = reinterpret_cast<unsigned char const*>(pem.c_str());
    REQUIRE(mbedtls_ctr_drbg_seed(&random_, mbedtls_entropy_func, &entropy_, nullptr, 0) == 0);
    REQUIRE(mbedtls_x509_crt_parse(&roots_, text, pem.size() + 1) == 0);
    REQUIRE(mbedtls_ssl_config_defaults(&config_, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM,
                                        MBEDTLS_SSL_PRESET_DEFAULT) == 0);
    mbedtls_ssl_conf_rng(&config_, mbedtls_ctr_drbg_random, &random_);
    mbedtls_ssl_conf_ca_chain(&config_, &roots_, nullptr);
  }
  mbedtls_settings(mbedtls_settings const&) = delete;
  mbedtls_settings& operator=(mbedtls_settings const&) = delete;
  ~mbedtls_settings() {
    mbedtls_ssl_config_free(&config_);
    mbedtls_pk_free(&key_);
    mbedtls_x509_crt_free(&own_);
    mbedtls_x509_crt_free(&roots_);
    mbedtls_ctr_drbg_free(&random_);
    mbedtls_entropy_free(&entropy_);
  }
  // The client's own certificate.
  void show(identity const& who) {
    std::string const pem = to_pem(who);
    std::string const key = key_to_pem(who);
    auto const* const text = reinterpret_cast<unsigned char const*>(pem.c_str());
    auto const* const key_text = reinterpret_cast<unsigned char const*>(key.c_str());
    REQUIRE(mbedtls_x509_crt_parse(&own_, text, pem.size() + 1) == 0);
    REQUIRE(mbedtls_pk_parse_key(&key_, key_text, key.size() + 1, nullptr, 0) == 0);
    REQUIRE(mbedtls_ssl_conf_own_cert(&config_, &own_, &key_) == 0);
  }
  mbedtls_ssl_config& get() { return config_; }
  mbedtls_ctr_drbg_context& random() { return random_; }

 private:
  mbedtls_entropy_context entropy_{};
  mbedtls_ctr_drbg_context random_{};
  mbedtls_x509_crt roots_{};
  mbedtls_x509_crt own_{};
  mbedtls_pk_context key_{};
  mbedtls_ssl_config config_{};
};

class openssl_settings {
 public:
  explicit openssl_settings(identity const& root) : context_(SSL_CTX_new(TLS_client_method())) {
    REQUIRE(X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), root.certificate.get()) == 1);
  }
  // The client's own certificate.
  void show(identity const& who) {
    REQUIRE(SSL_CTX_use_certificate(context_.get(), who.certificate.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context_.get(), who.key.get()) == 1);
  }
  SSL_CTX& get() { return *context_; }

 private:
  std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> context_;
};

}  // namespace hubwire::test

#endif
