// SPDX-License-Identifier: BSL-1.0
// A client, pump() and a connection: what one message costs a program, and how often the transport is called.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>

#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

using namespace hubwire;

// A connection in memory. Over a socket each call would be one of the system.
struct counting_stream {
  std::array<std::uint8_t, 256> wire{};
  std::size_t sent = 0;
  std::array<std::uint8_t, 4> answer{0x40, 0x02, 0, 0};
  std::size_t unread = 0;  // of answer
  unsigned reads = 0;
  unsigned writes = 0;

  void acknowledge(std::uint16_t id) noexcept {
    answer[2] = static_cast<std::uint8_t>(id >> 8);
    answer[3] = static_cast<std::uint8_t>(id);
    unread = answer.size();
  }
  bool has_unread() const noexcept { return unread != 0; }
  io_result read_some(byte_span room) noexcept {
    ++reads;
    if (unread == 0) return {.status = io_status::would_block};
    std::size_t const count = std::min(room.size(), unread);
    std::memcpy(room.data(), answer.data() + answer.size() - unread, count);
    unread -= count;
    return {.count = count};
  }
  io_result write_some(byte_view data) noexcept {
    ++writes;
    std::size_t const count = std::min(data.size(), wire.size() - sent);
    std::memcpy(wire.data() + sent, data.data(), count);
    sent += count;
    return {.count = count};
  }
};

// The program's handler gets the events, or the program asks for them after pump().
enum class events { handled, polled };

// One message through pump(): the program publishes and pumps, the server answers, the program pumps again.
template <events How>
struct pump_turn {
  std::array<std::uint8_t, 2048> receive{};
  std::array<std::uint8_t, 2048> transmit{};
  client<> device{receive, transmit};
  counting_stream link{};
  bool ready = false;
  placed topic_text{publish_topic, placed::from_3072};
  topic_name topic = *topic_name::parse(topic_text.view());
  placed octets{payload(128)};
  bytes content{octets.view()};
  tick now{1'000};
  std::uint16_t published = 0;
  static constexpr unsigned most_reads = 2;  // one a turn

  pump_turn() {
    static_cast<void>(device.connect(v3::connect{.client_id = *text::parse(client_id)}, now));
    link.answer = {0x20, 0x02, 0, 0};
    link.unread = link.answer.size();
    turn();
    link.answer = {0x40, 0x02, 0, 0};
  }
  void operator()() {
    published = 0;
    link.sent = 0;
    link.reads = link.writes = 0;
    auto const how = device.publish({topic, content, qos::at_least_once});
    if (!how) return;
    turn();
    link.acknowledge(how->id().number());
    turn();
  }
  [[gnu::always_inline]] void turn() {
    if constexpr (How == events::handled) {
      static_cast<void>(pump(device, link, now, [this](v3::event const& event) { take(event); }));
    } else {
      static_cast<void>(pump(device, link, now));
      while (v3::event const event = device.next_event()) take(event);
    }
  }
  [[gnu::always_inline]] void take(v3::event const& event) {
    if (event.kind() == event_kind::published) published = event.id().number();
    if (event.kind() == event_kind::connected) ready = true;
  }
  bool check() const {
    std::string const expected = packet(0x32, field(publish_topic) + number_16(published) + payload(128));
    return ready && published != 0 && link.unread == 0 && link.reads <= most_reads && link.writes == 1 &&
           std::string_view(reinterpret_cast<char const*>(link.wire.data()), link.sent) == expected;
  }
  std::string note() const {
    return std::to_string(link.reads) + " read_some, " + std::to_string(link.writes) + " write_some";
  }
};

constexpr operation operations[] = {
    measured<pump_turn<events::handled>>("pump_turn").above("memcpy_205"),
    measured<pump_turn<events::polled>>("pump_turn_polled").above("memcpy_205"),
};

}  // namespace

std::span<operation const> turn_operations() { return operations; }

}  // namespace bench
