// SPDX-License-Identifier: BSL-1.0
#include <hubwire/session/inbox.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <support/constexpr_test.hpp>

using namespace hubwire;

namespace {

using enum incoming_stage;
using does = incoming_outcome;

constexpr packet_id id_of(std::size_t number) {
  return packet_id::trusted(static_cast<std::uint16_t>(number));
}

// An inbox for so many messages.
struct box_of {
  explicit box_of(std::size_t capacity) : slots(std::bit_ceil(capacity)), box(slots, capacity) {}

  does once(std::size_t id) { return box.publish(id_of(id), qos::at_least_once); }
  does twice(std::size_t id) { return box.publish(id_of(id), qos::exactly_once); }
  incoming_stage stage(std::size_t id) const { return box.stage(id_of(id)); }
  bool acknowledge(std::size_t id) { return box.acknowledge(id_of(id)); }
  bool release(std::size_t id) { return box.release(id_of(id)); }
  // Brings a message of QoS 2 to the stage where PUBREL is missing. No other may be in front of it.
  void receive(std::size_t id) {
    REQUIRE(twice(id) == does::tell);
    REQUIRE(acknowledge(id));
    REQUIRE(box.ready());
    box.pop();
    REQUIRE(stage(id) == received);
  }

  std::vector<received_message> slots;
  inbox box;
};

std::vector<int> drain(inbox& box) {
  std::vector<int> order;
  while (box.ready()) {
    order.push_back(box.front_id().number());
    box.pop();
  }
  return order;
}

}  // namespace

TEST_CASE("inbox: acknowledged in the order of arrival, whatever the order of the application",
          "[session][inbox][H179][v3.1.1:MQTT-4.6.0-2][v3.1.1:MQTT-4.6.0-3]") {
  std::vector<int> const arrived = {30, 10, 50, 20, 40};
  std::vector<int> finished = arrived;
  unsigned const levels = GENERATE(range(0u, 32u));  // which of them have QoS 2
  std::sort(finished.begin(), finished.end());
  do {
    box_of in(5);
    for (std::size_t i = 0; i != 5; ++i) {
      auto const id = static_cast<std::size_t>(arrived[i]);
      REQUIRE((levels >> i & 1 ? in.twice(id) : in.once(id)) == does::tell);
    }
    std::vector<int> order;
    for (int const id : finished) {
      REQUIRE(in.acknowledge(static_cast<std::size_t>(id)));
      for (int const sent : drain(in.box)) order.push_back(sent);
    }
    REQUIRE(order == arrived);
  } while (std::next_permutation(finished.begin(), finished.end()));
}

TEST_CASE("inbox: QoS 1 is answered with PUBACK, QoS 2 with PUBREC",
          "[session][inbox][v3.1.1:MQTT-3.3.4-1][v3.1.1:MQTT-2.3.1-6]") {
  box_of in(2);
  in.once(1);
  in.twice(2);
  REQUIRE(in.acknowledge(1));
  REQUIRE(in.acknowledge(2));
  CHECK(in.box.front_answer() == packet_type::puback);
  CHECK(in.box.front_id() == packet_id(1));
  in.box.pop();
  CHECK(in.box.front_answer() == packet_type::pubrec);
  CHECK(in.box.front_id() == packet_id(2));
  in.box.pop();
  CHECK_FALSE(in.box.ready());
}

TEST_CASE("inbox: a message of QoS 1, stage by stage", "[session][inbox][v3.1.1:MQTT-4.3.2-2]") {
  box_of in(1);
  CHECK(in.stage(9) == none);
  CHECK_FALSE(in.acknowledge(9));
  CHECK(in.once(9) == does::tell);
  CHECK(in.stage(9) == told_1);
  CHECK(in.once(9) == does::nothing);
  CHECK(in.twice(9) == does::unexpected);
  CHECK_FALSE(in.release(9));
  CHECK_FALSE(in.box.ready());
  CHECK(in.acknowledge(9));
  CHECK(in.stage(9) == done_1);
  CHECK_FALSE(in.acknowledge(9));
  CHECK(in.once(9) == does::nothing);
  CHECK(in.twice(9) == does::unexpected);
  CHECK_FALSE(in.release(9));
  CHECK(in.box.full());
  in.box.pop();
  CHECK(in.stage(9) == none);
  CHECK_FALSE(in.box.full());
  CHECK(in.once(9) == does::tell);  // after its PUBACK it is a new message
  CHECK_FALSE(in.box.ready());
}

TEST_CASE("inbox: a message of QoS 2, stage by stage", "[session][inbox][v3.1.1:MQTT-4.3.3-2]") {
  box_of in(1);
  CHECK(in.twice(9) == does::tell);
  CHECK(in.stage(9) == told_2);
  CHECK(in.twice(9) == does::nothing);
  CHECK(in.once(9) == does::unexpected);
  CHECK_FALSE(in.release(9));  // no PUBREC has asked for it
  CHECK(in.acknowledge(9));
  CHECK(in.stage(9) == done_2);
  CHECK(in.twice(9) == does::nothing);
  CHECK_FALSE(in.acknowledge(9));
  CHECK_FALSE(in.release(9));
  in.box.pop();
  CHECK(in.stage(9) == received);
  CHECK(in.box.full());
  CHECK_FALSE(in.acknowledge(9));
  CHECK(in.twice(9) == does::answer);  // PUBREC again, and not told
  CHECK(in.stage(9) == received);
  CHECK_FALSE(in.box.ready());
  CHECK(in.release(9));
  CHECK(in.stage(9) == none);
  CHECK_FALSE(in.box.full());
  CHECK(in.release(9));  // nobody knows it: PUBCOMP all the same
  CHECK(in.twice(9) == does::tell);
}

TEST_CASE("inbox: a message of QoS 2 over a new connection is told once",
          "[session][inbox][v3.1.1:MQTT-4.3.3-2][v3.1.1:MQTT-4.4.0-1]") {
  box_of in(2);
  in.twice(9);
  in.twice(7);
  in.box.resume();
  CHECK(in.stage(9) == told_before);
  CHECK(in.stage(7) == told_before);
  CHECK(in.box.full());
  CHECK_FALSE(in.box.ready());
  CHECK(in.twice(7) == does::nothing);  // the server sends it again, in another order too
  CHECK(in.stage(7) == told_2);
  CHECK(in.acknowledge(9));  // before it has come again
  CHECK(in.stage(9) == done_before);
  CHECK_FALSE(in.box.ready());
  CHECK(in.twice(9) == does::nothing);
  CHECK_FALSE(in.box.ready());  // its PUBREC has its turn
  CHECK(in.acknowledge(7));
  REQUIRE(in.box.ready());
  CHECK(in.box.front_id() == packet_id(7));
  in.box.pop();
  REQUIRE(in.box.ready());
  CHECK(in.box.front_id() == packet_id(9));
  in.box.pop();
  CHECK(in.release(7));
  CHECK(in.release(9));
  CHECK_FALSE(in.box.full());
}

TEST_CASE("inbox: PUBREL ends a message that was told before", "[session][inbox][v3.1.1:MQTT-4.3.3-2]") {
  box_of in(1);
  in.twice(9);
  in.acknowledge(9);
  in.box.resume();
  CHECK(in.stage(9) == done_before);
  CHECK_FALSE(in.box.ready());  // PUBREC goes out when the PUBLISH comes again
  CHECK(in.release(9));
  CHECK(in.twice(9) == does::tell);
  in.box.resume();
  REQUIRE(in.stage(9) == told_before);
  CHECK(in.release(9));
  CHECK(in.stage(9) == none);
  CHECK_FALSE(in.acknowledge(9));
}

TEST_CASE("inbox: messages of QoS 1 are forgotten with their connection", "[session][inbox]") {
  box_of in(4);
  in.once(1);
  in.once(2);
  REQUIRE(in.acknowledge(1));
  in.box.resume();
  CHECK(in.stage(1) == none);
  CHECK(in.stage(2) == none);
  CHECK_FALSE(in.box.ready());
  CHECK_FALSE(in.acknowledge(2));
  CHECK(in.once(2) == does::tell);  // again, to the application too
  CHECK(in.acknowledge(2));
  CHECK(drain(in.box) == std::vector<int>{2});
}

TEST_CASE("inbox: a lost session leaves nothing", "[session][inbox]") {
  box_of in(4);
  in.receive(4);
  in.twice(5);
  in.once(1);
  in.acknowledge(5);
  in.box.clear();
  for (std::size_t const id : {1u, 4u, 5u}) CHECK(in.stage(id) == none);
  CHECK_FALSE(in.box.ready());
  CHECK_FALSE(in.box.full());
  for (std::size_t id = 1; id != 5; ++id) CHECK(in.twice(id) == does::tell);
  CHECK(in.box.full());
}

TEST_CASE("inbox: a message that was not told to its end comes again as new", "[session][inbox]") {
  box_of in(2);
  in.twice(3);
  in.box.forget(packet_id(3));
  CHECK(in.stage(3) == none);
  in.box.forget(packet_id(4));  // there is none
  in.box.resume();
  CHECK_FALSE(in.box.ready());
  CHECK(in.twice(3) == does::tell);
  CHECK(in.twice(4) == does::tell);
  CHECK(in.box.full());
}

TEST_CASE("inbox: only the server makes room when every message waits for its PUBREL", "[session][inbox]") {
  box_of in(2);
  CHECK_FALSE(in.box.waits_for_server());
  in.receive(1);
  CHECK_FALSE(in.box.waits_for_server());  // there is room
  in.twice(2);
  CHECK(in.box.full());
  CHECK_FALSE(in.box.waits_for_server());
  in.acknowledge(2);
  CHECK_FALSE(in.box.waits_for_server());  // PUBREC is owed
  in.box.pop();
  CHECK(in.box.waits_for_server());
  CHECK(in.release(1));
  CHECK_FALSE(in.box.waits_for_server());
  in.once(3);
  CHECK(in.box.full());
  CHECK_FALSE(in.box.waits_for_server());
}

TEST_CASE("inbox: has the capacity that was asked for", "[session][inbox]") {
  std::size_t const capacity = GENERATE(range(1u, 18u));
  box_of in(capacity);
  CHECK(in.box.capacity() == capacity);
  for (std::size_t id = 1; id <= capacity; ++id) {
    REQUIRE_FALSE(in.box.full());
    REQUIRE(in.once(id) == does::tell);
  }
  CHECK(in.box.full());
  CHECK(in.stage(capacity + 1) == none);
}

// Identifiers that have the same home, with one that does not, over the end of the table. Each is taken out
// of a full table in each order: the others are found.
TEST_CASE("inbox: identifiers with the same low bits, taken out in every order", "[session][inbox]") {
  auto const ids =
      GENERATE(std::array{6u, 14u, 22u, 30u, 7u, 1u}, std::array{7u, 15u, 23u, 8u, 16u, 1u},
               std::array{5u, 6u, 7u, 13u, 8u, 14u}, std::array{3u, 11u, 4u, 12u, 5u, 13u},
               std::array{65'535u, 7u, 65'527u, 8u, 65'528u, 15u}, std::array{7u, 6u, 5u, 15u, 14u, 13u});
  std::size_t const capacity = GENERATE(6u, 8u);
  std::array order = {0u, 1u, 2u, 3u, 4u, 5u};
  bool const all = GENERATE(false, true);  // with two more, the table is full
  if (all && capacity == 6) return;
  do {
    box_of in(capacity);
    if (all) in.receive(32);
    if (all) in.receive(47);
    for (unsigned const id : ids) in.receive(id);
    for (std::size_t gone = 0; gone != order.size(); ++gone) {
      if (!in.release(ids[order[gone]])) FAIL("not there");
      for (std::size_t i = 0; i != order.size(); ++i)
        if (in.stage(ids[order[i]]) != (i <= gone ? none : received)) FAIL("wrong stage");
    }
    if (all && (in.stage(32) != received || in.stage(47) != received)) FAIL("the others have gone");
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("inbox: a full table is searched to its end and no further", "[session][inbox]") {
  std::size_t const capacity = GENERATE(1u, 2u, 4u, 16u);
  box_of in(capacity);
  for (std::size_t i = 0; i != capacity; ++i) in.receive(i * capacity + 5);  // all of the same home
  for (std::size_t id = 1; id != 1'000; ++id) {
    bool const there = id >= 5 && (id - 5) % capacity == 0 && (id - 5) / capacity < capacity;
    REQUIRE(in.stage(id) == (there ? received : none));
  }
  CHECK_FALSE(in.acknowledge(4));
  CHECK(in.release(4));
  for (std::size_t i = 0; i != capacity; ++i) REQUIRE(in.release(i * capacity + 5));
  CHECK_FALSE(in.box.full());
}

// All mixtures of stages in a full table of the same home, with the cluster over the end of the table.
TEST_CASE("inbox: resume() and clear() in every mixture of stages", "[session][inbox]") {
  constexpr std::array all = {told_1, done_1, told_2, done_2, received, told_before, done_before};
  constexpr std::array ids = {3u, 7u, 4u, 11u};
  unsigned const mixture = GENERATE(range(0u, 7u * 7u * 7u * 7u));
  std::array<incoming_stage, 4> stages{};
  for (unsigned i = 0, rest = mixture; i != 4; ++i, rest /= 7) stages[i] = all[rest % 7];

  box_of in(4);
  for (unsigned i = 0; i != 4; ++i)
    if (stages[i] == told_before || stages[i] == done_before) in.twice(ids[i]);
  in.box.resume();
  for (unsigned i = 0; i != 4; ++i)
    if (stages[i] == done_before) in.acknowledge(ids[i]);
  for (unsigned i = 0; i != 4; ++i)
    if (stages[i] == received) in.receive(ids[i]);
  for (unsigned i = 0; i != 4; ++i) {
    if (stages[i] == told_1 || stages[i] == done_1) in.once(ids[i]);
    if (stages[i] == told_2 || stages[i] == done_2) in.twice(ids[i]);
    if (stages[i] == done_1 || stages[i] == done_2) in.acknowledge(ids[i]);
  }
  for (unsigned i = 0; i != 4; ++i) REQUIRE(in.stage(ids[i]) == stages[i]);

  bool const lost = GENERATE(false, true);
  lost ? in.box.clear() : in.box.resume();
  std::size_t left = 0;
  for (unsigned i = 0; i != 4; ++i) {
    bool const once = stages[i] == told_1 || stages[i] == done_1;
    bool const told = stages[i] == told_2 || stages[i] == told_before;
    bool const done = stages[i] == done_2 || stages[i] == done_before;
    incoming_stage const expected = lost || once ? none : told ? told_before : done ? done_before : received;
    CHECK(in.stage(ids[i]) == expected);
    if (expected != none) ++left;
  }
  CHECK_FALSE(in.box.ready());
  for (std::size_t id = 100; left != 4; ++id, ++left) {
    CHECK_FALSE(in.box.full());
    CHECK(in.once(id) == does::tell);
  }
  CHECK(in.box.full());
}

TEST_CASE("inbox: work in constant evaluation", "[session][inbox]") {
  test::constexpr_test([] {
    std::array<received_message, 2> slots{};
    inbox box(slots, 2);
    bool const told = box.publish(packet_id(5), qos::exactly_once) == does::tell &&
                      box.publish(packet_id(7), qos::at_least_once) == does::tell && box.full();
    bool const ready = box.acknowledge(packet_id(5)) && box.ready();
    box.pop();
    return told && ready && box.release(packet_id(5)) && box.stage(packet_id(7)) == told_1;
  });
}

namespace {

// What the comments of inbox and exchange_transitions say, in containers.
class model {
 public:
  incoming_stage stage(std::uint16_t id) const {
    auto const at = messages_.find(id);
    return at != messages_.end() ? at->second : none;
  }
  std::size_t size() const { return messages_.size(); }
  does publish(std::uint16_t id, bool twice) {
    incoming_stage const now = stage(id);
    if (now == none) {
      messages_[id] = twice ? told_2 : told_1;
      order_.push_back(id);
      return does::tell;
    }
    bool const of_qos_1 = now == told_1 || now == done_1;
    if (of_qos_1 == twice) return does::unexpected;
    if (now == received) return does::answer;
    if (now == told_before || now == done_before) {
      messages_[id] = now == told_before ? told_2 : done_2;
      order_.push_back(id);
    }
    return does::nothing;
  }
  bool acknowledge(std::uint16_t id) {
    switch (stage(id)) {
      case told_1: messages_[id] = done_1; return true;
      case told_2: messages_[id] = done_2; return true;
      case told_before: messages_[id] = done_before; return true;
      default: return false;
    }
  }
  bool release(std::uint16_t id) {
    incoming_stage const now = stage(id);
    if (now != none && now != received && now != told_before && now != done_before) return false;
    messages_.erase(id);
    return true;
  }
  // The identifier and the packet of the next acknowledgement.
  std::optional<std::pair<std::uint16_t, packet_type>> front() const {
    if (order_.empty()) return {};
    incoming_stage const now = stage(order_.front());
    if (now == done_1) return std::pair{order_.front(), packet_type::puback};
    if (now == done_2) return std::pair{order_.front(), packet_type::pubrec};
    return {};
  }
  void pop() {
    std::uint16_t const id = order_.front();
    order_.pop_front();
    if (stage(id) == done_1)
      messages_.erase(id);
    else
      messages_[id] = received;
  }
  void resume() {
    order_.clear();
    for (auto at = messages_.begin(); at != messages_.end();) {
      incoming_stage& now = at->second;
      if (now == told_1 || now == done_1) {
        at = messages_.erase(at);
        continue;
      }
      if (now == told_2) now = told_before;
      if (now == done_2) now = done_before;
      ++at;
    }
  }
  void forget(std::uint16_t id) { messages_.erase(id); }
  void clear() {
    messages_.clear();
    order_.clear();
  }
  bool nothing_to_acknowledge() const { return order_.empty(); }

 private:
  std::map<std::uint16_t, incoming_stage> messages_{};
  std::deque<std::uint16_t> order_{};
};

// Identifiers as servers give them, and as an attacker would.
std::vector<std::uint16_t> identifiers(unsigned kind, std::size_t places) {
  std::vector<std::uint16_t> ids;
  for (std::size_t i = 0; i != 3 * places + 3; ++i) {
    std::size_t const same = places - 1 + i * places;             // all at the last place
    std::size_t const two = places - 1 + i / 2 * places + i % 2;  // at the last and the first
    std::size_t const reversed = 65'535 - i;                      // down from the last identifier
    std::size_t const near = i % 2 != 0 ? 65'535 - i : i + 1;     // around the wrap
    std::size_t const id[] = {i + 1, same, two, reversed, near};
    if (id[kind] != 0 && id[kind] <= 65'535) ids.push_back(static_cast<std::uint16_t>(id[kind]));
  }
  return ids;
}

class both {
 public:
  both(std::size_t capacity, std::vector<std::uint16_t> ids, unsigned seed)
      : in_(capacity), capacity_(capacity), ids_(std::move(ids)), random_(seed) {}

  void step() {
    std::uint16_t const id = ids_[random_() % ids_.size()];
    switch (random_() % 32) {
      case 0: return new_connection(id);
      case 1:
      case 2:
      case 3:
      case 4:
      case 5: REQUIRE(in_.release(id) == model_.release(id)); return;
      case 6:
      case 7:
      case 8:
      case 9: return pop();
      case 10:
      case 11:
      case 12:
      case 13:
      case 14:
      case 15:
      case 16:
      case 17: REQUIRE(in_.acknowledge(id) == model_.acknowledge(id)); return;
      default: return publish(id);
    }
  }
  void compare() const {
    bool right = true;
    for (std::uint16_t const id : ids_) right = right && in_.stage(id) == model_.stage(id);
    REQUIRE(right);
    bool const full = model_.size() == capacity_;
    REQUIRE(in_.box.full() == full);
    REQUIRE(in_.box.waits_for_server() == (full && model_.nothing_to_acknowledge()));
    auto const front = model_.front();
    REQUIRE(in_.box.ready() == front.has_value());
    if (!front) return;
    REQUIRE(in_.box.front_id().number() == front->first);
    REQUIRE(in_.box.front_answer() == front->second);
  }

 private:
  void publish(std::uint16_t id) {
    if (in_.box.full() && model_.stage(id) == none) return;
    bool const twice = random_() % 3 != 0;
    REQUIRE((twice ? in_.twice(id) : in_.once(id)) == model_.publish(id, twice));
  }
  void pop() {
    if (!in_.box.ready()) return;
    in_.box.pop();
    model_.pop();
  }
  void new_connection(std::uint16_t id) {
    if (random_() % 2 != 0) {
      in_.box.forget(id_of(id));
      model_.forget(id);
    }
    bool const lost = random_() % 4 == 0;
    lost ? in_.box.clear() : in_.box.resume();
    lost ? model_.clear() : model_.resume();
  }

  box_of in_;
  model model_{};
  std::size_t capacity_;
  std::vector<std::uint16_t> ids_;
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("inbox: what the model says, after every step",
          "[session][inbox][model][v3.1.1:MQTT-4.3.3-2][v3.1.1:MQTT-4.6.0-2][v3.1.1:MQTT-4.6.0-3]") {
  std::size_t const capacity = GENERATE(1u, 2u, 3u, 4u, 5u, 8u, 13u, 16u);
  unsigned const kind = GENERATE(range(0u, 5u));
  INFO("capacity " << capacity << ", identifiers of kind " << kind);
  both pair(capacity, identifiers(kind, std::bit_ceil(capacity)), static_cast<unsigned>(capacity) * 8 + kind);
  for (int i = 0; i != 4'000; ++i) {
    pair.step();
    pair.compare();
  }
}

TEST_CASE("inbox: all identifiers that there are", "[session][inbox]") {
  box_of in(65'535);
  for (std::size_t id = 65'535; id != 0; --id)
    if (in.twice(id) != does::tell) FAIL(id << " is not new");
  CHECK(in.box.full());
  for (std::size_t id = 1; id < 65'536; id += 2)
    if (!in.acknowledge(id)) FAIL(id << " is not there");
  CHECK(drain(in.box) == std::vector<int>{65'535});
  for (std::size_t id = 2; id < 65'536; id += 2)
    if (!in.acknowledge(id)) FAIL(id << " is not there");
  CHECK(drain(in.box).size() == 65'534);
  CHECK(in.box.waits_for_server());
}
