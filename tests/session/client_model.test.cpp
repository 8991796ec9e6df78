// SPDX-License-Identifier: BSL-1.0
// The client against a small server that is written down here a second time, over memory, at random: what
// is lost, told twice or out of order shows.
#include <hubwire/session/client.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include <hubwire/codec.hpp>
#include <hubwire/stream/frame_buffer.hpp>

#include "bench.hpp"

using namespace hubwire;
using test::bench;

namespace {

using octets = std::vector<std::uint8_t>;

// Answers every request, now or later and in any order, and sends messages of its own.
class server {
 public:
  explicit server(std::mt19937& random) : random_(random) {}

  octets out{};                            // on its way to the client
  std::vector<std::uint16_t> acked{};      // PUBACKs in the order they came
  std::vector<std::uint16_t> delivered{};  // identifiers of QoS 1 messages in the order they were sent
  int packets = 0;
  bool disconnected = false;

  void receive(byte_view data) {
    while (!data.empty()) {
      byte_span const window = reader_.window();
      std::size_t const count = std::min(window.size(), data.size());
      std::copy_n(data.begin(), count, window.begin());
      reader_.commit(count);
      data = data.subspan(count);
      for (auto f = reader_.next(); f.status != frame_status::need_more; f = reader_.next()) {
        REQUIRE(f.status == frame_status::ready);
        handle(f.frame);
      }
    }
  }

  // One thing that a server may do now.
  void act() {
    if (!connected_) return;
    if (!answers_.empty() && random_() % 2 == 0) {
      std::size_t const which = random_() % answers_.size();
      octets const answer = answers_[which].second;
      in_use_.erase(answers_[which].first);
      answers_.erase(answers_.begin() + static_cast<std::ptrdiff_t>(which));
      out.insert(out.end(), answer.begin(), answer.end());
    } else if (random_() % 3 == 0 && waiting_.size() < 10) {
      std::uint16_t id = 0;
      do id = static_cast<std::uint16_t>(1 + random_() % 12);
      while (waiting_.count(id) != 0);
      waiting_.insert(id);
      delivered.push_back(id);
      send(v3::publish{"m", as_bytes("down"), delivery::at_least_once(packet_id::trusted(id))});
    } else if (random_() % 4 == 0) {
      send(v3::publish{"m", as_bytes("down")});
    }
  }

 private:
  template <class P>
  octets encoded(P const& packet) const {
    octets bytes(64);
    auto const written = encode(byte_span(bytes), packet);
    REQUIRE(written.has_value());
    bytes.resize(written->size());
    return bytes;
  }
  template <class P>
  void send(P const& packet) {
    octets const bytes = encoded(packet);
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  template <class P>
  void answer_later(std::uint16_t id, P const& packet) {
    REQUIRE(in_use_.insert(id).second);  // v3.1.1:MQTT-2.3.1-2
    answers_.push_back({id, encoded(packet)});
  }

  void handle(frame const& received) {
    REQUIRE_FALSE(disconnected);  // v3.1.1:MQTT-3.14.4-2
    REQUIRE((packets++ == 0) == (received.type() == packet_type::connect));
    auto const known = dispatch<v3_tag, role::client>(received, [this](auto const& p) { on(p); });
    REQUIRE(known.has_value());
  }
  void on(v3::connect const&) {
    connected_ = true;
    send(v3::connack{});
  }
  void on(v3::publish const& p) {
    REQUIRE_FALSE(p.delivery.duplicate());
    if (p.delivery.has_id()) answer_later(p.delivery.id().number(), v3::puback{p.delivery.id()});
  }
  void on(v3::subscribe const& p) {
    std::vector<v3::suback_return_code> codes;
    for (v3::subscription const s : p.subscriptions)
      codes.push_back(static_cast<v3::suback_return_code>(s.qos));
    answer_later(p.id.number(), v3::suback{p.id, codes});
  }
  void on(v3::unsubscribe const& p) { answer_later(p.id.number(), v3::unsuback{p.id}); }
  void on(v3::puback const& p) {
    REQUIRE(waiting_.erase(p.id.number()) == 1);
    acked.push_back(p.id.number());
  }
  void on(v3::pingreq const&) { send(v3::pingresp{}); }
  void on(v3::disconnect const&) { disconnected = true; }
  template <class P>
  void on(P const&) {
    FAIL("a client does not send this");
  }

  std::mt19937& random_;
  frame_buffer<256> reader_{};
  bool connected_ = false;
  std::vector<std::pair<std::uint16_t, octets>> answers_{};
  std::set<std::uint16_t> in_use_{};   // identifiers of the client's requests
  std::set<std::uint16_t> waiting_{};  // identifiers of our messages without PUBACK
};

// One client object through several connections.
class conversation {
 public:
  conversation(std::uint32_t seed, client_options const& options, test::memory_sizes sizes)
      : random_(seed), by_hand_(options.acknowledge == acknowledge::by_application), bench_(options, sizes) {}

  void one_connection() {
    server peer(random_);
    to_client_ = 0;
    arrived_.clear();
    unacknowledged_.clear();
    REQUIRE(bench_.client.connect(bench_.hello(30), bench_.now).has_value());

    int const steps = static_cast<int>(200 + random_() % 800);
    bool const server_ends = random_() % 4 != 0;
    int const end_at = random_() % 3 == 0 ? steps : static_cast<int>(random_() % 1000);
    bool leaving = false;
    for (int step = 0; step != steps + 400; ++step) {
      if (step == end_at && random_() % 2 == 0) bench_.client.lost({errc::connection_lost, 0});
      if (step >= end_at && !leaving) leaving = bench_.client.disconnect().has_value();
      peer.act();
      if (!leaving) request();
      move(peer);
      bool const all_came = to_client_ == peer.out.size();
      if (peer.disconnected && server_ends && all_came && random_() % 3 == 0) bench_.client.lost({});
      handle_events();
      if (by_hand_) acknowledge_some();
      bench_.pass(static_cast<std::uint32_t>(random_() % 200));
      if (bench_.client.finished() && told_closed_) break;
    }
    if (!told_closed_) bench_.client.lost({errc::connection_lost, 0});
    for (int i = 0; i != 100 && !told_closed_; ++i) handle_events();  // it may be busy

    REQUIRE(told_closed_);
    REQUIRE(bench_.client.finished());
    REQUIRE(open_.empty());  // every request was answered or abandoned
    told_closed_ = false;
    // Told in the order in which they were sent, acknowledged in the same order: v3.1.1:MQTT-4.6.0-2.
    REQUIRE(arrived_.size() <= peer.delivered.size());
    REQUIRE(std::equal(arrived_.begin(), arrived_.end(), peer.delivered.begin()));
    REQUIRE(peer.acked.size() <= arrived_.size());
    REQUIRE(std::equal(peer.acked.begin(), peer.acked.end(), arrived_.begin()));
    acknowledged += peer.acked.size();
  }

  std::size_t published = 0;
  std::size_t abandoned = 0;
  std::size_t acknowledged = 0;
  std::size_t refused = 0;  // output_full or capacity_exhausted
  std::size_t goodbyes = 0;

 private:
  static constexpr std::array<v3::subscription, 2> wanted{{{"a", qos::at_least_once}, {"b"}}};
  static constexpr std::array<v3::unsubscription, 1> unwanted{{{"a"}}};

  template <class Result>
  void note(Result const& made, event_kind answer, std::uint16_t id) {
    if (made) {
      REQUIRE(open_.emplace(id, answer).second);  // the identifier was in nobody's use
      return;
    }
    bool const expected = made.error() == errc::output_full || made.error() == errc::capacity_exhausted ||
                          bench_.client.state() != session_state::connected;
    REQUIRE(expected);
    ++refused;
  }

  void request() {
    switch (random_() % 8) {
      case 0:
      case 1: {
        auto const made = bench_.client.publish(test::at_least_once("t", "payload of a message"));
        note(made, event_kind::published, made ? made->id().number() : std::uint16_t{0});
        break;
      }
      case 2: {
        auto const made = bench_.client.subscribe(wanted);
        note(made, event_kind::subscribed, made ? made->number() : std::uint16_t{0});
        break;
      }
      case 3: {
        auto const made = bench_.client.unsubscribe(unwanted);
        note(made, event_kind::unsubscribed, made ? made->number() : std::uint16_t{0});
        break;
      }
      case 4: static_cast<void>(bench_.client.publish({"t"})); break;
      default: break;
    }
  }

  void move(server& peer) {
    byte_view const pending = bench_.client.pending_output();
    std::size_t const sent = std::min<std::size_t>(random_() % 40, pending.size());
    octets const taken(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(sent));
    bench_.client.consume(sent);
    peer.receive(taken);

    byte_span const window = bench_.client.window();
    std::size_t const count =
        std::min<std::size_t>({random_() % 40, window.size(), peer.out.size() - to_client_});
    std::copy_n(peer.out.begin() + static_cast<std::ptrdiff_t>(to_client_), count, window.begin());
    bench_.client.commit(count);
    to_client_ += count;
  }

  void handle_events() {
    if (random_() % 4 == 0) return;  // the application is busy
    while (v3::event const e = bench_.client.next_event()) {
      REQUIRE_FALSE(told_closed_);  // nothing comes after closed
      switch (e.kind()) {
        case event_kind::message:
          if (!e.has_id()) break;
          arrived_.push_back(e.id().number());
          unacknowledged_.push_back(e.id().number());
          break;
        case event_kind::published:
        case event_kind::subscribed:
        case event_kind::unsubscribed: {
          auto const found = open_.find(e.id().number());
          REQUIRE(found != open_.end());
          REQUIRE(found->second == e.kind());
          if (e.kind() == event_kind::subscribed) REQUIRE(e.codes().size() == 2);
          published += e.kind() == event_kind::published;
          open_.erase(found);
          break;
        }
        case event_kind::abandoned:
          REQUIRE(open_.erase(e.id().number()) == 1);
          ++abandoned;
          break;
        case event_kind::closed: {
          told_closed_ = true;
          bool const expected = e.cause() == errc::none || e.cause() == errc::connection_lost ||
                                e.cause() == errc::disconnect_timeout;
          goodbyes += e.cause() == errc::none;
          INFO(to_string(e.cause().code));
          REQUIRE(expected);
          break;
        }
        default: break;
      }
    }
  }

  void acknowledge_some() {
    while (!unacknowledged_.empty() && random_() % 3 == 0) {
      std::size_t const which = random_() % unacknowledged_.size();
      auto const id = packet_id::trusted(unacknowledged_[which]);
      if (!bench_.client.acknowledge(id)) return;  // the connection has ended
      unacknowledged_.erase(unacknowledged_.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }

  std::mt19937 random_;
  bool by_hand_;
  bench<5, 3> bench_;
  std::size_t to_client_ = 0;
  bool told_closed_ = false;
  std::map<std::uint16_t, event_kind> open_{};  // requests, and the answer each is to have
  std::vector<std::uint16_t> arrived_{};
  std::vector<std::uint16_t> unacknowledged_{};
};

}  // namespace

TEST_CASE("client: at random against a model of the server",
          "[session][client][model][v3.1.1:MQTT-2.3.1-2][v3.1.1:MQTT-4.6.0-2][v3.1.1:MQTT-3.14.4-2]") {
  for (bool const by_hand : {false, true}) {
    std::size_t published = 0;
    std::size_t abandoned = 0;
    std::size_t acknowledged = 0;
    std::size_t refused = 0;
    std::size_t goodbyes = 0;
    for (std::uint32_t seed = 0; seed != 60; ++seed) {
      INFO("seed " << seed << (by_hand ? ", acknowledged by the application" : ""));
      client_options const options{.acknowledge =
                                       by_hand ? acknowledge::by_application : acknowledge::automatically};
      conversation talk(seed, options, {.rx = 20 + seed % 50, .tx = 30 + seed % 70});
      for (int i = 0; i != 5; ++i) talk.one_connection();
      published += talk.published;
      abandoned += talk.abandoned;
      acknowledged += talk.acknowledged;
      refused += talk.refused;
      goodbyes += talk.goodbyes;
    }
    // It has been everywhere.
    CHECK(published > 1'000);
    CHECK(abandoned > 100);
    CHECK(acknowledged > 1'000);
    CHECK(refused > 1'000);
    CHECK(goodbyes > 50);
  }
}
