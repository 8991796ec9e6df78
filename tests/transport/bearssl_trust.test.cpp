// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/bearssl_trust.hpp>

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "certificates.hpp"
#include "support/guarded.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

identity const& ec_root() {
  static identity const made = make_authority("EC Root");
  return made;
}
identity const& rsa_root() {
  static identity const made = make_authority("RSA Root", key_kind::rsa2048);
  return made;
}

// The subject name in DER, as OpenSSL writes it.
std::vector<std::uint8_t> subject_of(identity const& who) {
  X509_NAME const* const name = X509_get_subject_name(who.certificate.get());
  std::vector<std::uint8_t> der(static_cast<std::size_t>(i2d_X509_NAME(name, nullptr)));
  unsigned char* out = der.data();
  i2d_X509_NAME(name, &out);
  return der;
}

bool has_subject(br_x509_trust_anchor const& anchor, identity const& who) {
  auto const der = subject_of(who);
  return anchor.dn.len == der.size() && std::memcmp(anchor.dn.data, der.data(), der.size()) == 0;
}

std::string with_crlf(std::string const& text) {
  std::string out;
  for (char const c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

}  // namespace

TEST_CASE("trust_store: a DER certificate gives name, key and CA flag", "[transport][trust_store]") {
  trust_store<2> store;
  guarded_input const der(byte_view(to_der(ec_root())));
  REQUIRE(store.add_der(der.octets()));
  REQUIRE(store.add_der(to_der(rsa_root())));
  REQUIRE(store.anchors().size() == 2);

  br_x509_trust_anchor const& ec = store.anchors()[0];
  CHECK(has_subject(ec, ec_root()));
  CHECK(ec.flags == BR_X509_TA_CA);
  CHECK(ec.pkey.key_type == BR_KEYTYPE_EC);
  CHECK(ec.pkey.key.ec.curve == BR_EC_secp256r1);
  std::vector<std::uint8_t> point(65);
  std::size_t length = 0;
  EVP_PKEY_get_octet_string_param(ec_root().key.get(), "pub", point.data(), point.size(), &length);
  REQUIRE(ec.pkey.key.ec.qlen == length);
  CHECK(std::memcmp(ec.pkey.key.ec.q, point.data(), length) == 0);

  br_x509_trust_anchor const& rsa = store.anchors()[1];
  CHECK(has_subject(rsa, rsa_root()));
  CHECK(rsa.pkey.key_type == BR_KEYTYPE_RSA);
  CHECK(rsa.pkey.key.rsa.nlen == 256);
  CHECK(rsa.pkey.key.rsa.elen == 3);
}

TEST_CASE("trust_store: a certificate that is no CA is an anchor without the CA flag",
          "[transport][trust_store]") {
  trust_store<1> store;
  REQUIRE(store.add_der(to_der(make_identity({}))));
  CHECK(store.anchors()[0].flags == 0);
}

TEST_CASE("trust_store: several anchors from one PEM text, other objects and text skipped",
          "[transport][trust_store]") {
  std::string const pem = "Two roots\n" + to_pem(ec_root()) + "a key between them\n" +
                          key_to_pem(make_identity({})) + to_pem(rsa_root()) + "the end";
  trust_store<2> store;
  guarded_input const guarded(pem);
  auto const added = store.add_pem(guarded.view());
  REQUIRE(added);
  CHECK(*added == 2);
  CHECK(has_subject(store.anchors()[0], ec_root()));
  CHECK(has_subject(store.anchors()[1], rsa_root()));
  store.clear();
  CHECK(store.anchors().empty());
}

TEST_CASE("trust_store: line ends may be CR LF and the last one may be missing", "[transport][trust_store]") {
  std::string pem = to_pem(ec_root());
  {
    trust_store<1> store;
    REQUIRE(store.add_pem(with_crlf(pem)));
    CHECK(has_subject(store.anchors()[0], ec_root()));
  }
  while (pem.back() == '\n') pem.pop_back();
  trust_store<1> store;
  CHECK(store.add_pem(pem));
  CHECK(has_subject(store.anchors()[0], ec_root()));
}

TEST_CASE("trust_store: only objects called CERTIFICATE count", "[transport][trust_store]") {
  std::string pem = to_pem(ec_root());
  auto const renamed = [&](std::string_view name) {
    std::string out = pem;
    for (std::size_t at = out.find("CERTIFICATE"); at != std::string::npos;
         at = out.find("CERTIFICATE", at + name.size()))
      out.replace(at, 11, name);
    return out;
  };
  trust_store<1> store;
  CHECK(store.add_pem(renamed("CERTIFICATE REQUEST")).error() == errc::invalid_certificate);
  CHECK(store.add_pem(renamed("CERT")).error() == errc::invalid_certificate);
  CHECK(store.add_pem(renamed("X509 CERTIFICAT")).error() == errc::invalid_certificate);
  CHECK(store.add_pem(renamed("certificate")));
}

TEST_CASE("trust_store: a PEM text cut anywhere is refused and adds nothing", "[transport][trust_store]") {
  std::string pem = to_pem(ec_root());
  // Anything after the five letters and the blank of the end line closes the object.
  std::size_t const complete = pem.find("-----END ") + 9;
  trust_store<1> store;
  for (std::size_t size = 0; size < complete; ++size) {
    guarded_input const cut(std::string_view(pem.data(), size));
    auto const added = store.add_pem(cut.view());
    REQUIRE_FALSE(added);
    CHECK(added.error().code == errc::invalid_certificate);
    CHECK(store.anchors().empty());
    CHECK(store.used() == 0);
  }
}

TEST_CASE("trust_store: a second certificate that is cut spoils the first", "[transport][trust_store]") {
  std::string const whole = to_pem(ec_root());
  trust_store<2> store;
  for (std::size_t cut = whole.find('\n'); cut < whole.find("-----END ") + 9; cut += 50) {
    CHECK(store.add_pem(whole + std::string(whole, 0, cut)).error() == errc::invalid_certificate);
    CHECK(store.anchors().empty());
  }
}

TEST_CASE("trust_store: a DER certificate cut anywhere is refused", "[transport][trust_store]") {
  auto const der = to_der(ec_root());
  // The anchor is complete once the CA flag was read; BearSSL wants the rest as well.
  for (std::size_t size = 0; size < der.size(); ++size) {
    trust_store<1> store;
    guarded_input const cut(byte_view(der).first(size));
    auto const added = store.add_der(cut.octets());
    REQUIRE_FALSE(added);
    CHECK(added.error().code == errc::invalid_certificate);
    CHECK(store.used() == 0);
  }
}

TEST_CASE("trust_store: what is no certificate is refused with BearSSL's number",
          "[transport][trust_store]") {
  trust_store<1> store;
  CHECK(store.add_der({}).error() == errc::invalid_certificate);
  std::vector<std::uint8_t> const noise(300, 0x41);
  auto const added = store.add_der(noise);
  REQUIRE_FALSE(added);
  CHECK(added.error().code == errc::invalid_certificate);
  CHECK(added.error().detail >= 33);
  CHECK(store.add_pem("").error() == errc::invalid_certificate);
  CHECK(store.add_pem("no PEM at all\n").error() == errc::invalid_certificate);
  CHECK(store.add_pem(key_to_pem(ec_root())).error() == errc::invalid_certificate);
  std::string broken = to_pem(ec_root());
  broken[broken.find('\n') + 10] = '!';
  CHECK(store.add_pem(broken).error() == errc::invalid_certificate);
}

TEST_CASE("trust_store: one certificate too many, and the earlier ones stay", "[transport][trust_store]") {
  trust_store<2> store;
  REQUIRE(store.add_pem(to_pem(ec_root())));
  std::size_t const used = store.used();
  auto const added = store.add_pem(to_pem(rsa_root()) + to_pem(make_authority("Third")));
  REQUIRE_FALSE(added);
  CHECK(added.error() == error{errc::capacity_exhausted, 2});
  CHECK(store.anchors().size() == 1);
  CHECK(store.used() == used);
  CHECK(has_subject(store.anchors()[0], ec_root()));
}

TEST_CASE("trust_store: too little memory reports the size that would do", "[transport][trust_store]") {
  trust_store<2, 2000> large;
  REQUIRE(large.add_pem(to_pem(ec_root()) + to_pem(rsa_root())));
  trust_store<2, 100> small;
  auto const added = small.add_pem(to_pem(ec_root()) + to_pem(rsa_root()));
  REQUIRE_FALSE(added);
  CHECK(added.error().code == errc::buffer_too_small);

  trust_store<2, 200> first_only;
  auto const second = first_only.add_pem(to_pem(ec_root()) + to_pem(rsa_root()));
  REQUIRE_FALSE(second);
  CHECK(second.error() == error{errc::buffer_too_small, static_cast<std::uint32_t>(large.used())});
  CHECK(first_only.anchors().empty());
}
