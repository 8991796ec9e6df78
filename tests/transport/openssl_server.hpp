// SPDX-License-Identifier: BSL-1.0
// A TLS server by OpenSSL on one end of a memory_pipe: a stranger for our TLS client to talk to. It is a
// byte_stream itself, so that generic tests can use it as the far end.
#ifndef HUBWIRE_TESTS_TRANSPORT_OPENSSL_SERVER_HPP
#define HUBWIRE_TESTS_TRANSPORT_OPENSSL_SERVER_HPP

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <hubwire/transport/byte_stream.hpp>
#include <hubwire/transport/memory_pipe.hpp>

#include "certificates.hpp"

namespace hubwire::test {

struct server_plan {
  int lowest_version = TLS1_2_VERSION;
  int highest_version = TLS1_2_VERSION;
  std::vector<X509*> chain{};         // intermediates, sent with the certificate
  bool asks_for_certificate = false;  // and accepts that none comes
  bool demands_certificate = false;
  X509* client_authority = nullptr;    // whose client certificates it accepts
  std::shared_ptr<SSL_CTX> context{};  // of an earlier server, with its sessions; the rest is not used
  int session_cache = SSL_SESS_CACHE_SERVER;
};

class openssl_server {
 public:
  openssl_server(memory_pipe::end& wire, identity const& who, server_plan const& plan = {})
      : wire_(wire), context_(plan.context ? plan.context : new_context(who, plan)) {
    restart();
  }

  // For the next connection over the same wire: what lies between is forgotten, sessions are not.
  void restart() {
    held_.clear();
    if (ssl_) keep_session();
    ssl_.reset(SSL_new(context_.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_accept_state(ssl_.get());
  }

  openssl_server(openssl_server const&) = delete;
  openssl_server& operator=(openssl_server const&) = delete;
  ~openssl_server() { keep_session(); }

  static std::shared_ptr<SSL_CTX> new_context(identity const& who, server_plan const& plan) {
    std::shared_ptr<SSL_CTX> const made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX* const context = made.get();
    SSL_CTX_set_min_proto_version(context, plan.lowest_version);
    SSL_CTX_set_max_proto_version(context, plan.highest_version);
    SSL_CTX_set_security_level(context, 0);  // weak certificates are for the client to refuse
    if (SSL_CTX_use_certificate(context, who.certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context, who.key.get()) != 1)
      throw std::runtime_error("the server has no certificate");
    for (X509* const link : plan.chain) SSL_CTX_add1_chain_cert(context, link);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, plan.session_cache);
    SSL_CTX_set_session_id_context(context, reinterpret_cast<unsigned char const*>("hub"), 3);
    judge_clients(context, plan);
    return made;
  }

  // Moves what the wire and OpenSSL have for each other. True when something moved.
  bool turn() noexcept {
    std::size_t moved = 0;
    std::array<std::uint8_t, 2048> chunk{};
    for (;;) {
      io_result const got = wire_.read_some(chunk);
      if (got.count == 0) break;
      moved += got.count;
      BIO_write(in_, chunk.data(), static_cast<int>(got.count));
    }
    for (;;) {
      if (held_.empty()) {
        int const count = BIO_read(out_, chunk.data(), static_cast<int>(chunk.size()));
        if (count <= 0) break;
        held_.assign(chunk.begin(), chunk.begin() + count);
      }
      io_result const put = wire_.write_some(held_);
      if (put.status == io_status::failed) held_.clear();
      if (put.count == 0) break;
      moved += put.count;
      held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(put.count));
    }
    return moved != 0;
  }

  // One step of the handshake; SSL_get_error's number, 0 when it is done.
  int handshake() {
    turn();
    ERR_clear_error();
    int const outcome = SSL_do_handshake(ssl_.get());
    int const number = outcome == 1 ? 0 : SSL_get_error(ssl_.get(), outcome);
    turn();
    return number;
  }

  io_result read_some(byte_span room) noexcept {
    if (room.empty()) return {};
    turn();
    ERR_clear_error();
    int const count = SSL_read(ssl_.get(), room.data(), static_cast<int>(room.size()));
    io_result const outcome = as_result(count);
    turn();
    return outcome;
  }
  io_result write_some(byte_view data) noexcept {
    if (data.empty()) return {};
    turn();
    if (!held_.empty() || BIO_ctrl_pending(out_) != 0) return {0, io_status::would_block, {}};
    ERR_clear_error();
    int const count = SSL_write(ssl_.get(), data.data(), static_cast<int>(data.size()));
    io_result const outcome = as_result(count);
    turn();
    return outcome;
  }
  // close_notify, and the wire stays open.
  void close() noexcept {
    SSL_shutdown(ssl_.get());
    turn();
  }

  bool client_sent_close_notify() const {
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  SSL* ssl() const { return ssl_.get(); }
  std::shared_ptr<SSL_CTX> context() const { return context_; }
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  std::string client_name() const {
    X509* const shown = SSL_get0_peer_certificate(ssl_.get());
    char name[100]{};
    if (shown != nullptr)
      X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name, sizeof name);
    return name;
  }

 private:
  // A connection that was lost is no reason to forget its session.
  void keep_session() { SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }

  static void judge_clients(SSL_CTX* context, server_plan const& plan) {
    int mode = plan.asks_for_certificate || plan.demands_certificate ? SSL_VERIFY_PEER : SSL_VERIFY_NONE;
    if (plan.demands_certificate) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(context, mode, nullptr);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context), static_cast<std::time_t>(today));
    if (plan.client_authority == nullptr) return;
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), plan.client_authority);
    SSL_CTX_add_client_CA(context, plan.client_authority);
  }

  io_result as_result(int count) const noexcept {
    if (count > 0) return {static_cast<std::size_t>(count), io_status::ok, {}};
    switch (SSL_get_error(ssl_.get(), count)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE: return {0, io_status::would_block, {}};
      case SSL_ERROR_ZERO_RETURN: return {0, io_status::closed, {}};
      default: return {0, io_status::failed, {errc::tls_failed, 0}};
    }
  }

  memory_pipe::end& wire_;
  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<SSL, freed_by<SSL_free>> ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  std::vector<std::uint8_t> held_{};  // taken from OpenSSL, not yet by the wire
};

}  // namespace hubwire::test

#endif
