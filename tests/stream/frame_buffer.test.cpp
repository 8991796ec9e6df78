// SPDX-License-Identifier: BSL-1.0
#include <hubwire/stream/frame_buffer.hpp>

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

#include <support/hex.hpp>

#include "feed.hpp"

using namespace hubwire;
using test::feed;
using test::reading;

TEST_CASE("frame_buffer: holds a packet of its capacity and no larger one", "[stream][frame_buffer]") {
  frame_buffer<206> buffer;
  CHECK(buffer.window().size() == 206);
  reading outcome;
  CHECK(feed(buffer, test::golden_stream(), outcome));
  CHECK(outcome.frames == test::golden_frames());

  frame_buffer<205> smaller;
  outcome = {};
  feed(smaller, test::golden_stream(), outcome);
  CHECK(outcome.failure == error{errc::packet_exceeds_limit, 206});
}

TEST_CASE("frame_buffer: the smallest one reads the smallest packets", "[stream][frame_buffer]") {
  frame_buffer<5> buffer;
  reading outcome;
  CHECK(feed(buffer, test::from_hex("c000 20020000 d000 4002 0001 3003 0001 74"), outcome));
  CHECK(outcome.frames.size() == 5);
  feed(buffer, test::from_hex("30 80 80 80 01"), outcome);
  CHECK(outcome.failure == error{errc::packet_exceeds_limit, 2'097'157});
}

TEST_CASE("frame_buffer: takes a limit", "[stream][frame_buffer]") {
  frame_buffer<64> buffer(4);
  reading outcome;
  feed(buffer, test::from_hex("20020000 3003000174"), outcome);
  CHECK(outcome.frames.size() == 1);
  CHECK(outcome.failure == error{errc::packet_exceeds_limit, 5});
}

TEST_CASE("frame_buffer: neither copied nor moved, since the reader points into it",
          "[stream][frame_buffer]") {
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<frame_buffer<16>>);
  STATIC_REQUIRE_FALSE(std::is_move_constructible_v<frame_buffer<16>>);
  STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<frame_buffer<16>>);
}
