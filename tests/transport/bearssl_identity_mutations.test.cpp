// SPDX-License-Identifier: BSL-1.0
// Chains and keys with a changed bit or letter. BearSSL's decoders do not stop after an error by themselves, so this
// runs with inputs and memory that end at pages which nobody may touch. What is accepted is what OpenSSL knows.
#include <hubwire/transport/bearssl_identity_store.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "identity_fixture.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

identity const& device(bool rsa) {
  static identity const one = make_identity({});
  static identity const other = make_identity({.key = key_kind::rsa2048});
  return rsa ? other : one;
}

octets with_bit(octets const& whole, std::size_t bit) {
  octets changed = whole;
  changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1U << bit % 8);
  return changed;
}

// Whether OpenSSL reads der as a certificate of another key than who's.
bool of_another_key(octets const& der, identity const& who) {
  unsigned char const* in = der.data();
  certificate_pointer const read(d2i_X509(nullptr, &in, static_cast<long>(der.size())));
  if (!read || X509_get0_pubkey(read.get()) == nullptr) return false;
  return EVP_PKEY_eq(X509_get0_pubkey(read.get()), who.key.get()) != 1;
}

// Loads, in memory that is just large enough. What is accepted has who's key; what is not leaves nothing.
struct watched {
  identity const& who;
  std::size_t room;
  int accepted = 0;
  int refused = 0;

  explicit watched(identity const& kept) : who(kept), room(needed(kept)) {}

  static std::size_t needed(identity const& kept) {
    tls_identity_store<1, 5'000> store;
    REQUIRE(store.load_pem(to_pem(kept), key_to_pem(kept)));
    return store.used();
  }

  void key_der(octets const& key) {
    guarded_store store(room);
    octets const chain = to_der(who);
    guarded_input const guarded((byte_view(key)));
    byte_view const chains[] = {chain};
    judge(store, store.load_der(chains, guarded.octets()));
    if (!store.is_empty()) REQUIRE(holds(store, who));
  }
  void texts(std::string const& chain, std::string const& key) {
    guarded_store store(room);
    guarded_input const chains((std::string_view(chain)));
    guarded_input const keys((std::string_view(key)));
    judge(store, store.load_pem(chains.view(), keys.view()));
  }
  void chain_der(octets const& chain) {
    guarded_store store(room);
    octets const key = key_to_der(who);
    guarded_input const guarded((byte_view(chain)));
    byte_view const chains[] = {guarded.octets()};
    judge(store, store.load_der(chains, key));
    if (!store.is_empty()) REQUIRE_FALSE(of_another_key(chain, who));
  }

 private:
  void judge(guarded_store const& store, result<void> const& loaded) {
    ++(loaded ? accepted : refused);
    REQUIRE(store.is_empty() == !loaded);
    REQUIRE(store.memory().untouched_behind(store.memory().size()));
    if (loaded) return;
    errc const code = loaded.error().code;
    REQUIRE((code == errc::invalid_certificate || code == errc::invalid_private_key ||
             code == errc::private_key_mismatch || code == errc::buffer_too_small));
    REQUIRE(wiped(store.memory()));
  }
};

// Every step-th bit of a key, in both forms, as DER and within PEM: there the decoder gets it in pieces of three
// octets, and goes on getting pieces behind the one that is wrong.
void change_key(bool rsa, std::size_t step) {
  watched w(device(rsa));
  for (key_form const form : {key_form::pkcs8, key_form::traditional}) {
    octets const whole = key_to_der(w.who, form);
    std::string const label = form == key_form::pkcs8 ? "PRIVATE KEY"
                              : rsa                   ? "RSA PRIVATE KEY"
                                                      : "EC PRIVATE KEY";
    for (std::size_t bit = 0; bit < whole.size() * 8; bit += step) {
      INFO("bit " << bit);
      octets const changed = with_bit(whole, bit);
      w.key_der(changed);
      w.texts(to_pem(w.who), as_pem(changed, label));
    }
  }
  CHECK(w.accepted > 10);  // the parts that nobody reads, such as the public key
  CHECK(w.refused > 50);
}

void change_chain(bool rsa, std::size_t step) {
  watched w(device(rsa));
  octets const whole = to_der(w.who);
  for (std::size_t bit = 0; bit < whole.size() * 8; bit += step) {
    INFO("bit " << bit);
    octets const changed = with_bit(whole, bit);
    w.chain_der(changed);
    w.texts(as_pem(changed), key_to_pem(w.who));
  }
  CHECK(w.accepted > 10);
  CHECK(w.refused > 50);
}

}  // namespace

TEST_CASE("tls_identity_store: every bit of an EC key changed", "[transport][tls_identity_store]") {
  change_key(false, 1);
}
TEST_CASE("tls_identity_store: some bits of an RSA key changed", "[transport][tls_identity_store]") {
  change_key(true, 29);
}
TEST_CASE("tls_identity_store: every bit of an RSA key changed", "[transport][tls_identity_store][full]") {
  change_key(true, 1);
}
TEST_CASE("tls_identity_store: some bits of a certificate changed", "[transport][tls_identity_store]") {
  change_chain(false, 7);
}
TEST_CASE("tls_identity_store: every bit of a certificate changed", "[transport][tls_identity_store][full]") {
  change_chain(false, 1);
  change_chain(true, 1);
}
TEST_CASE("tls_identity_store: some bits of an RSA certificate changed", "[transport][tls_identity_store]") {
  change_chain(true, 29);
}

TEST_CASE("tls_identity_store: every letter of the texts changed, to several others",
          "[transport][tls_identity_store]") {
  watched w(device(false));
  std::string const chain = to_pem(w.who);
  std::string const key = key_to_pem(w.who);
  for (char const other : {'A', 'g', '/', '=', '-', '\n', '\0'}) {
    for (std::size_t at = 0; at != key.size(); ++at) {
      std::string changed = key;
      changed[at] = other;
      INFO("key, position " << at << ", letter " << static_cast<int>(other));
      w.texts(chain, changed);
    }
    for (std::size_t at = 0; at < chain.size(); at += other == 'A' ? 1 : 5) {
      std::string changed = chain;
      changed[at] = other;
      INFO("chain, position " << at << ", letter " << static_cast<int>(other));
      w.texts(changed, key);
    }
  }
  CHECK(w.refused > 1'000);
}

TEST_CASE("tls_identity_store: every length of the texts", "[transport][tls_identity_store]") {
  watched w(device(false));
  std::string const chain = to_pem(w.who);
  std::string const key = key_to_pem(w.who);
  std::size_t const marker = 6;  // the last dashes and the line end
  for (std::size_t size = 0; size + marker < chain.size(); ++size) w.texts(chain.substr(0, size), key);
  for (std::size_t size = 0; size + marker < key.size(); ++size) w.texts(chain, key.substr(0, size));
  CHECK(w.accepted == 0);
  for (std::size_t begin = 1; begin < chain.size(); ++begin) w.texts(chain.substr(begin), key);
  for (std::size_t begin = 1; begin < key.size(); ++begin) w.texts(chain, key.substr(begin));
  CHECK(w.accepted == 0);
}
