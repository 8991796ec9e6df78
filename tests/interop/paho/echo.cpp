// SPDX-License-Identifier: BSL-1.0
// The other end for paho.test.py: says what it hears. A message to to/X comes back as from/X, with its QoS and payload.
//   echo PORT    until a message to to/end, with a Will on from/will that is then sent, or not: its payload says which
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include <hubwire/driver/blocking.hpp>
#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/session/kept_packets.hpp>
#include <hubwire/transport/posix_tcp.hpp>

namespace {

using namespace hubwire;

constexpr std::size_t large = 300'000;

struct heard {
  std::string topic;
  std::string payload;
  hubwire::qos qos;
};

// While messages wait for its client, mosquitto 2.0.11 sends about 19 of QoS 2 for each PUBCOMP, whatever its
// max_inflight_messages: 65 of 200 were on their way at once.
using echo_client =
    client<v3_tag, limits{.outgoing = 16, .incoming = 256}, payload_reader<v3_tag>, kept_packets>;

class echo {
 public:
  bool begin(std::uint16_t port) {
    v3::connect packet{.client_id = "hubwire-echo", .clean_session = false, .keep_alive = 30};
    packet.will = v3::will{.topic = "from/will", .message = as_bytes("gone"), .qos = qos::exactly_once};
    return tcp_.connect("127.0.0.1", port, 5'000) && client_.connect(packet, posix_now());
  }
  // Exit code.
  int run() {
    while (!client_.finished()) {
      pump_result const moved =
          pump(client_, tcp_, posix_now(), [&](v3::event const& event) { take(event); });
      answer();
      if (cut_) return 0;  // without DISCONNECT: the broker sends the Will
      static_cast<void>(wait_after(moved, client_, tcp_, time_left(client_.deadline(), posix_now(), 1'000)));
    }
    return good_ ? 0 : 1;
  }

 private:
  void take(v3::event const& event) {
    if (event.kind() == event_kind::connected && !event.session_present()) {
      v3::subscription const wanted[] = {{"to/#", qos::exactly_once}};
      good_ = client_.subscribe(wanted).has_value();
    }
    if (event.kind() == event_kind::subscribed) std::puts("ready");
    if (event.kind() == event_kind::connected && event.session_present()) std::puts("ready");
    std::fflush(stdout);
    if (event.kind() == event_kind::abandoned) good_ = false;
    if (event.kind() == event_kind::closed) good_ = good_ && event.cause().code == errc::none;
    if (event.kind() != event_kind::message) return;
    auto const& message = event.message();
    queue_.push_back({"from/" + std::string(message.topic.view().substr(3)),
                      std::string(message.payload.view()), message.delivery.qos()});
  }
  void answer() {
    while (!queue_.empty() && !leaving_) {
      heard const& next = queue_.front();
      if (next.topic == "from/end") {
        leaving_ = true;
        cut_ = next.payload == "cut";
        if (!cut_) static_cast<void>(client_.disconnect());
        return;
      }
      auto const topic = topic_name::parse(next.topic);
      if (!topic || !client_.publish({*topic, as_bytes(next.payload), next.qos})) return;
      queue_.pop_front();
    }
  }

  std::vector<std::uint8_t> receive_ = std::vector<std::uint8_t>(large + 1'000);
  std::vector<std::uint8_t> transmit_ = std::vector<std::uint8_t>(large + 1'000);
  std::vector<std::uint8_t> kept_ = std::vector<std::uint8_t>(4 * large);
  echo_client client_{receive_, transmit_, byte_span(kept_)};
  posix_tcp tcp_{};
  std::deque<heard> queue_{};
  bool leaving_ = false;
  bool cut_ = false;
  bool good_ = true;
};

}  // namespace

int main(int argument_count, char** arguments) {
  echo one;
  if (argument_count != 2 || !one.begin(static_cast<std::uint16_t>(std::atoi(arguments[1])))) return 2;
  return one.run();
}
