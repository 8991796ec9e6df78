// SPDX-License-Identifier: BSL-1.0
// TLS 1.2 and 1.3 by OpenSSL 3 over any byte_stream: openssl_stream<posix_tcp> tls(tcp, "host.example", *context);
#ifndef CUSTOM_TRANSPORT_OPENSSL_STREAM_HPP
#define CUSTOM_TRANSPORT_OPENSSL_STREAM_HPP
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tls_stream.hpp"

namespace custom_transport {
class openssl_library {
 public:
  explicit openssl_library(tls_lower& lower) noexcept : lower_(lower) {}
  openssl_library(openssl_library const&) = delete;
  openssl_library& operator=(openssl_library const&) = delete;
  ~openssl_library() { SSL_free(ssl_), BIO_meth_free(method_); }
  bool setup(char const* server_name, SSL_CTX& context) noexcept {
    method_ = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "byte_stream");
    BIO* const bio = method_ == nullptr ? nullptr : BIO_new(method_);
    ssl_ = bio == nullptr ? nullptr : SSL_new(&context);
    if (ssl_ == nullptr) return BIO_free(bio), false;
    BIO_meth_set_write(method_, send);
    BIO_meth_set_read(method_, receive);
    BIO_meth_set_ctrl(method_, control);
    BIO_set_data(bio, &lower_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_verify(ssl_, SSL_VERIFY_PEER, nullptr);
    bool const old = SSL_get_min_proto_version(ssl_) < TLS1_2_VERSION;
    if (old && SSL_set_min_proto_version(ssl_, TLS1_2_VERSION) != 1) return false;
    return SSL_set1_host(ssl_, server_name) == 1 && SSL_set_tlsext_host_name(ssl_, server_name) == 1;
  }
  // SSL_get_error looks at the thread's queue of errors, so what others left there goes first.
  io_result handshake() noexcept { return ERR_clear_error(), outcome(SSL_connect(ssl_)); }
  io_result read(byte_span room) noexcept {
    return ERR_clear_error(), outcome(SSL_read(ssl_, room.data(), as_int(room.size())));
  }
  // OpenSSL keeps a refused record too; a retry that is shorter, as byte_stream forbids, would fail.
  io_result write(byte_view data) noexcept {
    return ERR_clear_error(), outcome(SSL_write(ssl_, data.data(), as_int(data.size())));
  }
  bool goodbye() noexcept { return ERR_clear_error(), !SSL_in_init(ssl_) && SSL_shutdown(ssl_) >= 0; }

 private:
  io_result outcome(int number) const noexcept {
    if (number > 0) return {static_cast<std::size_t>(number), io_status::ok, {}};
    int const why = SSL_get_error(ssl_, number);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return later;
    if (why == SSL_ERROR_ZERO_RETURN) return closed;
    long const bad = SSL_get_verify_result(ssl_);
    if (bad == X509_V_OK) return failed(errc::tls_failed, ERR_GET_REASON(ERR_peek_error()));
    bool const dates = bad == X509_V_ERR_CERT_HAS_EXPIRED || bad == X509_V_ERR_CERT_NOT_YET_VALID;
    return failed(certificate_error(dates, bad == X509_V_ERR_HOSTNAME_MISMATCH), bad);
  }
  static int told(BIO* bio, int count, int direction) noexcept {
    BIO_clear_retry_flags(bio);
    if (count == 0) BIO_set_flags(bio, direction | BIO_FLAGS_SHOULD_RETRY);
    return count > 0 ? count : -1;
  }
  static int send(BIO* bio, char const* data, int size) noexcept {
    auto* const lower = static_cast<tls_lower*>(BIO_get_data(bio));
    return told(bio, lower->send(data, static_cast<std::size_t>(size), 0), BIO_FLAGS_WRITE);
  }
  static int receive(BIO* bio, char* room, int size) noexcept {
    auto* const lower = static_cast<tls_lower*>(BIO_get_data(bio));
    return told(bio, lower->receive(room, static_cast<std::size_t>(size), 0), BIO_FLAGS_READ);
  }
  static long control(BIO*, int command, long, void*) noexcept { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  tls_lower& lower_;
  BIO_METHOD* method_ = nullptr;
  SSL* ssl_ = nullptr;
};
template <hubwire::byte_stream Lower>
using openssl_stream = tls_stream<Lower, openssl_library>;

}  // namespace custom_transport
#endif
