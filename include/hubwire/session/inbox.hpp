// SPDX-License-Identifier: BSL-1.0
// QoS 1 messages that were received and not acknowledged yet. PUBACKs leave in the order in which the
// messages came, whatever the order in which the application is done with them: v3.1.1 §4.6.
#ifndef HUBWIRE_SESSION_INBOX_HPP
#define HUBWIRE_SESSION_INBOX_HPP

#include <cstdint>

#include <hubwire/core/fixed_list.hpp>
#include <hubwire/wire/delivery.hpp>

namespace hubwire::inline abi1 {

struct received_message {
  std::uint16_t id = 0;
  bool done = false;  // the application has acknowledged it
};

class inbox {
 public:
  constexpr explicit inbox(list_base<received_message>& storage) noexcept : messages_(&storage) {}

  constexpr bool full() const noexcept { return messages_->full(); }
  constexpr bool holds(packet_id id) const noexcept { return find(id) != nullptr; }
  constexpr void add(packet_id id) noexcept { static_cast<void>(messages_->push_back({id.number(), false})); }

  // False when no such message waits.
  constexpr bool acknowledge(packet_id id) noexcept {
    received_message* const found = find(id);
    if (found == nullptr || found->done) return false;
    found->done = true;
    return true;
  }

  // Whether the oldest message may be acknowledged to the server now.
  constexpr bool ready() const noexcept {
    return !messages_->empty() && (*messages_)[0].done;  // v3.1.1:MQTT-4.6.0-2
  }
  // Its identifier; only when ready().
  constexpr packet_id front() const noexcept { return packet_id::trusted((*messages_)[0].id); }
  // Its PUBACK was queued; the identifier is a new message from now on.
  constexpr void pop() noexcept {
    messages_->erase(0);  // v3.1.1:MQTT-4.3.2-2
  }

  constexpr void clear() noexcept { messages_->clear(); }

 private:
  constexpr received_message* find(packet_id id) const noexcept {
    for (received_message& m : *messages_)
      if (m.id == id.number()) return &m;
    return nullptr;
  }

  list_base<received_message>* messages_;
};

}  // namespace hubwire::inline abi1

#endif
