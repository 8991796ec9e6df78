// SPDX-License-Identifier: BSL-1.0
// A TLS 1.2 and 1.3 client over any byte_stream, by OpenSSL 3: for gateways and PCs.
#ifndef HUBWIRE_TRANSPORT_OPENSSL_TLS_HPP
#define HUBWIRE_TRANSPORT_OPENSSL_TLS_HPP

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <limits>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/transport/byte_stream.hpp>
#include <hubwire/transport/tls_carrier.hpp>
#include <hubwire/transport/tls_stream.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

class openssl_engine;

}  // namespace detail

/// What a server and this client agreed on, for a shorter handshake next time. It holds a secret, which
/// OpenSSL wipes when the last reference to it goes. A server that resumes shows no certificate again, so
/// call clear() when the roots of the context change. A session is not used for another server name, nor
/// once the server's certificate has expired.
class openssl_session {
 public:
  openssl_session() noexcept = default;
  openssl_session(openssl_session const&) = delete;
  openssl_session& operator=(openssl_session const&) = delete;
  ~openssl_session() { clear(); }

  bool empty() const noexcept { return session_ == nullptr; }
  void clear() noexcept { keep(nullptr, {}); }

 private:
  friend class detail::openssl_engine;

  // Takes the reference over.
  void keep(SSL_SESSION* session, std::string_view name) noexcept {
    SSL_SESSION_free(session_);
    session_ = session;
    name_ = detail::server_name_copy(name);
  }

  SSL_SESSION* session_ = nullptr;
  detail::server_name_copy name_{};
};

/// What differs from one connection to the next.
struct openssl_handshake {
  /// The name that the certificate must be for; also sent as SNI. It is copied. A DNS name of at most 255
  /// characters without a port: letters, digits, - and _ between dots, no dot at either end. No IP address.
  std::string_view server_name{};
  std::uint64_t unix_time = 0;  ///< seconds since 1970, UTC; certificates are judged as of then
  /// Is resumed if the server agrees. At the end it holds the newest session that the server gave. It
  /// outlives the connection. Null: a whole handshake each time.
  openssl_session* session = nullptr;
  /// A chain of more certificates, a root at its end not counted, is refused. At least 1.
  std::uint8_t most_certificates = 8;
};

namespace detail {

class openssl_engine {
 public:
  // The most bytes of the application in a record, and what encryption adds.
  static constexpr std::size_t largest_fragment = 4096;
  static constexpr std::size_t largest_record = largest_fragment + 128;

  openssl_engine(tls_carrier& carrier, SSL_CTX& context) noexcept : carrier_(carrier), context_(context) {}
  openssl_engine(openssl_engine const&) = delete;
  openssl_engine& operator=(openssl_engine const&) = delete;
  ~openssl_engine() { release(); }

  result<void> start(openssl_handshake const& with) noexcept {
    if (with.most_certificates == 0) return errc::invalid_field;
    ERR_clear_error();
    kept_ = with.session;
    name_ = server_name_copy(with.server_name);
    if (make() && set_up(with)) return {};
    return error{errc::tls_failed, reason()};
  }

  // ok when it is done.
  io_result handshake() noexcept {
    ERR_clear_error();
    int const number = SSL_do_handshake(ssl_);
    return number == 1 ? io_result{} : outcome(number);
  }
  io_result decrypt(byte_span room) noexcept {
    ERR_clear_error();
    return outcome(SSL_read(ssl_, room.data(), as_int(room.size())));
  }
  io_result encrypt(byte_view data) noexcept {
    ERR_clear_error();
    return outcome(SSL_write(ssl_, data.data(), as_int(data.size())));
  }
  // False: call again.
  bool goodbye() noexcept {
    ERR_clear_error();
    return SSL_shutdown(ssl_) >= 0;
  }

  bool has_unread() const noexcept { return SSL_has_pending(ssl_) == 1; }
  bool resumed() const noexcept { return SSL_session_reused(ssl_) == 1; }

  // Why the server's certificate is not accepted. A server without one is not, whatever the context allows.
  error refusal() const noexcept {
    bool const has_certificate = SSL_get0_peer_certificate(ssl_) != nullptr;
    long const verdict = SSL_get_verify_result(ssl_);
    if (verdict == X509_V_OK)
      return has_certificate ? error{} : error{errc::tls_untrusted_certificate, X509_V_ERR_UNSPECIFIED};
    errc code = errc::tls_untrusted_certificate;
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH) code = errc::tls_wrong_server_name;
    if (verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID)
      code = errc::tls_certificate_expired;
    if (verdict == X509_V_ERR_CERT_CHAIN_TOO_LONG)
      return {errc::tls_chain_too_long, static_cast<std::uint32_t>(SSL_get_verify_depth(ssl_)) + 1};
    return {code, static_cast<std::uint32_t>(verdict)};
  }

  void end(errc why) noexcept {
    if (ssl_ != nullptr && kept_ != nullptr) keep_session(why);
    release();
  }

 private:
  static int as_int(std::size_t size) noexcept {
    constexpr std::size_t most = (std::numeric_limits<int>::max)();
    return static_cast<int>(size < most ? size : most);
  }
  static std::uint32_t reason() noexcept {
    return static_cast<std::uint32_t>(ERR_peek_error() & ERR_REASON_MASK);
  }

  bool make() noexcept {
    method_ = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "byte_stream");
    if (method_ == nullptr || BIO_meth_set_write(method_, &put) != 1 ||
        BIO_meth_set_read(method_, &get) != 1 || BIO_meth_set_ctrl(method_, &control) != 1)
      return false;
    ssl_ = SSL_new(&context_);
    BIO* const bio = BIO_new(method_);
    if (ssl_ == nullptr || bio == nullptr) {
      BIO_free(bio);
      return false;
    }
    BIO_set_data(bio, &carrier_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    return true;
  }

  // What the context may say otherwise, and must not for the guarantees of tls_stream.
  bool set_up(openssl_handshake const& with) noexcept {
    SSL_set_connect_state(ssl_);
    SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_clear_mode(ssl_, SSL_MODE_ASYNC);
    SSL_set_options(ssl_, SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_set_quiet_shutdown(ssl_, 0);
    SSL_set_read_ahead(ssl_, 0);
    if (SSL_set_max_send_fragment(ssl_, largest_fragment) != 1) return false;
    bool const is_old = SSL_get_min_proto_version(ssl_) < TLS1_2_VERSION;
    if (is_old && SSL_set_min_proto_version(ssl_, TLS1_2_VERSION) != 1) return false;

    SSL_set_verify(ssl_, SSL_VERIFY_PEER, nullptr);
    SSL_set_verify_depth(ssl_, with.most_certificates - 1);
    // A time that is set counts also where the context wants none.
    X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl_), static_cast<std::time_t>(with.unix_time));
    // The common name of a certificate without DNS names does not count.
    SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(ssl_, name_.text()) != 1 || SSL_set_tlsext_host_name(ssl_, name_.text()) != 1)
      return false;
    // A session that OpenSSL does not take is not resumed.
    if (may_resume(static_cast<std::time_t>(with.unix_time))) SSL_set_session(ssl_, kept_->session_);
    return true;
  }

  bool may_resume(std::time_t now) const noexcept {
    if (kept_ == nullptr || kept_->empty() || kept_->name_.view() != name_.view()) return false;
    X509 const* const server = SSL_SESSION_get0_peer(kept_->session_);
    return server != nullptr && X509_cmp_time(X509_get0_notAfter(server), &now) > 0;
  }

  io_result outcome(int number) const noexcept {
    if (number > 0) return moved(static_cast<std::size_t>(number));
    switch (SSL_get_error(ssl_, number)) {
      case SSL_ERROR_SSL:
      case SSL_ERROR_SYSCALL: break;
      case SSL_ERROR_ZERO_RETURN: return ended();
      default: return blocked();
    }
    if (SSL_get_verify_result(ssl_) != X509_V_OK) return broken(refusal());
    return broken({errc::tls_failed, reason()});
  }

  // A connection that was cut may be resumed: TLS 1.2 and later allow it. OpenSSL forbids it unless it
  // believes that both have said goodbye. After a failure of TLS itself there is nothing to resume.
  void keep_session(errc why) noexcept {
    if (blames_tls(why)) return kept_->clear();
    if (SSL_is_init_finished(ssl_) != 1) return;
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_SESSION* const session = SSL_get1_session(ssl_);
    if (session != nullptr && SSL_SESSION_is_resumable(session) == 1)
      return kept_->keep(session, name_.view());
    SSL_SESSION_free(session);
  }

  // OpenSSL wipes keys and what it decrypted, and leaves nothing in the thread's queue of errors.
  void release() noexcept {
    SSL_free(ssl_);
    BIO_meth_free(method_);
    ssl_ = nullptr;
    method_ = nullptr;
    ERR_clear_error();
  }

  static int put(BIO* bio, char const* data, int size) noexcept {
    auto& carrier = *static_cast<tls_carrier*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (size <= 0) return 0;
    std::size_t const count =
        carrier.take({reinterpret_cast<std::uint8_t const*>(data), static_cast<std::size_t>(size)});
    if (count != 0) return static_cast<int>(count);
    BIO_set_retry_write(bio);
    return -1;
  }
  static int get(BIO* bio, char* room, int size) noexcept {
    auto& carrier = *static_cast<tls_carrier*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (size <= 0) return 0;
    io_result const got =
        carrier.receive({reinterpret_cast<std::uint8_t*>(room), static_cast<std::size_t>(size)});
    if (got.count != 0) return static_cast<int>(got.count);
    if (got.status == io_status::would_block) BIO_set_retry_read(bio);
    return -1;
  }
  static long control(BIO*, int command, long, void*) noexcept { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  tls_carrier& carrier_;
  SSL_CTX& context_;
  BIO_METHOD* method_ = nullptr;
  SSL* ssl_ = nullptr;
  openssl_session* kept_ = nullptr;
  server_name_copy name_{};
};

}  // namespace detail

/// A tls_stream by OpenSSL 3. The context is the caller's: roots, the client's own certificate and key,
/// ciphers, the highest version. This class sees to the rest, whatever the context says: at least TLS 1.2,
/// the server's certificate and name, no renegotiation. Several connections may share a context.
///
/// The object takes 5 kB. OpenSSL allocates about 37 kB more for each connection, and 67 kB during the
/// handshake; where it gets no memory, start() or the handshake fails with tls_failed. It takes its random
/// bytes from the system.
///
/// details, among others: of tls_untrusted_certificate 18 to 20, the chain leads to no root; of tls_failed
/// OpenSSL's reason, 1,000 and the alert for an alert that the server sent.
///
/// After each end OpenSSL wipes the keys and what it decrypted, and frees them. What it leaves on the stack
/// is not wiped. A callback of the context for verification is called, but what it allows against OpenSSL's
/// verdict is refused, unless it changes the verdict (X509_STORE_CTX_set_error). A context whose verification
/// is replaced (SSL_CTX_set_cert_verify_callback) decides alone, also about the name and the dates.
template <byte_stream Lower>
class openssl_tls final : public tls_stream<Lower, detail::openssl_engine> {
 public:
  /// lower and context outlive this object. Nobody else reads or writes lower between start() and the end.
  openssl_tls(Lower& lower, SSL_CTX& context) noexcept
      : tls_stream<Lower, detail::openssl_engine>(lower, context) {}

  /// Begins a handshake. Nothing is sent before the first read_some or write_some. An earlier connection is
  /// closed, so a reconnect is start() again. Errors, which the stream then reports as well: clock_not_set
  /// (before 2020), invalid_field (what openssl_handshake does not allow), tls_failed.
  result<void> start(openssl_handshake const& with) noexcept { return this->begin(with); }
};

}}  // namespace hubwire

#endif
