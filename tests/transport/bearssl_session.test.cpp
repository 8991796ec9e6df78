// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/bearssl_session.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include <hubwire/transport/bearssl_identity_store.hpp>

#include "tls_fixture.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

identity const& root() {
  static identity const made = make_authority("Session Root");
  return made;
}
identity const& good() {
  static identity const made = make_identity({}, &root());
  return made;
}
tls_setup const& good_setup() {
  static tls_setup const setup{.server = &good(), .trusted = &root()};
  return setup;
}

bool is_zero(tls_session const& session) {
  auto const* const memory = reinterpret_cast<std::uint8_t const*>(&session);
  return std::all_of(memory, memory + sizeof(br_ssl_session_parameters),
                     [](std::uint8_t b) { return b == 0; });
}

// One connection to the server whose sessions context holds; whether it resumed one.
bool connects(tls_session& session, std::shared_ptr<SSL_CTX> const& context, tls_setup setup = good_setup()) {
  setup.plan.context = context;
  tls_fixture_with f(setup, session);
  REQUIRE(f.shake_hands());
  CHECK(session.was_resumed() == f.server.resumed());
  f.send(f.client, to_octets("ping"));
  CHECK(f.server_reads(4) == to_octets("ping"));
  f.send(f.server, to_octets("pong"));
  CHECK(f.client_reads(4) == to_octets("pong"));
  f.client.close();
  return session.was_resumed();
}

std::shared_ptr<SSL_CTX> a_server(identity const& who = good()) {
  return openssl_server::new_context(who, {});
}

// How many bytes of session id the client's hello offers.
template <class Fixture>
unsigned offered_id(Fixture& f) {
  octets room(1);
  REQUIRE(f.client.read_some(room).status == io_status::would_block);
  return f.wire.written().at(43);
}

}  // namespace

TEST_CASE("tls_session: the second handshake resumes the first", "[transport][bearssl_tls]") {
  auto const server = a_server();
  tls_session session;
  CHECK_FALSE(session.is_kept());
  CHECK_FALSE(connects(session, server));
  CHECK(session.is_kept());
  for (int i = 0; i != 3; ++i) CHECK(connects(session, server));
  CHECK(session.is_kept());
}

TEST_CASE("tls_session: a client that starts again resumes", "[transport][bearssl_tls]") {
  tls_session session;
  tls_fixture_with f(good_setup(), session);
  REQUIRE(f.shake_hands());
  f.client.close();
  octets rest(100);
  while (f.pipe.right().read_some(rest).count != 0) {}
  openssl_server second(f.pipe.right(), good(), {.context = f.server.context()});
  REQUIRE(f.start(good_setup()));
  for (int i = 0; i < 100 && !f.client.handshake_done(); ++i) {
    REQUIRE(f.client.read_some(rest).status == io_status::would_block);
    second.handshake();
  }
  REQUIRE(f.client.handshake_done());
  CHECK(second.resumed());
  CHECK(session.was_resumed());
  REQUIRE(f.client.write_some(to_octets("again")).count == 5);
  CHECK(second.read_some(rest).count == 5);
}

TEST_CASE("tls_session: a resumed handshake byte by byte, and no certificate in it",
          "[transport][bearssl_tls][H176]") {
  auto const server = a_server();
  tls_session session;
  CHECK_FALSE(connects(session, server));
  tls_setup setup = good_setup();
  setup.bad = {.largest_read = 1, .largest_write = 1, .block_every = 3};
  setup.plan.context = server;
  tls_fixture_with f(setup, session);
  REQUIRE(f.shake_hands());
  CHECK(f.server.resumed());
  CHECK(f.wire.read() < 250);
}

TEST_CASE("tls_session: a server that has forgotten does a full handshake", "[transport][bearssl_tls]") {
  tls_session session;
  CHECK_FALSE(connects(session, a_server()));
  auto const restarted = a_server();
  CHECK_FALSE(connects(session, restarted));
  CHECK(connects(session, restarted));  // the new session is the one that is kept
}

TEST_CASE("tls_session: a server that has forgotten is judged like any other",
          "[transport][bearssl_tls][H200]") {
  tls_session session;
  CHECK_FALSE(connects(session, a_server()));
  identity const other_root = make_authority("Session Root");
  identity const impostor = make_identity({}, &other_root);
  tls_fixture_with f({.server = &impostor, .trusted = &root()}, session);
  CHECK(f.refused("password").error.code == errc::tls_untrusted_certificate);
  CHECK_FALSE(session.is_kept());
  CHECK(is_zero(session));
}

TEST_CASE("tls_session: a server that gives no session ids", "[transport][bearssl_tls]") {
  auto const server = openssl_server::new_context(good(), {.session_cache = SSL_SESS_CACHE_OFF});
  tls_session session;
  CHECK_FALSE(connects(session, server));
  CHECK_FALSE(session.is_kept());
  CHECK(is_zero(session));
  CHECK_FALSE(connects(session, server));
}

TEST_CASE("tls_session: it is offered only for what it was agreed for", "[transport][bearssl_tls]") {
  tls_session session;
  identity const wide =
      make_identity({.alternative_names = "DNS:hub.example.test,DNS:hub2.example.test"}, &root());
  auto const server = a_server(wide);
  auto const kept = [&](tls_setup const& setup) {
    REQUIRE((connects(session, server, setup), session.is_kept()));
  };
  tls_setup const here{.server = &wide, .trusted = &root()};

  kept(here);
  tls_setup other_name = here;
  other_name.name = "hub2.example.test";
  {
    tls_fixture_with f(other_name, session);
    CHECK(offered_id(f) == 0);
    CHECK_FALSE(session.is_kept());
  }
  kept(here);
  tls_setup in_capitals = here;
  in_capitals.name = "HUB.example.test";
  {
    tls_fixture_with f(in_capitals, session);
    CHECK(offered_id(f) == 0);
  }
  kept(here);
  identity const other_root = make_authority("Another Session Root");
  tls_setup other_anchor = here;
  other_anchor.trusted = &other_root;
  {
    tls_fixture_with f(other_anchor, session);
    CHECK(offered_id(f) == 0);
  }
  // An anchor of the same name with another key, and one anchor more.
  kept(here);
  identity const twin = make_authority("Session Root");
  tls_setup twin_anchor = here;
  twin_anchor.trusted = &twin;
  {
    tls_fixture_with f(twin_anchor, session);
    CHECK(offered_id(f) == 0);
  }
  kept(here);
  {
    trust_store<2> both;
    REQUIRE(both.add_pem(to_pem(root()) + to_pem(other_root)));
    tls_fixture f(here);
    bearssl_tls client(f.wire, both.anchors(), {f.input, f.output}, session);
    octets const entropy(32, 1);
    REQUIRE(client.start({.server_name = here.name, .unix_time = today, .entropy = entropy}));
    CHECK_FALSE(session.is_kept());
  }
  kept(here);
  {
    tls_fixture_with f(here, session, ecdsa_only);
    CHECK(offered_id(f) == 0);
  }
  kept(here);
  {
    tls_fixture_with f(here, session);
    CHECK(offered_id(f) == 32);
  }
}

TEST_CASE("tls_session: the same anchors at another place are the same", "[transport][bearssl_tls]") {
  tls_session session;
  identity const rsa_root = make_authority("Session RSA Root", key_kind::rsa2048);
  identity const rsa = make_identity({.key = key_kind::rsa2048}, &rsa_root);
  tls_setup const setup{.server = &rsa, .trusted = &rsa_root};
  auto const server = a_server(rsa);
  CHECK_FALSE(connects(session, server, setup));
  CHECK(connects(session, server, setup));  // each fixture has a store of its own
}

TEST_CASE("tls_session: it ends a day after the full handshake", "[transport][bearssl_tls]") {
  auto const server = a_server();
  tls_session session;
  auto const at = [&](std::int64_t time) {
    tls_setup setup = good_setup();
    setup.time = static_cast<std::uint64_t>(time);
    return connects(session, server, setup);
  };
  CHECK_FALSE(at(today));
  CHECK(at(today + day / 2));
  CHECK(at(today + day - 1));
  CHECK_FALSE(at(today + day));
  CHECK(at(today + day));
  CHECK_FALSE(at(today + day - 1));  // a clock that goes back
}

TEST_CASE("tls_session: forget", "[transport][bearssl_tls]") {
  auto const server = a_server();
  tls_session session;
  CHECK_FALSE(connects(session, server));
  CHECK_FALSE(is_zero(session));
  session.forget();
  CHECK_FALSE(session.is_kept());
  CHECK(is_zero(session));
  CHECK_FALSE(connects(session, server));

  // In the middle of a handshake that has offered it: what the server resumes is not believed.
  tls_setup setup = good_setup();
  setup.plan.context = server;
  tls_fixture_with f(setup, session);
  CHECK(offered_id(f) == 32);
  session.forget();
  CHECK_FALSE(f.shake_hands());
  octets room(1);
  CHECK(f.client.read_some(room).error == error{errc::tls_untrusted_certificate, 62});

  // While the connection is open, that goes on.
  CHECK_FALSE(connects(session, server));
  tls_fixture_with open(setup, session);
  REQUIRE(open.shake_hands());
  session.forget();
  open.send(open.client, to_octets("ping"));
  CHECK(open.server_reads(4) == to_octets("ping"));
  open.client.close();
  CHECK_FALSE(session.is_kept());
}

TEST_CASE("tls_session: the destructor wipes", "[transport][bearssl_tls]") {
  alignas(tls_session) std::array<std::uint8_t, sizeof(tls_session)> memory{};
  auto* const session = ::new (static_cast<void*>(memory.data())) tls_session;
  CHECK_FALSE(connects(*session, a_server()));
  CHECK_FALSE(is_zero(*session));
  session->~tls_session();
  CHECK(std::all_of(memory.begin(), memory.begin() + sizeof(br_ssl_session_parameters),
                    [](std::uint8_t b) { return b == 0; }));
}

TEST_CASE("tls_session: which ends keep it", "[transport][bearssl_tls]") {
  auto const server = a_server();
  tls_session session;
  tls_setup setup = good_setup();
  setup.plan.context = server;
  octets room(10);
  {  // close_notify
    tls_fixture_with f(setup, session);
    REQUIRE(f.shake_hands());
    f.server.close();
    CHECK(f.client.read_some(room).status == io_status::closed);
    CHECK(session.is_kept());
  }
  {  // a lost connection
    tls_fixture_with f(setup, session);
    REQUIRE(f.shake_hands());
    CHECK(f.server.resumed());
    f.pipe.sever();
    CHECK(f.client.read_some(room).error == errc::connection_lost);
    CHECK(session.is_kept());
  }
  {  // a record that was changed
    tls_fixture_with f(setup, session);
    REQUIRE(f.shake_hands());
    CHECK(f.server.resumed());
    f.send(f.server, to_octets("abcdef"));
    for (std::uint8_t& octet : f.leftward) octet ^= 0x01;
    CHECK(f.client.read_some(room).error.code == errc::tls_failed);
    CHECK_FALSE(session.is_kept());
    CHECK(is_zero(session));
  }
  CHECK_FALSE(connects(session, server));
  {  // a start that does not begin
    tls_fixture f(setup);
    bearssl_tls client(f.wire, f.trust.anchors(), {f.input, f.output}, session);
    CHECK_FALSE(client.start({}));
    CHECK(session.is_kept());
  }
  {  // a handshake that is lost after the offer
    tls_fixture_with f(setup, session);
    CHECK(offered_id(f) == 32);
    f.pipe.sever();
    CHECK(f.client.read_some(room).error == errc::connection_lost);
    CHECK_FALSE(session.is_kept());
    CHECK(is_zero(session));
  }
  CHECK_FALSE(connects(session, server));
  {  // a handshake that is given up, and begun again at once
    tls_fixture_with f(setup, session);
    CHECK(offered_id(f) == 32);
    REQUIRE(f.start(setup));
    CHECK_FALSE(session.is_kept());
  }
}

TEST_CASE("tls_session: a server that resumes with wrong keys is refused", "[transport][bearssl_tls]") {
  auto const server = a_server();
  tls_session session;
  CHECK_FALSE(connects(session, server));
  // Somebody who has seen the session's id in clear, and does not know its secret.
  tls_setup setup = good_setup();
  setup.plan.context = server;
  tls_fixture_with f(setup, session);
  SSL_CTX_set_info_callback(server.get(), nullptr);
  CHECK(offered_id(f) == 32);
  bool changed = false;
  octets room(1);
  io_result end{};
  for (int i = 0; i != 100 && end.status != io_status::failed; ++i) {
    f.server.handshake();
    if (SSL_SESSION* const known = SSL_get_session(f.server.ssl()); known != nullptr && !changed) {
      changed = true;  // the server's Finished is already on its way, so it is the bytes that change
      for (std::uint8_t& octet : f.leftward)
        octet = static_cast<std::uint8_t>(octet ^ (&octet > &f.leftward[90] ? 1 : 0));
    }
    end = f.client.read_some(room);
  }
  CHECK(changed);
  CHECK(end.error.code == errc::tls_failed);
  CHECK_FALSE(session.is_kept());
  CHECK_FALSE(f.client.handshake_done());
  CHECK_FALSE(connects(session, server));
}

TEST_CASE("tls_session: one of a client certificate is not offered with another",
          "[transport][bearssl_tls]") {
  identity const devices = make_authority("Device Root");
  identity const one = make_identity({.common_name = "device-1"}, &devices);
  identity const two = make_identity({.common_name = "device-2"}, &devices);
  tls_identity_store<1> as;
  tls_session session;
  server_plan plan{.demands_certificate = true, .client_authority = devices.certificate.get()};
  plan.context = openssl_server::new_context(good(), plan);
  tls_setup const setup{.server = &good(), .trusted = &root(), .plan = plan};
  auto const connect_as = [&](identity const& who) {
    REQUIRE(as.load_pem(to_pem(who), key_to_pem(who)));
    tls_fixture_with f(setup, as, session);
    REQUIRE(f.shake_hands());
    return f.server.client_name() + (f.server.resumed() ? ", resumed" : "");
  };
  CHECK(connect_as(one) == "device-1");
  CHECK(connect_as(one) == "device-1, resumed");
  CHECK(connect_as(two) == "device-2");
  CHECK(connect_as(two) == "device-2, resumed");
  as.clear();
  tls_fixture_with f(setup, as, session);
  CHECK(offered_id(f) == 0);
}
