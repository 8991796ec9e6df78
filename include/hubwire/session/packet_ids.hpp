// SPDX-License-Identifier: BSL-1.0
// Packet identifiers of requests that wait for an answer: v3.1.1 §2.3.1.
#ifndef HUBWIRE_SESSION_PACKET_IDS_HPP
#define HUBWIRE_SESSION_PACKET_IDS_HPP

#include <cstddef>
#include <cstdint>
#include <span>

#include <hubwire/core/fixed_list.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/wire/delivery.hpp>

namespace hubwire { inline namespace abi1 {

/// What waits under an identifier. It is as wide as the identifier, so that a request has no gap and is
/// copied by words.
enum class request_kind : std::uint16_t { publish, subscribe, unsubscribe };

struct request {
  std::uint32_t filters = 0;  // SUBSCRIBE: how many return codes its SUBACK must have
  std::uint32_t unsent = 0;   // bytes up to its end that have still to leave
  tick since{};               // it waits for its answer, or its last byte that moved left
  std::uint16_t id = 0;
  request_kind kind = request_kind::publish;
};

/// What is wrong with an answer.
enum class answer_fault : std::uint8_t { none, nobody_waits, number_of_codes };

/// Requests in the order they were made. The identifier is in use until its acknowledgement has come.
class request_table : private list_base<request> {
 public:
  using list_base::empty;
  using list_base::size;

  /// Uses slots, which outlive the table. No more than 65,535 of them are used: there are no more
  /// identifiers.
  constexpr explicit request_table(std::span<request> slots) noexcept
      : list_base(slots.data(), slots.size() < 65'535 ? slots.size() : 65'535) {}

  /// The identifier that the next request takes; nothing is reserved until add(). Never 0, never one in
  /// use. Errors: capacity_exhausted.
  constexpr result<packet_id> next() const noexcept {
    if (full()) return error{errc::capacity_exhausted, static_cast<std::uint32_t>(capacity())};
    std::uint16_t candidate = last_;
    do {  // as often as there are requests, at most
      if (++candidate == 0) candidate = 1;
    } while (holds(candidate));  // v3.1.1:MQTT-2.3.1-2
    return packet_id::trusted(candidate);
  }

  /// The number of publishes among the requests.
  constexpr std::size_t publishes() const noexcept {
    std::size_t count = 0;
    for (request const& r : *this) count += r.kind == request_kind::publish ? 1 : 0;
    return count;
  }

  /// Adds a request. made.id is an identifier that next() gave.
  constexpr void add(request const& made) noexcept {
    last_ = made.id;
    if (push_back(made)) ++moved_;
  }
  /// That many bytes have left, in the order in which they were queued. The requests that had some of them
  /// in them or in front of them are the last ones. They wait from the next start_waiting() on.
  constexpr void sent(std::size_t count) noexcept {
    std::size_t moved = 0;
    for (request& r : *this) {
      if (r.unsent == 0) continue;
      r.unsent -= count < r.unsent ? static_cast<std::uint32_t>(count) : r.unsent;
      ++moved;
    }
    if (moved > moved_) moved_ = moved;
  }
  /// The time was told: requests that were added, or whose bytes moved, since it was told before begin to
  /// wait now. So the oldest request waits longest.
  constexpr void start_waiting(tick now) noexcept {
    for (request* r = end(); moved_ != 0; --moved_) (--r)->since = now;
  }
  constexpr void clear() noexcept {
    list_base::clear();
    moved_ = 0;
  }
  /// All requests begin to wait now.
  constexpr void wait_anew(tick now) noexcept {
    for (request& r : *this) r.since = now;
  }
  /// The clock stepped back to now: what waits since a later time waits anew.
  constexpr void step_back(tick now) noexcept {
    for (request& r : *this)
      if (now - r.since < 0) r.since = now;
  }

  /// Frees the identifier of the request that this answers. An answer of another type is none. Nor is an
  /// answer to what was not offered to the transport yet: only the first `offered` bytes were. Nothing
  /// changes when there is no such request, or when its SUBACK has another number of codes.
  constexpr answer_fault answer(packet_id id, request_kind kind, std::size_t codes,
                                std::size_t offered) noexcept {
    for (std::size_t i = 0; i != size(); ++i) {
      request const& asked = (*this)[i];
      if (asked.id != id.number() || asked.kind != kind || asked.unsent > offered) continue;
      if (asked.filters != codes) return answer_fault::number_of_codes;  // v3.1.1:MQTT-3.8.4-5
      forget(i);                                                         // v3.1.1:MQTT-2.3.1-3
      return answer_fault::none;
    }
    return answer_fault::nobody_waits;
  }

  /// The oldest request; only when not empty.
  constexpr request const& front() const noexcept { return (*this)[0]; }
  constexpr void pop() noexcept { forget(0); }

 private:
  constexpr void forget(std::size_t index) noexcept {
    if (size() - index <= moved_) --moved_;
    erase(index);
  }
  constexpr bool holds(std::uint16_t id) const noexcept {
    for (request const& r : *this)
      if (r.id == id) return true;
    return false;
  }

  // INVARIANT: moved_ <= size().
  std::size_t moved_ = 0;  // the last ones, which begin to wait when the time is told
  std::uint16_t last_ = 0;
};

}}  // namespace hubwire

#endif
