// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/ws_handshake.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/crypto/bearssl_sha1.hpp>

#include "support/every_size.hpp"

using namespace hubwire;

namespace {

// The key and the answer to it that RFC 6455 section 1.3 shows.
constexpr std::string_view rfc_key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view rfc_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

template <class Text>
Text text_as(std::string_view text) {
  Text made{};
  std::copy(text.begin(), text.end(), made.begin());
  return made;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  std::size_t const at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

std::string good_answer() {
  return "HTTP/1.1 101 Switching Protocols\r\n"
         "Upgrade: websocket\r\n"
         "Connection: Upgrade\r\n"
         "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
         "Sec-WebSocket-Protocol: mqtt\r\n"
         "\r\n";
}
std::string good_request() {
  return "GET /mqtt HTTP/1.1\r\n"
         "Host: broker.example\r\n"
         "Upgrade: websocket\r\n"
         "Connection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Protocol: mqtt\r\n"
         "Sec-WebSocket-Version: 13\r\n"
         "\r\n";
}

struct outcome {
  ws_status state = ws_status::need_more;
  unsigned status = 0;
  std::string key{};
  std::string protocol{};
  friend bool operator==(outcome const&, outcome const&) = default;
};

struct answer_side {
  std::array<char, ws_line_size> memory{};
  ws_answer_reader reader{memory, text_as<ws_accept_text>(rfc_accept)};
  outcome seen(ws_status state) const { return {state, reader.status(), {}, {}}; }
};
struct request_side {
  std::array<char, ws_line_size> memory{};
  ws_request_reader reader{memory, "/mqtt"};
  outcome seen(ws_status state) const {
    if (state != ws_status::ready) return {state, reader.status(), {}, {}};
    return {state, 0, {reader.key().data(), reader.key().size()}, std::string(reader.protocol())};
  }
};

template <class Side>
outcome read_in_two(std::string const& text, std::size_t split) {
  Side side;
  byte_view const all = as_bytes(text).octets();
  byte_view part = all.first(split);
  ws_status state = side.reader.feed(part);
  if (state == ws_status::need_more) {
    CHECK(part.empty());
    part = all.subspan(split);
    state = side.reader.feed(part);
  }
  // What stands behind the head stays in the input.
  std::size_t const end = text.find("\r\n\r\n") + 4;
  if (state == ws_status::ready) CHECK(part.size() == (split < end ? text.size() : split) - end);
  return side.seen(state);
}

// Read at once, cut in two at each place, and byte by byte.
template <class Side>
outcome read(std::string const& text) {
  outcome const whole = read_in_two<Side>(text, text.size());
  std::size_t const step = text.size() > 1000 ? 97 : 1;
  for (std::size_t split = 0; split < text.size(); split += step)
    CHECK(read_in_two<Side>(text, split) == whole);
  Side side;
  ws_status state = ws_status::need_more;
  for (std::uint8_t const octet : as_bytes(text).octets()) {
    byte_view one(&octet, 1);
    if (state == ws_status::need_more) state = side.reader.feed(one);
  }
  CHECK(side.seen(state) == whole);
  return whole;
}
outcome read_answer(std::string const& text) { return read<answer_side>(text); }
outcome read_request(std::string const& text) { return read<request_side>(text); }

void check_answer(bool good, std::string_view what, std::string_view by) {
  INFO(by);
  CHECK((read_answer(replaced(good_answer(), what, by)).state == ws_status::ready) == good);
}
void check_request(bool good, std::string_view what, std::string_view by, unsigned status = 400) {
  INFO(by);
  outcome const seen = read_request(replaced(good_request(), what, by));
  CHECK(seen.state == (good ? ws_status::ready : ws_status::failed));
  CHECK(seen.status == (good ? 0 : status));
}

}  // namespace

TEST_CASE("ws_handshake: the accept of a key is that of RFC 6455 section 1.3", "[transport][ws_handshake]") {
  bearssl_sha1 hash;
  auto const accept = ws_accept_of(hash, text_as<ws_key_text>(rfc_key));
  REQUIRE(accept);
  CHECK(std::string_view(accept->data(), accept->size()) == rfc_accept);
}

TEST_CASE("ws_handshake: a hash that fails is an error", "[transport][ws_handshake]") {
  struct {
    result<void> operator()(byte_view, sha1_output) const noexcept { return error{errc::crypto_failed, 7}; }
  } hash;
  CHECK(ws_accept_of(hash, {}).error() == error{errc::crypto_failed, 7});
}

TEST_CASE("ws_handshake: a key is 16 bytes as base64", "[transport][ws_handshake]") {
  std::array<std::uint8_t, 16> random{};
  std::copy_n("the sample nonce", 16, random.begin());
  ws_key_text const key = ws_key_of(random);
  CHECK(std::string_view(key.data(), key.size()) == rfc_key);
}

TEST_CASE("ws_handshake: a request is written as IoT Hub takes it",
          "[transport][ws_handshake][v3.1.1:MQTT-6.0.0-3]") {
  test::writes_into_every_size(
      "GET /$iothub/websocket HTTP/1.1\r\n"
      "Host: hub.azure-devices.net:443\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: mqtt\r\n"
      "Sec-WebSocket-Version: 13\r\n"
      "\r\n",
      [](char_span out) {
        return write_ws_request(out, {.host = "hub.azure-devices.net:443", .path = iothub_ws_path},
                                text_as<ws_key_text>(rfc_key));
      });
}

TEST_CASE("ws_handshake: a host or path that ends its line is refused", "[transport][ws_handshake]") {
  std::array<char, 500> out{};
  ws_key_text const key{};
  CHECK(write_ws_request(out, {.host = ""}, key).error() == errc::missing_field);
  for (std::string_view const bad : {"a\r\nX: y", "a b", "a\x7f", "\xc3\xa4", "a\t"}) {
    CHECK(write_ws_request(out, {.host = bad}, key).error() == errc::invalid_field);
    std::string const path = "/" + std::string(bad);
    CHECK(write_ws_request(out, {.host = "h", .path = path}, key).error() == errc::invalid_field);
  }
  CHECK(write_ws_request(out, {.host = "h", .path = ""}, key).error() == errc::invalid_field);
  CHECK(write_ws_request(out, {.host = "h", .path = "mqtt"}, key).error() == errc::invalid_field);
}

TEST_CASE("ws_handshake: what one end writes the other end takes",
          "[transport][ws_handshake][v3.1.1:MQTT-6.0.0-4]") {
  std::array<char, 400> out{};
  auto const request = write_ws_request(out, {.host = "broker.example"}, text_as<ws_key_text>(rfc_key));
  REQUIRE(request);
  CHECK(read_request(std::string(*request)) == outcome{ws_status::ready, 0, std::string(rfc_key), "mqtt"});
  test::writes_into_every_size(
      good_answer(), [](char_span to) { return write_ws_answer(to, text_as<ws_accept_text>(rfc_accept)); });
  CHECK(read_answer(good_answer()) == outcome{ws_status::ready, 101, {}, {}});
}

TEST_CASE("ws_handshake: bytes behind the head stay in the input", "[transport][ws_handshake][H196]") {
  CHECK(read_answer(good_answer() + "\x82\x02 \x20").state == ws_status::ready);
  CHECK(read_request(good_request() + "\r\n\r\nmore").state == ws_status::ready);
}

TEST_CASE("ws_handshake: a head that is cut short needs more", "[transport][ws_handshake][H196]") {
  std::string const answer = good_answer();
  for (std::size_t size = 0; size != answer.size(); ++size)
    REQUIRE(read_in_two<answer_side>(answer.substr(0, size), size).state == ws_status::need_more);
}

TEST_CASE("ws_handshake: no more may be read than is certain to come", "[transport][ws_handshake]") {
  for (std::string const& text :
       {good_answer(), replaced(good_answer(), "\r\nUpgrade", "\r\nA: b\r\nUpgrade")}) {
    answer_side side;
    for (std::size_t at = 0; at != text.size();) {
      std::size_t const count = side.reader.bytes_before_end();
      REQUIRE(count >= 1);
      REQUIRE(count <= text.size() - at);
      byte_view part = as_bytes(text).octets().subspan(at, count);
      ws_status const state = side.reader.feed(part);
      REQUIRE(part.empty());
      at += count;
      CHECK((state == ws_status::ready) == (at == text.size()));
    }
  }
}

TEST_CASE("ws_handshake: every status but 101 is refused and told", "[transport][ws_handshake][H196]") {
  std::string_view const line = "101 Switching Protocols";
  for (unsigned const status : {100u, 200u, 301u, 400u, 401u, 404u, 426u, 503u}) {
    outcome const seen = read_answer(replaced(good_answer(), line, std::to_string(status) + " Because"));
    CHECK(seen.state == ws_status::failed);
    CHECK(seen.status == status);
  }
  // libwebsockets says so to a path that it does not have.
  CHECK(read_answer("HTTP/1.0 404 Not Found\r\n\r\n").status == 404);
  check_answer(true, line, "101");
  check_answer(true, line, "101 ");
  for (std::string_view const bad : {"1010 No", "10", "1O1 No", "", " 101 No", "101\tNo", "-01 No"})
    check_answer(false, line, bad);
  for (std::string_view const bad : {"HTTP/1.0", "HTTP/2", "http/1.1", "ICY", " HTTP/1.1", "\r\nHTTP/1.1"})
    check_answer(false, "HTTP/1.1", bad);
}

TEST_CASE("ws_handshake: an answer has all its parts, once", "[transport][ws_handshake][H196]") {
  std::string_view const lines[] = {"Upgrade: websocket\r\n", "Connection: Upgrade\r\n",
                                    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
                                    "Sec-WebSocket-Protocol: mqtt\r\n"};
  for (std::string_view const line : lines) {
    check_answer(false, line, "");
    std::string const twice = std::string(line) + std::string(line);
    check_answer(line[0] != 'S', line, twice);
  }
}

TEST_CASE("ws_handshake: names and words of an answer have no case", "[transport][ws_handshake][H196]") {
  check_answer(true, "Upgrade: websocket", "UPGRADE:WebSocket");
  check_answer(true, "Connection: Upgrade", "connection: \t keep-alive , UPGRADE \t");
  check_answer(true, "Sec-WebSocket-Accept", "sec-websocket-ACCEPT");
  check_answer(true, "Sec-WebSocket-Protocol: mqtt", "Sec-Websocket-Protocol:mqtt  ");
}

TEST_CASE("ws_handshake: a wrong part of an answer is refused",
          "[transport][ws_handshake][H196][v3.1.1:MQTT-6.0.0-4]") {
  check_answer(false, "Upgrade: websocket", "Upgrade: websockets");
  check_answer(false, "Upgrade: websocket", "Upgrade: h2c");
  check_answer(false, "Connection: Upgrade", "Connection: close");
  check_answer(false, "Connection: Upgrade", "Connection: Upgraded");
  check_answer(false, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  check_answer(false, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "");
  for (std::string_view const bad : {"mqttv3.1", "MQTT", "mqtt, mqtt", "mqtt,", "", "mqt"})
    check_answer(false, "mqtt", bad);
  check_answer(false, "\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
}

TEST_CASE("ws_handshake: lines that are no header are refused", "[transport][ws_handshake][H196]") {
  using namespace std::string_view_literals;
  for (std::string_view const bad :
       {"X-A: b\0c\r\n"sv, "X-A\0: b\r\n"sv, "no colon\r\n"sv, ": no name\r\n"sv, "X-A : b\r\n"sv,
        " folded: x\r\n"sv, "X-A: b\n"sv, "X-A: b\r"sv, "X-A: b\r\r\n"sv, "X-A: \x1b[0m\r\n"sv,
        "X-A: \x7f\r\n"sv, "\n"sv, "\r"sv}) {
    check_answer(false, "Connection", std::string(bad) + "Connection");
    check_request(false, "Connection", std::string(bad) + "Connection");
  }
  check_answer(true, "Connection", "X-A:\r\nServer: \xc3\xa4\tb: c\r\nConnection");
}

TEST_CASE("ws_handshake: the name of a field is a token", "[transport][ws_handshake][H196]") {
  std::string const name = GENERATE("X\"A", "X(A", "X)A", "X,A", "X/A", "X;A", "X<A", "X=A", "X>A", "X?A",
                                    "X@A", "X[A", "X\\A", "X]A", "X{A", "X}A", "X\xc3\xa4", "X\x7f");
  check_answer(false, "Connection", name + ": b\r\nConnection");
  check_request(false, "Connection", name + ": b\r\nConnection");
  check_answer(true, "Connection", "!#$%&'*+-.^_`|~9: b\r\nConnection");
}

TEST_CASE("ws_handshake: another server is refused at its first byte that is not HTTP/1.x",
          "[transport][ws_handshake][H196]") {
  auto const [text, offset] = GENERATE(table<std::string, std::size_t>({
      {"220 mail.example ESMTP\r\n", 0},
      {"SSH-2.0-OpenSSH_9.2\r\n", 0},
      {"\x15\x03\x01", 0},
      {"\x20\x02", 0},
      {"HELO\r\n", 1},
      {"HTTP/2 101", 5},
      {"HTTP/1.x 101", 7},
      {"HTTP/1.1 1O1", 10},
      {"HTTP/1.1 1010", 12},
      {"HTTP/1.1 101 A\r\nUpgrade : websocket", 23},
      {"HTTP/1.1 101 A\r\n folded", 16},
  }));
  answer_side side;
  byte_view in = as_bytes(text).octets();
  CHECK(side.reader.feed(in) == ws_status::failed);
  CHECK(text.size() - in.size() == offset);
}

TEST_CASE("ws_handshake: what is no GET is refused at its first byte that differs",
          "[transport][ws_handshake]") {
  auto const [text, offset] = GENERATE(table<std::string, std::size_t>({
      {"\x16\x03\x01", 0},
      {"POST /mqtt HTTP/1.1", 0},
      {"\x10\x0e", 0},
      {"GETS /", 3},
      {"get /", 0},
  }));
  request_side side;
  byte_view in = as_bytes(text).octets();
  CHECK(side.reader.feed(in) == ws_status::failed);
  CHECK(text.size() - in.size() == offset);
}

TEST_CASE("ws_handshake: a line of any length that does not matter is passed over, up to the limit",
          "[transport][ws_handshake][H196]") {
  std::size_t const size = GENERATE(100u, 115u, 116u, 117u, 118u, 130u, 4000u, 65536u);
  std::string const line = "Set-Cookie: " + std::string(size, 'x') + "\r\nConnection";
  check_answer(size < largest_ws_head, "Connection", line);
  check_request(size < largest_ws_head, "Connection", line);
}

TEST_CASE("ws_handshake: a head holds 8192 bytes and no more", "[transport][ws_handshake][H196]") {
  std::size_t const room = largest_ws_head - good_answer().size() - 7;
  check_answer(true, "Connection", "X-A: " + std::string(room, 'x') + "\r\nConnection");
  check_answer(false, "Connection", "X-A: " + std::string(room + 1, 'x') + "\r\nConnection");
}

TEST_CASE("ws_handshake: what is cut off a long line is not taken for absent",
          "[transport][ws_handshake][H196]") {
  std::string const blanks(120, ' ');
  check_answer(false, "mqtt", "mqtt" + blanks + "v5");
  check_answer(false, "websocket", "websocket" + blanks + "s");
  check_answer(false, "Connection: Upgrade", "Connection: Upgrade" + blanks + "d");
  check_request(false, "mqtt\r\nSec", "mqtt" + blanks + "v5\r\nSec");
  check_request(false, "/mqtt", "/mqtt?" + std::string(200, 'x'));
}

TEST_CASE("ws_handshake: a request is taken as it is meant", "[transport][ws_handshake]") {
  check_request(true, "GET /mqtt", "GET /mqtt?iothub-no-client-cert=true");
  check_request(true, "websocket\r\nConn", "h2c, WebSocket\r\nConn");
  check_request(true, "Connection: Upgrade", "Connection: keep-alive, Upgrade");
  check_request(true, "Protocol: mqtt", "Protocol: mqttv3.1, mqtt");
  check_request(true, "Protocol: mqtt", "Protocol: mqttv3.1\r\nSec-WebSocket-Protocol: mqtt");
  check_request(true, "Version: 13", "Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate");
  CHECK(read_request(replaced(good_request(), "Protocol: mqtt", "Protocol: MQTT")).protocol == "MQTT");
}

TEST_CASE("ws_handshake: a wrong request is refused", "[transport][ws_handshake][H196]") {
  for (std::string_view const bad :
       {"POST /mqtt", "GET /other", "GET mqtt", "GET  /mqtt", "get /mqtt", "GET /mqtt "})
    check_request(false, "GET /mqtt", bad);
  check_request(false, "HTTP/1.1", "HTTP/1.0");
  check_request(false, "Host: broker.example\r\n", "");
  check_request(false, "Host: broker.example\r\n", "Host: a\r\nHost: b\r\n");
  check_request(false, "Upgrade: websocket\r\n", "");
  check_request(false, "Connection: Upgrade\r\n", "Connection: close\r\n");
  check_request(false, "Sec-WebSocket-Protocol: mqtt\r\n", "");
  check_request(false, "Protocol: mqtt", "Protocol: mqttv3.1, amqp");
  check_request(false, "Sec-WebSocket-Version: 13\r\n", "");
  check_request(false, "Version: 13", "Version: 8", 426);
  check_request(false, "Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13");
}

TEST_CASE("ws_handshake: a key is exactly 16 bytes", "[transport][ws_handshake]") {
  std::string_view const line = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  check_request(false, line, "");
  check_request(false, line, std::string(line) + std::string(line));
  for (std::string_view const bad :
       {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZXh4",
        "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25j!Q=="})
    check_request(false, rfc_key, bad);
}

TEST_CASE("ws_handshake: a refusal is a whole answer", "[transport][ws_handshake]") {
  CHECK(ws_refusal(400).find("HTTP/1.1 400 ") == 0);
  CHECK(ws_refusal(426).find("HTTP/1.1 426 ") == 0);
  CHECK(ws_refusal(426).find("Sec-WebSocket-Version: 13\r\n") != std::string_view::npos);
  for (unsigned const status : {400u, 426u}) {
    CHECK(ws_refusal(status).substr(ws_refusal(status).size() - 4) == "\r\n\r\n");
    CHECK(read_answer(std::string(ws_refusal(status))).status == status);
  }
}
