// SPDX-License-Identifier: BSL-1.0
// Every order of what can happen around the end of a connection: bytes that leave or arrive, events that are fetched
// or not, the goodbye, the loss, time. Whatever the order, nothing is lost and nothing is told twice.
#include <hubwire/session/client.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <support/hex.hpp>

#include "bench.hpp"

using namespace hubwire;

namespace {

enum class action {
  publish,
  offer,        // the driver looks at what there is to send, and starts sending it
  taken,        // the transport says that all of that has left
  taken_a_bit,  // one byte of it
  puback,       // to the first request whose packet was offered and not answered
  message,      // QoS 1
  event,        // the application fetches one
  acknowledge,  // the application is done with its oldest message
  disconnect,
  server_ends,
  lost,
  time,  // two seconds
  connect,
};
constexpr std::size_t actions = 13;

class story {
 public:
  explicit story(acknowledge who)
      : by_hand_(who == acknowledge::by_application), client_(rx_, tx_, options(who)) {
    v3::connect hello;
    hello.client_id = "c";
    REQUIRE(client_.connect(hello, now_).has_value());
    all_taken();
    arrive("20020000");
    REQUIRE(client_.next_event().kind() == event_kind::connected);
  }

  void act(action what) {
    switch (what) {
      case action::publish: return publish();
      case action::offer: offered_ = client_.pending_output().size(); return;
      case action::taken: return take(offered_);
      case action::taken_a_bit: return take(offered_ == 0 ? 0 : 1);
      case action::puback: return puback();
      case action::message: return message();
      case action::event: return static_cast<void>(event());
      case action::acknowledge: return acknowledge_one();
      case action::disconnect:
        if (client_.disconnect()) left_at_ = total_queued();
        return;
      case action::server_ends: return end({});
      case action::lost: return end({errc::connection_lost, 104});
      case action::time:
        now_ = now_ + 2'000;
        client_.advance(now_);
        return;
      case action::connect: return connect();
    }
  }

  void finish() {
    while (event()) {}
    end({errc::connection_lost, 9});
    for (int i = 0; i != 20 && event(); ++i) {}
    REQUIRE(client_.finished());
    REQUIRE(told_closed_);
    REQUIRE(verdicts_ == published_);     // each request has one
    REQUIRE(answered_ == acknowledged_);  // a PUBACK that has arrived is told
    REQUIRE(messages_told_ == messages_);
  }

 private:
  static client_options options(acknowledge who) {
    return {.ping_timeout = 4'000, .request_timeout = 5'000, .disconnect_timeout = 3'000, .acknowledge = who};
  }
  bool open() const { return !ended_ && !client_.finished(); }
  std::size_t total_queued() const { return consumed_ + client_.unsent().size(); }

  void all_taken() {
    act(action::offer);
    take(offered_);
  }
  void take(std::size_t count) {
    client_.consume(count);
    offered_ -= count;
    consumed_ += count;
  }
  bool arrive(std::string_view hex) {
    auto const bytes = test::from_hex(hex);
    byte_span const window = client_.window();
    if (ended_ || window.size() < bytes.size()) return false;
    std::copy(bytes.begin(), bytes.end(), window.begin());
    client_.commit(bytes.size());
    return true;
  }

  void publish() {
    if (!client_.publish(test::at_least_once("t", "xy"))) return;
    ends_.push_back(total_queued());
    ++published_;
  }
  void puback() {
    if (answered_ == published_ || ends_[answered_] > consumed_ + offered_ || !open()) return;
    std::array<std::uint8_t, 4> const packet{0x40, 2, 0, static_cast<std::uint8_t>(answered_ + 1)};
    answered_ += arrive(test::to_hex(byte_view(packet)));
  }
  void message() {
    if (!open()) return;
    std::array<std::uint8_t, 7> const packet{0x32, 5, 0, 1, 't', 0, static_cast<std::uint8_t>(messages_ + 1)};
    messages_ += arrive(test::to_hex(byte_view(packet)));
  }
  void acknowledge_one() {
    if (by_hand_ && acknowledged_messages_ != messages_told_)
      acknowledged_messages_ +=
          client_.acknowledge(packet_id::trusted(static_cast<std::uint16_t>(acknowledged_messages_ + 1)))
              .has_value();
  }
  void end(error why) {
    if (!ended_ && !client_.finished()) {
      bool const goodbye = left_at_ != 0 && consumed_ >= left_at_;
      good_end_ = why == errc::none && goodbye;
    }
    ended_ = true;
    client_.lost(why);
  }
  // Not before everything is told.
  void connect() {
    auto const made = client_.connect({.client_id = "c"}, now_);
    REQUIRE(made.has_value() == told_closed_);
    if (made) over_ = true;  // another connection, another story
  }

  bool event() {
    if (over_) return false;
    v3::event const e = client_.next_event();
    if (!e) return false;
    REQUIRE_FALSE(told_closed_);
    switch (e.kind()) {
      case event_kind::message:
        REQUIRE(e.id().number() == messages_told_ + 1);
        ++messages_told_;
        break;
      case event_kind::published:
        REQUIRE(e.id().number() == acknowledged_ + 1);
        ++acknowledged_;
        ++verdicts_;
        break;
      case event_kind::abandoned:
        REQUIRE(e.id().number() == verdicts_ + 1);
        ++verdicts_;
        break;
      case event_kind::closed:
        told_closed_ = true;
        if (e.cause() == errc::none) REQUIRE(good_end_);
        if (good_end_) REQUIRE((e.cause() == errc::none || timed_out(e.cause())));
        break;
      default: FAIL("an event that nobody expects");
    }
    return true;
  }
  static bool timed_out(error cause) { return cause == errc::disconnect_timeout; }

 public:
  bool over() const { return over_; }

 private:
  bool by_hand_;
  std::array<std::uint8_t, 64> rx_{};
  std::array<std::uint8_t, 64> tx_{};
  tick now_{0xFFFF'F000u};
  client<v3_tag, limits{.outgoing = 2, .incoming = 1}> client_;
  std::vector<std::size_t> ends_{};  // of each request, in what the client has written
  std::size_t offered_ = 0;
  std::size_t consumed_ = 0;
  std::size_t left_at_ = 0;  // where DISCONNECT ends
  std::size_t published_ = 0, answered_ = 0, acknowledged_ = 0, verdicts_ = 0;
  std::size_t messages_ = 0, messages_told_ = 0, acknowledged_messages_ = 0;
  bool ended_ = false;
  bool good_end_ = false;
  bool told_closed_ = false;
  bool over_ = false;
};

void tell_all_of(std::size_t length, acknowledge who) {
  std::size_t total = 1;
  for (std::size_t i = 0; i != length; ++i) total *= actions;
  for (std::size_t number = 0; number != total; ++number) {
    story s(who);
    s.act(action::publish);
    std::size_t rest = number;
    for (std::size_t i = 0; i != length && !s.over(); ++i, rest /= actions)
      s.act(static_cast<action>(rest % actions));
    INFO("the story with number " << number << " of length " << length);
    if (!s.over()) s.finish();
  }
}

}  // namespace

TEST_CASE("client: in every order of events nothing is lost and nothing told twice",
          "[session][client][model]") {
  for (acknowledge const who : {acknowledge::automatically, acknowledge::by_application})
    for (std::size_t const length : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{4}})
      tell_all_of(length, who);
}

TEST_CASE("client: in every longer order of events nothing is lost and nothing told twice",
          "[.][full][session][client][model]") {
  for (acknowledge const who : {acknowledge::automatically, acknowledge::by_application}) tell_all_of(6, who);
}
