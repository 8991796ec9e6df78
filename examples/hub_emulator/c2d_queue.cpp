// SPDX-License-Identifier: BSL-1.0
#include "c2d_queue.hpp"

#include <algorithm>
#include <utility>

#include "service_error.hpp"

namespace hub_emulator {

void c2d_queue::push(c2d_message message) {
  expire(clock::now());
  if (messages_.size() == most) throw service_error(403, 403'004, "50 messages wait for this device already");
  messages_.push_back(std::move(message));
}

c2d_message* c2d_queue::next() {
  expire(clock::now());
  std::size_t in_flight = 0;
  for (auto message = messages_.begin(); message != messages_.end();) {
    if (message->packet_id != 0) {
      ++message;
      if (++in_flight == in_flight_max) return nullptr;
    } else if (message->deliveries == deliveries_max) {
      on_dropped_(*message, "dead_lettered");
      message = messages_.erase(message);
    } else {
      message->packet_id = next_packet_id();
      return &sent(*message);
    }
  }
  return nullptr;
}

c2d_message* c2d_queue::overdue(std::chrono::steady_clock::time_point then) {
  for (auto message = messages_.begin(); message != messages_.end();) {
    if (message->packet_id == 0 || message->sent > then) {
      ++message;
    } else if (message->deliveries == deliveries_max) {
      on_dropped_(*message, "dead_lettered");
      message = messages_.erase(message);
    } else {
      return &sent(*message);
    }
  }
  return nullptr;
}

std::chrono::steady_clock::time_point c2d_queue::oldest_sent() const {
  auto oldest = std::chrono::steady_clock::time_point::max();
  for (c2d_message const& message : messages_)
    if (message.packet_id != 0) oldest = std::min(oldest, message.sent);
  return oldest;
}

c2d_message& c2d_queue::sent(c2d_message& message) {
  ++message.deliveries;
  message.sent = std::chrono::steady_clock::now();
  return message;
}

bool c2d_queue::complete(std::uint16_t packet_id, c2d_message& done) {
  auto const found = std::find_if(messages_.begin(), messages_.end(),
                                  [&](c2d_message const& message) { return message.packet_id == packet_id; });
  if (packet_id == 0 || found == messages_.end()) return false;
  done = std::move(*found);
  messages_.erase(found);
  return true;
}

void c2d_queue::requeue() {
  for (c2d_message& message : messages_) message.packet_id = 0;
}

void c2d_queue::discard(std::string_view reason) {
  for (c2d_message const& message : std::exchange(messages_, {})) on_dropped_(message, reason);
}

void c2d_queue::expire(clock::time_point now) {
  for (auto message = messages_.begin(); message != messages_.end();) {
    if (message->packet_id != 0 || message->expires > now) {
      ++message;
    } else {
      on_dropped_(*message, "expired");
      message = messages_.erase(message);
    }
  }
}

// Identifiers from 1 to 0x4000; twin messages use those above, so that a PUBACK is never ambiguous. At most
// 10 are out at a time, so one is free again long before its number comes up.
std::uint16_t c2d_queue::next_packet_id() { return static_cast<std::uint16_t>((sequence_++ & 0x3FFF) + 1); }

}  // namespace hub_emulator
