// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/websocket.hpp>

#include <array>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "ws_fixture.hpp"
#include "ws_vectors.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

using octets = std::vector<std::uint8_t>;

template <class End>
using stream_of = websocket<memory_pipe::end, End>;
static_assert(byte_stream<stream_of<test_client>>);
static_assert(byte_stream<stream_of<test_server>>);

std::string plain_hex(std::string_view hex) { return to_hex(byte_view(from_hex(hex))); }

octets counting(std::size_t size) {
  octets made(size);
  std::iota(made.begin(), made.end(), std::uint8_t{0});
  return made;
}

template <class Fixture>
void check_end(Fixture& f, io_result const& got, ws_vector const& v) {
  switch (v.end) {
    case ws_end::open: CHECK(got.status == io_status::would_block); break;
    case ws_end::closed: CHECK(got.status == io_status::closed); break;
    case ws_end::failed: {
      octets const frames = from_hex(v.answers);
      unsigned const code = frames[frames.size() - 2] * 256u + frames.back();
      CHECK(got.status == io_status::failed);
      CHECK(got.error == error{errc::websocket_failed, code});
      break;
    }
  }
  if (v.end != ws_end::open) CHECK(f.stream.write_some(octets{1}).status == got.status);
}

// The frames arrive in pieces, and the caller's buffer holds so many bytes.
template <class End>
void check_vector(ws_vector const& v, std::size_t piece, std::size_t room) {
  ws_fixture<End> f;
  f.open();
  octets const plain = from_hex(v.frames);
  octets const wire = f.is_client ? plain : masked(plain);
  io_result got{};
  for (std::size_t at = 0; at < wire.size(); at += piece) {
    f.send(byte_view(wire).subspan(at, std::min(piece, wire.size() - at)));
    got = f.read_all(room);
  }
  CHECK(to_hex(byte_view(f.data)) == plain_hex(v.data));
  CHECK(f.arrived_frames() == plain_hex(v.answers));
  check_end(f, got, v);
}

}  // namespace

TEMPLATE_TEST_CASE("websocket: each vector has its outcome, however it is split",
                   "[transport][websocket][H190][H193][H194][H195]", test_client, test_server) {
  for (ws_vector const& v : ws_vectors) {
    INFO(v.what);
    for (std::size_t const piece : {1u, 2u, 3u, 5u, 100u})
      for (std::size_t const room : {1u, 4u, 500u}) check_vector<TestType>(v, piece, room);
  }
}

TEMPLATE_TEST_CASE("websocket: control frames hold 125 bytes", "[transport][websocket]", test_client,
                   test_server) {
  std::string const payload = to_hex(byte_view(counting(125)));
  check_vector<TestType>({"", ("897d" + payload).c_str(), "", ("8a7d" + payload).c_str(), ws_end::open}, 50,
                         60);
  std::string const reason(2 * 123, '6');
  check_vector<TestType>({"", ("887d03e9" + reason).c_str(), "", "880203e9", ws_end::closed}, 50, 60);
}

TEMPLATE_TEST_CASE("websocket: headers of each size are read, split after each byte",
                   "[transport][websocket][H192]", test_client, test_server) {
  std::size_t const size = GENERATE(125u, 126u, 65535u, 65536u);
  std::size_t const header = size < 126 ? 2 : size <= 65535 ? 4 : 10;
  octets frame = from_hex(size == 125     ? "827d"
                          : size == 126   ? "827e007e"
                          : size == 65535 ? "827effff"
                                          : "827f0000000000010000");
  REQUIRE(frame.size() == header);
  octets const payload = counting(size);
  frame.insert(frame.end(), payload.begin(), payload.end());
  for (std::size_t split = 1; split != header + 6; ++split) {
    ws_fixture<TestType, 70'000> f;
    f.open();
    octets const wire = f.is_client ? frame : masked(frame);
    f.send(byte_view(wire).first(split));
    CHECK(f.read_all().status == io_status::would_block);
    f.send(byte_view(wire).subspan(split));
    CHECK(f.read_all().status == io_status::would_block);
    REQUIRE(f.data == payload);
  }
}

TEMPLATE_TEST_CASE("websocket: a handshake is read however it is split, and what comes behind it as well",
                   "[transport][websocket][H196]", test_client, test_server) {
  for (std::size_t split = 0; split < 260; ++split) {
    ws_fixture<TestType> f;
    std::string const head = f.peer_head();
    octets const frames = from_hex("8900 8202 aabb");
    octets wire(head.begin(), head.end());
    octets const more = f.is_client ? frames : masked(frames);
    wire.insert(wire.end(), more.begin(), more.end());
    std::size_t const at = std::min(split, wire.size());
    f.send(byte_view(wire).first(at));
    CHECK(f.read_all().status == io_status::would_block);
    f.send(byte_view(wire).subspan(at));
    CHECK(f.read_all().status == io_status::would_block);
    CHECK(f.stream.handshake_done());
    REQUIRE(f.data == octets{0xaa, 0xbb});
  }
}

TEMPLATE_TEST_CASE("websocket: a caller that only writes gets through the handshake and loses nothing",
                   "[transport][websocket]", test_client, test_server) {
  ws_fixture<TestType> f;
  octets const data{1, 2, 3};
  f.begin();
  CHECK(f.stream.write_some(data).status == io_status::would_block);
  f.send(f.is_client ? f.answer() : f.request());
  f.send_frames("8202 aabb");
  CHECK(f.stream.write_some(data).count == 3);
  CHECK(f.read_all().status == io_status::would_block);
  CHECK(f.data == octets{0xaa, 0xbb});
  std::string const got = f.text_that_arrived();
  CHECK(got.find(f.is_client ? "\x82\x83" : "\r\n\r\n\x82\x03") != std::string::npos);
}

TEMPLATE_TEST_CASE("websocket: header and payload leave in one write", "[transport][websocket]", test_client,
                   test_server) {
  struct recorder {
    memory_pipe::end& lower;
    std::vector<std::size_t> sizes{};
    io_result read_some(byte_span room) noexcept { return lower.read_some(room); }
    io_result write_some(byte_view data) noexcept {
      sizes.push_back(data.size());
      return lower.write_some(data);
    }
  };
  ws_fixture<TestType> f;
  recorder lower{f.pipe.left()};
  websocket<recorder, TestType> stream(lower, TestType{}, f.scratch);
  std::array<std::uint8_t, 10> room{};
  if constexpr (f.is_client) {
    REQUIRE(stream.start({.host = "h"}));
    CHECK(stream.read_some(room).status == io_status::would_block);
    f.send(f.answer());
  } else {
    REQUIRE(stream.start({}));
    f.send(f.request());
  }
  CHECK(stream.read_some(room).status == io_status::would_block);
  REQUIRE(lower.sizes.size() == 1);
  std::size_t const mask = f.is_client ? 4 : 0;
  CHECK(stream.write_some(counting(20)).count == 20);
  CHECK(stream.write_some(counting(500)).count == 500);
  CHECK(stream.write_some(counting(5000)).count == 986);
  CHECK(lower.sizes == std::vector<std::size_t>{lower.sizes[0], 22 + mask, 504 + mask, 990 + mask});
}

TEST_CASE("websocket: a client takes a new key for each frame", "[transport][websocket]") {
  ws_fixture<test_client> f;
  f.open();
  CHECK(f.stream.write_some(octets{0, 0, 0, 0}).count == 4);
  CHECK(f.stream.write_some(octets{0, 0, 0, 0}).count == 4);
  octets const wire = f.arrived();
  REQUIRE(wire.size() == 20);
  CHECK(octets(wire.begin() + 2, wire.begin() + 6) == octets(wire.begin() + 6, wire.begin() + 10));
  CHECK(octets(wire.begin() + 2, wire.begin() + 6) != octets(wire.begin() + 12, wire.begin() + 16));
}

TEMPLATE_TEST_CASE("websocket: what was counted is on its way, even when the lower stream is full",
                   "[transport][websocket]", test_client, test_server) {
  ws_fixture<TestType, 400> f;
  f.open();
  octets const data = counting(700);
  CHECK(f.stream.write_some(data).count == 700);
  CHECK(f.stream.wants_write());
  CHECK(f.stream.write_some(data).status == io_status::would_block);
  octets wire;
  for (int turn = 0; turn != 5; ++turn) {
    octets const more = f.arrived();
    wire.insert(wire.end(), more.begin(), more.end());
    CHECK(f.read().status == io_status::would_block);  // moves what is held back
  }
  octets const frame = unmasked(wire, f.is_client);
  REQUIRE(frame.size() == 704);
  CHECK(octets(frame.begin() + 4, frame.end()) == data);
  CHECK_FALSE(f.stream.wants_write());
}

TEMPLATE_TEST_CASE("websocket: bytes that the lower stream refused are offered again alone",
                   "[transport][websocket]", test_client, test_server) {
  struct refusing {
    memory_pipe::end& lower;
    bool full = false;
    std::vector<octets> offers{};
    io_result read_some(byte_span room) noexcept { return lower.read_some(room); }
    io_result write_some(byte_view data) noexcept {
      offers.emplace_back(data.begin(), data.end());
      return full ? io_result{0, io_status::would_block, {}} : lower.write_some(data);
    }
  };
  ws_fixture<TestType> f;
  refusing lower{f.pipe.left()};
  websocket<refusing, TestType> stream(lower, TestType{}, f.scratch);
  std::array<std::uint8_t, 10> room{};
  REQUIRE(stream.start({}).has_value() != f.is_client);
  if constexpr (f.is_client) {
    REQUIRE(stream.start({.host = "h"}));
    CHECK(stream.read_some(room).status == io_status::would_block);
  }
  f.send(f.is_client ? f.answer() : f.request());
  CHECK(stream.read_some(room).status == io_status::would_block);
  static_cast<void>(f.arrived());
  lower.full = true;
  lower.offers.clear();
  CHECK(stream.write_some(counting(30)).count == 30);
  f.send_frames("8901 77");
  CHECK(stream.read_some(room).status == io_status::would_block);
  CHECK(stream.write_some(counting(9)).status == io_status::would_block);
  CHECK(stream.end_output() == io_status::would_block);
  REQUIRE(lower.offers.size() >= 4);
  for (octets const& offer : lower.offers) CHECK(offer == lower.offers[0]);
  lower.full = false;
  CHECK(stream.end_output() == io_status::ok);
  CHECK(f.arrived_frames() == "821e" + to_hex(byte_view(counting(30))) + "8a0177" + "880203e8");
}

TEMPLATE_TEST_CASE("websocket: of pings that cannot be answered yet, the last one is answered",
                   "[transport][websocket]", test_client, test_server) {
  ws_fixture<TestType, 2000> f;
  f.open();
  // Fills the pipe, and then the buffer for output.
  while (f.stream.write_some(counting(986)).count != 0) {}
  for (int i = 0; i != 5; ++i) f.send_frames("8960" + std::string(192, static_cast<char>('1' + i)));
  CHECK(f.read_all().status == io_status::would_block);
  octets wire;
  for (int i = 0; i != 3; ++i) {
    octets const more = f.arrived();
    wire.insert(wire.end(), more.begin(), more.end());
    CHECK(f.read_all().status == io_status::would_block);
  }
  std::string const frames = to_hex(byte_view(unmasked(wire, f.is_client)));
  std::size_t const pongs = frames.size() % (2 * 990);
  CHECK(frames.substr(frames.size() - pongs) == "8a60" + std::string(192, '5'));
  CHECK(f.stream.write_some(counting(3)).count == 3);
}

TEMPLATE_TEST_CASE("websocket: all pings of one read are answered when the lower stream takes the answers",
                   "[transport][websocket]", test_client, test_server) {
  ws_fixture<TestType> f;
  f.open();
  std::string pings;
  std::string pongs;
  for (int i = 0; i != 20; ++i) {
    std::string const payload(2 * 125, static_cast<char>('0' + i % 10));
    pings += "897d" + payload;
    pongs += "8a7d" + payload;
  }
  f.send_frames(pings);
  CHECK(f.read_all(4000).status == io_status::would_block);
  CHECK(f.arrived_frames() == pongs);
}

TEMPLATE_TEST_CASE("websocket: close sends a Close frame and ends both directions", "[transport][websocket]",
                   test_client, test_server) {
  ws_fixture<TestType> f;
  f.open();
  f.stream.close();
  CHECK(f.arrived_frames() == "880203e8");
  CHECK(f.read().status == io_status::closed);
  CHECK(f.stream.write_some(octets{1}).status == io_status::closed);
  CHECK(f.stream.end_output() == io_status::closed);
  CHECK_FALSE(f.stream.wants_write());
  CHECK(f.pipe.right().write_some(octets{1}).count == 1);  // the lower stream is open
}

TEMPLATE_TEST_CASE("websocket: the half-close sends a Close frame, and reading goes on",
                   "[transport][websocket]", test_client, test_server) {
  ws_fixture<TestType> f;
  f.open();
  CHECK(f.stream.end_output() == io_status::ok);
  CHECK(f.stream.end_output() == io_status::ok);
  CHECK(f.arrived_frames() == "880203e8");
  CHECK(f.stream.write_some(octets{1}).status == io_status::closed);
  CHECK(f.read().status == io_status::would_block);
  f.send_frames("8202 aabb 8900");
  CHECK(f.read_all().status == io_status::would_block);
  CHECK(f.data == octets{0xaa, 0xbb});
  CHECK(f.arrived_frames().empty());  // a Close frame is the last
  CHECK(f.stream.close_code() == 0);
  f.send_frames("8802 03e9");
  CHECK(f.read().status == io_status::closed);
  CHECK(f.stream.close_code() == 1001);
  CHECK(f.arrived_frames().empty());
  // Both have said goodbye: now the layer below ends.
  CHECK(f.stream.end_output() == io_status::ok);
  std::uint8_t octet = 0;
  CHECK(f.pipe.right().read_some(byte_span(&octet, 1)).status == io_status::closed);
}

TEMPLATE_TEST_CASE("websocket: an end without a Close frame is a lost connection", "[transport][websocket]",
                   test_client, test_server) {
  ws_fixture<TestType> f;
  f.open();
  f.send_frames("8202 aabb");
  f.pipe.right().close();
  io_result const got = f.read_all();
  CHECK(f.data == octets{0xaa, 0xbb});
  CHECK((got.status == io_status::failed && got.error == errc::connection_lost));
  CHECK(f.stream.write_some(octets{1}).error == errc::connection_lost);
}

TEMPLATE_TEST_CASE("websocket: an end during the handshake is a lost connection", "[transport][websocket]",
                   test_client, test_server) {
  for (bool const by_writing : {false, true}) {
    ws_fixture<TestType> f;
    std::string const head = f.peer_head();
    f.send(std::string_view(head).substr(0, 50));
    f.pipe.right().close();
    io_result const got = by_writing ? f.stream.write_some(octets{1}) : f.read();
    CHECK((got.status == io_status::failed && got.error == errc::connection_lost));
    CHECK(f.read().error == got.error);
  }
}

TEMPLATE_TEST_CASE("websocket: a failed write is reported once what had arrived is read",
                   "[transport][websocket]", test_client, test_server) {
  struct one_way {
    memory_pipe::end& lower;
    bool broken = false;
    io_result read_some(byte_span room) noexcept { return lower.read_some(room); }
    io_result write_some(byte_view data) noexcept {
      return broken ? io_result{0, io_status::failed, {errc::transport_failed, 32}} : lower.write_some(data);
    }
  };
  ws_fixture<TestType> f;
  one_way lower{f.pipe.left()};
  websocket<one_way, TestType> stream(lower, TestType{}, f.scratch);
  std::array<std::uint8_t, 10> room{};
  if constexpr (f.is_client) {
    REQUIRE(stream.start({.host = "h"}));
    CHECK(stream.read_some(room).status == io_status::would_block);
  } else {
    REQUIRE(stream.start({}));
  }
  f.send(f.is_client ? f.answer() : f.request());
  CHECK(stream.read_some(room).status == io_status::would_block);
  f.send_frames("8202 aabb");
  lower.broken = true;
  CHECK(stream.write_some(octets{1}).count == 1);
  CHECK(stream.write_some(octets{1}).error == error{errc::transport_failed, 32});
  CHECK(stream.read_some(room).count == 2);
  for (int i = 0; i != 3; ++i) {
    CHECK(stream.read_some(room).error == error{errc::transport_failed, 32});
    CHECK(stream.write_some(octets{1}).error == error{errc::transport_failed, 32});
    CHECK(stream.end_output() == io_status::failed);
  }
}

TEST_CASE("websocket: a server that refuses is told with its status", "[transport][websocket][H196]") {
  struct {
    char const* answer;
    std::uint32_t detail;
  } const cases[] = {{"HTTP/1.1 403 Forbidden\r\n", 403},
                     {"HTTP/1.1 200 OK\r\n", 200},
                     {"HTTP/1.1 101 Switch\r\n\r\n", 101},
                     {"\x20\x02\x01\x02\r\n", 0},
                     {"SSH-2.0-OpenSSH_9.2\r\n", 0}};
  for (auto const& c : cases) {
    for (bool const by_writing : {false, true}) {
      ws_fixture<test_client> f;
      static_cast<void>(f.peer_head());
      f.send(c.answer);
      io_result const got = by_writing ? f.stream.write_some(octets{1}) : f.read();
      CHECK((got.status == io_status::failed && got.error == error{errc::websocket_refused, c.detail}));
      CHECK(f.read().error == got.error);
      CHECK(f.stream.write_some(octets{1}).error == got.error);
      CHECK(f.arrived().empty());  // no Close frame
    }
  }
}

TEST_CASE("websocket: an answer to half a request is refused", "[transport][websocket]") {
  ws_fixture<test_client, 180> f;
  f.begin();
  CHECK(f.read().status == io_status::would_block);
  CHECK(f.stream.wants_write());
  std::string const answer = f.answer();  // the key has come, the last lines have not
  REQUIRE(f.pipe.left().writable() == 180);
  static_cast<void>(f.pipe.left().write_some(octets(180)));  // so that the rest does not leave
  f.send(answer);
  CHECK(f.read_all().error == error{errc::websocket_refused, 101});
}

TEST_CASE("websocket: a client that asks for something else is refused with 400 or 426",
          "[transport][websocket]") {
  struct {
    char const* what;
    char const* by;
    std::uint32_t status;
  } const cases[] = {{"/mqtt", "/other", 400},
                     {"Protocol: mqtt", "Protocol: amqp", 400},
                     {"Version: 13", "Version: 12", 426}};
  for (auto const& c : cases) {
    ws_fixture<test_server> f;
    REQUIRE(f.stream.start({.path = "/mqtt"}));
    std::string request = f.request();
    request.replace(request.find(c.what), std::string_view(c.what).size(), c.by);
    f.send(request);
    io_result const got = f.read();
    CHECK((got.status == io_status::failed && got.error == error{errc::websocket_refused, c.status}));
    CHECK(f.text_that_arrived() == ws_refusal(c.status));
  }
}

TEST_CASE("websocket: a server spells the subprotocol as the client does", "[transport][websocket]") {
  ws_fixture<test_server> f;
  f.begin();
  std::string request = f.request();
  request.replace(request.find("l: mqtt"), 7, "l: MQTT");
  f.send(request);
  CHECK(f.read().status == io_status::would_block);
  CHECK(f.text_that_arrived().find("Sec-WebSocket-Protocol: MQTT\r\n") != std::string::npos);
}

TEST_CASE("websocket: what cannot begin says why, and the stream as well", "[transport][websocket]") {
  ws_fixture<test_client> f;
  CHECK(f.read().status == io_status::closed);  // before start()
  CHECK(f.stream.start({}).error() == errc::missing_field);
  CHECK(f.read().error == errc::missing_field);
  std::string const host(990, 'h');
  auto const long_host = f.stream.start({.host = host}).error();
  CHECK(long_host.code == errc::buffer_too_small);
  CHECK(f.stream.write_some(octets{1}).error == long_host);
  f.scratch.resize(long_host.detail);
  websocket<memory_pipe::end, test_client> larger(f.pipe.left(), {}, f.scratch);
  CHECK(larger.start({.host = host}));
  websocket<memory_pipe::end, test_client> small(f.pipe.left(), {}, byte_span(f.scratch).first(255));
  CHECK(small.start({.host = "h"}).error() == error{errc::buffer_too_small, 256});
  websocket<memory_pipe::end, test_server> server(f.pipe.left(), {}, byte_span(f.scratch).first(255));
  CHECK(server.start({}).error() == error{errc::buffer_too_small, 256});
}

TEST_CASE("websocket: without random bytes nothing is sent", "[transport][websocket]") {
  struct failing {
    int left;
    result<void> operator()(byte_span room) noexcept {
      for (std::uint8_t& octet : room) octet = 1;
      if (--left < 0) return error{errc::crypto_failed, 9};
      return {};
    }
  };
  ws_fixture<test_client> f;
  websocket none(f.pipe.left(), ws_client{failing{0}, openssl_sha1{}}, f.scratch);
  CHECK(none.start({.host = "h"}).error() == error{errc::crypto_failed, 9});
  websocket one(f.pipe.left(), ws_client{failing{1}, openssl_sha1{}}, f.scratch);
  REQUIRE(one.start({.host = "h"}));
  std::array<std::uint8_t, 9> room{};
  CHECK(one.read_some(room).status == io_status::would_block);
  f.send(f.answer());
  CHECK(one.read_some(room).status == io_status::would_block);
  CHECK(one.write_some(room).error == error{errc::crypto_failed, 9});
  CHECK(one.read_some(room).error == error{errc::crypto_failed, 9});
  CHECK(f.arrived().empty());
}

TEMPLATE_TEST_CASE("websocket: a second start begins anew", "[transport][websocket]", test_client,
                   test_server) {
  ws_fixture<TestType> f;
  f.open();
  f.send_frames("0201 aa 8802 03e9");  // in the middle of a message
  CHECK(f.read_all().status == io_status::closed);
  CHECK(f.stream.close_code() == 1001);
  f.data.clear();
  static_cast<void>(f.arrived());
  f.open();
  CHECK(f.stream.close_code() == 0);
  f.send_frames("8202 aabb");
  CHECK(f.read_all().status == io_status::would_block);
  CHECK(f.data == octets{0xaa, 0xbb});
}

TEMPLATE_TEST_CASE("websocket: frames without payload do not keep a call forever", "[transport][websocket]",
                   test_client, test_server) {
  ws_fixture<TestType> f;
  f.open();
  for (int i = 0; i != 200; ++i) f.send_frames("8a00");
  CHECK(f.read(2).status == io_status::would_block);
  CHECK(f.stream.wants_call());
  CHECK(f.stream.has_unread());
  for (int i = 0; i != 20 && f.stream.wants_call(); ++i) CHECK(f.read(2).status == io_status::would_block);
  CHECK_FALSE(f.stream.wants_call());
  CHECK_FALSE(f.stream.has_unread());
}
