// SPDX-License-Identifier: BSL-1.0
#include <hubwire/session/inbox.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

using namespace hubwire;

namespace {

std::vector<int> drain(inbox& box) {
  std::vector<int> order;
  while (box.ready()) {
    order.push_back(box.front().number());
    box.pop();
  }
  return order;
}

}  // namespace

TEST_CASE("inbox: acknowledged in the order of arrival, whatever the order of the application",
          "[session][inbox][H179][v3.1.1:MQTT-4.6.0-2]") {
  std::vector<int> finished = {50, 40, 30, 20, 10};  // arrival is 30, 10, 50, 20, 40
  std::sort(finished.begin(), finished.end());
  do {
    std::array<received_message, 5> slots{};
    inbox box(slots);
    for (int const id : {30, 10, 50, 20, 40}) box.add(packet_id::trusted(static_cast<std::uint16_t>(id)));
    std::vector<int> order;
    for (int const id : finished) {
      REQUIRE(box.acknowledge(packet_id::trusted(static_cast<std::uint16_t>(id))));
      for (int const sent : drain(box)) order.push_back(sent);
    }
    REQUIRE(order == std::vector<int>{30, 10, 50, 20, 40});
  } while (std::next_permutation(finished.begin(), finished.end()));
}

TEST_CASE("inbox: a message is acknowledged once, an unknown one never", "[session][inbox]") {
  std::array<received_message, 2> slots{};
  inbox box(slots);
  CHECK_FALSE(box.ready());
  box.add(packet_id(1));
  box.add(packet_id(2));
  CHECK(box.full());
  CHECK_FALSE(box.ready());
  CHECK_FALSE(box.acknowledge(packet_id(3)));
  CHECK(box.acknowledge(packet_id(2)));
  CHECK_FALSE(box.acknowledge(packet_id(2)));
  CHECK(box.holds(packet_id(2)));  // its PUBACK waits for the first
  CHECK_FALSE(box.ready());
}

TEST_CASE("inbox: the message that came last is acknowledged without its name, if it is still there",
          "[session][inbox]") {
  std::array<received_message, 2> slots{};
  inbox box(slots);
  box.acknowledge_last();  // there is none
  box.add(packet_id(7));
  CHECK_FALSE(box.ready());
  box.acknowledge_last();
  CHECK(box.ready());
  box.add(packet_id(8));
  box.acknowledge_last();
  CHECK_FALSE(box.acknowledge(packet_id(8)));
  CHECK(box.front() == packet_id(7));
  box.pop();
  CHECK(box.ready());
  CHECK(box.front() == packet_id(8));
}

TEST_CASE("inbox: after its PUBACK an identifier is a new message", "[session][inbox][v3.1.1:MQTT-4.3.2-2]") {
  std::array<received_message, 1> slots{};
  inbox box(slots);
  box.add(packet_id(9));
  REQUIRE(box.acknowledge(packet_id(9)));
  REQUIRE(box.ready());
  box.pop();
  CHECK_FALSE(box.holds(packet_id(9)));
  CHECK_FALSE(box.full());
  box.add(packet_id(9));
  CHECK(box.holds(packet_id(9)));
  CHECK_FALSE(box.ready());
  box.clear();
  CHECK_FALSE(box.holds(packet_id(9)));
}
