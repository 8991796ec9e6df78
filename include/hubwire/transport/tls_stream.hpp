// SPDX-License-Identifier: BSL-1.0
// What openssl_tls and mbedtls_tls have in common: a TLS client over any byte_stream, by a library with a
// heap.
#ifndef HUBWIRE_TRANSPORT_TLS_STREAM_HPP
#define HUBWIRE_TRANSPORT_TLS_STREAM_HPP

#include <array>
#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/transport/byte_stream.hpp>
#include <hubwire/transport/tls_carrier.hpp>

namespace hubwire { inline namespace abi1 {

/// A byte_stream. start(), which the library's own class has, begins a connection over a lower stream that is
/// connected. read_some and write_some do the handshake on the way and give would_block until it is done.
///
/// During the handshake a call reads one record of the server, so it checks the certificates at most once.
/// Later it reads a few. A call that stops in the middle of work gives would_block, and wants_call() says so.
///
/// The certificate is checked before anything of the application is written: chain, server name and dates.
/// read_some and write_some report these ends:
///   closed                             the server's close_notify came, or close() was called
///   failed, connection_lost            the lower stream ended without close_notify: what was read may be
///                                      only the beginning of what was sent
///   failed, tls_wrong_server_name      the certificate is for another name, or for no DNS name at all
///   failed, tls_certificate_expired    expired or not yet valid at the handshake's unix_time
///   failed, tls_chain_too_long         more certificates than the library or the caller allows
///   failed, tls_untrusted_certificate  anything else about certificates; detail: the library's number
///   failed, tls_failed                 detail: the library's number
///   failed, any other                  as the lower stream said
///
/// The Engine drives the library. Users name openssl_tls or mbedtls_tls instead.
template <byte_stream Lower, class Engine>
class tls_stream {
 public:
  tls_stream(tls_stream const&) = delete;
  tls_stream& operator=(tls_stream const&) = delete;

  /// Whether the certificate was accepted and the keys are agreed on.
  bool handshake_done() const noexcept { return phase_ == phase::open; }

  /// Whether the server resumed the session that start() was given. Then it sent no certificate.
  bool resumed() const noexcept { return phase_ == phase::open && engine_.resumed(); }

  io_result read_some(byte_span room) noexcept {
    if (room.empty()) return detail::moved(0);
    if (active()) drive();
    if (!active()) return ending();
    if (phase_ == phase::handshake || !carrier_.has_room_to_answer()) return detail::blocked();
    wants_call_ = false;
    io_result const got = engine_.decrypt(room);
    carrier_.flush();
    if (got.status == io_status::ok) return got;
    note(got);
    return active() ? detail::blocked() : ending();
  }

  /// Makes a record of the bytes that fit and hands it to the lower stream, as far as that takes it. Later
  /// calls of read_some and write_some hand over the rest.
  io_result write_some(byte_view data) noexcept {
    if (data.empty()) return detail::moved(0);
    if (leaving_) return detail::ended();
    if (active()) drive();
    if (!active()) return ending();
    if (carrier_.is_lost()) return detail::broken(carrier_.loss());
    if (phase_ == phase::handshake || carrier_.waits_to_send()) return detail::blocked();
    io_result const put = engine_.encrypt(data);
    carrier_.flush();
    if (put.status == io_status::failed) finish(phase::failed, put.error);
    return active() ? put : ending();
  }

  /// Whether records wait that the lower stream did not take. During the handshake also true while
  /// wants_call() is: a wait for a socket that takes bytes ends at once.
  bool wants_write() const noexcept {
    io_status const last = carrier_.waits_to_send() ? io_status::would_block : io_status::ok;
    bool const has_work = wants_call_ && phase_ == phase::handshake;
    return active() && (has_work || hubwire::wants_write(lower_, last));
  }

  /// Whether the last call stopped in the middle of work, as start() does. Then call read_some or write_some
  /// again at once, without waiting for the lower stream.
  bool wants_call() const noexcept { return active() && (wants_call_ || hubwire::wants_call(lower_)); }

  /// Whether read_some has bytes, or an end, that the lower stream does not show.
  bool has_unread() const noexcept {
    return !active() || carrier_.is_lost() || wants_call_ || engine_.has_unread() ||
           hubwire::has_unread(lower_);
  }

  /// Begins the orderly end of this direction: sends what waits, then close_notify, then ends the output of
  /// the lower stream if that has an end_output(). Afterwards write_some gives closed, and read_some goes on
  /// until the server's close_notify: what the server still sends is read. ok: the lower stream has taken all
  /// of it. would_block: call again. closed or failed: the connection is over, as read_some says. A call
  /// during a handshake gives it up, and the connection is over.
  io_status end_output() noexcept {
    if (phase_ == phase::handshake) close();
    if (!active()) return ending().status;
    leaving_ = true;
    say_goodbye();
    if (carrier_.is_lost()) return io_status::failed;
    if (carrier_.waits_to_send()) return io_status::would_block;
    return hubwire::end_output(lower_);
  }

  /// Sends what waits and close_notify, as far as the lower stream takes them at once, and frees what the
  /// library holds. It does not wait for the server's close_notify. The lower stream stays open.
  void close() noexcept {
    if (phase_ == phase::open) say_goodbye();
    if (phase_ != phase::failed) finish(phase::closed, {});
  }

 protected:
  template <class Native>
  tls_stream(Lower& lower, Native& native) noexcept
      : lower_(lower), carrier_(lower, output_), engine_(carrier_, native) {}
  ~tls_stream() { close(); }

  // Nothing is sent before the first call.
  template <class Handshake>
  result<void> begin(Handshake const& with) noexcept {
    close();
    carrier_.forget();
    leaving_ = false;
    said_goodbye_ = false;
    result<void> const sound = detail::check_server(with.server_name, with.unix_time);
    result<void> const started = sound ? engine_.start(with) : sound;
    if (!started) {
      finish(phase::failed, started.error());
      return started;
    }
    phase_ = phase::handshake;
    failure_ = {};
    wants_call_ = true;
    return {};
  }

 private:
  enum class phase : std::uint8_t { closed, handshake, open, failed };

  // A record takes two reads: its header and the rest.
  static constexpr int most_reads_of_handshake = 2;
  static constexpr int most_reads = 4;

  bool active() const noexcept { return phase_ == phase::handshake || phase_ == phase::open; }

  io_result ending() const noexcept {
    return phase_ == phase::closed ? detail::ended() : detail::broken(failure_);
  }

  void drive() noexcept {
    carrier_.begin_call(phase_ == phase::open ? most_reads : most_reads_of_handshake);
    carrier_.flush();
    if (phase_ == phase::open) return;
    wants_call_ = false;
    io_result const done = engine_.handshake();
    carrier_.flush();
    if (done.status != io_status::ok) return note(done);
    // The library finishes its handshake only if it accepted the certificates. Asking once more is the
    // second lock.
    phase_ = phase::open;
    error const refusal = engine_.refusal();
    if (refusal.code != errc::none) finish(phase::failed, refusal);
  }

  // Nothing moves now, or the library has come to an end. What had arrived is read before a lost connection
  // is reported.
  void note(io_result const& outcome) noexcept {
    if (outcome.status == io_status::would_block) {
      wants_call_ = carrier_.stopped();
      if (!wants_call_ && carrier_.is_lost()) finish(phase::failed, carrier_.loss());
      return;
    }
    // A close_notify during the handshake is not authenticated, so it is no orderly end.
    if (outcome.status == io_status::closed && phase_ == phase::open) return close();
    bool const knows_why = outcome.status == io_status::failed && !carrier_.has_ended();
    finish(phase::failed, knows_why ? outcome.error : carrier_.loss());
  }

  void say_goodbye() noexcept {
    carrier_.flush();
    if (!said_goodbye_) said_goodbye_ = engine_.goodbye();
    carrier_.flush();
  }

  void finish(phase end, error why) noexcept {
    engine_.end(why.code);
    phase_ = end;
    failure_ = why;
    wants_call_ = false;
  }

  Lower& lower_;
  std::array<std::uint8_t, Engine::largest_record + 512> output_{};
  detail::tls_carrier carrier_;
  Engine engine_;
  error failure_{};
  phase phase_ = phase::closed;
  bool wants_call_ = false;
  bool leaving_ = false;  // end_output() was called
  bool said_goodbye_ = false;
};

}}  // namespace hubwire

#endif
