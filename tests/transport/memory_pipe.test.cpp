// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/memory_pipe.hpp>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <vector>

#include "support/guarded.hpp"

using namespace hubwire;

namespace {

using octets = std::vector<std::uint8_t>;

octets read_all(memory_pipe::end& end) {
  octets got;
  std::array<std::uint8_t, 3> chunk{};
  for (io_result r = end.read_some(chunk); r.count != 0; r = end.read_some(chunk))
    got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(r.count));
  return got;
}

}  // namespace

TEST_CASE("memory_pipe: each direction holds as many bytes as its buffer", "[transport][memory_pipe]") {
  test::guarded_output rightward(5);
  test::guarded_output leftward(2);
  memory_pipe pipe(rightward.octets(), leftward.octets());

  CHECK(pipe.left().write_some(octets{1, 2, 3, 4, 5, 6, 7}).count == 5);
  CHECK(pipe.left().write_some(octets{6}).status == io_status::would_block);
  CHECK(pipe.left().wants_write());
  CHECK(pipe.left().writable() == 0);
  CHECK(pipe.right().readable() == 5);
  CHECK(pipe.right().write_some(octets{9, 9, 9}).count == 2);
  CHECK(read_all(pipe.right()) == octets{1, 2, 3, 4, 5});
  CHECK(read_all(pipe.left()) == octets{9, 9});
  CHECK(pipe.left().write_some(octets{6}).count == 1);
  CHECK_FALSE(pipe.left().wants_write());
}

TEST_CASE("memory_pipe: every start position and size wraps correctly", "[transport][memory_pipe]") {
  for (std::size_t skip = 0; skip < 7; ++skip) {
    for (std::size_t size = 1; size <= 7; ++size) {
      test::guarded_output memory(7);
      test::guarded_output unused(1);
      memory_pipe pipe(memory.octets(), unused.octets());
      REQUIRE(pipe.left().write_some(octets(skip, 0)).count == skip);
      REQUIRE(read_all(pipe.right()).size() == skip);
      octets data;
      for (std::size_t i = 0; i < size; ++i) data.push_back(static_cast<std::uint8_t>(10 * skip + i));
      REQUIRE(pipe.left().write_some(data).count == size);
      CHECK(read_all(pipe.right()) == data);
    }
  }
}

TEST_CASE("memory_pipe: without memory it takes nothing", "[transport][memory_pipe]") {
  memory_pipe pipe({}, {});
  std::uint8_t octet = 1;
  CHECK(pipe.left().write_some(byte_view(&octet, 1)).status == io_status::would_block);
  CHECK(pipe.right().read_some(byte_span(&octet, 1)).status == io_status::would_block);
}

TEST_CASE("memory_pipe: an end that closed is read to the end, and writing to it fails",
          "[transport][memory_pipe]") {
  std::array<std::uint8_t, 8> a{};
  std::array<std::uint8_t, 8> b{};
  memory_pipe pipe(a, b);
  REQUIRE(pipe.right().write_some(octets{1, 2, 3, 4}).count == 4);
  pipe.right().close();
  CHECK(pipe.left().write_some(octets{1}).error == errc::connection_lost);
  CHECK(read_all(pipe.left()) == octets{1, 2, 3, 4});
  std::uint8_t octet = 0;
  CHECK(pipe.left().read_some(byte_span(&octet, 1)).status == io_status::closed);
}

TEST_CASE("memory_pipe: an end that has ended its output goes on reading", "[transport][memory_pipe]") {
  std::array<std::uint8_t, 8> there{};
  std::array<std::uint8_t, 8> back{};
  memory_pipe pipe(there, back);
  std::array<std::uint8_t, 3> const data{1, 2, 3};
  std::array<std::uint8_t, 8> got{};
  REQUIRE(pipe.left().write_some(data).count == 3);
  CHECK(pipe.left().end_output() == io_status::ok);
  CHECK(pipe.left().end_output() == io_status::ok);
  CHECK(pipe.left().write_some(data).status == io_status::closed);
  CHECK(pipe.right().read_some(got).count == 3);
  CHECK(pipe.right().read_some(got).status == io_status::closed);
  CHECK(pipe.right().write_some(data).count == 3);
  CHECK(pipe.left().read_some(got).count == 3);
  CHECK(pipe.left().read_some(got).status == io_status::would_block);
  pipe.sever();
  CHECK(pipe.left().end_output() == io_status::failed);
  pipe.right().close();
  CHECK(pipe.right().end_output() == io_status::closed);
}

TEST_CASE("memory_pipe: sever loses what was on its way", "[transport][memory_pipe]") {
  std::array<std::uint8_t, 8> a{};
  std::array<std::uint8_t, 8> b{};
  memory_pipe pipe(a, b);
  REQUIRE(pipe.right().write_some(octets{1, 2}).count == 2);
  pipe.sever();
  std::uint8_t octet = 0;
  for (memory_pipe::end* end : {&pipe.left(), &pipe.right()}) {
    CHECK(end->read_some(byte_span(&octet, 1)).error == errc::connection_lost);
    CHECK(end->write_some(byte_view(&octet, 1)).error == errc::connection_lost);
  }
}
