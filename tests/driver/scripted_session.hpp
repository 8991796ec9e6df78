// SPDX-License-Identifier: BSL-1.0
// A session that does what a test tells it, over buffers of its own.
#ifndef HUBWIRE_TESTS_DRIVER_SCRIPTED_SESSION_HPP
#define HUBWIRE_TESTS_DRIVER_SCRIPTED_SESSION_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/driver/pump.hpp>

namespace hubwire::test {

struct scripted_session {
  std::vector<std::uint8_t> received{};
  std::vector<std::uint8_t> to_send{};
  std::vector<std::uint8_t> buffer = std::vector<std::uint8_t>(16);
  std::size_t room = faults_never;  // bytes until the window is empty
  std::size_t finished_after_sending = faults_never;
  bool done = false;
  bool leaves = false;  // nothing comes behind what there is to send
  std::vector<error> losses{};
  std::string calls{};  // the order of things: r(eceived) t(ime) s(ent) l(ost)
  std::uint32_t time = 0;
  std::vector<std::uint8_t> answer_to_time{};  // queued by the next advance()

  static constexpr std::size_t faults_never = static_cast<std::size_t>(-1);

  byte_span window() noexcept { return byte_span(buffer).first(std::min(room, buffer.size())); }
  void commit(std::size_t count) noexcept {
    received.insert(received.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
    if (room != faults_never) room -= count;
    calls += 'r';
  }
  byte_view pending_output() noexcept { return to_send; }
  void consume(std::size_t count) noexcept {
    to_send.erase(to_send.begin(), to_send.begin() + static_cast<std::ptrdiff_t>(count));
    calls += 's';
    if (finished_after_sending == faults_never) return;
    finished_after_sending -= count;
    done = finished_after_sending == 0;
  }
  void advance(tick now) noexcept {
    time = now.milliseconds();
    calls += 't';
    to_send.insert(to_send.end(), answer_to_time.begin(), answer_to_time.end());
    answer_to_time.clear();
  }
  void lost(error why) noexcept {
    losses.push_back(why);
    calls += 'l';
  }
  bool output_ended() const noexcept { return leaves && to_send.empty(); }
  bool finished() const noexcept { return done; }
};

static_assert(sans_io_session<scripted_session>);

}  // namespace hubwire::test

#endif
