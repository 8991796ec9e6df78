// SPDX-License-Identifier: BSL-1.0
// A client's chain and private key from somebody's files. Input: a byte that chooses the kind of key, the form and
// which of the two files is changed, a byte for how much memory there is, then changes of three bytes each: where (two
// bytes) and what; or all of the file. Oracle: what is not changed is accepted; what is accepted has the certificate's
// bytes and, number by number, the key that OpenSSL made; OpenSSL finds no other key in an accepted certificate; a
// refusal leaves wiped memory and says one of the documented errors; DER and PEM have one fate.
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <hubwire/transport/bearssl_identity_store.hpp>

#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using hubwire::errc;
using octets = std::vector<std::uint8_t>;

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using key_pointer = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_pointer = std::unique_ptr<X509, freed_by<X509_free>>;

octets written(void const* object, int (*write)(void const*, unsigned char**)) {
  octets made(static_cast<std::size_t>(write(object, nullptr)));
  unsigned char* out = made.data();
  write(object, &out);
  return made;
}

struct device {
  bool rsa;
  key_pointer key;
  octets certificate{};
  octets pkcs8{};
  octets traditional{};

  explicit device(bool with_rsa) : rsa(with_rsa), key(with_rsa ? EVP_RSA_gen(2048U) : EVP_EC_gen("P-256")) {
    certificate_pointer const x(X509_new());
    ASN1_TIME_set(X509_getm_notBefore(x.get()), 0);
    ASN1_TIME_set(X509_getm_notAfter(x.get()), 1);
    X509_set_pubkey(x.get(), key.get());
    X509_sign(x.get(), key.get(), EVP_sha256());
    certificate = written(x.get(), [](void const* object, unsigned char** out) {
      return i2d_X509(static_cast<X509 const*>(object), out);
    });
    traditional = written(key.get(), [](void const* object, unsigned char** out) {
      return i2d_PrivateKey(static_cast<EVP_PKEY const*>(object), out);
    });
    std::unique_ptr<PKCS8_PRIV_KEY_INFO, freed_by<PKCS8_PRIV_KEY_INFO_free>> const info(
        EVP_PKEY2PKCS8(key.get()));
    pkcs8 = written(info.get(), [](void const* object, unsigned char** out) {
      return i2d_PKCS8_PRIV_KEY_INFO(static_cast<PKCS8_PRIV_KEY_INFO const*>(object), out);
    });
  }
};

device const& the_device(bool rsa) {
  static device const one(false);
  static device const other(true);
  return rsa ? other : one;
}

std::string as_pem(octets const& der, std::string const& label) {
  std::string digits((der.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(digits.data()), der.data(), static_cast<int>(der.size()));
  digits.pop_back();
  std::string text = "-----BEGIN " + label + "-----\n";
  for (std::size_t at = 0; at < digits.size(); at += 64) text += digits.substr(at, 64) + '\n';
  return text + "-----END " + label + "-----\n";
}

bool has_number(device const& from, char const* which, unsigned char const* data, std::size_t size) {
  BIGNUM* found = nullptr;
  require(EVP_PKEY_get_bn_param(from.key.get(), which, &found) == 1, "OpenSSL has the number");
  octets wanted(size);
  bool const fits = BN_bn2binpad(found, wanted.data(), static_cast<int>(size)) >= 0;
  BN_free(found);
  return fits && std::equal(wanted.begin(), wanted.end(), data);
}

bool has_key(device const& from, br_ssl_client_context const& client) {
  if (!from.rsa) {
    br_ec_private_key const& key = *client.client_auth.single_ec.sk;
    return key.curve == BR_EC_secp256r1 && has_number(from, OSSL_PKEY_PARAM_PRIV_KEY, key.x, key.xlen);
  }
  br_rsa_private_key const& key = *client.client_auth.single_rsa.sk;
  return has_number(from, OSSL_PKEY_PARAM_RSA_FACTOR1, key.p, key.plen) &&
         has_number(from, OSSL_PKEY_PARAM_RSA_FACTOR2, key.q, key.qlen) &&
         has_number(from, OSSL_PKEY_PARAM_RSA_EXPONENT1, key.dp, key.dplen) &&
         has_number(from, OSSL_PKEY_PARAM_RSA_EXPONENT2, key.dq, key.dqlen) &&
         has_number(from, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, key.iq, key.iqlen);
}

// Two places for certificates in memory of a size of its own on the heap, where a sanitizer looks after it.
class store : public hubwire::tls_identity_base {
 public:
  explicit store(std::size_t bytes) : store(std::make_unique<octets>(bytes, 0xA5)) {}
  octets const& memory() const { return *memory_; }

 private:
  explicit store(std::unique_ptr<octets> memory)
      : tls_identity_base(places_, {memory->data(), memory->size()}), memory_(std::move(memory)) {}

  br_x509_certificate places_[2]{};
  std::unique_ptr<octets> memory_;
};

void check(store const& filled, device const& from, octets const* certificate,
           hubwire::result<void> const& loaded) {
  if (!loaded) {
    auto const zero = [](std::uint8_t b) { return b == 0; };
    require(std::all_of(filled.memory().begin(), filled.memory().end(), zero),
            "a refusal leaves nothing in memory");
    require(filled.is_empty() && filled.chain().empty() && filled.used() == 0,
            "a refusal leaves the store empty");
    return;
  }
  br_ssl_client_context client{};
  br_ssl_client_zero(&client);
  filled.set_certificate(client);
  require(client.client_auth_vtable != nullptr && has_key(from, client),
          "what is accepted is the certificate's key");
  if (certificate == nullptr) return;
  br_x509_certificate const& first = filled.chain()[0];
  require(std::equal(certificate->begin(), certificate->end(), first.data, first.data + first.data_len),
          "the certificate's bytes are kept");
  unsigned char const* in = certificate->data();
  certificate_pointer const read(d2i_X509(nullptr, &in, static_cast<long>(certificate->size())));
  if (read && X509_get0_pubkey(read.get()) != nullptr)
    require(EVP_PKEY_eq(X509_get0_pubkey(read.get()), from.key.get()) == 1,
            "OpenSSL finds no other key in it");
}

void check_error(hubwire::error why, std::size_t memory) {
  switch (why.code) {
    case errc::buffer_too_small: return require(why.detail > memory, "what would be enough");
    case errc::capacity_exhausted: return require(why.detail == 2, "how many there are places for");
    case errc::invalid_certificate:
    case errc::invalid_private_key:
    case errc::private_key_mismatch:
    case errc::no_line_breaks:
    case errc::duplicate_field: return;
    default: require(false, "an error that is documented");
  }
}

struct files {
  octets certificate;
  octets key;
};

void try_der(device const& from, files const& given, std::string const& label, std::size_t memory,
             bool changed) {
  store by_der(memory);
  hubwire::byte_view const chain[] = {given.certificate};
  auto const loaded = by_der.load_der(chain, given.key);
  check(by_der, from, &given.certificate, loaded);
  store by_text(memory);
  auto const text_loaded =
      by_text.load_pem(as_pem(given.certificate, "CERTIFICATE"), as_pem(given.key, label));
  check(by_text, from, &given.certificate, text_loaded);
  require(loaded.error() == text_loaded.error(), "DER and PEM have one fate");
  if (!loaded) check_error(loaded.error(), memory);
  if (!changed && memory > 4'000) require(loaded.has_value(), "what is sound is accepted");
}

void try_pem(device const& from, std::string const& chain, std::string const& key, std::size_t memory,
             bool changed) {
  store filled(memory);
  auto const loaded = filled.load_pem(chain, key);
  check(filled, from, nullptr, loaded);
  if (!loaded) check_error(loaded.error(), memory);
  if (!changed && memory > 4'000) require(loaded.has_value(), "what is sound is accepted");
}

// Applies the changes to a file; whether there were any.
template <class File>
bool change(File& file, std::string_view changes) {
  bool any = false;
  for (; changes.size() >= 3 && !file.empty(); changes.remove_prefix(3)) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(changes[i]); };
    auto& place = file[(byte(0) * 256U + byte(1)) % file.size()];
    auto const after = static_cast<std::remove_reference_t<decltype(place)>>(byte(2));
    any = any || after != place;
    place = after;
  }
  return any;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::choices choose(fuzz::as_text(data, size));
  unsigned const how = choose.byte();
  unsigned const room = choose.byte();
  std::size_t const memory = room < 128 ? 5'000 : room * 8;
  device const& from = the_device((how & 1) != 0);
  bool const older = (how & 2) != 0;
  bool const in_key = (how & 4) != 0;
  bool const whole = (how & 16) != 0;
  std::string const label = !older ? "PRIVATE KEY" : from.rsa ? "RSA PRIVATE KEY" : "EC PRIVATE KEY";
  octets const& key = older ? from.traditional : from.pkcs8;
  std::string_view const rest = choose.rest();
  if ((how & 8) != 0) {
    std::string texts[] = {as_pem(from.certificate, "CERTIFICATE"), as_pem(key, label)};
    std::string& subject = texts[in_key ? 1 : 0];
    if (whole) subject = rest;
    bool const changed = whole || change(subject, rest);
    try_pem(from, texts[0], texts[1], memory, changed);
  } else {
    files given{from.certificate, key};
    octets& subject = in_key ? given.key : given.certificate;
    if (whole) subject.assign(rest.begin(), rest.end());
    bool const changed = whole || change(subject, rest);
    try_der(from, given, label, memory, changed);
  }
  return 0;
}
