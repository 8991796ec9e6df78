// SPDX-License-Identifier: BSL-1.0
// Trust anchors from somebody's file. Input: one byte that chooses DER or PEM and how much memory the store has,
// then the certificate or the text. Oracle: OpenSSL reads the same subject, key and CA flag from what is accepted;
// DER and the PEM made of it have one fate; a PEM text is cut into objects a second time, over strings; a refusal
// leaves the store as it was. The walk through a certificate's extensions is held to OpenSSL's answers too.
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <hubwire/transport/bearssl_certificate.hpp>
#include <hubwire/transport/bearssl_trust.hpp>

#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using hubwire::errc;

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using certificate = std::unique_ptr<X509, freed_by<X509_free>>;

hubwire::byte_view octets_of(std::string_view text) {
  return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}
std::string_view text_of(unsigned char const* data, std::size_t size) {
  return {reinterpret_cast<char const*>(data), size};
}

// What OpenSSL makes of all of der, and nothing if it does not.
certificate read_by_openssl(std::string_view der) {
  unsigned char const* in = octets_of(der).data();
  certificate x(d2i_X509(nullptr, &in, static_cast<long>(der.size())));
  bool const whole = x && in == octets_of(der).data() + der.size();
  return whole ? std::move(x) : nullptr;
}

// Whether the flag may be compared: not if OpenSSL does not know itself.
std::optional<bool> authority(X509* x) {
  int critical = 0;
  std::unique_ptr<BASIC_CONSTRAINTS, freed_by<BASIC_CONSTRAINTS_free>> const found(
      static_cast<BASIC_CONSTRAINTS*>(X509_get_ext_d2i(x, NID_basic_constraints, &critical, nullptr)));
  if (!found && critical != -1) return std::nullopt;
  return found && found->ca != 0;
}

bool same_number(EVP_PKEY* key, char const* which, unsigned char const* data, std::size_t size) {
  BIGNUM* found = nullptr;
  require(EVP_PKEY_get_bn_param(key, which, &found) == 1, "OpenSSL has the number");
  std::unique_ptr<BIGNUM, freed_by<BN_free>> const number(found);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(found)), '\0');
  BN_bn2bin(found, reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes == text_of(data, size);
}

void check_key(X509* x, br_x509_pkey const& key) {
  ASN1_OBJECT* kind = nullptr;
  unsigned char const* bits = nullptr;
  int size = 0;
  X509_ALGOR* algorithm = nullptr;
  X509_PUBKEY_get0_param(&kind, &bits, &size, &algorithm, X509_get_X509_PUBKEY(x));
  if (key.key_type == BR_KEYTYPE_RSA) {
    require(OBJ_obj2nid(kind) == NID_rsaEncryption, "an RSA key is one for OpenSSL");
    EVP_PKEY* const rsa = X509_get0_pubkey(x);
    if (rsa == nullptr) return;
    require(same_number(rsa, "n", key.key.rsa.n, key.key.rsa.nlen), "the modulus is the same");
    require(same_number(rsa, "e", key.key.rsa.e, key.key.rsa.elen), "the exponent is the same");
    return;
  }
  require(key.key_type == BR_KEYTYPE_EC, "a key is RSA or EC");
  require(OBJ_obj2nid(kind) == NID_X9_62_id_ecPublicKey, "an EC key is one for OpenSSL");
  require(text_of(bits, static_cast<std::size_t>(size)) == text_of(key.key.ec.q, key.key.ec.qlen),
          "the point is the same");
  void const* parameter = nullptr;
  int type = 0;
  X509_ALGOR_get0(nullptr, &type, &parameter, algorithm);
  require(type == V_ASN1_OBJECT, "a curve has a name");
  int const nid = OBJ_obj2nid(static_cast<ASN1_OBJECT const*>(parameter));
  int const curve = nid == NID_X9_62_prime256v1 ? BR_EC_secp256r1
                    : nid == NID_secp384r1      ? BR_EC_secp384r1
                    : nid == NID_secp521r1      ? BR_EC_secp521r1
                                                : 0;
  require(curve == key.key.ec.curve, "the curve is the same");
}

void check_anchor(std::string_view der, br_x509_trust_anchor const& anchor) {
  certificate const x = read_by_openssl(der);
  if (!x) return;
  unsigned char* subject = nullptr;
  int const size = i2d_X509_NAME(X509_get_subject_name(x.get()), &subject);
  require(text_of(subject, static_cast<std::size_t>(size)) == text_of(anchor.dn.data, anchor.dn.len),
          "the subject is the same");
  OPENSSL_free(subject);
  if (auto const ca = authority(x.get()))
    require(*ca == (anchor.flags == BR_X509_TA_CA), "the CA flag is the same");
  check_key(x.get(), anchor.pkey);
}

// A store with one anchor, made by hand, that has to survive everything.
template <std::size_t Bytes>
class store {
 public:
  store() {
    static std::string const kept = [] {  // nothing is as long as it can be, and all of it is used
      unsigned char const point[65] = {4};
      std::unique_ptr<X509, freed_by<X509_free>> const x(X509_new());
      std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>> const key(EVP_EC_gen("P-256"));
      ASN1_TIME_set(X509_getm_notBefore(x.get()), 0);
      ASN1_TIME_set(X509_getm_notAfter(x.get()), 1);
      X509_NAME_add_entry_by_txt(X509_get_subject_name(x.get()), "CN", MBSTRING_ASC, point, 1, -1, 0);
      X509_set_pubkey(x.get(), key.get());
      X509_sign(x.get(), key.get(), EVP_sha256());
      unsigned char* der = nullptr;
      int const size = i2d_X509(x.get(), &der);
      std::string const made(text_of(der, static_cast<std::size_t>(size)));
      OPENSSL_free(der);
      return made;
    }();
    require(store_.add_der(octets_of(kept)).has_value(), "a sound certificate is an anchor");
    before_ = look();
  }

  hubwire::trust_store_base& operator*() { return store_; }
  hubwire::trust_store_base* operator->() { return &store_; }

  void unchanged() {
    require(store_.anchors().size() == 1 && look() == before_, "a refusal leaves the store as it was");
  }

 private:
  std::string look() const {
    br_x509_trust_anchor const& kept = store_.anchors()[0];
    return std::string(text_of(kept.dn.data, kept.dn.len)) +
           std::string(text_of(kept.pkey.key.ec.q, kept.pkey.key.ec.qlen)) + std::to_string(store_.used());
  }

  hubwire::trust_store<4, Bytes> store_{};
  std::string before_{};
};

std::string base64_of(std::string_view octets) {
  std::string text((octets.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), octets_of(octets).data(),
                  static_cast<int>(octets.size()));
  text.pop_back();
  return text;
}

// Nothing for a text that is not the base64 of its own octets.
std::optional<std::string> base64_decoded(std::string const& text) {
  std::string octets(text.size() / 4 * 3 + 3, '\0');
  int const size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()), octets_of(text).data(),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  octets.resize(static_cast<std::size_t>(size));
  for (std::size_t i = 1; i <= 2 && i <= text.size() && text[text.size() - i] == '='; ++i) octets.pop_back();
  if (base64_of(octets) != text) return std::nullopt;
  return octets;
}

// OpenSSL's answers to what the walk through a certificate looks for.
void check_scan(std::string_view der) {
  hubwire::detail::certificate_scan scan;
  hubwire::byte_view rest = octets_of(der);
  while (!rest.empty() && !scan.broken()) {
    std::size_t const taken = scan.take(rest);
    require(taken != 0 && taken <= rest.size(), "the walk goes on");
    rest = rest.subspan(taken);
  }
  certificate const x = read_by_openssl(der);
  if (!x || scan.broken()) return;
  int critical = 0;
  std::unique_ptr<EXTENDED_KEY_USAGE, freed_by<EXTENDED_KEY_USAGE_free>> const usage(
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(x.get(), NID_ext_key_usage, &critical, nullptr)));
  bool serves = !usage;
  for (int i = 0; usage && i != sk_ASN1_OBJECT_num(usage.get()); ++i) {
    int const nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usage.get(), i));
    serves = serves || nid == NID_server_auth || nid == NID_anyExtendedKeyUsage;
  }
  if (usage || critical == -1) require(scan.may_serve_tls() == serves, "usage as OpenSSL reads it");
  bool const constrains = X509_get_ext_by_NID(x.get(), NID_name_constraints, -1) >= 0;
  require(scan.constrains_names() == constrains, "constraints as OpenSSL reads them");
}

std::string as_pem(std::string_view der, std::size_t width) {
  std::string const digits = base64_of(der);
  std::string text = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < digits.size(); at += width) text += digits.substr(at, width) + '\n';
  return text + "-----END CERTIFICATE-----\n";
}

template <std::size_t Bytes>
void try_der(std::string_view der) {
  store<Bytes> direct;
  store<Bytes> by_text;
  auto const added = direct->add_der(octets_of(der));
  auto const text_added = by_text->add_pem(as_pem(der, 64));
  require(added.has_value() == text_added.has_value(), "DER and PEM have one fate");
  if (added) {
    require(direct->anchors().size() == 2 && by_text->used() == direct->used(), "one anchor more");
    check_anchor(der, direct->anchors()[1]);
    check_anchor(der, by_text->anchors()[1]);
    return;
  }
  direct.unchanged();
  by_text.unchanged();
  require(added.error().code == text_added.error().code, "DER and PEM are refused alike");
  if (added.error() == errc::invalid_certificate) {
    require(added.error().detail > 32 && added.error().detail < 64, "BearSSL's number");
    require(text_added.error().detail == 1, "the first certificate is wrong");
  } else {
    require(added.error() == errc::buffer_too_small && added.error().detail > Bytes, "what would be enough");
  }
}

// The certificates of a PEM text, or the error.
struct objects {
  std::vector<std::string> certificates{};
  hubwire::error wrong{};
};

bool stands_at(std::string const& upper, std::size_t at, char const* mark) {
  return upper.compare(at, std::strlen(mark), mark) == 0;
}

// The label at `at`, which is moved behind its dashes.
std::optional<std::string> label_at(std::string const& text, std::size_t& at) {
  std::size_t const end = text.find('-', at);
  if (end == std::string::npos || end == at || text.compare(end, 5, "-----") != 0) return std::nullopt;
  std::string const label = text.substr(at, end - at);
  at = end + 5;
  if (label.find_first_of("\r\n") != std::string::npos) return std::nullopt;
  return label;
}

// Whether BEGIN stands in text and CERT behind it on its line, or on the next that is not blank if its own is.
bool means_certificate(std::string const& upper) {
  for (std::size_t at = upper.find("BEGIN"); at != std::string::npos; at = upper.find("BEGIN", at + 5)) {
    std::size_t const word = upper.find_first_not_of(" \t\n\v\f\r", at + 5);
    if (word == std::string::npos) return false;
    std::size_t const cert = upper.find("CERT", word);
    if (cert != std::string::npos && cert < upper.find_first_of("\r\n", word)) return true;
  }
  return false;
}

objects cut(std::string const& text) {
  objects found;
  std::string upper = text;
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  auto const wrong = [&](errc code) {
    found.wrong = {code, static_cast<std::uint32_t>(found.certificates.size() + 1)};
    return found;
  };
  std::size_t outside = 0;  // where the text behind the last object begins
  for (std::size_t at = 0; at < text.size();) {
    if (stands_at(upper, at, "-----END ")) return wrong(errc::invalid_certificate);
    if (!stands_at(upper, at, "-----BEGIN ")) {
      ++at;
      continue;
    }
    if (means_certificate(upper.substr(outside, at - outside))) return wrong(errc::invalid_certificate);
    at += 11;
    auto const label = label_at(text, at);
    if (!label) return wrong(errc::invalid_certificate);
    std::string body;
    while (at < text.size() && !stands_at(upper, at, "-----END ")) {
      if (stands_at(upper, at, "-----BEGIN ")) return wrong(errc::invalid_certificate);
      body += text[at++];
    }
    at += 9;
    if (at > text.size() || label_at(text, at) != label) return wrong(errc::invalid_certificate);
    outside = at;
    std::string name = *label;
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (name.find("CERT") == std::string::npos) continue;
    if (name != "CERTIFICATE" && name != "X509 CERTIFICATE") return wrong(errc::invalid_certificate);
    if (body.find_first_of("\r\n") == std::string::npos) return wrong(errc::no_line_breaks);
    std::erase_if(body, [](char c) { return c == ' ' || (c >= 9 && c <= 13); });
    auto const der = base64_decoded(body);
    hubwire::trust_store<1, 8192> alone;
    if (!der || !alone.add_der(octets_of(*der))) return wrong(errc::invalid_certificate);
    found.certificates.push_back(*der);
    if (found.certificates.size() > 3) return found;  // more than the store holds beside its own
  }
  if (means_certificate(upper.substr(outside))) return wrong(errc::invalid_certificate);
  if (found.certificates.empty()) found.wrong = {errc::invalid_certificate, 0};
  return found;
}

void try_pem(std::string const& text) {
  objects const expected = cut(text);
  store<16'384> filled;
  auto const added = filled->add_pem(text);
  if (expected.certificates.size() > 3) {
    require(!added && added.error() == hubwire::error{errc::capacity_exhausted, 4},
            "more than there are places");
  } else if (expected.wrong.code != errc::none) {
    require(!added && added.error() == expected.wrong, "the same certificate is wrong");
  } else {
    require(added && *added == expected.certificates.size(), "the same number of certificates");
    for (std::size_t i = 0; i != expected.certificates.size(); ++i)
      check_anchor(expected.certificates[i], filled->anchors()[i + 1]);
    return;
  }
  filled.unchanged();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::choices choose(fuzz::as_text(data, size));
  unsigned const how = choose.byte();
  std::string_view const rest = choose.rest();
  switch (how % 4) {
    case 0: try_der<4096>(rest); break;
    case 1: try_der<300>(rest); break;
    default: try_pem(std::string(rest)); break;
  }
  if (how % 4 < 2) check_scan(rest);
  return 0;
}
