// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/bearssl_identity_store.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "identity_fixture.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

identity const& root() {
  static identity const made = make_authority("Store Root");
  return made;
}
identity const& device(key_kind kind) {
  static identity const ec = make_identity({}, &root());
  static identity const p384 = make_identity({.key = key_kind::p384}, &root());
  static identity const p521 = make_identity({.key = key_kind::p521}, &root());
  static identity const rsa = make_identity({.key = key_kind::rsa2048}, &root());
  switch (kind) {
    case key_kind::p384: return p384;
    case key_kind::p521: return p521;
    case key_kind::rsa2048: return rsa;
    default: return ec;
  }
}

std::string traditional_label(key_kind kind) {
  return kind == key_kind::rsa2048 ? "RSA PRIVATE KEY" : "EC PRIVATE KEY";
}

error refusal(std::string const& chain, std::string const& key) {
  tls_identity_store<2> store;
  auto const loaded = store.load_pem(chain, key);
  CHECK(store.is_empty() == !loaded);
  CHECK(store.chain().empty() == !loaded);
  return loaded ? error{} : loaded.error();
}

}  // namespace

TEST_CASE("tls_identity_store: PEM and DER, PKCS #8 and the older forms", "[transport][tls_identity_store]") {
  key_kind const kind = GENERATE(key_kind::p256, key_kind::p384, key_kind::p521, key_kind::rsa2048);
  identity const& who = device(kind);
  std::string const older = as_pem(key_to_der(who, key_form::traditional), traditional_label(kind));
  tls_identity_store<1> store;
  CHECK(store.is_empty());
  CHECK(store.used() == 0);
  for (std::string const& key :
       {key_to_pem(who), older, to_pem(root()) + older, to_pem(who) + key_to_pem(who),
        "a line of text\n" + as_pem({6, 1, 1}, "EC PARAMETERS") + older + "the end"}) {
    REQUIRE(store.load_pem(to_pem(who), key));
    CHECK(holds(store, who));
  }
  std::string const both = key_to_pem(who) + to_pem(who);
  REQUIRE(store.load_pem(both, both));
  CHECK(holds(store, who));
  for (key_form const form : {key_form::pkcs8, key_form::traditional}) {
    octets const der = to_der(who);
    byte_view const chain[] = {der};
    REQUIRE(store.load_der(chain, key_to_der(who, form)));
    CHECK(holds(store, who));
  }
  CHECK(store.used() > to_der(who).size());
  store.clear();
  CHECK(store.is_empty());
  CHECK(store.used() == 0);
}

TEST_CASE("tls_identity_store: line ends, blanks and small letters", "[transport][tls_identity_store]") {
  identity const& who = device(key_kind::p256);
  auto const replaced = [](std::string text, char from, std::string const& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, 1, to);
    return text;
  };
  for (std::string const& end : {std::string("\r\n"), std::string("\r"), std::string(" \n\t")})
    CHECK(refusal(replaced(to_pem(who), '\n', end), replaced(key_to_pem(who), '\n', end)) == errc::none);
  std::string small = key_to_pem(who);
  for (std::string const word : {"PRIVATE", "KEY"})
    for (std::size_t at = 0; (at = small.find(word, at)) != std::string::npos; at += word.size())
      for (std::size_t i = 0; i != word.size(); ++i) small[at + i] = static_cast<char>(small[at + i] | 0x20);
  CHECK(refusal(to_pem(who), small) == errc::none);
}

TEST_CASE("tls_identity_store: what is no certificate", "[transport][tls_identity_store]") {
  identity const& who = device(key_kind::p256);
  std::string const good = to_pem(who);
  std::string const key = key_to_pem(who);
  auto const bad = [](std::uint32_t which) { return error{errc::invalid_certificate, which}; };
  CHECK(refusal("", key) == bad(0));
  CHECK(refusal(key, key) == bad(0));
  CHECK(refusal(good.substr(0, good.size() - 30), key) == bad(1));
  CHECK(refusal(good + as_pem({0x30, 0}), key) == bad(2));
  CHECK(refusal(good + as_pem({}), key) == bad(2));
  CHECK(refusal(as_pem(to_der(who), "TRUSTED CERTIFICATE"), key) == bad(1));
  octets longer = to_der(who);
  longer.push_back(0);
  CHECK(refusal(as_pem(longer), key) == bad(1));
  std::string one_line = good;
  std::erase(one_line, '\n');
  CHECK(refusal(good + one_line, key) == error{errc::no_line_breaks, 2});

  tls_identity_store<1> store;
  octets const key_der = key_to_der(who);
  octets const der = to_der(who);
  octets cut = der;
  cut.pop_back();
  CHECK(store.load_der({}, key_der).error() == bad(0));
  byte_view const chain[] = {cut};
  CHECK(store.load_der(chain, key_der).error() == bad(1));
  byte_view const empty[] = {{}};
  CHECK(store.load_der(empty, key_der).error() == bad(1));
  byte_view const two[] = {der, der};
  CHECK(store.load_der(two, key_der).error() == error{errc::capacity_exhausted, 1});
  tls_identity_store<2> wide;
  byte_view const second_bad[] = {der, cut};
  CHECK(wide.load_der(second_bad, key_der).error() == bad(2));
  CHECK(refusal(good + good + good, key) == error{errc::capacity_exhausted, 2});
}

TEST_CASE("tls_identity_store: what is no private key", "[transport][tls_identity_store]") {
  key_kind const kind = GENERATE(key_kind::p256, key_kind::rsa2048);
  identity const& who = device(kind);
  std::string const chain = to_pem(who);
  std::string const key = key_to_pem(who);
  octets const der = key_to_der(who);
  CHECK(refusal(chain, "") == errc::invalid_private_key);
  CHECK(refusal(chain, chain) == errc::invalid_private_key);
  CHECK(refusal(chain, key.substr(0, key.size() - 20)) == errc::invalid_private_key);
  CHECK(refusal(chain, key.substr(30)) == errc::invalid_private_key);
  for (std::string const label :
       {"ENCRYPTED PRIVATE KEY", "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PRIVATE KEYS", "PRIVATE",
        "EC PRIVATE KE", "RSA  PRIVATE KEY", "RSA XX", "MY PRIVATE KEY"}) {
    INFO(label);
    CHECK(refusal(chain, as_pem(der, label)) == errc::invalid_private_key);
  }
  octets longer = der;
  longer.push_back(0);
  CHECK(refusal(chain, as_pem(longer, "PRIVATE KEY")) ==
        error{errc::invalid_private_key, BR_ERR_X509_EXTRA_ELEMENT});
  octets const cut(der.begin(), der.end() - 1);
  CHECK(refusal(chain, as_pem(cut, "PRIVATE KEY")) ==
        error{errc::invalid_private_key, BR_ERR_X509_TRUNCATED});
  CHECK(refusal(chain, as_pem({}, "PRIVATE KEY")) == error{errc::invalid_private_key, BR_ERR_X509_TRUNCATED});
  CHECK(refusal(chain, "-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n") ==
        errc::invalid_private_key);
  CHECK(refusal(chain, key + key) ==
        error{errc::duplicate_field, static_cast<std::uint32_t>(key.size()) + 11});
  std::string one_line = key;
  std::erase(one_line, '\n');
  CHECK(refusal(chain, one_line) == errc::no_line_breaks);
  // With a password, as OpenSSL writes it.
  std::unique_ptr<BIO, freed_by<BIO_free>> const out(BIO_new(BIO_s_mem()));
  char password[] = "secret";
  PEM_write_bio_PrivateKey_traditional(out.get(), who.key.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr,
                                       password);
  char* data = nullptr;
  long const size = BIO_get_mem_data(out.get(), &data);
  CHECK(refusal(chain, {data, static_cast<std::size_t>(size)}) == errc::invalid_private_key);
}

TEST_CASE("tls_identity_store: kinds of keys that are not known", "[transport][tls_identity_store]") {
  std::string const chain = to_pem(device(key_kind::p256));
  for (char const* const curve : {"secp256k1", "brainpoolP256r1", "P-224"}) {
    identity const other{key_pointer(EVP_EC_gen(curve)), {}};
    CHECK(refusal(chain, key_to_pem(other)).code == errc::invalid_private_key);
  }
  identity const ed{key_pointer(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")), {}};
  CHECK(refusal(chain, key_to_pem(ed)).code == errc::invalid_private_key);
  octets too_long = key_to_der(device(key_kind::p256), key_form::traditional);
  REQUIRE(too_long[5] ==
          4);  // OCTET STRING of the key: three octets of zero in front make it no other number
  too_long[6] = static_cast<std::uint8_t>(too_long[6] + 3);
  too_long[1] = static_cast<std::uint8_t>(too_long[1] + 3);
  too_long.insert(too_long.begin() + 7, {0, 0, 0});
  CHECK(refusal(chain, as_pem(too_long, "EC PRIVATE KEY")) == error{errc::invalid_private_key, 0});
}

TEST_CASE("tls_identity_store: a key that is not the certificate's", "[transport][tls_identity_store]") {
  identity const other = make_identity({}, &root());
  identity const other_rsa = make_identity({.key = key_kind::rsa2048}, &root());
  identity const& ec = device(key_kind::p256);
  identity const& rsa = device(key_kind::rsa2048);
  for (identity const* const certificate : {&ec, &rsa, &device(key_kind::p384)})
    for (identity const* const key : {&other, &other_rsa}) {
      CHECK(refusal(to_pem(*certificate), key_to_pem(*key)) == errc::private_key_mismatch);
    }
  // The chain in the wrong order.
  CHECK(refusal(to_pem(root()) + to_pem(ec), key_to_pem(ec)) == errc::private_key_mismatch);
  CHECK(refusal(to_pem(ec) + to_pem(root()), key_to_pem(ec)) == errc::none);
}

TEST_CASE("tls_identity_store: an RSA key with a damaged part makes no signature for others",
          "[transport][tls_identity_store]") {
  identity const& who = device(key_kind::rsa2048);
  octets const der = key_to_der(who, key_form::traditional);
  for (char const* const part :
       {OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1}) {
    octets const wanted = number(who, part, 128);
    auto const at = std::search(der.begin(), der.end(), wanted.begin() + 1, wanted.end());
    REQUIRE(at != der.end());
    octets changed = der;
    changed[static_cast<std::size_t>(at - der.begin()) + 60] ^= 4;
    INFO(part);
    CHECK(refusal(to_pem(who), as_pem(changed, "RSA PRIVATE KEY")) != errc::none);
  }
}

TEST_CASE("tls_identity_store: memory that does not suffice says what would",
          "[transport][tls_identity_store]") {
  key_kind const kind = GENERATE(key_kind::p256, key_kind::rsa2048);
  identity const& who = device(kind);
  std::string const chain = to_pem(who) + to_pem(root());
  std::string const key = key_to_pem(who);
  std::size_t const certificate = to_der(who).size();
  std::size_t const both = certificate + to_der(root()).size();
  guarded_store enough(5'000);
  REQUIRE(enough.load_pem(chain, key));
  std::size_t const needed = enough.used();
  CHECK(needed == both + (kind == key_kind::p256 ? 32 : 5 * 128));
  for (std::size_t size = 0; size <= needed; size += size + 40 < needed && size > 3 ? 37 : 1) {
    guarded_store store(size);
    auto const loaded = store.load_pem(chain, key);
    INFO(size << " bytes");
    if (size == needed) {
      CHECK(loaded);
      CHECK(holds(store, who));
      continue;
    }
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error() ==
          error{errc::buffer_too_small, static_cast<std::uint32_t>(size < certificate ? certificate
                                                                   : size < both      ? both
                                                                                      : needed)});
    CHECK(store.is_empty());
    CHECK(wiped(store.memory()));
  }
}

TEST_CASE("tls_identity_store: wiped by clear, by an error and at the end",
          "[transport][tls_identity_store]") {
  identity const& who = device(key_kind::p256);
  guarded_store store(2'000);
  auto const load = [&] {
    REQUIRE(store.load_pem(to_pem(who), key_to_pem(who)));
    CHECK_FALSE(wiped(store.memory()));
  };
  load();
  store.clear();
  CHECK(wiped(store.memory()));
  CHECK(store.is_empty());
  CHECK(store.chain().empty());
  load();
  CHECK_FALSE(store.load_pem(to_pem(who), "nothing"));
  CHECK(wiped(store.memory()));
  load();
  CHECK_FALSE(store.load_der({}, {}));
  CHECK(wiped(store.memory()));

  using kept = tls_identity_store<1>;
  alignas(kept) std::array<std::uint8_t, sizeof(kept)> memory{};
  auto* const own = ::new (static_cast<void*>(memory.data())) kept;
  REQUIRE(own->load_pem(to_pem(who), key_to_pem(who)));
  octets const secret = number(who, OSSL_PKEY_PARAM_PRIV_KEY, 32);
  auto const found = [&] {
    return std::search(memory.begin(), memory.end(), secret.begin(), secret.end()) != memory.end();
  };
  CHECK(found());
  own->~kept();
  CHECK_FALSE(found());
}
