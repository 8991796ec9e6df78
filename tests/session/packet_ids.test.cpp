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
  return {.filters = filters, .unsent = unsent, .id = id.number(), .kind = kind};
}

constexpr bool answer(request_table& table, packet_id id) {
  return table.answer(id, request_kind::publish, 0);
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
  CHECK_FALSE(table.answer(packet_id(7), request_kind::publish, 2));
  CHECK_FALSE(table.answer(packet_id(7), request_kind::unsubscribe, 2));
  CHECK_FALSE(table.answer(packet_id(8), request_kind::subscribe, 2));
  CHECK_FALSE(table.answer(packet_id(7), request_kind::subscribe, 1));
  CHECK_FALSE(table.answer(packet_id(7), request_kind::subscribe, 3));
  REQUIRE(table.size() == 1);  // what does not answer changes nothing
  CHECK(table.answer(packet_id(7), request_kind::subscribe, 2));
  CHECK(table.empty());
  CHECK_FALSE(table.answer(packet_id(7), request_kind::subscribe, 2));
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
