// SPDX-License-Identifier: BSL-1.0
// Stores that lose power where a test says so, and a session as plain maps to compare with.
#ifndef HUBWIRE_TESTS_SESSION_RECORD_STORES_HPP
#define HUBWIRE_TESTS_SESSION_RECORD_STORES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/session/flash_store.hpp>
#include <hubwire/session/session_records.hpp>

namespace hubwire::test {

using octets = std::vector<std::uint8_t>;

inline byte_view view_of(std::string_view text) { return {detail::to_bytes(text.data()), text.size()}; }

// The same numbers on every machine.
class random_source {
 public:
  explicit random_source(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t operator()() { return static_cast<std::uint32_t>(engine_()); }
  std::uint32_t below(std::uint32_t end) { return (*this)() % end; }

 private:
  std::mt19937 engine_;
};

// Power for so many steps: a byte that is written, or a part of an erase.
class power {
 public:
  static constexpr std::size_t for_ever = std::numeric_limits<std::size_t>::max();

  void lasts(std::size_t steps) { left_ = steps, used_ = 0; }
  bool on() const { return left_ != 0; }
  std::size_t used() const { return used_; }
  // How many of these steps can be done. When that are not all, the power is gone.
  std::size_t take(std::size_t steps) {
    std::size_t const done = std::min(steps, left_);
    used_ += done;
    if (left_ != for_ever) left_ -= done;
    return done;
  }

 private:
  std::size_t left_ = for_ever;
  std::size_t used_ = 0;
};

// What a store may ask of its caller. Not each byte is an assertion to count.
inline void demand(bool kept) {
  if (!kept) FAIL("the contract of a store is broken");
}

// What bytes that a power cut left half written read as.
enum class debris { as_before, zero, ones, anything };

// Flash: an erased page is 0xff, whole units are programmed once, and a power cut leaves in the unit or page that was
// being worked on what it likes. A contract that is broken fails the test.
template <std::size_t Size, std::size_t Page, std::size_t Unit>
class flash_model {
 public:
  static constexpr std::size_t size = Size;
  static constexpr std::size_t page_size = Page;
  static constexpr std::size_t erase_steps = 3;

  explicit flash_model(std::uint8_t content = 0xFF)
      : bytes(Size, content), programmed_(Size, content != 0xFF) {}

  octets bytes;
  hubwire::test::power power{};
  debris left = debris::anything;
  std::map<std::size_t, unsigned> erased{};  // by page
  random_source random{7};

  result<void> read_at(std::size_t at, byte_span room) noexcept {
    demand(at + room.size() <= Size);
    if (!power.on()) return errc::store_failed;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), room.size(), room.begin());
    return {};
  }
  result<void> program(std::size_t at, byte_view data) noexcept {
    demand((at % Unit == 0 && data.size() % Unit == 0 && !data.empty() && at + data.size() <= Size));
    for (std::size_t i = 0; i != data.size(); i += Unit) {
      if (!power.on()) return errc::store_failed;
      std::size_t const done = power.take(Unit);
      for (std::size_t b = i; b != i + Unit; ++b) {
        demand(!programmed_[at + b]);
        bytes[at + b] = done == Unit ? data[b] : remains(data[b], 0xFF);
        programmed_[at + b] = bytes[at + b] != 0xFF;
      }
    }
    return power.on() ? result<void>() : errc::store_failed;
  }
  result<void> erase_page(std::size_t at) noexcept {
    demand((at % Page == 0 && at < Size));
    if (!power.on()) return errc::store_failed;
    ++erased[at / Page];
    std::size_t const done = power.take(erase_steps);
    for (std::size_t b = at; b != at + Page; ++b) {
      if (done == erase_steps) {
        bytes[b] = 0xFF;
      } else if (done != 0) {
        bytes[b] = remains(0xFF, bytes[b]);
      }
      programmed_[b] = bytes[b] != 0xFF;
    }
    return power.on() ? result<void>() : errc::store_failed;
  }

 private:
  std::uint8_t remains(std::uint8_t wanted, std::uint8_t before) {
    switch (left) {
      case debris::as_before: return before;
      case debris::zero: return 0;
      case debris::ones: return 0xFF;
      case debris::anything: break;
    }
    return random() % 2 == 0 ? wanted : static_cast<std::uint8_t>(random());
  }

  std::vector<bool> programmed_;
};

// A file: a write stops at any byte, and what is behind it is as it was.
template <std::size_t Size, std::size_t Page>
class file_model {
 public:
  explicit file_model(std::uint8_t content = 0xFF) : bytes(Size, content) {}

  octets bytes;
  hubwire::test::power power{};
  debris left = debris::anything;  // of no meaning here

  static constexpr std::size_t size() noexcept { return Size; }
  static constexpr std::size_t page_size() noexcept { return Page; }
  result<void> read_at(std::size_t at, byte_span room) noexcept {
    demand(at + room.size() <= Size);
    if (!power.on()) return errc::store_failed;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), room.size(), room.begin());
    return {};
  }
  result<void> write_at(std::size_t at, byte_view data) noexcept {
    demand((at % 16 == 0 && data.size() % 16 == 0 && !data.empty()));
    demand((at / Page == (at + data.size() - 1) / Page && at + data.size() <= Size));
    if (at % Page == 0) put(at, octets(Page, 0xFF));
    if (!power.on()) return errc::store_failed;
    auto const to = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    demand(std::all_of(to, to + static_cast<std::ptrdiff_t>(data.size()), [](auto b) { return b == 0xFF; }));
    put(at, octets(data.begin(), data.end()));
    return power.on() ? result<void>() : errc::store_failed;
  }

 private:
  void put(std::size_t at, octets const& data) {
    std::copy_n(data.begin(), power.take(data.size()), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
};

// A session as its records tell it.
struct plain_session {
  std::map<std::uint16_t, std::string> outgoing{};
  std::set<std::uint16_t> released{};
  std::set<std::uint16_t> received{};
  std::uint16_t next = 0;

  void apply(record_kind kind, std::uint16_t id, std::string const& body) {
    switch (kind) {
      case record_kind::publish: outgoing[id] = body; break;
      case record_kind::released: outgoing.erase(id), released.insert(id); break;
      case record_kind::settled: outgoing.erase(id), released.erase(id); break;
      case record_kind::received: received.insert(id); break;
      case record_kind::completed: received.erase(id); break;
      case record_kind::next_id: next = id; break;
    }
  }
  friend bool operator==(plain_session const&, plain_session const&) = default;
};

struct read_back {
  result<load_report> report = load_report{};
  plain_session session{};
};

template <class Store>
read_back load(session_records<Store>& records, std::uint32_t owner = 1) {
  read_back seen;
  seen.report = records.load(owner, [&](record_kind kind, std::uint16_t id, record_body<Store>& body) {
    std::string text(body.size(), '?');
    REQUIRE(body.copy_to({detail::to_bytes(text.data()), text.size()}));
    REQUIRE(body.size() == 0);
    seen.session.apply(kind, id, text);
  });
  return seen;
}

template <class Store>
result<void> make_snapshot(session_records<Store>& records, plain_session const& s) {
  result<void> done = records.begin_snapshot();
  for (auto const& [id, body] : s.outgoing)
    if (done) done = records.append(record_kind::publish, id, view_of(body));
  for (auto const id : s.released)
    if (done) done = records.append(record_kind::released, id);
  for (auto const id : s.received)
    if (done) done = records.append(record_kind::received, id);
  if (done && s.next != 0) done = records.append(record_kind::next_id, s.next);
  return done ? records.commit() : done;
}

// Appends, after a snapshot where there is no room. now is the session that is in memory.
template <class Store>
result<void> change(session_records<Store>& records, plain_session const& now, record_kind kind,
                    std::uint16_t id, std::string const& body = {}) {
  auto const half = static_cast<std::ptrdiff_t>(body.size() / 2);
  byte_view const all = view_of(body);
  byte_view const front = all.first(static_cast<std::size_t>(half));
  byte_view const back = all.subspan(static_cast<std::size_t>(half));
  result<void> done = records.append(kind, id, front, back);
  if (done || done.error().code != errc::store_full) return done;
  done = make_snapshot(records, now);
  return done ? records.append(kind, id, front, back) : done;
}

struct step {
  record_kind kind;
  std::uint16_t id;
  std::string body{};
};

// Messages of both QoS out and in; at most three at a time.
inline std::vector<step> random_steps(std::size_t count, std::uint32_t seed, std::size_t largest,
                                      plain_session s = {}) {
  random_source random(seed);
  std::vector<step> steps;
  while (steps.size() != count) {
    auto const id = static_cast<std::uint16_t>(1 + random() % 3);
    step one{record_kind::next_id, id};
    if (random() % 2 == 0) {
      one.kind = s.released.count(id) != 0   ? record_kind::settled
                 : s.outgoing.count(id) == 0 ? record_kind::publish
                 : random() % 2 == 0         ? record_kind::released
                                             : record_kind::settled;
      if (one.kind == record_kind::publish) {
        one.body.resize(random() % (static_cast<std::uint32_t>(largest) + 1));
        for (char& c : one.body) c = static_cast<char>(random());
      }
    } else if (random() % 4 != 0) {
      one.kind = s.received.count(id) == 0 ? record_kind::received : record_kind::completed;
    }
    s.apply(one.kind, one.id, one.body);
    steps.push_back(one);
  }
  return steps;
}

}  // namespace hubwire::test

#endif
