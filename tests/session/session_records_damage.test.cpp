// SPDX-License-Identifier: BSL-1.0
// Damaged stores: nothing is read that was not written, and what is missing is told.
#include <hubwire/session/session_records.hpp>

#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "record_stores.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

using file = file_model<2048, 128>;
using written = std::vector<std::tuple<record_kind, std::uint16_t, std::string>>;

struct history {
  file store{};
  written records{};  // of the bank in use, in order
};

// What load() reads of any memory.
struct found {
  load_report report{};
  written records{};
};

found read(octets const& memory, std::uint32_t owner = 1) {
  file store;
  store.bytes = memory;
  session_records records(store);
  found seen;
  auto const report = records.load(owner, [&](record_kind kind, std::uint16_t id, record_body<file>& body) {
    std::string text(body.size(), '?');
    demand(body.copy_to({detail::to_bytes(text.data()), text.size()}).has_value());
    seen.records.emplace_back(kind, id, text);
  });
  demand(report.has_value());
  seen.report = *report;
  demand(seen.report.records == seen.records.size());
  demand(store.bytes == memory);
  return seen;
}

// Both banks have been in use, and pages of the one in use still hold what an earlier generation wrote.
history make(std::uint32_t seed) {
  history made;
  session_records records(made.store);
  plain_session now;
  REQUIRE(load(records).report);
  for (step const& one : random_steps(150, seed, 120)) {
    REQUIRE(change(records, now, one.kind, one.id, one.body));
    now.apply(one.kind, one.id, one.body);
  }
  REQUIRE(make_snapshot(records, now));
  for (step const& one : random_steps(12, seed + 1, 90, now)) {
    REQUIRE(records.append(one.kind, one.id, view_of(one.body)));
  }
  found const seen = read(made.store.bytes);
  REQUIRE(seen.report.clean());
  made.records = seen.records;
  REQUIRE(made.records.size() >= 12);
  return made;
}

// Whether some of these were left out and the others are in their order.
bool is_part_of(written const& part, written const& all) {
  std::size_t at = 0;
  for (auto const& one : part) {
    while (at != all.size() && all[at] != one) ++at;
    if (at++ == all.size()) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("session_records: each bit that flips is told, or does no harm", "[session][records][damage]") {
  std::uint32_t const seed = GENERATE(Catch::Generators::range(0u, 4u));
  history const made = make(seed);
  octets const& whole = made.store.bytes;
  unsigned older = 0;
  for (std::size_t bit = 0; bit != whole.size() * 8; ++bit) {
    octets memory = whole;
    memory[bit / 8] = static_cast<std::uint8_t>(memory[bit / 8] ^ 1u << bit % 8);
    found const seen = read(memory);
    bool const complete = seen.records == made.records;
    bool const part = is_part_of(seen.records, made.records);
    if (!complete && seen.report.clean()) FAIL_CHECK("bit " << bit << " is not told");
    if (!part && seen.report.refused == 0) FAIL_CHECK("bit " << bit << " made a record");
    if (!part) ++older;
  }
  // Only in the head of the bank, and in those in front of the commit: then the older bank counts.
  CHECK(older > 100);
  CHECK(older < 12 * 16 * 8);
}

TEST_CASE("session_records: memory that ends anywhere, in bytes of any kind", "[session][records][damage]") {
  std::uint32_t const seed = GENERATE(Catch::Generators::range(10u, 14u));
  history const made = make(seed);
  octets const& whole = made.store.bytes;
  random_source random(seed);
  std::size_t const bank = read(whole).report.records != 0 && whole[1024 + 4] > whole[4] ? 1024 : 0;
  for (int kind = 0; kind != 3; ++kind) {
    for (std::size_t end = bank; end != bank + 1024; ++end) {
      octets memory = whole;
      for (std::size_t at = end; at != bank + 1024; ++at)
        memory[at] = kind == 0 ? 0xFF : kind == 1 ? 0 : static_cast<std::uint8_t>(random());
      found const seen = read(memory);
      if (!is_part_of(seen.records, made.records) && seen.report.refused == 0)
        FAIL_CHECK("cut at " << end << " made a record");
    }
  }
}

TEST_CASE("session_records: pieces that are moved, repeated or exchanged", "[session][records][damage]") {
  history const made = make(20);
  octets const& whole = made.store.bytes;
  random_source random(21);
  for (int i = 0; i != 20'000; ++i) {
    octets memory = whole;
    std::size_t const size = (1 + random.below(12)) * (random.below(2) == 0 ? 16 : 1);
    std::size_t from = random.below(static_cast<std::uint32_t>(whole.size() - size + 1));
    std::size_t to = random.below(static_cast<std::uint32_t>(whole.size() - size + 1));
    if (size % 16 == 0) from &= ~std::size_t{15}, to &= ~std::size_t{15};
    std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(from), size,
                memory.begin() + static_cast<std::ptrdiff_t>(to));
    found const seen = read(memory);
    if (!is_part_of(seen.records, made.records) && seen.report.refused == 0)
      FAIL_CHECK(size << " bytes of " << from << " at " << to << " made a record");
  }
}

TEST_CASE("session_records: one half copied over the other", "[session][records][damage]") {
  history const made = make(30);
  octets memory = made.store.bytes;
  std::copy_n(made.store.bytes.begin(), 1024, memory.begin() + 1024);
  found const lower = read(memory);
  memory = made.store.bytes;
  std::copy_n(made.store.bytes.begin() + 1024, 1024, memory.begin());
  found const upper = read(memory);
  CHECK((lower.records == made.records || upper.records == made.records));
  CHECK(lower.report.refused == 1);
  CHECK(upper.report.refused == 1);
}

TEST_CASE("session_records: random bytes hold nothing", "[session][records][damage]") {
  random_source random(40);
  for (int i = 0; i != 500; ++i) {
    octets memory(2048);
    for (auto& b : memory) b = static_cast<std::uint8_t>(random());
    found const seen = read(memory);
    if (!seen.records.empty() || seen.report.refused != 2) FAIL_CHECK("a record out of nothing");
  }
}

// A server chooses the bytes of a message. They may look like records.
TEST_CASE("session_records: records inside of a body are no records", "[session][records][damage]") {
  file inner;
  {
    session_records records(inner);
    REQUIRE(load(records).report);
    REQUIRE(records.begin_snapshot());
    REQUIRE(records.append(record_kind::publish, 666, view_of("forged")));
    REQUIRE(records.commit());
    REQUIRE(records.append(record_kind::settled, 1));
  }
  std::string const forged(inner.bytes.begin() + 1024, inner.bytes.begin() + 1024 + 128);
  REQUIRE(forged.substr(0, 2) == "\x01\xB1");
  file outer;
  session_records records(outer);
  REQUIRE(load(records).report);
  REQUIRE(make_snapshot(records, {}));
  REQUIRE(records.append(record_kind::publish, 1, view_of(forged)));
  REQUIRE(records.append(record_kind::received, 2));
  for (std::size_t bit = 0; bit != outer.bytes.size() * 8; ++bit) {
    octets memory = outer.bytes;
    memory[bit / 8] = static_cast<std::uint8_t>(memory[bit / 8] ^ 1u << bit % 8);
    for (auto const& [kind, id, body] : read(memory).records)
      if (id > 2) FAIL_CHECK("bit " << bit << " made a forged record good");
  }
}

TEST_CASE("session_records: a damaged body is left out, what follows is read, and a snapshot is asked for",
          "[session][records][damage]") {
  file store;
  session_records records(store);
  REQUIRE(load(records).report);
  REQUIRE(make_snapshot(records, {}));
  REQUIRE(records.append(record_kind::publish, 1, view_of("first")));
  REQUIRE(records.append(record_kind::publish, 2, view_of("second")));
  auto const at = std::find(store.bytes.begin(), store.bytes.end(), std::uint8_t{'f'});
  REQUIRE(at != store.bytes.end());
  *at ^= 0x20;
  session_records again(store);
  auto const seen = load(again);
  CHECK(seen.report->records == 1);
  CHECK(seen.report->skipped == 1);
  CHECK_FALSE(seen.report->cut);
  CHECK(seen.report->refused == 0);
  CHECK(seen.session.outgoing == std::map<std::uint16_t, std::string>{{2, "second"}});
  CHECK(again.append(record_kind::settled, 2).error() == errc::store_full);
  REQUIRE(make_snapshot(again, seen.session));
  CHECK(load(again).report->clean());
}

TEST_CASE("session_records: a damaged head cuts the log, is told, and a snapshot is asked for",
          "[session][records][damage]") {
  // At the start of a page too, where an earlier generation's bytes may lie.
  std::uint16_t const before = GENERATE(as<std::uint16_t>{}, 3, 6, 14);
  file store;
  session_records records(store);
  REQUIRE(load(records).report);
  REQUIRE(make_snapshot(records, {}));
  for (std::uint16_t i = 1; i <= before + 3; ++i) REQUIRE(records.append(record_kind::received, i));
  std::size_t const at = 1024 + 32 + before * 16u;
  std::size_t const bit = GENERATE(Catch::Generators::range(0u, 128u));
  store.bytes[at + bit / 8] = static_cast<std::uint8_t>(store.bytes[at + bit / 8] ^ 1u << bit % 8);
  session_records again(store);
  auto const seen = load(again);
  if (bit < 8) {  // the mark, whose value changes nothing
    CHECK(seen.report->clean());
    CHECK(seen.report->records == before + 3u);
  } else {
    CHECK(seen.report->cut);
    CHECK(seen.report->records == before);
    CHECK(again.append(record_kind::received, 1).error() == errc::store_full);
  }
}

TEST_CASE("session_records: a head that is longer than what is left of its bank is none",
          "[session][records][damage]") {
  file store;
  session_records records(store);
  REQUIRE(load(records).report);
  REQUIRE(make_snapshot(records, {}));
  // The CRC is good: only the length is wrong.
  std::uint32_t const length = GENERATE(976u, 977u, 0x7FFF'FFFFu, 0xFFFF'FFF0u, 0xFFFF'FFFFu);
  detail::record_head h{.mark = 1, .kind = 1, .id = 5, .length = length};
  std::uint32_t chain = 0;
  for (unsigned i = 4; i != 0; --i) chain = chain << 8 | store.bytes[1024 + 16 + 12 + i - 1];
  h.swap_octets();
  h.set_crc(h.crc_behind(chain));
  std::copy_n(h.octets().begin(), 16, store.bytes.begin() + 1024 + 32);
  found const seen = read(store.bytes);
  CHECK(seen.records.empty());
  CHECK(seen.report.cut == (length > 976));
  CHECK(seen.report.skipped == (length > 976 ? 0u : 1u));
}
