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
  std::size_t const complete = pem.rfind("-----") + 5;
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
  for (std::size_t cut = whole.find('\n'); cut < whole.rfind("-----") + 5; cut += 13) {
    CHECK(store.add_pem(whole + std::string(whole, 0, cut)).error() == error{errc::invalid_certificate, 2});
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
  CHECK(store.add_pem(broken).error() == error{errc::invalid_certificate, 1});
}

namespace {

std::string replaced(std::string text, std::string_view old, std::string_view with) {
  for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, at + with.size()))
    text.replace(at, old.size(), with);
  return text;
}

// Both roots are in the store, in this order.
void check_both(std::string const& pem) {
  INFO(pem);
  trust_store<3> store;
  guarded_input const guarded(pem);
  auto const added = store.add_pem(guarded.view());
  REQUIRE(added);
  CHECK(*added == 2);
  REQUIRE(store.anchors().size() == 2);
  CHECK(has_subject(store.anchors()[0], ec_root()));
  CHECK(has_subject(store.anchors()[1], rsa_root()));
}

error refusal(std::string const& pem) {
  INFO(pem);
  trust_store<3> store;
  guarded_input const guarded(pem);
  auto const added = store.add_pem(guarded.view());
  CHECK(store.anchors().empty());
  CHECK(store.used() == 0);
  return added ? error{} : added.error();
}

}  // namespace

TEST_CASE("trust_store: no second root gets lost, however the lines end", "[transport][trust_store]") {
  std::string const one = to_pem(ec_root());
  std::string const two = to_pem(rsa_root());
  std::string const joined = one.substr(0, one.size() - 1) + two;
  REQUIRE(joined.find("----------BEGIN") != std::string::npos);
  check_both(joined);
  check_both(replaced(one + two, "\n", "\r"));
  check_both(replaced(joined, "\n", "\r"));
  check_both(with_crlf(joined));
  check_both(one + "  " + replaced(two, "\n", "\n    "));
  check_both("\t" + replaced(one + two, "\n", "\n\t"));
  check_both("roots: " + one + "second: " + two);
  check_both("\xEF\xBB\xBF" + one + two);
  check_both(replaced(one + two, "\n", "\n\n"));
  check_both(replaced(one + two, "\n", " \n"));
  // A body on one line, behind a line break.
  std::string flat = replaced(one, "\n", "");
  flat.insert(27, "\n");
  check_both(flat + two);
}

TEST_CASE("trust_store: the error says which certificate is wrong", "[transport][trust_store]") {
  std::string const one = to_pem(ec_root());
  std::string const two = to_pem(rsa_root());
  std::string const key = key_to_pem(ec_root());
  auto const spoilt = [](std::string pem) {
    pem[pem.find('\n') + 10] = '!';
    return pem;
  };
  auto const wrong = [](std::uint32_t ordinal) { return error{errc::invalid_certificate, ordinal}; };
  CHECK(refusal(spoilt(one) + two) == wrong(1));
  CHECK(refusal(one + spoilt(two)) == wrong(2));
  CHECK(refusal(one + key + two + spoilt(one)) == wrong(3));  // a key is no certificate and does not count
  CHECK(refusal("") == wrong(0));
  CHECK(refusal(key) == wrong(0));
  // Without one of its lines, or with a damaged one, an object does not vanish.
  CHECK(refusal(one + replaced(two, "-----END CERTIFICATE-----", "") + one) == wrong(2));
  CHECK(refusal(one + replaced(two, "-----BEGIN CERTIFICATE-----", "") + one) == wrong(2));
  CHECK(refusal(one + replaced(two, "-----BEGIN", "----BEGIN")) == wrong(2));
  CHECK(refusal(one + replaced(two, "-----BEGIN", "-----BEGN")) == wrong(2));
  CHECK(refusal(one + replaced(two, "-----END", "----END")) == wrong(2));
  CHECK(refusal(one + replaced(two, "BEGIN CERTIFICATE-----", "BEGIN CERTIFICATE----")) == wrong(2));
  CHECK(refusal(one + replaced(two, "END CERTIFICATE", "END X509 CRL")) == wrong(2));
  CHECK(refusal(one + replaced(two, "BEGIN CERTIFICATE", "BEGIN CERTI\nFICATE")) == wrong(2));
  CHECK(refusal(one + replaced(two, "CERTIFICATE", "TRUSTED CERTIFICATE")) == wrong(2));
  CHECK(refusal(one + replaced(two, "CERTIFICATE", "CERTIFICATE REQUEST")) == wrong(2));
  CHECK(refusal(one + replaced(two, "CERTIFICATE", "NOCERTIFICATE")) == wrong(2));
  std::string const open_key = key.substr(0, key.find("-----END"));
  CHECK(refusal(one + open_key + key + two) == wrong(2));
  CHECK(refusal(one + open_key + two) == wrong(2));
  // Base64 that ends where it may not, or goes on where it may not.
  CHECK(refusal(replaced(one, "\n-----END", "A\n-----END")) == wrong(1));
  CHECK(refusal(replaced(one, "\n-----END", "=\n-----END")) == wrong(1));
  CHECK(refusal(replaced(one, "\n-----END", "\nAAAA\n-----END")) == wrong(1));
}

TEST_CASE("trust_store: a certificate with a spoilt BEGIN line is refused, not skipped",
          "[transport][trust_store]") {
  std::string const one = to_pem(ec_root());
  std::string const two = to_pem(rsa_root());
  auto const refused = [&](std::string_view old, std::string_view with) {
    std::string const spoilt = replaced(two, old, with);
    REQUIRE(spoilt != two);
    CHECK(refusal(one + spoilt) == error{errc::invalid_certificate, 2});
    CHECK(refusal(with_crlf(one + spoilt)) == error{errc::invalid_certificate, 2});
    CHECK(refusal(spoilt + one) == error{errc::invalid_certificate, 1});
    CHECK(refusal(one + key_to_pem(ec_root()) + spoilt + one) == error{errc::invalid_certificate, 2});
  };
  for (char const* const dashes : {"----", "--", "", "\u2014\u2014-", "\u2013\u2013\u2013\u2013\u2013",
                                   "=====", "&#45;&#45;&#45;&#45;&#45;", "- - - - -"})
    refused("-----", dashes);
  for (char const* const blank : {"", "\t", "  ", "\u00A0", "_", "\n", " \n\n\t", "&nbsp;", " TRUSTED\t"}) {
    refused("BEGIN ", "BEGIN" + std::string(blank));
    std::string const both = replaced(two, "BEGIN ", "BEGIN" + std::string(blank));
    CHECK(refusal(one + replaced(both, "END ", "END" + std::string(blank))) ==
          error{errc::invalid_certificate, 2});
  }
  for (char const* const label : {"CERTIFCATE", "CERT", "CERTFICATE", "X509 CERTIFICATES", "Certificat"})
    refused("CERTIFICATE", label);
  CHECK(refusal(one + replaced(replaced(two, "-----", "----"), "BEGIN CERT", "begin cert")) ==
        error{errc::invalid_certificate, 2});
}

TEST_CASE("trust_store: text that speaks of certificates is no marker", "[transport][trust_store]") {
  std::string const one = to_pem(ec_root());
  std::string const two = to_pem(rsa_root());
  check_both("# This is the root certificate\n" + one + "# Certificates end here, others begin\n" + two);
  check_both("They begin here:\ncertificates\n" + one + two + "BEGIN of the end\r\rcertificates");
  check_both("roots: " + one + "CERT BEGIN" + two + "BEGIN\nEND CER");
  check_both(one + "BEGIN" + two + "BEGIN");  // the object's own marker has CERT
}

TEST_CASE("trust_store: a text without line breaks is told apart", "[transport][trust_store]") {
  std::string const one = to_pem(ec_root());
  auto const told = [](std::uint32_t ordinal) { return error{errc::no_line_breaks, ordinal}; };
  CHECK(refusal(replaced(one, "\n", "")) == told(1));
  CHECK(refusal(replaced(one, "\n", " ")) == told(1));
  CHECK(refusal(replaced(one, "\n", "\\n")) == told(1));
  CHECK(refusal(replaced(one, "\n", "\\r\\n")) == told(1));
  CHECK(refusal(replaced(one, "\n", "\\n") + '\n') == told(1));
  CHECK(refusal(one + replaced(to_pem(rsa_root()), "\n", "\\n") + '\n') == told(2));
}

TEST_CASE("trust_store: base64 of a PEM body, all lengths of its last group", "[transport][trust_store]") {
  auto const decode = [](std::string_view body) {
    std::string got;
    bool const fine = detail::decode_pem_body(body, [&](std::uint8_t const* octets, std::size_t count) {
      for (std::size_t i = 0; i != count; ++i) got += static_cast<char>(octets[i]);
    });
    return fine ? got : "refused";
  };
  CHECK(decode("").empty());
  CHECK(decode("Zg==") == "f");
  CHECK(decode("Zm8=") == "fo");
  CHECK(decode("Zm9v") == "foo");
  CHECK(decode(" Z\tm\n9\rv\v Z\fg = = ") == "foof");
  for (char const* const bad : {"Z", "Zg", "Zg=", "Zg===", "Zm8", "Zm8==", "Zm9v=", "Zh==", "Zm9=",
                                "Zg==Zg==", "Z===", "====", "A===", "Zm9vA===", "Zm\\n9v", "Zm-v", "Zm_v"})
    CHECK(decode(bad) == "refused");
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
