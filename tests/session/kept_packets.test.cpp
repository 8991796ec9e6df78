// SPDX-License-Identifier: BSL-1.0
#include <hubwire/session/kept_packets.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <vector>

#include <support/guarded.hpp>

using namespace hubwire;
using test::guarded_memory;

namespace {

constexpr packet_id id_of(std::size_t number) {
  return packet_id::trusted(static_cast<std::uint16_t>(number));
}

constexpr std::uint16_t following(std::uint16_t id) {
  return id == 65'535 ? std::uint16_t{1} : static_cast<std::uint16_t>(id + 1);
}

// Encodes a packet of that size whose bytes are all the same. Like an encoder it may use all the room there
// is, also when that does not suffice.
auto encoder(std::size_t size, std::uint8_t filling) {
  return [=](byte_span room) -> result<byte_view> {
    std::fill(room.begin(), room.end(), std::uint8_t{0xEE});
    if (room.size() < size) return error{errc::buffer_too_small, static_cast<std::uint32_t>(size)};
    std::fill_n(room.begin(), size, filling);
    return byte_view(room.first(size));
  };
}

bool is(byte_view got, std::size_t size, std::uint8_t filling) {
  return got.size() == size && std::all_of(got.begin(), got.end(), [=](auto b) { return b == filling; });
}

// Kept packets over guarded memory; the bytes of a packet are its identifier's low byte.
template <std::size_t Count>
struct store {
  explicit store(std::size_t size) : memory(size), packets(byte_span(memory.data(), size), table) {}

  error add(std::uint16_t id, std::size_t size) {
    auto const written = packets.make(encoder(size, static_cast<std::uint8_t>(id)));
    if (written) packets.add(id_of(id), written->size());
    return written.error();
  }
  std::size_t place(std::uint16_t id) const {
    return static_cast<std::size_t>(packets.packet(id_of(id)).data() - memory.data());
  }
  bool holds(std::uint16_t id, std::size_t size) const {
    return is(packets.packet(id_of(id)), size, static_cast<std::uint8_t>(id));
  }

  guarded_memory memory;
  kept_packets::slots<Count> table{};
  kept_packets packets;
};

}  // namespace

TEST_CASE("kept_packets: one behind the other, up to the last byte", "[session][kept_packets]") {
  store<4> box(30);
  CHECK(box.packets.room() == 30);
  REQUIRE(box.add(1, 10) == error{});
  REQUIRE(box.add(2, 10) == error{});
  CHECK(box.packets.room() == 10);
  REQUIRE(box.add(3, 10) == error{});
  CHECK(box.packets.room() == 0);
  for (std::uint16_t id = 1; id != 4; ++id) {
    CHECK(box.holds(id, 10));
    CHECK(box.place(id) == (id - 1u) * 10);
  }
  CHECK(box.packets.packet(id_of(4)).empty());
}

TEST_CASE("kept_packets: what does not fit now is output_full, what never fits buffer_too_small",
          "[session][kept_packets]") {
  store<4> box(30);
  CHECK(box.add(1, 31) == error{errc::buffer_too_small, 31});
  REQUIRE(box.add(1, 29) == error{});
  CHECK(box.add(2, 2) == error{errc::output_full, 2});
  CHECK(box.add(2, 30) == error{errc::output_full, 30});
  CHECK(box.add(2, 31) == error{errc::buffer_too_small, 31});
  CHECK(box.holds(1, 29));
  CHECK(box.add(2, 1) == error{});
  box.packets.drop(id_of(1));
  CHECK(box.add(3, 29) == error{});
  CHECK(box.holds(2, 1));
  CHECK(box.holds(3, 29));
}

TEST_CASE("kept_packets: an encoder's other errors pass through", "[session][kept_packets]") {
  store<4> box(30);
  auto const failed = box.packets.make([](byte_span) -> result<byte_view> {
    return error{errc::invalid_packet, 7};
  });
  CHECK(failed.error() == error{errc::invalid_packet, 7});
  CHECK(box.packets.room() == 30);
}

TEST_CASE("kept_packets: what was written and not added takes no room", "[session][kept_packets]") {
  store<4> box(30);
  REQUIRE(box.packets.make(encoder(20, 1)).has_value());
  CHECK(box.packets.room() == 30);
  REQUIRE(box.add(1, 20) == error{});
  REQUIRE(box.add(2, 9) == error{});
  box.packets.drop(id_of(1));
  REQUIRE(box.packets.make(encoder(15, 9)).has_value());  // in front of the second
  CHECK(box.packets.room() == 21);
  CHECK(box.holds(2, 9));
  REQUIRE(box.add(3, 20) == error{});
  CHECK(box.holds(2, 9));
}

TEST_CASE("kept_packets: memory of any size, smaller than a packet too", "[session][kept_packets]") {
  std::size_t const size = GENERATE(range(0u, 20u));
  std::size_t const packet = GENERATE(range(1u, 20u));
  store<4> box(size);
  INFO(size << " bytes, packets of " << packet);
  CHECK(box.packets.room() == size);
  std::uint16_t id = 1;
  for (std::size_t used = 0; used + packet <= size && id != 5; used += packet, ++id)
    REQUIRE(box.add(id, packet) == error{});
  if (packet > size)
    CHECK(box.add(id, packet) == error{errc::buffer_too_small, static_cast<unsigned>(packet)});
  for (std::uint16_t kept = 1; kept != id; ++kept) CHECK(box.holds(kept, packet));
  CHECK(box.memory.untouched_behind(size));
}

TEST_CASE("kept_packets: memory becomes free in the order of sending, in a circle",
          "[session][kept_packets]") {
  store<8> box(30);
  REQUIRE(box.add(1, 10) == error{});
  REQUIRE(box.add(2, 10) == error{});
  std::uint16_t id = 3;
  for (int round = 0; round != 1'000; ++round) {
    REQUIRE(box.add(id, 10) == error{});
    REQUIRE(box.place(id) == (id - 1u) % 3 * 10);  // nothing has moved
    REQUIRE(box.holds(id, 10));
    REQUIRE(box.holds(static_cast<std::uint16_t>(id - 1), 10));
    box.packets.drop(id_of(id - 2u));
    REQUIRE(box.packets.room() == 10);
    ++id;
  }
}

TEST_CASE("kept_packets: after the last one is dropped all memory is one piece", "[session][kept_packets]") {
  store<4> box(30);
  for (std::uint16_t id = 1; id != 1'000; ++id) {
    std::size_t const size = id % 30u + 1;
    REQUIRE(box.add(id, size) == error{});
    REQUIRE(box.place(id) == 0);
    box.packets.drop(id_of(id));
    REQUIRE(box.packets.packet(id_of(id)).empty());
    REQUIRE(box.packets.room() == 30);
    box.packets.drop(id_of(id));  // twice does no harm
    REQUIRE(box.packets.room() == 30);
  }
}

TEST_CASE("kept_packets: gaps are closed when an eighth of the memory becomes one piece",
          "[session][kept_packets]") {
  store<32> box(64);
  for (std::uint16_t id = 1; id != 8; ++id) REQUIRE(box.add(id, 7) == error{});
  for (std::uint16_t id = 8; id != 16; ++id) REQUIRE(box.add(id, 1) == error{});
  REQUIRE(box.packets.room() == 7);
  REQUIRE(box.add(16, 7) == error{});
  box.packets.drop(id_of(3));  // 7 bytes are free: less than an eighth
  CHECK(box.packets.room() == 0);
  CHECK(box.add(17, 1) == error{errc::output_full, 1});
  CHECK(box.place(4) == 21);   // nothing has moved
  box.packets.drop(id_of(9));  // 8 bytes
  CHECK(box.packets.room() == 8);
  CHECK(box.place(4) == 21);
  REQUIRE(box.add(17, 8) == error{});
  CHECK(box.packets.room() == 0);
  for (std::uint16_t id = 1; id != 18; ++id) {
    std::size_t const size = id == 3 || id == 9 ? 0 : id < 8 || id == 16 ? 7 : id == 17 ? 8 : 1;
    CHECK(box.holds(id, size));
  }
}

TEST_CASE("kept_packets: gaps are closed on both sides of the free piece", "[session][kept_packets]") {
  store<16> box(64);
  for (std::uint16_t id = 1; id != 9; ++id) REQUIRE(box.add(id, 8) == error{});
  box.packets.drop(id_of(1));
  box.packets.drop(id_of(2));
  box.packets.drop(id_of(3));
  REQUIRE(box.add(9, 8) == error{});
  REQUIRE(box.add(10, 8) == error{});
  REQUIRE(box.add(11, 8) == error{});
  box.packets.drop(id_of(6));   // older, in the second half
  box.packets.drop(id_of(10));  // newer, in the first
  REQUIRE(box.packets.room() == 16);
  REQUIRE(box.add(12, 16) == error{});
  CHECK(box.place(9) == 0);
  CHECK(box.place(11) == 8);
  CHECK(box.place(12) == 16);
  CHECK(box.place(4) == 32);
  CHECK(box.place(8) == 56);
  for (unsigned const id : {4u, 5u, 7u, 8u, 9u, 11u}) CHECK(box.holds(static_cast<std::uint16_t>(id), 8));
  CHECK(box.holds(12, 16));
}

TEST_CASE("kept_packets: a run is what lies one behind the other, and leaves in parts",
          "[session][kept_packets]") {
  store<4> box(30);
  CHECK(box.packets.run().empty());
  REQUIRE(box.add(1, 10) == error{});
  REQUIRE(box.add(2, 20) == error{});
  box.packets.drop(id_of(1));
  REQUIRE(box.add(3, 6) == error{});
  REQUIRE(box.add(4, 4) == error{});
  REQUIRE(box.packets.extend_run(id_of(2)));
  CHECK_FALSE(box.packets.extend_run(id_of(3)));  // at the beginning of the memory
  CHECK(is(box.packets.run(), 20, 2));
  box.packets.consume(19);
  CHECK(is(box.packets.run(), 1, 2));
  box.packets.consume(1);
  CHECK(box.packets.run().empty());
  REQUIRE(box.packets.extend_run(id_of(3)));
  REQUIRE(box.packets.extend_run(id_of(4)));
  CHECK(box.packets.run().size() == 10);
  CHECK(is(box.packets.run().first(6), 6, 3));
  CHECK(is(box.packets.run().last(4), 4, 4));
  box.packets.end_run();
  CHECK(box.packets.run().empty());
  CHECK(box.holds(2, 20));  // sent, and kept until the answer
  CHECK(box.holds(4, 4));
}

TEST_CASE("kept_packets: a packet behind a gap does not continue the run", "[session][kept_packets]") {
  store<4> box(30);
  for (std::uint16_t id = 1; id != 4; ++id) REQUIRE(box.add(id, 10) == error{});
  box.packets.drop(id_of(2));
  REQUIRE(box.packets.extend_run(id_of(1)));
  CHECK_FALSE(box.packets.extend_run(id_of(3)));
}

TEST_CASE("kept_packets: the bytes of a run stay where they are though its packets are dropped",
          "[session][kept_packets]") {
  store<8> box(32);
  REQUIRE(box.add(1, 16) == error{});
  REQUIRE(box.add(2, 8) == error{});
  REQUIRE(box.packets.extend_run(id_of(1)));
  REQUIRE(box.packets.extend_run(id_of(2)));
  std::uint8_t const* const at = box.packets.run().data();
  box.packets.drop(id_of(1));  // answered before all of the run has left
  box.packets.consume(20);
  CHECK(box.packets.room() == 8);  // no more, until the run has left
  box.packets.drop(id_of(2));
  CHECK(box.packets.room() == 8);
  REQUIRE(box.add(3, 8) == error{});
  CHECK(box.add(4, 1) == error{errc::output_full, 1});
  CHECK(box.packets.run().data() == at + 20);
  CHECK(is(box.packets.run(), 4, 2));
  box.packets.consume(4);
  CHECK(box.holds(3, 8));
  CHECK(box.packets.room() == 24);
  REQUIRE(box.add(4, 24) == error{});
  CHECK(box.holds(3, 8));
}

// Its place in the table belongs to another packet by the time the run has left.
TEST_CASE("kept_packets: the oldest packet is dropped and its place taken again while a run is on its way",
          "[session][kept_packets]") {
  store<4> box(20);
  for (std::uint16_t id = 1; id != 5; ++id) REQUIRE(box.add(id, 4) == error{});
  REQUIRE(box.packets.extend_run(id_of(1)));
  REQUIRE(box.packets.extend_run(id_of(2)));
  box.packets.consume(5);
  box.packets.drop(id_of(1));
  REQUIRE(box.add(5, 4) == error{});  // where the first was in the table
  box.packets.consume(3);
  CHECK(box.packets.room() == 4);
  box.packets.drop(id_of(2));
  CHECK(box.packets.room() == 8);
  CHECK(box.add(6, 16) == error{errc::output_full, 16});
  REQUIRE(box.add(6, 8) == error{});
  for (std::uint16_t id = 3; id != 6; ++id) CHECK(box.holds(id, 4));
  CHECK(box.holds(6, 8));
}

TEST_CASE("kept_packets: identifiers go on with 1 behind 65,535", "[session][kept_packets]") {
  std::uint16_t const first = GENERATE(as<std::uint16_t>(), 65'533, 65'534, 65'535);
  store<8> box(64);
  std::uint16_t id = first;
  std::vector<std::uint16_t> used;
  for (int i = 0; i != 6; ++i, id = following(id)) {
    REQUIRE(box.add(id, 10) == error{});
    used.push_back(id);
  }
  box.packets.drop(id_of(used[0]));
  box.packets.drop(id_of(used[2]));
  REQUIRE(box.packets.room() == 24);
  REQUIRE(box.add(id, 24) == error{});  // closes the gaps
  for (std::size_t const i : {1u, 3u, 4u, 5u}) CHECK(box.holds(used[i], 10));
  for (std::size_t const i : {1u, 3u, 4u, 5u}) box.packets.drop(id_of(used[i]));
  CHECK(box.holds(id, 24));
  CHECK(box.packets.room() == 40);
}

namespace {

// What the comments of kept_packets say, without its memory: packets by their order, each with all its bytes.
struct model_packet {
  std::uint16_t id;
  std::vector<std::uint8_t> bytes;
};

// Real and modelled packets beside each other: every step is made in both, and then all bytes are compared.
template <std::size_t Count>
class pair {
 public:
  pair(std::size_t size, unsigned seed)
      : memory_(size), random_(seed), next_(random_() % 2 != 0 ? 1 : 65'530) {}

  std::size_t room() const { return packets_.room(); }
  // 0 for success.
  errc write(std::size_t size, bool keep = true) {
    auto bytes = std::vector<std::uint8_t>(size);
    for (auto& one : bytes) one = static_cast<std::uint8_t>(random_());
    auto const written = packets_.make([&](byte_span room) -> result<byte_view> {
      std::fill(room.begin(), room.end(), std::uint8_t{0xEE});
      if (room.size() < size) return error{errc::buffer_too_small, static_cast<std::uint32_t>(size)};
      std::copy(bytes.begin(), bytes.end(), room.begin());
      return byte_view(room.first(size));
    });
    if (!written || !keep) return written.error().code;
    packets_.add(id_of(next_), size);
    kept_.push_back({next_, std::move(bytes)});
    next_ = following(next_);
    return errc::none;
  }
  bool is_full() const {  // as the outbox is, which counts 0 too
    return !kept_.empty() && static_cast<std::uint16_t>(next_ - kept_.front().id) >= Count;
  }

  void step() {
    switch (random_() % 8) {
      case 0:
      case 1:
      case 2: return try_make();
      case 3: return drop(0);
      case 4: return drop(random_());
      case 5: return extend_run();
      case 6: return consume(random_() % (run_.size() + 1));
      default:
        if (random_() % 4 == 0) consume(run_.size());
        if (random_() % 8 == 0) unsent_ = 0;  // a new connection
    }
  }

  void compare() const {
    std::size_t live = 0;
    for (model_packet const& one : kept_) {
      byte_span const got = packets_.packet(id_of(one.id));
      REQUIRE(std::equal(got.begin(), got.end(), one.bytes.begin(), one.bytes.end()));
      live += one.bytes.size();
    }
    byte_view const run = packets_.run();
    REQUIRE(std::equal(run.begin(), run.end(), run_.begin(), run_.end()));
    REQUIRE((run.empty() || run.data() == run_at_));
    std::size_t const free = memory_.size() - live;
    REQUIRE(room() <= free);
    if (run.empty() && (free >= memory_.size() / 8 || kept_.empty())) REQUIRE(room() == free);
    REQUIRE(memory_.untouched_behind(memory_.size()));
  }

 private:
  void try_make() {
    if (is_full()) return;
    std::size_t const most = memory_.size() / (1 + random_() % 8) + 2;
    std::size_t const size = random_() % 4 == 0 && room() != 0 ? room() : 1 + random_() % most;
    std::size_t const before = room();
    errc const why = write(size, random_() % 16 != 0);
    if (size <= before)
      REQUIRE(why == errc::none);
    else
      REQUIRE(why == (size > memory_.size() ? errc::buffer_too_small : errc::output_full));
  }
  void drop(std::size_t which) {
    if (kept_.empty()) return;
    which %= kept_.size();
    packets_.drop(id_of(kept_[which].id));
    kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(which));
    if (which < unsent_) --unsent_;
  }
  void extend_run() {
    if (unsent_ == kept_.size()) return;
    model_packet const& one = kept_[unsent_];
    std::uint8_t const* const at = packets_.packet(id_of(one.id)).data();
    bool const behind = run_.empty() || run_at_ + run_.size() == at;
    REQUIRE(packets_.extend_run(id_of(one.id)) == behind);
    if (!behind) return;
    if (run_.empty()) run_at_ = at;
    run_.insert(run_.end(), one.bytes.begin(), one.bytes.end());
    ++unsent_;
  }
  void consume(std::size_t count) {
    if (count == run_.size() && random_() % 2 == 0)
      packets_.end_run();
    else
      packets_.consume(count);
    run_.erase(run_.begin(), run_.begin() + static_cast<std::ptrdiff_t>(count));
    run_at_ += count;
  }

  guarded_memory memory_;
  kept_packets::slots<Count> table_{};
  kept_packets packets_{byte_span(memory_.data(), memory_.size()), table_};
  std::mt19937 random_;
  std::uint16_t next_;
  std::deque<model_packet> kept_{};
  std::size_t unsent_ = 0;  // the first that has to go into a run
  std::vector<std::uint8_t> run_{};
  std::uint8_t const* run_at_ = nullptr;
};

template <std::size_t Count>
void run_pairs(unsigned seeds, int steps) {
  for (unsigned seed = 0; seed != seeds; ++seed) {
    std::size_t const size = seed % 3 == 0 ? seed % 40 : 40 + seed % 97;
    pair<Count> both(size, seed);
    INFO("seed " << seed << ", " << Count << " packets, " << size << " bytes");
    for (int i = 0; i != steps; ++i) {
      both.step();
      both.compare();
    }
  }
}

}  // namespace

TEST_CASE("kept_packets: every byte is the model's after every step", "[session][kept_packets][model]") {
  run_pairs<1>(30, 500);
  run_pairs<2>(60, 1'000);
  run_pairs<4>(60, 1'000);
  run_pairs<16>(120, 1'000);
}

// A packet of each size is tried in the same state, which is made anew each time.
TEST_CASE("kept_packets: room() is what make() takes, for every size", "[session][kept_packets][model]") {
  std::size_t const memory = GENERATE(1u, 7u, 8u, 9u, 33u, 64u);
  unsigned const seed = GENERATE(range(0u, 40u));
  for (std::size_t size = 1; size != memory + 2; ++size) {
    pair<8> both(memory, seed);
    for (unsigned i = 0; i != 20 + seed * 7; ++i) both.step();
    if (both.is_full()) continue;
    std::size_t const room = both.room();
    INFO("seed " << seed << ", " << memory << " bytes, room for " << room << ", a packet of " << size);
    errc const why = both.write(size);
    CHECK((why == errc::none) == (size <= room));
    both.compare();
  }
}

TEST_CASE("kept_packets: for what was kept before a reboot small gaps are closed too",
          "[session][kept_packets]") {
  store<4> box(128);
  REQUIRE(box.add(1, 7) == error{});
  REQUIRE(box.add(2, 107) == error{});
  box.packets.drop(id_of(1));
  REQUIRE(box.add(3, 7) == error{});
  CHECK(box.add(4, 14) == error{errc::output_full, 14});  // 7 bytes at each end: no eighth of the memory
  CHECK(box.packets.space(15).empty());
  CHECK(box.packets.space(14).size() == 14);
  CHECK((box.holds(2, 107) && box.holds(3, 7)));
}

TEST_CASE("kept_packets: closing gaps costs a packet a constant number of bytes", "[session][kept_packets]") {
  // Any packet may be answered, so there are gaps everywhere. What moves is seen by where packets are.
  constexpr std::size_t memory = 4'096;
  constexpr std::size_t size = 16;
  store<1'024> box(memory);
  std::deque<std::pair<std::uint16_t, std::size_t>> kept;  // with its place
  std::mt19937 random(7);
  std::uint16_t next = 1;
  std::size_t moved = 0;
  std::size_t written = 0;
  for (int round = 0; round != 60'000; ++round) {
    bool const many = !kept.empty() && static_cast<std::uint16_t>(next - kept.front().first) >= 1'000;
    if (!many && box.packets.room() >= size) {
      REQUIRE(box.add(next, size) == error{});
      kept.emplace_back(next, box.place(next));
      next = following(next);
      written += size;
    } else {
      std::size_t const which = many ? 0 : random() % kept.size();
      box.packets.drop(id_of(kept[which].first));
      kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(which));
    }
    for (auto& [id, place] : kept) {
      if (box.place(id) == place) continue;
      place = box.place(id);
      moved += size;
    }
  }
  REQUIRE(written > 100'000);
  CHECK(moved <= 8 * written);
}
