// SPDX-License-Identifier: BSL-1.0
// How bearssl_tls sets BearSSL up: TLS 1.2 only, forward secrecy and AEAD only, certificates checked.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_ENGINE_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_ENGINE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include <bearssl.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/core/wipe.hpp>
#include <hubwire/transport/bearssl_trust.hpp>

namespace hubwire::inline HUBWIRE_ABI {

// Memory for TLS records, 34 kB to be safe with every server: it outlives the connection and belongs to
// it alone. A server may send records of 16 kB; one that does not fit into input ends the connection with
// tls_failed (detail 6). Smaller buffers make BearSSL ask the server for smaller records (RFC 6066, 512 to
// 4,096 bytes). OpenSSL does as asked; Azure IoT Hub is reported not to, so with a small input a C2D
// message or a twin larger than input - 325 bytes may cut a device off. The size of output is a matter of
// speed only.
struct tls_buffers {
  static constexpr std::size_t full_input = BR_SSL_BUFSIZE_INPUT;    // 16,709
  static constexpr std::size_t full_output = BR_SSL_BUFSIZE_OUTPUT;  // 16,469
  static constexpr std::size_t least_input = 512 + 325;
  static constexpr std::size_t least_output = 512 + 85;

  byte_span input{};
  byte_span output{};
};

// What differs from one connection to the next.
struct tls_handshake {
  static constexpr std::size_t least_entropy = 32;

  // The name that the certificate must be for, also sent as SNI: at most 255 characters, copied. A DNS
  // name; BearSSL does not match IP addresses.
  std::string_view server_name{};
  std::uint64_t unix_time = 0;  // seconds since 1970, UTC; certificates are judged as of then
  byte_view entropy{};          // from a true random generator, new for each connection; not kept
};

namespace detail {

// Before 2020 no clock is right.
inline constexpr std::uint64_t start_of_2020 = 1'577'836'800;

constexpr error tls_error(errc code, int number) noexcept {
  return {code, static_cast<std::uint32_t>(number)};
}

// BearSSL's number as an error: 32 to 63 are about certificates.
constexpr error as_error(int number) noexcept {
  if (number == BR_ERR_X509_BAD_SERVER_NAME) return tls_error(errc::tls_wrong_server_name, number);
  if (number == BR_ERR_X509_EXPIRED) return tls_error(errc::tls_certificate_expired, number);
  bool const certificate = number > BR_ERR_X509_OK && number < 64;
  return tls_error(certificate ? errc::tls_untrusted_certificate : errc::tls_failed, number);
}

// BearSSL's contexts, which point into each other and to their owner's trust anchors.
class bearssl_engine {
 public:
  bearssl_engine() noexcept = default;
  bearssl_engine(bearssl_engine const&) = delete;
  bearssl_engine& operator=(bearssl_engine const&) = delete;
  ~bearssl_engine() { wipe_all(); }

  // Begins a handshake. Errors: those of bearssl_tls::start.
  result<void> start(trust_anchors anchors, tls_buffers const& buffers, tls_handshake const& with) noexcept {
    if (auto const usable = check(anchors, buffers, with); !usable) return usable;
    char name[longest_name + 1]{};
    std::memcpy(name, with.server_name.data(), with.server_name.size());

    br_ssl_client_zero(&client_);
    set_algorithms();
    set_validation(anchors, with.unix_time);
    br_ssl_engine_set_buffers_bidi(engine(), buffers.input.data(), buffers.input.size(),
                                   buffers.output.data(), buffers.output.size());
    br_ssl_engine_inject_entropy(engine(), with.entropy.data(), with.entropy.size());
    if (br_ssl_client_reset(&client_, name, 0) != 0) return {};
    return as_error(last_error());
  }

  br_ssl_engine_context* engine() noexcept { return &client_.eng; }
  unsigned state() const noexcept { return br_ssl_engine_current_state(&client_.eng); }
  int last_error() const noexcept { return br_ssl_engine_last_error(&client_.eng); }
  // The peer has sent close_notify.
  bool peer_closed() const noexcept { return client_.eng.shutdown_recv != 0; }

  // BearSSL matches the subject's common name when a certificate has no subject alternative name. That
  // has been obsolete for long (RFC 6125 §6.4.4) and is refused here: true only if there was a DNS name.
  // Only after the chain was accepted.
  bool certificate_names_a_host() const noexcept { return dns_name_.status != 0; }

  void wipe_all() noexcept {
    wipe(memory_of(client_));
    wipe(memory_of(validation_));
    wipe(memory_of(dns_name_));
  }

 private:
  static constexpr std::size_t longest_name = 255;

  template <class Context>
  static byte_span memory_of(Context& context) noexcept {
    return {reinterpret_cast<std::uint8_t*>(&context), sizeof context};
  }

  static result<void> check(trust_anchors anchors, tls_buffers const& buffers,
                            tls_handshake const& with) noexcept {
    std::string_view const name = with.server_name;
    bool const name_fits = !name.empty() && name.size() <= longest_name;
    if (!name_fits || index_of(name, '\0') != name.size()) return errc::invalid_field;
    if (with.entropy.size() < tls_handshake::least_entropy) return errc::invalid_field;
    if (anchors.empty()) return errc::missing_field;
    if (with.unix_time < start_of_2020) return errc::clock_not_set;
    if (with.unix_time / 86'400 > std::numeric_limits<std::uint32_t>::max() - days_to_1970)
      return errc::invalid_field;
    if (buffers.input.size() < tls_buffers::least_input)
      return error{errc::buffer_too_small, tls_buffers::least_input};
    if (buffers.output.size() < tls_buffers::least_output)
      return error{errc::buffer_too_small, tls_buffers::least_output};
    return {};
  }

  void set_algorithms() noexcept {
    static constexpr std::uint16_t suites[] = {
        BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,       BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,       BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    };
    br_ssl_engine_set_versions(engine(), BR_TLS12, BR_TLS12);
    br_ssl_engine_set_suites(engine(), suites, sizeof suites / sizeof suites[0]);
    br_ssl_engine_set_default_rsavrfy(engine());
    br_ssl_engine_set_default_ecdsa(engine());
    br_ssl_engine_set_default_aes_gcm(engine());
    br_ssl_engine_set_default_chapol(engine());
    br_ssl_engine_set_hash(engine(), br_sha256_ID, &br_sha256_vtable);
    br_ssl_engine_set_hash(engine(), br_sha384_ID, &br_sha384_vtable);
    br_ssl_engine_set_hash(engine(), br_sha512_ID, &br_sha512_vtable);
    br_ssl_engine_set_prf_sha256(engine(), &br_tls12_sha256_prf);
    br_ssl_engine_set_prf_sha384(engine(), &br_tls12_sha384_prf);
    br_ssl_engine_add_flags(engine(), BR_OPT_NO_RENEGOTIATION);
  }

  void set_validation(trust_anchors anchors, std::uint64_t unix_time) noexcept {
    // SHA-256 is what BearSSL compares names with.
    br_x509_minimal_init(&validation_, &br_sha256_vtable, anchors.data(), anchors.size());
    br_x509_minimal_set_rsa(&validation_, br_ssl_engine_get_rsavrfy(engine()));
    br_x509_minimal_set_ecdsa(&validation_, br_ssl_engine_get_ec(engine()),
                              br_ssl_engine_get_ecdsa(engine()));
    br_x509_minimal_set_hash(&validation_, br_sha256_ID, &br_sha256_vtable);
    br_x509_minimal_set_hash(&validation_, br_sha384_ID, &br_sha384_vtable);
    br_x509_minimal_set_hash(&validation_, br_sha512_ID, &br_sha512_vtable);
    br_x509_minimal_set_minrsa(&validation_, 2048 / 8);
    br_x509_minimal_set_time(&validation_, static_cast<std::uint32_t>(unix_time / 86'400) + days_to_1970,
                             static_cast<std::uint32_t>(unix_time % 86'400));
    dns_name_ = {any_dns_name, name_start_, sizeof name_start_, 0};
    br_x509_minimal_set_name_elements(&validation_, &dns_name_, 1);
    br_ssl_engine_set_x509(engine(), &validation_.vtable);
  }

  static constexpr std::uint32_t days_to_1970 = 719'528;   // from 0000-01-01
  static constexpr unsigned char any_dns_name[] = {0, 2};  // BearSSL's code for SAN dNSName

  br_ssl_client_context client_{};
  br_x509_minimal_context validation_{};
  br_name_element dns_name_{};
  char name_start_[1]{};
};

}  // namespace detail

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
