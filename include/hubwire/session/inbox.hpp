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

/// A place of an inbox, and a bucket. Places are counted from 1; 0 is none.
struct received_message {
  std::uint16_t id = 0;
  std::uint16_t next = 0;    // in its bucket, or free as well
  std::uint16_t later = 0;   // the message that came after it
  std::uint16_t bucket = 0;  // the first place with an identifier that ends in this index
  incoming_stage stage = incoming_stage::none;
};

/// A hash table: the low bits of an identifier are the index of its bucket. Servers give identifiers in turn,
/// so there are two in a bucket at most, and every function but resume() and clear() takes a constant time. A
/// server that chooses identifiers with the same low bits makes itself wait, in proportion to the capacity.
class inbox {
 public:
  /// Uses slots, which outlive the inbox; their number is a power of two. No more than capacity of them are
  /// in use.
  constexpr inbox(std::span<received_message> slots, std::size_t capacity) noexcept
      : slots_(slots.data()),
        mask_(static_cast<std::uint16_t>(slots.size() - 1)),
        capacity_(static_cast<std::uint16_t>(capacity)) {
    HUBWIRE_ASSERT(std::has_single_bit(slots.size()) && capacity <= slots.size() && capacity <= 65'535);
  }

  inbox(inbox const&) = delete;
  inbox& operator=(inbox const&) = delete;

  constexpr std::uint32_t capacity() const noexcept { return capacity_; }
  constexpr bool full() const noexcept { return free_ == 0 && used_ == capacity_; }
  /// Whether only the server's PUBRELs make room.
  constexpr bool waits_for_server() const noexcept { return full() && first_ == 0; }
  constexpr incoming_stage stage(packet_id id) const noexcept { return stage_at(find(id.number())); }

  /// A PUBLISH has come. tell: it is new, and now the application's. A new one needs room: not full().
  constexpr incoming_outcome publish(packet_id id, qos level) noexcept {
    bool const twice = level == qos::exactly_once;
    std::uint16_t place = find(id.number());
    incoming_stage const before = stage_at(place);
    incoming_step const step =
        next_step(before, twice ? incoming_input::publish_2 : incoming_input::publish_1);
    if (step.next == before) return step.outcome;
    if (place == 0) place = take_place(id.number());
    at(place).stage = step.next;
    at(place).later = 0;
    (first_ == 0 ? first_ : at(last_).later) = place;
    last_ = place;
    return step.outcome;
  }

  /// The application is done with a message. False when no such message waits for that.
  constexpr bool acknowledge(packet_id id) noexcept {
    return change(id.number(), incoming_input::acknowledged);
  }

  /// The packet that acknowledges the oldest message, PUBACK or PUBREC. packet_type{} while the application
  /// is not done with that message.
  constexpr packet_type front_answer() const noexcept {
    incoming_stage const oldest = stage_at(first_);
    if (oldest == incoming_stage::done_1) return packet_type::puback;               // v3.1.1:MQTT-4.6.0-2
    return oldest == incoming_stage::done_2 ? packet_type::pubrec : packet_type{};  // v3.1.1:MQTT-3.3.4-1
  }
  /// Whether the oldest message may be acknowledged to the server now.
  constexpr bool ready() const noexcept { return front_answer() != packet_type{}; }
  /// The oldest message's identifier. Only when ready().
  constexpr packet_id front_id() const noexcept { return packet_id::trusted(at(first_).id); }
  /// That packet was queued.
  constexpr void pop() noexcept {
    std::uint16_t const place = first_;
    first_ = at(place).later;
    move(place, incoming_input::answered);
  }

  /// PUBREL has come, also for a message that nobody knows. False when no PUBREC has asked for it.
  constexpr bool release(packet_id id) noexcept { return change(id.number(), incoming_input::pubrel); }

  /// The session goes on over a new connection: the server sends again what was not acknowledged.
  constexpr void resume() noexcept {
    first_ = 0;
    for (std::uint16_t place = used_; place != 0; --place)
      // v3.1.1:MQTT-3.1.2-4
      if (at(place).stage != incoming_stage::none) move(place, incoming_input::resumed);
  }
  /// A message was not told to its end: it is as if it had never come. Only before resume() or clear().
  constexpr void forget(packet_id id) noexcept {
    if (std::uint16_t const place = find(id.number())) erase(place);
  }
  /// Calls visit(id) for each message of QoS 2 that is the application's for good: received, acknowledged,
  /// and told_2 if told counts.
  template <class Visit>
  constexpr void for_each_received(bool told, Visit visit) const noexcept {
    for (std::uint16_t place = used_; place != 0; --place) {
      incoming_stage const stage = at(place).stage;
      bool const counts = stage == incoming_stage::received || stage == incoming_stage::done_2 ||
                          stage == incoming_stage::done_before || (told && stage == incoming_stage::told_2);
      if (counts) visit(packet_id::trusted(at(place).id));
    }
  }
  /// A message of QoS 2 that was received in an earlier life. False when there is no place.
  constexpr bool restore(packet_id id) noexcept {
    if (find(id.number()) != 0) return true;
    if (full()) return false;
    at(take_place(id.number())).stage = incoming_stage::done_before;
    return true;
  }
  /// The session was lost.
  constexpr void clear() noexcept {
    first_ = free_ = used_ = 0;
    for (std::size_t index = mask_ + std::size_t{1}; index-- != 0;) slots_[index] = {};
  }

 private:
  constexpr received_message& at(std::uint16_t place) const noexcept { return slots_[place - 1]; }
  constexpr std::uint16_t& bucket(std::uint16_t id) const noexcept { return slots_[id & mask_].bucket; }
  constexpr incoming_stage stage_at(std::uint16_t place) const noexcept {
    return place == 0 ? incoming_stage::none : at(place).stage;
  }
  // The place of a message; 0 when nobody knows it.
  HUBWIRE_ONE_COPY constexpr std::uint16_t find(std::uint16_t id) const noexcept {
    std::uint16_t place = bucket(id);
    while (place != 0 && at(place).id != id) place = at(place).next;
    return place;
  }

  constexpr std::uint16_t take_place(std::uint16_t id) noexcept {
    HUBWIRE_ASSERT(!full());
    std::uint16_t place = free_;
    if (place != 0)
      free_ = at(place).next;
    else
      place = ++used_;
    at(place).id = id;
    at(place).next = bucket(id);
    bucket(id) = place;
    return place;
  }
  HUBWIRE_ONE_COPY constexpr void erase(std::uint16_t place) noexcept {
    std::uint16_t* link = &bucket(at(place).id);
    while (*link != place) link = &at(*link).next;
    *link = at(place).next;
    at(place).stage = incoming_stage::none;
    at(place).next = free_;
    free_ = place;
  }

  // False when there is no such step.
  constexpr bool change(std::uint16_t id, incoming_input input) noexcept {
    std::uint16_t const place = find(id);
    if (next_step(stage_at(place), input).outcome == incoming_outcome::unexpected) return false;
    if (place != 0) move(place, input);
    return true;
  }
  constexpr void move(std::uint16_t place, incoming_input input) noexcept {
    incoming_stage const next = next_step(at(place).stage, input).next;
    if (next == incoming_stage::none)
      erase(place);
    else
      at(place).stage = next;
  }

  // INVARIANT: of the first used_ places, each is in the bucket of its identifier and has a stage, or is free
  // and has none. All others were never used: they are free too. From first_ to last_, those in told_1,
  // done_1, told_2 and done_2, in the order of arrival; last_ counts only while there is a first.
  received_message* slots_;
  std::uint16_t mask_;
  std::uint16_t capacity_;
  std::uint16_t used_ = 0;
  std::uint16_t free_ = 0;
  std::uint16_t first_ = 0;
  std::uint16_t last_ = 0;
};

}}  // namespace hubwire

#endif
