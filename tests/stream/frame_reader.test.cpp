// SPDX-License-Identifier: BSL-1.0
#include <hubwire/stream/frame_reader.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <hubwire/codec.hpp>
#include <hubwire/v3/protocol.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>
#include <vectors/golden.hpp>

#include "feed.hpp"

using namespace hubwire;
using test::feed;
using test::from_hex;
using test::reading;

namespace {

using octets = std::vector<std::uint8_t>;

// Whatever a reader of so many bytes makes of input in one chunk.
reading in_one(byte_view input, std::size_t storage = 512, std::uint32_t limit = largest_packet) {
  test::guarded_output memory(storage);
  frame_reader reader(memory.octets(), limit);
  reading outcome;
  feed(reader, input, outcome);
  CHECK(memory.untouched_behind(storage));  // nothing in front of it either
  return outcome;
}

// One byte per call, and a read that brought nothing between any two.
reading byte_by_byte(byte_view input, std::size_t storage = 512, std::uint32_t limit = largest_packet) {
  test::guarded_output memory(storage);
  frame_reader reader(memory.octets(), limit);
  reading outcome;
  for (std::size_t i = 0; i != input.size() && outcome.failure.code == errc::none; ++i) {
    static_cast<void>(reader.window());
    reader.commit(0);
    test::take_frames(reader, outcome);
    feed(reader, input.subspan(i, 1), outcome);
  }
  return outcome;
}

reading in_two(byte_view input, std::size_t split) {
  test::guarded_output memory(512);
  frame_reader reader(memory.octets());
  reading outcome;
  feed(reader, input.first(split), outcome);
  feed(reader, input.subspan(split), outcome);
  return outcome;
}

// A packet of this many bytes, PUBLISH, with 1 or 2 bytes of length.
octets packet_of(std::size_t size) {
  std::size_t const header = size <= 129 ? 2 : 3;
  std::size_t const remaining = size - header;
  octets packet{0x30};
  if (header == 3) packet.push_back(static_cast<std::uint8_t>(remaining | 0x80));
  packet.push_back(static_cast<std::uint8_t>(header == 3 ? remaining >> 7 : remaining));
  packet.resize(size, 0x61);
  packet[header] = 0x00;
  packet[header + 1] = 0x01;
  return packet;
}

constexpr test::golden_packet recorded[] = {
#include <data/sdk_v311.inc>
};
constexpr test::golden_packet conversation[] = {
#include <data/iothub_v311.inc>
};
constexpr test::verdict_row verdicts[] = {
#include <data/verdicts_v311.inc>
};

}  // namespace

TEST_CASE("frame_reader: a golden stream in one chunk gives its packets", "[stream][frame_reader]") {
  reading const outcome = in_one(test::golden_stream());
  CHECK(outcome.frames == test::golden_frames());
  CHECK(outcome.failure == errc::none);
}

TEST_CASE("frame_reader: byte by byte with empty reads between gives the same",
          "[stream][frame_reader][H020]") {
  CHECK(byte_by_byte(test::golden_stream()) == in_one(test::golden_stream()));
}

TEST_CASE("frame_reader: every vector byte by byte with empty reads between gives the same",
          "[stream][frame_reader][H020]") {
  octets sound;  // all packets that are none's fault, one behind the other
  std::size_t packets = 0;
  auto const check = [&](std::string_view hex, bool is_sound, std::uint32_t limit) {
    octets const bytes = from_hex(hex);
    CAPTURE(hex);
    CHECK(byte_by_byte(bytes, 1024, limit) == in_one(bytes, 1024, limit));
    if (!is_sound) return;
    sound.insert(sound.end(), bytes.begin(), bytes.end());
    ++packets;
  };
  for (test::golden_packet const& row : recorded) check(row.hex, true, largest_packet);
  for (test::golden_packet const& row : conversation) check(row.hex, true, largest_packet);
  for (test::verdict_row const& row : verdicts) check(row.hex, row.verdict == errc::none, row.limit);

  reading const whole = in_one(sound, 1024);
  CHECK(whole.frames.size() == packets);
  CHECK(whole.failure == errc::none);
  CHECK(byte_by_byte(sound, 1024) == whole);
}

TEST_CASE("frame_reader: cut at any byte gives the same", "[stream][frame_reader][H047]") {
  octets stream = test::golden_stream();
  octets const wrong = from_hex("6002 0001");  // PUBREL with the flags of PUBREC
  stream.insert(stream.end(), wrong.begin(), wrong.end());
  reading const whole = in_one(stream);
  REQUIRE(whole.frames == test::golden_frames());
  REQUIRE(whole.failure == errc::malformed_packet);
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    INFO("cut at " << split);
    CHECK(in_two(stream, split) == whole);
  }
}

TEST_CASE("frame_reader: random chunks give the same", "[stream][frame_reader]") {
  octets const stream = test::golden_stream();
  reading const whole = in_one(stream);
  std::mt19937 random(20240611);
  for (int round = 0; round != 2000; ++round) {
    // From 206, the largest packet of the stream, up: the window wraps in ever different places.
    test::guarded_output memory(206 + random() % 300);
    frame_reader reader(memory.octets());
    reading outcome;
    for (std::size_t at = 0; at < stream.size();) {
      std::size_t const count = std::min<std::size_t>(random() % 40, stream.size() - at);
      REQUIRE(feed(reader, byte_view(stream).subspan(at, count), outcome));
      at += count;
    }
    REQUIRE(outcome == whole);
  }
}

TEST_CASE("frame_reader: random bytes in random chunks fail as they do in one", "[stream][frame_reader]") {
  std::mt19937 random(7);
  for (int round = 0; round != 3000; ++round) {
    octets stream = test::golden_stream();
    for (std::size_t changes = 1 + random() % 3; changes != 0; --changes)
      stream[random() % stream.size()] = static_cast<std::uint8_t>(random());
    reading const whole = in_one(stream);
    REQUIRE(byte_by_byte(stream) == whole);
    REQUIRE(in_two(stream, random() % stream.size()) == whole);
  }
}

TEST_CASE("frame_reader: an error stays", "[stream][frame_reader][H003]") {
  test::guarded_output memory(64);
  frame_reader reader(memory.octets());
  reading outcome;
  feed(reader, from_hex("30 80 80 80 80"), outcome);
  REQUIRE(outcome.failure == error{errc::malformed_packet, 0});

  octets const before(memory.octets().begin(), memory.octets().end());
  for (int i = 0; i != 3; ++i) {
    CHECK(reader.window().empty());
    reader.commit(4);
    frame_result const again = reader.next();
    CHECK(again.status == frame_status::failed);
    CHECK(again.error == error{errc::malformed_packet, 0});
    CHECK(reader.peek().error == again.error);
  }
  CHECK(octets(memory.octets().begin(), memory.octets().end()) == before);
}

TEST_CASE(
    "frame_reader: one buffer with CONNECT, a malformed SUBSCRIBE and DISCONNECT is one packet and one error",
    "[stream][frame_reader][H021]") {
  test::guarded_output memory(64);
  frame_reader reader(memory.octets());
  octets const buffer = from_hex("100d 0004 4d515454 04 02 003c 0001 63  8006 0001 0001 74 00  e000");
  std::copy(buffer.begin(), buffer.end(), reader.window().begin());
  reader.commit(buffer.size());
  int packets = 0;
  for (int i = 0; i != 10; ++i) {  // also after the error
    frame_result const found = reader.next();
    if (found.status != frame_status::ready) {
      CHECK(found.status == frame_status::failed);
      CHECK(found.error == error{errc::malformed_packet, 0});
      continue;
    }
    CHECK(found.frame.type() == packet_type::connect);
    CHECK(dispatch<v3_tag, role::client>(found.frame, [&](auto const&) { ++packets; }));
  }
  CHECK(packets == 1);
  CHECK(reader.window().empty());
}

TEST_CASE("frame_reader: reset makes it as new", "[stream][frame_reader]") {
  test::guarded_output memory(256);
  frame_reader reader(memory.octets());
  reading outcome;
  feed(reader, from_hex("20 02 00 00 30 80 80 80 80"), outcome);
  REQUIRE(outcome.failure == errc::malformed_packet);
  reader.reset();
  CHECK(reader.buffered() == 0);
  CHECK(reader.window().size() == 256);
  outcome = {};
  feed(reader, test::golden_stream(), outcome);
  CHECK(outcome.frames == test::golden_frames());
  CHECK(outcome.failure == errc::none);
}

TEST_CASE("frame_reader: a packet that never fits is refused with its size before its body comes",
          "[stream][frame_reader][H007][H023]") {
  test::guarded_output memory(128);
  SECTION("it fits to the last byte") {
    for (std::size_t const size : {std::size_t{127}, std::size_t{128}}) {
      reading const outcome = in_one(packet_of(size), 128);
      CHECK(outcome.frames.size() == 1);
      CHECK(outcome.failure == errc::none);
    }
  }
  SECTION("one byte, two bytes more") {
    CHECK(in_one(from_hex("307f"), 128).failure == error{errc::packet_exceeds_limit, 129});
    CHECK(in_one(from_hex("308001"), 128).failure == error{errc::packet_exceeds_limit, 131});
  }
  SECTION("the largest length there is") {
    CHECK(in_one(from_hex("10 ff ff ff 7f"), 128).failure == error{errc::packet_exceeds_limit, 268'435'460});
    CHECK(byte_by_byte(from_hex("10 ff ff ff 7f"), 128).failure ==
          error{errc::packet_exceeds_limit, 268'435'460});
  }
  SECTION("and one that is more than there is") {
    CHECK(in_one(from_hex("30 ff ff ff ff 07"), 128).failure == errc::malformed_packet);
  }
}

TEST_CASE("frame_reader: the limit may be smaller than the memory", "[stream][frame_reader]") {
  CHECK(in_one(packet_of(100), 512, 100).frames.size() == 1);
  CHECK(in_one(packet_of(101), 512, 100).failure == error{errc::packet_exceeds_limit, 101});
  CHECK(in_one(packet_of(512), 512, 100'000).frames.size() == 1);
  CHECK(in_one(packet_of(513), 512, 100'000).failure == error{errc::packet_exceeds_limit, 513});
  CHECK(in_one(from_hex("d000"), 512, 1).failure == error{errc::packet_exceeds_limit, 2});
}

TEST_CASE("frame_reader: memory too small for the length itself is no reason to wait for ever",
          "[stream][frame_reader]") {
  // A length of two bytes or more belongs to a packet of 130 bytes or more, which cannot fit either.
  for (std::size_t storage = 0; storage != 6; ++storage) {
    INFO(storage);
    test::guarded_output memory(storage);
    frame_reader reader(memory.octets());
    reading outcome;
    feed(reader, from_hex("30 80 80 80 01"), outcome);
    CHECK(reader.next().status == frame_status::failed);
    CHECK(reader.next().error == errc::packet_exceeds_limit);
  }
}

TEST_CASE("frame_reader: a commit of more than the window is not believed", "[stream][frame_reader]") {
  test::guarded_output memory(16);
  frame_reader reader(memory.octets());
  byte_span window = reader.window();
  octets const pings = from_hex("d000 d000 d000 d000 d000 d000 d000 d000");
  std::copy(pings.begin(), pings.end(), window.begin());
  reader.commit(1'000'000);
  CHECK(reader.buffered() == 16);
  CHECK(reader.full());
  CHECK(reader.window().empty());
  reader.commit(1);
  CHECK(reader.buffered() == 16);
  reading outcome;
  test::take_frames(reader, outcome);
  CHECK(outcome.frames.size() == 8);
  CHECK(outcome.failure == errc::none);
  CHECK(reader.window().size() == 16);
}

TEST_CASE("frame_reader: a window may be filled in several steps", "[stream][frame_reader]") {
  test::guarded_output memory(16);
  frame_reader reader(memory.octets());
  byte_span const window = reader.window();
  window[0] = 0x20;
  reader.commit(1);
  CHECK(reader.next().status == frame_status::need_more);
  window[1] = 0x02;
  reader.commit(1);
  CHECK(reader.next().size == 4);
  window[2] = window[3] = 0x00;
  reader.commit(2);
  CHECK(reader.next().status == frame_status::ready);
}

TEST_CASE("frame_reader: frames live until the next window, which moves the rest to the front",
          "[stream][frame_reader]") {
  test::guarded_output memory(12);
  frame_reader reader(memory.octets());
  octets const two = from_hex("40020001 40020002 4002");
  std::copy(two.begin(), two.end(), reader.window().begin());
  reader.commit(two.size());
  frame const first = reader.next().frame;
  frame const second = reader.next().frame;
  CHECK(reader.next().status == frame_status::need_more);
  CHECK(test::to_hex(first.octets()) == "40020001");
  CHECK(test::to_hex(second.octets()) == "40020002");
  CHECK(first.octets().data() == memory.octets().data());  // parsed where it was put

  CHECK(reader.window().size() == 10);
  CHECK(reader.buffered() == 2);
  CHECK(test::to_hex(memory.octets().first(2)) == "4002");
}

TEST_CASE("frame_reader: peek leaves the packet there", "[stream][frame_reader]") {
  test::guarded_output memory(8);
  frame_reader reader(memory.octets());
  octets const ping = from_hex("d000");
  std::copy(ping.begin(), ping.end(), reader.window().begin());
  reader.commit(2);
  CHECK(reader.peek().status == frame_status::ready);
  CHECK(reader.peek().status == frame_status::ready);
  CHECK(reader.buffered() == 2);
  CHECK(reader.next().status == frame_status::ready);
  CHECK(reader.peek().status == frame_status::need_more);
}

// The rows about framing of the catalogue of hostile inputs that have bytes of MQTT 3.1.1, or whose
// framing is the same in both versions.

TEST_CASE("frame_reader: a fifth byte of length is malformed at the fourth", "[stream][hostile][H001]") {
  CHECK(in_one(from_hex("30 80 80 80 80")).failure == errc::malformed_packet);  // the fifth was never there
  CHECK(byte_by_byte(from_hex("30 80 80 80 80 01 00")).failure == errc::malformed_packet);
}

TEST_CASE("frame_reader: a type of 15 with flags and an endless length", "[stream][hostile][H002]") {
  CHECK(in_one(from_hex("ff fb ff ff ff ff")).failure == errc::malformed_packet);
}

TEST_CASE("frame_reader: a length of 2,097,152 is legal", "[stream][hostile][H004]") {
  CHECK(in_one(from_hex("30 80 80 80 01")).failure == error{errc::packet_exceeds_limit, 2'097'157});
  octets memory(3'000'000);
  frame_reader reader(memory);
  reading outcome;
  feed(reader, from_hex("30 80 80 80 01"), outcome);
  CHECK(outcome.failure == errc::none);
  CHECK(reader.next().size == 2'097'157);
}

TEST_CASE("frame_reader: an unfinished header waits", "[stream][hostile][H005][H006][H009][H026]") {
  for (char const* const input : {"70 80", "20 02", "30", "90"}) {
    INFO(input);
    octets const bytes = from_hex(input);
    reading const outcome = in_one(bytes, 5);
    CHECK(outcome.frames.empty());
    CHECK(outcome.failure == errc::none);
    // Against the guard page, so that a byte read too far shows.
    test::guarded_input const guarded{byte_view(bytes)};
    CHECK(split_frame(guarded.chars()).status == frame_status::need_more);
  }
}

TEST_CASE("frame_reader: a first byte that is no packet fails at once",
          "[stream][hostile][H011][H016][H017][H018][v3.1.1:MQTT-2.2.2-1]") {
  for (char const* const input : {"0a", "80", "60", "16", "00", "83", "a0", "11", "d1"}) {
    INFO(input);
    CHECK(in_one(from_hex(input)).failure == errc::malformed_packet);
  }
}

TEST_CASE("frame_reader: HTTP is not MQTT", "[stream][hostile][H019]") {
  octets const request = from_hex("47 45 54 20 2f 20 48 54 54 50");
  CHECK(in_one(request).failure == errc::malformed_packet);
  CHECK(in_one(request).frames.empty());
}

TEST_CASE("frame_reader: a length with a byte too many is malformed", "[stream][hostile][H012]") {
  CHECK(in_one(from_hex("30 85 00 00 01 74 00 78")).failure == errc::malformed_packet);
}

TEST_CASE("frame_reader: 256 MB of a packet that this version does not have are refused at their first byte",
          "[stream][hostile][H008]") {
  first_bytes const& from_server = first_bytes_from<v3_tag, role::server>;
  first_bytes const& from_anyone = first_bytes_of<v3_tag>(role::any);
  for (char const* const input : {"f0", "f0 ff ff ff 7f", "f0 00"})
    for (first_bytes const* accepted : {&from_server, &from_anyone}) {
      INFO(input);
      test::guarded_output memory(64);
      frame_reader reader(memory.octets(), largest_packet, *accepted);
      reading outcome;
      feed(reader, from_hex(input), outcome);
      CHECK(outcome == reading{{}, {errc::malformed_packet, 0}});
    }
  // Who knows nothing of versions knows AUTH, and then its length counts.
  CHECK(in_one(from_hex("f0 ff ff ff 7f")).failure == error{errc::packet_exceeds_limit, 268'435'460});
  octets const auth = from_hex("f000");
  test::guarded_output memory(8);
  frame_reader reader(memory.octets());
  std::copy(auth.begin(), auth.end(), reader.window().begin());
  reader.commit(2);
  frame_result const found = reader.next();
  REQUIRE(found.status == frame_status::ready);
  CHECK(dispatch<v3_tag>(found.frame, [](auto const&) {}).error() == errc::malformed_packet);
}

TEST_CASE("frame_reader: what the peer may not send is refused at its first byte", "[stream][frame_reader]") {
  for (std::string_view const hex :
       {"82", "82 ff ff ff 7f", "e0", "10 0d", "c0"}) {  // a server sends none of them
    CAPTURE(hex);
    octets const input = from_hex(hex);
    test::guarded_output memory(16);
    frame_reader reader(memory.octets(), largest_packet, first_bytes_from<v3_tag, role::server>);
    reading outcome;
    feed(reader, from_hex("d000 4002 0001"), outcome);
    feed(reader, input, outcome);
    CHECK(outcome == reading{{"d000", "40020001"}, {errc::protocol_error, 0}});
    CHECK(test::to_hex(byte_view(detail::to_bytes(reader.unread().data()), reader.unread().size())) ==
          test::to_hex(byte_view(input)));

    frame_reader in_place(memory.octets(), largest_packet, first_bytes_from<v3_tag, role::server>);
    reading same;
    test::feed_in_place(in_place, from_hex(std::string("d000 4002 0001") += hex), same);
    CHECK(same == outcome);
    CHECK(in_place.unread().size() == input.size());
  }
}

TEST_CASE("frame_reader: packets of a right frame and a wrong body are left to the decoder",
          "[stream][hostile][H010][H013][H014][H015]") {
  for (char const* const input : {"3000", "c00100", "d00100", "e00100"}) {
    INFO(input);
    octets const bytes = from_hex(input);
    test::guarded_output memory(8);
    frame_reader reader(memory.octets());
    std::copy(bytes.begin(), bytes.end(), reader.window().begin());
    reader.commit(bytes.size());
    frame_result const found = reader.next();
    REQUIRE(found.status == frame_status::ready);
    CHECK_FALSE(dispatch<v3_tag>(found.frame, [](auto const&) {}).has_value());
    CHECK(reader.buffered() == 0);  // taken: nobody loops over it
  }
}

TEST_CASE("frame_reader: every catalogue input cut anywhere fails the same way", "[stream][hostile][H020]") {
  for (char const* const input :
       {"30 80 80 80 80 01 00", "ff fb ff ff ff ff", "30 80 80 80 01", "70 80", "20 02", "10 ff ff ff 7f",
        "f0 ff ff ff 7f", "30", "30 00", "0a c0", "30 85 00 00 01 74 00 78", "c0 01 00", "d0 01 00",
        "e0 01 00", "80 06 00 01 00 01 74 00", "60 02 00 01", "16 03 01 02 00 01 00 01 fc 03 03",
        "47 45 54 20 2f 20 48 54 54 50", "90"}) {
    INFO(input);
    octets const bytes = from_hex(input);
    reading const whole = in_one(bytes);
    CHECK(byte_by_byte(bytes) == whole);
    for (std::size_t split = 0; split <= bytes.size(); ++split) CHECK(in_two(bytes, split) == whole);
  }
}
