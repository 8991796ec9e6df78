// SPDX-License-Identifier: BSL-1.0
// Sessions over a broker that is killed in the middle of a flow and started again. mosquitto answers first and writes its
// state to its file later, so a message that it has acknowledged may be lost when it is killed at any moment. It is
// killed here after its state was written while neither client moved: then all that was on its way is known to one side
// or to both, and QoS 1 has to arrive at least once, QoS 2 exactly once.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/session/kept_packets.hpp>
#include <hubwire/session/stored_packets.hpp>
#include <hubwire/transport/posix_file_store.hpp>

#include "mosquitto.hpp"
#include "mosquitto_links.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

constexpr int messages = 200;
using stored = stored_packets<posix_file_store>;

tick now() { return std::chrono::steady_clock::now(); }

// While more than its max_inflight_messages (20) wait, mosquitto 2.0.11 sends about 19 messages of QoS 2 for each PUBCOMP.
// At the next start but one it has forgotten how far those over 20 had come, and sends them once more after PUBREC. So no
// more than 20 are ever on their way here.
constexpr int most_on_the_way = 8;

// A client of a session, which can be thrown away and made anew.
template <class Link, class Keep>
class peer {
 public:
  using client_type =
      hubwire::client<v3_tag, limits{.outgoing = 16, .incoming = 32}, payload_reader<v3_tag>, Keep>;

  peer(std::string id, std::string store) : id_(std::move(id)), path_(std::move(store)) { boot(); }
  ~peer() {
    if constexpr (Keep::survives) std::filesystem::remove(path_);
  }
  peer(peer const&) = delete;
  peer& operator=(peer const&) = delete;

  void boot() {
    client.reset();
    if constexpr (Keep::survives) {
      file_.close();
      REQUIRE(file_.open(path_.c_str(), 16'384));
      records_.emplace(file_);
      client.emplace(rx_, tx_, typename client_type::kept_memory{kept_, *records_});
      auto const found = client->restore(id_);
      REQUIRE(found);
      CHECK(found->clean());
    } else if constexpr (Keep::has_packets) {
      client.emplace(rx_, tx_, byte_span(kept_));
    } else {
      client.emplace(rx_, tx_);
    }
  }
  bool come(mosquitto const& broker) {
    return link.open(broker) && client->connect({.client_id = text::trusted(id_),
                                                 .clean_session = false,
                                                 .keep_alive = 30,
                                                 .user_name = text::trusted(mosquitto::user),
                                                 .password = as_bytes(mosquitto::password)},
                                                now());
  }
  // Whether anything has moved.
  template <class Handler>
  bool turn(Handler&& handle) {
    if (client->state() == session_state::idle || client->finished()) return false;
    pump_result const moved = pump(*client, link.stream(), now(), handle);
    return moved.again || moved.received + moved.sent != 0;
  }

  std::optional<client_type> client{};
  Link link{};

 private:
  std::string id_;
  std::string path_;
  posix_file_store file_{};
  std::optional<session_records<posix_file_store>> records_{};
  std::array<std::uint8_t, 1'024> rx_{};
  std::array<std::uint8_t, 1'024> tx_{};
  std::array<std::uint8_t, 1'024> kept_{};
};

// The message of this number.
std::string text_of_number(int number) { return std::to_string(number) + std::string(20, '.'); }

template <class Link, class Keep>
class flow {
 public:
  explicit flow(qos level) : level_(level) {}

  void run() {
    REQUIRE(hall_.come(broker_));
    REQUIRE(until([&] { return hall_connected_; }));
    v3::subscription const wanted[] = {{"press/load", level_}};
    REQUIRE(hall_.client->subscribe(wanted));
    REQUIRE(until([&] { return subscribed_; }));
    REQUIRE(press_.come(broker_));
    REQUIRE(until([&] { return press_connected_; }));
    for (std::size_t kill_at :
         {std::size_t{1}, std::size_t{40}, std::size_t{90}, std::size_t{91}, std::size_t{150}}) {
      CAPTURE(kill_at);
      REQUIRE(until([&] { return arrived_.size() >= kill_at; }));
      power_cut();
    }
    REQUIRE(
        until([&] { return verdicts_.size() == messages && numbers_.size() >= messages && open_.empty(); }));
    judge();
  }

 private:
  void power_cut() {
    bool const saved = broker_.save();
    INFO(broker_.log());
    REQUIRE(saved);
    broker_.kill();
    REQUIRE(until([&] { return press_.client->finished() && hall_.client->finished(); }, false));
    if constexpr (Keep::survives) press_.boot();
    broker_.start_again();
    hall_connected_ = press_connected_ = false;
    REQUIRE(hall_.come(broker_));
    REQUIRE(press_.come(broker_));
    REQUIRE(until([&] { return hall_connected_ && press_connected_; }, false));
  }

  void publish() {
    while (published_ != messages && published_ - static_cast<int>(numbers_.size()) < most_on_the_way &&
           press_.client->can_send(level_)) {
      std::string const content = text_of_number(published_);
      auto const sent = press_.client->publish({"press/load", as_bytes(content), level_});
      if (!sent) return;
      open_[sent->id().number()] = published_++;
    }
  }
  void take_press(v3::event const& event) {
    if (event.kind() == event_kind::connected) press_connected_ = event.session_present() || published_ == 0;
    if constexpr (!Keep::has_packets) {
      if (event.kind() == event_kind::repeat) {
        REQUIRE(open_.count(event.id().number()) == 1);
        std::string const content = text_of_number(open_[event.id().number()]);
        REQUIRE(press_.client->publish_again(event.id(), {"press/load", as_bytes(content)}));
      }
    }
    CHECK(event.kind() != event_kind::abandoned);
    if (event.kind() != event_kind::published) return;
    REQUIRE(open_.count(event.id().number()) == 1);
    ++verdicts_[open_[event.id().number()]];
    open_.erase(event.id().number());
  }
  void take_hall(v3::event const& event) {
    if (event.kind() == event_kind::connected) hall_connected_ = event.session_present() || !subscribed_;
    if (event.kind() == event_kind::subscribed) subscribed_ = true;
    if (event.kind() == event_kind::message) {
      arrived_.emplace_back(event.message().payload.view());
      int const number = std::stoi(arrived_.back());
      if (std::find(numbers_.begin(), numbers_.end(), number) == numbers_.end()) numbers_.push_back(number);
    }
  }

  // Runs both until the condition holds, thirty seconds at most.
  template <class Condition>
  bool until(Condition condition, bool publishing = true) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) {
        std::string const log = broker_.log();
        UNSCOPED_INFO("arrived " << arrived_.size() << ", published " << published_ << ", states "
                                 << static_cast<int>(press_.client->state()) << ' '
                                 << static_cast<int>(hall_.client->state()) << '\n'
                                 << log.substr(log.size() < 3'000 ? 0 : log.size() - 3'000));
        return false;
      }
      if (publishing && press_connected_) publish();
      bool const one = press_.turn([&](v3::event const& event) { take_press(event); });
      bool const other = hall_.turn([&](v3::event const& event) { take_hall(event); });
      if (!one && !other) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  void judge() const {
    for (auto const& [number, verdicts] : verdicts_) CHECK(verdicts == 1);
    std::vector<int> wanted;
    for (int number = 0; number != messages; ++number) wanted.push_back(number);
    CHECK(numbers_ == wanted);
    for (std::string const& content : arrived_) CHECK(content == text_of_number(std::stoi(content)));
    if (level_ == qos::exactly_once) CHECK(arrived_.size() == messages);
  }

  static std::string folder() { return std::filesystem::temp_directory_path().string(); }

  qos level_;
  mosquitto broker_{true};
  peer<Link, Keep> press_{"press", folder() + "/hubwire-press-" + std::to_string(::getpid())};
  peer<Link, kept_packets> hall_{"hall", ""};
  bool press_connected_ = false;
  bool hall_connected_ = false;
  bool subscribed_ = false;
  int published_ = 0;
  std::map<std::uint16_t, int> open_{};  // identifier -> number, while there is no verdict
  std::map<int, int> verdicts_{};        // number -> how many
  std::vector<std::string> arrived_{};
  std::vector<int> numbers_{};  // that arrived, each once, in the order in which they came first
};

}  // namespace

TEMPLATE_TEST_CASE("mosquitto: killed in the middle of a flow and started again, nothing is lost or doubled",
                   "[interop][mosquitto][session]", keep_with_application, kept_packets, stored) {
  for (qos const level : {qos::at_least_once, qos::exactly_once}) {
    CAPTURE(level);
    flow<plain, TestType>(level).run();
  }
}

TEMPLATE_TEST_CASE("mosquitto: the same over TLS and over WebSocket",
                   "[interop][mosquitto][session][tls][websocket]", secured, over_websocket<plain>,
                   over_websocket<secured>) {
  flow<TestType, kept_packets>(qos::exactly_once).run();
}
