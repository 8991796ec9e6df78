// SPDX-License-Identifier: BSL-1.0
// A client with many requests or messages that wait: what one more costs must not depend on how many there are.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <hubwire/session/client.hpp>
#include <hubwire/session/kept_packets.hpp>

#include "operation.hpp"

namespace bench {

namespace {

using namespace hubwire;

constexpr std::size_t batch = 32;  // messages in one run

// A client that is connected, between buffers.
template <std::size_t Outgoing, std::size_t Incoming, class Keep>
struct busy {
  using device_client =
      client<v3_tag, limits{.outgoing = Outgoing, .incoming = Incoming}, payload_reader<v3_tag>, Keep>;
  static constexpr std::size_t packet_size = 22;
  std::array<std::uint8_t, 2048> receive{};
  std::array<std::uint8_t, 4096> transmit{};
  std::array<std::uint8_t, Keep::has_packets ? 2 * Outgoing * packet_size : 1> kept{};
  device_client device = make();
  bool good = true;

  device_client make() {
    client_options const options{.request_timeout = 0};
    if constexpr (Keep::has_packets)
      return device_client(receive, transmit, byte_span(kept), options);
    else
      return device_client(receive, transmit, options);
  }
  busy() {
    good = device.connect({.client_id = "c", .clean_session = false}, tick{1'000}).has_value();
    static_cast<void>(send());
    deliver(0x20, 0);
    good = good && device.next_event().kind() == event_kind::connected;
  }
  // What is pending leaves. How many bytes that were.
  std::size_t send() {
    std::size_t sent = 0;
    for (byte_view out = device.pending_output(); !out.empty(); out = device.pending_output()) {
      sent += out.size();
      device.consume(out.size());
    }
    return sent;
  }
  // A packet of two bytes from the server.
  void deliver(std::uint8_t first, std::uint16_t number) {
    std::uint8_t const packet[] = {first, 2, static_cast<std::uint8_t>(number >> 8),
                                   static_cast<std::uint8_t>(number)};
    std::memcpy(device.window().data(), packet, sizeof packet);
    device.commit(sizeof packet);
  }
};

// Identifiers in turn, as the client gives them.
constexpr std::uint16_t after(std::uint16_t number) { return number == 65'535 ? 1 : number + 1; }

enum class order { in_turn, reversed };

// A run publishes 32 messages of QoS 1 and has the 32 oldest acknowledged. Before and behind that, all but 32 places
// of the window wait. An identifier takes the place of number 0 once in 65,536.
template <std::size_t Window, class Keep, order Order>
struct publish_window : busy<Window, 4, Keep> {
  std::uint16_t oldest = 1;
  std::array<std::uint16_t, batch> acknowledged{};
  std::size_t published = 0;
  std::size_t sent = 0;

  publish_window() {
    for (std::size_t left = Window - batch - 1; this->good && left != 0; --left) {
      publish();
      static_cast<void>(this->send());
    }
  }
  void publish() {
    auto const how = this->device.publish({"plant/7", as_bytes("123456789"), qos::at_least_once});
    this->good = this->good && how.has_value();
  }
  void operator()() {
    published = sent = 0;
    for (std::size_t i = 0; i != batch; ++i) publish();
    sent = this->send();
    for (std::uint16_t& number : acknowledged) {
      number = oldest;
      oldest = after(oldest);
    }
    if constexpr (Order == order::reversed) std::reverse(acknowledged.begin(), acknowledged.end());
    for (std::uint16_t const number : acknowledged) {
      this->deliver(0x40, number);
      v3::event const event = this->device.next_event();
      published += event.kind() == event_kind::published && event.id().number() == number ? 1u : 0u;
    }
  }
  bool check() const { return this->good && published == batch && sent == batch * this->packet_size; }
};

// A run receives 32 messages of QoS 2 and has the 32 oldest released.
template <std::size_t Window>
struct receive_window : busy<4, Window, kept_packets> {
  std::uint16_t newest = 0;
  std::uint16_t oldest = 1;
  std::size_t messages = 0;
  std::size_t sent = 0;

  receive_window() {
    for (std::size_t left = Window - batch; left != 0; --left) receive_one();
  }
  void receive_one() {
    newest = after(newest);
    std::uint8_t const packet[] = {
        0x34, 6, 0, 1, 't', static_cast<std::uint8_t>(newest >> 8), static_cast<std::uint8_t>(newest), 'x'};
    std::memcpy(this->device.window().data(), packet, sizeof packet);
    this->device.commit(sizeof packet);
    messages += this->device.next_event().kind() == event_kind::message ? 1u : 0u;
    static_cast<void>(this->device.next_event());
    sent += this->send();
  }
  void operator()() {
    messages = sent = 0;
    for (std::size_t i = 0; i != batch; ++i) receive_one();
    for (std::size_t i = 0; i != batch; ++i) {
      this->deliver(0x62, oldest);
      oldest = after(oldest);
      static_cast<void>(this->device.next_event());
    }
    sent += this->send();
  }
  bool check() const { return this->good && messages == batch && sent == 2 * 4 * batch; }
};

template <std::size_t Window>
using in_turn = publish_window<Window, keep_nothing, order::in_turn>;
template <std::size_t Window>
using reversed = publish_window<Window, keep_nothing, order::reversed>;
template <std::size_t Window>
using kept_in_turn = publish_window<Window, kept_packets, order::in_turn>;
template <std::size_t Window>
using kept_reversed = publish_window<Window, kept_packets, order::reversed>;

constexpr operation operations[] = {
    measured<in_turn<64>>("window_64", 0, batch),
    measured<in_turn<512>>("window_512", 0, batch),
    measured<in_turn<4096>>("window_4096", 0, batch),
    measured<in_turn<32'768>>("window_32768", 0, batch),
    measured<reversed<64>>("window_reversed_64", 0, batch),
    measured<reversed<512>>("window_reversed_512", 0, batch),
    measured<reversed<4096>>("window_reversed_4096", 0, batch),
    measured<reversed<32'768>>("window_reversed_32768", 0, batch),
    measured<kept_in_turn<64>>("window_kept_64", 0, batch),
    measured<kept_in_turn<512>>("window_kept_512", 0, batch),
    measured<kept_in_turn<4096>>("window_kept_4096", 0, batch),
    measured<kept_in_turn<32'768>>("window_kept_32768", 0, batch),
    measured<kept_reversed<64>>("window_kept_reversed_64", 0, batch),
    measured<kept_reversed<512>>("window_kept_reversed_512", 0, batch),
    measured<kept_reversed<4096>>("window_kept_reversed_4096", 0, batch),
    measured<kept_reversed<32'768>>("window_kept_reversed_32768", 0, batch),
    measured<receive_window<64>>("window_received_64", 0, batch),
    measured<receive_window<512>>("window_received_512", 0, batch),
    measured<receive_window<4096>>("window_received_4096", 0, batch),
    measured<receive_window<32'768>>("window_received_32768", 0, batch),
};

}  // namespace

std::span<operation const> window_operations() { return operations; }

}  // namespace bench
