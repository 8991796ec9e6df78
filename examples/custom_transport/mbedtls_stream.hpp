// SPDX-License-Identifier: BSL-1.0
// TLS 1.2 by mbedTLS 2.28 over any byte_stream: mbedtls_stream<posix_tcp> tls(tcp, "host.example", config);
#ifndef CUSTOM_TRANSPORT_MBEDTLS_STREAM_HPP
#define CUSTOM_TRANSPORT_MBEDTLS_STREAM_HPP
#include <mbedtls/ssl.h>

#include <algorithm>

#include "tls_stream.hpp"

namespace custom_transport {
class mbedtls_library {
 public:
  explicit mbedtls_library(tls_lower& lower) noexcept : lower_(lower) { mbedtls_ssl_init(&ssl_); }
  mbedtls_library(mbedtls_library const&) = delete;
  mbedtls_library& operator=(mbedtls_library const&) = delete;
  ~mbedtls_library() { mbedtls_ssl_free(&ssl_); }
  bool setup(char const* server_name, mbedtls_ssl_config& config) noexcept {
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_min_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_set_bio(&ssl_, &lower_, send, receive, nullptr);
    return mbedtls_ssl_setup(&ssl_, &config) == 0 && mbedtls_ssl_set_hostname(&ssl_, server_name) == 0;
  }
  io_result handshake() noexcept {
    int const number = mbedtls_ssl_handshake(&ssl_);
    return number == 0 ? io_result{} : outcome(number);
  }
  io_result read(byte_span room) noexcept {
    flush_answer();
    return outcome(mbedtls_ssl_read(&ssl_, room.data(), room.size()));
  }
  // mbedTLS keeps a refused record and wants the same bytes again, which byte_stream makes callers offer. A read
  // may have sent the record since, to make room for an answer; then mbedTLS would send it a second time.
  io_result write(byte_view data) noexcept {
    if (!flush_answer()) return later;
    int number = std::min(as_int(data.size()), mbedtls_ssl_get_max_out_record_payload(&ssl_));
    if (!refused_ || lower_.unsent()) number = mbedtls_ssl_write(&ssl_, data.data(), data.size());
    refused_ = number == MBEDTLS_ERR_SSL_WANT_WRITE;
    return outcome(number);
  }
  bool goodbye() noexcept {
    if (lower_.unsent()) mbedtls_ssl_write(&ssl_, nullptr, 0);
    if (!lower_.unsent() && !notified_) notified_ = mbedtls_ssl_close_notify(&ssl_) <= 0;
    return !lower_.unsent();
  }

 private:
  // mbedTLS takes an answer that waits, to a request to renegotiate, for the record of the next write, and that
  // write's bytes are lost. So an empty one goes first: it sends the answer and nothing of its own.
  bool flush_answer() noexcept {
    if (lower_.unsent() && !refused_) mbedtls_ssl_write(&ssl_, nullptr, 0);
    return refused_ || !lower_.unsent();
  }
  io_result outcome(int number) const noexcept {
    if (number > 0) return {static_cast<std::size_t>(number), io_status::ok, {}};
    if (number == MBEDTLS_ERR_SSL_WANT_READ || number == MBEDTLS_ERR_SSL_WANT_WRITE) return later;
    if (number == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return closed;
    std::uint32_t const bad = mbedtls_ssl_get_verify_result(&ssl_);
    if (bad == 0 || bad == ~0U) return failed(errc::tls_failed, -number);
    bool const dates = bad == MBEDTLS_X509_BADCERT_EXPIRED || bad == MBEDTLS_X509_BADCERT_FUTURE;
    return failed(certificate_error(dates, bad == MBEDTLS_X509_BADCERT_CN_MISMATCH), bad);
  }
  static int send(void* lower, unsigned char const* data, std::size_t size) noexcept {
    return static_cast<tls_lower*>(lower)->send(data, size, MBEDTLS_ERR_SSL_WANT_WRITE);
  }
  static int receive(void* lower, unsigned char* room, std::size_t size) noexcept {
    return static_cast<tls_lower*>(lower)->receive(room, size, MBEDTLS_ERR_SSL_WANT_READ);
  }
  tls_lower& lower_;
  mbedtls_ssl_context ssl_;
  bool refused_ = false;   // the record of the last write waits in mbedTLS
  bool notified_ = false;  // close_notify was made
};
template <hubwire::byte_stream Lower>
using mbedtls_stream = tls_stream<Lower, mbedtls_library>;

}  // namespace custom_transport
#endif
