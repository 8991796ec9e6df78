// SPDX-License-Identifier: BSL-1.0
// QoS 1 messages that were received and not acknowledged yet. PUBACKs leave in the order in which the
// messages came, in whatever order the application is done with them: v3.1.1 §4.6.
#ifndef HUBWIRE_SESSION_INBOX_HPP
#define HUBWIRE_SESSION_INBOX_HPP

#include <cstddef>
#include <cstdint>
#include <span>

#include <hubwire/core/fixed_list.hpp>
#include <hubwire/wire/delivery.hpp>

namespace hubwire { inline namespace abi1 {

/// One message. It has no gap and is aligned, so that it is copied as a word.
struct alignas(std::uint32_t) received_message {
  std::uint16_t id = 0;
  std::uint16_t done = 0;  // 1: the application has acknowledged it
};

class inbox : private list_base<received_message> {
 public:
  using list_base::clear;
  using list_base::full;

  /// Uses slots, which outlive the inbox.
  constexpr explicit inbox(std::span<received_message> slots) noexcept
      : list_base(slots.data(), slots.size()) {}

  constexpr bool holds(packet_id id) const noexcept { return find(id) != size(); }
  constexpr void add(packet_id id) noexcept { static_cast<void>(push_back({id.number(), 0})); }

  /// Marks a message as done with. Returns false when no such message waits.
  constexpr bool acknowledge(packet_id id) noexcept {
    std::size_t const found = find(id);
    if (found == size() || (*this)[found].done != 0) return false;
    (*this)[found].done = 1;
    return true;
  }

  /// Marks the message that came last, if it still waits. For a client that acknowledges by itself: there
  /// nothing comes in before the last event has been dealt with, and whatever came before it is
  /// acknowledged already.
  constexpr void acknowledge_last() noexcept {
    if (!empty()) (*this)[size() - 1].done = 1;
  }

  /// Whether the oldest message may be acknowledged to the server now.
  constexpr bool ready() const noexcept {
    return !empty() && (*this)[0].done != 0;  // v3.1.1:MQTT-4.6.0-2
  }
  /// The identifier of the oldest message. Only when ready().
  constexpr packet_id front() const noexcept {
    HUBWIRE_ASSERT(ready());
    return packet_id::trusted((*this)[0].id);
  }
  /// Removes the oldest message, whose PUBACK was queued. From now on its identifier means a new message.
  constexpr void pop() noexcept {
    erase(0);  // v3.1.1:MQTT-4.3.2-2
  }

 private:
  // The place of a message; size() when there is none.
  constexpr std::size_t find(packet_id id) const noexcept {
    std::size_t at = 0;
    while (at != size() && (*this)[at].id != id.number()) ++at;
    return at;
  }
};

}}  // namespace hubwire

#endif
