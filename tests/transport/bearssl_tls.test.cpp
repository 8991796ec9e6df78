// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/bearssl_tls.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "tls_fixture.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

identity const& root() {
  static identity const made = make_authority("Test Root");
  return made;
}
identity const& rsa_root() {
  static identity const made = make_authority("Test RSA Root", key_kind::rsa2048);
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
octets pattern(std::size_t size) {
  octets made(size);
  std::uint32_t state = 7;
  for (std::uint8_t& b : made) b = static_cast<std::uint8_t>((state = state * 1664525U + 1013904223U) >> 24);
  return made;
}

template <class From, class To>
octets carry(tls_fixture& f, From& from, To& to, octets const& data) {
  octets got;
  octets chunk(5000);
  std::size_t sent = 0;
  for (int idle = 0; idle < 20'000 && got.size() < data.size(); ++idle) {
    std::size_t const before = sent + got.size();
    sent += from.write_some(byte_view(data).subspan(sent)).count;
    static_cast<void>(from.read_some(byte_span(chunk).first(1)));
    io_result const r = to.read_some(chunk);
    got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(r.count));
    f.server.turn();
    if (sent + got.size() != before) idle = 0;
  }
  return got;
}

bool contains(byte_view memory, byte_view wanted) {
  return std::search(memory.begin(), memory.end(), wanted.begin(), wanted.end()) != memory.end();
}
bool all_zero(octets const& memory) {
  return std::all_of(memory.begin(), memory.end(), [](std::uint8_t b) { return b == 0; });
}

}  // namespace

TEST_CASE("bearssl_tls: TLS 1.2 with an EC and with an RSA server, SNI sent", "[transport][bearssl_tls]") {
  identity const rsa = make_identity({.key = key_kind::rsa2048}, &rsa_root());
  struct row {
    identity const* server;
    identity const* trusted;
    std::string_view cipher;
  };
  for (row const& r : {row{&good(), &root(), "ECDHE-ECDSA-AES128-GCM-SHA256"},
                       row{&rsa, &rsa_root(), "ECDHE-RSA-AES128-GCM-SHA256"}}) {
    tls_fixture f({.server = r.server, .trusted = r.trusted});
    CHECK_FALSE(f.client.handshake_done());
    REQUIRE(f.shake_hands());
    CHECK(SSL_version(f.server.ssl()) == TLS1_2_VERSION);
    CHECK(SSL_get_cipher_name(f.server.ssl()) == r.cipher);
    CHECK(std::string_view(SSL_get_servername(f.server.ssl(), TLSEXT_NAMETYPE_host_name)) ==
          "hub.example.test");
    f.send(f.client, to_octets("ping"));
    CHECK(f.server_reads(4) == to_octets("ping"));
    f.send(f.server, to_octets("pong"));
    CHECK(f.client_reads(4) == to_octets("pong"));
  }
}

TEST_CASE("bearssl_tls: each suite on offer works with OpenSSL", "[transport][bearssl_tls]") {
  for (char const* const suite :
       {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    tls_fixture f(good_setup());
    REQUIRE(SSL_set_cipher_list(f.server.ssl(), suite) == 1);
    REQUIRE(f.shake_hands());
    CHECK(std::string_view(SSL_get_cipher_name(f.server.ssl())) == suite);
    CHECK(carry(f, f.client, f.server, pattern(5000)) == pattern(5000));
  }
  // Without forward secrecy or authenticated encryption there is no connection.
  tls_fixture f(good_setup());
  REQUIRE(SSL_set_cipher_list(f.server.ssl(), "ECDHE-ECDSA-AES128-SHA256") == 1);
  CHECK_FALSE(f.shake_hands());
  std::array<std::uint8_t, 1> room{};
  CHECK(f.client.read_some(room).error == error{errc::tls_failed, 256 + 40});
}

TEST_CASE("bearssl_tls: the hello offers these suites and no others", "[transport][bearssl_tls]") {
  tls_fixture f(good_setup());
  octets room(1);
  REQUIRE(f.client.read_some(room).status == io_status::would_block);
  octets const& hello = f.wire.written();
  REQUIRE(hello.size() > 60);
  REQUIRE(hello[5] == 1);   // ClientHello, behind a header of five bytes
  REQUIRE(hello[43] == 0);  // no session to resume
  std::size_t const size = hello[44] * 256U + hello[45];
  std::vector<unsigned> offered;
  for (std::size_t at = 46; at != 46 + size; at += 2) offered.push_back(hello[at] * 256U + hello[at + 1]);
  // ECDHE with AES-GCM and with ChaCha20-Poly1305.
  std::vector<unsigned> const wanted{0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8};
  CHECK(offered == wanted);
}

TEST_CASE("bearssl_tls: a server that wants to renegotiate is told no", "[transport][bearssl_tls]") {
  tls_fixture f(good_setup());
  REQUIRE(f.shake_hands());
  std::size_t const before = f.wire.written().size();
  REQUIRE(SSL_renegotiate(f.server.ssl()) == 1);
  REQUIRE(SSL_do_handshake(f.server.ssl()) == 1);  // the request is written, no more
  f.server.turn();
  octets room(1);
  for (int i = 0; i < 10; ++i) REQUIRE(f.client.read_some(room).status == io_status::would_block);
  // One alert, encrypted: header, nonce, two bytes, tag. No second hello.
  octets const answer(f.wire.written().begin() + static_cast<std::ptrdiff_t>(before), f.wire.written().end());
  REQUIRE(answer.size() == 5 + 8 + 2 + 16);
  CHECK(answer[0] == 21);
  static unsigned heard;
  heard = 0;
  SSL_set_info_callback(f.server.ssl(), [](SSL const*, int where, int code) {
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT) heard = static_cast<unsigned>(code);
  });
  f.server_reads(1);
  CHECK(heard == (1U << 8 | SSL_AD_NO_RENEGOTIATION));
}

TEST_CASE("bearssl_tls: handshake and data byte by byte with pauses",
          "[transport][bearssl_tls][H176][H201]") {
  for (faults const& bad : {faults{.largest_read = 1, .largest_write = 1},
                            faults{.largest_read = 1, .largest_write = 1, .block_every = 2},
                            faults{.largest_read = 97, .largest_write = 31, .block_every = 3, .seed = 1},
                            faults{.largest_read = 5, .largest_write = 700, .block_every = 5, .seed = 2}}) {
    tls_fixture f({.server = &good(), .trusted = &root(), .bad = bad});
    REQUIRE(f.shake_hands());
    octets const data = pattern(3000);
    CHECK(carry(f, f.client, f.server, data) == data);
    CHECK(carry(f, f.server, f.client, data) == data);
  }
}

TEST_CASE("bearssl_tls: 100 kB each way with full, small and least buffers", "[transport][bearssl_tls]") {
  struct row {
    std::size_t input;
    std::size_t output;
  };
  // OpenSSL sends records as small as the client asks for.
  for (row const& r : {row{tls_buffers::full_input, tls_buffers::full_output},
                       row{tls_buffers::full_input, tls_buffers::least_output}, row{4096 + 325, 1024 + 85},
                       row{tls_buffers::least_input, tls_buffers::least_output}}) {
    tls_fixture f({.server = &good(), .trusted = &root(), .input = r.input, .output = r.output});
    REQUIRE(f.shake_hands());
    octets const data = pattern(100'000);
    CHECK(carry(f, f.client, f.server, data) == data);
    CHECK(carry(f, f.server, f.client, data) == data);
  }
}

TEST_CASE("bearssl_tls: bytes that wait inside are read one at a time", "[transport][bearssl_tls]") {
  tls_fixture f(good_setup());
  REQUIRE(f.shake_hands());
  f.send(f.server, to_octets("abc"));
  std::uint8_t octet = 0;
  for (char const expected : {'a', 'b', 'c'}) {
    CHECK(f.client.read_some(byte_span(&octet, 1)).count == 1);
    CHECK(octet == static_cast<std::uint8_t>(expected));
  }
  CHECK(f.client.read_some(byte_span(&octet, 1)).status == io_status::would_block);
}

TEST_CASE("bearssl_tls: during the handshake there is nothing to wait for but the server's answer",
          "[transport][bearssl_tls]") {
  tls_fixture f(good_setup());
  CHECK(f.client.wants_write());  // the hello
  std::uint8_t octet = 0;
  CHECK(f.client.write_some(byte_view(&octet, 1)).status == io_status::would_block);
  CHECK_FALSE(f.client.wants_write());
  CHECK_FALSE(wants_write(f.client, io_status::would_block));
}

TEST_CASE("bearssl_tls: a server that asks for a certificate gets none and may go on",
          "[transport][bearssl_tls]") {
  tls_fixture f({.server = &good(), .trusted = &root(), .plan = {.asks_for_certificate = true}});
  REQUIRE(f.shake_hands());
  CHECK(carry(f, f.client, f.server, pattern(100)) == pattern(100));
}

// --- certificates

TEST_CASE("bearssl_tls: certificates that must not pass, and no byte of the application before",
          "[transport][bearssl_tls][H200]") {
  struct row {
    std::string_view what;
    identity server;
    error expected;
  };
  identity const other_root = make_authority("Another Root");
  identity const impostor = make_authority("Test Root");
  error const wrong_name{errc::tls_wrong_server_name, 56};
  error const bad_date{errc::tls_certificate_expired, 54};
  error const unknown{errc::tls_untrusted_certificate, 62};
  row const rows[] = {
      {"another name", make_identity({.alternative_names = "DNS:other.example.test"}, &root()), wrong_name},
      {"a longer name", make_identity({.alternative_names = "DNS:hub.example.test.evil"}, &root()),
       wrong_name},
      {"the name's parent", make_identity({.alternative_names = "DNS:example.test"}, &root()), wrong_name},
      {"a wildcard one level up", make_identity({.alternative_names = "DNS:*.test"}, &root()), wrong_name},
      {"no alternative name", make_identity({.alternative_names = ""}, &root()), wrong_name},
      {"an address only", make_identity({.alternative_names = "IP:127.0.0.1"}, &root()), wrong_name},
      {"a mailbox only", make_identity({.alternative_names = "email:hub.example.test"}, &root()), wrong_name},
      {"expired", make_identity({.not_after = today - 1}, &root()), bad_date},
      {"not yet valid", make_identity({.not_before = today + 1}, &root()), bad_date},
      {"self-signed", make_identity({}), unknown},
      {"unknown authority", make_identity({}, &other_root), unknown},
      {"an authority of the same name", make_identity({}, &impostor), unknown},
      {"a short RSA key",
       make_identity({.key = key_kind::rsa1024}, &root()),
       {errc::tls_untrusted_certificate, 60}},
  };
  for (row const& r : rows) {
    INFO(r.what);
    tls_fixture f({.server = &r.server, .trusted = &root()});
    io_result const end = f.refused("SharedAccessSignature sr=");
    CHECK(end.status == io_status::failed);
    CHECK(end.error == r.expected);
    // Final, both ways, and nothing was sent beside the handshake.
    octets room(10);
    CHECK(f.client.read_some(room).error == r.expected);
    CHECK(f.client.write_some(room).error == r.expected);
    CHECK(f.wire.application_records() == 0);
    CHECK_FALSE(contains(f.wire.written(), to_octets("SharedAccessSignature")));
    CHECK(f.server_reads(1).empty());
  }
}

TEST_CASE("bearssl_tls: names that pass", "[transport][bearssl_tls]") {
  for (char const* const names :
       {"DNS:hub.example.test", "DNS:*.example.test", "DNS:HUB.Example.TEST",
        "DNS:other.example.test,DNS:hub.example.test", "IP:127.0.0.1,DNS:hub.example.test"}) {
    INFO(names);
    identity const server = make_identity({.common_name = "whatever", .alternative_names = names}, &root());
    tls_fixture f({.server = &server, .trusted = &root()});
    CHECK(f.shake_hands());
  }
}

TEST_CASE("bearssl_tls: the dates count to the second", "[transport][bearssl_tls]") {
  identity const server =
      make_identity({.not_before = today - 3 * day - 7, .not_after = today + 5 * day + 11}, &root());
  struct row {
    std::int64_t time;
    bool valid;
  };
  for (row const& r : {row{today - 3 * day - 8, false}, row{today - 3 * day - 7, true},
                       row{today + 5 * day + 11, true}, row{today + 5 * day + 12, false}}) {
    tls_fixture f({.server = &server, .trusted = &root(), .time = static_cast<std::uint64_t>(r.time)});
    CHECK(f.shake_hands() == r.valid);
  }
}

TEST_CASE("bearssl_tls: a chain over an intermediate passes if that is an authority",
          "[transport][bearssl_tls][H200]") {
  identity const middle = make_authority("Middle", key_kind::p256, &root());
  identity const server = make_identity({}, &middle);
  tls_fixture passes({.server = &server, .trusted = &root(), .plan = {.chain = {middle.certificate.get()}}});
  CHECK(passes.shake_hands());

  tls_fixture incomplete({.server = &server, .trusted = &root()});
  CHECK(incomplete.refused("x").error == error{errc::tls_untrusted_certificate, 62});

  identity const no_authority = make_identity({.common_name = "Middle"}, &root());
  identity const forged = make_identity({}, &no_authority);
  tls_fixture fails(
      {.server = &forged, .trusted = &root(), .plan = {.chain = {no_authority.certificate.get()}}});
  CHECK(fails.refused("x").error == error{errc::tls_untrusted_certificate, 58});
}

TEST_CASE("bearssl_tls: the server's own certificate as the anchor", "[transport][bearssl_tls]") {
  identity const own = make_identity({});
  tls_fixture f({.server = &own, .trusted = &own});
  CHECK(f.shake_hands());
  // The name is still checked, and so is the key.
  tls_fixture other_name({.server = &own, .trusted = &own, .name = "hub2.example.test"});
  CHECK(other_name.refused("x").error == error{errc::tls_wrong_server_name, 56});
  identity const same_name = make_identity({});
  tls_fixture other_key({.server = &same_name, .trusted = &own});
  CHECK(other_key.refused("x").error.code == errc::tls_untrusted_certificate);
}

// --- servers that are not what we need

TEST_CASE("bearssl_tls: a server with TLS 1.3 only says protocol_version", "[transport][bearssl_tls]") {
  tls_fixture f({.server = &good(),
                 .trusted = &root(),
                 .plan = {.lowest_version = TLS1_3_VERSION, .highest_version = TLS1_3_VERSION}});
  io_result const end = f.refused("x");
  CHECK(end.status == io_status::failed);
  CHECK(end.error == error{errc::tls_failed, 256 + 70});
}

TEST_CASE("bearssl_tls: peers that do not speak TLS", "[transport][bearssl_tls]") {
  struct row {
    octets answer;
    error expected;
  };
  row const rows[] = {
      {to_octets("HTTP/1.1 400 Bad Request\r\n\r\n"), {errc::tls_failed, BR_ERR_UNSUPPORTED_VERSION}},
      {{0x20, 0x02, 0x00, 0x00, 0x00}, {errc::tls_failed, BR_ERR_UNSUPPORTED_VERSION}},  // CONNACK
      {{21, 3, 3, 0, 2, 2, 40}, {errc::tls_failed, 256 + 40}},                           // fatal alert
      {{21, 3, 3, 0, 2, 1, 0}, {errc::connection_lost, 0}},  // close_notify from nobody in particular
      {{23, 3, 3, 0, 1, 'x'}, {errc::tls_failed, BR_ERR_UNEXPECTED}},  // application data before the keys
      {{22, 3, 3, 0x7f, 0xff}, {errc::tls_failed, BR_ERR_BAD_LENGTH}},
  };
  for (row const& r : rows) {
    tls_fixture f(good_setup());
    REQUIRE(f.pipe.right().write_some(r.answer).count == r.answer.size());
    octets room(100);
    io_result end = f.client.read_some(room);
    for (int i = 0; i < 10 && end.status == io_status::would_block; ++i) end = f.client.read_some(room);
    CHECK(end.status == io_status::failed);
    CHECK(end.error == r.expected);
  }
}

TEST_CASE("bearssl_tls: a flood of empty records ends each call, not the program",
          "[transport][bearssl_tls]") {
  struct endless {
    io_result read_some(byte_span room) noexcept {
      static constexpr std::uint8_t record[] = {22, 3, 3, 0, 0};
      std::size_t count = 0;
      for (; count < room.size(); ++count) room[count] = record[at++ % 5];
      return {count, io_status::ok, {}};
    }
    io_result write_some(byte_view data) noexcept { return {data.size(), io_status::ok, {}}; }
    std::size_t at = 0;
  } flood;
  trust_store<1> trust;
  REQUIRE(trust.add_pem(to_pem(root())));
  octets input(tls_buffers::least_input);
  octets output(tls_buffers::least_output);
  bearssl_tls<endless> client(flood, trust.anchors(), {input, output});
  octets const entropy(32);
  REQUIRE(client.start({.server_name = "a", .unix_time = today, .entropy = entropy}));
  octets room(10);
  for (int i = 0; i < 10; ++i) CHECK(client.read_some(room).status == io_status::would_block);
}

// --- the end

TEST_CASE("bearssl_tls: the server's close_notify is closed, after the data before it",
          "[transport][bearssl_tls][H201]") {
  tls_fixture f(good_setup());
  REQUIRE(f.shake_hands());
  f.send(f.server, to_octets("last"));
  f.server.close();
  octets room(10);
  CHECK(f.client.read_some(room).count == 4);
  CHECK(f.client.read_some(room).status == io_status::closed);
  CHECK(f.client.read_some(room).status == io_status::closed);
  CHECK(f.client.write_some(room).status == io_status::closed);
  CHECK_FALSE(f.client.wants_write());
  f.server.turn();
  octets unread(1);
  CHECK(f.server.read_some(unread).status == io_status::closed);  // ours came in answer
  CHECK(f.server.client_sent_close_notify());
}

TEST_CASE("bearssl_tls: close_notify counts even if the answer to it cannot be sent",
          "[transport][bearssl_tls][H201]") {
  tls_fixture f(good_setup());
  REQUIRE(f.shake_hands());
  f.server.close();
  f.pipe.right().close();
  octets room(10);
  CHECK(f.client.read_some(room).status == io_status::closed);
}

TEST_CASE("bearssl_tls: the end of TCP without close_notify is connection_lost, wherever the record is cut",
          "[transport][bearssl_tls][H201]") {
  octets const packet = pattern(40);
  std::size_t const record = 5 + 8 + packet.size() + 16;  // AES-GCM: header, nonce, text, tag
  error const reset{errc::connection_lost, 104};
  for (std::size_t cut = 0; cut <= record; ++cut) {
    for (io_result const& end :
         {io_result{0, io_status::closed, {}}, io_result{0, io_status::failed, reset}}) {
      tls_fixture f(good_setup());
      REQUIRE(f.shake_hands());
      f.send(f.server, packet);
      f.wire.end_after(cut, end);
      octets room(100);
      io_result r = f.client.read_some(room);
      if (cut == record) {
        CHECK(r.count == packet.size());
        r = f.client.read_some(room);
      }
      CHECK(r.status == io_status::failed);
      CHECK(r.error == (end.status == io_status::failed ? reset : error{errc::connection_lost, 0}));
      CHECK(f.client.write_some(room).error == r.error);
    }
  }
}

TEST_CASE("bearssl_tls: a connection cut during the handshake is connection_lost",
          "[transport][bearssl_tls][H201]") {
  tls_fixture whole(good_setup());
  REQUIRE(whole.shake_hands());
  // Signatures differ in length by a few bytes from one handshake to the next.
  for (std::size_t cut = 0; cut < whole.wire.read() - 6; cut += 7) {
    tls_fixture f(good_setup());
    f.wire.end_after(cut, {0, io_status::closed, {}});
    CHECK_FALSE(f.shake_hands());
    CHECK_FALSE(f.client.handshake_done());
    octets room(1);
    CHECK(f.client.read_some(room).error == error{errc::connection_lost, 0});
  }
}

TEST_CASE("bearssl_tls: a changed bit is noticed", "[transport][bearssl_tls]") {
  tls_fixture f(good_setup());
  REQUIRE(f.shake_hands());
  f.send(f.server, to_octets("abcdef"));
  for (std::uint8_t& octet : f.leftward) octet ^= 0x01;  // what waits in the pipe
  octets room(10);
  io_result const r = f.client.read_some(room);
  CHECK(r.status == io_status::failed);
  CHECK(r.error.code == errc::tls_failed);
}

TEST_CASE("bearssl_tls: what had arrived is read although writing fails already",
          "[transport][bearssl_tls]") {
  tls_fixture f(good_setup());
  REQUIRE(f.shake_hands());
  f.send(f.server, to_octets("why I left"));
  f.pipe.right().close();
  octets room(100);
  static_cast<void>(f.client.write_some(room));
  CHECK(f.client.write_some(room).error == errc::connection_lost);
  CHECK(f.client.read_some(room).count == 10);
  CHECK(f.client.read_some(room).error == errc::connection_lost);
}

TEST_CASE("bearssl_tls: a lower stream that fails and does not say why has lost the connection",
          "[transport][bearssl_tls]") {
  io_result const silent{0, io_status::failed, {}};
  error const lost{errc::connection_lost, 0};
  octets room(10);
  {
    tls_fixture f(good_setup());
    f.wire.end_after(0, silent);
    CHECK(f.client.read_some(room).error == lost);
    CHECK(f.client.write_some(room).error == lost);
  }
  tls_fixture f(good_setup());
  REQUIRE(f.shake_hands());
  f.send(f.server, to_octets("what had arrived"));
  octets const got = f.client_reads(16);
  CHECK(got == to_octets("what had arrived"));
  f.wire.end_after(0, silent);
  io_result const end = f.client.read_some(room);
  CHECK(end.status == io_status::failed);
  CHECK(end.error == lost);
  CHECK(f.client.write_some(room).error == lost);

  struct deaf {
    io_result read_some(byte_span) noexcept { return {0, io_status::would_block, {}}; }
    io_result write_some(byte_view) noexcept { return {0, io_status::failed, {}}; }
  } lower;
  bearssl_tls<deaf> client(lower, f.trust.anchors(), {f.input, f.output});
  octets const entropy(32);
  REQUIRE(client.start({.server_name = "a", .unix_time = today, .entropy = entropy}));
  CHECK(client.read_some(room).error == lost);
}

TEST_CASE("bearssl_tls: close sends what waits, then close_notify", "[transport][bearssl_tls]") {
  tls_fixture f(good_setup());
  REQUIRE(f.shake_hands());
  f.send(f.client, to_octets("bye"));
  f.client.close();
  CHECK(f.server_reads(3) == to_octets("bye"));
  octets room(1);
  CHECK(f.server.read_some(room).status == io_status::closed);
  CHECK(f.server.client_sent_close_notify());
}

TEST_CASE("bearssl_tls: close does not wait for a peer that does not read", "[transport][bearssl_tls]") {
  tls_fixture f(good_setup());
  REQUIRE(f.shake_hands());
  octets const block(1000, 1);
  for (int i = 0; i < 100; ++i)
    if (f.client.write_some(block).status == io_status::would_block) break;
  CHECK(f.client.wants_write());
  f.client.close();
  octets room(1);
  CHECK(f.client.read_some(room).status == io_status::closed);
  CHECK_FALSE(f.client.wants_write());
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
struct leaving {
  tls_fixture f{good_setup()};
  half_closing lower{f.wire};
  bearssl_tls<half_closing> client{lower, f.trust.anchors(), {f.input, f.output}};
  octets room = octets(100);

  leaving() {
    octets const entropy(32, 5);
    REQUIRE(client.start({.server_name = "hub.example.test", .unix_time = today, .entropy = entropy}));
    for (int i = 0; i < 100 && !client.handshake_done(); ++i) {
      REQUIRE(client.read_some(room).status == io_status::would_block);
      f.server.handshake();
    }
    REQUIRE(client.handshake_done());
  }
};

}  // namespace

TEST_CASE("bearssl_tls: end_output sends what waits and close_notify, and reading goes on to the server's",
          "[transport][bearssl_tls]") {
  leaving l;
  REQUIRE(l.client.write_some(to_octets("last words")).count == 10);
  CHECK(l.client.end_output() == io_status::ok);
  CHECK(l.client.end_output() == io_status::ok);
  CHECK(l.lower.asked == 2);
  CHECK(l.client.write_some(l.room).status == io_status::closed);
  CHECK(l.client.write_some({}).status == io_status::ok);
  CHECK(l.client.read_some(l.room).status == io_status::would_block);
  CHECK_FALSE(l.client.wants_write());
  CHECK(l.f.server_reads(10) == to_octets("last words"));
  CHECK(l.f.server.read_some(l.room).status == io_status::closed);
  CHECK(l.f.server.client_sent_close_notify());

  // What the server still sends is dropped.
  l.f.send(l.f.server, pattern(2000));
  CHECK(l.client.read_some(l.room).status == io_status::would_block);
  l.f.server.close();
  CHECK(l.client.read_some(l.room).status == io_status::closed);
  CHECK(l.client.write_some(l.room).status == io_status::closed);
  CHECK(l.client.end_output() == io_status::closed);
  CHECK(all_zero(l.f.input));
  CHECK(all_zero(l.f.output));
}

TEST_CASE("bearssl_tls: what was not read before end_output does not hold up the end",
          "[transport][bearssl_tls]") {
  leaving l;
  l.f.send(l.f.server, to_octets("abcdef"));
  REQUIRE(l.client.read_some(byte_span(l.room).first(2)).count == 2);
  CHECK(l.client.end_output() == io_status::ok);
  l.f.send(l.f.server, to_octets("ghi"));
  l.f.server.close();
  CHECK(l.client.read_some(l.room).status == io_status::closed);
}

TEST_CASE("bearssl_tls: end_output of a lower stream that is slow", "[transport][bearssl_tls]") {
  leaving l;
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

TEST_CASE("bearssl_tls: end_output when there is nothing to end in an orderly way",
          "[transport][bearssl_tls]") {
  tls_fixture early(good_setup());
  octets room(10);
  REQUIRE(early.client.read_some(room).status == io_status::would_block);
  CHECK(early.client.end_output() == io_status::closed);  // a handshake is given up
  CHECK(early.client.read_some(room).status == io_status::closed);

  tls_fixture lost(good_setup());
  REQUIRE(lost.shake_hands());
  lost.pipe.sever();
  CHECK(lost.client.end_output() == io_status::failed);
  CHECK(lost.client.read_some(room).error == errc::connection_lost);
  CHECK(lost.client.end_output() == io_status::failed);
  CHECK(lost.client.write_some(room).status == io_status::closed);

  // Without close_notify the server's end is a cut, also for one who has said goodbye.
  tls_fixture cut(good_setup());
  REQUIRE(cut.shake_hands());
  CHECK(cut.client.end_output() == io_status::ok);  // this lower stream has no end_output
  cut.pipe.right().close();
  CHECK(cut.client.read_some(room).error == errc::connection_lost);

  // The server was first.
  tls_fixture second(good_setup());
  REQUIRE(second.shake_hands());
  second.server.close();
  CHECK(second.client.read_some(room).status == io_status::closed);
  CHECK(second.client.end_output() == io_status::closed);
  REQUIRE(second.start(good_setup()));
  CHECK(second.client.write_some(room).status == io_status::would_block);
}

TEST_CASE("bearssl_tls: start again after the end", "[transport][bearssl_tls]") {
  tls_fixture f(good_setup());
  REQUIRE(f.shake_hands());
  f.client.close();
  octets rest(100);
  while (f.pipe.right().read_some(rest).count != 0) {}
  openssl_server second(f.pipe.right(), good());
  REQUIRE(f.start(good_setup()));
  CHECK_FALSE(f.client.handshake_done());
  octets room(10);
  for (int i = 0; i < 100 && !f.client.handshake_done(); ++i) {
    REQUIRE(f.client.read_some(room).status == io_status::would_block);
    second.handshake();
  }
  REQUIRE(f.client.handshake_done());
  REQUIRE(f.client.write_some(to_octets("again")).count == 5);
  CHECK(second.read_some(room).count == 5);
}

// --- secrets

namespace {

// Memory in which a client can be built, so that it can be looked at after its end.
struct visible {
  using client_type = bearssl_tls<tap>;
  alignas(client_type) std::array<std::uint8_t, sizeof(client_type)> memory{};
  client_type* client = nullptr;

  byte_view look() const { return memory; }
};

struct secrets {
  std::array<std::uint8_t, 48> master{};
  octets text = to_octets("SharedAccessKey that nobody may find in memory");

  explicit secrets(SSL* ssl) {
    SSL_SESSION_get_master_key(SSL_get_session(ssl), master.data(), master.size());
  }
};

enum class ending { close, close_notify, lost, destructor };

}  // namespace

TEST_CASE("bearssl_tls: keys and buffers are wiped at every end", "[transport][bearssl_tls]") {
  for (ending const how : {ending::close, ending::close_notify, ending::lost, ending::destructor}) {
    tls_fixture f(good_setup());
    visible v;
    v.client = ::new (static_cast<void*>(v.memory.data()))
        bearssl_tls<tap>(f.wire, f.trust.anchors(), {f.input, f.output});
    octets const entropy(32, 9);
    REQUIRE(v.client->start({.server_name = "hub.example.test", .unix_time = today, .entropy = entropy}));
    octets room(100);
    for (int i = 0; i < 100 && !v.client->handshake_done(); ++i) {
      static_cast<void>(v.client->read_some(room));
      f.server.handshake();
    }
    REQUIRE(v.client->handshake_done());
    secrets const secret(f.server.ssl());
    f.send(f.server, secret.text);
    REQUIRE(v.client->read_some(byte_span(room).first(4)).count == 4);  // the rest stays decrypted inside

    // The search finds what it looks for as long as that is there.
    CHECK(contains(v.look(), secret.master));
    CHECK(contains(f.input, byte_view(secret.text).subspan(4)));
    REQUIRE(v.client->read_some(room).count == secret.text.size() - 4);

    if (how == ending::close) v.client->close();
    if (how == ending::close_notify) {
      f.server.close();
      CHECK(v.client->read_some(room).status == io_status::closed);
    }
    if (how == ending::lost) {
      f.pipe.sever();
      CHECK(v.client->read_some(room).status == io_status::failed);
    }
    if (how != ending::destructor) {
      CHECK_FALSE(contains(v.look(), secret.master));
      CHECK(all_zero(f.input));
      CHECK(all_zero(f.output));
    }
    v.client->~bearssl_tls();
    CHECK_FALSE(contains(v.look(), secret.master));
    CHECK_FALSE(contains(v.look(), byte_view(secret.master).first(8)));
    CHECK(all_zero(f.input));
    CHECK(all_zero(f.output));
  }
}
