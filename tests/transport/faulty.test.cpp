// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/faulty.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <vector>

#include <hubwire/transport/memory_pipe.hpp>

using namespace hubwire;

namespace {

using octets = std::vector<std::uint8_t>;

struct fixture {
  std::array<std::uint8_t, 64> a{};
  std::array<std::uint8_t, 64> b{};
  memory_pipe pipe{a, b};
  faulty<memory_pipe::end> bad;
  std::array<std::uint8_t, 64> room{};

  explicit fixture(faults const& plan) : bad(pipe.left(), plan) {}
};

std::vector<std::size_t> sizes_of_reads(faults const& plan) {
  fixture f(plan);
  std::vector<std::size_t> sizes;
  static_cast<void>(f.pipe.right().write_some(octets(64, 1)));
  for (io_result r = f.bad.read_some(f.room); r.count != 0; r = f.bad.read_some(f.room))
    sizes.push_back(r.count);
  return sizes;
}

}  // namespace

TEST_CASE("faulty: without a fault it changes nothing", "[transport][faulty]") {
  fixture f({});
  CHECK(f.bad.write_some(octets(40, 1)).count == 40);
  CHECK(f.bad.write_some(octets(40, 1)).count == 24);
  CHECK(f.bad.write_some(octets(40, 1)).status == io_status::would_block);
  CHECK(f.bad.wants_write());
  CHECK(f.bad.read_some(f.room).status == io_status::would_block);
  f.pipe.right().close();
  CHECK(f.bad.read_some(f.room).status == io_status::closed);
  CHECK(f.bad.written() == 64);
}

TEST_CASE("faulty: moves are no larger than planned", "[transport][faulty][H176]") {
  fixture f({.largest_read = 1, .largest_write = 2});
  CHECK(f.bad.write_some(octets{1, 2, 3}).count == 2);
  static_cast<void>(f.pipe.right().write_some(octets{7, 8}));
  CHECK(f.bad.read_some(f.room).count == 1);
  CHECK(f.room[0] == 7);
  CHECK(f.bad.received() == 1);
}

TEST_CASE("faulty: each n-th call blocks, and the one after it goes on", "[transport][faulty]") {
  fixture f({.block_every = 3});
  static_cast<void>(f.pipe.right().write_some(octets(10, 1)));
  std::vector<bool> blocked;
  for (int i = 0; i < 9; ++i)
    blocked.push_back(f.bad.read_some(byte_span(f.room).first(1)).status == io_status::would_block);
  CHECK(blocked == std::vector<bool>{false, false, true, false, false, true, false, false, true});
  CHECK(f.bad.write_some(octets{1}).count == 1);  // writes have a count of their own
  CHECK(f.bad.write_some(octets{1}).count == 1);
  CHECK(f.bad.write_some(octets{1}).status == io_status::would_block);
}

TEST_CASE("faulty: a seed gives sizes from 1 to the limit, the same each time", "[transport][faulty]") {
  faults const plan{.largest_read = 8, .seed = 42};
  auto const sizes = sizes_of_reads(plan);
  CHECK(sizes == sizes_of_reads(plan));
  CHECK(sizes != sizes_of_reads({.largest_read = 8, .seed = 43}));
  CHECK(*std::max_element(sizes.begin(), sizes.end()) <= 8);
  CHECK(std::any_of(sizes.begin(), sizes.end(), [](std::size_t s) { return s != sizes_of_reads({})[0]; }));
}

TEST_CASE("faulty: the connection is cut after exactly so many bytes", "[transport][faulty]") {
  for (std::size_t after = 0; after < 12; ++after) {
    fixture f({.cut_reading_after = after});
    static_cast<void>(f.pipe.right().write_some(octets(12, 1)));
    std::size_t got = 0;
    io_result r = f.bad.read_some(byte_span(f.room).first(5));
    for (; r.count != 0; r = f.bad.read_some(byte_span(f.room).first(5))) got += r.count;
    CHECK(got == after);
    CHECK(r.error == errc::connection_lost);
    CHECK(f.bad.write_some(octets{1}).error == errc::connection_lost);
  }
  fixture f({.cut_writing_after = 3, .cut_as = io_status::closed});
  CHECK(f.bad.write_some(octets(12, 1)).count == 3);
  CHECK(f.bad.write_some(octets(12, 1)).status == io_status::closed);
  CHECK(f.bad.read_some(f.room).status == io_status::closed);
}

TEST_CASE("faulty: offers the lower stream again what that has refused", "[transport][faulty]") {
  struct refusing {
    io_result read_some(byte_span) noexcept { return {0, io_status::would_block, {}}; }
    io_result write_some(byte_view data) noexcept {
      sizes.push_back(data.size());
      bool const take = sizes.size() % 3 == 0;
      return take ? io_result{data.size(), io_status::ok, {}} : io_result{0, io_status::would_block, {}};
    }
    std::vector<std::size_t> sizes{};
  } lower;
  faulty<refusing> stream(lower, {.largest_write = 50, .seed = 9});
  std::vector<std::uint8_t> const data(60);
  for (int i = 0; i != 60; ++i) static_cast<void>(stream.write_some(data));
  REQUIRE(lower.sizes.size() == 60);
  for (std::size_t i = 0; i != 60; i += 3) {
    CHECK(lower.sizes[i + 1] == lower.sizes[i]);
    CHECK(lower.sizes[i + 2] == lower.sizes[i]);
  }
  CHECK(stream.end_output() == io_status::ok);
  CHECK_FALSE(stream.wants_call());
}
