// SPDX-License-Identifier: BSL-1.0
// A TLS 1.2 client (RFC 5246) over any byte_stream, by BearSSL: no heap, no clock, no entropy of its own.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_TLS_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_TLS_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <bearssl.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/wipe.hpp>
#include <hubwire/transport/bearssl_engine.hpp>
#include <hubwire/transport/bearssl_options.hpp>
#include <hubwire/transport/bearssl_records.hpp>
#include <hubwire/transport/bearssl_trust.hpp>
#include <hubwire/transport/byte_stream.hpp>

namespace hubwire { inline namespace abi1 {

/// A byte_stream. start() begins a connection over a lower stream that is connected. read_some and
/// write_some do the handshake on the way and give would_block until it is done. The object takes about
/// 7 kB besides the buffers; BearSSL needs another 5 kB of stack during the handshake.
///
/// A call does one piece of work: it checks at most one signature of the server or agrees on one key, and
/// reads at most 32 kB of handshake. (Checking whether an anchor signed a certificate takes one signature
/// check for each anchor with the issuer's name.) A call that stops in the middle of work gives
/// would_block, and wants_call() says so.
///
/// The certificate is checked before anything of the application is written: chain, server name and dates.
/// read_some and write_some report these ends:
///   closed                             the server's close_notify came, or close() was called
///   failed, connection_lost            the lower stream ended without close_notify: what was read may be
///                                      only the beginning of what was sent
///   failed, tls_wrong_server_name      the certificate is for another name, or for no DNS name at all
///   failed, tls_certificate_expired    expired or not yet valid at tls_handshake::unix_time
///   failed, tls_chain_too_long         more certificates than tls_handshake::most_certificates; detail: that
///   failed, tls_untrusted_certificate  anything else about certificates. Details, among others: 57 an
///                                      extension that is critical and unknown, or name constraints; 59 the
///                                      certificate is not for servers; 62 the chain leads to no trust anchor
///   failed, tls_failed                 detail: BearSSL's number, 256 + the alert that the server sent
///                                      (326 is protocol_version: a server that speaks TLS 1.3 only)
///   failed, any other                  as the lower stream said
/// After each end, keys, contexts and buffers are wiped. What BearSSL left on the stack is not.
///
/// Options say what it does besides (bearssl_options.hpp). They are deduced:
///   bearssl_tls tls(tcp, roots.anchors(), {input, output}, identity, session);
/// A client certificate costs one more operation of the call that agrees on the key: its signature.
template <byte_stream Lower, bearssl_option... Options>
class bearssl_tls {
 public:
  /// lower, the anchors, the options and the memory of the buffers outlive this object. Nobody else reads or
  /// writes lower between start() and the end.
  bearssl_tls(Lower& lower, trust_anchors anchors, tls_buffers const& buffers, Options&... options) noexcept
      : anchors_(anchors), buffers_(buffers), records_(lower), options_(options...) {}
  bearssl_tls(bearssl_tls const&) = delete;
  bearssl_tls& operator=(bearssl_tls const&) = delete;
  ~bearssl_tls() { close(); }

  /// Begins a handshake. Nothing is sent before the first read_some or write_some. An earlier connection is
  /// closed, so a reconnect is start() again. Errors, which the stream then reports as well: clock_not_set
  /// (before 2020), invalid_field (a server name or entropy that tls_handshake does not allow),
  /// missing_field (no trust anchors), buffer_too_small (detail: the least that works), tls_failed.
  result<void> start(tls_handshake const& with) noexcept {
    close();
    records_.forget();
    auto const started = engine().start(anchors_, buffers_, with, options_);
    if (!started) {
      finish(phase::failed, started.error());
      return started;
    }
    phase_ = phase::handshake;
    failure_ = {};
    leaving_ = false;
    return {};
  }

  /// Whether the certificate was accepted and the keys are agreed on.
  bool handshake_done() const noexcept { return phase_ == phase::open; }

  /// The maximum fragment length in bytes (RFC 6066 §4) that the server agreed to: 512, 1,024, 2,048 or
  /// 4,096. Then no record of either side is longer. 0: it was not asked because input is large enough, it
  /// did not agree, or its hello has not come yet. Then it may send records of 16,384 bytes.
  std::uint16_t max_fragment_length() const noexcept { return records_.engine().max_fragment_length(); }

  io_result read_some(byte_span room) noexcept {
    if (room.empty()) return detail::moved(0);
    if (active()) drive(BR_SSL_RECVAPP);
    if (!active()) return ending();

    std::size_t available = 0;
    std::uint8_t const* const data = open_buffer(&br_ssl_engine_recvapp_buf, available);
    if (data == nullptr) return detail::blocked();
    std::size_t const count = available < room.size() ? available : room.size();
    std::memcpy(room.data(), data, count);
    br_ssl_engine_recvapp_ack(engine().engine(), count);
    return detail::moved(count);
  }

  /// Makes a record of the bytes that fit and hands it to the lower stream, as far as that takes it. Later
  /// calls of read_some and write_some hand over the rest.
  io_result write_some(byte_view data) noexcept {
    if (data.empty()) return detail::moved(0);
    if (leaving_) return detail::ended();
    if (active()) drive(BR_SSL_SENDAPP);
    if (!active()) return ending();
    if (has_lost()) return detail::broken(records_.lost());

    std::size_t available = 0;
    std::uint8_t* const room = open_buffer(&br_ssl_engine_sendapp_buf, available);
    if (room == nullptr) return detail::blocked();
    std::size_t const count = available < data.size() ? available : data.size();
    std::memcpy(room, data.data(), count);
    br_ssl_engine_sendapp_ack(engine().engine(), count);
    br_ssl_engine_flush(engine().engine(), 0);
    static_cast<void>(records_.transmit());
    return detail::moved(count);
  }

  /// Whether records wait that the lower stream did not take. Also true while wants_call() is: a wait for a
  /// socket that takes bytes ends at once.
  bool wants_write() const noexcept { return active() && (wants_call_ || records_.waits_to_send()); }

  /// Whether the last call stopped in the middle of work. Then call read_some or write_some again at once,
  /// without waiting for the lower stream.
  bool wants_call() const noexcept { return wants_call_; }

  /// Whether read_some has bytes, or an end, that the lower stream does not show. Such bytes are decrypted,
  /// or read and not yet looked at.
  bool has_unread() const noexcept {
    return !active() || has_lost() || records_.has_unread() || hubwire::has_unread(records_.lower());
  }

  /// Begins the orderly end of this direction: sends what waits, then close_notify, then ends the output of
  /// the lower stream if that has an end_output(). Afterwards write_some gives closed, and read_some goes on
  /// until the server's close_notify. ok: the lower stream has taken all of it. would_block: call again.
  /// closed or failed: the connection is over, as read_some says. A call during a handshake gives it up, and
  /// the connection is over. BearSSL drops data of the application that was not read before this call or
  /// that comes in after it.
  io_status end_output() noexcept {
    if (phase_ == phase::handshake) close();
    if (active()) begin_to_leave();
    if (!active()) return ending().status;
    if (has_lost()) return io_status::failed;
    if (records_.waits_to_send()) return io_status::would_block;
    return records_.end_output();
  }

  /// Sends what waits and close_notify, as far as the lower stream takes them at once, and wipes. It does
  /// not wait for the server's close_notify. The lower stream stays open.
  void close() noexcept {
    if (active() && !has_lost()) {
      br_ssl_engine_close(engine().engine());
      for (int left = most_steps; left != 0 && records_.transmit(); --left) {}
    }
    if (phase_ != phase::failed) finish(phase::closed, {});
  }

 private:
  enum class phase : std::uint8_t { closed, handshake, open, failed };
  using buffer_function = unsigned char* (*)(br_ssl_engine_context const*, std::size_t*);

  // A server that sends endless records without content gets its share of a call and no more.
  static constexpr int most_steps = 64;

  detail::bearssl_engine& engine() noexcept { return records_.engine(); }
  bool has_lost() const noexcept { return records_.lost().code != errc::none; }
  bool active() const noexcept { return phase_ == phase::handshake || phase_ == phase::open; }

  io_result ending() const noexcept {
    return phase_ == phase::closed ? detail::ended() : detail::broken(failure_);
  }

  // The engine's buffer for application data, null when it has none now. Not before our own checks: the
  // engine alone would take data as soon as its handshake is done.
  std::uint8_t* open_buffer(buffer_function buffer, std::size_t& size) noexcept {
    return phase_ == phase::open ? buffer(engine().engine(), &size) : nullptr;
  }

  void begin_to_leave() noexcept {
    if (!leaving_) {
      std::size_t unread = 0;  // would stay where it is for ever, and nothing behind it would be read
      if (open_buffer(&br_ssl_engine_recvapp_buf, unread) != nullptr)
        br_ssl_engine_recvapp_ack(engine().engine(), unread);
      br_ssl_engine_close(engine().engine());
    }
    leaving_ = true;
    for (int left = most_steps; left != 0 && records_.transmit(); --left) {}
    if ((engine().state() & BR_SSL_CLOSED) != 0) finish_as_engine_says();
  }

  // Returns false when the connection has ended. The engine finishes its handshake only if the certificates
  // were accepted; asking once more is the second lock.
  bool go_on() noexcept {
    unsigned const state = engine().state();
    if ((state & BR_SSL_CLOSED) != 0) {
      finish_as_engine_says();
    } else if (phase_ == phase::handshake && (state & (BR_SSL_SENDAPP | BR_SSL_RECVAPP)) != 0) {
      open();
    }
    return active();
  }

  void open() noexcept {
    br_ssl_engine_context const& context = *engine().engine();
    if (!engine().certificates().is_accepted() && !options_.has_resumed(context))
      return finish(phase::failed, detail::as_error(BR_ERR_X509_NOT_TRUSTED));
    phase_ = phase::open;
    options_.keep_session(context);
  }

  // Moves records both ways until the engine offers what is wanted, the lower stream blocks or ends, or the
  // call has done enough.
  void drive(unsigned wanted) noexcept {
    wants_call_ = false;
    for (int left = most_steps; left != 0; --left) {
      if (!go_on()) return;
      bool const sent = records_.transmit();
      if (!sent && (engine().state() & wanted) != 0) return;
      bool const received = records_.receive();
      if (engine().certificates().refusal().code != errc::none) return finish_as_engine_says();
      if (engine().certificates().take_effort()) break;
      if (!sent && !received) return settle();
    }
    wants_call_ = true;
  }

  // Nothing moves any more. What had arrived is read before a lost connection is reported.
  void settle() noexcept {
    unsigned const state = engine().state();
    if ((state & BR_SSL_CLOSED) != 0) return finish_as_engine_says();
    if (!has_lost() || (state & BR_SSL_RECVAPP) != 0) return;
    // Both have said goodbye; that ours could not be sent any more does not matter.
    if (engine().peer_closed() && phase_ == phase::open) return finish(phase::closed, {});
    finish(phase::failed, records_.lost());
  }

  void finish_as_engine_says() noexcept {
    error const refusal = engine().certificates().refusal();
    if (refusal.code != errc::none) return finish(phase::failed, refusal);
    int const number = engine().last_error();
    if (number != BR_ERR_OK) return finish(phase::failed, detail::as_error(number));
    // A close_notify during the handshake is not authenticated, so it is no orderly end.
    if (phase_ == phase::open) return finish(phase::closed, {});
    finish(phase::failed, {errc::connection_lost, 0});
  }

  void finish(phase end, error why) noexcept {
    if (phase_ == phase::handshake || why == errc::tls_failed) options_.drop_session();
    phase_ = end;
    failure_ = why;
    wants_call_ = false;
    engine().wipe_all();
    wipe(buffers_.input);
    wipe(buffers_.output);
  }

  trust_anchors anchors_;
  tls_buffers buffers_;
  detail::bearssl_records<Lower> records_;
  [[no_unique_address]] detail::tls_options<Options...> options_;
  error failure_{};
  phase phase_ = phase::closed;
  bool wants_call_ = false;
  bool leaving_ = false;  // end_output() was called
};

template <byte_stream Lower, class... Options>
bearssl_tls(Lower&, trust_anchors, tls_buffers const&, Options&...) -> bearssl_tls<Lower, Options...>;

}}  // namespace hubwire

#endif
