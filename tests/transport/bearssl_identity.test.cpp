// SPDX-License-Identifier: BSL-1.0
// Client certificates in handshakes with OpenSSL: whom the server asks, whom it accepts, what is sent.
#include <hubwire/transport/bearssl_identity.hpp>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <vector>

#include <hubwire/transport/bearssl_explain.hpp>
#include <hubwire/transport/bearssl_identity_store.hpp>
#include <hubwire/transport/bearssl_session.hpp>

#include "tls_fixture.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

identity const& root() {
  static identity const made = make_authority("Server Root");
  return made;
}
identity const& server() {
  static identity const made = make_identity({}, &root());
  return made;
}
identity const& devices() {
  static identity const made = make_authority("Device Root");
  return made;
}
identity const& device(key_kind kind) {
  static identity const ec = make_identity({.common_name = "ec-device"}, &devices());
  static identity const p384 =
      make_identity({.common_name = "p384-device", .key = key_kind::p384}, &devices());
  static identity const p521 =
      make_identity({.common_name = "p521-device", .key = key_kind::p521}, &devices());
  static identity const rsa =
      make_identity({.common_name = "rsa-device", .key = key_kind::rsa2048}, &devices());
  switch (kind) {
    case key_kind::p384: return p384;
    case key_kind::p521: return p521;
    case key_kind::rsa2048: return rsa;
    default: return ec;
  }
}
std::string name_of(key_kind kind) {
  switch (kind) {
    case key_kind::p384: return "p384-device";
    case key_kind::p521: return "p521-device";
    case key_kind::rsa2048: return "rsa-device";
    default: return "ec-device";
  }
}

tls_setup setup_with(server_plan const& plan) {
  return {.server = &server(), .trusted = &root(), .plan = plan};
}
server_plan demanding(identity const& authority = devices()) {
  return {.demands_certificate = true, .client_authority = authority.certificate.get()};
}

template <class Fixture>
void exchange(Fixture& f) {
  f.send(f.client, to_octets("ping"));
  CHECK(f.server_reads(4) == to_octets("ping"));
  f.send(f.server, to_octets("pong"));
  CHECK(f.client_reads(4) == to_octets("pong"));
}

// The end of a handshake that the server does not accept: TLS 1.2 tells the client before it is done.
template <class Fixture>
error refused_by_server(Fixture& f) {
  CHECK_FALSE(f.shake_hands());
  octets room(1);
  io_result const end = f.client.read_some(room);
  CHECK(end.status == io_status::failed);
  CHECK(f.wire.application_records() == 0);
  return end.error;
}

}  // namespace

TEST_CASE("client certificate: shown to a server that asks for it or demands it, and to no other",
          "[transport][bearssl_tls]") {
  key_kind const kind = GENERATE(key_kind::p256, key_kind::p384, key_kind::p521, key_kind::rsa2048);
  tls_identity_store<1> own;
  REQUIRE(own.load_pem(to_pem(device(kind)), key_to_pem(device(kind))));
  X509* const authority = devices().certificate.get();
  {
    tls_fixture_with f(setup_with({}), own);
    REQUIRE(f.shake_hands());
    CHECK(f.server.client_name().empty());
    exchange(f);
  }
  for (server_plan const& plan : {server_plan{.asks_for_certificate = true, .client_authority = authority},
                                  server_plan{.demands_certificate = true, .client_authority = authority}}) {
    tls_fixture_with f(setup_with(plan), own);
    REQUIRE(f.shake_hands());
    CHECK(f.server.client_name() == name_of(kind));
    CHECK(SSL_get_verify_result(f.server.ssl()) == X509_V_OK);
    exchange(f);
  }
}

TEST_CASE("client certificate: a server that refuses it", "[transport][bearssl_tls][H200]") {
  key_kind const kind = GENERATE(key_kind::p256, key_kind::rsa2048);
  identity const others = make_authority("Somebody's Root");
  tls_identity_store<1> own;
  REQUIRE(own.load_pem(to_pem(device(kind)), key_to_pem(device(kind))));
  for (server_plan plan :
       {server_plan{.asks_for_certificate = true}, server_plan{.demands_certificate = true}}) {
    plan.client_authority = others.certificate.get();
    tls_fixture_with f(setup_with(plan), own);
    error const why = refused_by_server(f);
    CHECK(why == error{errc::tls_failed, 256 + 48});  // unknown_ca
    CHECK(explain_bearssl(why).find("client certificate") != std::string_view::npos);
  }
  identity const expired = make_identity({.not_after = today - 1, .key = kind}, &devices());
  REQUIRE(own.load_pem(to_pem(expired), key_to_pem(expired)));
  tls_fixture_with f(setup_with(demanding()), own);
  CHECK(refused_by_server(f) == error{errc::tls_failed, 256 + 45});  // certificate_expired
}

TEST_CASE("client certificate: a server that demands one and gets none", "[transport][bearssl_tls]") {
  tls_fixture without(setup_with(demanding()));
  error const why = refused_by_server(without);
  CHECK(why == error{errc::tls_failed, 256 + 40});  // handshake_failure
  CHECK(explain_bearssl(why).find("client certificate") != std::string_view::npos);

  tls_identity_store<1> empty;
  tls_fixture_with f(setup_with(demanding()), empty);
  CHECK(refused_by_server(f) == why);

  // One that only asks goes on.
  tls_fixture_with asked(setup_with({.asks_for_certificate = true}), empty);
  REQUIRE(asked.shake_hands());
  CHECK(asked.server.client_name().empty());
}

TEST_CASE("client certificate: a server that does not take the key's kind gets none",
          "[transport][bearssl_tls]") {
  key_kind const kind = GENERATE(key_kind::p256, key_kind::rsa2048);
  tls_identity_store<1> own;
  REQUIRE(own.load_pem(to_pem(device(kind)), key_to_pem(device(kind))));
  for (bool const demands : {false, true}) {
    server_plan plan{.asks_for_certificate = true,
                     .demands_certificate = demands,
                     .client_authority = devices().certificate.get()};
    plan.context = openssl_server::new_context(server(), plan);
    REQUIRE(SSL_CTX_set1_client_sigalgs_list(plan.context.get(),
                                             kind == key_kind::p256 ? "RSA+SHA256" : "ECDSA+SHA256") == 1);
    tls_fixture_with f(setup_with(plan), own);
    CHECK(f.shake_hands() == !demands);
    CHECK(f.server.client_name().empty());
  }
}

TEST_CASE("client certificate: every hash that a server may ask for", "[transport][bearssl_tls]") {
  key_kind const kind = GENERATE(key_kind::p256, key_kind::rsa2048);
  tls_identity_store<1> own;
  REQUIRE(own.load_pem(to_pem(device(kind)), key_to_pem(device(kind))));
  for (std::string const hash : {"SHA256", "SHA384", "SHA512"}) {
    server_plan plan = demanding();
    plan.context = openssl_server::new_context(server(), plan);
    std::string const wanted = (kind == key_kind::p256 ? "ECDSA+" : "RSA+") + hash;
    REQUIRE(SSL_CTX_set1_client_sigalgs_list(plan.context.get(), wanted.c_str()) == 1);
    tls_fixture_with f(setup_with(plan), own);
    REQUIRE(f.shake_hands());
    CHECK(f.server.client_name() == name_of(kind));
  }
}

TEST_CASE("client certificate: the authorities between are sent too", "[transport][bearssl_tls]") {
  key_kind const kind = GENERATE(key_kind::p256, key_kind::rsa2048);
  identity const middle = make_authority("Device Middle", kind, &devices());
  identity const lower = make_authority("Device Lower", kind, &middle);
  identity const leaf = make_identity({.common_name = "leaf", .key = kind}, &lower);
  tls_identity_store<3> own;
  REQUIRE(own.load_pem(to_pem(leaf) + to_pem(lower) + to_pem(middle), key_to_pem(leaf)));
  CHECK(own.chain().size() == 3);
  for (std::size_t const output : {tls_buffers::full_output, tls_buffers::least_output}) {
    tls_setup setup = setup_with(demanding());
    setup.output = output;  // the chain then takes several records
    tls_fixture_with f(setup, own);
    REQUIRE(f.shake_hands());
    CHECK(f.server.client_name() == "leaf");
    exchange(f);
  }
  // Without them the server finds no way.
  REQUIRE(own.load_pem(to_pem(leaf), key_to_pem(leaf)));
  tls_fixture_with f(setup_with(demanding()), own);
  CHECK(refused_by_server(f) == error{errc::tls_failed, 256 + 48});
}

TEST_CASE("client certificate: byte by byte with pauses, and with the least buffers",
          "[transport][bearssl_tls][H176]") {
  key_kind const kind = GENERATE(key_kind::p256, key_kind::rsa2048);
  tls_identity_store<1> own;
  REQUIRE(own.load_pem(to_pem(device(kind)), key_to_pem(device(kind))));
  tls_setup setup = setup_with(demanding());
  setup.bad = {.largest_read = 1, .largest_write = 1, .block_every = 3};
  tls_fixture_with f(setup, own);
  REQUIRE(f.shake_hands());
  setup.bad = {};
  setup.input = tls_buffers::least_input;
  setup.output = tls_buffers::least_output;
  tls_fixture_with small(setup, own);
  REQUIRE(small.shake_hands());
  CHECK(small.client.max_fragment_length() == 512);
  exchange(small);
}

TEST_CASE("client certificate: nothing is signed for a server whose certificate is wrong",
          "[transport][bearssl_tls][H200]") {
  tls_identity_store<1> own;
  REQUIRE(own.load_pem(to_pem(device(key_kind::p256)), key_to_pem(device(key_kind::p256))));
  identity const other_root = make_authority("Wrong Root");
  identity const impostor = make_identity({}, &other_root);
  tls_fixture_with f({.server = &impostor, .trusted = &root(), .plan = demanding()}, own);
  CHECK(f.refused("password").error == error{errc::tls_untrusted_certificate, 62});
  auto const name = to_octets("ec-device");
  CHECK(std::search(f.wire.written().begin(), f.wire.written().end(), name.begin(), name.end()) ==
        f.wire.written().end());
}

namespace {

// Chain and key as `brssl` would have written them into flash.
struct constants {
  octets der;
  br_x509_certificate certificate{};
  br_skey_decoder_context key{};

  explicit constants(identity const& who) : der(to_der(who)) {
    certificate = {der.data(), der.size()};
    octets const key_der = key_to_der(who);
    br_skey_decoder_init(&key);
    br_skey_decoder_push(&key, key_der.data(), key_der.size());
  }
  certificate_chain chain() const { return {&certificate, 1}; }
};

}  // namespace

TEST_CASE("tls_ec_identity, tls_rsa_identity: from constants", "[transport][bearssl_tls]") {
  {
    constants const flash(device(key_kind::p256));
    tls_ec_identity const own{flash.chain(), *br_skey_decoder_get_ec(&flash.key)};
    tls_fixture_with f(setup_with(demanding()), own);
    REQUIRE(f.shake_hands());
    CHECK(f.server.client_name() == "ec-device");
    exchange(f);
  }
  constants const flash(device(key_kind::rsa2048));
  tls_rsa_identity const own{flash.chain(), *br_skey_decoder_get_rsa(&flash.key)};
  tls_fixture_with f(setup_with(demanding()), own);
  REQUIRE(f.shake_hands());
  CHECK(f.server.client_name() == "rsa-device");
  exchange(f);

  // Either of them and a session.
  constants const ec_flash(device(key_kind::p256));
  tls_ec_identity const ec_own{ec_flash.chain(), *br_skey_decoder_get_ec(&ec_flash.key)};
  server_plan plan = demanding();
  plan.context = openssl_server::new_context(server(), plan);
  tls_session session;
  auto const resumes_as = [&](auto const& who) {
    tls_fixture_with connection(setup_with(plan), who, session);
    REQUIRE(connection.shake_hands());
    return connection.server.resumed();
  };
  CHECK_FALSE(resumes_as(own));
  CHECK(resumes_as(own));
  CHECK_FALSE(resumes_as(ec_own));
  CHECK(resumes_as(ec_own));

  // A key that is not the certificate's is for the server to notice.
  constants const other(make_identity({}, &devices()));
  tls_ec_identity const wrong{flash.chain(), *br_skey_decoder_get_ec(&other.key)};
  tls_fixture_with refused(setup_with(demanding()), wrong);
  CHECK(refused_by_server(refused).code == errc::tls_failed);
}
