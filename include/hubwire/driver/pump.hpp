// SPDX-License-Identifier: BSL-1.0
// Moves bytes between a session and a connection: the one place that knows both.
#ifndef HUBWIRE_DRIVER_PUMP_HPP
#define HUBWIRE_DRIVER_PUMP_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/transport/byte_stream.hpp>

namespace hubwire::inline HUBWIRE_ABI {

// A protocol without I/O, as a pump sees it.
//   window()          memory for received bytes; empty while the application has to handle events first.
//                     Asking for it ends the life of what earlier events view.
//   commit(n)         the first n bytes of the last window() were received
//   pending_output()  what to send next, empty when there is nothing
//   consume(n)        the first n bytes of it were sent
//   advance(now)      tells the time; timers run here
//   lost(error)       the connection has ended; the session keeps the first of several
//   finished()        the session is over, and the connection may be closed
template <class S>
concept sans_io_session = requires(S& session, S const& unchanged, std::size_t count, tick now,
                                   hubwire::error why) {
  { session.window() }
  noexcept->std::same_as<byte_span>;
  { session.commit(count) }
  noexcept->std::same_as<void>;
  { session.pending_output() }
  noexcept->std::same_as<byte_view>;
  { session.consume(count) }
  noexcept->std::same_as<void>;
  { session.advance(now) }
  noexcept->std::same_as<void>;
  { session.lost(why) }
  noexcept->std::same_as<void>;
  { unchanged.finished() }
  noexcept->std::same_as<bool>;
};

struct pump_result {
  std::size_t received = 0;
  std::size_t sent = 0;
  bool again = false;          // the call ended because it had done enough: call again before waiting
  io_interest wait_for{};      // else: what to wait for; neither of them when only the application can go on
  bool write_blocked = false;  // the stream did not take all that the session had to send
};

namespace detail {

template <sans_io_session Session, byte_stream Stream>
class pump_run {
 public:
  // Calls of read_some, and of write_some, in one pump(): a fast peer does not keep the caller forever.
  static constexpr int most_calls = 64;

  pump_run(Session& session, Stream& stream) noexcept : session_(session), stream_(stream) {}

  // What has arrived goes in before the timers run, so that a program which was held up does not take an
  // answer in the socket's buffer for a missing one.
  pump_result run(tick now) noexcept {
    constexpr auto never = static_cast<std::size_t>(-1);
    std::size_t before = never;
    std::size_t moved = never;
    do {
      receive();
      if (moved == never) session_.advance(now);
      send();
      before = moved;
      moved = done_.received + done_.sent;
    } while (moved != before && !done_.again);
    if (ended())
      session_.lost(loss_);
    else
      done_.wait_for.write =
          wants_write(stream_, done_.write_blocked ? io_status::would_block : io_status::ok);
    if (over()) done_.again = done_.wait_for.read = false;
    return done_;
  }

 private:
  bool ended() const noexcept { return loss_.code != errc::none; }
  bool over() const noexcept { return ended() || session_.finished(); }

  void receive() noexcept {
    while (reads_ != 0 && !over()) {
      byte_span const room = session_.window();
      done_.wait_for.read = !room.empty();
      if (room.empty()) return;
      if (--reads_ == 0) done_.again = true;
      io_result const got = stream_.read_some(room);
      if (got.count != 0) session_.commit(got.count);
      done_.received += got.count;
      if (got.status != io_status::ok) return note(got);
    }
  }

  void send() noexcept {
    while (writes_ != 0 && !over()) {
      byte_view const data = session_.pending_output();
      if (data.empty()) return;
      if (--writes_ == 0) done_.again = true;
      io_result const put = stream_.write_some(data);
      if (put.count != 0) session_.consume(put.count);
      done_.sent += put.count;
      done_.write_blocked = put.status == io_status::would_block;
      if (put.status == io_status::ok) continue;
      if (put.status != io_status::would_block) receive();  // the peer may have said why before it left
      return note(put);
    }
  }

  // The first end counts.
  void note(io_result const& moved) noexcept {
    if (ended() || moved.status == io_status::would_block) return;
    // A stream that failed and does not say why has ended all the same.
    bool const says_why = moved.status == io_status::failed && moved.error.code != errc::none;
    loss_ = says_why ? moved.error : error{errc::connection_lost, 0};
  }

  pump_result done_{};
  error loss_{};
  Session& session_;
  Stream& stream_;
  int reads_ = most_calls;
  int writes_ = most_calls;
};

}  // namespace detail

// Moves bytes both ways until nothing moves, and tells the session the time and the end of the
// connection. Handle the session's events after each call. With a session that is finished it only
// moves what the stream still holds back, a DISCONNECT for instance, and drops what comes in; the stream
// may be closed once wait_for.write is false.
template <sans_io_session Session, byte_stream Stream>
pump_result pump(Session& session, Stream& stream, tick now) noexcept {
  if (!session.finished()) return detail::pump_run<Session, Stream>(session, stream).run(now);
  pump_result done;
  done.wait_for.read = false;
  std::uint8_t dropped[64];
  io_result const got = stream.read_some(dropped);
  bool const open = got.status == io_status::ok || got.status == io_status::would_block;
  done.wait_for.write = open && wants_write(stream, io_status::ok);
  return done;
}

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
