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

namespace hubwire::inline abi1 {

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
    receive();
    session_.advance(now);
    send();
    for (bool moving = true; moving && reads_ != 0 && writes_ != 0;) {
      std::size_t const before = done_.received + done_.sent;
      receive();
      send();
      moving = done_.received + done_.sent != before;
    }
    if (loss_.code != errc::none) session_.lost(loss_);
    done_.again = !over() && (reads_ == 0 || writes_ == 0);
    done_.wait_for = {.read = !over() && !stalled_, .write = !ended_ && wants_write(stream_, last_write_)};
    done_.write_blocked = last_write_ == io_status::would_block;
    return done_;
  }

 private:
  bool over() const noexcept { return ended_ || session_.finished(); }

  void receive() noexcept {
    while (reads_ != 0 && !over()) {
      byte_span const room = session_.window();
      stalled_ = room.empty();
      if (stalled_) return;
      --reads_;
      io_result const got = stream_.read_some(room);
      if (got.count != 0) session_.commit(got.count);
      done_.received += got.count;
      note_end(got);
      if (got.status != io_status::ok) return;
    }
  }

  void send() noexcept {
    while (writes_ != 0 && !over()) {
      byte_view const data = session_.pending_output();
      if (data.empty()) return;
      --writes_;
      io_result const put = stream_.write_some(data);
      if (put.count != 0) session_.consume(put.count);
      done_.sent += put.count;
      last_write_ = put.status;
      if (put.status == io_status::closed || put.status == io_status::failed) {
        receive();  // the peer may have said why before it left
        note_end(put);
      }
      if (put.status != io_status::ok) return;
    }
  }

  void note_end(io_result const& moved) noexcept {
    if (ended_ || moved.status == io_status::ok || moved.status == io_status::would_block) return;
    ended_ = true;
    loss_ = moved.status == io_status::closed ? error{errc::connection_lost, 0} : moved.error;
  }

  Session& session_;
  Stream& stream_;
  pump_result done_{};
  error loss_{};
  int reads_ = most_calls;
  int writes_ = most_calls;
  io_status last_write_ = io_status::ok;
  bool ended_ = false;
  bool stalled_ = false;
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

}  // namespace hubwire::inline abi1

#endif
