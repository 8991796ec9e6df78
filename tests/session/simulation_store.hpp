// SPDX-License-Identifier: BSL-1.0
// The device's power, and its flash. The power ends after so many steps: bytes that were sent, bytes that
// were programmed, parts of an erase. From then on nothing that the device does has an effect.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_STORE_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_STORE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>

namespace hubwire::simulation {

inline constexpr std::size_t never = static_cast<std::size_t>(-1);

class power {
 public:
  bool on() const noexcept { return left_ != 0; }
  // Whether it ended while a record was being written, not while bytes were being sent.
  bool ended_in_store() const noexcept { return in_store_; }
  std::size_t used() const noexcept { return used_; }
  void lasts(std::size_t steps) noexcept { left_ = steps; }
  // How many of these steps are done.
  std::size_t take(std::size_t steps, bool in_store) noexcept {
    std::size_t const done = std::min(steps, left_);
    used_ += done;
    if (left_ != never) left_ -= done;
    if (done != 0 && left_ == 0) in_store_ = in_store;
    return done;
  }

 private:
  std::size_t left_ = never;
  std::size_t used_ = 0;
  bool in_store_ = false;
};

struct flash_ways {
  std::size_t size = 1'536;
  std::size_t unit = 16;   // bytes that are programmed at once
  std::uint32_t seed = 1;  // of what a power cut leaves
};

// A session_store. A power cut leaves anything in the unit that was being programmed and in the page that was
// being erased. Nothing may throw here: a contract that is broken is remembered.
class flash {
 public:
  flash(power& from, flash_ways const& with) : power_(from), with_(with), bytes_(with.size, 0xFF) {}

  bool keeps_contract() const noexcept { return keeps_contract_; }
  // So many writes fail, and write a part only.
  void fail_next(unsigned writes) noexcept { failing_ = writes; }
  unsigned failures() const noexcept { return failures_; }
  std::size_t banks_begun() const noexcept { return banks_begun_; }
  std::size_t size() const noexcept { return bytes_.size(); }
  static constexpr std::size_t page_size() noexcept { return 64; }

  result<void> read_at(std::size_t at, byte_span room) noexcept {
    if (!holds(at <= size() && room.size() <= size() - at) || !power_.on()) return errc::store_failed;
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), room.size(), room.begin());
    return {};
  }
  result<void> write_at(std::size_t at, byte_view data) noexcept {
    bool const whole = !data.empty() && at % 16 == 0 && data.size() % 16 == 0;
    bool const inside = at <= size() && data.size() <= size() - at;
    bool const in_page = at / page_size() == (at + data.size() - 1) / page_size();
    if (!holds(whole && inside && in_page) || !power_.on()) return errc::store_failed;
    if (at % (size() / 2) == 0) ++banks_begun_;
    if (at % page_size() == 0) erase(at);
    if (failing_ != 0) data = fail(data);
    for (std::size_t unit = 0; unit != data.size() && power_.on(); unit += with_.unit)
      program(at + unit, data.subspan(unit, with_.unit));
    bool const failed = std::exchange(failed_now_, false);
    return power_.on() && !failed ? result<void>() : errc::store_failed;
  }

 private:
  static constexpr std::size_t erase_steps = 3;

  bool holds(bool condition) noexcept {
    keeps_contract_ = keeps_contract_ && condition;
    return condition;
  }
  byte_view fail(byte_view data) noexcept {
    --failing_;
    ++failures_;
    failed_now_ = true;
    return data.first(data.size() / 2 / 16 * 16);
  }
  std::uint8_t any_octet() noexcept {
    with_.seed = with_.seed * 1'664'525U + 1'013'904'223U;
    return static_cast<std::uint8_t>(with_.seed >> 24);
  }
  void erase(std::size_t at) noexcept {
    std::size_t const done = power_.take(erase_steps, true);
    for (std::size_t i = at; i != at + page_size(); ++i)
      if (done == erase_steps || any_octet() % 2 != 0)
        bytes_[i] = done == erase_steps || any_octet() % 2 != 0 ? std::uint8_t{0xFF} : any_octet();
  }
  void program(std::size_t at, byte_view data) noexcept {
    std::size_t const done = power_.take(data.size(), true);
    for (std::size_t i = 0; i != data.size(); ++i) {
      static_cast<void>(holds(bytes_[at + i] == 0xFF));
      bool const good = done == data.size() || any_octet() % 2 != 0;
      bytes_[at + i] = good ? data[i] : any_octet();
    }
  }

  power& power_;
  flash_ways with_;
  std::vector<std::uint8_t> bytes_;
  std::size_t banks_begun_ = 0;
  unsigned failing_ = 0;
  unsigned failures_ = 0;
  bool failed_now_ = false;
  bool keeps_contract_ = true;
};

}  // namespace hubwire::simulation

#endif
