// SPDX-License-Identifier: BSL-1.0
#include <hubwire/session/outbox.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <deque>
#include <numeric>
#include <random>
#include <set>
#include <span>
#include <vector>

#include <support/constexpr_test.hpp>

using namespace hubwire;

namespace {

using enum outgoing_stage;
using type = packet_type;

constexpr packet_id id_of(std::size_t number) {
  return packet_id::trusted(static_cast<std::uint16_t>(number));
}

constexpr std::uint16_t following(std::uint16_t id) {
  return id == 65'535 ? std::uint16_t{1} : static_cast<std::uint16_t>(id + 1);
}

// Adds a request and puts it out. Returns its identifier, 0 when there is none.
constexpr std::uint16_t put(outbox& box, outgoing_stage stage = unacknowledged, std::size_t unsent = 0,
                            std::uint16_t filters = 0) {
  auto const id = box.next();
  if (!id) return 0;
  box.add(stage, filters);
  box.put(unsent);
  return id->number();
}

// What a client does with an answer.
constexpr answer_result take(outbox& box, packet_id id, type came, std::size_t codes, std::size_t offered,
                             tick now) {
  answer_result const result = box.judge(id, came, codes, offered);
  if (result == answer_result::release) box.release(id, now);
  if (result == answer_result::settled || result == answer_result::settled_repeated) box.settle(id);
  return result;
}
constexpr answer_result answer(outbox& box, std::size_t id, type came = type::puback, std::size_t codes = 0,
                               std::size_t offered = 0) {
  return take(box, id_of(id), came, codes, offered, tick{});
}
constexpr bool settles(outbox& box, std::size_t id) { return answer(box, id) == answer_result::settled; }

// Takes an identifier and gives it back at once, so many times. Returns the last one.
std::uint16_t burn(outbox& box, int times) {
  std::uint16_t last = 0;
  for (int i = 0; i != times; ++i) {
    last = put(box);
    if (last == 0 || !settles(box, last)) return 0;
  }
  return last;
}

// An outbox of that capacity, whose next identifier is the given one.
struct log_of {
  explicit log_of(std::uint16_t capacity, int next = 1)
      : slots(std::bit_ceil(capacity)), box(slots, capacity) {
    if (next != 1) REQUIRE(burn(box, next - 1) == next - 1);
  }

  std::vector<outbox_slot> slots;
  outbox box;
};

}  // namespace

TEST_CASE("outbox: identifiers begin with 1, and 65,535 is followed by 1",
          "[session][outbox][H170][v3.1.1:MQTT-2.3.1-1]") {
  std::uint16_t const capacity = GENERATE(as<std::uint16_t>(), 1, 2, 3, 4, 7, 32'768);
  log_of log(capacity);
  for (int round = 0; round != 3; ++round) {
    REQUIRE(burn(log.box, 1) == 1);
    REQUIRE(burn(log.box, 65'534) == 65'535);
  }
}

TEST_CASE("outbox: nothing is taken before add", "[session][outbox]") {
  log_of log(2);
  CHECK(log.box.next()->number() == 1);
  CHECK(log.box.next()->number() == 1);
  CHECK(log.box.empty());
  log.box.add(unacknowledged, 0);
  CHECK_FALSE(log.box.empty());
  CHECK(log.box.next()->number() == 2);
}

TEST_CASE("outbox: full is an error with the capacity", "[session][outbox][H171]") {
  std::uint16_t const capacity = GENERATE(as<std::uint16_t>(), 1, 2, 3, 4, 7, 32'768);
  log_of log(capacity);
  for (std::uint16_t i = 0; i != capacity; ++i) REQUIRE(put(log.box) == i + 1);
  CHECK(log.box.next().error() == error{errc::capacity_exhausted, capacity});
  REQUIRE(settles(log.box, 1));
  CHECK(log.box.next()->number() == capacity + 1);
}

TEST_CASE("outbox: requests that were answered keep their places behind one that was not",
          "[session][outbox][H171][v3.1.1:MQTT-2.3.1-2][v3.1.1:MQTT-2.3.1-3]") {
  log_of log(4);
  for (int i = 0; i != 4; ++i) put(log.box);
  for (std::size_t const id : {2u, 3u, 4u}) REQUIRE(settles(log.box, id));
  CHECK(log.box.next().error() == error{errc::capacity_exhausted, 4});
  CHECK(log.box.front() == packet_id(1));
  CHECK(log.box.publishes() == 1);
  REQUIRE(settles(log.box, 1));
  CHECK(log.box.empty());
  for (std::uint16_t id = 5; id != 9; ++id) CHECK(put(log.box) == id);
}

// Every place of the wrap: the oldest of a full log is each of the last identifiers in turn. 0 has a place
// too.
TEST_CASE("outbox: identifiers over the wrap are never 0 and never in use",
          "[session][outbox][H170][H171][v3.1.1:MQTT-2.3.1-1][v3.1.1:MQTT-2.3.1-2]") {
  std::uint16_t const capacity = GENERATE(as<std::uint16_t>(), 1, 2, 3, 4, 7);
  int const before = GENERATE(range(0, 9));
  log_of log(capacity, 65'535 - before);
  std::deque<std::uint16_t> used;
  std::uint16_t expected = static_cast<std::uint16_t>(65'535 - before);
  for (int step = 0; step != 40; ++step) {
    while (auto const id = log.box.next()) {
      REQUIRE(id->number() == expected);
      REQUIRE(std::count(used.begin(), used.end(), expected) == 0);
      used.push_back(put(log.box));
      expected = following(expected);
    }
    bool const wraps = used.front() + capacity - 1 > 65'535;
    REQUIRE(used.size() == capacity - (wraps ? 1u : 0u));
    for (std::uint16_t const id : used) REQUIRE(log.box.stage(id_of(id)) == unacknowledged);
    REQUIRE(settles(log.box, used.front()));
    used.pop_front();
  }
}

TEST_CASE("outbox: the whole circle of identifiers with 32,768 requests in it",
          "[session][outbox][v3.1.1:MQTT-2.3.1-2]") {
  log_of log(32'768);
  std::deque<std::uint16_t> used;
  std::vector<bool> in_use(65'536);
  for (int i = 0; i != 200'000; ++i) {
    std::uint16_t const id = put(log.box);
    if (id == 0) {
      if (used.size() < 32'767 || !settles(log.box, used.front())) FAIL("refused with " << used.size());
      in_use[used.front()] = false;
      used.pop_front();
      continue;
    }
    if (in_use[id]) FAIL(id << " is in use");
    in_use[id] = true;
    used.push_back(id);
  }
  CHECK(used.size() >= 32'767);
}

TEST_CASE("outbox: an answer has the identifier, the type and the number of codes",
          "[session][outbox][H114][v3.1.1:MQTT-3.8.4-5][v3.1.1:MQTT-2.3.1-7]") {
  using enum answer_result;
  log_of log(4);
  outbox& box = log.box;
  put(box, subscribing, 0, 2);
  CHECK(answer(box, 1, type::puback, 2) == unexpected);
  CHECK(answer(box, 1, type::unsuback, 2) == unexpected);
  CHECK(answer(box, 1, type::pubrec, 2) == unexpected);
  CHECK(answer(box, 1, type::pubcomp, 2) == unexpected);
  CHECK(answer(box, 2, type::suback, 2) == unexpected);
  CHECK(answer(box, 65'535, type::suback, 2) == unexpected);
  CHECK(answer(box, 1, type::suback, 1) == wrong_codes);
  CHECK(answer(box, 1, type::suback, 3) == wrong_codes);
  CHECK(answer(box, 1, type::suback, 65'538) == wrong_codes);
  REQUIRE(box.stage(packet_id(1)) == subscribing);  // what does not answer changes nothing
  CHECK(answer(box, 1, type::suback, 2) == answer_result::settled);
  CHECK(box.empty());
  CHECK(answer(box, 1, type::suback, 2) == unexpected);

  put(box, unsubscribing);
  CHECK(answer(box, 2, type::suback) == unexpected);
  CHECK(answer(box, 2, type::puback) == unexpected);
  CHECK(answer(box, 2, type::unsuback) == answer_result::settled);
}

TEST_CASE("outbox: an answer counts once, also while its place is held back", "[session][outbox]") {
  log_of log(4);
  put(log.box);
  put(log.box);
  CHECK(settles(log.box, 2));
  CHECK(answer(log.box, 2) == answer_result::unexpected);
  CHECK(log.box.stage(packet_id(2)) == outgoing_stage::settled);
}

TEST_CASE("outbox: PUBREL has the place of its PUBLISH, until PUBCOMP",
          "[session][outbox][v3.1.1:MQTT-4.3.3-1]") {
  using enum answer_result;
  log_of log(4);
  outbox& box = log.box;
  put(box, unreceived);
  put(box, unreceived);
  CHECK(answer(box, 1, type::puback) == unexpected);
  CHECK(answer(box, 1, type::pubcomp) == unexpected);
  CHECK(answer(box, 2, type::pubrec) == release);
  CHECK(box.stage(packet_id(2)) == released);
  CHECK(box.stage(packet_id(1)) == unreceived);
  CHECK(answer(box, 2, type::pubrec) == release);  // again
  CHECK(box.publishes() == 2);
  CHECK(box.front() == packet_id(1));
  CHECK(answer(box, 2, type::pubcomp) == answer_result::settled);
  CHECK(answer(box, 2, type::pubcomp) == unexpected);
  CHECK(answer(box, 2, type::pubrec) == unexpected);
  CHECK(answer(box, 1, type::pubrec) == release);
  CHECK(answer(box, 1, type::pubcomp) == answer_result::settled);
  CHECK(box.empty());
}

TEST_CASE("outbox: only publishes that were put out are counted", "[session][outbox]") {
  log_of log(8);
  put(log.box, unacknowledged);
  put(log.box, subscribing, 0, 1);
  put(log.box, unreceived);
  put(log.box, unsubscribing);
  log.box.add(unacknowledged, 0);
  CHECK(log.box.publishes() == 2);
  log.box.put(0);
  CHECK(log.box.publishes() == 3);
  log.box.rewind();
  CHECK(log.box.publishes() == 0);
}

TEST_CASE("outbox: what was not offered to its last byte is not answered", "[session][outbox]") {
  using enum answer_result;
  log_of log(4);
  outbox& box = log.box;
  put(box, unacknowledged, 10);
  put(box, unacknowledged, 25);
  CHECK(answer(box, 1, type::puback, 0, 9) == unexpected);
  CHECK(answer(box, 1, type::puback, 0, 10) == answer_result::settled);
  CHECK(answer(box, 2, type::puback, 0, 24) == unexpected);
  box.sent(5);
  CHECK(answer(box, 2, type::puback, 0, 19) == unexpected);
  CHECK(answer(box, 2, type::puback, 0, 20) == answer_result::settled);
  put(box, unacknowledged, 40);
  CHECK(answer(box, 3, type::puback, 0, 0) == unexpected);
  box.sent(39);
  CHECK(answer(box, 3, type::puback, 0, 0) == unexpected);
  CHECK(box.next()->number() == 4);  // its identifier is taken all the same
  box.sent(1);
  CHECK(answer(box, 3, type::puback, 0, 0) == answer_result::settled);
}

TEST_CASE("outbox: what was not put out is not answered", "[session][outbox]") {
  log_of log(4);
  log.box.add(unacknowledged, 0);
  CHECK(answer(log.box, 1) == answer_result::unexpected);
  log.box.put(0);
  log.box.rewind();
  CHECK(answer(log.box, 1) == answer_result::unexpected);  // in this connection
  log.box.put(0);
  CHECK(answer(log.box, 1) == answer_result::settled_repeated);
}

TEST_CASE("outbox: requests wait to be put out, in their order", "[session][outbox]") {
  log_of log(4);
  outbox& box = log.box;
  CHECK_FALSE(box.has_unput());
  box.add(unacknowledged, 0);
  box.add(subscribing, 1);
  CHECK(box.has_unput());
  CHECK(box.unput() == packet_id(1));
  CHECK_FALSE(box.unput_again());
  CHECK_FALSE(box.waiting());
  box.put(10);
  CHECK(box.waiting());
  CHECK(box.unput() == packet_id(2));
  box.put(20);
  CHECK_FALSE(box.has_unput());
}

TEST_CASE("outbox: a new connection puts out again what was not answered, in the same order",
          "[session][outbox][v3.1.1:MQTT-4.4.0-1][v3.1.1:MQTT-4.6.0-1]") {
  log_of log(8);
  outbox& box = log.box;
  put(box);                    // 1
  put(box, unreceived);        // 2
  put(box);                    // 3
  put(box, unreceived);        // 4
  box.add(unacknowledged, 0);  // 5, never put out
  REQUIRE(answer(box, 2, type::pubrec) == answer_result::release);
  REQUIRE(settles(box, 3));
  box.rewind();
  CHECK_FALSE(box.waiting());
  std::vector<int> order;
  while (box.has_unput()) {
    order.push_back(box.unput().number());
    CHECK(box.unput_again() == (order.back() != 5));
    box.put(0);
  }
  CHECK(order == std::vector<int>{1, 2, 4, 5});
  CHECK(box.stage(packet_id(2)) == released);  // PUBREL goes out in the place of its PUBLISH
  CHECK(answer(box, 1) == answer_result::settled_repeated);
  CHECK(answer(box, 2, type::pubcomp) == answer_result::settled_repeated);
  CHECK(answer(box, 5) == answer_result::settled);
  CHECK(box.publishes() == 1);
}

TEST_CASE("outbox: half of a repetition and another new connection", "[session][outbox]") {
  log_of log(4);
  outbox& box = log.box;
  for (int i = 0; i != 3; ++i) put(box);
  box.rewind();
  box.put(0);
  REQUIRE(box.unput() == packet_id(2));
  box.rewind();
  for (std::size_t id = 1; id != 4; ++id) {
    CHECK(box.unput() == id_of(id));
    CHECK(box.unput_again());
    box.put(0);
  }
  CHECK_FALSE(box.has_unput());
  CHECK(put(box) == 4);
  CHECK(answer(box, 4) == answer_result::settled);
}

TEST_CASE("outbox: what was not put out may be given up", "[session][outbox]") {
  log_of log(4);
  outbox& box = log.box;
  for (int i = 0; i != 4; ++i) put(box);
  box.rewind();
  box.settle(packet_id(1));  // the oldest
  CHECK(box.front() == packet_id(2));
  CHECK(box.unput() == packet_id(2));
  box.put(0);
  box.settle(packet_id(3));  // behind one that waits
  CHECK(box.unput() == packet_id(4));
  CHECK(box.unput_again());
  CHECK(box.next()->number() == 5);
  box.settle(packet_id(4));
  CHECK_FALSE(box.has_unput());
  CHECK(put(box) == 5);
  CHECK(answer(box, 2) == answer_result::settled_repeated);
  CHECK(answer(box, 5) == answer_result::settled);
  CHECK(box.empty());
}

TEST_CASE("outbox: a lost session loses all that was ever put out and nothing else", "[session][outbox]") {
  log_of log(8);
  outbox& box = log.box;
  for (int i = 0; i != 4; ++i) put(box);
  REQUIRE(settles(box, 2));
  box.add(unacknowledged, 0);  // 5
  box.rewind();
  CHECK_FALSE(box.losing());
  box.lose();
  std::vector<int> lost;
  while (box.losing()) {
    lost.push_back(box.front().number());
    box.settle(box.front());
  }
  CHECK(lost == std::vector<int>{1, 3, 4});
  CHECK(box.unput() == packet_id(5));
  CHECK_FALSE(box.unput_again());
  box.put(0);
  CHECK(answer(box, 5) == answer_result::settled);
}

TEST_CASE("outbox: a session is lost where nothing was put out, and twice", "[session][outbox]") {
  log_of log(4);
  outbox& box = log.box;
  box.lose();
  CHECK_FALSE(box.losing());
  box.add(unacknowledged, 0);
  box.rewind();
  box.lose();
  CHECK_FALSE(box.losing());
  CHECK(box.unput() == packet_id(1));
  box.put(0);
  put(box);
  box.rewind();
  box.lose();
  REQUIRE(box.losing());
  box.settle(box.front());
  box.rewind();  // the connection ends before all were told
  REQUIRE(box.losing());
  box.lose();
  REQUIRE(box.losing());
  CHECK(box.front() == packet_id(2));
  box.settle(box.front());
  CHECK_FALSE(box.losing());
  CHECK(box.empty());
}

TEST_CASE("outbox: a request waits since the time was told after its last byte left",
          "[session][outbox][time]") {
  log_of log(4);
  outbox& box = log.box;
  put(box, unacknowledged, 10);
  box.start_waiting(tick(7));
  CHECK(box.oldest_since() == tick(7));
  put(box, unacknowledged, 20);
  put(box, unacknowledged, 30);
  box.start_waiting(tick(50));
  CHECK(box.oldest_since() == tick(7));  // nothing of it has moved
  box.sent(10);                          // the first has left, the others have moved
  CHECK(box.oldest_since() == tick(7));  // nobody knows when, yet
  box.start_waiting(tick(100));
  CHECK(box.oldest_since() == tick(100));
  box.sent(10);
  box.start_waiting(tick(200));
  CHECK(box.oldest_since() == tick(100));
  REQUIRE(settles(box, 1));
  CHECK(box.oldest_since() == tick(200));
  REQUIRE(settles(box, 2));
  CHECK(box.oldest_since() == tick(200));  // the third leaves, and moved then
  box.start_waiting(tick(210));
  CHECK(box.oldest_since() == tick(200));
  box.wait_anew(tick(170));
  CHECK(box.oldest_since() == tick(170));
  box.start_waiting(tick(180));  // nothing has moved
  CHECK(box.oldest_since() == tick(170));
  box.sent(10);
  box.start_waiting(tick(300));
  CHECK(box.oldest_since() == tick(300));
  box.wait_anew(tick(400));
  CHECK(box.oldest_since() == tick(400));
}

TEST_CASE("outbox: a request that left slowly waits since it moved last until the time is told",
          "[session][outbox][time]") {
  log_of log(4);
  put(log.box, unacknowledged, 100);
  for (std::uint32_t now = 1'000; now != 10'000; now += 1'000) {
    log.box.sent(10);
    log.box.start_waiting(tick(now));
    CHECK(log.box.oldest_since() == tick(now));
  }
  log.box.sent(10);
  CHECK(log.box.oldest_since() == tick(9'000));
  log.box.start_waiting(tick(9'500));
  CHECK(log.box.oldest_since() == tick(9'500));
}

TEST_CASE("outbox: after PUBREC a request waits for PUBCOMP from then on", "[session][outbox][time]") {
  log_of log(4);
  put(log.box, unreceived);
  log.box.start_waiting(tick(100));
  REQUIRE(take(log.box, packet_id(1), type::pubrec, 0, 0, tick(150)) == answer_result::release);
  CHECK(log.box.oldest_since() == tick(150));
  log.box.start_waiting(tick(200));
  CHECK(log.box.oldest_since() == tick(150));
}

TEST_CASE("outbox: an answer before the time is told starts nobody else's waiting anew",
          "[session][outbox][time]") {
  log_of log(1'024);
  outbox& box = log.box;
  put(box);
  box.start_waiting(tick(100));
  for (std::uint32_t now = 200; now != 1'000; now += 100) {
    std::uint16_t const one = put(box);
    std::uint16_t const two = put(box);
    CHECK(settles(box, two));
    CHECK(settles(box, one));
    box.start_waiting(tick(now));
    CHECK(box.oldest_since() == tick(100));
  }
  put(box);
  REQUIRE(settles(box, 1));
  box.start_waiting(tick(2'000));
  CHECK(box.oldest_since() == tick(2'000));
}

// What was put out in an earlier connection and answered there has no bytes in this one.
TEST_CASE("outbox: a request that was answered in an earlier connection holds up nobody's time",
          "[session][outbox][time]") {
  log_of log(8);
  outbox& box = log.box;
  put(box, unacknowledged, 10);
  put(box, unacknowledged, 1'000);
  put(box, unacknowledged, 1'010);
  REQUIRE(answer(box, 2, type::puback, 0, 1'010) == answer_result::settled);
  box.rewind();  // none of these bytes has left
  box.put(10);
  REQUIRE(box.unput() == packet_id(3));
  box.put(20);
  box.sent(20);
  box.start_waiting(tick(100));
  box.sent(100);
  box.start_waiting(tick(5'000));
  REQUIRE(answer(box, 1) == answer_result::settled_repeated);
  CHECK(box.oldest_since() == tick(100));
}

// keep_nothing does not call rewind().
TEST_CASE("outbox: requests that were given up leave no bytes behind", "[session][outbox][time]") {
  log_of log(4);
  outbox& box = log.box;
  put(box, unacknowledged, 1'000);
  box.start_waiting(tick(10));
  box.settle(box.front());  // the connection has ended
  REQUIRE(box.empty());
  box.sent(20);  // of the next one
  box.start_waiting(tick(20));
  put(box, unacknowledged, 30);
  box.start_waiting(tick(90'000));
  CHECK(box.oldest_since() == tick(90'000));
}

TEST_CASE("outbox: bytes are counted over 4 GiB", "[session][outbox][time]") {
  log_of log(8);
  outbox& box = log.box;
  std::uint32_t now = 0;
  // So many bytes of others after the last request, in steps of less than 2 GiB.
  std::uint64_t const others =
      GENERATE(std::uint64_t{0x7FFF'FFFF}, std::uint64_t{0x8000'0001}, std::uint64_t{0xC000'0000},
               std::uint64_t{0xFFFF'FFFF}, std::uint64_t{0x1'8000'0000});
  for (int round = 0; round != 5; ++round) {
    std::uint16_t const id = put(box, unacknowledged, 10);
    box.sent(10);
    box.start_waiting(tick(++now));
    std::uint32_t const since = now;
    for (std::uint64_t left = others; left != 0;) {
      std::uint64_t const step = std::min<std::uint64_t>(left, 0x4000'0000);
      box.sent(static_cast<std::size_t>(step));
      box.start_waiting(tick(++now));
      left -= step;
    }
    CHECK(box.oldest_since() == tick(since));
    std::uint16_t const late = put(box, unacknowledged, 10);
    CHECK(answer(box, late, type::puback, 0, 9) == answer_result::unexpected);
    now += 1'000;
    box.start_waiting(tick(now));
    REQUIRE(settles(box, id));
    CHECK(box.oldest_since() == tick(now));  // its bytes begin to move now
    box.sent(10);
    CHECK(settles(box, late));
    CHECK(box.empty());
  }
}

TEST_CASE("outbox: work in constant evaluation", "[session][outbox]") {
  test::constexpr_test([] {
    std::array<outbox_slot, 2> slots{};
    outbox box(slots, 2);
    bool const first = put(box) == 1 && box.waiting() && box.publishes() == 1 && !box.has_unput();
    box.sent(1);
    box.start_waiting(tick(5));
    bool const waits = box.oldest_since() == tick(5);
    return first && waits && settles(box, 1) && box.empty() && box.next()->number() == 2;
  });
}

namespace {

// What the comments of outbox say, in a container and with 64 bits for bytes.
struct model_request {
  std::uint16_t id;
  outgoing_stage stage;
  std::uint16_t filters;
  std::uint64_t end = 0;
  tick since{};
  bool put = false;
  bool ever_put = false;
  bool repeated = false;
  bool waits = false;  // the time was told after it left
};

class model {
 public:
  explicit model(std::uint16_t capacity) : capacity_(capacity) {}

  std::uint16_t next() const {
    // From the oldest on as many identifiers as the capacity has, and 0 counts.
    std::size_t const zero = !log_.empty() && log_.front().id > next_ ? 1 : 0;
    return log_.size() + zero >= capacity_ && !log_.empty() ? std::uint16_t{0} : next_;
  }
  void add(outgoing_stage stage, std::uint16_t filters) {
    log_.push_back({next_, stage, filters});
    next_ = following(next_);
  }
  model_request* unput() {
    for (auto& one : log_)
      if (!one.put && one.stage != outgoing_stage::settled) return &one;
    return nullptr;
  }
  void put(std::size_t unsent) {
    moved_ = moved_ || !leaving();
    model_request& one = *unput();
    one.end = end_ = sent_ + unsent;
    one.put = true;
    one.repeated = one.ever_put;
    one.ever_put = true;
    one.waits = false;
  }
  void rewind() {
    for (auto& one : log_) one.put = one.waits = false;
    end_ = sent_;
  }
  std::uint64_t unsent() const { return end_ > sent_ ? end_ - sent_ : 0; }
  void sent(std::size_t count) {
    moved_ = moved_ || leaving();
    sent_ += count;
  }
  void start_waiting(tick now) {
    for (auto& one : log_)
      if (one.put && !one.waits && one.end <= sent_) {
        one.since = now;
        one.waits = true;
      }
    if (moved_) moved_since_ = now;
    moved_ = false;
  }
  void wait_anew(tick now) {
    moved_since_ = now;
    for (auto& one : log_) one.since = now;
  }
  bool waiting() const { return !log_.empty() && log_.front().put; }
  tick oldest_since() const { return log_.front().waits ? log_.front().since : moved_since_; }
  answer_result answer(std::uint16_t id, type came, std::size_t codes, std::size_t offered, tick now) {
    model_request* const one = find(id);
    if (one == nullptr || !one->put || one->end > sent_ + offered) return answer_result::unexpected;
    if (came == type::pubrec && (one->stage == unreceived || one->stage == released)) {
      one->stage = released;
      one->since = now;
      return answer_result::release;
    }
    bool const fits = (came == type::puback && one->stage == unacknowledged) ||
                      (came == type::pubcomp && one->stage == released) ||
                      (came == type::suback && one->stage == subscribing) ||
                      (came == type::unsuback && one->stage == unsubscribing);
    if (!fits) return answer_result::unexpected;
    if (codes != one->filters) return answer_result::wrong_codes;
    bool const repeated = one->repeated;
    settle(id);
    return repeated ? answer_result::settled_repeated : answer_result::settled;
  }
  void settle(std::uint16_t id) {
    find(id)->stage = outgoing_stage::settled;
    while (!log_.empty() && log_.front().stage == outgoing_stage::settled) log_.pop_front();
    std::erase_if(lost_, [&](std::uint16_t one) { return stage(one) == outgoing_stage::settled; });
  }
  void lose() {
    for (auto const& one : log_)
      if (one.ever_put && one.stage != outgoing_stage::settled) lost_.insert(one.id);
  }
  bool losing() const { return !lost_.empty(); }
  outgoing_stage stage(std::uint16_t id) {
    model_request const* const one = find(id);
    return one != nullptr ? one->stage : outgoing_stage::settled;
  }
  std::size_t publishes() const {
    return static_cast<std::size_t>(std::count_if(log_.begin(), log_.end(), [](auto const& one) {
      return one.put && (one.stage == unacknowledged || one.stage == unreceived || one.stage == released);
    }));
  }
  std::deque<model_request> const& log() const { return log_; }

 private:
  model_request* find(std::uint16_t id) {
    auto const at = std::find_if(log_.begin(), log_.end(), [=](auto const& one) { return one.id == id; });
    return at != log_.end() ? &*at : nullptr;
  }
  // Whether bytes of a request that has its place have still to leave.
  bool leaving() const {
    return std::any_of(log_.begin(), log_.end(), [&](auto const& one) { return one.put && one.end > sent_; });
  }

  std::size_t capacity_;
  std::deque<model_request> log_{};
  std::set<std::uint16_t> lost_{};
  std::uint16_t next_ = 1;
  std::uint64_t sent_ = 0;
  std::uint64_t end_ = 0;
  bool moved_ = false;
  tick moved_since_{};
};

class both {
 public:
  both(std::uint16_t capacity, unsigned seed)
      : slots_(std::bit_ceil(capacity)), box_(slots_, capacity), model_(capacity), random_(seed) {}

  // The identifiers go on close to their end.
  void begin_late() {
    for (auto i = 65'525 + random_() % 10; i != 0; --i) {
      add(unacknowledged, 0);
      put(0);
      static_cast<void>(answer(model_.log().front().id, type::puback, 0, 0));
    }
  }
  void step() {
    switch (random_() % 16) {
      case 0:
      case 1:
      case 2: return any_add();
      case 3:
      case 4:
      case 5: return any_put();
      case 6: return sent(random_() % 30);
      case 7: return random_() % 50 == 0 ? sent(0x3FFF'FFFF) : sent(model_.unsent());
      case 8: return tell_time();
      case 9: return any_answer();
      case 10: return end_connection();
      case 11: return give_up();
      case 12: return wait_anew();
      default: return right_answer();
    }
  }
  void compare() {
    auto const next = box_.next();
    REQUIRE((next ? next->number() : 0) == model_.next());
    REQUIRE(box_.empty() == model_.log().empty());
    if (!box_.empty()) REQUIRE(box_.front().number() == model_.log().front().id);
    REQUIRE(box_.losing() == model_.losing());
    model_request const* const unput = model_.unput();
    REQUIRE(box_.has_unput() == (unput != nullptr));
    if (unput != nullptr) {
      REQUIRE(box_.unput().number() == unput->id);
      REQUIRE(box_.unput_again() == unput->ever_put);
    }
    REQUIRE(box_.waiting() == model_.waiting());
    if (box_.waiting()) REQUIRE(box_.oldest_since() == model_.oldest_since());
    REQUIRE(box_.publishes() == model_.publishes());
    for (auto const& one : model_.log()) REQUIRE(box_.stage(id_of(one.id)) == one.stage);
    std::uint16_t const any = any_id();
    REQUIRE(box_.stage(id_of(any)) == model_.stage(any));
  }

 private:
  void add(outgoing_stage stage, std::uint16_t filters) {
    box_.add(stage, filters);
    model_.add(stage, filters);
  }
  void put(std::size_t unsent) {
    box_.put(unsent);
    model_.put(unsent);
  }
  void sent(std::size_t count) {
    box_.sent(count);
    model_.sent(count);
    if (count > 1'000) tell_time();  // no more than 2 GiB before the time is told
  }
  void settle(std::uint16_t id) {
    box_.settle(id_of(id));
    model_.settle(id);
  }
  bool answer(std::uint16_t id, type came, std::size_t codes, std::size_t offered) {
    answer_result const got = take(box_, id_of(id), came, codes, offered, now_);
    return got == model_.answer(id, came, codes, offered, now_);
  }

  std::uint16_t any_id() {
    if (model_.log().empty() || random_() % 4 == 0) return static_cast<std::uint16_t>(1 + random_() % 65'535);
    return model_.log()[random_() % model_.log().size()].id;
  }
  void any_add() {
    constexpr std::array stages = {unacknowledged, unreceived, subscribing, unsubscribing};
    outgoing_stage const stage = stages[random_() % 4];
    if (model_.next() != 0)
      add(stage, stage == subscribing ? static_cast<std::uint16_t>(1 + random_() % 3) : std::uint16_t{0});
  }
  void any_put() {
    if (!model_.losing() && model_.unput() != nullptr) put(model_.unsent() + random_() % 20);
  }
  void tell_time() {
    now_ = now_ + static_cast<std::uint32_t>(random_() % 1'000);
    box_.start_waiting(now_);
    model_.start_waiting(now_);
  }
  void wait_anew() {
    if (random_() % 8 != 0) return;
    box_.wait_anew(now_);
    model_.wait_anew(now_);
  }
  void any_answer() {
    std::uint16_t const id = any_id();
    REQUIRE(answer(id, static_cast<type>(1 + random_() % 15), random_() % 3, random_() % 40));
  }
  void right_answer() {
    if (model_.log().empty()) return;
    model_request const one = model_.log()[random_() % 3 == 0 ? random_() % model_.log().size() : 0];
    if (one.stage == outgoing_stage::settled) return;
    bool const pubrec = one.stage == unreceived || random_() % 8 == 0;
    type const came = pubrec ? type::pubrec : static_cast<type>(one.stage);
    REQUIRE(answer(one.id, came, one.filters, random_() % 100));
  }
  void end_connection() {
    if (random_() % 6 == 0) {
      box_.rewind();
      model_.rewind();
      if (random_() % 3 == 0) {
        box_.lose();
        model_.lose();
      }
    }
    if (model_.losing()) settle(model_.log().front().id);
  }
  void give_up() {
    if (model_.losing() || random_() % 4 != 0) return;
    if (model_request const* const one = model_.unput()) settle(one->id);
  }

  std::vector<outbox_slot> slots_;
  outbox box_;
  model model_;
  std::mt19937 random_;
  tick now_{};
};

}  // namespace

TEST_CASE("outbox: what the model says, after every step",
          "[session][outbox][model][v3.1.1:MQTT-2.3.1-2][v3.1.1:MQTT-2.3.1-3]") {
  std::uint16_t const capacity = GENERATE(as<std::uint16_t>(), 1, 2, 3, 4, 7, 16);
  unsigned const seed = GENERATE(range(0u, 6u));
  both pair(capacity, seed);
  INFO("capacity " << capacity << ", seed " << seed);
  if (seed % 2 != 0) pair.begin_late();
  for (int i = 0; i != 4'000; ++i) {
    pair.step();
    pair.compare();
  }
}

namespace {

// A table for an outbox that tells how many of its pages a call touches. Time says nothing on a busy machine.
class watched_table {
 public:
  explicit watched_table(std::size_t count) : count_(count) {
    page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    size_ = (count * sizeof(outbox_slot) + page_ - 1) / page_ * page_;
    void* const memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    begin_ = static_cast<std::uint8_t*>(memory);
    for (std::size_t i = 0; i != count; ++i) new (begin_ + i * sizeof(outbox_slot)) outbox_slot;
    self_ = this;
    struct sigaction action {};
    action.sa_sigaction = &on_fault;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGSEGV, &action, &before_);
  }
  watched_table(watched_table const&) = delete;
  watched_table& operator=(watched_table const&) = delete;
  ~watched_table() {
    ::sigaction(SIGSEGV, &before_, nullptr);
    ::munmap(begin_, size_);
  }

  std::span<outbox_slot> slots() { return {reinterpret_cast<outbox_slot*>(begin_), count_}; }
  std::size_t pages() const { return size_ / page_; }
  // How many pages call() touches.
  template <class Call>
  std::size_t touched(Call call) {
    touched_ = 0;
    ::mprotect(begin_, size_, PROT_NONE);
    call();
    ::mprotect(begin_, size_, PROT_READ | PROT_WRITE);
    return touched_;
  }

 private:
  static void on_fault(int, siginfo_t* info, void*) {
    auto const at = static_cast<std::size_t>(static_cast<std::uint8_t*>(info->si_addr) - self_->begin_);
    if (at >= self_->size_) {  // a fault of somebody else's
      ::sigaction(SIGSEGV, &self_->before_, nullptr);
      return;
    }
    ++self_->touched_;
    ::mprotect(self_->begin_ + at / self_->page_ * self_->page_, self_->page_, PROT_READ | PROT_WRITE);
  }

  static inline watched_table* self_ = nullptr;
  std::size_t count_;
  std::size_t page_;
  std::size_t size_;
  std::uint8_t* begin_;
  std::size_t touched_ = 0;
  struct sigaction before_ {};
};

}  // namespace

TEST_CASE("outbox: no call looks through the requests", "[session][outbox]") {
  watched_table table(32'768);
  REQUIRE(table.pages() >= 64);
  outbox box(table.slots(), 32'768);
  for (int i = 0; i != 32'767; ++i) put(box, unreceived);
  box.start_waiting(tick(1));

  std::size_t most = 0;
  std::size_t total = 0;
  auto const watch = [&](auto call) {
    std::size_t const pages = table.touched(call);
    most = std::max(most, pages);
    total += pages;
  };
  watch([&] { put(box, unacknowledged, 100); });
  watch([&] { static_cast<void>(box.next()); });
  watch([&] { box.sent(100); });
  watch([&] { box.start_waiting(tick(2)); });
  watch([&] { static_cast<void>(box.oldest_since()); });
  std::vector<std::uint16_t> ids(32'766);
  std::iota(ids.begin(), ids.end(), std::uint16_t{2});
  std::shuffle(ids.begin(), ids.end(), std::mt19937(3));
  std::size_t i = 0;
  for (; i != 2'000; ++i) {
    std::uint16_t const id = ids[i];
    watch([&] { static_cast<void>(answer(box, id, type::pubrec)); });
    watch([&] { static_cast<void>(answer(box, id, type::pubcomp)); });
    watch([&] { static_cast<void>(box.stage(id_of(id))); });
  }
  watch([&] { box.rewind(); });
  for (int again = 0; again != 1'000; ++again) {
    watch([&] { static_cast<void>(box.unput_again()); });
    watch([&] { box.put(0); });
  }
  CHECK(most <= 3);

  // The oldest one's answer ends the places of all that were answered before it, each once.
  while (box.has_unput()) box.put(0);
  for (std::size_t id = 2; id != 32'768; ++id) {
    static_cast<void>(answer(box, id, type::pubrec));
    static_cast<void>(answer(box, id, type::pubcomp));
  }
  static_cast<void>(answer(box, 1, type::pubrec));
  CHECK(table.touched([&] { static_cast<void>(answer(box, 1, type::pubcomp)); }) <= table.pages());
  CHECK(box.front() == packet_id(32'768));
}
