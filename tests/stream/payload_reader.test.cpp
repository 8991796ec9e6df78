// SPDX-License-Identifier: BSL-1.0
#include <hubwire/stream/payload_reader.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <hubwire/codec.hpp>
#include <hubwire/stream/frame_reader.hpp>
#include <hubwire/v3/protocol.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

#include "feed.hpp"

using namespace hubwire;
using test::from_hex;
using test::to_hex;

namespace {

using octets = std::vector<std::uint8_t>;
using v3_reader = payload_reader<v3_tag>;

// What came out, pieces of one message joined: how they are cut is the reader's business.
struct parts {
  std::vector<std::string> told{};  // "packet HEX", "begin HEX SIZE", "payload HEX", "end"
  error failure{};

  friend bool operator==(parts const&, parts const&) = default;
  friend std::ostream& operator<<(std::ostream& out, parts const& p) {
    for (auto const& one : p.told) out << one << '\n';
    return out << to_string(p.failure.code) << '/' << p.failure.detail;
  }
};

struct listener {
  parts heard{};
  std::string payload{};
  bool inside = false;
  bool skip_at_begin = false;

  void take(v3_reader& reader) {
    for (;;) {
      bool const idle = reader.idle();
      frame_result const part = reader.next();
      if (idle) CHECK(part.status == frame_status::need_more);
      switch (part.status) {
        case frame_status::need_more: return;
        case frame_status::failed: heard.failure = part.error; return;
        case frame_status::ready:
          CHECK_FALSE(inside);
          heard.told.push_back("packet " + to_hex(part.frame.octets()));
          break;
        case frame_status::begin:
          CHECK_FALSE(inside);
          inside = true;
          payload.clear();
          heard.told.push_back("begin " + to_hex(part.frame.octets()) + ' ' + std::to_string(part.size));
          if (skip_at_begin) reader.skip_payload();
          break;
        case frame_status::piece:
          CHECK(inside);
          CHECK(part.payload().size() != 0);
          payload += to_hex(part.payload().octets());
          break;
        case frame_status::end:
          CHECK(inside);
          inside = false;
          heard.told.push_back("payload " + payload);
          heard.told.push_back("end");
          break;
      }
    }
  }

  // False when the reader has no room although all it had was taken.
  bool feed(v3_reader& reader, byte_view chunk) {
    while (!chunk.empty() && heard.failure.code == errc::none) {
      byte_span const window = reader.window();
      if (window.empty()) return false;
      std::size_t const count = std::min(window.size(), chunk.size());
      std::memcpy(window.data(), chunk.data(), count);
      reader.commit(count);
      chunk = chunk.subspan(count);
      take(reader);
    }
    return true;
  }
};

struct setting {
  std::size_t storage = 64;
  large_messages policy = large_messages::in_parts;
  std::uint32_t limit = largest_packet;
  bool skip_at_begin = false;
};

// chunk bytes at a time, with a read that brought nothing in front of each.
parts read_in(setting with, byte_view input, std::size_t chunk) {
  test::guarded_output memory(with.storage);
  v3_reader reader(memory.octets(), with.policy, with.limit);
  listener all{.skip_at_begin = with.skip_at_begin};
  for (std::size_t at = 0; at < input.size() && all.heard.failure.code == errc::none; at += chunk) {
    static_cast<void>(reader.window());
    reader.commit(0);
    all.take(reader);
    if (!all.feed(reader, input.subspan(at, std::min(chunk, input.size() - at))))
      all.heard.told.push_back("stuck");
  }
  if (!memory.untouched_behind(with.storage)) all.heard.told.push_back("wrote in front of its storage");
  return all.heard;
}

struct publish_bytes {
  octets all{};
  std::size_t head = 0;  // fixed header, topic and identifier
};

publish_bytes publish_of(std::string const& topic, std::size_t payload, unsigned flags = 0) {
  octets body{static_cast<std::uint8_t>(topic.size() >> 8), static_cast<std::uint8_t>(topic.size())};
  for (char const c : topic) body.push_back(static_cast<std::uint8_t>(c));
  if ((flags & 0x06) != 0) body.insert(body.end(), {0x12, 0x34});
  std::size_t const head = body.size();
  for (std::size_t i = 0; i != payload; ++i) body.push_back(static_cast<std::uint8_t>(i * 7 + 1));
  publish_bytes made;
  made.all.push_back(static_cast<std::uint8_t>(0x30 | flags));
  std::size_t length = body.size();
  do {
    made.all.push_back(static_cast<std::uint8_t>((length & 0x7f) | (length > 0x7f ? 0x80 : 0)));
    length >>= 7;
  } while (length != 0);
  made.head = made.all.size() + head;
  made.all.insert(made.all.end(), body.begin(), body.end());
  return made;
}

void append(octets& to, octets const& more) { to.insert(to.end(), more.begin(), more.end()); }

// What a reader of so much storage has to tell about one PUBLISH.
void expect(parts& into, publish_bytes const& message, std::size_t storage, bool skipped = false) {
  byte_view const all(message.all);
  if (all.size() <= storage) {
    into.told.push_back("packet " + to_hex(all));
    return;
  }
  into.told.push_back("begin " + to_hex(all.first(message.head)) + ' ' +
                      std::to_string(all.size() - message.head));
  into.told.push_back("payload " + (skipped ? std::string() : to_hex(all.subspan(message.head))));
  into.told.push_back("end");
}

octets const small_before = from_hex("2002 0000 4002 0001");
octets const small_behind = from_hex("d000 3003 0001 74 b002 0002");

parts expected_around(publish_bytes const& message, std::size_t storage, bool skipped = false) {
  parts told;
  told.told = {"packet 20020000", "packet 40020001"};
  expect(told, message, storage, skipped);
  told.told.insert(told.told.end(), {"packet d000", "packet 3003000174", "packet b0020002"});
  return told;
}

octets around(publish_bytes const& message) {
  octets stream = small_before;
  append(stream, message.all);
  append(stream, small_behind);
  return stream;
}

}  // namespace

TEST_CASE("payload_reader: a message is whole or in parts for every storage that holds its head",
          "[stream][payload_reader]") {
  for (unsigned const flags : {0u, 3u, 10u, 4u}) {  // QoS 0, QoS 1 with RETAIN, QoS 1 with DUP, QoS 2
    publish_bytes const message = publish_of("a/b", 150, flags);
    octets const stream = around(message);
    for (std::size_t storage = message.head; storage <= message.all.size() + 8; ++storage) {
      parts const expected = expected_around(message, storage);
      for (std::size_t const chunk : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7},
                                      std::size_t{16}, std::size_t{64}, stream.size()}) {
        parts const heard = read_in({.storage = storage}, stream, chunk);
        if (heard == expected) continue;
        CAPTURE(flags, storage, chunk);
        CHECK(heard == expected);
      }
    }
  }
}

TEST_CASE("payload_reader: cut at any byte gives the same", "[stream][payload_reader][H047]") {
  publish_bytes const message = publish_of("topic/of/it", 200, 2);
  octets const stream = around(message);
  for (std::size_t const storage : {message.head, message.head + 1, std::size_t{40}, std::size_t{100}}) {
    parts const expected = expected_around(message, storage);
    for (std::size_t split = 0; split <= stream.size(); ++split) {
      test::guarded_output memory(storage);
      v3_reader reader(memory.octets(), large_messages::in_parts);
      listener all;
      REQUIRE(all.feed(reader, byte_view(stream).first(split)));
      REQUIRE(all.feed(reader, byte_view(stream).subspan(split)));
      CAPTURE(storage, split);
      REQUIRE(all.heard == expected);
    }
  }
}

TEST_CASE("payload_reader: random messages in random chunks stay in step", "[stream][payload_reader]") {
  std::mt19937 random(311);
  for (int round = 0; round != 600; ++round) {
    std::size_t const storage = 24 + random() % 120;
    bool const skip = random() % 4 == 0;
    octets stream;
    parts expected;
    for (int i = 0; i != 12; ++i) {
      auto const flags = static_cast<unsigned>((random() % 3) << 1 | random() % 2);
      std::size_t const topic = 1 + random() % 14;
      publish_bytes const message = publish_of(std::string(topic, 't'), random() % 400, flags);
      append(stream, message.all);
      expect(expected, message, storage, skip);
    }
    test::guarded_output memory(storage);
    v3_reader reader(memory.octets(), skip ? large_messages::skip : large_messages::in_parts);
    listener all;
    for (std::size_t at = 0; at < stream.size();) {
      std::size_t const count = std::min<std::size_t>(random() % 90, stream.size() - at);
      REQUIRE(all.feed(reader, byte_view(stream).subspan(at, count)));
      at += count;
    }
    REQUIRE(all.heard == expected);
    CHECK(reader.buffered() == 0);
  }
}

TEST_CASE("payload_reader: what fits comes as frame_reader gives it, errors included",
          "[stream][payload_reader]") {
  std::mt19937 random(12);
  for (int round = 0; round != 3000; ++round) {
    octets stream = test::golden_stream();
    if (round != 0)
      for (std::size_t changes = 1 + random() % 3; changes != 0; --changes)
        stream[random() % stream.size()] = static_cast<std::uint8_t>(random());
    std::size_t const storage = 206 + random() % 100;
    test::guarded_output memory(storage);
    frame_reader frames(memory.octets());
    test::reading plain;
    test::feed(frames, stream, plain);
    parts expected{{}, plain.failure};
    for (std::string const& frame : plain.frames) expected.told.push_back("packet " + frame);
    REQUIRE(read_in({storage, large_messages::refuse}, stream, 1 + random() % 50) == expected);
    // A change may make a PUBLISH large, which only this policy minds.
    if (plain.failure == errc::packet_exceeds_limit) continue;
    parts const heard = read_in({storage, large_messages::in_parts}, stream, 1 + random() % 50);
    bool const large = std::any_of(heard.told.begin(), heard.told.end(),
                                   [](std::string const& one) { return one.starts_with("begin"); });
    if (!large) REQUIRE(heard.told == expected.told);
  }
}

TEST_CASE("payload_reader: skipped by policy, the message begins and ends, and nothing else of it comes",
          "[stream][payload_reader]") {
  publish_bytes const message = publish_of("t", 1000, 2);
  octets const stream = around(message);
  for (std::size_t const storage : {message.head, std::size_t{16}, std::size_t{64}, std::size_t{500}})
    for (std::size_t const chunk : {std::size_t{1}, std::size_t{5}, std::size_t{64}, stream.size()}) {
      CAPTURE(storage, chunk);
      parts const expected = expected_around(message, storage, true);
      CHECK(read_in({storage, large_messages::skip}, stream, chunk) == expected);
      CHECK(read_in({storage, large_messages::in_parts, largest_packet, true}, stream, chunk) == expected);
    }
}

TEST_CASE("payload_reader: skip_payload() drops what is left of one message", "[stream][payload_reader]") {
  publish_bytes const message = publish_of("t", 100);
  test::guarded_output memory(32);
  v3_reader reader(memory.octets(), large_messages::in_parts);
  reader.skip_payload();  // there is none: it must not hit the next
  listener all;
  all.feed(reader, byte_view(message.all).first(20));
  CHECK(all.payload.size() == 2 * (20 - message.head));
  reader.skip_payload();
  all.feed(reader, byte_view(message.all).subspan(20));
  CHECK(all.heard.told.back() == "end");
  CHECK(all.payload.size() == 2 * (20 - message.head));
  all.feed(reader, message.all);
  CHECK(all.payload == to_hex(byte_view(message.all).subspan(message.head)));
}

TEST_CASE("payload_reader: idle says that nothing comes before more bytes do", "[stream][payload_reader]") {
  publish_bytes const message = publish_of("t", 40);
  test::guarded_output memory(16);
  v3_reader reader(memory.octets(), large_messages::in_parts);
  CHECK(reader.idle());
  auto const give = [&](std::size_t begin, std::size_t count) {
    std::memcpy(reader.window().data(), message.all.data() + begin, count);
    reader.commit(count);
  };
  give(0, 16);
  CHECK_FALSE(reader.idle());
  CHECK(reader.next().status == frame_status::begin);
  for (std::size_t at = 16; at < message.all.size(); at += 8) {
    CHECK(reader.next().status == frame_status::piece);
    CHECK(reader.idle());
    give(at, std::min<std::size_t>(8, message.all.size() - at));
  }
  CHECK(reader.next().status == frame_status::piece);
  CHECK_FALSE(reader.idle());  // the end is still to be told
  CHECK(reader.next().status == frame_status::end);
  CHECK(reader.idle());
  reader.refuse({errc::protocol_error, 0});
  CHECK_FALSE(reader.idle());
  reader.reset();
  CHECK(reader.idle());
  v3_reader none({}, large_messages::in_parts);  // has an error to tell at once
  CHECK(none.idle() == (none.next().status == frame_status::need_more));
}

TEST_CASE("payload_reader: peek leaves everything there", "[stream][payload_reader]") {
  publish_bytes const message = publish_of("t", 40);
  test::guarded_output memory(16);
  v3_reader reader(memory.octets(), large_messages::in_parts);
  std::memcpy(reader.window().data(), message.all.data(), 16);
  reader.commit(16);
  for (int i = 0; i != 3; ++i) CHECK(reader.peek().status == frame_status::begin);
  CHECK(reader.buffered() == 16);
  CHECK(reader.next().status == frame_status::begin);
  for (int i = 0; i != 3; ++i) CHECK(reader.peek().payload().size() == 11);
  CHECK(reader.next().status == frame_status::piece);
  CHECK(reader.peek().status == frame_status::need_more);
  CHECK(reader.buffered() == 0);
}

TEST_CASE("payload_reader: the head decodes as a PUBLISH without its payload", "[stream][payload_reader]") {
  publish_bytes const message = publish_of("a/b", 90, 11);
  test::guarded_output memory(32);
  v3_reader reader(memory.octets(), large_messages::in_parts);
  std::memcpy(reader.window().data(), message.all.data(), 32);
  reader.commit(32);
  frame_result const begin = reader.next();
  REQUIRE(begin.status == frame_status::begin);
  CHECK(begin.size == 90);
  auto const head = decode<v3::publish>(begin.frame);
  REQUIRE(head.has_value());
  CHECK(head->topic == "a/b");
  CHECK(head->delivery == delivery::at_least_once(packet_id(0x1234)).again());
  CHECK(head->retain);
  CHECK(head->payload.empty());
}

TEST_CASE("payload_reader: a payload that ends with the storage's last byte", "[stream][payload_reader]") {
  for (std::size_t const payload : {std::size_t{1}, std::size_t{16}, std::size_t{32}, std::size_t{33}}) {
    publish_bytes const message = publish_of("0123456789", payload);  // its head takes 14 bytes
    for (std::size_t const chunk : {std::size_t{1}, std::size_t{14}, std::size_t{15}, std::size_t{200}}) {
      CAPTURE(payload, chunk);
      parts expected;
      expect(expected, message, 14);
      CHECK(read_in({.storage = 14}, message.all, chunk) == expected);
    }
  }
}

TEST_CASE("payload_reader: a packet larger than the limit is refused whatever the policy",
          "[stream][payload_reader]") {
  publish_bytes const message = publish_of("t", 300);  // 306 bytes
  std::uint32_t const size = static_cast<std::uint32_t>(message.all.size());
  for (auto const policy : {large_messages::refuse, large_messages::in_parts, large_messages::skip}) {
    for (std::size_t const storage : {std::size_t{32}, std::size_t{400}}) {
      parts const refused = read_in({storage, policy, size - 1}, message.all, 1);
      CHECK(refused == parts{{}, {errc::packet_exceeds_limit, size}});
    }
    bool const taken = policy != large_messages::refuse;
    CHECK((read_in({32, policy, size}, message.all, 1).failure == errc::none) == taken);
  }
  CHECK(read_in({32, large_messages::refuse}, message.all, 1).failure ==
        error{errc::packet_exceeds_limit, size});
}

TEST_CASE("payload_reader: only a PUBLISH comes in parts", "[stream][payload_reader]") {
  for (unsigned type = 1; type != 16; ++type) {
    if (static_cast<packet_type>(type) == packet_type::publish) continue;
    octets const header{static_cast<std::uint8_t>(type << 4 | reserved_flags(static_cast<packet_type>(type))),
                        0xff, 0x7f};
    CAPTURE(type);
    CHECK(read_in({.storage = 64}, header, 1) == parts{{}, {errc::packet_exceeds_limit, 16'386}});
    CHECK(read_in({64, large_messages::skip}, header, 1) == parts{{}, {errc::packet_exceeds_limit, 16'386}});
  }
}

TEST_CASE("payload_reader: a topic that does not fit is refused with the storage it needs, which is enough",
          "[stream][payload_reader][H046]") {
  for (unsigned const flags : {0u, 2u}) {
    for (std::size_t const topic : {std::size_t{60}, std::size_t{300}, std::size_t{65'535}}) {
      publish_bytes const message = publish_of(std::string(topic, 'q'), 90'000, flags);
      auto const needed = static_cast<std::uint32_t>(message.head);
      for (std::size_t const storage : {std::size_t{7}, std::size_t{20}, std::size_t{64}, message.head - 1}) {
        if (storage >= message.head) continue;
        CAPTURE(flags, topic, storage);
        std::size_t const enough = std::min<std::size_t>(message.all.size(), 70'000);
        parts const refused = read_in({.storage = storage}, byte_view(message.all).first(enough), 50);
        CHECK(refused == parts{{}, {errc::buffer_too_small, needed}});
      }
      parts const heard = read_in({.storage = needed}, message.all, 4096);
      CHECK(heard.failure == errc::none);
      CHECK(heard.told.size() == 3);
    }
  }
}

TEST_CASE("payload_reader: storage too small for the topic's length is told what any topic takes",
          "[stream][payload_reader]") {
  publish_bytes const message = publish_of(std::string(20, 'q'), 300'000);  // a length of three bytes
  for (std::size_t storage = 0; storage != 6; ++storage) {
    CAPTURE(storage);
    test::guarded_output memory(storage);
    v3_reader reader(memory.octets(), large_messages::in_parts);
    listener all;
    all.feed(reader, byte_view(message.all).first(30));
    all.take(reader);
    CHECK(all.heard.told.empty());
    if (storage < 4) {
      CHECK(all.heard.failure == error{errc::packet_exceeds_limit, 0});  // not even its own length
    } else {
      CHECK(all.heard.failure.code == errc::buffer_too_small);
      std::size_t const promised = all.heard.failure.detail;
      parts const with_that = read_in({.storage = promised}, message.all, 1000);
      CHECK(with_that.failure == errc::none);
    }
  }
}

TEST_CASE("payload_reader: a topic that ends behind the packet is malformed at its length",
          "[stream][payload_reader][H030]") {
  struct row {
    std::string_view hex;
    std::string_view why;
  };
  for (row const& r : {row{"30 64 ff ff 41 42", "a topic of 65,535 bytes in 100"},
                       row{"30 64 00 63 41 42", "a topic of 99 bytes in 100"},
                       row{"32 64 00 61 41 42", "room for half an identifier"},
                       row{"32 64 00 62 41 42", "no room for an identifier"}}) {
    CAPTURE(r.why);
    octets input = from_hex(r.hex);
    input.resize(90, 0x61);
    for (auto const policy : {large_messages::in_parts, large_messages::skip}) {
      CHECK(read_in({32, policy}, input, 1) == parts{{}, {errc::malformed_packet, 0}});
      CHECK(read_in({32, policy}, input, 90) == parts{{}, {errc::malformed_packet, 0}});
    }
  }
  // The last ones that are right: no payload at all is left.
  for (std::string_view const hex : {"30 64 00 62", "32 64 00 60"}) {
    octets input = from_hex(hex);
    input.resize(102, 0x61);
    parts const heard = read_in({.storage = 101}, input, 9);
    CHECK(heard.failure == error{errc::buffer_too_small, 102});
    CHECK(read_in({.storage = 102}, input, 9).told.size() == 1);
  }
}

TEST_CASE("payload_reader: an error stays until reset, and nothing is touched",
          "[stream][payload_reader][H003]") {
  for (std::string_view const hex : {"30 80 80 80 80", "3064 ffff", "8264 0001", "3064 0050 61", "0000"}) {
    CAPTURE(hex);
    test::guarded_output memory(32);
    v3_reader reader(memory.octets(), large_messages::in_parts);
    listener all;
    octets input = from_hex(hex);
    input.resize(40, 0x00);
    all.feed(reader, input);
    error const first = all.heard.failure;
    REQUIRE(first.code != errc::none);
    octets const before(memory.octets().begin(), memory.octets().end());
    for (int i = 0; i != 3; ++i) {
      CHECK(reader.window().empty());
      reader.commit(4);
      reader.skip_payload();
      CHECK(reader.next().status == frame_status::failed);
      CHECK(reader.next().error == first);
      CHECK(reader.peek().error == first);
    }
    CHECK(octets(memory.octets().begin(), memory.octets().end()) == before);
    reader.reset();
    CHECK(reader.window().size() == 32);
    listener again;
    again.feed(reader, small_before);
    CHECK(again.heard.told.size() == 2);
  }
}

TEST_CASE(
    "payload_reader: what the peer may not send is refused at its first byte, inside a payload it is data",
    "[stream][payload_reader][H008]") {
  // 82 begins a SUBSCRIBE, which no server sends.
  publish_bytes message = publish_of("t", 100);
  std::fill(message.all.begin() + static_cast<std::ptrdiff_t>(message.head), message.all.end(), 0x82);
  octets stream = around(message);
  stream.push_back(0x82);
  for (std::size_t const storage : {std::size_t{16}, std::size_t{200}})
    for (auto const policy : {large_messages::in_parts, large_messages::skip}) {
      test::guarded_output memory(storage);
      v3_reader reader(memory.octets(), policy, largest_packet, first_bytes_from<v3_tag, role::server>);
      listener all;
      all.feed(reader, stream);
      parts expected = expected_around(message, storage, policy == large_messages::skip);
      expected.failure = {errc::protocol_error, 0};
      CHECK(all.heard == expected);
      CHECK(to_hex(std::string_view(reader.unread().data(), reader.unread().size())) == "82");
    }
  test::guarded_output memory(16);
  v3_reader reader(memory.octets(), large_messages::in_parts, largest_packet,
                   first_bytes_from<v3_tag, role::server>);
  listener all;
  all.feed(reader, from_hex("f0 ff ff ff 7f"));
  CHECK(all.heard == parts{{}, {errc::malformed_packet, 0}});
}

TEST_CASE("payload_reader: refuse() makes the caller's error the reader's", "[stream][payload_reader]") {
  publish_bytes const message = publish_of("t", 100);
  for (std::size_t const fed :
       {std::size_t{0}, std::size_t{3}, std::size_t{20}}) {  // nothing, half a head, a piece
    CAPTURE(fed);
    test::guarded_output memory(32);
    v3_reader reader(memory.octets(), large_messages::in_parts);
    listener all;
    all.feed(reader, byte_view(message.all).first(fed));
    reader.refuse({errc::protocol_error, 5});
    reader.refuse({errc::malformed_packet, 0});  // the first one counts
    std::size_t const unread = reader.unread().size();
    CHECK(unread == reader.buffered());
    for (int i = 0; i != 2; ++i) {
      CHECK(reader.window().empty());
      reader.commit(4);
      reader.skip_payload();
      for (frame_result const& part : {reader.peek(), reader.next()}) {
        CHECK(part.status == frame_status::failed);
        CHECK(part.error == error{errc::protocol_error, 5});
      }
      CHECK(reader.unread().size() == unread);
    }
    reader.reset();
    listener again;
    again.feed(reader, message.all);
    CHECK(again.heard.failure == errc::none);
    CHECK(again.heard.told.size() == 3);
  }
}

TEST_CASE("payload_reader: reset inside a message forgets it", "[stream][payload_reader]") {
  publish_bytes const message = publish_of("t", 100);
  test::guarded_output memory(32);
  v3_reader reader(memory.octets(), large_messages::skip);
  listener all;
  all.feed(reader, byte_view(message.all).first(40));
  CHECK(all.inside);
  reader.reset();
  CHECK(reader.buffered() == 0);
  listener again;
  again.feed(reader, around(message));
  CHECK(again.heard == expected_around(message, 32, true));
}

TEST_CASE("payload_reader: cannot be taken for the frame_reader it is built on", "[stream][payload_reader]") {
  // Whole frames taken from behind its back would put it out of step.
  STATIC_CHECK_FALSE(std::is_convertible_v<v3_reader&, frame_reader&>);
}

TEST_CASE("payload_reader: the largest message there is, through 64 bytes of memory",
          "[stream][payload_reader]") {
  // 268,435,455 bytes of Remaining Length: a topic of one, an identifier, and the payload.
  constexpr std::uint32_t payload = 268'435'455 - 5;
  auto const run = [](large_messages policy) {
    test::guarded_output memory(64);
    v3_reader reader(memory.octets(), policy);
    octets const head = from_hex("32 ff ff ff 7f 0001 74 1234");
    std::uint64_t to_come = std::uint64_t{payload} + 2;  // a PINGRESP behind it
    std::uint64_t counted = 0;
    std::uint64_t sum = 0;
    std::string told;
    byte_span window = reader.window();
    std::memcpy(window.data(), head.data(), head.size());
    reader.commit(head.size());
    std::uint8_t filler[64];
    std::memset(filler, 0x01, sizeof filler);
    for (bool over = false; !over;) {
      frame_result const part = reader.next();
      switch (part.status) {
        case frame_status::begin: told += "begin " + std::to_string(part.size) + ' '; break;
        case frame_status::piece:
          counted += part.payload().size();
          sum += detail::to_byte(part.payload().data()[0]);
          break;
        case frame_status::end: told += "end "; break;
        case frame_status::ready:
          told += to_hex(part.frame.octets());
          over = true;
          break;
        case frame_status::failed:
          told += "failed";
          over = true;
          break;
        case frame_status::need_more: {
          window = reader.window();
          auto count = static_cast<std::size_t>(std::min<std::uint64_t>(window.size(), to_come));
          if (to_come > 2 && to_come - count < 2) count = static_cast<std::size_t>(to_come - 2);
          std::memcpy(window.data(), filler, count);
          if (to_come == 2) std::memcpy(window.data(), "\xd0\x00", 2);
          to_come -= count;
          reader.commit(count);
          if (count == 0) {
            told += "starved";
            over = true;
          }
        }
      }
    }
    CHECK(told == "begin 268435450 end d000");
    CHECK(counted == (policy == large_messages::skip ? 0 : payload));
    CHECK((sum != 0) == (policy != large_messages::skip));
  };
  run(large_messages::in_parts);
  run(large_messages::skip);
}
