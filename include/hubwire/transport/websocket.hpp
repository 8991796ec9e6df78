// SPDX-License-Identifier: BSL-1.0
// MQTT over WebSocket (RFC 6455, v3.1.1 §6) on top of any byte_stream, as a client or a server. No heap.
#ifndef HUBWIRE_TRANSPORT_WEBSOCKET_HPP
#define HUBWIRE_TRANSPORT_WEBSOCKET_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/utf8.hpp>
#include <hubwire/transport/byte_stream.hpp>
#include <hubwire/transport/ws_end.hpp>
#include <hubwire/transport/ws_frame.hpp>
#include <hubwire/transport/ws_handshake.hpp>
#include <hubwire/transport/ws_output.hpp>

namespace hubwire { inline namespace abi1 {

/// A byte_stream. End is a ws_client or a ws_server. start() begins a connection over a lower stream that is
/// connected. read_some and write_some do the handshake on the way and give would_block until it is done.
/// Each write_some makes one binary frame, and header and payload go to the lower stream in one call.
/// Payloads are read into the caller's buffer, whatever the size of their frames. Pings are answered. Of
/// several that wait for their answer, the last one is.
///
/// read_some and write_some report these ends:
///   closed                     the peer's Close frame came, with any code, or close() was called
///   failed, connection_lost    the lower stream ended without a Close frame
///   failed, websocket_refused  the handshake failed. Detail: the status of the HTTP answer, which is 101
///                              when the answer lacks what RFC 6455 and MQTT ask for, and 0 when it is no
///                              HTTP/1.x
///   failed, websocket_failed   the peer broke a rule. Detail: the code that this end closed with
///   failed, any other          as the lower stream, the hash or the source of random bytes said
template <byte_stream Lower, class End>
class websocket {
 public:
  /// The least size of the buffer for output. A host and a path of more than 80 characters need more.
  static constexpr std::size_t least_output = 256;

  /// lower and output outlive this object. output holds one frame: up to 14 bytes of header and what one call
  /// of write_some takes. Nobody else reads or writes lower between start() and the end.
  websocket(Lower& lower, End end, byte_span output) noexcept : lower_(lower), output_(end, output) {}
  websocket(websocket const&) = delete;
  websocket& operator=(websocket const&) = delete;

  /// Begins a handshake: with a ws_request as a client, with a ws_service as a server. Nothing is sent before
  /// the first read_some or write_some. What an earlier connection left is dropped, so a reconnect is start()
  /// again. Errors, which the stream then reports as well: buffer_too_small (detail: the size of output that
  /// would do), those of write_ws_request(), of the hash and of the source of random bytes.
  result<void> start(typename End::opening const& with) noexcept {
    output_.restart(0);
    frames_ = ws_frame_reader(End::role);
    peer_code_ = 0;
    wants_call_ = false;
    result<std::size_t> begun = error{errc::buffer_too_small, least_output};
    if (output_.memory().size() >= least_output)
      begun = detail::ws_begin(output_.end(), with, chars_of_output(), head_, memory_);
    if (!begun) {
      fail(begun.error());
      return begun.error();
    }
    output_.restart(*begun);
    phase_ = phase::handshake;
    return {};
  }

  /// Whether both ends have agreed on WebSocket and MQTT, and neither has ended.
  bool handshake_done() const noexcept { return phase_ == phase::open; }

  /// The code of the peer's Close frame. 0: none came, or it had no code.
  std::uint16_t close_code() const noexcept { return peer_code_; }

  io_result read_some(byte_span room) noexcept {
    if (room.empty()) return detail::moved(0);
    static_cast<void>(output_.flush(lower_));
    wants_call_ = false;
    for (int left = most_steps; left != 0 && active(); --left) {
      io_result const got = lower_.read_some(room);
      if (got.count == 0) return stopped(got);
      std::size_t const count = take(room.first(got.count));
      static_cast<void>(output_.flush(lower_));
      if (count != 0) return detail::moved(count);
    }
    wants_call_ = active();
    return ending();
  }

  /// Makes a frame of the bytes that fit and hands it to the lower stream, as far as that takes it. Later
  /// calls of read_some and write_some hand over the rest.
  io_result write_some(byte_view data) noexcept {
    if (data.empty()) return detail::moved(0);
    bool clear = output_.flush(lower_);
    if (phase_ == phase::handshake) clear = go_on_with_handshake();
    if (output_.has_said_goodbye() && phase_ == phase::open) return detail::ended();
    if (!active() || has_lost()) return ending();
    if (!clear || phase_ == phase::handshake) return detail::blocked();
    std::size_t const count = output_.put_data(data);
    if (has_lost()) return ending();  // there was no random key
    static_cast<void>(output_.flush(lower_));
    return detail::moved(count);
  }

  /// Whether bytes wait that the lower stream did not take.
  bool wants_write() const noexcept {
    if (phase_ == phase::closed) return false;
    return hubwire::wants_write(lower_, output_.empty() ? io_status::ok : io_status::would_block);
  }
  /// Whether the last call stopped among frames without payload. Then call read_some again at once.
  bool wants_call() const noexcept { return wants_call_ || hubwire::wants_call(lower_); }
  bool has_unread() const noexcept {
    return !active() || has_lost() || wants_call_ || hubwire::has_unread(lower_);
  }

  /// Begins the orderly end of this direction: sends what waits, then a Close frame. Afterwards write_some
  /// gives closed, and read_some goes on until the peer's Close frame. ok: the lower stream has taken all of
  /// it. would_block: call again. closed or failed: the connection is over. The output of the lower stream
  /// ends after the peer's Close frame, not before: RFC 6455 §7.1.1 lets the server end TCP first. A call
  /// during a handshake gives it up.
  io_status end_output() noexcept {
    if (phase_ == phase::handshake) close();
    if (phase_ == phase::closed) return io_status::closed;
    if (phase_ == phase::open) output_.say_goodbye(ws_close::normal);
    bool const clear = output_.flush(lower_);
    if (phase_ == phase::failed || has_lost()) return io_status::failed;
    if (!clear) return io_status::would_block;
    return phase_ == phase::finished ? hubwire::end_output(lower_) : io_status::ok;
  }

  /// Sends what waits and a Close frame, as far as the lower stream takes them at once. It does not wait for
  /// the peer's Close frame. The lower stream stays open.
  void close() noexcept {
    if (phase_ == phase::open) output_.say_goodbye(ws_close::normal);
    static_cast<void>(output_.flush(lower_));
    output_.drop();
    wants_call_ = false;
    if (phase_ != phase::failed) phase_ = phase::closed;
  }

 private:
  enum class phase : std::uint8_t { closed, handshake, open, finished, failed };  // finished: by the peer

  // A peer that sends endless frames without payload gets its share of a call and no more.
  static constexpr int most_steps = 64;

  bool active() const noexcept { return phase_ == phase::handshake || phase_ == phase::open; }
  bool has_lost() const noexcept { return output_.lost().code != errc::none; }
  char_span chars_of_output() const noexcept { return detail::to_chars(output_.memory()); }

  // What a call gives that moved nothing.
  io_result ending() const noexcept {
    if (phase_ == phase::failed) return detail::broken(failure_);
    if (!active()) return detail::ended();
    return has_lost() ? detail::broken(output_.lost()) : detail::blocked();
  }
  void fail(error why) noexcept {
    phase_ = phase::failed;
    failure_ = why;
  }
  // The lower stream gave nothing. A failed write is reported here once what had arrived is read.
  io_result stopped(io_result const& got) noexcept {
    if (got.status == io_status::failed) fail(got.error);
    if (got.status == io_status::closed) fail({errc::connection_lost, 0});
    if (active() && has_lost()) fail(output_.lost());
    return ending();
  }

  // A call of write_some has no room for payload, so it reads nothing that stands behind the handshake. The
  // size of a head bounds the loop.
  bool go_on_with_handshake() noexcept {
    while (phase_ == phase::handshake) {
      std::array<std::uint8_t, 4> few{};
      byte_span const room = byte_span(few).first(head_.bytes_before_end());
      io_result const got = lower_.read_some(room);
      if (got.count == 0) {
        static_cast<void>(stopped(got));
        break;
      }
      static_cast<void>(take(room.first(got.count)));
    }
    return output_.flush(lower_);
  }
  void take_head(byte_view& in) noexcept {
    ws_status const status = head_.feed(in);
    if (status == ws_status::need_more) return;
    // Nobody knows a good answer to half a request.
    if (status == ws_status::failed || !output_.empty()) {
      output_.drop();
      output_.put(as_bytes(detail::ws_last_word(head_)).octets());
      return fail({errc::websocket_refused, head_.status()});
    }
    auto const answered = detail::ws_answer(output_.end(), head_, chars_of_output());
    if (!answered) return fail(answered.error());
    output_.hold(*answered);
    phase_ = phase::open;
  }

  // Takes bytes of the lower stream. Moves their payload to the front and returns its size. Where a frame
  // ends does not show.
  std::size_t take(byte_span came) noexcept {
    byte_view in = came;
    if (phase_ == phase::handshake) take_head(in);
    std::size_t count = 0;
    while (phase_ == phase::open && !in.empty()) {  // v3.1.1:MQTT-6.0.0-2
      if (frames_.left() == 0) {
        take_header(in);
        continue;
      }
      std::size_t const size = frames_.left_of(in.size());
      byte_span const part = came.subspan(came.size() - in.size(), size);
      in = in.subspan(size);
      frames_.take_payload(part);
      if (is_control(frames_.opcode())) {
        keep(part);
      } else {
        std::memmove(came.data() + count, part.data(), size);
        count += size;
      }
      if (frames_.left() == 0) end_frame();
    }
    return count;
  }
  void take_header(byte_view& in) noexcept {
    ws_status const status = frames_.feed(in);
    if (status == ws_status::failed) return refuse(frames_.fault());
    if (status != ws_status::ready) return;
    if (is_kept()) {
      output_.forget_pong();  // its payload makes room
      kept_ = 0;
    }
    if (frames_.left() == 0) end_frame();
  }
  // Nobody asks for the payload of a pong.
  bool is_kept() const noexcept {
    return frames_.opcode() == ws_opcode::ping || frames_.opcode() == ws_opcode::close;
  }
  void keep(byte_view part) noexcept {
    if (!is_kept()) return;
    std::memcpy(memory_.data() + kept_, part.data(), part.size());
    kept_ = static_cast<std::uint8_t>(kept_ + part.size());
  }
  void end_frame() noexcept {
    if (frames_.opcode() == ws_opcode::close) return take_close();
    if (frames_.opcode() != ws_opcode::ping) return;
    output_.put_pong(byte_view(detail::to_bytes(memory_.data()), kept_));
    if (output_.has_pong_due()) static_cast<void>(output_.flush(lower_));  // makes room
  }
  // Two bytes of code and a reason, or nothing: §5.5.1.
  void take_close() noexcept {
    unsigned const code = kept_ < 2 ? 0u : detail::load_number(memory_.data());
    std::size_t const reason = kept_ < 2 ? 0u : kept_ - 2u;
    if (kept_ != 0 && !is_close_code(code)) return refuse(ws_close::protocol_error);
    if (scan_text({memory_.data() + 2, reason}).ill_formed) return refuse(ws_close::invalid_text);
    peer_code_ = static_cast<std::uint16_t>(code);
    output_.say_goodbye(static_cast<ws_close>(code));
    phase_ = phase::finished;
  }
  void refuse(ws_close why) noexcept {
    output_.say_goodbye(why);
    fail({errc::websocket_failed, static_cast<std::uint32_t>(why)});
  }

  Lower& lower_;
  detail::ws_output<End> output_;
  error failure_{};
  std::array<char, ws_line_size> memory_{};  // a line of the handshake, then the payload of a ping or Close
  typename End::head_reader head_{memory_, {}};
  ws_frame_reader frames_{End::role};
  std::uint16_t peer_code_ = 0;
  std::uint8_t kept_ = 0;  // bytes of a control frame in memory_
  phase phase_ = phase::closed;
  bool wants_call_ = false;
};

}}  // namespace hubwire

#endif
