// SPDX-License-Identifier: BSL-1.0
// What holds for every TLS client in the box, checked by one body. What one of them cannot do is printed.
#include "tls_contract.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define HUBWIRE_SEES_FREE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HUBWIRE_SEES_FREE 1
#endif
#endif
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mbedtls_server.hpp"

using namespace hubwire;
using namespace hubwire::test;

#define HUBWIRE_TLS by_bearssl, by_openssl_12, by_openssl_13, by_mbedtls
#define HUBWIRE_TLS_12 by_bearssl, by_openssl_12, by_mbedtls

namespace {

octets pattern(std::size_t size) {
  octets made(size);
  std::uint32_t state = 7;
  for (std::uint8_t& b : made) b = static_cast<std::uint8_t>((state = state * 1664525U + 1013904223U) >> 24);
  return made;
}
bool contains(byte_view memory, byte_view wanted) {
  return std::search(memory.begin(), memory.end(), wanted.begin(), wanted.end()) != memory.end();
}
std::string to_text(octets const& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

TEMPLATE_TEST_CASE("tls: a connection, with SNI, by the version of the server", "[transport][tls]",
                   HUBWIRE_TLS) {
  tls_contract<TestType> f;
  CHECK_FALSE(f.client.handshake_done());
  REQUIRE(f.shake_hands());
  CHECK(SSL_version(f.server.ssl()) == TestType::version);
  CHECK(std::string_view(SSL_get_servername(f.server.ssl(), TLSEXT_NAMETYPE_host_name)) ==
        "hub.example.test");
  f.send(f.client, to_octets("ping"));
  CHECK(f.server_reads(4) == to_octets("ping"));
  f.send(f.server, to_octets("pong"));
  CHECK(f.client_reads(4) == to_octets("pong"));
}

TEMPLATE_TEST_CASE("tls: handshake and data byte by byte with pauses", "[transport][tls][H176][H201]",
                   HUBWIRE_TLS) {
  faults const bad = GENERATE(faults{.largest_read = 1, .largest_write = 1},
                              faults{.largest_read = 1, .largest_write = 1, .block_every = 2},
                              faults{.largest_read = 97, .largest_write = 31, .block_every = 3, .seed = 1},
                              faults{.largest_read = 5, .largest_write = 700, .block_every = 5, .seed = 2});
  tls_contract<TestType> f({.bad = bad});
  REQUIRE(f.shake_hands());
  octets const data = pattern(3000);
  CHECK(f.carry(f.client, f.server, data) == data);
  CHECK(f.carry(f.server, f.client, data) == data);
}

TEMPLATE_TEST_CASE("tls: 100 kB each way", "[transport][tls]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  REQUIRE(f.shake_hands());
  octets const data = pattern(100'000);
  CHECK(f.carry(f.client, f.server, data) == data);
  CHECK(f.carry(f.server, f.client, data) == data);
}

TEMPLATE_TEST_CASE("tls: bytes that wait inside are read one at a time", "[transport][tls]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  REQUIRE(f.shake_hands());
  f.send(f.server, to_octets("abc"));
  CHECK(f.client_reads(1) == to_octets("a"));
  CHECK(f.client.has_unread());
  CHECK(f.client_reads(1) == to_octets("b"));
  CHECK(f.client_reads(1) == to_octets("c"));
  std::uint8_t octet = 0;
  CHECK(f.client.read_some(byte_span(&octet, 1)).status == io_status::would_block);
}

TEMPLATE_TEST_CASE("tls: empty buffers move nothing in any state", "[transport][tls]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  auto const check = [&] {
    CHECK((f.client.read_some({}).status == io_status::ok && f.client.read_some({}).count == 0));
    CHECK((f.client.write_some({}).status == io_status::ok && f.client.write_some({}).count == 0));
  };
  check();
  CHECK(f.wire.written().empty());  // not even a hello
  REQUIRE(f.shake_hands());
  check();
  f.client.close();
  check();
}

// --- start

TEMPLATE_TEST_CASE("tls: start refuses what is no name and no date, and the stream says so too",
                   "[transport][tls][H200]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  octets room(10);
  f.client.close();
  std::size_t const before = f.wire.written().size();
  auto const refused = [&](std::string_view name, std::uint64_t time, errc wanted) {
    INFO(name << ' ' << time);
    auto const started = f.owner.start(name, time);
    REQUIRE_FALSE(started);
    CHECK(started.error() == wanted);
    CHECK(f.client.read_some(room).error == wanted);
    CHECK(f.client.write_some(room).error == wanted);
    CHECK(f.client.end_output() == io_status::failed);
    CHECK_FALSE(f.client.wants_write());
    CHECK_FALSE(f.client.wants_call());
  };
  for (std::string_view const name :
       {"", ".", ".example.test", "127.0.0.1", "hub.example.test:8883", "hub..example.test",
        "hub.example.test.", "::1", "[::1]", "*.example.test", "hub example", "0x7f000001", "1"})
    refused(name, today, errc::invalid_field);
  refused(std::string(256, 'a'), today, errc::invalid_field);
  refused("hub.example.test", 0, errc::clock_not_set);
  refused("hub.example.test", 1'577'836'799, errc::clock_not_set);
  refused("hub.example.test", ~std::uint64_t{0}, errc::invalid_field);
  CHECK(f.wire.written().size() == before);
  CHECK(f.owner.start(std::string(255, 'a'), 1'577'836'800));
}

TEMPLATE_TEST_CASE("tls: start again after each end", "[transport][tls]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  octets room(10);
  for (int round = 0; round != 5; ++round) {
    INFO(round);
    if (round != 3) REQUIRE(f.shake_hands());
    if (round == 1) f.client.close();
    if (round == 2) {
      f.server.close();
      CHECK(f.end_of_client().status == io_status::closed);
    }
    if (round == 3) CHECK(f.client.read_some(room).status == io_status::would_block);  // in the middle
    if (round == 4) CHECK(f.client.end_output() == io_status::ok);
    f.reconnect();
    CHECK_FALSE(f.client.handshake_done());
    REQUIRE(f.shake_hands());
    f.send(f.client, to_octets("again"));
    CHECK(f.server_reads(5) == to_octets("again"));
  }
  f.wire.end_after(0, {0, io_status::closed, {}});
  CHECK(f.client.read_some(room).error == errc::connection_lost);
  f.wire.end_after(faults::never, {});
  f.reconnect();
  CHECK(f.shake_hands());
}

// --- what to wait for

TEMPLATE_TEST_CASE("tls: during the handshake there is nothing to wait for but the server's answer",
                   "[transport][tls]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  CHECK(f.client.wants_write());  // the hello
  std::uint8_t octet = 0;
  for (int i = 0; i < 10 && (i == 0 || f.client.wants_call()); ++i)
    CHECK(f.client.write_some(byte_view(&octet, 1)).status == io_status::would_block);
  CHECK_FALSE(f.client.wants_call());
  CHECK_FALSE(f.client.wants_write());
  REQUIRE(f.shake_hands());
  while (f.client.read_some(byte_span(&octet, 1)).count != 0 || f.client.wants_call()) {}
  CHECK_FALSE(f.client.wants_write());
}

TEMPLATE_TEST_CASE("tls: has_unread is false where the socket shows all that there is", "[transport][tls]",
                   HUBWIRE_TLS) {
  octets rightward(3000);
  octets leftward(3000);
  memory_pipe pipe(rightward, leftward);
  openssl_server server(pipe.right(), tls_server(), tls_contract<TestType>::of_kind({}));
  typename TestType::template client<memory_pipe::end> owner(pipe.left(), tls_root());
  auto& client = owner.stream();
  CHECK(client.has_unread());  // an end
  REQUIRE(owner.start("hub.example.test", today));
  octets room(10);
  bool done = false;
  for (int i = 0; i < 100 && !done; ++i) {
    REQUIRE(client.read_some(room).count == 0);
    done = server.handshake() == 0 && client.handshake_done();
  }
  REQUIRE(done);
  while (client.read_some(room).count != 0 || client.wants_call()) {}
  CHECK_FALSE(client.has_unread());
  REQUIRE(server.write_some(to_octets("abc")).count == 3);
  CHECK(client.has_unread());
  REQUIRE(client.read_some(byte_span(room).first(2)).count == 2);
  CHECK(client.has_unread());
  REQUIRE(client.read_some(byte_span(room).first(2)).count == 1);
  CHECK_FALSE(client.has_unread());
  server.close();
  CHECK(client.has_unread());
  CHECK(client.read_some(room).status == io_status::closed);
  CHECK(client.has_unread());
}

TEMPLATE_TEST_CASE("tls: a call reads little of a handshake, and says that there is more", "[transport][tls]",
                   HUBWIRE_TLS) {
  tls_contract<TestType> f;
  octets room(10);
  while (f.client.read_some(room).count == 0 && f.client.wants_call()) {}
  f.server.handshake();  // all of the server's answer is there
  int calls = 0;
  for (; calls < 100 && !f.client.handshake_done(); ++calls) {
    REQUIRE(f.client.read_some(room).count == 0);
    if (f.client.handshake_done() || !f.client.wants_call()) break;
    CHECK(f.client.wants_write());
  }
  CHECK(calls >= 1);
  CHECK(f.shake_hands());
}

TEMPLATE_TEST_CASE("tls: a server that sends endless warnings does not keep the caller", "[transport][tls]",
                   HUBWIRE_TLS) {
  struct flood {
    io_result read_some(byte_span room) noexcept {
      constexpr std::array<std::uint8_t, 7> warning{21, 3, 3, 0, 2, 1, 90};  // user_canceled
      ++reads;
      std::size_t const count = std::min(room.size(), warning.size() - at);
      std::copy_n(warning.begin() + static_cast<std::ptrdiff_t>(at), count, room.begin());
      at = (at + count) % warning.size();
      return {count, io_status::ok, {}};
    }
    io_result write_some(byte_view data) noexcept { return {data.size(), io_status::ok, {}}; }
    std::size_t at = 0;
    int reads = 0;
  } lower;
  typename TestType::template client<flood> owner(lower, tls_root());
  REQUIRE(owner.start("hub.example.test", today));
  octets room(100);
  for (int i = 0; i < 10; ++i) {
    lower.reads = 0;
    io_result const got = owner.stream().read_some(room);
    CHECK(lower.reads <= 64);
    CHECK(got.count == 0);
    CHECK((got.status == io_status::would_block || got.error.code == errc::tls_failed));
  }
}

// --- certificates

TEMPLATE_TEST_CASE("tls: certificates that must not pass, and no byte of the application before",
                   "[transport][tls][H200]", HUBWIRE_TLS) {
  struct row {
    std::string_view what;
    identity server;
    errc expected;
  };
  identity const other_root = make_authority("Another Root");
  identity const impostor = make_authority("Contract Root");
  errc const wrong_name = errc::tls_wrong_server_name;
  errc const bad_date = errc::tls_certificate_expired;
  errc const untrusted = errc::tls_untrusted_certificate;
  identity const* const ca = &tls_root();
  row const rows[] = {
      {"another name", make_identity({.alternative_names = "DNS:other.example.test"}, ca), wrong_name},
      {"a longer name", make_identity({.alternative_names = "DNS:hub.example.test.evil"}, ca), wrong_name},
      {"the name's parent", make_identity({.alternative_names = "DNS:example.test"}, ca), wrong_name},
      {"a wildcard one level up", make_identity({.alternative_names = "DNS:*.test"}, ca), wrong_name},
      {"half a wildcard", make_identity({.alternative_names = "DNS:h*.example.test"}, ca), wrong_name},
      {"no alternative name", make_identity({.alternative_names = ""}, ca), wrong_name},
      {"an address only", make_identity({.alternative_names = "IP:127.0.0.1"}, ca), wrong_name},
      {"a mailbox only", make_identity({.alternative_names = "email:hub.example.test"}, ca), wrong_name},
      {"expired", make_identity({.not_after = today - 1}, ca), bad_date},
      {"not yet valid", make_identity({.not_before = today + 1}, ca), bad_date},
      {"self-signed", make_identity({}), untrusted},
      {"unknown authority", make_identity({}, &other_root), untrusted},
      {"an authority of the same name", make_identity({}, &impostor), untrusted},
      {"for clients only", make_identity({.extended_usage = "clientAuth"}, ca), untrusted},
      {"a short RSA key", make_identity({.key = key_kind::rsa1024}, ca), untrusted},
  };
  for (row const& r : rows) {
    INFO(r.what);
    tls_contract<TestType> f({.server = &r.server});
    io_result const end = f.refused("SharedAccessSignature sr=");
    CHECK(end.status == io_status::failed);
    CHECK(to_string(end.error.code) == to_string(r.expected));
    CHECK(end.error.detail != 0);
    // Final, both ways, and the server got nothing.
    octets room(10);
    CHECK(f.client.read_some(room).error == end.error);
    CHECK(f.client.write_some(room).error == end.error);
    CHECK_FALSE(f.client.wants_write());
    CHECK_FALSE(contains(f.wire.written(), to_octets("SharedAccessSignature")));
    CHECK(f.server_reads(1).empty());
  }
}

TEMPLATE_TEST_CASE("tls: names that pass", "[transport][tls]", HUBWIRE_TLS) {
  for (char const* const names :
       {"DNS:hub.example.test", "DNS:*.example.test", "DNS:HUB.Example.TEST",
        "DNS:other.example.test,DNS:hub.example.test", "IP:127.0.0.1,DNS:hub.example.test"}) {
    INFO(names);
    identity const server =
        make_identity({.common_name = "whatever", .alternative_names = names}, &tls_root());
    tls_contract<TestType> f({.server = &server});
    CHECK(f.shake_hands());
  }
}

TEMPLATE_TEST_CASE("tls: the dates count to the second, and the caller's clock alone", "[transport][tls]",
                   HUBWIRE_TLS) {
  identity const server =
      make_identity({.not_before = today - 3 * day - 7, .not_after = today + 5 * day + 11}, &tls_root());
  struct row {
    std::int64_t time;
    bool valid;
  };
  std::int64_t last = today + 5 * day + 11;
  if (!TestType::last_second.empty()) {
    WARN(TestType::name << ": " << TestType::last_second);
    --last;
  }
  for (row const& r : {row{today - 3 * day - 8, false}, row{today - 3 * day - 7, true}, row{last, true},
                       row{last + 1, false}}) {
    INFO(r.time - today);
    tls_contract<TestType> f({.server = &server, .time = static_cast<std::uint64_t>(r.time)});
    CHECK(f.shake_hands() == r.valid);
  }
}

TEMPLATE_TEST_CASE("tls: a chain over an intermediate passes if that is an authority",
                   "[transport][tls][H200]", HUBWIRE_TLS) {
  identity const middle = make_authority("Middle", key_kind::p256, &tls_root());
  identity const server = make_identity({}, &middle);
  tls_contract<TestType> passes({.server = &server, .plan = {.chain = {middle.certificate.get()}}});
  CHECK(passes.shake_hands());

  tls_contract<TestType> incomplete({.server = &server});
  CHECK(incomplete.refused("x").error == errc::tls_untrusted_certificate);

  identity const no_authority = make_identity({.common_name = "Middle"}, &tls_root());
  identity const forged = make_identity({}, &no_authority);
  tls_contract<TestType> fails({.server = &forged, .plan = {.chain = {no_authority.certificate.get()}}});
  CHECK(fails.refused("x").error == errc::tls_untrusted_certificate);
}

TEMPLATE_TEST_CASE("tls: a chain of ten certificates is too long", "[transport][tls]", HUBWIRE_TLS) {
  std::vector<identity> middle;
  std::vector<X509*> chain;
  middle.push_back(make_authority("M0", key_kind::p256, &tls_root()));
  for (int i = 1; i != 9; ++i)
    middle.push_back(make_authority("M" + std::to_string(i), key_kind::p256, &middle.back()));
  for (std::size_t i = middle.size(); i-- != 0;) chain.push_back(middle[i].certificate.get());
  identity const server = make_identity({}, &middle.back());
  tls_contract<TestType> f({.server = &server, .plan = {.chain = chain}});
  error const end = f.refused("x").error;
  if (TestType::chain_limit.empty()) {
    CHECK(end == error{errc::tls_chain_too_long, 8});
  } else {
    WARN(TestType::name << ": " << TestType::chain_limit);
    CHECK(end == errc::tls_untrusted_certificate);
  }
  identity const shorter = make_identity({}, &middle[6]);
  tls_contract<TestType> passes({.server = &shorter, .plan = {.chain = {chain.begin() + 2, chain.end()}}});
  CHECK(passes.shake_hands());
}

TEMPLATE_TEST_CASE("tls: the server's own certificate as the root", "[transport][tls]", HUBWIRE_TLS) {
  identity const own = make_identity({});
  tls_contract<TestType> f({.server = &own, .trusted = &own});
  CHECK(f.shake_hands());
  // The name is still checked, and so is the key.
  tls_contract<TestType> other_name({.server = &own, .trusted = &own, .name = "hub2.example.test"});
  CHECK(other_name.refused("x").error == errc::tls_wrong_server_name);
  identity const same_name = make_identity({});
  tls_contract<TestType> other_key({.server = &same_name, .trusted = &own});
  CHECK(other_key.refused("x").error == errc::tls_untrusted_certificate);
}

// --- peers that are not what we need

TEMPLATE_TEST_CASE("tls: peers that do not speak TLS", "[transport][tls]", HUBWIRE_TLS) {
  struct row {
    octets answer;
    errc expected;
  };
  row const rows[] = {
      {to_octets("HTTP/1.1 400 Bad Request\r\n\r\n"), errc::tls_failed},
      {{0x20, 0x02, 0x00, 0x00, 0x00}, errc::tls_failed},  // CONNACK
      {{21, 3, 3, 0, 2, 2, 40}, errc::tls_failed},         // fatal alert
      {{21, 3, 3, 0, 2, 1, 0}, errc::connection_lost},     // close_notify from nobody in particular
      {{23, 3, 3, 0, 1, 'x'}, errc::tls_failed},           // application data before the keys
  };
  for (row const& r : rows) {
    tls_contract<TestType> f;
    REQUIRE(f.pipe.right().write_some(r.answer).count == r.answer.size());
    octets room(100);
    io_result end = f.client.read_some(room);
    for (int i = 0; i < 20 && end.status == io_status::would_block; ++i) end = f.client.read_some(room);
    CHECK(end.status == io_status::failed);
    CHECK(to_string(end.error.code) == to_string(r.expected));
    CHECK(f.client.read_some(room).error == end.error);
  }
}

TEMPLATE_TEST_CASE("tls: an alert of the server", "[transport][tls]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  octets const alert{21, 3, 3, 0, 2, 2, 40};
  REQUIRE(f.pipe.right().write_some(alert).count == alert.size());
  error const end = f.end_of_client().error;
  CHECK(end == errc::tls_failed);
  HUBWIRE_NEEDS(which_alert)
  CHECK(end.detail % 1000 % 256 == 40);  // BearSSL adds 256, OpenSSL 1,000
}

TEMPLATE_TEST_CASE("tls: a server that stops at TLS 1.1 is refused", "[transport][tls]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  SSL_set_min_proto_version(f.server.ssl(), TLS1_VERSION);
  SSL_set_max_proto_version(f.server.ssl(), TLS1_1_VERSION);
  CHECK(f.refused("x").error == errc::tls_failed);
}

TEMPLATE_TEST_CASE("tls: a changed bit is noticed", "[transport][tls]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  REQUIRE(f.shake_hands());
  static_cast<void>(f.client_reads(1));
  f.send(f.server, to_octets("abcdef"));
  for (std::uint8_t& octet : f.leftward) octet ^= 0x01;  // what waits in the pipe
  io_result const r = f.end_of_client();
  CHECK(r.status == io_status::failed);
  CHECK(r.error == errc::tls_failed);
  CHECK(f.end_of_client().error == r.error);
}

// --- the end

TEMPLATE_TEST_CASE("tls: the server's close_notify is closed, after the data before it, and is answered",
                   "[transport][tls][H201]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  REQUIRE(f.shake_hands());
  f.send(f.server, to_octets("last"));
  f.server.close();
  CHECK(f.client_reads(4) == to_octets("last"));
  CHECK(f.end_of_client().status == io_status::closed);
  octets room(10);
  CHECK(f.client.read_some(room).status == io_status::closed);
  CHECK(f.client.write_some(room).status == io_status::closed);
  CHECK(f.client.end_output() == io_status::closed);
  CHECK_FALSE(f.client.wants_write());
  CHECK_FALSE(f.client.handshake_done());
  f.server.turn();
  CHECK(f.server.read_some(room).status == io_status::closed);
  CHECK(f.server.client_sent_close_notify());
}

TEMPLATE_TEST_CASE("tls: close_notify counts even if the answer to it cannot be sent",
                   "[transport][tls][H201]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  REQUIRE(f.shake_hands());
  f.server.close();
  f.pipe.right().close();
  CHECK(f.end_of_client().status == io_status::closed);
}

TEMPLATE_TEST_CASE("tls: the end of TCP without close_notify is connection_lost, wherever the record is cut",
                   "[transport][tls][H201]", HUBWIRE_TLS) {
  octets const packet = pattern(40);
  error const reset{errc::connection_lost, 104};
  std::size_t record = 1;
  for (std::size_t cut = 0; cut <= record; ++cut) {
    for (io_result const& end :
         {io_result{0, io_status::closed, {}}, io_result{0, io_status::failed, reset}}) {
      tls_contract<TestType> f;
      REQUIRE(f.shake_hands());
      static_cast<void>(f.client_reads(1));  // tickets of TLS 1.3
      if (cut == 0) {
        std::size_t const before = f.wire.read();
        f.send(f.server, packet);
        REQUIRE(f.client_reads(packet.size()) == packet);
        record = f.wire.read() - before;
        REQUIRE(record > packet.size());
      } else {
        f.send(f.server, packet);
      }
      f.wire.end_after(cut, end);
      octets const got = f.client_reads(packet.size());
      CHECK(got == (cut == record ? packet : octets{}));
      octets room(100);
      io_result const r = f.client.read_some(room);
      CHECK(r.status == io_status::failed);
      CHECK(r.error == (end.status == io_status::failed ? reset : error{errc::connection_lost, 0}));
      CHECK(f.client.write_some(room).error == r.error);
    }
  }
}

TEMPLATE_TEST_CASE("tls: a connection cut during the handshake is connection_lost", "[transport][tls][H201]",
                   HUBWIRE_TLS) {
  tls_contract<TestType> whole;
  REQUIRE(whole.shake_hands());
  // Signatures differ in length by a few bytes from one handshake to the next. Of TLS 1.3 a client is done before
  // the server's tickets come.
  std::size_t const last = whole.wire.read() - (TestType::version == TLS1_3_VERSION ? 150 : 6);
  for (std::size_t cut = 0; cut < last; cut += 7) {
    tls_contract<TestType> f;
    f.wire.end_after(cut, {0, io_status::closed, {}});
    CHECK_FALSE(f.shake_hands());
    CHECK_FALSE(f.client.handshake_done());
    octets room(1);
    CHECK(f.client.read_some(room).error == error{errc::connection_lost, 0});
  }
}

TEMPLATE_TEST_CASE("tls: what had arrived is read although writing fails already", "[transport][tls]",
                   HUBWIRE_TLS) {
  faults const bad = GENERATE(faults{}, faults{.largest_read = 1});
  tls_contract<TestType> f({.bad = bad});
  REQUIRE(f.shake_hands());
  static_cast<void>(f.client_reads(1));
  f.send(f.server, to_octets("why I left"));
  f.pipe.right().close();
  octets room(100);
  static_cast<void>(f.client.write_some(room));
  CHECK(f.client.write_some(room).error == errc::connection_lost);
  CHECK(to_text(f.client_reads(10)) == "why I left");
  CHECK(f.end_of_client().error == errc::connection_lost);
}

TEMPLATE_TEST_CASE("tls: a lower stream that fails and does not say why has lost the connection",
                   "[transport][tls]", HUBWIRE_TLS) {
  io_result const silent{0, io_status::failed, {}};
  error const lost{errc::connection_lost, 0};
  octets room(10);
  {
    tls_contract<TestType> f;
    f.wire.end_after(0, silent);
    CHECK(f.end_of_client().error == lost);
    CHECK(f.client.write_some(room).error == lost);
  }
  tls_contract<TestType> f;
  REQUIRE(f.shake_hands());
  f.send(f.server, to_octets("what had arrived"));
  CHECK(f.client_reads(16) == to_octets("what had arrived"));
  f.wire.end_after(0, silent);
  io_result const end = f.client.read_some(room);
  CHECK(end.status == io_status::failed);
  CHECK(end.error == lost);
  CHECK(f.client.write_some(room).error == lost);

  struct deaf {
    io_result read_some(byte_span) noexcept { return {0, io_status::would_block, {}}; }
    io_result write_some(byte_view) noexcept { return {0, io_status::failed, {}}; }
  } lower;
  typename TestType::template client<deaf> owner(lower, tls_root());
  REQUIRE(owner.start("a", today));
  io_result last{};
  for (int i = 0; i < 10 && last.status != io_status::failed; ++i) last = owner.stream().read_some(room);
  CHECK(last.error == lost);
}

TEMPLATE_TEST_CASE("tls: close sends what waits, then close_notify", "[transport][tls]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  REQUIRE(f.shake_hands());
  f.send(f.client, to_octets("bye"));
  f.client.close();
  f.client.close();
  CHECK(f.server_reads(3) == to_octets("bye"));
  octets room(1);
  CHECK(f.server.read_some(room).status == io_status::closed);
  CHECK(f.server.client_sent_close_notify());
  CHECK(f.client.read_some(room).status == io_status::closed);
  CHECK(f.client.write_some(room).status == io_status::closed);
}

TEMPLATE_TEST_CASE("tls: a peer that stops reading blocks the writer, and close does not wait for it",
                   "[transport][tls][H176]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  REQUIRE(f.shake_hands());
  octets const block(1000, 1);
  std::size_t sent = 0;
  bool blocked = false;
  for (int i = 0; i < 100 && !blocked; ++i) {
    io_result const w = f.client.write_some(block);
    sent += w.count;
    blocked = w.status == io_status::would_block;
  }
  REQUIRE(blocked);
  CHECK(sent < 20'000);
  CHECK(f.client.wants_write());
  f.client.close();
  octets room(1);
  CHECK(f.client.read_some(room).status == io_status::closed);
  CHECK_FALSE(f.client.wants_write());
}

TEMPLATE_TEST_CASE("tls: what comes is read while writing is blocked", "[transport][tls]", HUBWIRE_TLS) {
  tls_contract<TestType> f;
  REQUIRE(f.shake_hands());
  octets const block(1000, 1);
  for (int i = 0; i < 100; ++i)
    if (f.client.write_some(block).status == io_status::would_block) break;
  f.send(f.server, to_octets("news"));
  octets room(10);
  io_result got{};
  for (int i = 0; i < 10 && got.count == 0; ++i) got = f.client.read_some(room);
  CHECK(got.count == 4);
}

TEMPLATE_TEST_CASE("tls: refused bytes that are offered again arrive once and in order", "[transport][tls]",
                   HUBWIRE_TLS) {
  faults const bad = GENERATE(faults{.largest_write = 1, .block_every = 2},
                              faults{.largest_write = 7, .block_every = 3, .seed = 4},
                              faults{.largest_write = 20, .block_every = 2});
  tls_contract<TestType> f({.bad = bad});
  REQUIRE(f.shake_hands());
  octets expected;
  octets got;
  octets chunk(500);
  int refusals = 0;
  for (std::size_t i = 0; i != 60; ++i) {
    octets const next(i * 37 % 400 + 1, static_cast<std::uint8_t>(i));
    std::size_t taken = 0;
    for (int tries = 0; tries < 10'000 && taken < next.size(); ++tries) {
      octets const elsewhere(next.begin() + static_cast<std::ptrdiff_t>(taken), next.end());
      io_result const w = f.client.write_some(elsewhere);
      REQUIRE((w.status == io_status::ok || w.status == io_status::would_block));
      taken += w.count;
      refusals += w.count == 0 ? 1 : 0;
      io_result const r = f.server.read_some(chunk);
      got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(r.count));
      if (tries % 3 == 0) REQUIRE(f.client.read_some(chunk).count == 0);
    }
    expected.insert(expected.end(), next.begin(), next.end());
  }
  for (int i = 0; i < 10'000 && got.size() < expected.size(); ++i) {
    REQUIRE(f.client.read_some(chunk).count == 0);
    io_result const r = f.server.read_some(chunk);
    got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(r.count));
  }
  CHECK(got == expected);
  CHECK(refusals != 0);
}

namespace {

// A lower stream whose output can be ended.
struct half_closing {
  tap& below;
  io_status answer = io_status::ok;
  int asked = 0;

  io_result read_some(byte_span room) noexcept { return below.read_some(room); }
  io_result write_some(byte_view data) noexcept { return below.write_some(data); }
  io_status end_output() noexcept {
    ++asked;
    return answer;
  }
};

// A client over such a stream, connected, beside the fixture's own, which is not used.
template <class With>
struct leaving {
  tls_contract<With> f{};
  half_closing lower{f.wire};
  typename With::template client<half_closing> owner{lower, tls_root()};
  typename With::template client<half_closing>::stream_type& client = owner.stream();
  octets room = octets(100);

  leaving() {
    REQUIRE(owner.start("hub.example.test", today));
    bool done = false;
    for (int i = 0; i < 100 && !done; ++i) {
      REQUIRE(client.read_some(room).status == io_status::would_block);
      done = f.server.handshake() == 0 && client.handshake_done();
    }
    REQUIRE(done);
  }
  io_result end_of_client() {
    io_result r{};
    for (int i = 0; i < 1000; ++i) {
      r = client.read_some(room);
      if (r.status == io_status::closed || r.status == io_status::failed) break;
      f.server.turn();
    }
    return r;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("tls: end_output sends what waits and close_notify, and reading goes on to the server's",
                   "[transport][tls]", HUBWIRE_TLS) {
  leaving<TestType> l;
  REQUIRE(l.client.write_some(to_octets("last words")).count == 10);
  CHECK(l.client.end_output() == io_status::ok);
  CHECK(l.client.end_output() == io_status::ok);
  CHECK(l.lower.asked == 2);
  CHECK(l.client.write_some(l.room).status == io_status::closed);
  CHECK(l.client.write_some({}).status == io_status::ok);
  do CHECK(l.client.read_some(l.room).status == io_status::would_block);
  while (l.client.wants_call());
  CHECK_FALSE(l.client.wants_write());
  CHECK(l.f.server_reads(10) == to_octets("last words"));
  CHECK(l.f.server.read_some(l.room).status == io_status::closed);
  CHECK(l.f.server.client_sent_close_notify());
  l.f.server.close();
  CHECK(l.end_of_client().status == io_status::closed);
  CHECK(l.client.write_some(l.room).status == io_status::closed);
  CHECK(l.client.end_output() == io_status::closed);
}

TEMPLATE_TEST_CASE("tls: what the server still sends after end_output is read", "[transport][tls]",
                   HUBWIRE_TLS) {
  HUBWIRE_NEEDS(unread_after_end)
  leaving<TestType> l;
  l.f.send(l.f.server, to_octets("abcdef"));
  octets got;
  while (got.size() < 2) {
    io_result const r = l.client.read_some(byte_span(l.room).first(2 - got.size()));
    got.insert(got.end(), l.room.begin(), l.room.begin() + static_cast<std::ptrdiff_t>(r.count));
  }
  CHECK(l.client.end_output() == io_status::ok);
  l.f.send(l.f.server, to_octets("ghi"));
  l.f.server.close();
  for (io_result r{}; r.status != io_status::closed;) {
    r = l.client.read_some(l.room);
    REQUIRE(r.status != io_status::failed);
    got.insert(got.end(), l.room.begin(), l.room.begin() + static_cast<std::ptrdiff_t>(r.count));
  }
  CHECK(to_text(got) == "abcdefghi");
}

TEMPLATE_TEST_CASE("tls: end_output of a lower stream that is slow", "[transport][tls]", HUBWIRE_TLS) {
  leaving<TestType> l;
  octets const block(1000, 1);
  std::size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    io_result const w = l.client.write_some(block);
    sent += w.count;
    if (w.status == io_status::would_block) break;
  }
  CHECK(l.client.end_output() == io_status::would_block);
  CHECK(l.client.end_output() == io_status::would_block);
  CHECK(l.lower.asked == 0);  // not before everything is handed over
  CHECK(l.client.wants_write());
  CHECK(l.client.write_some(block).status == io_status::closed);
  octets got;
  octets chunk(700);
  io_status outcome = io_status::would_block;
  io_result r{};
  for (int i = 0; i < 1000 && r.status != io_status::closed; ++i) {
    r = l.f.server.read_some(chunk);
    got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(r.count));
    if (outcome == io_status::would_block) outcome = l.client.end_output();
  }
  CHECK(outcome == io_status::ok);
  CHECK(l.lower.asked == 1);
  CHECK(got == octets(sent, 1));
  CHECK(l.f.server.client_sent_close_notify());
  // The lower stream's own answer counts.
  for (io_status const answer : {io_status::would_block, io_status::failed, io_status::closed}) {
    l.lower.answer = answer;
    CHECK(l.client.end_output() == answer);
  }
}

TEMPLATE_TEST_CASE("tls: end_output when there is nothing to end in an orderly way", "[transport][tls]",
                   HUBWIRE_TLS) {
  octets room(10);
  tls_contract<TestType> early;
  REQUIRE(early.client.read_some(room).status == io_status::would_block);
  CHECK(early.client.end_output() == io_status::closed);  // a handshake is given up
  CHECK(early.client.read_some(room).status == io_status::closed);

  tls_contract<TestType> lost;
  REQUIRE(lost.shake_hands());
  static_cast<void>(lost.client_reads(1));
  lost.pipe.sever();
  CHECK(lost.client.end_output() == io_status::failed);
  CHECK(lost.client.read_some(room).error == errc::connection_lost);
  CHECK(lost.client.end_output() == io_status::failed);
  CHECK(lost.client.write_some(room).status == io_status::closed);

  // Without close_notify the server's end is a cut, also for one who has said goodbye.
  tls_contract<TestType> cut;
  REQUIRE(cut.shake_hands());
  static_cast<void>(cut.client_reads(1));
  CHECK(cut.client.end_output() == io_status::ok);  // this lower stream has no end_output
  cut.pipe.right().close();
  CHECK(cut.client.read_some(room).error == errc::connection_lost);
}

// --- sessions

namespace {

identity const& two_names() {
  static identity const made =
      make_identity({.alternative_names = "DNS:hub.example.test,DNS:hub2.example.test"}, &tls_root());
  return made;
}

// Reads what TLS 1.3 sends behind the handshake, and shows that the connection works.
template <class Contract>
void converse(Contract& f) {
  f.send(f.client, to_octets("ping"));
  REQUIRE(f.server_reads(4) == to_octets("ping"));
  f.send(f.server, to_octets("pong"));
  REQUIRE(f.client_reads(4) == to_octets("pong"));
}

}  // namespace

TEMPLATE_TEST_CASE("tls: a session is resumed, after a goodbye and after a cut", "[transport][tls]",
                   HUBWIRE_TLS) {
  HUBWIRE_NEEDS(sessions)
  typename TestType::session session;
  tls_contract<TestType> f;
  f.reconnect(&session);
  REQUIRE(f.shake_hands());
  converse(f);
  CHECK_FALSE(f.owner.resumed());
  bool const cut = GENERATE(false, true);
  for (int round = 0; round != 3; ++round) {
    if (cut) {
      f.wire.end_after(0, {0, io_status::closed, {}});
      CHECK(f.end_of_client().error == errc::connection_lost);
    }
    f.reconnect(&session);
    REQUIRE(f.shake_hands());
    CHECK(f.owner.resumed());
    CHECK(SSL_session_reused(f.server.ssl()) == 1);
    converse(f);
  }
  f.reconnect();  // without the session
  REQUIRE(f.shake_hands());
  CHECK_FALSE(f.owner.resumed());
  CHECK(SSL_session_reused(f.server.ssl()) == 0);
}

TEMPLATE_TEST_CASE("tls: a session is not used for another name, nor once the certificate has expired",
                   "[transport][tls][H200]", HUBWIRE_TLS) {
  HUBWIRE_NEEDS(sessions)
  typename TestType::session session;
  tls_contract<TestType> f({.server = &two_names()});
  f.reconnect(&session);
  REQUIRE(f.shake_hands());
  converse(f);
  SECTION("another name") {
    f.reconnect(&session, "hub2.example.test");
    REQUIRE(f.shake_hands());
    CHECK_FALSE(f.owner.resumed());
    CHECK(SSL_session_reused(f.server.ssl()) == 0);
    converse(f);
    f.reconnect(&session, "hub2.example.test");  // it is this name's now
    REQUIRE(f.shake_hands());
    CHECK(f.owner.resumed());
  }
  SECTION("a name that the certificate is not for") {
    f.reconnect(&session, "hub3.example.test");
    CHECK(f.refused("x").error == errc::tls_wrong_server_name);
    CHECK(session.empty());
  }
  SECTION("the date") {
    f.reconnect(&session, "hub.example.test", today + 40 * day);
    CHECK(f.refused("x").error == errc::tls_certificate_expired);
  }
  SECTION("cleared") {
    session.clear();
    CHECK(session.empty());
    f.client.close();
    session.clear();
    f.reconnect(&session);
    REQUIRE(f.shake_hands());
    CHECK_FALSE(f.owner.resumed());
  }
}

TEMPLATE_TEST_CASE("tls: a server that has forgotten the session shakes hands anew", "[transport][tls]",
                   HUBWIRE_TLS) {
  HUBWIRE_NEEDS(sessions)
  typename TestType::session session;
  tls_contract<TestType> f;
  f.reconnect(&session);
  REQUIRE(f.shake_hands());
  converse(f);
  f.reconnect(&session);
  openssl_server other(f.pipe.right(), tls_server(), tls_contract<TestType>::of_kind({}));
  octets room(10);
  bool done = false;
  for (int i = 0; i < 100 && !done; ++i) {
    REQUIRE(f.client.read_some(room).count == 0);
    done = other.handshake() == 0 && f.client.handshake_done();
  }
  REQUIRE(done);
  CHECK_FALSE(f.owner.resumed());
  REQUIRE(f.client.write_some(to_octets("again")).count == 5);
  CHECK(other.read_some(room).count == 5);
}

TEMPLATE_TEST_CASE("tls: after a failure of TLS the session is gone", "[transport][tls]", HUBWIRE_TLS) {
  HUBWIRE_NEEDS(sessions)
  typename TestType::session session;
  tls_contract<TestType> f;
  f.reconnect(&session);
  REQUIRE(f.shake_hands());
  converse(f);
  f.reconnect(&session);
  REQUIRE(f.shake_hands());
  converse(f);
  REQUIRE_FALSE(session.empty());
  f.send(f.server, to_octets("abcdef"));
  for (std::uint8_t& octet : f.leftward) octet ^= 0x01;
  CHECK(f.end_of_client().error == errc::tls_failed);
  CHECK(session.empty());
}

// --- the client's certificate

namespace {

// The server insists on a certificate by the test's root, as of the test's day.
void insist(SSL* server) {
  X509_STORE_add_cert(SSL_CTX_get_cert_store(SSL_get_SSL_CTX(server)), tls_root().certificate.get());
  SSL_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  X509_VERIFY_PARAM_set_time(SSL_get0_param(server), today);
}

}  // namespace

TEMPLATE_TEST_CASE("tls: the client shows its certificate to a server that asks", "[transport][tls]",
                   HUBWIRE_TLS) {
  HUBWIRE_NEEDS(client_certificates)
  for (key_kind const key : {key_kind::p256, key_kind::rsa2048}) {
    identity const own = make_identity(
        {.common_name = "d1", .alternative_names = "", .key = key, .extended_usage = "clientAuth"},
        &tls_root());
    tls_contract<TestType> f({.own = &own});
    insist(f.server.ssl());
    REQUIRE(f.shake_hands());
    REQUIRE(SSL_get0_peer_certificate(f.server.ssl()) != nullptr);
    CHECK(X509_cmp(SSL_get0_peer_certificate(f.server.ssl()), own.certificate.get()) == 0);
    converse(f);
    // A server that does not ask does not see it.
    f.reconnect();
    REQUIRE(f.shake_hands());
    CHECK(SSL_get0_peer_certificate(f.server.ssl()) == nullptr);
  }
}

TEMPLATE_TEST_CASE("tls: a server that asks for a certificate gets none and may go on", "[transport][tls]",
                   HUBWIRE_TLS) {
  tls_contract<TestType> f({.plan = {.asks_for_certificate = true}});
  REQUIRE(f.shake_hands());
  converse(f);
}

TEMPLATE_TEST_CASE("tls: a server that insists on a certificate, or on another one, says so",
                   "[transport][tls]", HUBWIRE_TLS) {
  identity const other_root = make_authority("Another Root");
  identity const strange = make_identity({.common_name = "d1"}, &other_root);
  for (identity const* const own : {static_cast<identity const*>(nullptr), &strange}) {
    if (own != nullptr) {
      HUBWIRE_NEEDS(client_certificates)
    }
    tls_contract<TestType> f({.own = own});
    insist(f.server.ssl());
    octets room(10);
    io_result end{};
    for (int i = 0; i < 1000 && end.status != io_status::failed;
         ++i) {  // of TLS 1.3 the client is done by then
      end = f.client.read_some(room);
      REQUIRE(end.count == 0);
      f.server.handshake();
    }
    CHECK(end.error == errc::tls_failed);
  }
}

// --- what servers send in between

namespace {

// A lower stream whose door can be shut: nothing leaves any more.
struct doored {
  memory_pipe::end& below;
  bool shut = false;

  io_result read_some(byte_span room) noexcept { return below.read_some(room); }
  io_result write_some(byte_view data) noexcept {
    return shut ? io_result{0, io_status::would_block, {}} : below.write_some(data);
  }
};

template <class With>
struct behind_a_door {
  octets rightward = octets(20'000);
  octets leftward = octets(20'000);
  memory_pipe pipe{rightward, leftward};
  doored door{pipe.left()};
  openssl_server server{pipe.right(), tls_server(), tls_contract<With>::of_kind({})};
  typename With::template client<doored> owner{door, tls_root()};
  typename With::template client<doored>::stream_type& client = owner.stream();

  behind_a_door() {
    REQUIRE(owner.start("hub.example.test", today));
    bool done = false;
    for (int i = 0; i < 100 && !done; ++i) {
      REQUIRE(read(client).empty());
      done = server.handshake() == 0 && client.handshake_done();
    }
    REQUIRE(done);
  }
  template <class Stream>
  octets read(Stream& from) {
    octets got;
    std::array<std::uint8_t, 3000> chunk{};
    for (int idle = 0; idle < 20; ++idle) {
      io_result const part = from.read_some(chunk);
      got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(part.count));
      server.turn();
    }
    return got;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("tls: key updates and tickets arrive while a record is stuck", "[transport][tls]",
                   HUBWIRE_TLS) {
  HUBWIRE_NEEDS(key_updates)
  behind_a_door<TestType> f;
  for (int round = 0; round < 5; ++round) {
    octets const text = to_octets("message " + std::to_string(round));
    f.door.shut = true;
    REQUIRE(f.client.write_some(text).count == text.size());
    CHECK(f.client.wants_write());
    CHECK(f.client.write_some(to_octets("more")).status == io_status::would_block);
    REQUIRE(SSL_new_session_ticket(f.server.ssl()) == 1);
    REQUIRE(f.server.handshake() == 0);
    REQUIRE(SSL_key_update(f.server.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
    REQUIRE(f.server.write_some(to_octets("news")).count == 4);
    CHECK(to_text(f.read(f.client)) == "news");
    f.door.shut = false;
    CHECK(f.read(f.client).empty());
    CHECK_FALSE(f.client.wants_write());
    CHECK(f.read(f.server) == text);
    REQUIRE(f.client.write_some(to_octets("after")).count == 5);  // with the new keys
    CHECK(to_text(f.read(f.server)) == "after");
  }
}

TEMPLATE_TEST_CASE("tls: a server that asks for new keys without end does not fill the memory",
                   "[transport][tls]", HUBWIRE_TLS) {
  HUBWIRE_NEEDS(key_updates)
  behind_a_door<TestType> f;
  octets room(10);
  f.door.shut = true;
  REQUIRE(f.client.write_some(to_octets("stuck")).count == 5);
  for (int i = 0; i < 30; ++i) {
    SSL_key_update(f.server.ssl(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(f.server.ssl());
    f.server.turn();
    CHECK(f.client.read_some(room).status == io_status::would_block);
  }
  f.door.shut = false;
  CHECK(f.read(f.client).empty());
  CHECK(to_text(f.read(f.server)) == "stuck");
  REQUIRE(f.client.write_some(to_octets("after")).count == 5);
  CHECK(to_text(f.read(f.server)) == "after");
}

TEMPLATE_TEST_CASE("tls: a server that wants to renegotiate is told no", "[transport][tls]", HUBWIRE_TLS_12) {
  tls_contract<TestType> f;
  REQUIRE(f.shake_hands());
  REQUIRE(SSL_renegotiate(f.server.ssl()) == 1);
  REQUIRE(SSL_do_handshake(f.server.ssl()) == 1);  // the request is written, no more
  f.server.turn();
  octets room(1);
  for (int i = 0; i < 10; ++i) REQUIRE(f.client.read_some(room).status == io_status::would_block);
  static unsigned heard;
  heard = 0;
  SSL_set_info_callback(f.server.ssl(), [](SSL const*, int where, int code) {
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT) heard = static_cast<unsigned>(code);
  });
  f.server_reads(1);
  CHECK(heard == (1U << 8 | SSL_AD_NO_RENEGOTIATION));
}

// mbedTLS takes whatever waits in it for the record of the write that comes next, and that write's bytes are lost.
TEMPLATE_TEST_CASE("tls: endless requests to renegotiate neither lose nor double what is written",
                   "[transport][tls]", HUBWIRE_TLS_12) {
  octets rightward(20'000);
  octets leftward(20'000);
  memory_pipe pipe(rightward, leftward);
  doored door{pipe.left()};
  mbedtls_server server(pipe.right(), tls_server());
  typename TestType::template client<doored> owner(door, tls_root());
  auto& client = owner.stream();
  REQUIRE(owner.start("hub.example.test", today));
  octets room(100);
  for (int i = 0; i < 100 && !client.handshake_done(); ++i) {
    REQUIRE(client.read_some(room).count == 0);
    server.turn();
  }
  REQUIRE(client.handshake_done());
  int const requests = GENERATE(1, 5, 15);  // mbedTLS's server gives up after 16
  door.shut = true;
  bool const stuck = GENERATE(false, true);
  if (stuck) REQUIRE(client.write_some(to_octets("first ")).count == 6);
  for (int i = 0; i != requests; ++i) {
    static_cast<void>(server.ask_to_renegotiate());
    REQUIRE(client.read_some(room).status == io_status::would_block);
  }
  door.shut = false;
  octets got;
  std::string const text = stuck ? "second" : "first second";
  std::size_t sent = 0;
  for (int i = 0; i < 200 && got.size() < 12; ++i) {
    octets const rest(text.begin() + static_cast<std::ptrdiff_t>(sent), text.end());
    sent += client.write_some(rest).count;
    io_result const r = server.read_some(room);
    got.insert(got.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(r.count));
    REQUIRE(client.read_some(room).count == 0);
  }
  CHECK(to_text(got) == "first second");
}

TEMPLATE_TEST_CASE("tls: a lower stream that says ok and moves nothing", "[transport][tls]", HUBWIRE_TLS) {
  struct idle {
    io_result read_some(byte_span) noexcept { return {0, io_status::ok, {}}; }
    io_result write_some(byte_view) noexcept { return {0, io_status::ok, {}}; }
  } lower;
  typename TestType::template client<idle> owner(lower, tls_root());
  REQUIRE(owner.start("hub.example.test", today));
  octets room(10);
  for (int i = 0; i < 10; ++i) {
    CHECK(owner.stream().read_some(room).count == 0);
    CHECK(owner.stream().write_some(room).count == 0);
  }
  CHECK_FALSE(owner.stream().handshake_done());
}

// --- what the owner's context or config says otherwise

TEMPLATE_TEST_CASE("tls: a context of OpenSSL cannot allow what must not pass",
                   "[transport][tls][H200][H201]", by_openssl_12, by_openssl_13) {
  identity const stranger = make_identity({});
  identity const expired = make_identity({.not_after = today - 1}, &tls_root());
  octets room(100);
  SECTION("a callback that accepts every certificate") {
    for (identity const* const server : {&stranger, &expired}) {
      tls_contract<TestType> f({.server = server});
      SSL_CTX_set_verify(&f.owner.settings(), SSL_VERIFY_NONE, [](int, X509_STORE_CTX*) { return 1; });
      f.reconnect();
      CHECK_FALSE(f.shake_hands());
      errc const wanted =
          server == &expired ? errc::tls_certificate_expired : errc::tls_untrusted_certificate;
      CHECK(f.client.read_some(room).error == wanted);
      CHECK(f.client.write_some(room).error == wanted);
      CHECK(f.server_reads(1).empty());
    }
  }
  SECTION("no dates, no names") {
    tls_contract<TestType> f({.server = &expired});
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(&f.owner.settings()), X509_V_FLAG_NO_CHECK_TIME);
    f.reconnect();
    CHECK(f.refused("x").error == errc::tls_certificate_expired);
  }
  SECTION("ends that count as goodbyes, records read ahead, silence at the end, old versions") {
    tls_contract<TestType> f;
    SSL_CTX* const context = &f.owner.settings();
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_quiet_shutdown(context, 1);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    f.reconnect();
    REQUIRE(f.shake_hands());
    static_cast<void>(f.client_reads(1));
    f.wire.end_after(0, {0, io_status::closed, {}});
    CHECK(f.client.read_some(room).error == errc::connection_lost);
    f.reconnect();
    REQUIRE(f.shake_hands());
    f.client.close();
    CHECK(f.server.read_some(room).status == io_status::closed);
    CHECK(f.server.client_sent_close_notify());
  }
  SECTION("an old server") {
    tls_contract<TestType> f;
    SSL_CTX_set_min_proto_version(&f.owner.settings(), TLS1_VERSION);
    SSL_CTX_set_security_level(&f.owner.settings(), 0);
    f.reconnect();
    SSL_set_min_proto_version(f.server.ssl(), TLS1_VERSION);
    SSL_set_max_proto_version(f.server.ssl(), TLS1_1_VERSION);
    CHECK(f.refused("x").error == errc::tls_failed);
  }
  CHECK_FALSE(tls_contract<TestType>{}.owner.stream().start(
      {.server_name = "a", .unix_time = today, .most_certificates = 0}));
}

TEST_CASE(
    "tls: a callback of mbedTLS's config may find a root, and lifts neither a wrong name nor wrong dates",
    "[transport][tls][H200]") {
  static int asked;
  asked = 0;
  // As ESP-IDF's bundle of roots does.
  auto const lift = [](void*, mbedtls_x509_crt*, int, std::uint32_t* faults) {
    ++asked;
    *faults = 0;
    return 0;
  };
  identity const stranger = make_identity({});
  identity const expired = make_identity({.not_after = today - 1});
  identity const nameless = make_identity({.alternative_names = ""});
  identity const other_name = make_identity({.alternative_names = "DNS:other.example.test"});
  struct row {
    identity const* server;
    errc expected;
  };
  for (row const& r :
       {row{&stranger, errc::none}, row{&expired, errc::tls_certificate_expired},
        row{&nameless, errc::tls_wrong_server_name}, row{&other_name, errc::tls_wrong_server_name}}) {
    tls_contract<by_mbedtls> f({.server = r.server});
    mbedtls_ssl_conf_verify(&f.owner.settings(), lift, nullptr);
    f.reconnect();
    if (r.expected == errc::none)
      CHECK(f.shake_hands());
    else
      CHECK(f.refused("x").error == r.expected);
  }
  CHECK(asked == 4);
  // One that fails ends the handshake.
  tls_contract<by_mbedtls> f;
  mbedtls_ssl_conf_verify(
      &f.owner.settings(), [](void*, mbedtls_x509_crt*, int, std::uint32_t*) { return -1; }, nullptr);
  f.reconnect();
  CHECK(f.end_of_client_in_handshake().status == io_status::failed);
}

TEST_CASE("tls: mbedTLS's config cannot allow what must not pass", "[transport][tls][H200]") {
  identity const stranger = make_identity({});
  tls_contract<by_mbedtls> f({.server = &stranger});
  mbedtls_ssl_conf_authmode(&f.owner.settings(), MBEDTLS_SSL_VERIFY_NONE);
  mbedtls_ssl_conf_min_version(&f.owner.settings(), MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_1);
  mbedtls_ssl_conf_renegotiation(&f.owner.settings(), MBEDTLS_SSL_RENEGOTIATION_ENABLED);
  f.reconnect();
  CHECK(f.refused("x").error == errc::tls_untrusted_certificate);
}

// --- MQTT

namespace {

// The server as a broker needs it: it says goodbye.
struct server_end {
  openssl_server& server;
  io_result read_some(byte_span room) noexcept { return server.read_some(room); }
  io_result write_some(byte_view data) noexcept { return server.write_some(data); }
  io_status end_output() noexcept {
    server.close();
    return io_status::ok;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("tls: an MQTT client over it has the events that it has without", "[transport][tls][pump]",
                   HUBWIRE_TLS) {
  mqtt_outcome const plain = run_plain_mqtt();
  faults const bad =
      GENERATE(faults{}, faults{.largest_read = 1, .largest_write = 1}, faults{.block_every = 2},
               faults{.largest_read = 7, .largest_write = 5, .block_every = 3, .seed = 11});
  std::size_t const piece = GENERATE(1u, 100u, 1000u);
  tls_contract<TestType> f({.bad = bad});
  server_end far{f.server};
  INFO(bad.largest_read << ' ' << bad.block_every << ' ' << piece);
  // The server leaves first only where nothing blocks: when it leaves while close_notify is stuck, pump cannot
  // know that DISCONNECT had left, and calls the connection lost.
  mqtt_outcome const secured = run_mqtt(f.client, far, piece, piece != 100 && bad.block_every == 0);
  CHECK(secured.device == plain.device);
  CHECK(secured.broker == plain.broker);
}

TEMPLATE_TEST_CASE("tls: MQTT over a connection cut at any byte never ends well too early",
                   "[transport][tls][H201]", HUBWIRE_TLS) {
  mqtt_outcome const plain = run_plain_mqtt();
  for (std::size_t cut = 700; cut < 2'600; cut += 97) {
    tls_contract<TestType> f;
    f.wire.end_after(cut, {0, io_status::closed, {}});
    server_end far{f.server};
    mqtt_device d;
    mqtt_broker<server_end> b{far, 50, true};
    REQUIRE(d.session.connect({.client_id = "c"}, tick(0)));
    for (int turn = 0; turn != 300 && !d.session.finished(); ++turn) {
      static_cast<void>(pump(d.session, f.client, tick(0), d));
      b.turn();
    }
    REQUIRE(d.session.finished());
    bool const good = d.log.find(" none\n") != std::string::npos;
    if (good) CHECK(d.log == plain.device);
    if (!good) CHECK(d.log.find(" connection_lost\n") != std::string::npos);
  }
}

// --- secrets

#ifdef HUBWIRE_SEES_FREE
// From <sanitizer/allocator_interface.h>, which Debian's g++ 12 does not bring along.
extern "C" {
int __sanitizer_install_malloc_and_free_hooks(void (*)(void const volatile*, std::size_t),
                                              void (*)(void const volatile*));
std::size_t __sanitizer_get_allocated_size(void const volatile*);
}

namespace {

// Looks for secrets in all that is freed while it is on.
struct watch_on_free {
  static inline std::vector<octets> secrets{};
  static inline bool on = false;
  static inline int freed = 0;
  static inline int found = 0;

  __attribute__((no_sanitize("address"))) static void look(void const volatile* memory) {
    if (!on || memory == nullptr) return;
    on = false;
    ++freed;
    auto const* const begin = static_cast<std::uint8_t const volatile*>(memory);
    std::size_t const size = __sanitizer_get_allocated_size(memory);
    for (octets const& secret : secrets)
      for (std::size_t at = 0; at + secret.size() <= size; ++at) {
        std::size_t same = 0;
        while (same != secret.size() && begin[at + same] == secret[same]) ++same;
        if (same == secret.size()) ++found;
      }
    on = true;
  }
  static void nothing(void const volatile*, std::size_t) {}
  static void install() {
    static int const installed = __sanitizer_install_malloc_and_free_hooks(&nothing, &look);
    REQUIRE(installed > 0);
    freed = 0;
    found = 0;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("tls: no memory goes back to the heap with keys or texts in it", "[transport][tls]",
                   HUBWIRE_TLS) {
  HUBWIRE_NEEDS(heap)
  watch_on_free::install();
  {
    // The search finds what it looks for.
    watch_on_free::secrets = {to_octets("a text that is freed")};
    auto given_up = std::make_unique<octets>(to_octets("--a text that is freed--"));
    watch_on_free::on = true;
    given_up.reset();
    watch_on_free::on = false;
    REQUIRE(watch_on_free::found == 1);
    watch_on_free::found = 0;
  }
  enum class ending { close, close_notify, lost, failed, destructor };
  for (ending const how :
       {ending::close, ending::close_notify, ending::lost, ending::failed, ending::destructor}) {
    std::array<std::uint8_t, 3000> rightward{};
    std::array<std::uint8_t, 3000> leftward{};
    memory_pipe pipe(rightward, leftward);
    openssl_server server(pipe.right(), tls_server(), tls_contract<TestType>::of_kind({}));
    std::optional<typename TestType::template client<memory_pipe::end>> owner;
    owner.emplace(pipe.left(), tls_root());
    REQUIRE(owner->start("hub.example.test", today));
    auto& client = owner->stream();
    std::array<std::uint8_t, 100> room{};
    bool done = false;
    for (int i = 0; i < 100 && !done; ++i) {
      REQUIRE(client.read_some(room).count == 0);
      done = server.handshake() == 0 && client.handshake_done();
    }
    REQUIRE(done);
    octets master(48);
    SSL_SESSION_get_master_key(SSL_get_session(server.ssl()), master.data(), master.size());
    octets const came = to_octets("a text that came in");
    octets const went = to_octets("a text that went out");
    watch_on_free::secrets = {master, came, went};
    REQUIRE(client.write_some(went).count == went.size());
    REQUIRE(server.read_some(room).count == went.size());
    REQUIRE(server.write_some(came).count == came.size());
    std::size_t got = 0;
    for (int i = 0; i < 10 && got < 4; ++i) got += client.read_some(byte_span(room).first(4 - got)).count;
    REQUIRE(got == 4);
    for (int i = 0; i < 10 && got < came.size(); ++i) got += client.read_some(room).count;
    REQUIRE(got == came.size());
    if (how == ending::close_notify) server.close();
    if (how == ending::lost) pipe.sever();
    if (how == ending::failed) REQUIRE(pipe.right().write_some(octets(50, 1)).count == 50);

    watch_on_free::on = true;
    if (how == ending::close) client.close();
    io_status last = io_status::closed;
    if (how != ending::destructor) last = client.read_some(room).status;
    watch_on_free::on = false;
    CHECK((last == io_status::closed || last == io_status::failed));
    watch_on_free::on = true;
    owner->stream().close();
    if (how == ending::destructor) owner.reset();
    watch_on_free::on = false;
  }
  CHECK(watch_on_free::freed > 20);
  CHECK(watch_on_free::found == 0);
}
#endif
