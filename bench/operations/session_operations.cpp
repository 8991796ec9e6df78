// SPDX-License-Identifier: BSL-1.0
// A client that is connected: one message and its acknowledgement, one message received, and messages that are
// larger than its buffers.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include <hubwire/session/client.hpp>

#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

using namespace hubwire;
using namespace std::string_literals;

struct connected {
  std::array<std::uint8_t, 2048> receive{};
  std::array<std::uint8_t, 2048> transmit{};
  client<> device{receive, transmit, {.large_messages = large_messages::in_parts}};
  bool ready = false;

  connected() {
    static_cast<void>(device.connect(v3::connect{.client_id = *text::parse(client_id)}, tick{1'000}));
    device.consume(device.pending_output().size());
    deliver(packet(0x20, "\0\0"s));
    ready = device.next_event().kind() == event_kind::connected;
  }
  void deliver(std::string_view data) {
    byte_span const window = device.window();
    std::size_t const count = std::min(window.size(), data.size());
    std::memcpy(window.data(), data.data(), count);
    device.commit(count);
  }
};

// What a device does once per measurement: QoS 1 out, to the wire, PUBACK in, event.
struct session_turn : connected {
  placed topic_text{publish_topic, placed::from_3072};
  topic_name topic = *topic_name::parse(topic_text.view());
  placed octets{payload(128)};
  bytes content{octets.view()};
  std::array<std::uint8_t, 256> wire{};
  std::size_t sent = 0;
  std::array<std::uint8_t, 4> answer{0x40, 0x02, 0, 0};
  std::uint16_t published = 0;

  void operator()() {
    published = 0;
    auto const how = device.publish({topic, content, qos::at_least_once});
    if (!how) return;
    byte_view const out = device.pending_output();
    sent = std::min(out.size(), wire.size());
    std::memcpy(wire.data(), out.data(), sent);
    device.consume(sent);
    answer[2] = static_cast<std::uint8_t>(how->id().number() >> 8);
    answer[3] = static_cast<std::uint8_t>(how->id().number());
    byte_span const window = device.window();
    std::memcpy(window.data(), answer.data(), answer.size());
    device.commit(answer.size());
    v3::event const event = device.next_event();
    if (event.kind() == event_kind::published) published = event.id().number();
  }
  bool check() const {
    std::string const expected = packet(0x32, field(publish_topic) + number_16(published) + payload(128));
    return ready && published != 0 &&
           std::string_view(reinterpret_cast<char const*>(wire.data()), sent) == expected;
  }
};

// QoS 1 in, the message to the program, PUBACK to the wire.
struct session_receive : connected {
  std::string packet = publish_packet(128);
  std::size_t payload_size = 0;
  std::array<std::uint8_t, 8> wire{};
  std::size_t sent = 0;

  void operator()() {
    deliver(packet);
    v3::event const event = device.next_event();
    payload_size = event.kind() == event_kind::message ? event.message().payload.size() : 0;
    static_cast<void>(device.next_event());
    byte_view const out = device.pending_output();
    sent = std::min(out.size(), wire.size());
    std::memcpy(wire.data(), out.data(), sent);
    device.consume(sent);
  }
  bool check() const {
    return ready && payload_size == 128 &&
           std::string_view(reinterpret_cast<char const*>(wire.data()), sent) ==
               bench::packet(0x40, number_16(packet_id));
  }
};

constexpr std::size_t large = 65'536;

// Header first, then the payload in pieces of 1 KiB, through a transmit buffer of 2 KiB.
struct send_large : connected {
  topic_name topic = *topic_name::parse(publish_topic);
  std::string octets = payload(large);
  std::string wire = std::string(large + 256, '\0');
  std::size_t sent = 0;

  void operator()() {
    sent = 0;
    if (!device.publish_in_parts({topic}, octets.size())) return;
    std::string_view rest = octets;
    for (;;) {
      auto const taken = device.publish_payload(bytes(rest.substr(0, 1024)));
      if (!taken) return;
      rest.remove_prefix(*taken);
      byte_view const out = device.pending_output();
      if (out.empty()) return;
      std::memcpy(wire.data() + sent, out.data(), out.size());
      sent += out.size();
      device.consume(out.size());
    }
  }
  bool check() const { return ready && std::string_view(wire).substr(0, sent) == publish_packet(large, 0); }
};

// As a beginning, pieces and an end, through a receive buffer of 2 KiB that is filled by segments.
struct receive_large : connected {
  std::string packet = publish_packet(large, 0);
  std::string content = std::string(large, '\0');
  std::size_t announced = 0;
  std::size_t received = 0;
  bool complete = false;

  void operator()() {
    complete = false;
    std::string_view rest = packet;
    while (!rest.empty()) {
      byte_span const window = device.window();
      std::size_t const count = std::min({window.size(), rest.size(), std::size_t{1460}});
      if (count == 0) return;
      std::memcpy(window.data(), rest.data(), count);
      device.commit(count);
      rest.remove_prefix(count);
      while (v3::event const event = device.next_event()) take(event);
    }
  }
  void take(v3::event const& event) {
    if (event.kind() == event_kind::message_begin) {
      announced = event.payload_size();
      received = 0;
    }
    if (event.kind() == event_kind::message_piece) {
      std::size_t const count = std::min(event.payload().size(), content.size() - received);
      std::memcpy(content.data() + received, event.payload().data(), count);
      received += count;
    }
    complete = complete || event.kind() == event_kind::message_end;
  }
  bool check() const {
    return ready && complete && announced == large && received == large && content == payload(large);
  }
};

constexpr operation operations[] = {
    measured<session_turn>("session_turn").above("memcpy_205"),
    measured<session_receive>("session_receive").above("memcpy_205"),
    measured<send_large>("payload_send_64k", large).above("memcpy"),
    measured<receive_large>("payload_receive_64k", large).above("memcpy"),
};

}  // namespace

std::span<operation const> session_operations() { return operations; }

}  // namespace bench
