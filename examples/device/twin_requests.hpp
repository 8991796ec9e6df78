// SPDX-License-Identifier: BSL-1.0
// Twin requests that wait for their response. The hub pairs the two by $rid, and may stay silent.
#ifndef DEVICE_TWIN_REQUESTS_HPP
#define DEVICE_TWIN_REQUESTS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>

#include <hubwire/core/fixed_list.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/iothub/request_id.hpp>

namespace device {

enum class twin_request { read, report };

class twin_requests {
 public:
  static constexpr std::uint32_t timeout = 60'000;  // milliseconds

  // The $rid for the next request. Numbers go on from one connection to the next, so that a late response
  // is not taken for another one.
  hubwire::iothub::request_id next_id() const noexcept { return last_ + 1; }
  bool full() const noexcept { return waiting_.full(); }

  // The request with next_id() was sent.
  void sent(twin_request what, hubwire::tick now) noexcept {
    static_cast<void>(waiting_.push_back({what, ++last_, now + timeout}));
  }

  // What the response with this id answers; nothing when it is too late, or was never asked for.
  std::optional<twin_request> answered(hubwire::iothub::request_id id) noexcept {
    for (std::size_t i = 0; i != waiting_.size(); ++i)
      if (hubwire::iothub::request_id(waiting_[i].id) == id) return take(i);
    return std::nullopt;
  }

  // A request that has waited for too long; call until there is none.
  std::optional<twin_request> expired(hubwire::tick now) noexcept {
    if (waiting_.empty() || !hubwire::reached(waiting_[0].deadline, now)) return std::nullopt;
    return take(0);
  }

  void clear() noexcept { waiting_.clear(); }

 private:
  struct entry {
    twin_request what = twin_request::read;
    std::uint32_t id = 0;
    hubwire::tick deadline{};
  };

  twin_request take(std::size_t index) noexcept {
    twin_request const what = waiting_[index].what;
    waiting_.erase(index);
    return what;
  }

  hubwire::fixed_list<entry, 4> waiting_{};
  std::uint32_t last_ = 0;
};

}  // namespace device

#endif
