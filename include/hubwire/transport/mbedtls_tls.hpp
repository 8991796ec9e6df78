// SPDX-License-Identifier: BSL-1.0
// A TLS 1.2 client over any byte_stream, by mbedTLS 2.28: what ESP-IDF, Zephyr and STM32 bring along.
#ifndef HUBWIRE_TRANSPORT_MBEDTLS_TLS_HPP
#define HUBWIRE_TRANSPORT_MBEDTLS_TLS_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/transport/byte_stream.hpp>
#include <hubwire/transport/tls_carrier.hpp>
#include <hubwire/transport/tls_stream.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

class mbedtls_engine;

}  // namespace detail

/// What a server and this client agreed on, for a shorter handshake next time. It holds a secret, which
/// clear() and the destructor wipe. A server that resumes shows no certificate again, so call clear() when
/// the roots change. A session is not used for another server name, nor once the server's certificate has
/// expired. mbedTLS keeps a ticket on the heap, and the server's certificate if it is built with
/// MBEDTLS_SSL_KEEP_PEER_CERTIFICATE.
class mbedtls_session {
 public:
  mbedtls_session() noexcept { mbedtls_ssl_session_init(&session_); }
  mbedtls_session(mbedtls_session const&) = delete;
  mbedtls_session& operator=(mbedtls_session const&) = delete;
  ~mbedtls_session() { mbedtls_ssl_session_free(&session_); }

  bool empty() const noexcept { return name_.view().empty(); }
  void clear() noexcept {
    mbedtls_ssl_session_free(&session_);
    mbedtls_ssl_session_init(&session_);
    name_ = {};
  }

 private:
  friend class detail::mbedtls_engine;

  void keep(mbedtls_ssl_context const& ssl, std::string_view name, std::int64_t valid_to) noexcept {
    clear();
    if (mbedtls_ssl_get_session(&ssl, &session_) != 0) return clear();
    name_ = detail::server_name_copy(name);
    valid_to_ = valid_to;
  }

  mbedtls_ssl_session session_{};
  detail::server_name_copy name_{};
  std::int64_t valid_to_ = 0;  // the server's certificate
};

/// What differs from one connection to the next.
struct mbedtls_handshake {
  /// The name that the certificate must be for; also sent as SNI. It is copied. A DNS name of at most 255
  /// characters without a port: letters, digits, - and _ between dots, no dot at either end. No IP address.
  std::string_view server_name{};
  /// Seconds since 1970, UTC. Certificates are judged as of then in every build, also in one without
  /// MBEDTLS_HAVE_TIME_DATE, in which mbedTLS alone would accept expired ones. Its own clock does not count.
  std::uint64_t unix_time = 0;
  /// Is resumed if the server agrees, and holds the new session after the handshake. It outlives the
  /// connection. Null: a whole handshake each time.
  mbedtls_session* session = nullptr;
};

namespace detail {

// Seconds since 1970. The days of a year count from March, so that the odd day comes last.
constexpr std::int64_t seconds_to(mbedtls_x509_time const& date) noexcept {
  std::int64_t const year = date.year - (date.mon <= 2 ? 1 : 0);
  std::int64_t const month = date.mon + (date.mon <= 2 ? 9 : -3);
  std::int64_t const day_of_year = (153 * month + 2) / 5 + date.day - 1;
  std::int64_t const days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719'468;
  return ((days * 24 + date.hour) * 60 + date.min) * 60 + date.sec;
}

class mbedtls_engine {
 public:
  // The most bytes of the application in a record, and what encryption adds.
  static constexpr std::size_t largest_fragment = 1024;
  static constexpr std::size_t largest_record = largest_fragment + 128;

  mbedtls_engine(tls_carrier& carrier, mbedtls_ssl_config& config) noexcept
      : carrier_(carrier), config_(config) {
    mbedtls_ssl_init(&ssl_);
  }
  mbedtls_engine(mbedtls_engine const&) = delete;
  mbedtls_engine& operator=(mbedtls_engine const&) = delete;
  ~mbedtls_engine() { mbedtls_ssl_free(&ssl_); }

  result<void> start(mbedtls_handshake const& with) noexcept {
    kept_ = with.session;
    name_ = server_name_copy(with.server_name);
    time_ = static_cast<std::int64_t>(with.unix_time);
    saw_certificate_ = false;
    set_up_config();
    int number = mbedtls_ssl_setup(&ssl_, &config_);
    if (number == 0) number = mbedtls_ssl_set_hostname(&ssl_, name_.text());
    if (number != 0) return error{errc::tls_failed, detail_of(number)};
    mbedtls_ssl_set_bio(&ssl_, &carrier_, &put, &get, nullptr);
    mbedtls_ssl_set_verify(&ssl_, &check, this);
    bool const fits = kept_ != nullptr && kept_->name_.view() == name_.view() && time_ <= kept_->valid_to_;
    may_resume_ = fits && mbedtls_ssl_set_session(&ssl_, &kept_->session_) == 0;
    valid_to_ = fits ? kept_->valid_to_ : 0;
    return {};
  }

  // One message of the handshake; ok when it is done.
  io_result handshake() noexcept {
    int const number = mbedtls_ssl_handshake_step(&ssl_);
    if (number != 0) return outcome(number);
    if (!is_handshake_over()) {
      carrier_.stop();
      return blocked();
    }
    if (kept_ != nullptr && refusal().code == errc::none) kept_->keep(ssl_, name_.view(), valid_to_);
    return {};
  }
  io_result decrypt(byte_span room) noexcept {
    int const number = mbedtls_ssl_read(&ssl_, room.data(), room.size());
    if (number != 0) return outcome(number);
    if (carrier_.has_ended()) return broken(carrier_.loss());
    carrier_.stop();  // records without content
    return blocked();
  }
  io_result encrypt(byte_view data) noexcept {
    std::size_t const count = data.size() < largest_fragment ? data.size() : largest_fragment;
    return outcome(mbedtls_ssl_write(&ssl_, data.data(), count));
  }
  // False: call again.
  bool goodbye() noexcept { return mbedtls_ssl_close_notify(&ssl_) != MBEDTLS_ERR_SSL_WANT_WRITE; }

  bool has_unread() const noexcept {
    return mbedtls_ssl_get_bytes_avail(&ssl_) != 0 || mbedtls_ssl_check_pending(&ssl_) != 0;
  }
  // mbedTLS does not say. Without a certificate that was looked at, there was a session.
  bool resumed() const noexcept { return !saw_certificate_; }

  // Why the server's certificate is not accepted. A server that shows none has to resume a session.
  error refusal() const noexcept {
    constexpr std::uint32_t dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
    std::uint32_t const faults = mbedtls_ssl_get_verify_result(&ssl_);
    if (faults == 0 && (saw_certificate_ || may_resume_)) return {};
    if (faults == 0) return {errc::tls_untrusted_certificate, MBEDTLS_X509_BADCERT_MISSING};
    if ((faults & ~dates) == 0) return {errc::tls_certificate_expired, faults};
    if (faults == MBEDTLS_X509_BADCERT_CN_MISMATCH) return {errc::tls_wrong_server_name, faults};
    return {errc::tls_untrusted_certificate, faults};
  }

  // mbedTLS wipes keys and buffers.
  void end(errc why) noexcept {
    if (kept_ != nullptr && blames_tls(why)) kept_->clear();
    mbedtls_ssl_free(&ssl_);
    mbedtls_ssl_init(&ssl_);
    kept_ = nullptr;
  }

 private:
  static std::uint32_t detail_of(int number) noexcept { return static_cast<std::uint32_t>(-number); }

  // What the config may say otherwise, and must not for the guarantees of tls_stream.
  void set_up_config() noexcept {
    mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_REQUIRED);
#if MBEDTLS_VERSION_MAJOR < 3
    mbedtls_ssl_conf_min_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    mbedtls_ssl_conf_renegotiation(&config_, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
  }

#if MBEDTLS_VERSION_MAJOR < 3
  bool is_handshake_over() const noexcept { return ssl_.state == MBEDTLS_SSL_HANDSHAKE_OVER; }
  int ask_owner(mbedtls_x509_crt* certificate, int depth, std::uint32_t* faults) const noexcept {
    return config_.f_vrfy == nullptr ? 0 : config_.f_vrfy(config_.p_vrfy, certificate, depth, faults);
  }
#else
  bool is_handshake_over() noexcept { return mbedtls_ssl_is_handshake_over(&ssl_) != 0; }
  int ask_owner(mbedtls_x509_crt* certificate, int depth, std::uint32_t* faults) const noexcept {
    auto const ask = config_.MBEDTLS_PRIVATE(f_vrfy);
    return ask == nullptr ? 0 : ask(config_.MBEDTLS_PRIVATE(p_vrfy), certificate, depth, faults);
  }
#endif

  io_result outcome(int number) const noexcept {
    if (number > 0) return moved(static_cast<std::size_t>(number));
    if (number == MBEDTLS_ERR_SSL_WANT_READ || number == MBEDTLS_ERR_SSL_WANT_WRITE) return blocked();
    if (number == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return ended();
#if defined(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
    if (number == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
      carrier_.stop();
      return blocked();
    }
#endif
    std::uint32_t const faults = mbedtls_ssl_get_verify_result(&ssl_);
    if (faults != 0 && ~faults != 0) return broken(refusal());
    bool const is_about_certificates = number > -0x3080 && number <= -0x2080;
    return broken(
        {is_about_certificates ? errc::tls_untrusted_certificate : errc::tls_failed, detail_of(number)});
  }

  // Called for each certificate of a chain, the root first, with what mbedTLS found. Its clock may not be
  // set, and it takes a common name where there is no alternative name.
  static int check(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* faults) noexcept {
    auto& me = *static_cast<mbedtls_engine*>(self);
    me.saw_certificate_ = true;
    *faults &= ~std::uint32_t{MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE};
    std::uint32_t const wrong_name = *faults & MBEDTLS_X509_BADCERT_CN_MISMATCH;
    int const number = me.ask_owner(certificate, depth, faults);
    *faults |= wrong_name;
    if (me.time_ > seconds_to(certificate->valid_to)) *faults |= MBEDTLS_X509_BADCERT_EXPIRED;
    if (me.time_ < seconds_to(certificate->valid_from)) *faults |= MBEDTLS_X509_BADCERT_FUTURE;
    if (depth == 0) me.valid_to_ = seconds_to(certificate->valid_to);
    bool const has_names = certificate->subject_alt_names.buf.p != nullptr;
    if (depth == 0 && !has_names) *faults |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    return number;
  }

  static int put(void* carrier, unsigned char const* data, std::size_t size) noexcept {
    std::size_t const count = static_cast<tls_carrier*>(carrier)->take({data, size});
    return count != 0 ? static_cast<int>(count) : MBEDTLS_ERR_SSL_WANT_WRITE;
  }
  static int get(void* carrier, unsigned char* room, std::size_t size) noexcept {
    io_result const got = static_cast<tls_carrier*>(carrier)->receive({room, size});
    if (got.count != 0) return static_cast<int>(got.count);
    return got.status == io_status::would_block ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_CONN_EOF;
  }

  tls_carrier& carrier_;
  mbedtls_ssl_config& config_;
  mbedtls_ssl_context ssl_{};
  mbedtls_session* kept_ = nullptr;
  server_name_copy name_{};
  std::int64_t time_ = 0;
  std::int64_t valid_to_ = 0;  // the server's certificate
  bool may_resume_ = false;
  bool saw_certificate_ = false;
};

}  // namespace detail

/// A tls_stream by mbedTLS 2.28, or by 3.2 and later, whose TLS 1.3 needs a psa_crypto_init() before.
/// Sessions are resumed with TLS 1.2 only. The config is the caller's: roots, the client's own certificate
/// and key, ciphers, and mbedtls_ssl_conf_rng with any source of random bytes. This class sees to the rest,
/// and start() writes it into the config: at least TLS 1.2, a certificate that is verified, no renegotiation.
/// Several connections may share a config.
///
/// The object takes 3 kB. mbedTLS allocates about 39 kB more for each connection, and 47 kB during the
/// handshake; 33 kB of it are two buffers for records, which MBEDTLS_SSL_IN_CONTENT_LEN and
/// MBEDTLS_SSL_OUT_CONTENT_LEN make smaller. Where it gets no memory, start() or the handshake fails with
/// tls_failed.
///
/// details: of errors about certificates mbedTLS's flags (MBEDTLS_X509_BADCERT_..., 8: the chain leads to no
/// root), or its error number without the minus sign; of tls_failed that number. mbedTLS does not say which
/// alert the server sent (0x7780). A chain with more than MBEDTLS_X509_MAX_INTERMEDIATE_CA certificates is
/// tls_untrusted_certificate. Name constraints are not checked: a certificate in which they are marked
/// critical is refused, others are accepted.
///
/// After each end mbedTLS wipes keys and buffers, and frees them. What it leaves on the stack is not wiped.
/// A callback of the config for verification, such as ESP-IDF's bundle of roots sets, is called first: it
/// may lift what mbedTLS found, but neither a wrong name nor wrong dates.
template <byte_stream Lower>
class mbedtls_tls final : public tls_stream<Lower, detail::mbedtls_engine> {
 public:
  /// lower and config outlive this object. Nobody else reads or writes lower between start() and the end.
  mbedtls_tls(Lower& lower, mbedtls_ssl_config& config) noexcept
      : tls_stream<Lower, detail::mbedtls_engine>(lower, config) {}

  /// Begins a handshake. Nothing is sent before the first read_some or write_some. An earlier connection is
  /// closed, so a reconnect is start() again. Errors, which the stream then reports as well: clock_not_set
  /// (before 2020), invalid_field (what mbedtls_handshake does not allow), tls_failed.
  result<void> start(mbedtls_handshake const& with) noexcept { return this->begin(with); }
};

}}  // namespace hubwire

#endif
