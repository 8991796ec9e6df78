// SPDX-License-Identifier: BSL-1.0
// Keep alive as a property: schedules at random, with the bounds of session/keep_alive.hpp as the oracle. The test
// keeps its own account of what moved and when, in 64-bit milliseconds.
#include <hubwire/session/client.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "bench.hpp"

using namespace hubwire;
using test::bench;

namespace {

constexpr std::uint32_t ping_timeout = 10'000;

// A peer and a transport that change their mind every now and then, and an application that is behind at times.
class schedule {
 public:
  schedule(std::uint32_t seed, std::uint16_t keep_alive)
      : random_(seed),
        keep_alive_(keep_alive),
        bench_({.ping_timeout = ping_timeout, .request_timeout = 0}, {.rx = 24, .tx = 64}) {
    bench_.now = tick(0xFFFF'0000u);  // the clock wraps after a minute
    bench_.open(keep_alive);
  }

  void run() {
    for (int step = 0; step != 3'000 && !closed_; ++step) {
      if (step % 40 == 0) change_minds();
      time_passes();
      peer_sends();
      application();
      if (bench_.client.window().empty()) deaf_until_ = now_;
      told_ = now_;
      bench_.client.advance(bench_.now);
      if (bench_.client.finished()) judge_the_end();
      if (slow_ && chance(20)) held_up();
      if (!stopped_) transport_takes();
      events();
      check();
    }
  }

  bool closed() const { return closed_; }
  bool holding() const { return bench_.client.payload_missing() != 0; }
  std::size_t pings() const { return pings_; }

 private:
  std::uint32_t interval() const {
    std::uint32_t const whole = keep_alive_ * 1'000u;
    return whole - std::min(whole / 4, 10'000u);
  }
  std::uint32_t up_to(std::uint32_t most) { return static_cast<std::uint32_t>(random_() % most); }
  bool chance(unsigned percent) { return up_to(100) < percent; }

  void change_minds() {
    stopped_ = chance(30);  // the transport takes nothing
    silent_ = chance(30);   // the peer says nothing, not even PINGRESP
    busy_ = chance(20);     // the application asks for no events
    chatty_ = chance(30);   // the peer sends messages
    publishing_ = chance(30);
    slow_ = chance(30);
  }

  // The program keeps the deadlines that the client names, and wakes up earlier at times.
  void time_passes() {
    auto const next = bench_.client.deadline();
    std::int32_t const left = next ? *next - bench_.now : 60'000;
    std::uint32_t const longest = left > 0 ? static_cast<std::uint32_t>(left) : 1;
    std::uint32_t const step = chance(50) ? longest : 1 + up_to(longest);
    now_ += step;
    bench_.now = bench_.now + step;
  }

  // A handler that takes long, or a driver that tells late.
  void held_up() {
    std::uint32_t const time = up_to(12'000);
    now_ += time;
    bench_.now = bench_.now + time;
    held_up_ = true;
    held_until_ = now_;
  }

  void peer_sends() {
    std::string hex;
    while (answers_ != 0 && !silent_) hex += "d000", --answers_;
    if (chatty_ && !silent_) hex += "3005 0001 74 6162";
    auto const octets = test::from_hex(hex);
    byte_span const window = bench_.client.window();
    if (octets.empty() || window.size() < octets.size()) return;
    std::copy(octets.begin(), octets.end(), window.begin());
    bench_.client.commit(octets.size());
    moved_ = seen_moving_ = now_;
    unanswered_since_ = never;
  }

  void application() {
    if (!publishing_) return;
    if (bench_.client.payload_missing() != 0) {
      if (chance(10)) static_cast<void>(bench_.client.publish_payload(as_bytes("0123456789")));
    } else if (chance(30)) {
      static_cast<void>(bench_.client.publish_in_parts({"t"}, 10));
    } else {
      static_cast<void>(bench_.client.publish({"t"}));
    }
  }

  void transport_takes() {
    std::string taken;
    while (!bench_.client.pending_output().empty()) {
      byte_view const data = bench_.client.pending_output();
      std::size_t const count = chance(70) ? data.size() : 1 + random_() % data.size();
      taken += test::to_hex(data.first(count));
      bench_.client.consume(count);
    }
    if (taken.empty()) return;
    moved_ = sent_ = now_;
    seen_moving_ = told_;  // the client knows no later time
    // With a payload under way these two bytes might be part of it; it has no c0.
    std::size_t const pings = count_of("c000", taken);
    pings_ += pings;
    if (pings != 0 && unanswered_since_ == never) unanswered_since_ = now_;
    answers_ += pings;
  }

  static std::size_t count_of(std::string_view what, std::string const& in) {
    std::size_t count = 0;
    for (std::size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + what.size()))
      count += at % 2 == 0;
    return count;
  }

  void events() {
    if (busy_ && bench_.client.unsent().size() < 40) return;
    for (std::string one = bench_.next(); one != "none"; one = bench_.next()) {
      if (one.rfind("closed", 0) != 0) continue;
      CHECK(one == "closed keep_alive_timeout 0");
      closed_ = true;
    }
  }

  // Nobody is given up early: either a ping has had no answer for so long, or nothing moved.
  void judge_the_end() {
    bool const silent = unanswered_since_ != never && now_ - unanswered_since_ >= ping_timeout;
    bool const stuck = now_ - seen_moving_ >= interval() + ping_timeout;
    bool const early = !silent && !stuck;
    CHECK_FALSE(early);
  }

  void check() {
    bool const told = !closed_ && !busy_ && !held_up_;
    held_up_ = false;
    if (!told) return;
    // At most one PINGREQ waits.
    REQUIRE(count_of("c000", test::to_hex(bench_.client.unsent())) <= 1);
    // In time: as long as the transport takes bytes, and no payload is in the way.
    if (!stopped_ && bench_.client.payload_missing() == 0) REQUIRE(now_ - sent_ < interval());
    // No connection on which nothing moves outlives the bound, which begins anew when the program was held up.
    std::uint64_t const bound = interval() + ping_timeout;
    std::uint64_t const from = std::max(moved_, held_until_ == 0 ? 0 : held_until_ + bound);
    REQUIRE(now_ < from + bound);
    // No silent peer either, once it was asked. After a time without room to hear it, it is asked again.
    if (unanswered_since_ == never || bench_.client.window().empty()) return;
    std::uint64_t const since = std::max(unanswered_since_, held_until_);
    if (unanswered_since_ > deaf_until_)
      REQUIRE(now_ - since <= ping_timeout + 1);  // the turn that tells the time is 1 ms later
    REQUIRE(now_ - std::max(since, deaf_until_) < interval() + ping_timeout);
  }

  static constexpr std::uint64_t never = static_cast<std::uint64_t>(-1);

  std::mt19937 random_;
  std::uint16_t keep_alive_;
  bench<2, 2> bench_;
  std::uint64_t now_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t moved_ = 0;
  std::uint64_t told_ = 0;         // the time that the client was told last
  std::uint64_t seen_moving_ = 0;  // as far as it can know
  std::uint64_t deaf_until_ = 0;
  std::uint64_t held_until_ = 0;
  std::uint64_t unanswered_since_ = never;  // the first ping without an answer left
  std::size_t answers_ = 0;                 // that the peer owes
  std::size_t pings_ = 0;
  bool stopped_ = false;
  bool silent_ = false;
  bool busy_ = false;
  bool chatty_ = false;
  bool publishing_ = false;
  bool slow_ = false;
  bool held_up_ = false;  // in this step: what is due now is told in the next one
  bool closed_ = false;
};

}  // namespace

TEST_CASE("client: keep alive holds its bounds whatever happens",
          "[session][client][keep_alive][v3.1.1:MQTT-3.1.2-23]") {
  for (std::uint16_t const keep_alive :
       {std::uint16_t{1}, std::uint16_t{8}, std::uint16_t{40}, std::uint16_t{240}}) {
    std::size_t closed = 0;
    std::size_t pings = 0;
    for (std::uint32_t seed = 0; seed != 150; ++seed) {
      INFO("keep alive " << keep_alive << " seed " << seed);
      schedule s(seed * 7 + keep_alive, keep_alive);
      s.run();
      closed += s.closed();
      pings += s.pings();
    }
    CHECK(closed > 50);  // it has been everywhere
    CHECK(pings > 300);
  }
}
