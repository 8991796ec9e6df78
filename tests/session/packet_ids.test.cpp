// SPDX-License-Identifier: BSL-1.0
#include <hubwire/session/packet_ids.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include <support/constexpr_test.hpp>

using namespace hubwire;

namespace {

constexpr request made(packet_id id, request_kind kind, std::uint32_t filters = 0, std::uint32_t unsent = 0) {
  return {.filters = filters, .unsent = unsent, .since = {}, .id = id.number(), .kind = kind};
}

constexpr answer_fault answer(request_table& table, packet_id id, request_kind kind, std::size_t codes) {
  return table.answer(id, kind, codes, 0);
}
constexpr bool answer(request_table& table, packet_id id) {
  return answer(table, id, request_kind::publish, 0) == answer_fault::none;
}

// Takes an identifier and gives it back at once, so many times.
std::uint16_t burn(request_table& table, int times) {
  std::uint16_t last = 0;
  for (int i = 0; i != times; ++i) {
    auto const id = table.next();
    if (!id) return 0;
    table.add(made(*id, request_kind::publish));
    if (!answer(table, *id)) return 0;
    last = id->number();
  }
  return last;
}

}  // namespace

TEST_CASE("packet_ids: begin with 1, and 65,535 is followed by 1",
          "[session][packet_ids][H170][v3.1.1:MQTT-2.3.1-1]") {
  std::array<request, 2> slots{};
  request_table table(slots);
  CHECK(burn(table, 1) == 1);
  CHECK(burn(table, 65'534) == 65'535);
  CHECK(burn(table, 1) == 1);
}

TEST_CASE("packet_ids: nothing is taken before add", "[session][packet_ids]") {
  std::array<request, 2> slots{};
  request_table table(slots);
  CHECK(table.next()->number() == 1);
  CHECK(table.next()->number() == 1);
  CHECK(table.empty());
}

TEST_CASE("packet_ids: an identifier in use is skipped when the counter comes round",
          "[session][packet_ids][H171][v3.1.1:MQTT-2.3.1-2]") {
  std::array<request, 5> slots{};
  request_table table(slots);
  table.add(made(packet_id(1), request_kind::publish));
  table.add(made(packet_id(2), request_kind::subscribe, 1));
  table.add(made(packet_id(4), request_kind::unsubscribe));
  CHECK(burn(table, 65'531) == 65'535);  // 5 to 65,535
  CHECK(burn(table, 1) == 3);
  CHECK(burn(table, 1) == 5);

  REQUIRE(answer(table, packet_id(1)));
  CHECK(burn(table, 65'530) == 65'535);
  CHECK(burn(table, 1) == 1);
}

TEST_CASE("packet_ids: in use to the last slot is an error with the capacity",
          "[session][packet_ids][H171]") {
  std::array<request, 3> slots{};
  request_table table(slots);
  for (int i = 0; i != 3; ++i) table.add(made(*table.next(), request_kind::publish));
  CHECK(table.next().error() == error{errc::capacity_exhausted, 3});
  REQUIRE(answer(table, packet_id(2)));
  CHECK(table.next()->number() == 4);
}

TEST_CASE("packet_ids: with more slots than there are identifiers, the last identifier is the end",
          "[session][packet_ids][v3.1.1:MQTT-2.3.1-2]") {
  std::vector<request> slots(65'536);
  request_table table(slots);
  for (std::uint32_t id = 1; id != 65'535; ++id)
    table.add(made(packet_id::trusted(static_cast<std::uint16_t>(id)), request_kind::publish));
  auto const last = table.next();
  REQUIRE(last.has_value());
  CHECK(last->number() == 65'535);
  table.add(made(*last, request_kind::publish));
  CHECK(table.next().error() == error{errc::capacity_exhausted, 65'535});
}

TEST_CASE("packet_ids: never one in use, whatever is taken and given back",
          "[session][packet_ids][v3.1.1:MQTT-2.3.1-2][v3.1.1:MQTT-2.3.1-3]") {
  std::array<request, 20> slots{};
  request_table table(slots);
  std::set<std::uint16_t> used;
  std::mt19937 random(1);
  for (int round = 0; round != 400'000; ++round) {
    if (random() % 2 == 0) {
      auto const id = table.next();
      REQUIRE(id.has_value() == (used.size() < 20));
      if (!id) continue;
      REQUIRE(id->number() != 0);
      REQUIRE(used.insert(id->number()).second);
      table.add(made(*id, request_kind::publish));
    } else if (!used.empty()) {
      // The oldest stays for long, so that the counter passes it.
      std::uint16_t const gone = random() % 5000 == 0 ? *used.begin() : *used.rbegin();
      used.erase(gone);
      REQUIRE(answer(table, packet_id::trusted(gone)));
    }
    REQUIRE(table.size() == used.size());
  }
}

TEST_CASE("packet_ids: an answer has the identifier, the kind and the number of codes",
          "[session][packet_ids][H114]") {
  std::array<request, 3> slots{};
  request_table table(slots);
  table.add(made(packet_id(7), request_kind::subscribe, 2));
  using enum request_kind;
  using enum answer_fault;
  CHECK(answer(table, packet_id(7), publish, 2) == nobody_waits);
  CHECK(answer(table, packet_id(7), unsubscribe, 2) == nobody_waits);
  CHECK(answer(table, packet_id(8), subscribe, 2) == nobody_waits);
  CHECK(answer(table, packet_id(7), subscribe, 1) == number_of_codes);
  CHECK(answer(table, packet_id(7), subscribe, 3) == number_of_codes);
  REQUIRE(table.size() == 1);  // what does not answer changes nothing
  CHECK(answer(table, packet_id(7), subscribe, 2) == none);
  CHECK(table.empty());
  CHECK(answer(table, packet_id(7), subscribe, 2) == nobody_waits);
}

TEST_CASE("packet_ids: what has not left to its last byte is not answered", "[session][packet_ids]") {
  std::array<request, 3> slots{};
  request_table table(slots);
  table.add(made(packet_id(1), request_kind::publish, 0, 10));
  table.add(made(packet_id(2), request_kind::publish, 0, 25));
  table.sent(9);
  CHECK_FALSE(answer(table, packet_id(1)));
  table.sent(1);
  CHECK(answer(table, packet_id(1)));
  CHECK_FALSE(answer(table, packet_id(2)));
  table.sent(14);
  CHECK_FALSE(answer(table, packet_id(2)));
  CHECK(table.next()->number() == 3);  // its identifier is taken all the same
  table.sent(1'000);
  CHECK(answer(table, packet_id(2)));
}

TEST_CASE("packet_ids: what was offered to its last byte may be answered", "[session][packet_ids]") {
  std::array<request, 3> slots{};
  request_table table(slots);
  table.add(made(packet_id(1), request_kind::publish, 0, 10));
  table.add(made(packet_id(2), request_kind::publish, 0, 25));
  CHECK(table.answer(packet_id(1), request_kind::publish, 0, 9) == answer_fault::nobody_waits);
  CHECK(table.answer(packet_id(1), request_kind::publish, 0, 10) == answer_fault::none);
  CHECK(table.answer(packet_id(2), request_kind::publish, 0, 24) == answer_fault::nobody_waits);
  table.sent(5);
  CHECK(table.answer(packet_id(2), request_kind::publish, 0, 20) == answer_fault::none);
}

TEST_CASE("packet_ids: a request waits since its last byte moved", "[session][packet_ids]") {
  std::array<request, 4> slots{};
  request_table table(slots);
  table.add(made(packet_id(1), request_kind::publish, 0, 10));
  table.start_waiting(tick(7));
  CHECK(table.front().since == tick(7));
  table.add(made(packet_id(2), request_kind::publish, 0, 20));
  table.add(made(packet_id(3), request_kind::publish, 0, 30));
  table.start_waiting(tick(50));
  CHECK(table.front().since == tick(7));  // nothing of it has moved
  table.sent(10);                         // the first has left, the others have moved
  table.start_waiting(tick(100));
  CHECK(table.front().since == tick(100));
  table.sent(10);
  table.start_waiting(tick(200));
  CHECK(table.front().since == tick(100));  // it is on its way, and waits
  table.pop();
  CHECK(table.front().since == tick(200));
  table.pop();
  CHECK(table.front().since == tick(200));
  table.step_back(tick(300));
  CHECK(table.front().since == tick(200));
  table.step_back(tick(150));  // the clock stepped back
  CHECK(table.front().since == tick(150));
  table.start_waiting(tick(160));  // nothing has moved
  CHECK(table.front().since == tick(150));
  table.wait_anew(tick(170));
  CHECK(table.front().since == tick(170));
}

TEST_CASE("packet_ids: an answer before the time is told starts nobody else's waiting anew",
          "[session][packet_ids]") {
  std::array<request, 4> slots{};
  request_table table(slots);
  table.add(made(packet_id(1), request_kind::publish));
  table.start_waiting(tick(100));
  for (std::uint32_t now = 200; now != 1'000; now += 100) {
    table.add(made(packet_id(2), request_kind::publish));
    table.add(made(packet_id(3), request_kind::publish));
    CHECK(answer(table, packet_id(3)));
    CHECK(answer(table, packet_id(2)));
    table.start_waiting(tick(now));
    CHECK(table.front().since == tick(100));
  }
  table.add(made(packet_id(4), request_kind::publish));
  table.pop();
  table.start_waiting(tick(2'000));
  CHECK(table.front().since == tick(2'000));
  table.add(made(packet_id(5), request_kind::publish));
  table.clear();
  table.start_waiting(tick(3'000));
  CHECK(table.empty());
}

TEST_CASE("packet_ids: requests stay in their order, clear forgets them", "[session][packet_ids]") {
  std::array<request, 4> slots{};
  request_table table(slots);
  for (int i = 0; i != 4; ++i) table.add(made(*table.next(), request_kind::publish));
  REQUIRE(answer(table, packet_id(2)));
  CHECK(table.front().id == 1);
  table.pop();
  CHECK(table.front().id == 3);
  CHECK_FALSE(answer(table, packet_id(9)));  // not there
  CHECK(table.size() == 2);
  table.clear();
  CHECK(table.empty());
}

TEST_CASE("packet_ids: work in constant evaluation", "[session][packet_ids]") {
  test::constexpr_test([] {
    std::array<request, 2> slots{};
    request_table table(slots);
    table.add(made(*table.next(), request_kind::publish));
    return table.next()->number() == 2 && answer(table, packet_id(1));
  });
}
