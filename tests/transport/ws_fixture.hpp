// SPDX-License-Identifier: BSL-1.0
// A peer of a websocket that is written by hand, byte for byte: it uses nothing of the code under test but the
// names of types.
#ifndef HUBWIRE_TESTS_TRANSPORT_WS_FIXTURE_HPP
#define HUBWIRE_TESTS_TRANSPORT_WS_FIXTURE_HPP

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/transport/memory_pipe.hpp>
#include <hubwire/transport/websocket.hpp>

#include "support/hex.hpp"

namespace hubwire::test {

// Numbers that are easily told apart, a new one for each byte.
struct counting_random {
  std::uint8_t next = 0x11;
  result<void> operator()(byte_span room) noexcept {
    for (std::uint8_t& octet : room) octet = next = static_cast<std::uint8_t>(next * 5 + 1);
    return {};
  }
};

struct openssl_sha1 {
  result<void> operator()(byte_view message, sha1_output digest) const noexcept {
    SHA1(message.data(), message.size(), digest.data());
    return {};
  }
};

using test_client = ws_client<counting_random, openssl_sha1>;
using test_server = ws_server<openssl_sha1>;

inline std::string accept_of(std::string const& key) {
  std::string const text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<std::uint8_t, 20> digest{};
  SHA1(reinterpret_cast<unsigned char const*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 32> out{};
  int const size = EVP_EncodeBlock(out.data(), digest.data(), 20);
  return {reinterpret_cast<char const*>(out.data()), static_cast<std::size_t>(size)};
}

// Frames without masks, "8203 aabbcc 8900", as a client would send them.
inline std::vector<std::uint8_t> masked(std::vector<std::uint8_t> const& frames) {
  std::vector<std::uint8_t> out;
  std::array<std::uint8_t, 4> const key{0x5a, 0x01, 0xfe, 0x80};
  auto const size = static_cast<std::ptrdiff_t>(frames.size());
  for (std::ptrdiff_t at = 0; at < size;) {
    auto const octet = [&](std::ptrdiff_t i) { return frames[static_cast<std::size_t>(at + i)]; };
    std::ptrdiff_t header = 2;
    std::uint64_t length = at + 1 < size ? octet(1) & 0x7Fu : 0;
    std::ptrdiff_t const extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (extra != 0) length = 0;
    for (; header < 2 + extra && at + header < size; ++header) length = length << 8 | octet(header);
    header = std::min(header, size - at);
    for (std::ptrdiff_t i = 0; i != header; ++i)
      out.push_back(static_cast<std::uint8_t>(i == 1 ? octet(i) ^ 0x80u : octet(i)));
    out.insert(out.end(), key.begin(), key.end());
    at += header;
    for (std::uint64_t i = 0; i != length && at < size; ++i, ++at)
      out.push_back(frames[static_cast<std::size_t>(at)] ^ key[i % 4]);
  }
  return out;
}

// Takes the masks off a client's frames and checks that each has one. Leaves a server's as they are.
inline std::vector<std::uint8_t> unmasked(std::vector<std::uint8_t> const& frames, bool from_client) {
  std::vector<std::uint8_t> out;
  for (std::size_t at = 0; at < frames.size();) {
    REQUIRE(frames.size() - at >= 2);
    REQUIRE(((frames[at + 1] & 0x80) != 0) == from_client);
    std::size_t const code = frames[at + 1] & 0x7Fu;
    std::size_t header = code == 126 ? 4 : code == 127 ? 10 : 2;
    REQUIRE(frames.size() - at >= header + (from_client ? 4 : 0));
    std::uint64_t length = header == 2 ? code : 0;
    for (std::size_t i = 2; i != header; ++i) length = length << 8 | frames[at + i];
    for (std::size_t i = 0; i != header; ++i)
      out.push_back(i == 1 ? static_cast<std::uint8_t>(code) : frames[at + i]);
    std::uint8_t const* const key = frames.data() + at + header;
    header += from_client ? 4 : 0;
    REQUIRE(frames.size() - at - header >= length);
    for (std::size_t i = 0; i != length; ++i)
      out.push_back(from_client ? frames[at + header + i] ^ key[i % 4] : frames[at + header + i]);
    at += header + static_cast<std::size_t>(length);
  }
  return out;
}

// A websocket on the left of a pipe. The peer on the right is the test.
template <class End, std::size_t Capacity = 4000>
struct ws_fixture {
  static constexpr bool is_client = End::role == ws_role::client;

  std::array<std::uint8_t, Capacity> rightward{};
  std::array<std::uint8_t, Capacity> leftward{};
  memory_pipe pipe{rightward, leftward};
  std::vector<std::uint8_t> scratch = std::vector<std::uint8_t>(1000);
  websocket<memory_pipe::end, End> stream{pipe.left(), End{}, scratch};

  void begin() {
    if constexpr (is_client) {
      REQUIRE(stream.start({.host = "broker.example"}));
    } else {
      REQUIRE(stream.start({}));
    }
  }
  void send(std::string_view text) { send(as_bytes(text).octets()); }
  void send(byte_view octets) { REQUIRE(pipe.right().write_some(octets).count == octets.size()); }
  // Frames, as the peer has to mask them or not.
  void send_frames(std::string_view hex) {
    std::vector<std::uint8_t> const frames = from_hex(hex);
    send(byte_view(is_client ? frames : masked(frames)));
  }
  std::vector<std::uint8_t> arrived() {
    std::vector<std::uint8_t> got(2 * Capacity);
    got.resize(pipe.right().read_some(got).count);
    return got;
  }
  // What has arrived, frames without masks.
  std::string arrived_frames() { return to_hex(byte_view(unmasked(arrived(), is_client))); }

  io_result read(std::size_t most = 500) {
    std::vector<std::uint8_t> room(most);
    io_result const got = stream.read_some(room);
    data.insert(data.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got.count));
    return got;
  }
  // The first answer that is no payload.
  io_result read_all(std::size_t most = 500) {
    io_result got = read(most);
    for (int left = 10'000; left != 0 && got.status == io_status::ok; --left) got = read(most);
    return got;
  }
  std::vector<std::uint8_t> data{};  // all that was read

  std::string answer() {
    std::string const request = text_that_arrived();
    std::string_view const name = "Sec-WebSocket-Key: ";
    std::size_t const at = request.find(name);
    REQUIRE(at != std::string::npos);
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: " +
           accept_of(request.substr(at + name.size(), 24)) + "\r\n\r\n";
  }
  static std::string request() {
    return "GET /mqtt HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n"
           "Sec-WebSocket-Version: 13\r\n\r\n";
  }
  std::string text_that_arrived() {
    std::vector<std::uint8_t> const got = arrived();
    return {got.begin(), got.end()};
  }
  // The peer's part of the handshake, after which the stream is open once it has read.
  std::string peer_head() {
    begin();
    if constexpr (!is_client) return request();
    CHECK(read().status == io_status::would_block);
    return answer();
  }
  void open() {
    send(peer_head());
    CHECK(read().status == io_status::would_block);
    REQUIRE(stream.handshake_done());
    if (!is_client) CHECK(text_that_arrived().find("HTTP/1.1 101 ") == 0);
  }
};

}  // namespace hubwire::test

#endif
