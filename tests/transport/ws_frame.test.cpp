// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/ws_frame.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "support/constexpr_test.hpp"
#include "support/guarded.hpp"
#include "support/hex.hpp"

using namespace hubwire;
using hubwire::test::constexpr_test;
using hubwire::test::from_hex;
using hubwire::test::to_hex;

namespace {

using octets = std::vector<std::uint8_t>;

static_assert(sizeof(ws_frame_reader) == 16);

std::string header_of(ws_frame const& frame) {
  std::array<std::uint8_t, largest_ws_header> out{};
  out.fill(0xa5);
  std::size_t const size = write_ws_header(out, frame);
  CHECK(size == ws_header_size(frame.size, frame.masked));
  for (std::size_t i = size; i != out.size(); ++i) CHECK(out[i] == 0xa5);
  return to_hex(byte_view(out).first(size));
}

// Reads one header and gives its end: the fault, or 0 with the frame, or nothing when bytes are missing.
struct outcome {
  ws_status status = ws_status::need_more;
  ws_close fault = ws_close::none;
  ws_opcode opcode{};
  std::uint64_t size = 0;
  friend bool operator==(outcome const&, outcome const&) = default;
};
outcome read_in_two(ws_role own, octets const& stream, std::size_t split) {
  ws_frame_reader reader(own);
  outcome seen;
  byte_view first = byte_view(stream).first(split);
  byte_view second = byte_view(stream).subspan(split);
  seen.status = reader.feed(first);
  if (seen.status == ws_status::need_more) seen.status = reader.feed(second);
  seen.fault = reader.fault();
  if (seen.status == ws_status::ready) seen = {seen.status, seen.fault, reader.opcode(), reader.left()};
  return seen;
}
// The outcome of a stream, which has to be the same however it is split.
outcome read(ws_role own, octets const& stream) {
  outcome const whole = read_in_two(own, stream, 0);
  for (std::size_t split = 1; split <= stream.size(); ++split)
    CHECK(read_in_two(own, stream, split) == whole);
  return whole;
}
outcome read_server_frame(std::string_view hex) { return read(ws_role::client, from_hex(hex)); }
outcome read_client_frame(std::string_view hex) { return read(ws_role::server, from_hex(hex)); }

void check_fault(std::string_view hex, ws_close wanted = ws_close::protocol_error) {
  INFO(hex);
  outcome const seen = read_server_frame(hex);
  CHECK(seen.status == ws_status::failed);
  CHECK(seen.fault == wanted);
}

}  // namespace

TEST_CASE("ws_frame: headers are written in the shortest way", "[transport][ws_frame]") {
  CHECK(header_of({.size = 0}) == "8200");
  CHECK(header_of({.size = 125}) == "827d");
  CHECK(header_of({.size = 126}) == "827e007e");
  CHECK(header_of({.size = 65535}) == "827effff");
  CHECK(header_of({.size = 65536}) == "827f0000000000010000");
  CHECK(header_of({.size = 0x7FFF'FFFF'FFFF'FFFF}) == "827f7fffffffffffffff");
  CHECK(header_of({.size = 2, .opcode = ws_opcode::close}) == "8802");
  CHECK(header_of({.size = 1, .opcode = ws_opcode::continuation, .last = false}) == "0001");
}

TEST_CASE("ws_frame: a masked header ends with the key", "[transport][ws_frame]") {
  ws_key const key{0x37, 0xfa, 0x21, 0x3d};
  CHECK(header_of({.size = 5, .masked = true, .key = key}) == "828537fa213d");
  CHECK(header_of({.size = 300, .masked = true, .key = key}) == "82fe012c37fa213d");
  CHECK(header_of({.size = 70000, .masked = true, .key = key}) == "82ff000000000001117037fa213d");
}

TEST_CASE("ws_frame: headers are written and read in constant expressions", "[transport][ws_frame]") {
  constexpr_test([] {
    std::array<std::uint8_t, largest_ws_header> out{};
    std::size_t const size = write_ws_header(out, {.size = 70'000});
    byte_view in = byte_view(out).first(size);
    ws_frame_reader reader(ws_role::client);
    return reader.feed(in) == ws_status::ready && reader.left() == 70'000 && in.empty();
  });
}

TEST_CASE("ws_frame: masking gives the example of RFC 6455 section 5.7", "[transport][ws_frame]") {
  octets hello{'H', 'e', 'l', 'l', 'o'};
  ws_mask(hello, {0x37, 0xfa, 0x21, 0x3d});
  CHECK(to_hex(byte_view(hello)) == "7f9f4d5158");
}

TEST_CASE("ws_frame: masking is right at each address and size, and touches nothing else",
          "[transport][ws_frame]") {
  ws_key const key{0x01, 0x22, 0xf3, 0x84};
  for (std::size_t begin = 0; begin != 9; ++begin) {
    for (std::size_t size = 0; size != 40; ++size) {
      test::guarded_output memory(begin + size);
      ws_mask(memory.octets().subspan(begin), key);
      for (std::size_t i = 0; i != begin; ++i) REQUIRE(memory.octets()[i] == 0xa5);
      for (std::size_t i = 0; i != size; ++i) REQUIRE(memory.octets()[begin + i] == (0xa5 ^ key[i % 4]));
    }
  }
}

TEST_CASE("ws_frame: a header is read the same however it is split", "[transport][ws_frame][H192]") {
  CHECK(read_server_frame("827d") == outcome{ws_status::ready, {}, ws_opcode::binary, 125});
  CHECK(read_server_frame("827e007e") == outcome{ws_status::ready, {}, ws_opcode::binary, 126});
  CHECK(read_server_frame("827f0000000000010000") == outcome{ws_status::ready, {}, ws_opcode::binary, 65536});
  CHECK(read_client_frame("8285 37fa213d") == outcome{ws_status::ready, {}, ws_opcode::binary, 5});
  CHECK(read_client_frame("82fe012c 37fa213d") == outcome{ws_status::ready, {}, ws_opcode::binary, 300});
  CHECK(read_client_frame("82ff0000000000011170 37fa213d") ==
        outcome{ws_status::ready, {}, ws_opcode::binary, 70'000});
}

TEST_CASE("ws_frame: a header that is cut short needs more", "[transport][ws_frame][H192]") {
  octets const whole = from_hex("82ff0000000000011170 37fa213d");
  for (std::size_t size = 0; size != whole.size(); ++size) {
    octets const part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(read(ws_role::server, part).status == ws_status::need_more);
  }
}

TEST_CASE("ws_frame: reads no further than the end of a header", "[transport][ws_frame]") {
  octets const stream = from_hex("82 02 aabb");
  byte_view in = stream;
  ws_frame_reader reader(ws_role::client);
  REQUIRE(reader.feed(in) == ws_status::ready);
  CHECK(in.size() == 2);
}

TEST_CASE("ws_frame: a payload is unmasked in pieces of any size", "[transport][ws_frame][H192]") {
  octets const header = from_hex("8289 01020408");
  octets const payload{'t', 'e', 'm', 'p', 'e', 'r', 'a', 't', 'e'};
  for (std::size_t first = 0; first <= payload.size(); ++first) {
    for (std::size_t second = first; second <= payload.size(); ++second) {
      ws_frame_reader reader(ws_role::server);
      byte_view in = header;
      REQUIRE(reader.feed(in) == ws_status::ready);
      octets masked = payload;
      for (std::size_t i = 0; i != masked.size(); ++i) masked[i] ^= header[2 + i % 4];
      byte_span const all = masked;
      reader.take_payload(all.first(first));
      reader.take_payload(all.subspan(first, second - first));
      reader.take_payload(all.subspan(second));
      CHECK(masked == payload);
      CHECK(reader.left() == 0);
    }
  }
}

TEST_CASE("ws_frame: the largest length there is, is legal", "[transport][ws_frame][H195]") {
  CHECK(read_server_frame("827f7fffffffffffffff").size == 0x7FFF'FFFF'FFFF'FFFF);
  check_fault("827f8000000000000000");
  check_fault("827fffffffffffffffff");
}

TEST_CASE("ws_frame: a length that is not written in the shortest way is refused",
          "[transport][ws_frame][H195]") {
  check_fault("827e0000");
  check_fault("827e007d");
  check_fault("827f0000000000000000");
  check_fault("827f000000000000007d");
  check_fault("827f000000000000ffff");
}

TEST_CASE("ws_frame: a server's frame has no mask, a client's has one", "[transport][ws_frame][H195]") {
  check_fault("8280 00000000");
  CHECK(read_client_frame("8200").fault == ws_close::protocol_error);
}

TEST_CASE("ws_frame: each first byte is accepted or refused as RFC 6455 says",
          "[transport][ws_frame][H195]") {
  for (unsigned first = 0; first != 256; ++first) {
    unsigned const opcode = first & 15;
    bool const last = (first & 0x80) != 0;
    bool const reserved = (first & 0x70) != 0;
    // No message has begun, so that a continuation has nothing to continue.
    bool const good = !reserved && (opcode == 2 || (last && opcode >= 8 && opcode <= 10));
    INFO(first);
    outcome const seen = read(ws_role::client, {static_cast<std::uint8_t>(first), 0});
    CHECK((seen.status == ws_status::ready) == good);
    bool const text = opcode == 1 && !reserved;
    if (!good) CHECK(seen.fault == (text ? ws_close::unsupported_data : ws_close::protocol_error));
  }
}

TEST_CASE("ws_frame: a text frame is refused with a code of its own",
          "[transport][ws_frame][H194][v3.1.1:MQTT-6.0.0-1]") {
  check_fault("8100", ws_close::unsupported_data);
  check_fault("0100", ws_close::unsupported_data);
}

TEST_CASE("ws_frame: a control frame holds up to 125 bytes", "[transport][ws_frame][H195]") {
  for (std::string_view const opcode : {"88", "89", "8a"}) {
    CHECK(read_server_frame(std::string(opcode) + "7d").size == 125);
    check_fault(std::string(opcode) + "7e007e");
    check_fault(std::string(opcode) + "7f0000000000010000");
  }
}

TEST_CASE("ws_frame: the frames of a message come in order", "[transport][ws_frame][H195]") {
  struct {
    char const* stream;  // frames without payload
    bool good;
  } const cases[] = {
      {"0200 8000", true},       {"0200 0000 0000 8000 8200", true},
      {"0200 8900 8000", true},  {"0200 8200", false},
      {"0200 8000 8000", false}, {"8000", false},
      {"0000", false},           {"8200 8000", false},
      {"0200 8900 8200", false}, {"0200 8900 8a00 0000 8000 0200 8000", true},
  };
  for (auto const& c : cases) {
    INFO(c.stream);
    octets const stream = from_hex(c.stream);
    byte_view in = stream;
    ws_frame_reader reader(ws_role::client);
    ws_status last = ws_status::ready;
    while (!in.empty() && last == ws_status::ready) last = reader.feed(in);
    CHECK((last == ws_status::ready) == c.good);
    if (c.good) CHECK(reader.between_messages());
  }
}

TEST_CASE("ws_frame: a fault is final", "[transport][ws_frame]") {
  octets const stream = from_hex("c000 8200 8200");
  byte_view in = stream;
  ws_frame_reader reader(ws_role::client);
  CHECK(reader.feed(in) == ws_status::failed);
  std::size_t const left = in.size();
  CHECK(reader.feed(in) == ws_status::failed);
  CHECK(in.size() == left);
  CHECK(reader.left() == 0);
}

TEST_CASE("ws_frame: which codes a peer may close with", "[transport][ws_frame]") {
  for (unsigned const code : {1000u, 1001u, 1002u, 1003u, 1007u, 1011u, 1012u, 1014u, 3000u, 4999u})
    CHECK(is_close_code(code));
  for (unsigned const code :
       {0u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 1100u, 2000u, 2999u, 5000u, 65535u})
    CHECK_FALSE(is_close_code(code));
}
