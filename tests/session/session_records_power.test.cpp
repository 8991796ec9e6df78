// SPDX-License-Identifier: BSL-1.0
// Power cuts at every byte of every write, and in every erase.
#include <hubwire/session/session_records.hpp>

#include <cstdio>
#include <optional>
#include <vector>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "record_stores.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

// A store with its model, whose power can be cut.
template <std::size_t Page>
struct on_file {
  file_model<16 * Page, Page> model{};
  auto& store() { return model; }
};
template <std::size_t Page, std::size_t Unit>
struct on_flash {
  flash_model<16 * Page, Page, Unit> model{};
  flash_store<flash_model<16 * Page, Page, Unit>> on_it{model};
  auto& store() { return on_it; }
};

// Steps until the end or a power cut. What memory should hold then is before or after.
struct outcome {
  plain_session before{};
  plain_session after{};
  bool cut = false;
};

template <class Box>
outcome run(Box& box, plain_session now, std::vector<step> const& steps) {
  outcome out{now, now};
  session_records records(box.store());
  read_back const seen = load(records);
  if (!seen.report) {
    out.cut = true;
    return out;
  }
  REQUIRE(seen.session == now);
  for (step const& one : steps) {
    out.before = out.after;
    out.after.apply(one.kind, one.id, one.body);
    result<void> const done = change(records, out.before, one.kind, one.id, one.body);
    if (!box.model.power.on()) {
      out.cut = true;
      return out;
    }
    REQUIRE(done);
  }
  out.before = out.after;
  return out;
}

// The state after a cut is before or after, and stays that when it is read again.
template <class Box>
plain_session recover(Box& box, outcome const& at) {
  box.model.power.lasts(power::for_ever);
  session_records records(box.store());
  read_back const seen = load(records);
  REQUIRE(seen.report);
  bool const right = seen.session == at.before || seen.session == at.after;
  REQUIRE(right);
  return seen.session;
}

template <class Box>
void cut_everywhere(std::vector<step> const& first, std::vector<step> const& second, debris left) {
  bool cut = true;
  for (std::size_t steps = 0; cut; ++steps) {
    CAPTURE(steps);
    Box box;
    box.model.left = left;
    box.model.power.lasts(steps);
    outcome const at = run(box, {}, first);
    cut = at.cut;
    plain_session const found = recover(box, at);
    outcome const end = run(box, found, second);
    REQUIRE_FALSE(end.cut);
    REQUIRE(recover(box, end) == end.after);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("session_records: a power cut at any byte leaves the state before or after",
                   "[session][records]", (on_file<64>), (on_file<128>), (on_flash<64, 1>), (on_flash<64, 8>),
                   (on_flash<128, 2>), (on_flash<128, 4>), (on_flash<64, 16>)) {
  debris const left = GENERATE(debris::as_before, debris::zero, debris::ones, debris::anything);
  // Each kind, and enough of them for three snapshots.
  std::vector<step> first{{record_kind::publish, 1, "a message of QoS 2"},
                          {record_kind::received, 7},
                          {record_kind::released, 1},
                          {record_kind::next_id, 2},
                          {record_kind::settled, 1},
                          {record_kind::completed, 7}};
  for (std::uint16_t i = 0; i != 12; ++i) {
    first.push_back({record_kind::publish, i, std::string(i * 7u, 'm')});
    if (i > 2) first.push_back({record_kind::settled, static_cast<std::uint16_t>(i - 2)});
  }
  std::vector<step> const second{{record_kind::publish, 20, "what comes after"},
                                 {record_kind::released, 20},
                                 {record_kind::next_id, 21},
                                 {record_kind::settled, 3}};
  cut_everywhere<TestType>(first, second, left);
}

TEMPLATE_TEST_CASE("session_records: one power cut after the other", "[session][records]", (on_file<64>),
                   (on_file<256>), (on_flash<64, 1>), (on_flash<64, 8>), (on_flash<128, 4>),
                   (on_flash<256, 16>)) {
  std::uint32_t const seed = GENERATE(Catch::Generators::range(0u, 12u));
  random_source random(seed);
  TestType box;
  plain_session now;
  unsigned cuts = 0;
  for (unsigned i = 0; i != 250; ++i) {
    CAPTURE(seed, i);
    box.model.left = static_cast<debris>(random() % 4);
    box.model.power.lasts(1 + random() % (i % 3 == 0 ? 60 : 1500));
    std::uint32_t const count = random.below(60);
    std::uint32_t const largest = 1 + random.below(100);
    outcome const at = run(box, now, random_steps(count, random(), largest, now));
    if (at.cut) ++cuts;
    now = recover(box, at);
    // Short of the last record, what was written is there.
    if (!at.cut) REQUIRE(now == at.after);
  }
  CHECK(cuts > 50);
}

// The bytes of a torn write may read otherwise the next time. Nothing is built on them.
TEST_CASE("session_records: after a torn record, nothing is appended to its bank", "[session][records]") {
  on_flash<128, 8> box;
  session_records records(box.store());
  REQUIRE(load(records).report);
  REQUIRE(make_snapshot(records, {}));
  box.model.left = debris::zero;
  std::size_t const steps = GENERATE(Catch::Generators::range(1u, 48u));
  box.model.power.lasts(steps);
  REQUIRE_FALSE(records.append(record_kind::publish, 1, view_of("a body of 32 bytes, two units  .")));
  box.model.power.lasts(power::for_ever);
  session_records again(box.store());
  auto const seen = load(again);
  CHECK(seen.session == plain_session{});
  bool const told = seen.report->cut || seen.report->skipped == 1;
  CHECK(told);
  CHECK(again.append(record_kind::received, 1).error() == errc::store_full);
  REQUIRE(make_snapshot(again, {{}, {}, {1}, 0}));
  session_records last(box.store());
  CHECK(load(last).report->clean());
  CHECK(load(last).session.received == std::set<std::uint16_t>{1});
}

TEST_CASE("session_records: a commit that may read otherwise the next time is not built on",
          "[session][records]") {
  on_flash<128, 8> box;
  session_records records(box.store());
  REQUIRE(load(records).report);
  REQUIRE(make_snapshot(records, {{}, {}, {1}, 0}));
  REQUIRE(records.begin_snapshot());
  REQUIRE(records.append(record_kind::received, 2));
  octets const uncommitted = box.model.bytes;
  REQUIRE(records.commit());
  octets const committed = box.model.bytes;

  box.model.bytes = uncommitted;
  session_records first(box.store());
  auto const old = load(first);
  CHECK(old.session.received == std::set<std::uint16_t>{1});
  CHECK(old.report->refused == 1);
  CHECK(first.append(record_kind::received, 3).error() == errc::store_full);
  CHECK(box.model.bytes == uncommitted);  // so that it does not matter when the commit is there after all
  box.model.bytes = committed;
  session_records second(box.store());
  CHECK(load(second).session.received == std::set<std::uint16_t>{2});
}

TEST_CASE("session_records: wear", "[session][records]") {
  flash_model<16'384, 2048, 8> flash;
  flash_store store(flash);
  session_records records(store);
  REQUIRE(load(records).report);
  plain_session now;
  auto const append = [&](record_kind kind, std::uint16_t id, std::string const& body = {}) {
    REQUIRE(change(records, now, kind, id, body));
    now.apply(kind, id, body);
  };
  for (unsigned i = 1; i <= 1000; ++i) {  // QoS 1, 100 bytes each, one at a time
    auto const id = static_cast<std::uint16_t>(i);
    append(record_kind::publish, id, std::string(100, 'm'));
    append(record_kind::settled, id);
  }
  unsigned all = 0;
  unsigned most = 0;
  for (auto const& [page, count] : flash.erased) all += count, most = std::max(most, count);
  std::printf("wear: 1,000 messages of 100 bytes in 16 KB of 2 KB pages: %u erases, at most %u of one page\n",
              all, most);
  CHECK(all <= 72);  // 1,000 * (128 + 16) bytes are 70.3 pages
  CHECK(most <= 10);
}
