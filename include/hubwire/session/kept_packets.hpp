// SPDX-License-Identifier: BSL-1.0
// Packets that are kept until they are answered, in memory of the caller's: encoded into it once and sent
// from there, again after a new connection if need be.
#ifndef HUBWIRE_SESSION_KEPT_PACKETS_HPP
#define HUBWIRE_SESSION_KEPT_PACKETS_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/config.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/session/keep.hpp>
#include <hubwire/wire/delivery.hpp>

namespace hubwire { inline namespace abi1 {

/// Packets in a circle of memory, in the order of their identifiers, which are given in turn. Memory becomes
/// free in the order of sending. What was answered earlier than an older packet leaves a gap. Gaps are closed
/// only when room is missing and an eighth of the memory at least becomes one piece by it: so a packet costs
/// a constant time, and an eighth of the memory is what gaps can take.
///
///   [ newer packets | free | older packets ]     or, before the circle has closed, [ free | packets | free ]
class kept_packets {
 public:
  static constexpr bool resends = true;
  static constexpr bool has_packets = true;
  static constexpr bool survives = false;
  using memory = byte_span;  ///< what a client is given for it
  /// A place of the table: where a packet is. size 0: there is none.
  struct slot {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
    message_limit limit{};
  };
  template <std::size_t Places>
  struct slots {
    slot items[Places]{};
  };

  /// packets and table outlive this object.
  template <std::size_t Places>
  constexpr kept_packets(byte_span packets, slots<Places>& table) noexcept
      : memory_(packets), slots_(table.items), mask_(Places - 1) {}

  static constexpr byte_span packets_of(memory const& given) noexcept { return given; }

  /// Writes a packet behind the others: encode_into(byte_span) gives what encode does. Returns the packet,
  /// which add() then takes. Errors: those of encode; output_full when it does not fit before others are
  /// answered; buffer_too_small when it never fits.
  template <class Encode>
  result<byte_view> make(Encode encode_into) noexcept {
    result<byte_view> written = encode_into(unused());
    if (written || written.error().code != errc::buffer_too_small) return written;
    std::uint32_t const size = written.error().detail;
    if (size > memory_.size()) return written;
    if (!make_room(size)) return error{errc::output_full, size};
    return encode_into(unused());
  }
  /// Keeps what make() has written, as the packet of that identifier.
  constexpr void add(packet_id id, std::size_t size) noexcept {
    if (live_ == 0) first_ = id.number();
    at(id.number()) = {static_cast<std::uint32_t>(tail_), static_cast<std::uint32_t>(size), {}};
    last_ = id.number();
    tail_ += size;
    live_ += size;
  }
  /// The packet of an identifier; empty when it is not kept.
  constexpr byte_span packet(packet_id id) const noexcept {
    slot const& kept = at(id.number());
    return memory_.subspan(kept.at, kept.size);
  }
  constexpr message_limit& limit(packet_id id) const noexcept { return at(id.number()).limit; }
  /// Memory for a packet of that size, for add(); empty when there is not enough. Closes gaps however small
  /// they are: what was kept before a reboot fits after it, where packets may lie otherwise.
  byte_span space(std::size_t size) noexcept {
    bool const fits = unused().size() >= size || make_room(size);
    if (!fits && memory_.size() - live_ >= size) close_gaps();
    return unused().size() >= size ? unused().first(size) : byte_span{};
  }
  /// The packet of an identifier is not needed any more.
  constexpr void drop(packet_id id) noexcept {
    live_ -= at(id.number()).size;
    at(id.number()).size = 0;
    if (live_ != 0)
      while (at(first_).size == 0) first_ = after(first_);  // at once: its place in the table is given again
    if (run_.empty()) collect();
  }

  /// Packets on their way to the transport, in one piece. Their bytes stay where they are.
  constexpr byte_view run() const noexcept { return run_; }
  /// Adds a packet to the run. False when it does not lie behind the others.
  constexpr bool extend_run(packet_id id) noexcept {
    byte_view const more = packet(id);
    if (run_.empty())
      run_ = more;
    else if (run_.data() + run_.size() == more.data())
      run_ = {run_.data(), run_.size() + more.size()};
    else
      return false;
    return true;
  }
  /// That many bytes of the run have left, no more than there are.
  constexpr void consume(std::size_t count) noexcept {
    run_ = run_.subspan(count);
    if (run_.empty()) collect();
  }
  constexpr void end_run() noexcept { consume(run_.size()); }

  /// The size of the largest packet that fits now.
  constexpr std::size_t room() const noexcept {
    std::size_t most = unused().size();
    if (!wrapped_ && head_ > most) most = head_;
    if (can_close_gaps() && memory_.size() - live_ > most) most = memory_.size() - live_;
    return most;
  }

 private:
  constexpr slot& at(std::uint16_t id) const noexcept { return slots_[id & mask_]; }
  static constexpr std::uint16_t after(std::uint16_t id) noexcept {
    return id == 65'535 ? std::uint16_t{1} : static_cast<std::uint16_t>(id + 1);
  }
  constexpr byte_span unused() const noexcept {
    return memory_.subspan(tail_, (wrapped_ ? head_ : memory_.size()) - tail_);
  }

  // Memory in front of the oldest packet is free.
  constexpr void collect() noexcept {
    if (live_ == 0) {
      head_ = tail_ = 0;
      wrapped_ = false;
      return;
    }
    if (at(first_).at < head_) wrapped_ = false;  // the older part is empty
    head_ = at(first_).at;
  }

  constexpr bool can_close_gaps() const noexcept {
    return run_.empty() && memory_.size() - live_ >= memory_.size() / 8;
  }
  bool make_room(std::size_t size) noexcept {
    if (!wrapped_ && head_ >= size) {
      tail_ = 0;
      wrapped_ = true;
    } else if (can_close_gaps() && memory_.size() - live_ >= size) {
      close_gaps();
    }
    return unused().size() >= size;
  }
  // The older packets move to the end of the memory, the newer ones to its beginning.
  HUBWIRE_ONE_COPY void close_gaps() noexcept {
    std::size_t const middle = head_;
    std::size_t up = memory_.size();
    for (std::uint16_t id = after(last_); id != first_;) {
      id = id == 1 ? std::uint16_t{65'535} : static_cast<std::uint16_t>(id - 1);
      if (at(id).at < middle) continue;
      up -= at(id).size;
      move(at(id), up);
    }
    std::size_t down = 0;
    for (std::uint16_t id = first_; id != after(last_); id = after(id)) {
      if (at(id).at >= middle) continue;
      move(at(id), down);
      down += at(id).size;
    }
    head_ = up;
    tail_ = down;
    wrapped_ = true;
  }
  void move(slot& kept, std::size_t to) noexcept {
    if (kept.size == 0) return;
    std::uint8_t* const begin = memory_.data();
    std::memmove(begin + to, begin + kept.at, kept.size);
    kept.at = static_cast<std::uint32_t>(to);
  }

  // INVARIANT: live_ is the sum of all sizes. With live_ 0 nothing else counts but the run.
  byte_span memory_;
  slot* slots_;
  std::size_t mask_;
  std::size_t head_ = 0;     // where the oldest packet begins
  std::size_t tail_ = 0;     // where the next packet will begin
  std::size_t live_ = 0;     // bytes of the packets that are kept
  std::uint16_t first_ = 1;  // the oldest packet's identifier
  std::uint16_t last_ = 1;   // the newest packet's
  bool wrapped_ = false;
  byte_view run_{};
};

}}  // namespace hubwire

#endif
