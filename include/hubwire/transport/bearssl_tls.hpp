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
#include <hubwire/transport/bearssl_trust.hpp>
#include <hubwire/transport/byte_stream.hpp>

namespace hubwire::inline HUBWIRE_ABI {

// A byte_stream. start() begins a connection over a lower stream that is connected; read_some and
// write_some do the handshake on the way and give would_block until it is done. About 7 kB beside the
// buffers; BearSSL needs another 5 kB of stack during the handshake.
//
// The certificate is checked before anything of the application is written: chain, server name and dates.
// Ends, as read_some and write_some report them:
//   closed                             the server's close_notify came, or close() was called
//   failed, connection_lost            the lower stream ended without close_notify: what was read may be
//                                      only the beginning of what was sent
//   failed, tls_wrong_server_name      the certificate is for another name, or for no DNS name at all
//   failed, tls_certificate_expired    expired or not yet valid at tls_handshake::unix_time
//   failed, tls_untrusted_certificate  anything else about certificates
//   failed, tls_failed                 detail: BearSSL's number, 256 + the alert that the server sent
//                                      (326 is protocol_version: a server that speaks TLS 1.3 only)
//   failed, any other                  as the lower stream said
// After each end keys, contexts and buffers are wiped. What BearSSL left on the stack is not.
template <byte_stream Lower>
class bearssl_tls {
 public:
  // All of them outlive this object. Nobody else reads or writes lower between start() and the end.
  bearssl_tls(Lower& lower, trust_anchors anchors, tls_buffers const& buffers) noexcept
      : lower_(lower), anchors_(anchors), buffers_(buffers) {}
  bearssl_tls(bearssl_tls const&) = delete;
  bearssl_tls& operator=(bearssl_tls const&) = delete;
  ~bearssl_tls() { close(); }

  // Begins a handshake; nothing is sent before the first read_some or write_some. An earlier connection
  // is closed, so a reconnect is start() again. Errors, which the stream then reports as well:
  // clock_not_set (before 2020), invalid_field (server name or entropy as tls_handshake says),
  // missing_field (no trust anchors), buffer_too_small (detail: the least that works), tls_failed.
  result<void> start(tls_handshake const& with) noexcept {
    close();
    auto const started = engine_.start(anchors_, buffers_, with);
    if (!started) {
      finish(phase::failed, started.error());
      return started;
    }
    phase_ = phase::handshake;
    failure_ = lower_lost_ = {};
    return {};
  }

  // The certificate was accepted and the keys are agreed on.
  bool handshake_done() const noexcept { return phase_ == phase::open; }

  io_result read_some(byte_span room) noexcept {
    if (room.empty()) return detail::moved(0);
    if (active()) drive(BR_SSL_RECVAPP);
    if (!active()) return ending();

    std::size_t available = 0;
    std::uint8_t const* const data = open_buffer(&br_ssl_engine_recvapp_buf, available);
    if (data == nullptr) return detail::blocked();
    std::size_t const count = available < room.size() ? available : room.size();
    std::memcpy(room.data(), data, count);
    br_ssl_engine_recvapp_ack(engine_.engine(), count);
    return detail::moved(count);
  }

  // Makes a record of what fits and hands it to the lower stream as far as that takes it; later calls of
  // read_some and write_some hand over the rest.
  io_result write_some(byte_view data) noexcept {
    if (data.empty()) return detail::moved(0);
    if (active()) drive(BR_SSL_SENDAPP);
    if (!active()) return ending();
    if (lower_lost_.code != errc::none) return detail::broken(lower_lost_);

    std::size_t available = 0;
    std::uint8_t* const room = open_buffer(&br_ssl_engine_sendapp_buf, available);
    if (room == nullptr) return detail::blocked();
    std::size_t const count = available < data.size() ? available : data.size();
    std::memcpy(room, data.data(), count);
    br_ssl_engine_sendapp_ack(engine_.engine(), count);
    br_ssl_engine_flush(engine_.engine(), 0);
    send_records();
    return detail::moved(count);
  }

  // Records wait that the lower stream did not take.
  bool wants_write() const noexcept { return active() && (engine_.state() & BR_SSL_SENDREC) != 0; }

  // Sends what waits and close_notify, as far as the lower stream takes them at once, and wipes. It does
  // not wait for the server's close_notify. The lower stream stays open.
  void close() noexcept {
    if (active() && lower_lost_.code == errc::none) {
      br_ssl_engine_close(engine_.engine());
      for (int left = most_steps; left != 0 && send_records(); --left) {}
    }
    if (phase_ != phase::failed) finish(phase::closed, {});
  }

 private:
  enum class phase : std::uint8_t { closed, handshake, open, failed };
  using buffer_function = unsigned char* (*)(br_ssl_engine_context const*, std::size_t*);

  // A server that sends endless records without content gets its share of a call and no more.
  static constexpr int most_steps = 64;

  bool active() const noexcept { return phase_ == phase::handshake || phase_ == phase::open; }

  io_result ending() const noexcept {
    return phase_ == phase::closed ? detail::ended() : detail::broken(failure_);
  }

  // The engine's buffer for application data, null when it has none now. Not before our own checks: the
  // engine alone would take data as soon as its handshake is done.
  std::uint8_t* open_buffer(buffer_function buffer, std::size_t& size) noexcept {
    return phase_ == phase::open ? buffer(engine_.engine(), &size) : nullptr;
  }

  // False when the handshake is done with a certificate that names nobody: then it has failed.
  bool open_when_ready(unsigned state) noexcept {
    if (phase_ != phase::handshake || (state & (BR_SSL_SENDAPP | BR_SSL_RECVAPP)) == 0) return true;
    if (engine_.certificate_names_a_host()) {
      phase_ = phase::open;
      return true;
    }
    finish(phase::failed, detail::as_error(BR_ERR_X509_BAD_SERVER_NAME));
    return false;
  }

  // Moves records both ways until the engine offers what is wanted or the lower stream blocks or ends.
  void drive(unsigned wanted) noexcept {
    for (int left = most_steps; left != 0; --left) {
      unsigned const state = engine_.state();
      if ((state & BR_SSL_CLOSED) != 0) return finish_as_engine_says();
      if (!open_when_ready(state)) return;
      bool const sent = (state & BR_SSL_SENDREC) != 0 && send_records();
      if (!sent && (engine_.state() & wanted) != 0) return;
      bool const received = (engine_.state() & BR_SSL_RECVREC) != 0 && receive_records();
      if (!sent && !received) return settle();
    }
  }

  // Nothing moves any more. What had arrived is read before a lost connection is reported.
  void settle() noexcept {
    unsigned const state = engine_.state();
    if ((state & BR_SSL_CLOSED) != 0) return finish_as_engine_says();
    if (lower_lost_.code == errc::none || (state & BR_SSL_RECVAPP) != 0) return;
    // Both have said goodbye; that ours could not be sent any more does not matter.
    if (engine_.peer_closed() && phase_ == phase::open) return finish(phase::closed, {});
    finish(phase::failed, lower_lost_);
  }

  // True when something was sent.
  bool send_records() noexcept {
    std::size_t size = 0;
    unsigned char const* const record = br_ssl_engine_sendrec_buf(engine_.engine(), &size);
    if (record == nullptr || lower_lost_.code != errc::none) return false;
    io_result const sent = lower_.write_some(byte_view(record, size));
    note_end(sent);
    if (sent.count == 0) return false;
    br_ssl_engine_sendrec_ack(engine_.engine(), sent.count);
    return true;
  }

  // True when something was received.
  bool receive_records() noexcept {
    std::size_t size = 0;
    unsigned char* const record = br_ssl_engine_recvrec_buf(engine_.engine(), &size);
    if (record == nullptr) return false;
    io_result const received = lower_.read_some(byte_span(record, size));
    note_end(received);
    if (received.count == 0) return false;
    br_ssl_engine_recvrec_ack(engine_.engine(), received.count);
    return true;
  }

  void note_end(io_result const& moved) noexcept {
    if (lower_lost_.code != errc::none) return;
    if (moved.status == io_status::closed) lower_lost_ = {errc::connection_lost, 0};
    if (moved.status == io_status::failed) lower_lost_ = moved.error;
  }

  void finish_as_engine_says() noexcept {
    int const number = engine_.last_error();
    if (number != BR_ERR_OK) return finish(phase::failed, detail::as_error(number));
    // A close_notify during the handshake is not authenticated, so it is no orderly end.
    if (phase_ == phase::open) return finish(phase::closed, {});
    finish(phase::failed, {errc::connection_lost, 0});
  }

  void finish(phase end, error why) noexcept {
    phase_ = end;
    failure_ = why;
    engine_.wipe_all();
    wipe(buffers_.input);
    wipe(buffers_.output);
  }

  Lower& lower_;
  trust_anchors anchors_;
  tls_buffers buffers_;
  detail::bearssl_engine engine_{};
  error failure_{};
  error lower_lost_{};  // how the lower stream ended
  phase phase_ = phase::closed;
};

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
