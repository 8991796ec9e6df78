// SPDX-License-Identifier: BSL-1.0
// Packet identifiers of requests that wait for an answer: v3.1.1 §2.3.1.
#ifndef HUBWIRE_SESSION_PACKET_IDS_HPP
#define HUBWIRE_SESSION_PACKET_IDS_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/core/fixed_list.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/wire/delivery.hpp>

namespace hubwire::inline abi1 {

// What waits under an identifier.
enum class request_kind : std::uint8_t { publish, subscribe, unsubscribe };

struct request {
  std::uint32_t filters = 0;  // SUBSCRIBE: how many return codes its SUBACK must have
  std::uint32_t unsent = 0;   // bytes up to its end that have still to leave: nobody can answer before
  std::uint16_t id = 0;
  request_kind kind = request_kind::publish;
};

// Requests in the order they were made. The identifier is in use until its acknowledgement has come.
class request_table {
 public:
  constexpr explicit request_table(list_base<request>& storage) noexcept : requests_(&storage) {}

  // The identifier that the next request takes; nothing is reserved until add(). Never 0, never one in
  // use. Errors: capacity_exhausted.
  constexpr result<packet_id> next() const noexcept {
    if (requests_->full())
      return error{errc::capacity_exhausted, static_cast<std::uint32_t>(requests_->capacity())};
    std::uint16_t candidate = last_;
    for (std::size_t tries = 0; tries <= requests_->size(); ++tries) {
      candidate = candidate == 65'535 ? std::uint16_t{1} : static_cast<std::uint16_t>(candidate + 1);
      if (find(candidate) == nullptr) return packet_id::trusted(candidate);  // v3.1.1:MQTT-2.3.1-2
    }
    return error{errc::capacity_exhausted, static_cast<std::uint32_t>(requests_->capacity())};
  }

  // For an identifier that next() gave, in made.id.
  constexpr void add(request const& made) noexcept {
    last_ = made.id;
    static_cast<void>(requests_->push_back(made));
  }
  // That many bytes have left, in the order in which they were queued.
  constexpr void sent(std::size_t count) noexcept {
    for (request& r : *requests_) r.unsent -= count < r.unsent ? static_cast<std::uint32_t>(count) : r.unsent;
  }

  // The request of this kind under id that can have been answered, null when there is none: an answer of
  // another type is none, nor is one to what has not left yet.
  constexpr request const* find(packet_id id, request_kind kind) const noexcept {
    request const* const found = find(id.number());
    return found != nullptr && found->kind == kind && found->unsent == 0 ? found : nullptr;
  }

  // Frees the identifier.
  constexpr void remove(packet_id id) noexcept {
    for (std::size_t i = 0; i != requests_->size(); ++i) {
      if ((*requests_)[i].id != id.number()) continue;
      requests_->erase(i);  // v3.1.1:MQTT-2.3.1-3
      return;
    }
  }

  constexpr void clear() noexcept { requests_->clear(); }
  constexpr bool empty() const noexcept { return requests_->empty(); }
  constexpr std::size_t size() const noexcept { return requests_->size(); }
  // The oldest; only when not empty.
  constexpr request const& front() const noexcept { return (*requests_)[0]; }

 private:
  constexpr request const* find(std::uint16_t id) const noexcept {
    for (request const& r : *requests_)
      if (r.id == id) return &r;
    return nullptr;
  }

  list_base<request>* requests_;
  std::uint16_t last_ = 0;
};

}  // namespace hubwire::inline abi1

#endif
