// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/bearssl_certificate.hpp>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "certificates.hpp"
#include "support/guarded.hpp"
#include "tls_fixture.hpp"

using namespace hubwire;
using namespace hubwire::test;
using detail::certificate_scan;

namespace {

identity const& root() {
  static identity const made = make_authority("Extensions Root");
  return made;
}

certificate_scan scan(byte_view der) {
  certificate_scan made;
  guarded_input const guarded(der);
  for (std::size_t at = 0; at != der.size() && !made.broken();) at += made.take(guarded.octets().subspan(at));
  return made;
}

// OpenSSL's answers to the two questions.
struct answers {
  bool serves = true;
  bool constrains = false;
  bool readable = true;

  explicit answers(X509* x) {
    int critical = 0;
    auto* const usage =
        static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(x, NID_ext_key_usage, &critical, nullptr));
    serves = usage == nullptr && critical == -1;
    readable = usage != nullptr || critical == -1;
    for (int i = 0; usage != nullptr && i != sk_ASN1_OBJECT_num(usage); ++i) {
      int const nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i));
      serves = serves || nid == NID_server_auth || nid == NID_anyExtendedKeyUsage;
    }
    EXTENDED_KEY_USAGE_free(usage);
    constrains = X509_get_ext_by_NID(x, NID_name_constraints, -1) >= 0;
  }
};

}  // namespace

TEST_CASE("certificate_scan: usage and constraints as OpenSSL sees them", "[transport][bearssl_tls]") {
  for (std::string const usage :
       {"", "serverAuth", "clientAuth", "clientAuth,serverAuth", "serverAuth,clientAuth",
        "anyExtendedKeyUsage", "emailProtection,anyExtendedKeyUsage", "critical,serverAuth",
        "1.3.6.1.5.5.7.3", "1.3.6.1.5.5.7.3.1.1", "2.5.29.37", "1.2.3.4.5.6.7.8.9.10.11.12.13.14"})
    for (std::string const constraints :
         {"", "permitted;DNS:example.test", "critical,excluded;DNS:evil.test"})
      for (key_kind const key : {key_kind::p256, key_kind::rsa2048}) {
        INFO(usage << " " << constraints);
        identity const who =
            make_identity({.key = key, .extended_usage = usage, .name_constraints = constraints}, &root());
        certificate_scan const seen = scan(to_der(who));
        answers const expected(who.certificate.get());
        CHECK_FALSE(seen.broken());
        CHECK(seen.has_key());
        CHECK(seen.may_serve_tls() == expected.serves);
        CHECK(seen.constrains_names() == expected.constrains);
      }
}

TEST_CASE("certificate_scan: the key ends where OpenSSL says", "[transport][bearssl_tls]") {
  for (key_kind const kind : {key_kind::p256, key_kind::p384, key_kind::p521, key_kind::rsa2048}) {
    identity const who = make_identity({.key = kind});
    std::vector<std::uint8_t> const der = to_der(who);
    unsigned char* key = nullptr;
    int const size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(who.certificate.get()), &key);
    std::vector<std::uint8_t> const wanted(key, key + size);
    OPENSSL_free(key);
    certificate_scan made;
    std::size_t const end = made.take(der);
    REQUIRE(made.has_key());
    REQUIRE(end >= wanted.size());
    CHECK(std::equal(wanted.begin(), wanted.end(),
                     der.begin() + static_cast<std::ptrdiff_t>(end - wanted.size())));
    // Byte by byte it is the same place.
    certificate_scan slow;
    std::size_t at = 0;
    while (!slow.has_key()) at += slow.take(byte_view(der).subspan(at, 1));
    CHECK(at == end);
  }
}

TEST_CASE("certificate_scan: every bit changed, and OpenSSL is not contradicted",
          "[transport][bearssl_tls]") {
  identity const who = make_identity(
      {.extended_usage = "clientAuth,serverAuth", .name_constraints = "permitted;DNS:example.test"});
  std::vector<std::uint8_t> const whole = to_der(who);
  int compared = 0;
  for (std::size_t bit = 0; bit != whole.size() * 8; ++bit) {
    std::vector<std::uint8_t> changed = whole;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1U << bit % 8);
    certificate_scan const seen = scan(changed);
    unsigned char const* in = changed.data();
    certificate_pointer const read(d2i_X509(nullptr, &in, static_cast<long>(changed.size())));
    if (!read || in != changed.data() + changed.size() || seen.broken()) continue;
    answers const expected(read.get());
    INFO("bit " << bit);
    // Where OpenSSL knows no usage we may be stricter, never kinder.
    CHECK((!seen.may_serve_tls() || expected.serves || !expected.readable));
    CHECK((seen.constrains_names() || !expected.constrains));
    ++compared;
  }
  CHECK(compared > 1000);
}

TEST_CASE("certificate_scan: what is no DER is broken", "[transport][bearssl_tls]") {
  auto const broken = [](std::vector<std::uint8_t> const& der) { return scan(der).broken(); };
  CHECK(broken({0x31, 0x00}));                    // no SEQUENCE
  CHECK(broken({0x3F, 0x81, 0x00}));              // a long tag
  CHECK(broken({0x30, 0x80}));                    // indefinite length
  CHECK(broken({0x30, 0x84, 0, 0, 0, 1}));        // a length of four bytes
  CHECK(broken({0x30, 0x02, 0x30, 0x01}));        // longer than what it lies in
  CHECK(broken({0x30, 0x83, 0xFF, 0xFF, 0xFF}));  // longer than TLS can carry
  CHECK_FALSE(broken({0x30, 0x83, 0xFF, 0xFF, 0xFA}));
  CHECK_FALSE(scan(std::vector<std::uint8_t>{}).has_key());
  // Two lists of usages, the first of which would do.
  identity who = make_identity({.extended_usage = "serverAuth"});
  add_extension(who.certificate.get(), NID_ext_key_usage, "clientAuth");
  X509_sign(who.certificate.get(), who.key.get(), EVP_sha256());
  CHECK(broken(to_der(who)));
}

TEST_CASE("bearssl_tls: certificates that are not for servers, and constraints of names",
          "[transport][bearssl_tls]") {
  error const usage{errc::tls_untrusted_certificate, 59};
  error const constraint{errc::tls_untrusted_certificate, 57};
  struct row {
    std::string usage;
    std::string constraints;
    error expected;
  };
  row const rows[] = {{"", "", {}},
                      {"serverAuth", "", {}},
                      {"clientAuth,serverAuth", "", {}},
                      {"anyExtendedKeyUsage", "", {}},
                      {"clientAuth", "", usage},
                      {"codeSigning,emailProtection", "", usage},
                      {"", "permitted;DNS:example.test", constraint},
                      {"", "critical,permitted;DNS:example.test", constraint},
                      {"serverAuth", "excluded;DNS:evil.test", constraint}};
  auto const outcome = [](tls_setup const& setup) {
    tls_fixture f(setup);
    if (f.shake_hands()) return error{};
    octets room(1);
    CHECK(f.wire.application_records() == 0);
    return f.client.read_some(room).error;
  };
  for (row const& r : rows) {
    INFO(r.usage << " " << r.constraints);
    identity const leaf =
        make_identity({.extended_usage = r.usage, .name_constraints = r.constraints}, &root());
    CHECK(outcome({.server = &leaf, .trusted = &root()}) == r.expected);
    CHECK(outcome({.server = &leaf, .trusted = &leaf}) == r.expected);  // an anchor itself

    certificate_request const wanted{.common_name = "Between",
                                     .alternative_names = "",
                                     .authority = true,
                                     .extended_usage = r.usage,
                                     .name_constraints = r.constraints};
    identity const between = make_identity(wanted, &root());
    identity const below = make_identity({}, &between);
    CHECK(outcome({.server = &below, .trusted = &root(), .plan = {.chain = {between.certificate.get()}}}) ==
          r.expected);
    // Of an anchor only name and key count, and certificates behind the one that it signed do not.
    CHECK(outcome({.server = &below, .trusted = &between}) == errc::none);
    CHECK(outcome({.server = &below, .trusted = &between, .plan = {.chain = {between.certificate.get()}}}) ==
          errc::none);
  }
}
