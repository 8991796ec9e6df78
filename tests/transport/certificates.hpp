// SPDX-License-Identifier: BSL-1.0
// Keys and certificates made by OpenSSL while the test runs; none are kept in files.
#ifndef HUBWIRE_TESTS_TRANSPORT_CERTIFICATES_HPP
#define HUBWIRE_TESTS_TRANSPORT_CERTIFICATES_HPP

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hubwire::test {

// The day on which all connections of the tests take place: 2025-06-15 15:06:40 UTC.
inline constexpr std::int64_t today = 1'750'000'000;
inline constexpr std::int64_t day = 86'400;

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using key_pointer = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_pointer = std::unique_ptr<X509, freed_by<X509_free>>;

enum class key_kind { p256, p384, p521, rsa2048, rsa1024 };

inline key_pointer make_key(key_kind kind) {
  auto const made = [kind] {
    switch (kind) {
      case key_kind::p256: return EVP_EC_gen("P-256");
      case key_kind::p384: return EVP_EC_gen("P-384");
      case key_kind::p521: return EVP_EC_gen("P-521");
      case key_kind::rsa2048: return EVP_RSA_gen(2048U);
      case key_kind::rsa1024: break;
    }
    return EVP_RSA_gen(1024U);
  };
  key_pointer key(made());
  if (!key) throw std::runtime_error("no key");
  return key;
}

struct identity {
  key_pointer key;
  certificate_pointer certificate;
};

struct certificate_request {
  std::string common_name = "hub.example.test";
  std::string alternative_names = "DNS:hub.example.test";  // OpenSSL's notation; empty: no extension
  bool authority = false;
  std::int64_t not_before = today - 30 * day;
  std::int64_t not_after = today + 30 * day;
  key_kind key = key_kind::p256;
  std::string extended_usage{};    // as alternative_names
  std::string name_constraints{};  // as alternative_names
};

inline void add_extension(X509* certificate, int nid, std::string const& text) {
  std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>> const extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, text.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
    throw std::runtime_error("no extension: " + text);
}

// Signed by issuer, by itself when there is none.
inline identity make_identity(certificate_request const& wanted, identity const* issuer = nullptr) {
  identity made{make_key(wanted.key), certificate_pointer(X509_new())};
  X509* const x = made.certificate.get();
  static long serial = 1000;
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(x), static_cast<std::time_t>(wanted.not_before));
  ASN1_TIME_set(X509_getm_notAfter(x), static_cast<std::time_t>(wanted.not_after));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<unsigned char const*>(wanted.common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer->certificate.get() : x));
  X509_set_pubkey(x, made.key.get());
  add_extension(x, NID_basic_constraints, wanted.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!wanted.alternative_names.empty()) add_extension(x, NID_subject_alt_name, wanted.alternative_names);
  if (!wanted.extended_usage.empty()) add_extension(x, NID_ext_key_usage, wanted.extended_usage);
  if (!wanted.name_constraints.empty()) add_extension(x, NID_name_constraints, wanted.name_constraints);
  if (X509_sign(x, issuer ? issuer->key.get() : made.key.get(), EVP_sha256()) == 0)
    throw std::runtime_error("no signature");
  return made;
}

inline identity make_authority(std::string const& name, key_kind key = key_kind::p256,
                               identity const* issuer = nullptr) {
  return make_identity({.common_name = name, .alternative_names = "", .authority = true, .key = key}, issuer);
}

inline std::string to_pem(X509* certificate) {
  std::unique_ptr<BIO, freed_by<BIO_free>> const out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  char* data = nullptr;
  long const size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}
inline std::string to_pem(identity const& who) { return to_pem(who.certificate.get()); }

inline std::string key_to_pem(identity const& who) {
  std::unique_ptr<BIO, freed_by<BIO_free>> const out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(out.get(), who.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  long const size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

enum class key_form { pkcs8, traditional };  // traditional: PKCS #1 for RSA, SEC 1 for EC

inline std::vector<std::uint8_t> key_to_der(identity const& who, key_form form = key_form::pkcs8) {
  std::unique_ptr<BIO, freed_by<BIO_free>> const out(BIO_new(BIO_s_mem()));
  if (form == key_form::pkcs8) {
    i2d_PKCS8PrivateKey_bio(out.get(), who.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  } else {
    i2d_PrivateKey_bio(out.get(), who.key.get());
  }
  char* data = nullptr;
  long const size = BIO_get_mem_data(out.get(), &data);
  return {data, data + size};
}

inline std::vector<std::uint8_t> to_der(identity const& who) {
  std::vector<std::uint8_t> der(static_cast<std::size_t>(i2d_X509(who.certificate.get(), nullptr)));
  unsigned char* out = der.data();
  i2d_X509(who.certificate.get(), &out);
  return der;
}

// A PEM text of one object, whatever the bytes are.
inline std::string as_pem(std::vector<std::uint8_t> const& der, std::string const& label = "CERTIFICATE") {
  std::string encoded((der.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), der.data(), static_cast<int>(der.size()));
  encoded.pop_back();
  std::string text = "-----BEGIN " + label + "-----\n";
  for (std::size_t at = 0; at < encoded.size(); at += 64) text += encoded.substr(at, 64) + '\n';
  return text + "-----END " + label + "-----\n";
}

}  // namespace hubwire::test

#endif
