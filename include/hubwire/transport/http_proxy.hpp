// SPDX-License-Identifier: BSL-1.0
// A connection through an HTTP proxy: asks the proxy by CONNECT for a tunnel, then is that tunnel. TLS or
// WebSocket go on top of it, as on top of TCP.
#ifndef HUBWIRE_TRANSPORT_HTTP_PROXY_HPP
#define HUBWIRE_TRANSPORT_HTTP_PROXY_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/wipe.hpp>
#include <hubwire/text/text_writer.hpp>
#include <hubwire/transport/byte_stream.hpp>
#include <hubwire/transport/http_connect.hpp>

namespace hubwire { inline namespace abi1 {

/// A byte_stream. start() begins a connection over a lower stream that is connected to the proxy. read_some
/// and write_some ask for the tunnel on the way and give would_block until it is open. Until then nothing of
/// the application is written. The object takes about 170 bytes besides its memory.
///
/// 2xx opens the tunnel; Content-Length and Transfer-Encoding mean nothing there. Interim replies (1xx) are
/// skipped, at most 8 of them. read_some and write_some report these ends:
///   closed                           in the tunnel: as the lower stream said; or close() was called
///   failed, proxy_wants_credentials  407: there were no credentials, or wrong ones, or Basic will not do
///   failed, proxy_refused            any other status; detail: the status
///   failed, invalid_http_reply       not HTTP/1.x, a folded line, a bare CR or LF, another control
///                                    character, a ninth interim reply, a tunnel before it was asked for;
///                                    detail: the offset of that byte. TLS, HTTP/2 and old HTTP/0.9 end
///                                    here, too
///   failed, http_reply_too_long      more than proxy_tunnel::most_reply bytes; detail: that
///   failed, connection_lost          the proxy ended the connection before it had answered
///   failed, any other                as the lower stream said
/// After a failure the stream never connects in another way. What to try next is up to the program.
template <byte_stream Lower>
class http_proxy {
 public:
  /// lower outlives this object. Nobody else reads or writes lower between start() and the end. memory holds
  /// the request, from start() until it has been sent: see proxy_request_size(). Then it is wiped, as it is
  /// at each end, and not used again before the next start().
  http_proxy(Lower& lower, byte_span memory) noexcept : lower_(lower), memory_(memory) {}
  http_proxy(http_proxy const&) = delete;
  http_proxy& operator=(http_proxy const&) = delete;
  ~http_proxy() { close(); }

  /// Begins a connection. The texts of to are copied and do not lie in the memory. Nothing is sent before the
  /// first read_some or write_some. An earlier connection is closed, so a reconnect is start() again. Errors,
  /// which the stream then reports as well: invalid_field (a text, a port or a limit that proxy_tunnel does
  /// not allow), buffer_too_small (detail: the size of the request).
  result<void> start(proxy_tunnel const& to) noexcept {
    close();
    leaving_ = false;
    last_write_ = io_status::ok;
    begin_ = end_ = 0;
    reply_.restart(to.most_reply);
    auto const written = write_request(to);
    if (!written) finish(phase::failed, written.error());
    return written;
  }

  /// Whether the proxy has opened the tunnel.
  bool is_open() const noexcept { return phase_ == phase::open; }
  /// The status of the proxy's reply, such as 200 or 403. 0 until there is one that is not interim.
  std::uint16_t status() const noexcept { return reply_.status(); }

  io_result read_some(byte_span room) noexcept {
    if (room.empty()) return detail::moved(0);
    if (phase_ == phase::connecting) ask_for_tunnel();
    if (phase_ != phase::open) return no_tunnel();
    if (begin_ == end_) return lower_.read_some(room);
    std::size_t const waiting = end_ - begin_;
    std::size_t const count = waiting < room.size() ? waiting : room.size();
    std::memcpy(room.data(), received_ + begin_, count);
    begin_ += count;
    return detail::moved(count);
  }

  io_result write_some(byte_view data) noexcept {
    if (data.empty()) return detail::moved(0);
    if (phase_ == phase::connecting) ask_for_tunnel();
    if (phase_ != phase::open) return no_tunnel();
    if (leaving_) return detail::ended();
    io_result const put = lower_.write_some(data);
    last_write_ = put.status;
    return put;
  }

  /// Also true between start() and the first call: a request waits.
  bool wants_write() const noexcept {
    if (!active()) return false;
    return (!request_.empty() && last_write_ == io_status::ok) || hubwire::wants_write(lower_, last_write_);
  }
  bool wants_call() const noexcept { return active() && hubwire::wants_call(lower_); }
  bool has_unread() const noexcept { return !active() || begin_ != end_ || hubwire::has_unread(lower_); }

  /// Ends the output of the lower stream. A call before the tunnel is open gives it up, and the connection is
  /// over.
  io_status end_output() noexcept {
    if (phase_ == phase::connecting) close();
    if (phase_ != phase::open) return no_tunnel().status;
    leaving_ = true;
    return hubwire::end_output(lower_);
  }

  /// Wipes the request and sends nothing: a tunnel ends with the lower stream, which stays open.
  void close() noexcept {
    if (phase_ != phase::failed) finish(phase::closed, {});
  }

 private:
  enum class phase : std::uint8_t { closed, connecting, open, failed };
  using outcome = detail::connect_reply::outcome;

  bool active() const noexcept { return phase_ == phase::connecting || phase_ == phase::open; }

  io_result no_tunnel() const noexcept {
    if (phase_ == phase::connecting) return detail::blocked();
    return phase_ == phase::closed ? detail::ended() : detail::broken(failure_);
  }

  result<void> write_request(proxy_tunnel const& to) noexcept {
    if (!detail::is_sound(to)) return errc::invalid_field;
    request_ = memory_;
    text_writer out(detail::to_chars(memory_));
    detail::put_connect(out, to);
    auto const text = out.finish();
    if (!text) return text.error();
    request_ = memory_.first(text->size());
    sent_ = 0;
    phase_ = phase::connecting;
    return {};
  }

  // A reply may come before all of the request has left, and say why no more of it is taken. So both
  // directions move in each call, and what had arrived counts before a failure to write does.
  void ask_for_tunnel() noexcept {
    error const lost = send_request();
    receive();
    if (phase_ == phase::connecting && lost.code != errc::none) finish(phase::failed, lost);
  }

  error send_request() noexcept {
    while (!request_.empty()) {
      byte_view const unsent = request_.subspan(sent_);
      io_result const put = lower_.write_some(unsent);
      last_write_ = put.status;
      if (is_end(put)) return why_ended(put);
      if (put.count == 0) break;
      sent_ += bounded(put.count, unsent.size());
      if (sent_ == request_.size()) wipe_request();
    }
    return {};
  }

  void receive() noexcept {
    while (phase_ == phase::connecting) {
      io_result const got = lower_.read_some(received_);
      if (is_end(got)) return finish(phase::failed, why_ended(got));
      if (got.count == 0) return;
      look_at(bounded(got.count, sizeof received_));
    }
  }

  // Bytes behind the reply are the first of the tunnel.
  void look_at(std::size_t count) noexcept {
    end_ = count;
    outcome found = outcome::need_more;
    for (begin_ = 0; begin_ != end_ && found == outcome::need_more; ++begin_)
      found = reply_.take(received_[begin_]);
    if (found == outcome::failed) return finish(phase::failed, reply_.why());
    if (found == outcome::need_more) return;
    // Nobody who has read half a request can have opened a tunnel.
    if (!request_.empty()) return finish(phase::failed, {errc::invalid_http_reply, reply_.taken() - 1});
    phase_ = phase::open;
  }

  static bool is_end(io_result const& r) noexcept {
    return r.status == io_status::closed || r.status == io_status::failed;
  }
  // A stream that failed has ended, also when it does not say why.
  static error why_ended(io_result const& r) noexcept {
    bool const says_why = r.status == io_status::failed && r.error.code != errc::none;
    return says_why ? r.error : error{errc::connection_lost, 0};
  }
  // A stream that counts more than it was offered is not believed.
  static std::size_t bounded(std::size_t count, std::size_t offered) noexcept {
    return count < offered ? count : offered;
  }

  void wipe_request() noexcept {
    wipe(request_);
    request_ = {};
  }
  void finish(phase end, error why) noexcept {
    phase_ = end;
    failure_ = why;
    wipe_request();
  }

  Lower& lower_;
  byte_span memory_;
  byte_span request_{};  // empty once it has been sent
  std::size_t sent_ = 0;
  std::size_t begin_ = 0;  // INVARIANT: begin_ <= end_ <= sizeof received_
  std::size_t end_ = 0;
  error failure_{};
  detail::connect_reply reply_{};
  io_status last_write_ = io_status::ok;
  phase phase_ = phase::closed;
  bool leaving_ = false;       // end_output() was called
  std::uint8_t received_[64];  // of which nothing is read that was not received
};

}}  // namespace hubwire

#endif
