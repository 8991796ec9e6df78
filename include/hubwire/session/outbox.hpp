// SPDX-License-Identifier: BSL-1.0
// The log of a client: what it has to send under a packet identifier and to have answered, in the order of
// sending. v3.1.1 §2.3.1 and §4.6.
#ifndef HUBWIRE_SESSION_OUTBOX_HPP
#define HUBWIRE_SESSION_OUTBOX_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <hubwire/core/config.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/session/exchange_transitions.hpp>
#include <hubwire/wire/delivery.hpp>

namespace hubwire { inline namespace abi1 {

/// A place of an outbox.
struct outbox_slot {
  std::uint32_t end = 0;      // where its last byte is among all that are sent
  tick since{};               // it waits for its answer
  std::uint16_t filters = 0;  // SUBSCRIBE: how many return codes its SUBACK must have
  outgoing_stage stage = outgoing_stage::settled;
  bool repeated = false;  // it was sent in more than one connection
};

/// What an answer does. wrong_codes: a SUBACK with another number of return codes than filters.
enum class answer_result : std::uint8_t { unexpected, wrong_codes, settled, settled_repeated, release };

/// Identifiers are given in turn, and the low bits of one are its place. So every function but publishes()
/// and wait_anew() takes a constant time for each request, however many wait and in whatever order they are
/// answered. A request that is answered before an older one keeps its place until that one is answered too,
/// and PUBREL has the place of its PUBLISH. Between 65,535 and 1 the number 0 takes a place.
///
///   oldest ...... ever_put ...... next      as counted over all connections of the session
///   oldest ... put .............. next      in this connection: what is in front of put was sent
///
/// Without Resends a request is put out when it is made, and the log ends with its connection.
template <bool Resends>
class basic_outbox {
 public:
  /// Uses slots, which outlive the outbox; their number is a power of two, 32,768 at most. No more than
  /// capacity of them are in use.
  constexpr basic_outbox(std::span<outbox_slot> slots, std::uint16_t capacity) noexcept
      : slots_(slots.data()), mask_(static_cast<std::uint16_t>(slots.size() - 1)), capacity_(capacity) {
    HUBWIRE_ASSERT(std::has_single_bit(slots.size()) && capacity <= slots.size() && slots.size() <= 32'768);
  }

  basic_outbox(basic_outbox const&) = delete;
  basic_outbox& operator=(basic_outbox const&) = delete;

  constexpr bool empty() const noexcept { return oldest_ == next_; }
  /// How many PUBLISHes were put out in this connection and are not settled. Takes time for each request.
  constexpr std::size_t publishes() const noexcept {
    std::size_t count = 0;
    for (std::uint16_t id = oldest_; id != put_end(); id = after(id))
      count += is_publish(at(id).stage) ? 1u : 0u;
    return count;
  }
  constexpr outgoing_stage stage(packet_id id) const noexcept {
    return before(id.number(), next_) ? at(id.number()).stage : outgoing_stage::settled;
  }

  /// The identifier that the next request takes; nothing is reserved until add(). Never 0, never one in use.
  /// Errors: capacity_exhausted.
  constexpr result<packet_id> next() const noexcept {
    if (distance(oldest_, next_) >= capacity_) return error{errc::capacity_exhausted, capacity_};
    return packet_id::trusted(next_);  // v3.1.1:MQTT-2.3.1-1, v3.1.1:MQTT-2.3.1-2
  }
  /// Adds a request under the identifier that next() gave and puts it out, behind all others: its last byte
  /// is that many bytes from now on.
  constexpr void put_new(outgoing_stage stage, std::uint16_t filters, std::size_t unsent) noexcept {
    if constexpr (Resends) {
      add(stage, filters);
      put(unsent);
    } else {
      std::uint32_t const end = note_end(unsent);
      at(next_) = {end, {}, filters, stage, false};
      next_ = after(next_);
    }
  }
  /// Adds a request that is put out later.
  constexpr void add(outgoing_stage stage, std::uint16_t filters) noexcept requires Resends {
    at(next_) = {0, {}, filters, stage, false};
    next_ = after(next_);
  }

  /// Whether something has to be put out in this connection, and what: the request that comes next.
  constexpr bool has_unput() const noexcept { return put_end() != next_; }
  constexpr packet_id unput() const noexcept requires Resends {
    return packet_id::trusted(again_.put);  // v3.1.1:MQTT-4.6.0-1
  }
  /// Whether that request was put out in an earlier connection: PUBLISH has DUP then.
  constexpr bool unput_again() const noexcept requires Resends {
    return before(again_.put, again_.ever_put);  // v3.1.1:MQTT-3.3.1-1
  }
  /// It was put out: its last byte is that many bytes from now on.
  constexpr void put(std::size_t unsent) noexcept requires Resends {
    outbox_slot& slot = at(again_.put);
    slot.end = note_end(unsent);
    slot.repeated = unput_again();
    again_.put = after(again_.put);
    if (!slot.repeated) again_.ever_put = again_.put;
    skip_settled();
  }
  /// A new connection: all that is not settled has to be put out again.
  constexpr void rewind() noexcept requires Resends { again_.put = unsent_ = oldest_; }

  /// That many bytes have left, in the order in which they were put out.
  constexpr void sent(std::size_t count) noexcept {
    moved_ = moved_ || has_unsent();
    sent_ += static_cast<std::uint32_t>(count);
  }
  /// The time was told: requests that left since it was told before begin to wait now. So the oldest request
  /// waits longest.
  constexpr void start_waiting(tick now) noexcept {
    for (; unsent_ != put_end() && unsent(unsent_) == 0; unsent_ = after(unsent_)) at(unsent_).since = now;
    if (moved_) moved_since_ = now;
    moved_ = false;
  }
  /// All requests begin to wait now.
  HUBWIRE_ONE_COPY constexpr void wait_anew(tick now) noexcept {
    moved_since_ = now;
    for (std::uint16_t id = oldest_; id != put_end(); id = after(id)) at(id).since = now;
  }
  /// Whether a request waits for its answer, and since when the oldest does: while it leaves, since bytes
  /// moved.
  constexpr bool waiting() const noexcept { return oldest_ != put_end(); }
  constexpr tick oldest_since() const noexcept {
    return before(oldest_, unsent_) ? at(oldest_).since : moved_since_;
  }

  /// What the server's answer is to do: settle() or release() follows. Nothing may answer what was not
  /// offered to the transport yet: only the first `offered` unsent bytes were.
  constexpr answer_result judge(packet_id id, packet_type type, std::size_t codes,
                                std::size_t offered) const noexcept {
    std::uint16_t const number = id.number();
    if (!before(number, put_end()) || unsent(number) > offered) return answer_result::unexpected;
    outbox_slot const& slot = at(number);
    outgoing_outcome const outcome = outcome_of(slot.stage, type);
    if (outcome == outgoing_outcome::unexpected) return answer_result::unexpected;
    if (outcome == outgoing_outcome::release) return answer_result::release;
    if (slot.filters != codes) return answer_result::wrong_codes;  // v3.1.1:MQTT-3.8.4-5
    return slot.repeated ? answer_result::settled_repeated : answer_result::settled;
  }
  /// PUBREC came: PUBREL takes the place of the PUBLISH, and waits from now on.
  constexpr void release(packet_id id, tick now) noexcept {
    at(id.number()).stage = outgoing_stage::released;  // v3.1.1:MQTT-4.6.0-4
    at(id.number()).since = now;
  }

  /// The oldest request's identifier; only when not empty().
  constexpr packet_id front() const noexcept { return packet_id::trusted(oldest_); }
  /// Ends a request, whose identifier is free from now on.
  HUBWIRE_ONE_COPY constexpr void settle(packet_id id) noexcept {
    at(id.number()).stage = outgoing_stage::settled;  // v3.1.1:MQTT-2.3.1-3
    while (oldest_ != next_ && at(oldest_).stage == outgoing_stage::settled) {
      std::uint16_t const next = after(oldest_);
      if (unsent_ == oldest_) unsent_ = next;
      if constexpr (Resends) again_.leave(oldest_, next);
      oldest_ = next;
    }
    if constexpr (Resends) skip_settled();
  }

  /// The session was lost, and with it all that was ever put out: losing() until each of them was settled.
  constexpr void lose() noexcept requires Resends {
    again_.lost = again_.ever_put;
    again_.losing = oldest_ != again_.lost;  // v3.1.1:MQTT-3.2.2-3
  }
  constexpr bool losing() const noexcept requires Resends { return again_.losing; }

  /// Calls visit(id, stage) for each request, in the order of sending.
  template <class Visit>
  constexpr void for_each(Visit visit) const noexcept {
    for (std::uint16_t id = oldest_; id != next_; id = after(id))
      if (at(id).stage != outgoing_stage::settled) visit(packet_id::trusted(id), at(id).stage);
  }
  /// Whether a request was lost with its session and is not settled yet.
  constexpr bool is_lost(packet_id id) const noexcept requires Resends {
    return again_.losing && before(id.number(), again_.lost);
  }
  /// The identifier that comes next, whether there is a place for it or not.
  constexpr packet_id next_place() const noexcept { return packet_id::trusted(next_); }
  /// Sets that, for an empty log.
  constexpr void restore_next(packet_id id) noexcept requires Resends {
    if (empty()) oldest_ = next_ = again_.put = again_.ever_put = unsent_ = id.number();
  }
  /// Adds a request of an earlier life, in the order of sending. It may have been put out. False when it has
  /// no place.
  constexpr bool restore(packet_id id, outgoing_stage stage) noexcept requires Resends {
    restore_next(id);
    if (before(id.number(), next_) || distance(oldest_, id.number()) >= capacity_) return false;
    at(id.number()) = {0, {}, 0, stage, false};
    next_ = again_.ever_put = after(id.number());
    return true;
  }

 private:
  static constexpr std::uint32_t distance(std::uint16_t from, std::uint16_t to) noexcept {
    return static_cast<std::uint16_t>(to - from);
  }
  // 0 is no identifier: 65,535 is followed by 1.
  static constexpr std::uint16_t after(std::uint16_t id) noexcept {
    return id == 65'535 ? std::uint16_t{1} : static_cast<std::uint16_t>(id + 1);
  }
  constexpr outbox_slot& at(std::uint16_t id) const noexcept { return slots_[id & mask_]; }
  // Whether a request of the log was made before another place in it.
  HUBWIRE_SMALLER_INLINE constexpr bool before(std::uint16_t id, std::uint16_t place) const noexcept {
    return distance(oldest_, id) < distance(oldest_, place);
  }
  // The bytes up to the end of a request that was put out, of those that have still to leave.
  constexpr std::uint32_t unsent(std::uint16_t id) const noexcept {
    std::uint32_t const left = at(id).end - sent_;
    return before(id, unsent_) || left >> 31 != 0 ? 0 : left;
  }
  // Whether bytes of requests have still to leave.
  constexpr bool has_unsent() const noexcept {
    return unsent_ != put_end() && end_ != sent_ && (end_ - sent_) >> 31 == 0;
  }
  // Where the requests begin that were not put out in this connection.
  constexpr std::uint16_t put_end() const noexcept {
    if constexpr (Resends) return again_.put;
    return next_;
  }
  // A request is put out, whose last byte is that many bytes from now on.
  constexpr std::uint32_t note_end(std::size_t unsent) noexcept {
    if (!has_unsent()) moved_ = true;  // the time of its bytes begins
    return end_ = sent_ + static_cast<std::uint32_t>(unsent);
  }
  constexpr void skip_settled() noexcept {
    for (; again_.put != next_ && at(again_.put).stage == outgoing_stage::settled;
         again_.put = after(again_.put))
      at(again_.put).end = sent_;  // no byte of it leaves in this connection
  }

  struct nothing_again {};
  struct marks {
    std::uint16_t put = 1;
    std::uint16_t ever_put = 1;
    std::uint16_t lost = 1;
    bool losing = false;

    // The oldest request has ended: none of these stays at its place.
    constexpr void leave(std::uint16_t oldest, std::uint16_t next) noexcept {
      if (put == oldest) put = next;
      if (ever_put == oldest) ever_put = next;
      if (next == lost) losing = false;
    }
  };

  // INVARIANT: the places from oldest_ to the one before next_ are in use, at most capacity_. oldest_ is not
  // settled, unless it is next_; nor is put. put, ever_put, unsent_ and, while losing, lost are among them or
  // next_; unsent_ is not behind put.
  outbox_slot* slots_;
  std::uint16_t mask_;
  std::uint16_t capacity_;
  std::uint16_t oldest_ = 1;
  std::uint16_t next_ = 1;
  std::uint16_t unsent_ = 1;  // the first that had not left when the time was told
  bool moved_ = false;        // bytes of requests, since the time was told
  [[no_unique_address]] std::conditional_t<Resends, marks, nothing_again> again_{};
  std::uint32_t sent_ = 0;  // bytes
  std::uint32_t end_ = 0;   // of what was put out last
  tick moved_since_{};
};

/// The log of a client whose session goes on.
using outbox = basic_outbox<true>;

}}  // namespace hubwire

#endif
