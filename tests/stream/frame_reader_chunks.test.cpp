// SPDX-License-Identifier: BSL-1.0
// frame_reader::next(chunk): bytes that are parsed where they lie, against window() and commit(). And what a
// reader keeps after an error.
#include <hubwire/stream/frame_reader.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/codec.hpp>
#include <hubwire/stream/frame_buffer.hpp>
#include <hubwire/v3/protocol.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

#include "feed.hpp"

using namespace hubwire;
using test::feed;
using test::feed_in_place;
using test::from_hex;
using test::reading;

namespace {

using octets = std::vector<std::uint8_t>;

struct setting {
  std::size_t storage = 512;
  std::uint32_t limit = largest_packet;
  first_bytes const& accepted = any_first_byte;
};

// What window() and commit() make of input, one byte per call, and what is left unread then.
reading copied(byte_view input, setting const& with, std::string* unread = nullptr) {
  test::guarded_output memory(with.storage);
  frame_reader reader(memory.octets(), with.limit, with.accepted);
  reading outcome;
  for (std::size_t i = 0; i != input.size() && outcome.failure.code == errc::none; ++i)
    feed(reader, input.subspan(i, 1), outcome);
  test::take_frames(reader, outcome);  // also when there is no window at all
  if (unread != nullptr) unread->assign(reader.unread().data(), reader.unread().size());
  return outcome;
}

// The same in chunks that end where ends says, each against a guard page and gone before the next comes.
reading in_place(byte_view input, setting const& with, std::vector<std::size_t> ends,
                 std::string* unread = nullptr) {
  test::guarded_output memory(with.storage);
  frame_reader reader(memory.octets(), with.limit, with.accepted);
  reading outcome;
  ends.push_back(input.size());
  std::size_t at = 0;
  for (std::size_t const end : ends) {
    test::guarded_input const chunk(input.subspan(at, end - at));
    feed_in_place(reader, chunk.octets(), outcome);
    at = end;
  }
  CHECK(memory.untouched_behind(with.storage));  // nothing in front of it either
  if (unread != nullptr) unread->assign(reader.unread().data(), reader.unread().size());
  return outcome;
}

octets joined(std::vector<std::string_view> const& hexes) {
  octets all;
  for (std::string_view const hex : hexes) {
    octets const more = from_hex(hex);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

std::string hex_of(char_view view) { return test::to_hex(std::string_view(view.data(), view.size())); }

}  // namespace

TEST_CASE("frame_reader chunks: a golden stream cut at any byte gives its packets",
          "[stream][frame_reader][chunks][H047]") {
  octets stream = test::golden_stream();
  CHECK(in_place(stream, {}, {}) == reading{test::golden_frames(), {}});
  octets const wrong = from_hex("6002 0001");  // PUBREL with the flags of PUBREC
  stream.insert(stream.end(), wrong.begin(), wrong.end());
  reading const whole = copied(stream, {});
  REQUIRE(whole == reading{test::golden_frames(), {errc::malformed_packet, 0}});
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    INFO("cut at " << split);
    CHECK(in_place(stream, {}, {split}) == whole);
  }
}

TEST_CASE("frame_reader chunks: whole packets stay in the chunk, one that two chunks share is put together",
          "[stream][frame_reader][chunks]") {
  octets const stream = test::golden_stream();
  std::vector<std::string> const frames = test::golden_frames();
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    INFO("cut at " << split);
    test::guarded_output memory(512);
    frame_reader reader(memory.octets());
    reading outcome;
    std::vector<bool> places;
    feed_in_place(reader, byte_view(stream).first(split), outcome, &places);
    std::size_t const in_first = places.size();
    feed_in_place(reader, byte_view(stream).subspan(split), outcome, &places);
    REQUIRE(outcome.frames == frames);
    std::size_t end = 0;
    for (std::size_t i = 0; i != frames.size(); ++i) {
      std::size_t const begin = end;
      end += frames[i].size() / 2;
      bool const shared = begin < split && split < end;
      if (places[i] == shared) FAIL_CHECK("packet " << i << ", shared: " << shared);
      if ((i < in_first) != (end <= split)) FAIL_CHECK("packet " << i << " came with the wrong chunk");
    }
    CHECK(reader.buffered() == 0);
  }
}

TEST_CASE("frame_reader chunks: the one that is put together lies at the front of the storage",
          "[stream][frame_reader][chunks]") {
  test::guarded_output memory(8);
  frame_reader reader(memory.octets());
  octets const first = from_hex("d000 40");
  octets const second = from_hex("02 0001 4002 0002");
  byte_view chunk(first);
  CHECK(reader.next(chunk).frame.octets().data() == first.data());
  CHECK(reader.next(chunk).status == frame_status::need_more);
  CHECK(chunk.empty());
  CHECK(reader.buffered() == 1);
  chunk = second;
  frame_result found = reader.next(chunk);
  REQUIRE(found.status == frame_status::ready);
  CHECK(found.frame.octets().data() == memory.octets().data());
  CHECK(test::to_hex(found.frame.octets()) == "40020001");
  CHECK(chunk.size() == 4);  // no byte more than it needed
  found = reader.next(chunk);
  REQUIRE(found.status == frame_status::ready);
  CHECK(found.frame.octets().data() == second.data() + 3);
  CHECK(chunk.empty());
  CHECK(reader.next(chunk).status == frame_status::need_more);
}

TEST_CASE("frame_reader chunks: a packet of many chunks, and empty ones between them",
          "[stream][frame_reader][chunks][H020]") {
  octets const stream = test::golden_stream();
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i != stream.size(); ++i) ends.insert(ends.end(), {i, i});
  CHECK(in_place(stream, {.storage = 206}, ends) == reading{test::golden_frames(), {}});

  frame_buffer<5> buffer;
  byte_view nothing;
  for (int i = 0; i != 3; ++i) CHECK(buffer.next(nothing).status == frame_status::need_more);
  CHECK(buffer.buffered() == 0);
  octets const half = from_hex("40");
  byte_view chunk(half);
  CHECK(buffer.next(chunk).status == frame_status::need_more);
  CHECK(buffer.next(nothing).status == frame_status::need_more);
  CHECK(buffer.buffered() == 1);
}

TEST_CASE(
    "frame_reader chunks: a packet that began in the window, at the end of the storage, goes on in chunks",
    "[stream][frame_reader][chunks]") {
  test::guarded_output memory(10);
  frame_reader reader(memory.octets());
  octets const front =
      from_hex("d000 d000 40 02 0001 30 07");  // three packets and the beginning of one of nine
  std::copy(front.begin(), front.end(), reader.window().begin());
  reader.commit(front.size());
  for (int i = 0; i != 3; ++i) REQUIRE(reader.next().status == frame_status::ready);
  REQUIRE(reader.next().size == 9);

  octets const back = from_hex("0001 74 61626364");
  for (std::size_t i = 0; i != back.size(); ++i) {
    byte_view chunk(back.data() + i, 1);
    frame_result const found = reader.next(chunk);
    CHECK(chunk.empty());
    REQUIRE((found.status == frame_status::ready) == (i + 1 == back.size()));
    if (found.status == frame_status::ready)
      CHECK(test::to_hex(found.frame.octets()) == "300700017461626364");
    if (found.status == frame_status::need_more) CHECK(found.size == 9);
  }
  CHECK(memory.untouched_behind(10));
}

TEST_CASE("frame_reader chunks: what was refused in the middle of a packet stays refused",
          "[stream][frame_reader][chunks]") {
  test::guarded_output memory(16);
  frame_reader reader(memory.octets());
  octets const half = from_hex("30 07 0001 74");
  byte_view chunk(half);
  REQUIRE(reader.next(chunk).size == 9);
  reader.refuse({errc::protocol_error, 7});
  octets const more = from_hex("61");
  chunk = more;
  CHECK(reader.next(chunk).error == error{errc::protocol_error, 7});
  CHECK(chunk.size() == 1);
  CHECK(reader.buffered() == 5);
}

TEST_CASE("frame_reader chunks: random bytes in random chunks, storages and limits end as they do copied",
          "[stream][frame_reader][chunks]") {
  std::mt19937 random(3);
  first_bytes const* const sets[] = {&any_first_byte, &first_bytes_from<v3_tag, role::server>,
                                     &first_bytes_from<v3_tag, role::client>};
  for (int round = 0; round != 1500; ++round) {
    octets stream = test::golden_stream();
    for (std::size_t changes = random() % 4; changes != 0; --changes)
      stream[random() % stream.size()] = static_cast<std::uint8_t>(random());
    setting const with{round % 3 == 0 ? 1 + random() % 40 : 206 + random() % 300,
                       round % 5 == 0 ? static_cast<std::uint32_t>(random() % 300) : largest_packet,
                       *sets[static_cast<std::size_t>(round) / 3 % 3]};
    std::vector<std::size_t> ends;
    for (std::size_t at = random() % 40; at < stream.size(); at += random() % 40) ends.push_back(at);
    std::string unread;
    std::string unread_copied;
    reading const expected = copied(stream, with, &unread_copied);
    REQUIRE(in_place(stream, with, ends, &unread) == expected);
    // More of the packet to blame may have come with its chunk than one byte at a time brings.
    REQUIRE(unread.starts_with(unread_copied));
  }
}

TEST_CASE("frame_reader chunks: storage of no more than five bytes", "[stream][frame_reader][chunks]") {
  for (char const* const hex :
       {"d000 2002 0000 3003 0001 74 d000", "30 80 80 80 01", "30 80 80 80 80", "30 ff 7f 00", "30 80 00",
        "4002 0001", "3004 0001 74 78", "80 00", "30", "d0", "c0 00 00", ""}) {
    octets const input = from_hex(hex);
    for (std::size_t storage = 0; storage != 6; ++storage) {
      CAPTURE(hex, storage);
      std::string unread;
      reading const expected = copied(input, {.storage = storage}, &unread);
      for (std::size_t split = 0; split <= input.size(); ++split) {
        std::string same;
        CHECK(in_place(input, {.storage = storage}, {split}, &same) == expected);
        CHECK(same.starts_with(unread));
      }
    }
  }
}

TEST_CASE("frame_reader chunks: a packet larger than storage or limit is refused, wherever it lies",
          "[stream][frame_reader][chunks][H007]") {
  octets const stream = joined({"d000", "3008 0001 74 6162636465", "d000"});
  reading const taken{{"d000",
                       "3008000174"
                       "6162636465",
                       "d000"},
                      {}};
  reading const refused{{"d000"}, {errc::packet_exceeds_limit, 10}};
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    CAPTURE(split);
    CHECK(in_place(stream, {.storage = 10}, {split}) == taken);
    CHECK(in_place(stream, {.storage = 9}, {split}) == refused);
    CHECK(in_place(stream, {.storage = 64, .limit = 10}, {split}) == taken);
    CHECK(in_place(stream, {.storage = 64, .limit = 9}, {split}) == refused);
  }
}

TEST_CASE("frame_reader chunks: what came through the window is first", "[stream][frame_reader][chunks]") {
  octets const stream = test::golden_stream();
  reading const whole{test::golden_frames(), {}};
  std::mt19937 random(17);
  for (int round = 0; round != 500; ++round) {
    test::guarded_output memory(246 + random() % 300);
    frame_reader reader(memory.octets());
    reading outcome;
    for (std::size_t at = 0; at < stream.size();) {
      std::size_t const count = std::min<std::size_t>(random() % 40, stream.size() - at);
      byte_view const chunk = byte_view(stream).subspan(at, count);
      at += count;
      if (random() % 2 == 0) {
        feed_in_place(reader, chunk, outcome);
        continue;
      }
      if (random() % 2 == 0 || reader.window().size() < chunk.size()) test::take_frames(reader, outcome);
      byte_span const window = reader.window();
      REQUIRE(window.size() >= chunk.size());
      std::copy(chunk.begin(), chunk.end(), window.begin());
      reader.commit(chunk.size());  // and taken by whoever asks next
    }
    test::take_frames(reader, outcome);
    REQUIRE(outcome == whole);
  }

  frame_buffer<16> buffer;
  octets const committed = from_hex("4002 0001 4002 0002 40");
  std::copy(committed.begin(), committed.end(), buffer.window().begin());
  buffer.commit(committed.size());
  octets const more = from_hex("02 0003 4002 0004");
  byte_view chunk(more);
  for (std::string_view const hex : {"40020001", "40020002"}) {
    CHECK(test::to_hex(buffer.next(chunk).frame.octets()) == hex);
    CHECK(chunk.size() == more.size());
  }
  CHECK(test::to_hex(buffer.next(chunk).frame.octets()) == "40020003");
  CHECK(chunk.size() == 4);
  CHECK(test::to_hex(buffer.next(chunk).frame.octets()) == "40020004");
}

TEST_CASE("frame_reader chunks: an error stays and takes nothing", "[stream][frame_reader][chunks][H003]") {
  for (bool const shared : {false, true}) {
    test::guarded_output memory(64);
    frame_reader reader(memory.octets());
    octets const wrong = from_hex("d000 30 80 80 80 80 4002 0001");
    reading outcome;
    if (shared) feed_in_place(reader, byte_view(wrong).first(4), outcome);
    feed_in_place(reader, byte_view(wrong).subspan(shared ? 4 : 0), outcome);
    REQUIRE(outcome == reading{{"d000"}, {errc::malformed_packet, 0}});
    CHECK(hex_of(reader.unread()).starts_with("3080808080"));

    octets const before(memory.octets().begin(), memory.octets().end());
    octets const ping = from_hex("d000");
    byte_view chunk(ping);
    for (int i = 0; i != 3; ++i) {
      frame_result const again = reader.next(chunk);
      CHECK(again.status == frame_status::failed);
      CHECK(again.error == error{errc::malformed_packet, 0});
      CHECK(again.frame.size() == 0);
      CHECK(chunk.size() == 2);
      CHECK(reader.next().error == again.error);
      CHECK(reader.window().empty());
    }
    CHECK(octets(memory.octets().begin(), memory.octets().end()) == before);

    reader.reset();
    CHECK(reader.unread().empty());
    CHECK(reader.next(chunk).status == frame_status::ready);
    CHECK(chunk.empty());
  }
}

TEST_CASE("frame_reader: unread() is what was not taken, after an error from the packet to blame on",
          "[stream][frame_reader]") {
  test::guarded_output memory(16);
  frame_reader reader(memory.octets());
  CHECK(reader.unread().empty());
  octets const input = from_hex("d000 4002 0001 8001");
  std::copy(input.begin(), input.end(), reader.window().begin());
  reader.commit(input.size());
  CHECK(hex_of(reader.unread()) == "d000400200018001");
  CHECK(reader.next().status == frame_status::ready);
  CHECK(hex_of(reader.unread()) == "400200018001");
  CHECK(reader.next().status == frame_status::ready);
  for (int i = 0; i != 2; ++i) {
    CHECK(reader.next().status == frame_status::failed);
    CHECK(hex_of(reader.unread()) == "8001");
  }
  CHECK(reader.unread().data() == detail::to_chars(memory.octets()).data() + 6);
}

TEST_CASE("frame_reader: refuse() makes the caller's error the reader's", "[stream][frame_reader]") {
  test::guarded_output memory(16);
  frame_reader reader(memory.octets());
  octets const input = from_hex("d000 4002 0000 d000");
  std::copy(input.begin(), input.end(), reader.window().begin());
  reader.commit(input.size());
  CHECK(reader.next().status == frame_status::ready);
  REQUIRE(reader.peek().status == frame_status::ready);
  reader.refuse({errc::protocol_error, 7});
  reader.refuse({errc::malformed_packet, 0});  // the first one counts
  octets const ping = from_hex("d000");
  byte_view chunk(ping);
  for (int i = 0; i != 2; ++i) {
    for (frame_result const& found : {reader.peek(), reader.next(), reader.next(chunk)}) {
      CHECK(found.status == frame_status::failed);
      CHECK(found.error == error{errc::protocol_error, 7});
    }
    CHECK(chunk.size() == 2);
    CHECK(reader.window().empty());
    reader.commit(1);
    CHECK(hex_of(reader.unread()) == "40020000d000");  // from the packet that was only looked at
  }
  reader.reset();
  CHECK(reader.next(chunk).status == frame_status::ready);

  // Also when nothing is in the storage.
  reader.refuse({errc::protocol_error, 8});
  CHECK(reader.buffered() == 0);
  chunk = ping;
  CHECK(reader.next(chunk).error == error{errc::protocol_error, 8});
  CHECK(chunk.size() == 2);
}
