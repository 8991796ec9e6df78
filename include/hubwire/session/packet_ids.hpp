// SPDX-License-Identifier: BSL-1.0
// Packet identifiers of requests that wait for an answer: v3.1.1 §2.3.1.
#ifndef HUBWIRE_SESSION_PACKET_IDS_HPP
#define HUBWIRE_SESSION_PACKET_IDS_HPP

#include <cstddef>
#include <cstdint>
#include <span>

#include <hubwire/core/fixed_list.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/wire/delivery.hpp>

namespace hubwire::inline HUBWIRE_ABI {

// What waits under an identifier. As wide as that, so that a request has no gap and is copied by words.
enum class request_kind : std::uint16_t { publish, subscribe, unsubscribe };

struct request {
  std::uint32_t filters = 0;  // SUBSCRIBE: how many return codes its SUBACK must have
  std::uint32_t unsent = 0;   // bytes up to its end that have still to leave: nobody can answer before
  std::uint16_t id = 0;
  request_kind kind = request_kind::publish;
};

// Requests in the order they were made. The identifier is in use until its acknowledgement has come.
class request_table : private list_base<request> {
 public:
  using list_base::clear;
  using list_base::empty;
  using list_base::size;

  // In slots, which outlive the table.
  constexpr explicit request_table(std::span<request> slots) noexcept
      : list_base(slots.data(), slots.size()) {}

  // The identifier that the next request takes; nothing is reserved until add(). Never 0, never one in
  // use. Errors: capacity_exhausted.
  constexpr result<packet_id> next() const noexcept {
    std::uint16_t candidate = last_;
    for (std::size_t tries = full() ? 0 : size() + 1; tries != 0; --tries) {
      candidate = candidate == 65'535 ? std::uint16_t{1} : static_cast<std::uint16_t>(candidate + 1);
      if (find(candidate) == size()) return packet_id::trusted(candidate);  // v3.1.1:MQTT-2.3.1-2
    }
    return error{errc::capacity_exhausted, static_cast<std::uint32_t>(capacity())};
  }

  // For an identifier that next() gave, in made.id.
  constexpr void add(request const& made) noexcept {
    last_ = made.id;
    static_cast<void>(push_back(made));
  }
  // That many bytes have left, in the order in which they were queued.
  constexpr void sent(std::size_t count) noexcept {
    for (request& r : *this) r.unsent -= count < r.unsent ? static_cast<std::uint32_t>(count) : r.unsent;
  }

  // Frees the identifier of the request of this kind, with as many filters as there are codes. False, and
  // nothing changed, when none can have been answered: an answer of another type is none, nor is one to what
  // has not left yet.
  constexpr bool answer(packet_id id, request_kind kind, std::size_t codes) noexcept {
    std::size_t const found = find(id.number());
    if (found == size()) return false;
    request const& asked = (*this)[found];
    if (asked.filters != codes) return false;  // v3.1.1:MQTT-3.8.4-5
    if (asked.kind != kind || asked.unsent != 0) return false;
    erase(found);  // v3.1.1:MQTT-2.3.1-3
    return true;
  }

  // The oldest; only when not empty.
  constexpr request const& front() const noexcept { return (*this)[0]; }
  constexpr void pop() noexcept { erase(0); }

 private:
  // Its place, size() when there is none.
  constexpr std::size_t find(std::uint16_t id) const noexcept {
    std::size_t at = 0;
    while (at != size() && (*this)[at].id != id) ++at;
    return at;
  }

  std::uint16_t last_ = 0;
};

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
