// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/bearssl_suites.hpp>

#include <catch2/catch_test_macros.hpp>
#include <string_view>
#include <vector>

#include <hubwire/transport/bearssl_explain.hpp>

#include "tls_fixture.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

identity const& root() {
  static identity const made = make_authority("Suites Root");
  return made;
}
identity const& rsa_root() {
  static identity const made = make_authority("Suites RSA Root", key_kind::rsa2048);
  return made;
}
identity const& good() {
  static identity const made = make_identity({}, &root());
  return made;
}

unsigned number_at(octets const& from, std::size_t at) { return from.at(at) * 256U + from.at(at + 1); }

struct hello {
  std::vector<unsigned> suites{};
  octets signature_algorithms{};  // hash and signature, by turns
};

hello read_hello(octets const& sent) {
  hello made;
  std::size_t at = 44 + sent.at(43);
  std::size_t const end_of_suites = at + 2 + number_at(sent, at);
  for (at += 2; at != end_of_suites; at += 2) made.suites.push_back(number_at(sent, at));
  for (at += 1U + sent.at(at) + 2U; at < sent.size(); at += 4 + number_at(sent, at + 2))
    if (number_at(sent, at) == 13)
      made.signature_algorithms.assign(
          sent.begin() + static_cast<std::ptrdiff_t>(at) + 6,
          sent.begin() + static_cast<std::ptrdiff_t>(at + 4 + number_at(sent, at + 2)));
  return made;
}

template <class Fixture>
hello hello_of(Fixture& f) {
  octets room(1);
  REQUIRE(f.client.read_some(room).status == io_status::would_block);
  return read_hello(f.wire.written());
}

}  // namespace

TEST_CASE("ecdsa_only: the hello offers ECDSA and nothing of RSA", "[transport][bearssl_tls]") {
  tls_fixture_with f({.server = &good(), .trusted = &root()}, ecdsa_only);
  hello const seen = hello_of(f);
  CHECK(seen.suites == std::vector<unsigned>{0xC02B, 0xC02C, 0xCCA9});
  REQUIRE(seen.signature_algorithms.size() == 6);
  for (std::size_t i = 1; i < seen.signature_algorithms.size(); i += 2)
    CHECK(seen.signature_algorithms[i] == 3);

  // Without it both are there.
  tls_fixture both({.server = &good(), .trusted = &root()});
  hello const all = hello_of(both);
  CHECK(all.suites.size() == 6);
  CHECK(all.signature_algorithms.size() == 12);
}

TEST_CASE("ecdsa_only: handshakes with ECDSA servers, with every suite", "[transport][bearssl_tls]") {
  for (char const* const suite :
       {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    tls_fixture_with f({.server = &good(), .trusted = &root()}, ecdsa_only);
    REQUIRE(SSL_set_cipher_list(f.server.ssl(), suite) == 1);
    REQUIRE(f.shake_hands());
    CHECK(std::string_view(SSL_get_cipher_name(f.server.ssl())) == suite);
    f.send(f.client, to_octets("ping"));
    CHECK(f.server_reads(4) == to_octets("ping"));
  }
  identity const p384_root = make_authority("P-384 Root", key_kind::p384);
  identity const server = make_identity({.key = key_kind::p384}, &p384_root);
  tls_fixture_with f({.server = &server, .trusted = &p384_root}, ecdsa_only);
  CHECK(f.shake_hands());
}

TEST_CASE("ecdsa_only: a server with both kinds of keys takes the one of EC", "[transport][bearssl_tls]") {
  identity const rsa = make_identity({.key = key_kind::rsa2048}, &rsa_root());
  for (bool const only : {true, false}) {
    server_plan plan{};
    plan.context = openssl_server::new_context(rsa, plan);
    REQUIRE(SSL_CTX_use_certificate(plan.context.get(), good().certificate.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(plan.context.get(), good().key.get()) == 1);
    REQUIRE(SSL_CTX_set_cipher_list(plan.context.get(),
                                    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256"));
    SSL_CTX_set_options(plan.context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
    tls_setup const setup{.server = &rsa, .trusted = only ? &root() : &rsa_root(), .plan = plan};
    if (only) {
      tls_fixture_with f(setup, ecdsa_only);
      CHECK(f.shake_hands());
    } else {
      tls_fixture f(setup);
      CHECK(f.shake_hands());
    }
  }
}

TEST_CASE("ecdsa_only: RSA servers are refused, and the words say why", "[transport][bearssl_tls][H200]") {
  identity const rsa = make_identity({.key = key_kind::rsa2048}, &rsa_root());
  {  // nothing in common
    tls_fixture_with f({.server = &rsa, .trusted = &rsa_root()}, ecdsa_only);
    error const why = f.refused("password").error;
    CHECK(why == error{errc::tls_failed, 256 + 40});
    CHECK(explain_bearssl(why).find("ecdsa_only") != std::string_view::npos);
  }
  {  // an EC server whose certificate, or that of whose issuer, was signed with RSA
    identity const mixed = make_identity({}, &rsa_root());
    tls_fixture_with f({.server = &mixed, .trusted = &rsa_root()}, ecdsa_only);
    CHECK(f.refused("password").error == error{errc::tls_untrusted_certificate, BR_ERR_X509_NOT_TRUSTED});

    identity const middle = make_authority("RSA Middle", key_kind::rsa2048, &root());
    identity const below = make_identity({}, &middle);
    tls_fixture_with longer(
        {.server = &below, .trusted = &root(), .plan = {.chain = {middle.certificate.get()}}}, ecdsa_only);
    error const why = longer.refused("password").error;
    CHECK(why == error{errc::tls_untrusted_certificate, BR_ERR_X509_UNSUPPORTED});
    CHECK(explain_bearssl(why).find("ecdsa_only") != std::string_view::npos);
  }
  {  // one that takes an RSA suite although none was offered
    tls_fixture_with f({.server = &good(), .trusted = &root()}, ecdsa_only);
    octets answer{22, 3, 3, 0, 4 + 38, 2, 0, 0, 38, 3, 3};
    answer.resize(answer.size() + 32, 7);  // random
    answer.insert(answer.end(), {0, 0xC0, 0x2F, 0});
    REQUIRE(f.pipe.right().write_some(answer).count == answer.size());
    octets room(1);
    io_result end = f.client.read_some(room);
    for (int i = 0; i != 100 && end.status == io_status::would_block; ++i) end = f.client.read_some(room);
    CHECK(end.error == error{errc::tls_failed, BR_ERR_BAD_CIPHER_SUITE});
  }
}
