// SPDX-License-Identifier: BSL-1.0
#include <hubwire/session/session_records.hpp>

#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "record_stores.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

using file = file_model<1024, 128>;
using small_flash = flash_model<1024, 128, 16>;

struct seen {
  record_kind kind;
  std::uint16_t id;
  std::string body;
  friend bool operator==(seen const&, seen const&) = default;
};

template <class Store>
std::vector<seen> read_all(session_records<Store>& records, std::uint32_t owner = 1) {
  std::vector<seen> all;
  auto const report = records.load(owner, [&](record_kind kind, std::uint16_t id, record_body<Store>& body) {
    std::string text(body.size(), '?');
    REQUIRE(body.copy_to({detail::to_bytes(text.data()), text.size()}));
    all.push_back({kind, id, text});
  });
  REQUIRE(report);
  CHECK(report->records == all.size());
  return all;
}

// A store with two records of owner 1, generation 1, in bank 1.
file two_records() {
  file store;
  session_records records(store);
  CHECK(load(records).report->clean());
  REQUIRE(make_snapshot(records, {}));
  REQUIRE(records.append(record_kind::publish, 5, view_of("0\x05xxx"), view_of("yy")));
  REQUIRE(records.append(record_kind::settled, 5));
  return store;
}

}  // namespace

TEST_CASE("session_records: what was appended is read, in its order", "[session][records]") {
  file store;
  session_records records(store);
  CHECK(read_all(records).empty());
  REQUIRE(records.begin_snapshot());
  REQUIRE(records.append(record_kind::next_id, 77));
  REQUIRE(records.commit());
  REQUIRE(records.append(record_kind::publish, 1, view_of("head"), view_of("and body")));
  REQUIRE(records.append(record_kind::released, 1));
  REQUIRE(records.append(record_kind::received, 9));
  REQUIRE(records.append(record_kind::completed, 9));
  REQUIRE(records.append(record_kind::settled, 65'535, {}, view_of("x")));

  std::vector<seen> const wanted{{record_kind::next_id, 77, ""},  {record_kind::publish, 1, "headand body"},
                                 {record_kind::released, 1, ""},  {record_kind::received, 9, ""},
                                 {record_kind::completed, 9, ""}, {record_kind::settled, 65'535, "x"}};
  session_records again(store);
  CHECK(read_all(again) == wanted);
  CHECK(read_all(again) == wanted);  // as often as one likes
}

TEST_CASE("session_records: appending goes on after a load", "[session][records]") {
  file store = two_records();
  session_records records(store);
  REQUIRE(read_all(records).size() == 2);
  REQUIRE(records.append(record_kind::received, 3));
  session_records again(store);
  CHECK(read_all(again).size() == 3);
}

TEST_CASE("session_records: nothing can be appended before a first snapshot", "[session][records]") {
  file store;
  session_records records(store);
  CHECK(records.append(record_kind::settled, 1).error() == error{errc::store_full, 16});
  CHECK(records.commit().error() == errc::store_full);
  CHECK(load(records).report->clean());
  CHECK(records.append(record_kind::publish, 1, view_of("17 bytes in all..")).error() ==
        error{errc::store_full, 48});
  CHECK(store.bytes == octets(1024, 0xFF));
}

TEST_CASE("session_records: bodies of every size come back, through pages and lines", "[session][records]") {
  std::size_t const size = GENERATE(Catch::Generators::range(0u, 400u));
  std::size_t const cut = GENERATE(0u, 1u, 17u, 64u, 399u);
  file store;
  session_records records(store);
  REQUIRE(load(records).report);
  REQUIRE(make_snapshot(records, {}));
  std::string body(size, ' ');
  for (std::size_t i = 0; i != size; ++i) body[i] = static_cast<char>(i * 7);
  byte_view const all = view_of(body);
  REQUIRE(records.append(record_kind::publish, 1, all.first(std::min(cut, size)),
                         all.subspan(std::min(cut, size))));
  REQUIRE(records.append(record_kind::settled, 2));
  session_records again(store);
  CHECK(read_all(again) == std::vector<seen>{{record_kind::publish, 1, body}, {record_kind::settled, 2, ""}});
}

TEST_CASE("session_records: a body is read in pieces into the caller's memory", "[session][records]") {
  file store = two_records();
  session_records records(store);
  std::string pieces;
  auto const report = records.load(1, [&](record_kind kind, std::uint16_t, record_body<file>& body) {
    if (kind != record_kind::publish) return;
    CHECK(body.size() == 7 - (pieces.size() / 2));
    for (std::size_t const count : {std::size_t{1}, std::size_t{2}, std::size_t{0}, std::size_t{4}}) {
      std::string piece(count, '?');
      REQUIRE(body.copy_to({detail::to_bytes(piece.data()), count}));
      pieces += piece + "|";
    }
    CHECK(body.size() == 0);
  });
  CHECK(report->clean());
  CHECK(pieces.size() == 7 + 4);
  CHECK(pieces[1] == '|');
}

TEST_CASE("session_records: the bytes of a store are what docs/reboot.md says", "[session][records]") {
  file const store = two_records();
  std::string const bank(store.bytes.begin() + 512, store.bytes.begin() + 512 + 16 + 16 + 32 + 16);
  auto const word = [&](std::size_t at) {
    std::uint32_t n = 0;
    for (std::size_t i = 4; i != 0; --i) n = n << 8 | static_cast<std::uint8_t>(bank[at + i - 1]);
    return n;
  };
  auto const crc = [&](std::size_t at, std::uint32_t before) {
    return crc32(view_of(bank.substr(at + 1, 11)), before);
  };
  CHECK(bank.substr(0, 4) == std::string("\x01\xB1\x01\x00", 4));
  CHECK(word(4) == 1);             // generation
  CHECK(word(8) == 1);             // owner
  CHECK(word(12) == crc(0, 512));  // where the bank begins
  CHECK(bank.substr(16, 12) == std::string("\x01\xC1\0\0\0\0\0\0\0\0\0\0", 12));
  CHECK(word(28) == crc(16, word(12)));
  CHECK(bank.substr(32, 4) == std::string("\x01\x01\x05\x00", 4));
  CHECK(word(36) == 7);
  CHECK(word(40) == crc32(view_of(bank.substr(48, 7))));
  CHECK(word(44) == crc(32, word(28)));
  CHECK(bank.substr(48, 16) == std::string("0\x05xxxyy") + std::string(9, '\xFF'));
  CHECK(bank.substr(64, 12) == std::string("\x01\x03\x05\0\0\0\0\0\0\0\0\0", 12));
  CHECK(word(76) == crc(64, word(44)));
  CHECK(std::all_of(store.bytes.begin() + 592, store.bytes.end(), [](auto b) { return b == 0xFF; }));
  CHECK(std::all_of(store.bytes.begin(), store.bytes.begin() + 512, [](auto b) { return b == 0xFF; }));
}

TEST_CASE("session_records: a full bank asks for a snapshot, which goes into the other one",
          "[session][records]") {
  file store;
  session_records records(store);
  REQUIRE(load(records).report);
  REQUIRE(make_snapshot(records, {}));
  std::size_t count = 0;
  while (records.append(record_kind::received, static_cast<std::uint16_t>(count + 1))) ++count;
  CHECK(count == 512 / 16 - 2);
  CHECK(records.append(record_kind::received, 1).error() == error{errc::store_full, 16});
  octets const before = store.bytes;

  REQUIRE(records.begin_snapshot());
  REQUIRE(records.append(record_kind::received, 4));
  CHECK(std::equal(before.begin() + 512, before.end(), store.bytes.begin() + 512));
  session_records meanwhile(store);
  auto const old = load(meanwhile);
  CHECK(old.session.received.size() == count);
  CHECK(old.report->refused == 1);

  REQUIRE(records.commit());
  CHECK(std::equal(before.begin() + 512, before.end(), store.bytes.begin() + 512));
  session_records again(store);
  auto const now = load(again);
  CHECK(now.session.received == std::set<std::uint16_t>{4});
  CHECK(now.report->clean());
}

TEST_CASE("session_records: a snapshot that does not fit leaves the old state", "[session][records]") {
  file store = two_records();
  session_records records(store);
  plain_session const before = load(records).session;
  REQUIRE(records.begin_snapshot());
  std::string const large(480, 'x');
  REQUIRE(records.append(record_kind::publish, 1, view_of(large)));
  CHECK(records.append(record_kind::publish, 2).error() == error{errc::store_full, 16});
  CHECK(records.commit().error() == errc::store_full);
  session_records again(store);
  CHECK(load(again).session == before);
  REQUIRE(make_snapshot(records, before));  // the object itself tries again
  REQUIRE(records.append(record_kind::received, 8));
  session_records last(store);
  CHECK(load(last).session.received == std::set<std::uint16_t>{8});
}

TEST_CASE("session_records: a snapshot that begins anew forgets what it had", "[session][records]") {
  file store = two_records();
  session_records records(store);
  REQUIRE(load(records).report);
  REQUIRE(records.begin_snapshot());
  REQUIRE(records.append(record_kind::received, 1));
  REQUIRE(records.begin_snapshot());
  REQUIRE(records.append(record_kind::received, 2));
  REQUIRE(records.commit());
  session_records again(store);
  CHECK(load(again).session.received == std::set<std::uint16_t>{2});
}

TEST_CASE("session_records: many generations", "[session][records]") {
  flash_model<1024, 128, 8> flash;
  flash_store store(flash);
  session_records records(store);
  plain_session now;
  REQUIRE(load(records).report);
  for (step const& one : random_steps(20'000, 3, 90)) {
    REQUIRE(change(records, now, one.kind, one.id, one.body));
    now.apply(one.kind, one.id, one.body);
  }
  session_records again(store);
  auto const seen = load(again);
  CHECK(seen.session == now);
  CHECK(seen.report->refused == 0);
  CHECK(seen.report->skipped == 0);
}

TEST_CASE("session_records: another owner's records are not read, and mended by a snapshot",
          "[session][records]") {
  file store = two_records();
  session_records records(store);
  auto const foreign = load(records, 2);
  CHECK(foreign.session == plain_session{});
  CHECK(foreign.report->records == 0);
  CHECK(foreign.report->refused == 1);
  CHECK_FALSE(foreign.report->clean());
  CHECK(records.append(record_kind::received, 1).error() == errc::store_full);
  REQUIRE(make_snapshot(records, {}));
  REQUIRE(records.append(record_kind::received, 6));
  REQUIRE(make_snapshot(records, {{}, {}, {6}, 0}));
  session_records again(store);
  auto const own = load(again, 2);
  CHECK(own.report->clean());
  CHECK(own.session.received == std::set<std::uint16_t>{6});
  CHECK(load(again, 1).report->refused == 2);
}

TEST_CASE("session_records: another format is not read", "[session][records]") {
  file store = two_records();
  store.bytes[512 + 2] = 2;  // and the CRC made good again
  std::uint32_t const crc = crc32(byte_view(store.bytes).subspan(513, 11), 512);
  for (unsigned i = 0; i != 4; ++i) store.bytes[512 + 12 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  session_records records(store);
  auto const seen = load(records);
  CHECK(seen.report->records == 0);
  CHECK(seen.report->refused == 1);
}

TEST_CASE("session_records: memory that was never used, or used by others, holds nothing",
          "[session][records]") {
  int const content = GENERATE(Catch::Generators::range(0, 256));
  file store(static_cast<std::uint8_t>(content));
  session_records records(store);
  auto const seen = load(records);
  REQUIRE(seen.report);
  CHECK(seen.report->records == 0);
  CHECK(seen.report->refused == (content == 0xFF ? 0u : 2u));
  CHECK(records.append(record_kind::received, 1).error() == errc::store_full);
  REQUIRE(make_snapshot(records, {{}, {}, {1, 2}, 0}));
  session_records again(store);
  CHECK(load(again).session.received == std::set<std::uint16_t>{1, 2});
}

TEST_CASE("session_records: kinds that are not known are left out and counted", "[session][records]") {
  int const kind = GENERATE(Catch::Generators::range(0, 256));
  file store = two_records();
  session_records records(store);
  REQUIRE(load(records).report);
  REQUIRE(records.append(static_cast<record_kind>(kind), 9));
  REQUIRE(records.append(record_kind::received, 3));
  session_records again(store);
  auto const seen = load(again);
  bool const known = kind >= 1 && kind <= 6;
  CHECK(seen.report->skipped == (known || kind == 0xC1 ? 0u : 1u));
  CHECK(seen.session.received.count(3) == 1);
}

TEST_CASE("session_records: the end of the log at the end of a page is no damage", "[session][records]") {
  // The page behind holds records of an earlier generation. The one where the log goes on is erased first.
  file store;
  session_records records(store);
  REQUIRE(load(records).report);
  for (std::uint16_t generation = 1; generation != 9; ++generation) {
    REQUIRE(make_snapshot(records, {}));
    for (std::uint16_t i = 1; i != 23; ++i) REQUIRE(records.append(record_kind::received, i));  // three pages
  }
  REQUIRE(make_snapshot(records, {}));
  for (std::uint16_t i = 1; i != 15; ++i) REQUIRE(records.append(record_kind::received, i));  // two
  session_records again(store);
  auto const seen = load(again);
  CHECK(seen.report->clean());
  CHECK(seen.report->records == 14);
  REQUIRE(again.append(record_kind::received, 100));
  session_records last(store);
  CHECK(load(last).report->clean());
  CHECK(load(last).session.received.size() == 15);
}

TEST_CASE("session_records: a store that fails is told, and mended by a snapshot", "[session][records]") {
  file store = two_records();
  octets const before = store.bytes;
  session_records records(store);
  store.power.lasts(0);
  CHECK(load(records).report.error() == errc::store_failed);
  CHECK(records.append(record_kind::received, 1).error() == errc::store_full);
  store.power.lasts(power::for_ever);
  REQUIRE(load(records).report->clean());
  store.power.lasts(1);
  CHECK(records.append(record_kind::received, 1).error() == errc::store_failed);
  store.power.lasts(power::for_ever);
  CHECK(records.append(record_kind::received, 1).error() == errc::store_full);
  REQUIRE(make_snapshot(records, {{}, {}, {1}, 0}));
  session_records again(store);
  CHECK(load(again).session.received == std::set<std::uint16_t>{1});
}

// Where the newest bank cannot be read, the one before it is not handed out in its place.
TEST_CASE("session_records: a read that fails in the newest bank does not bring back the older one",
          "[session][records]") {
  struct failing {
    file inside;
    std::size_t bad = 0;
    static constexpr std::size_t size() noexcept { return 1024; }
    static constexpr std::size_t page_size() noexcept { return 128; }
    result<void> read_at(std::size_t at, byte_span room) noexcept {
      return at == bad ? result<void>(errc::store_failed) : inside.read_at(at, room);
    }
    result<void> write_at(std::size_t at, byte_view data) noexcept { return inside.write_at(at, data); }
  };
  file two = two_records();
  session_records first(two);
  REQUIRE(load(first).report);
  REQUIRE(make_snapshot(first, {{}, {}, {1}, 0}));  // into bank 0
  failing store{two, 16};
  session_records records(store);
  unsigned visited = 0;
  auto const report = records.load(1, [&](record_kind, std::uint16_t, record_body<failing>&) { ++visited; });
  CHECK(report.error() == errc::store_failed);
  CHECK(visited == 0);
}

TEST_CASE("session_records: a read that fails anywhere makes load() fail", "[session][records]") {
  struct failing {
    file inside;
    std::size_t reads = 0;
    static constexpr std::size_t size() noexcept { return 1024; }
    static constexpr std::size_t page_size() noexcept { return 128; }
    result<void> read_at(std::size_t at, byte_span room) noexcept {
      if (reads-- == 0) return error{errc::store_failed, 5};
      return inside.read_at(at, room);
    }
    result<void> write_at(std::size_t at, byte_view data) noexcept { return inside.write_at(at, data); }
  };
  failing store{two_records()};
  std::size_t needed = 0;
  for (;; ++needed) {
    store.reads = needed;
    session_records records(store);
    auto const report = records.load(1, [](record_kind, std::uint16_t, record_body<failing>&) {});
    if (report) break;
    CHECK(report.error() == error{errc::store_failed, 5});
    CHECK(records.append(record_kind::received, 1).error() == errc::store_full);
  }
  CHECK(needed > 6);
}
