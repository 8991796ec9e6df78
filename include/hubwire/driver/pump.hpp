// SPDX-License-Identifier: BSL-1.0
// Moves bytes between a session and a connection: the one place that knows both.
#ifndef HUBWIRE_DRIVER_PUMP_HPP
#define HUBWIRE_DRIVER_PUMP_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/transport/byte_stream.hpp>

namespace hubwire { inline namespace abi1 {

/// A protocol without I/O, as a pump sees it.
///   window()          memory for received bytes; empty while the application has to handle events first.
///                     Asking for it ends the life of what earlier events view.
///   commit(n)         the first n bytes of the last window() were received
///   pending_output()  what to send next, empty when there is nothing; the same bytes until all were sent
///   consume(n)        the first n bytes of it were sent
///   output_ended()    all was sent, and nothing will be any more: the connection's sending half may end
///   advance(now)      tells the time; timers run here
///   lost(error)       the connection has ended; errc::none when the peer just ended it after all that was
///                     sent had left. The session keeps the first of several
///   finished()        the session is over, and the connection may be closed
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
  { unchanged.output_ended() }
  noexcept->std::same_as<bool>;
  { unchanged.finished() }
  noexcept->std::same_as<bool>;
};

/// What a turn did, and what to do before the next.
struct pump_result {
  std::size_t received = 0;
  std::size_t sent = 0;
  bool again = false;      ///< the call ended because it had done enough: call again before waiting
  io_interest wait_for{};  ///< else: what to wait for; neither of them when only the application can go on
  bool write_blocked = false;  ///< the stream did not take all that the session had to send
};

namespace detail {

// For a program that asks for its events after pump().
struct no_handler {
  template <class Session>
  constexpr bool operator()(Session& session, bool& finished) const noexcept {
    if (session.finished()) finished = true;
    return false;
  }
};

// Gives each event of a session to what the application brought. Returns true when there was one. finished
// says whether the session was at the last one: the application may have begun a new connection.
template <class Application>
struct event_handler {
  Application& application;
  template <class Session>
  bool operator()(Session& session, bool& finished) const {
    bool any = false;
    while (auto const event = session.next_event()) {
      any = true;
      finished = session.finished();
      application(event);
    }
    return any;
  }
};

template <sans_io_session Session, byte_stream Stream, class Handler>
class pump_run {
 public:
  // Calls of read_some, and of write_some, in one pump(): a fast peer does not keep the caller forever.
  static constexpr int most_calls = 64;

  pump_run(Session& session, Stream& stream, Handler handle) noexcept
      : session_(session), stream_(stream), handle_(handle) {}

  // What has arrived goes in before the timers run. So a program that was held up does not take an answer
  // in the socket's buffer for a missing one. What the handling of events has queued goes out.
  pump_result run(tick now) {
    all_has_left_ = !wants_write(stream_, io_status::ok);
    bool changed = true;
    static_cast<void>(receive());
    session_.advance(now);
    while (handle_and_transmit(changed)) changed = !nothing_more_ && receive();
    if (ended_ && !finished_) {
      session_.lost(loss_);
      static_cast<void>(handle());
    }
    return over() ? stopped() : paused();
  }

 private:
  bool over() const noexcept { return ended_ || finished_ || session_.finished(); }

  // Returns true when there was an event.
  bool handle() { return handle_(session_, finished_); }

  // changed: the session may have something to send that it had not before. Returns true when another round
  // may find more: bytes that left make room for what the session held back, events make room for bytes to
  // read.
  bool handle_and_transmit(bool changed) {
    moved_ = false;
    changed = handle() || changed;
    if (!changed) return false;
    if (!over()) transmit();
    return (moved_ || !nothing_more_) && !done_.again && !over();
  }

  pump_result stopped() noexcept {
    done_.write_blocked = false;
    done_.again = finished_ && !session_.finished();  // it was connected anew, for another stream
    done_.wait_for = {.read = false, .write = false};
    return done_;
  }
  pump_result paused() noexcept {
    bool const blocked = done_.write_blocked || end_blocked_;
    done_.wait_for.write = wants_write(stream_, blocked ? io_status::would_block : io_status::ok);
    // The events have made room for bytes that could not be read.
    bool const room_again = !done_.wait_for.read && !session_.window().empty();
    done_.again = done_.again || room_again || wants_call(stream_);
    return done_;
  }

  // Reads until nothing more can be read now. Returns true when bytes came.
  HUBWIRE_FASTER_INLINE bool receive() noexcept {
    bool any = false;
    while (!nothing_more_ && reads_ != 0 && !over()) {
      byte_span const room = session_.window();
      done_.wait_for.read = !room.empty();
      if (room.empty()) break;
      if (--reads_ == 0) done_.again = true;
      io_result const got = stream_.read_some(room);
      if (got.count != 0) {
        session_.commit(got.count);
        done_.received += got.count;
        any = moved_ = true;
      }
      read_blocked_ = got.status == io_status::would_block;
      nothing_more_ = got.status != io_status::ok;
      if (got.status != io_status::ok) note(got);
      // A wait for the socket ends at once when something comes in from now on.
      else if (got.count < room.size() && !until_blocked_)
        nothing_more_ = !has_unread(stream_);
    }
    return any;
  }

  // Reads until the stream says that there is nothing: a read that did not fill the window is not enough.
  HUBWIRE_ONE_COPY void receive_all() noexcept {
    until_blocked_ = true;
    nothing_more_ = read_blocked_;
    static_cast<void>(receive());
  }

  void transmit() noexcept {
    do {
      byte_view const data = session_.pending_output();
      if (data.empty()) return look_at_output();
      if (--writes_ == 0) done_.again = true;
      io_result const put = stream_.write_some(data);
      if (put.count != 0) {
        session_.consume(put.count);
        done_.sent += put.count;
        moved_ = true;
      }
      done_.write_blocked = put.status == io_status::would_block;
      if (put.status == io_status::would_block) return;
      if (put.status != io_status::ok) return write_failed(put);
      // A layer that was called to write may have read as well.
      nothing_more_ = nothing_more_ && !has_unread(stream_);
    } while (writes_ != 0 && !over());
  }

  // First reads what the peer said before it left. When there is no room for all of it now, the next turn
  // comes here again, since a stream that failed goes on failing. A turn that reads nothing makes no room:
  // the session waits for bytes to leave, which they never do.
  void write_failed(io_result const& put) noexcept {
    all_has_left_ = false;
    write_failure_ = put.error;
    read_blocked_ = false;
    receive_all();
    bool const more_to_read = !over() && done_.received != 0 && (reads_ == 0 || session_.window().empty());
    done_.write_blocked = more_to_read;
    if (!more_to_read) note(put);
  }

  // Ends the output once the session has nothing more to send and the stream nothing more to read now: TLS
  // drops what comes in after that. Before each reading it also sees whether all has left: only then is the
  // peer's end a good one.
  void look_at_output() noexcept {
    all_has_left_ = !wants_write(stream_, io_status::ok);
    if (!session_.output_ended()) return;
    receive_all();
    if (!read_blocked_) return;
    end_blocked_ = end_output(stream_) == io_status::would_block;
    if (end_blocked_) all_has_left_ = false;
  }

  // Keeps the first end.
  void note(io_result const& moved) noexcept {
    if (ended_ || moved.status == io_status::would_block) return;
    ended_ = true;
    // Many servers close TCP below TLS without a close_notify. An end without a system's error counts as an
    // end.
    bool const plain = moved.status == io_status::closed || moved.error == error{errc::connection_lost, 0};
    if (plain && all_has_left_) return;
    // A stream that failed has ended, also when it does not say why.
    bool const says_why = !plain && moved.error.code != errc::none;
    loss_ = says_why ? moved.error : write_failure_;
    if (loss_.code == errc::none) loss_.code = errc::connection_lost;
  }

  pump_result done_{};
  error loss_{};
  error write_failure_{};
  Session& session_;
  Stream& stream_;
  Handler handle_;
  int reads_ = most_calls;
  int writes_ = most_calls;
  bool ended_ = false;
  bool finished_ = false;
  bool moved_ = false;  // bytes, in this round
  bool all_has_left_ = false;
  bool end_blocked_ = false;
  bool read_blocked_ = false;   // the last read_some gave would_block
  bool nothing_more_ = false;   // to read in this turn
  bool until_blocked_ = false;  // only would_block ends the reading
};

}  // namespace detail

/// One turn: reads what has arrived, tells the time, gives each event to handle, sends what that brought
/// up. An answer that handle queues has left when pump() returns, or waits for the stream alone. What
/// arrives meanwhile is for the next turn: the wait before it ends at once.
///
/// The goodbye is part of it. When the session says that its output has ended, the stream's output ends
/// too, and reading goes on until the peer's end. The stream may be closed once session.finished(). When
/// handle calls connect() at the end of a session, those bytes are for the next stream: open it before the
/// next pump().
///
/// handle takes what the session's next_event() returns. An exception that handle throws passes through;
/// the session knows which bytes have moved.
template <sans_io_session Session, byte_stream Stream, class Handler>
[[nodiscard]] pump_result pump(Session& session, Stream& stream, tick now, Handler&& handle) {
  detail::event_handler<std::remove_reference_t<Handler>> const handler{handle};
  if (!session.finished())
    return detail::pump_run<Session, Stream, decltype(handler)>(session, stream, handler).run(now);
  bool finished = true;
  static_cast<void>(handler(session, finished));  // what is left to tell
  return {.again = !session.finished(), .wait_for = {.read = false, .write = false}};
}

/// One turn without the events: ask for them after each call. What that brings up goes out with the next
/// call, so do not wait in between: wait_after(last, session, ...) looks.
template <sans_io_session Session, byte_stream Stream>
[[nodiscard]] pump_result pump(Session& session, Stream& stream, tick now) noexcept {
  if (session.finished()) return {.wait_for = {.read = false, .write = false}};
  return detail::pump_run<Session, Stream, detail::no_handler>(session, stream, {}).run(now);
}

}}  // namespace hubwire

#endif
