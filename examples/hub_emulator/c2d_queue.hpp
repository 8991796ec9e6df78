// SPDX-License-Identifier: BSL-1.0
// The messages that wait for one device, in order, until it has acknowledged them.
#ifndef HUB_EMULATOR_C2D_QUEUE_HPP
#define HUB_EMULATOR_C2D_QUEUE_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>
#include <utility>

#include "message.hpp"

namespace hub_emulator {

class c2d_queue {
 public:
  using clock = std::chrono::system_clock;
  // Told about each message that leaves the queue without the device's consent.
  using dropped = std::function<void(c2d_message const&, std::string_view reason)>;

  static constexpr std::size_t most = 50;  // IoT Hub's limit
  static constexpr std::size_t in_flight_max = 10;
  static constexpr unsigned deliveries_max = 10;

  explicit c2d_queue(dropped on_dropped) : on_dropped_(std::move(on_dropped)) {}

  // What a store gave back.
  void restore(std::deque<c2d_message> messages) { messages_ = std::move(messages); }

  // Throws service_error 403004 when 50 messages wait already.
  void push(c2d_message message);
  // The next message to send, with its packet identifier and one more delivery counted; null when there is
  // none or enough are on their way. Valid until the next call.
  c2d_message* next();
  // A message that was sent before then and not acknowledged, with one more delivery counted; null when
  // there is none. Valid until the next call.
  c2d_message* overdue(std::chrono::steady_clock::time_point then);
  // When the oldest of the messages that are on their way was sent; max() when there is none.
  std::chrono::steady_clock::time_point oldest_sent() const;
  // The device has the message: true, and it is taken out into done. False for an identifier of nothing.
  bool complete(std::uint16_t packet_id, c2d_message& done);
  // All messages wait again, those that were sent as well: the connection is gone.
  void requeue();
  void discard(std::string_view reason);
  // Drops what has expired.
  void expire(clock::time_point now);

  std::deque<c2d_message> const& messages() const { return messages_; }

 private:
  static c2d_message& sent(c2d_message& message);
  std::uint16_t next_packet_id();

  std::deque<c2d_message> messages_{};
  dropped on_dropped_;
  std::uint32_t sequence_ = 0;
};

}  // namespace hub_emulator

#endif
