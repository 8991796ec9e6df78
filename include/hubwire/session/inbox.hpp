// SPDX-License-Identifier: BSL-1.0
// Messages of QoS 1 and 2 that came and are not settled. PUBACKs and PUBRECs leave in the order in which the
// messages came, in whatever order the application is done with them: v3.1.1 §4.6.
#ifndef HUBWIRE_SESSION_INBOX_HPP
#define HUBWIRE_SESSION_INBOX_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include <hubwire/core/config.hpp>
#include <hubwire/session/exchange_transitions.hpp>
#include <hubwire/wire/delivery.hpp>

namespace hubwire { inline namespace abi1 {

/// A place of an inbox. Two tables share the memory: messages by identifier, and identifiers in the order of
/// arrival.
struct received_message {
  std::uint16_t id = 0;
  std::uint16_t in_order = 0;
  incoming_stage stage = incoming_stage::none;
};

/// The messages by identifier are a hash table: a message stands where the low bits of its identifier say, or
/// behind that. Servers give identifiers in turn, so mostly it is there.
class inbox {
 public:
  /// Uses slots, which outlive the inbox; their number is a power of two. No more than capacity of them are
  /// in use.
  constexpr inbox(std::span<received_message> slots, std::size_t capacity) noexcept
      : slots_(slots.data()),
        mask_(static_cast<std::uint16_t>(slots.size() - 1)),
        capacity_(static_cast<std::uint16_t>(capacity)) {
    HUBWIRE_ASSERT(std::has_single_bit(slots.size()) && capacity <= slots.size());
  }

  inbox(inbox const&) = delete;
  inbox& operator=(inbox const&) = delete;

  constexpr std::uint32_t capacity() const noexcept { return capacity_; }
  constexpr bool full() const noexcept { return size_ == capacity_; }
  /// Whether only the server's PUBRELs make room.
  constexpr bool waits_for_server() const noexcept { return full() && count_ == 0; }
  constexpr incoming_stage stage(packet_id id) const noexcept {
    return stage_at(find(id.number()), id.number());
  }

  /// A PUBLISH has come. tell: it is new, and now the application's. A new one needs room: not full().
  constexpr incoming_outcome publish(packet_id id, qos level) noexcept {
    bool const twice = level == qos::exactly_once;
    std::size_t const at = find(id.number());
    incoming_stage const before = stage_at(at, id.number());
    incoming_step const step =
        next_step(before, twice ? incoming_input::publish_2 : incoming_input::publish_1);
    if (step.next == before) return step.outcome;
    HUBWIRE_ASSERT(before != incoming_stage::none || !full());
    if (before == incoming_stage::none) ++size_;
    slots_[at].id = id.number();
    slots_[at].stage = step.next;
    slots_[(first_ + count_) & mask_].in_order = id.number();
    ++count_;
    return step.outcome;
  }

  /// The application is done with a message. False when no such message waits for that.
  constexpr bool acknowledge(packet_id id) noexcept {
    return change(id.number(), incoming_input::acknowledged);
  }

  /// The packet that acknowledges the oldest message, PUBACK or PUBREC. packet_type{} while the application
  /// is not done with that message.
  constexpr packet_type front_answer() const noexcept {
    if (count_ == 0) return {};
    incoming_stage const oldest = slots_[find(front())].stage;
    if (oldest == incoming_stage::done_1) return packet_type::puback;               // v3.1.1:MQTT-4.6.0-2
    return oldest == incoming_stage::done_2 ? packet_type::pubrec : packet_type{};  // v3.1.1:MQTT-3.3.4-1
  }
  /// Whether the oldest message may be acknowledged to the server now.
  constexpr bool ready() const noexcept { return front_answer() != packet_type{}; }
  /// The oldest message's identifier. Only when ready().
  constexpr packet_id front_id() const noexcept { return packet_id::trusted(front()); }
  /// That packet was queued.
  constexpr void pop() noexcept {
    std::size_t const at = find(front());
    first_ = static_cast<std::uint16_t>((first_ + 1u) & mask_);
    --count_;
    static_cast<void>(move(at, incoming_input::answered));
  }

  /// PUBREL has come, also for a message that nobody knows. False when no PUBREC has asked for it.
  constexpr bool release(packet_id id) noexcept { return change(id.number(), incoming_input::pubrel); }

  /// The session goes on over a new connection: the server sends again what was not acknowledged.
  constexpr void resume() noexcept {
    first_ = count_ = 0;
    for (std::size_t at = 0; at <= mask_; ++at)
      // v3.1.1:MQTT-3.1.2-4
      while (slots_[at].stage != incoming_stage::none && !move(at, incoming_input::resumed)) {}
  }
  /// A message was not told to its end: it is as if it had never come. Only before resume().
  constexpr void forget(packet_id id) noexcept {
    std::size_t const at = find(id.number());
    if (stage_at(at, id.number()) != incoming_stage::none) erase(at);
  }
  /// Calls visit(id) for each message of QoS 2 that is the application's for good: received, acknowledged,
  /// and told_2 if told counts.
  template <class Visit>
  constexpr void for_each_received(bool told, Visit visit) const noexcept {
    for (std::size_t at = 0; at <= mask_; ++at) {
      incoming_stage const stage = slots_[at].stage;
      bool const counts = stage == incoming_stage::received || stage == incoming_stage::done_2 ||
                          stage == incoming_stage::done_before || (told && stage == incoming_stage::told_2);
      if (counts) visit(packet_id::trusted(slots_[at].id));
    }
  }
  /// A message of QoS 2 that was received in an earlier life. False when there is no place.
  constexpr bool restore(packet_id id) noexcept {
    if (full()) return false;
    std::size_t const at = find(id.number());
    if (slots_[at].stage != incoming_stage::none) return true;
    slots_[at].id = id.number();
    slots_[at].stage = incoming_stage::done_before;
    ++size_;
    return true;
  }
  /// The session was lost.
  constexpr void clear() noexcept {
    first_ = count_ = size_ = 0;
    for (std::size_t at = 0; at <= mask_; ++at) slots_[at].stage = incoming_stage::none;
  }

 private:
  constexpr std::uint16_t front() const noexcept { return slots_[first_].in_order; }

  // The place of a message, or the free one where it would stand; any place when there is neither.
  HUBWIRE_ONE_COPY constexpr std::size_t find(std::uint16_t id) const noexcept {
    std::size_t at = id & mask_;
    for (std::size_t left = mask_; left != 0; --left, at = (at + 1) & mask_)
      if (slots_[at].stage == incoming_stage::none || slots_[at].id == id) break;
    return at;
  }
  constexpr incoming_stage stage_at(std::size_t at, std::uint16_t id) const noexcept {
    return slots_[at].id == id ? slots_[at].stage : incoming_stage::none;
  }

  // False when there is no such step.
  constexpr bool change(std::uint16_t id, incoming_input input) noexcept {
    std::size_t const at = find(id);
    incoming_stage const before = stage_at(at, id);
    if (next_step(before, input).outcome == incoming_outcome::unexpected) return false;
    if (before != incoming_stage::none) static_cast<void>(move(at, input));
    return true;
  }
  // False when the message is gone and another may be in its place.
  constexpr bool move(std::size_t at, incoming_input input) noexcept {
    incoming_stage const next = next_step(slots_[at].stage, input).next;
    if (next == incoming_stage::none)
      erase(at);
    else
      slots_[at].stage = next;
    return next != incoming_stage::none;
  }
  // Those behind it move up, as far as each may: none is left behind a gap.
  HUBWIRE_ONE_COPY constexpr void erase(std::size_t gap) noexcept {
    --size_;
    std::size_t at = gap;
    for (std::size_t left = mask_; left != 0; --left) {
      at = (at + 1) & mask_;
      if (slots_[at].stage == incoming_stage::none) break;
      std::size_t const from_home = (at - slots_[at].id) & mask_;
      if (from_home < ((at - gap) & mask_)) continue;
      slots_[gap].id = slots_[at].id;
      slots_[gap].stage = slots_[at].stage;
      gap = at;
    }
    slots_[gap].stage = incoming_stage::none;
  }

  // INVARIANT: size_ <= capacity_ <= mask_ + 1 messages have a stage. The count_ places from first_ on, in a
  // circle, hold the identifiers of those in told_1, done_1, told_2 and done_2, in the order of arrival.
  received_message* slots_;
  std::uint16_t mask_;
  std::uint16_t capacity_;
  std::uint16_t size_ = 0;
  std::uint16_t first_ = 0;
  std::uint16_t count_ = 0;
};

}}  // namespace hubwire

#endif
