// SPDX-License-Identifier: BSL-1.0
// For programs that do nothing but wait between two pumps, as hosts mostly do:
//   for (;;) {
//     auto const moved = pump(c, tls, now(), [&](auto const& event) { handle(event); });
//     if (c.finished()) break;
//     wait_after(moved, tcp, time_left(c.deadline(), now()));
//   }
#ifndef HUBWIRE_DRIVER_BLOCKING_HPP
#define HUBWIRE_DRIVER_BLOCKING_HPP

#include <concepts>
#include <cstdint>
#include <optional>

#include <hubwire/core/tick.hpp>
#include <hubwire/driver/pump.hpp>
#include <hubwire/transport/byte_stream.hpp>

namespace hubwire { inline namespace abi1 {

/// Something below the streams that can wait: posix_tcp, or an RTOS event group. wait() returns false when
/// the time is up.
template <class S>
concept waitable = requires(S const& socket, io_interest interest, std::uint32_t milliseconds) {
  { socket.wait(interest, milliseconds) }
  noexcept->std::same_as<bool>;
};

/// Milliseconds until deadline, at most longest; 0 when it has passed.
constexpr std::uint32_t time_left(std::optional<tick> deadline, tick now,
                                  std::uint32_t longest = 60'000) noexcept {
  if (!deadline) return longest;
  std::int32_t const left = *deadline - now;
  if (left <= 0) return 0;
  return static_cast<std::uint32_t>(left) < longest ? static_cast<std::uint32_t>(left) : longest;
}

/// Waits at most so long until another pump() makes sense. False: the time is up. Returns at once when the
/// pump asked to be called again. When only the application can go on, it just lets time pass.
template <waitable Socket>
bool wait_after(pump_result const& last, Socket const& socket, std::uint32_t milliseconds) noexcept {
  return last.again || socket.wait(last.wait_for, milliseconds);
}

/// For programs that ask for the events after pump(). Returns at once when handling them has brought up
/// bytes to send (an acknowledgement, an answer) or made room for bytes that could not be read. Asks for
/// window().
template <sans_io_session Session, waitable Socket>
bool wait_after(pump_result const& last, Session& session, Socket const& socket,
                std::uint32_t milliseconds) noexcept {
  bool const more_to_send = !session.finished() && !last.write_blocked && !session.pending_output().empty();
  bool const room_again = !session.finished() && !last.wait_for.read && !session.window().empty();
  return more_to_send || room_again || wait_after(last, socket, milliseconds);
}

}}  // namespace hubwire

#endif
