// SPDX-License-Identifier: BSL-1.0
// The contract of session_store: what a store may have and no more, and the flash store over a driver.
#include <hubwire/session/session_store.hpp>

#include <hubwire/session/flash_store.hpp>
#include <hubwire/session/session_records.hpp>

#include <array>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "record_stores.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

// Models session_store and nothing else.
class archetype {
 public:
  archetype(archetype const&) = delete;
  archetype& operator=(archetype const&) = delete;
  explicit archetype(int) { memory_.fill(0xFF); }

  result<void> read_at(std::size_t at, byte_span room) noexcept {
    std::copy_n(memory_.begin() + static_cast<std::ptrdiff_t>(at), room.size(), room.begin());
    return {};
  }
  result<void> write_at(std::size_t at, byte_view data) noexcept {
    if (at % 64 == 0) std::fill_n(memory_.begin() + static_cast<std::ptrdiff_t>(at), 64, std::uint8_t{0xFF});
    std::copy(data.begin(), data.end(), memory_.begin() + static_cast<std::ptrdiff_t>(at));
    return {};
  }
  std::size_t size() const noexcept { return memory_.size(); }
  std::size_t page_size() const noexcept { return 64; }

 private:
  std::array<std::uint8_t, 256> memory_;
};

template <class S>
struct throws : S {
  result<void> read_at(std::size_t at, byte_span room) { return S::read_at(at, room); }
};

struct driver_archetype {
  static constexpr std::size_t size = 256;
  static constexpr std::size_t page_size = 128;
  result<void> read_at(std::size_t, byte_span) noexcept { return {}; }
  result<void> program(std::size_t, byte_view) noexcept { return {}; }
  result<void> erase_page(std::size_t) noexcept { return {}; }
};
template <std::size_t Size, std::size_t Page>
struct driver_of : driver_archetype {
  static constexpr std::size_t size = Size;
  static constexpr std::size_t page_size = Page;
};

static_assert(session_store<archetype>);
static_assert(session_store<file_model<1024, 64>>);
static_assert(!session_store<int>);
static_assert(!session_store<throws<file_model<1024, 64>>>);
static_assert(flash_driver<driver_archetype>);
static_assert(flash_driver<driver_of<128, 64>>);
static_assert(!flash_driver<driver_of<192, 64>>, "an odd number of pages");
static_assert(!flash_driver<driver_of<64, 64>>, "one page");
static_assert(!flash_driver<driver_of<128, 32>>, "pages too small");
static_assert(!flash_driver<driver_of<192, 96>>, "no power of two");
static_assert(!flash_driver<throws<driver_archetype>>);
static_assert(session_store<flash_store<driver_archetype>>);

// Writes down what it is asked for.
struct noting_driver {
  static constexpr std::size_t size = 512;
  static constexpr std::size_t page_size = 128;
  struct call {
    char what;
    std::size_t at;
    std::size_t size;
    friend bool operator==(call const&, call const&) = default;
  };
  std::vector<call> calls{};
  errc erase_fails = errc::none;

  result<void> read_at(std::size_t at, byte_span room) noexcept {
    calls.push_back({'r', at, room.size()});
    return error{errc::store_failed, 1};
  }
  result<void> program(std::size_t at, byte_view data) noexcept {
    calls.push_back({'p', at, data.size()});
    return error{errc::store_failed, 2};
  }
  result<void> erase_page(std::size_t at) noexcept {
    calls.push_back({'e', at, 0});
    return erase_fails == errc::none ? result<void>() : error{erase_fails, 3};
  }
};

}  // namespace

TEST_CASE("session_store: its two functions and two numbers are enough for records", "[session][store]") {
  archetype store(0);
  session_records records(store);
  REQUIRE(load(records).report);
  REQUIRE(make_snapshot(records, {{}, {}, {3}, 0}));
  REQUIRE(records.append(record_kind::received, 4));
  session_records again(store);
  CHECK(load(again).session.received == std::set<std::uint16_t>{3, 4});
}

TEST_CASE("flash_store: the first byte of a page erases it, other writes do not", "[session][store]") {
  noting_driver driver;
  flash_store store(driver);
  CHECK(store.size() == 512);
  CHECK(store.page_size() == 128);
  std::array<std::uint8_t, 32> memory{};
  CHECK(store.write_at(128, memory).error() == error{errc::store_failed, 2});
  CHECK(store.write_at(160, memory).error() == error{errc::store_failed, 2});
  CHECK(store.read_at(0, memory).error() == error{errc::store_failed, 1});
  CHECK(driver.calls ==
        std::vector<noting_driver::call>{{'e', 128, 0}, {'p', 128, 32}, {'p', 160, 32}, {'r', 0, 32}});
}

TEST_CASE("flash_store: what was not erased is not programmed", "[session][store]") {
  noting_driver driver;
  driver.erase_fails = errc::store_failed;
  flash_store store(driver);
  std::array<std::uint8_t, 16> memory{};
  CHECK(store.write_at(0, memory).error() == error{errc::store_failed, 3});
  CHECK(driver.calls == std::vector<noting_driver::call>{{'e', 0, 0}});
}

TEST_CASE("flash_store: keeps to the rules of flash of each write unit", "[session][store]") {
  auto const through = [](auto flash) {
    flash_store store(flash);
    session_records records(store);
    REQUIRE(load(records).report);
    plain_session now;
    for (step const& one : random_steps(400, 5, 200)) {
      REQUIRE(change(records, now, one.kind, one.id, one.body));
      now.apply(one.kind, one.id, one.body);
    }
    session_records again(store);
    CHECK(load(again).session == now);
  };
  through(flash_model<2048, 256, 1>(0x00));
  through(flash_model<2048, 256, 2>(0x00));
  through(flash_model<2048, 256, 4>(0xA5));
  through(flash_model<2048, 256, 8>(0xA5));
  through(flash_model<2048, 1024, 16>(0x00));
}
