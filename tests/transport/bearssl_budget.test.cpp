// SPDX-License-Identifier: BSL-1.0
// How much work a server that is nobody yet can cause: certificates that are counted, and at most one expensive
// operation a call. Counted, not timed.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include <hubwire/transport/bearssl_tls.hpp>

#include "tls_fixture.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

struct operations {
  int signatures = 0;
  int agreements = 0;  // multiplications of a curve's point, other than within a signature

  int all() const { return signatures + agreements; }
} counted;

std::uint32_t counted_ecdsa(br_ec_impl const* curves, void const* hash, std::size_t hash_size,
                            br_ec_public_key const* key, void const* signature, std::size_t size) {
  ++counted.signatures;
  return br_ecdsa_vrfy_asn1_get_default()(curves, hash, hash_size, key, signature, size);
}
std::uint32_t counted_rsa(unsigned char const* signature, std::size_t size, unsigned char const* hash_oid,
                          std::size_t hash_size, br_rsa_public_key const* key, unsigned char* hash) {
  ++counted.signatures;
  return br_rsa_pkcs1_vrfy_get_default()(signature, size, hash_oid, hash_size, key, hash);
}
std::uint32_t counted_multiplication(unsigned char* point, std::size_t size, unsigned char const* factor,
                                     std::size_t factor_size, int curve) {
  ++counted.agreements;
  return br_ec_get_default()->mul(point, size, factor, factor_size, curve);
}

}  // namespace

// Instead of BearSSL's own two functions, which the linker then leaves in their archive: all that set the engine up
// get primitives that count.
extern "C" {
void br_ssl_engine_set_default_ecdsa(br_ssl_engine_context* engine) {
  static br_ec_impl const curves = [] {
    br_ec_impl made = *br_ec_get_default();
    made.mul = &counted_multiplication;
    return made;
  }();
  br_ssl_engine_set_ec(engine, &curves);
  br_ssl_engine_set_ecdsa(engine, &counted_ecdsa);
}
void br_ssl_engine_set_default_rsavrfy(br_ssl_engine_context* engine) {
  br_ssl_engine_set_rsavrfy(engine, &counted_rsa);
}
}

namespace {

struct tally {
  int signatures = 0;
  int agreements = 0;
  int most_in_a_call = 0;
  int calls_again = 0;  // that the client asked for
  io_result end{};
  bool done = false;
};

// The handshake to its end, either way, in calls of read_some and write_some in turns.
tally shake_hands(tls_fixture& f) {
  tally seen;
  std::array<std::uint8_t, 1> octet{};
  for (int i = 0; i < 100'000; ++i) {
    counted = {};
    io_result const r = i % 2 == 0 ? f.client.read_some(octet) : f.client.write_some({});
    seen.signatures += counted.signatures;
    seen.agreements += counted.agreements;
    seen.most_in_a_call = std::max(seen.most_in_a_call, counted.all());
    seen.end = r;
    if (r.status == io_status::failed || r.status == io_status::closed) return seen;
    if (f.client.wants_call()) {
      ++seen.calls_again;
      CHECK(f.client.wants_write());
    }
    int const server_state = f.server.handshake();
    seen.done = f.client.handshake_done() && server_state == 0;
    if (seen.done) return seen;
  }
  return seen;
}

identity const& root() {
  static identity const made = make_authority("Budget Root with a name that is as long as a name may be, so");
  return made;
}

// Authorities below root, each signed by the one before, and their certificates in the order of a chain.
struct authorities {
  std::vector<std::unique_ptr<identity>> made{};

  authorities(std::size_t count, std::string const& name, key_kind key = key_kind::p256) {
    for (std::size_t i = 0; i != count; ++i)
      made.push_back(std::make_unique<identity>(
          make_authority(name + static_cast<char>('a' + i), key, i == 0 ? &root() : made.back().get())));
  }
  std::vector<X509*> chain() const {
    std::vector<X509*> links;
    for (auto at = made.rbegin(); at != made.rend(); ++at) links.push_back((*at)->certificate.get());
    return links;
  }
  identity const* last() const { return made.empty() ? &root() : made.back().get(); }
};

}  // namespace

TEST_CASE("bearssl_tls: one expensive operation a call, whatever the lengths of the certificates",
          "[transport][bearssl_tls]") {
  // The longer the names, the further behind the key ends; it passes every place of the pieces in which BearSSL
  // gets a certificate, so that its end comes with it or not.
  for (std::size_t length = 1; length <= 61; length += 4) {
    authorities const between(2, std::string(length, 'n'));
    identity const server = make_identity({}, between.last());
    tls_fixture f({.server = &server, .trusted = &root(), .plan = {.chain = between.chain()}});
    tally const seen = shake_hands(f);
    INFO("names of " << length << " characters");
    CHECK(seen.done);
    CHECK(seen.signatures == 4);  // three certificates and the key of the handshake
    CHECK(seen.agreements == 1);
    CHECK(seen.most_in_a_call == 1);
    CHECK(seen.calls_again >= 4);
  }
  identity const rsa_root = make_authority("RSA Budget Root", key_kind::rsa2048);
  identity const middle = make_authority("RSA Middle", key_kind::rsa2048, &rsa_root);
  identity const server = make_identity({.key = key_kind::rsa2048}, &middle);
  tls_fixture f({.server = &server, .trusted = &rsa_root, .plan = {.chain = {middle.certificate.get()}}});
  tally const seen = shake_hands(f);
  CHECK(seen.done);
  CHECK(seen.signatures == 3);
  CHECK(seen.most_in_a_call == 1);
}

TEST_CASE("bearssl_tls: one certificate 1,500 times is refused at the ninth", "[transport][bearssl_tls]") {
  identity const self_signed = make_identity({.authority = true, .key = key_kind::p521});
  for (std::size_t const copies : {std::size_t{8}, std::size_t{1'499}}) {
    server_plan const plan{.chain = std::vector<X509*>(copies, self_signed.certificate.get())};
    tls_fixture f({.server = &self_signed, .trusted = &root(), .plan = plan});
    tally const seen = shake_hands(f);
    CHECK(seen.end.status == io_status::failed);
    CHECK(seen.end.error == error{errc::tls_chain_too_long, 8});
    CHECK(seen.signatures == 7);
    CHECK(seen.most_in_a_call == 1);
    CHECK(f.wire.read() < 16'000);  // and not the rest of its 700 kB
    octets room(1);
    CHECK(f.client.read_some(room).error == seen.end.error);
    CHECK_FALSE(f.client.wants_call());
  }
  // Eight of them are looked at, and lead nowhere.
  server_plan const plan{.chain = std::vector<X509*>(7, self_signed.certificate.get())};
  tls_fixture f({.server = &self_signed, .trusted = &root(), .plan = plan});
  tally const seen = shake_hands(f);
  CHECK(seen.end.error == error{errc::tls_untrusted_certificate, 62});
  CHECK(seen.signatures == 7);
  CHECK(seen.most_in_a_call == 1);
}

TEST_CASE("bearssl_tls: how many certificates a chain may have can be set", "[transport][bearssl_tls]") {
  authorities const between(7, "Link ");
  identity const server = make_identity({}, between.last());
  auto const attempt = [&](std::uint8_t most) {
    tls_fixture f({.server = &server,
                   .trusted = &root(),
                   .plan = {.chain = between.chain()},
                   .most_certificates = most});
    tally const seen = shake_hands(f);
    CHECK(seen.most_in_a_call <= 1);
    return seen.done ? error{} : seen.end.error;
  };
  CHECK(attempt(8) == errc::none);
  CHECK(attempt(7) == error{errc::tls_chain_too_long, 7});
  CHECK(attempt(1) == error{errc::tls_chain_too_long, 1});
  CHECK(attempt(255) == errc::none);
}

TEST_CASE("bearssl_tls: several anchors of one name cost one signature each", "[transport][bearssl_tls]") {
  identity const other = make_authority("Budget Root with a name that is as long as a name may be, so");
  identity const server = make_identity({}, &root());
  tls_fixture f({.server = &server, .trusted = &other});
  REQUIRE(f.trust.add_pem(to_pem(root())));
  bearssl_tls<tap> client(f.wire, f.trust.anchors(), {f.input, f.output});
  openssl_server second(f.pipe.right(), server);
  octets const entropy(32, 3);
  REQUIRE(client.start({.server_name = "hub.example.test", .unix_time = today, .entropy = entropy}));
  int most = 0;
  octets room(1);
  for (int i = 0; i < 1000 && !client.handshake_done(); ++i) {
    counted = {};
    REQUIRE(client.read_some(room).status == io_status::would_block);
    most = std::max(most, counted.all());
    second.handshake();
  }
  CHECK(client.handshake_done());
  CHECK(most == 2);
}

TEST_CASE("bearssl_tls: a call that stops in the middle of work goes on without the lower stream",
          "[transport][bearssl_tls]") {
  identity const server = make_identity({}, &root());
  tls_fixture f({.server = &server, .trusted = &root()});
  octets room(1);
  bool stopped = false;
  for (int i = 0; i < 1000 && !f.client.handshake_done(); ++i) {
    REQUIRE(f.client.read_some(room).status == io_status::would_block);
    f.server.handshake();
    if (!f.client.wants_call()) continue;
    stopped = true;
    // Nothing new arrives, and it still comes to where it has to wait.
    for (int j = 0; j < 100 && f.client.wants_call(); ++j)
      REQUIRE(f.client.read_some(room).status == io_status::would_block);
    CHECK_FALSE(f.client.wants_call());
  }
  CHECK(stopped);
  CHECK(f.client.handshake_done());
  CHECK_FALSE(f.client.wants_call());
  f.send(f.client, to_octets("hello"));
  CHECK_FALSE(f.client.wants_call());
}
