// SPDX-License-Identifier: BSL-1.0
// The maximum fragment length (RFC 6066 §4): what is asked for, what was agreed to, and how long records are.
#include <hubwire/transport/bearssl_hello.hpp>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "bearssl_server.hpp"
#include "support/constexpr_test.hpp"
#include "tls_fixture.hpp"

using namespace hubwire;
using namespace hubwire::test;
using detail::server_hello_scan;

namespace {

identity const& root() {
  static identity const made = make_authority("Fragment Root");
  return made;
}
identity const& good() {
  static identity const made = make_identity({}, &root());
  return made;
}

octets joined(std::initializer_list<octets> parts) {
  octets made;
  for (octets const& part : parts) made.insert(made.end(), part.begin(), part.end());
  return made;
}
octets sized(std::size_t bytes, octets const& content) {
  octets made;
  while (bytes != 0) made.push_back(static_cast<std::uint8_t>(content.size() >> 8 * --bytes));
  return joined({made, content});
}
octets extension(std::uint8_t type, octets const& content) { return joined({{0, type}, sized(2, content)}); }
octets hello(octets const& extensions, std::size_t id = 32) {
  octets const body = joined({{3, 3}, octets(32, 1), sized(1, octets(id, 1)), {0xC0, 0x2B, 0}, extensions});
  return joined({{2}, sized(3, body)});
}
octets record(octets const& content, std::uint8_t type = 22) {
  return joined({{type, 3, 3}, sized(2, content)});
}

// What the scan finds, however the bytes come in.
std::uint16_t found(octets const& wire) {
  server_hello_scan whole;
  whole.take(wire);
  for (std::size_t const piece : {1U, 3U, 7U}) {
    server_hello_scan pieces;
    for (std::size_t at = 0; at < wire.size(); at += piece)
      pieces.take(byte_view(wire).subspan(at, std::min(piece, wire.size() - at)));
    CHECK(pieces.max_fragment_length() == whole.max_fragment_length());
  }
  return whole.max_fragment_length();
}

template <class Fixture>
octets hello_of(Fixture& f) {
  octets room(1);
  REQUIRE(f.client.read_some(room).status == io_status::would_block);
  return f.wire.written();
}
// The code in the client's extension, 0 if it has none.
unsigned asked_for(octets const& sent) {
  octets const wanted{0, 1, 0, 1};
  auto const at = std::search(sent.begin() + 60, sent.end(), wanted.begin(), wanted.end());
  return at == sent.end() ? 0 : at[4];
}

// The sizes of the client's records of application data.
std::vector<std::size_t> texts(octets const& sent) {
  std::vector<std::size_t> made;
  for (std::size_t at = 0; at + 5 <= sent.size();) {
    std::size_t const size = sent[at + 3] * 256U + sent[at + 4];
    if (sent[at] == 23) made.push_back(size - 24);  // nonce and tag of AES-GCM
    at += 5 + size;
  }
  return made;
}

}  // namespace

TEST_CASE("server_hello_scan: the code in the extension", "[transport][bearssl_tls]") {
  octets const others = joined({extension(11, {1, 0}), extension(0, {}), extension(35, {})});
  for (std::uint8_t code = 0; code != 255; ++code) {
    std::uint16_t const wanted =
        code >= 1 && code <= 4 ? static_cast<std::uint16_t>(256U << code) : std::uint16_t{0};
    for (std::size_t const id : {0U, 1U, 32U}) {
      CHECK(found(record(hello(sized(2, extension(1, {code})), id))) == wanted);
      CHECK(found(record(hello(sized(2, joined({others, extension(1, {code}), others})), id))) == wanted);
    }
  }
  CHECK(found(record(hello({}))) == 0);
  CHECK(found(record(hello(sized(2, others)))) == 0);
  CHECK(found(record(hello(sized(2, extension(1, {2, 2}))))) == 0);
  CHECK(found(record(hello(sized(2, extension(1, {}))))) == 0);
  // The bytes of the extension within another.
  CHECK(found(record(hello(sized(2, extension(9, extension(1, {2})))))) == 0);
}

TEST_CASE("server_hello_scan: records cut the message anywhere, and others are in between",
          "[transport][bearssl_tls]") {
  octets const message = hello(sized(2, joined({extension(0, {}), extension(1, {3})})));
  for (std::size_t cut = 0; cut <= message.size(); ++cut) {
    auto const middle = message.begin() + static_cast<std::ptrdiff_t>(cut);
    octets const wire = joined({record({1, 0}, 21), record({message.begin(), middle}), record({}),
                                record({1, 0}, 21), record({middle, message.end()})});
    CHECK(found(wire) == 2048);
  }
  // What comes behind the hello does not count, nor what is none.
  CHECK(found(record(joined({hello({}), extension(1, {3}), extension(1, {3})}))) == 0);
  CHECK(found(record(joined({{11, 0, 0, 100}, hello(sized(2, extension(1, {3})))}))) == 0);
  CHECK(found(record({2, 0, 0, 0, 0, 1, 0, 1, 3})) == 0);
  for (std::size_t size = 0; size != message.size() + 5; ++size) {
    octets const whole = record(message);
    CHECK(found({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}) == 0);
  }
  constexpr_test([] {
    server_hello_scan scan;
    scan.take({});
    return scan.max_fragment_length() == 0;
  });
}

TEST_CASE("bearssl_tls: which maximum fragment length it asks for depends on input alone",
          "[transport][bearssl_tls]") {
  struct row {
    std::size_t input;
    unsigned code;
  };
  for (row const& r : {row{512 + 325, 1}, row{1023 + 325, 1}, row{1024 + 325, 2}, row{2047 + 325, 2},
                       row{2048 + 325, 3}, row{4095 + 325, 3}, row{4096 + 325, 4}, row{8192 + 325, 4},
                       row{16'383 + 325, 4}, row{16'384 + 325, 0}, row{20'000, 0}})
    for (std::size_t const output : {tls_buffers::least_output, tls_buffers::full_output}) {
      tls_fixture f({.server = &good(), .trusted = &root(), .input = r.input, .output = output});
      CHECK(asked_for(hello_of(f)) == r.code);
      CHECK(f.client.max_fragment_length() == 0);  // not yet
      REQUIRE(f.shake_hands());
      CHECK(f.client.max_fragment_length() == (r.code == 0 ? 0U : 256U << r.code));
    }
}

TEST_CASE("bearssl_tls: 16 KiB go out in one record when output holds it", "[transport][bearssl_tls]") {
  octets const message(16'384, 'x');
  for (std::size_t const input : {std::size_t{20'000}, tls_buffers::full_input})
    for (std::size_t const output : {tls_buffers::full_output, tls_buffers::full_output + 1'000}) {
      tls_fixture f({.server = &good(), .trusted = &root(), .input = input, .output = output});
      REQUIRE(f.shake_hands());
      CHECK(f.client.write_some(message).count == message.size());
      octets got;
      octets chunk(5'000);
      for (int i = 0; i != 1'000 && got.size() < message.size(); ++i) {
        static_cast<void>(f.client.read_some(byte_span(chunk).first(1)));  // sends what waits
        io_result const r = f.server.read_some(chunk);
        got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(r.count));
      }
      CHECK((got == message));
      CHECK(texts(f.wire.written()) == std::vector<std::size_t>{16'384});
    }
}

TEST_CASE("bearssl_tls: a server that agreed gets no longer records, with any output",
          "[transport][bearssl_tls]") {
  octets const message(16'384, 'x');
  for (std::size_t const length : {512U, 1024U, 2048U, 4096U}) {
    tls_fixture f({.server = &good(), .trusted = &root(), .input = length + 325});
    REQUIRE(f.shake_hands());
    REQUIRE(f.client.max_fragment_length() == length);
    std::size_t sent = 0;
    octets got;
    octets chunk(5'000);
    for (int i = 0; i != 10'000 && got.size() < message.size(); ++i) {
      sent += f.client.write_some(byte_view(message).subspan(sent)).count;
      static_cast<void>(f.client.read_some(byte_span(chunk).first(1)));  // sends what waits
      io_result const r = f.server.read_some(chunk);
      got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(r.count));
    }
    CHECK((got == message));
    CHECK(texts(f.wire.written()) == std::vector<std::size_t>(message.size() / length, length));
  }
}

TEST_CASE("bearssl_tls: a server that was asked and did not agree gets whole records",
          "[transport][bearssl_tls]") {
  octets const message(16'384, 'x');
  struct row {
    std::size_t output;
    std::size_t records;
  };
  for (row const& r : {row{tls_buffers::full_output, 1}, row{8'192 + 85, 2}})
    for (std::size_t const length : {512U, 1024U}) {
      std::vector<std::uint8_t> rightward(40'000);
      std::vector<std::uint8_t> leftward(40'000);
      memory_pipe pipe(rightward, leftward);
      faulty<memory_pipe::end> lower(pipe.left(), {});
      tap wire(lower);
      bearssl_server server(pipe.right(), good(), length + 85);
      trust_store<1> trust;
      REQUIRE(trust.add_pem(to_pem(root())));
      octets input(length + 325);
      octets output(r.output);
      bearssl_tls client(wire, trust.anchors(), {input, output});
      octets const entropy(32, 1);
      REQUIRE(client.start({.server_name = "hub.example.test", .unix_time = today, .entropy = entropy}));
      octets room(1);
      for (int i = 0; i != 1'000 && !client.handshake_done(); ++i) {
        REQUIRE(client.read_some(room).status == io_status::would_block);
        server.turn();
      }
      REQUIRE(client.handshake_done());
      CHECK(asked_for(wire.written()) != 0);
      CHECK(client.max_fragment_length() == 0);
      std::size_t sent = 0;
      for (int i = 0; i != 1'000 && server.received.size() < message.size(); ++i) {
        sent += client.write_some(byte_view(message).subspan(sent)).count;
        static_cast<void>(client.read_some(room));
        server.turn();
      }
      CHECK((server.received == message));
      CHECK(server.last_error() == 0);
      CHECK(texts(wire.written()).size() == r.records);
    }
}
