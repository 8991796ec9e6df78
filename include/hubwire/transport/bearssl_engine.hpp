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
#include <hubwire/transport/bearssl_x509.hpp>

namespace hubwire { inline namespace abi1 {

/// Memory for TLS records. It outlives the connection and belongs to it alone. 34 kB are safe with every
/// server: a server may send records of 16 kB, and one that does not fit into input ends the connection
/// with tls_failed (detail 6). Smaller buffers make BearSSL ask the server for smaller records (RFC 6066,
/// 512 to 4,096 bytes). OpenSSL does as asked. Azure IoT Hub is reported not to: with a small input, a C2D
/// message or a twin larger than input - 325 bytes may cut a device off. The size of output only affects
/// speed.
struct tls_buffers {
  static constexpr std::size_t full_input = BR_SSL_BUFSIZE_INPUT;    // 16,709
  static constexpr std::size_t full_output = BR_SSL_BUFSIZE_OUTPUT;  // 16,469
  static constexpr std::size_t least_input = 512 + 325;
  static constexpr std::size_t least_output = 512 + 85;

  byte_span input{};
  byte_span output{};
};

/// What differs from one connection to the next.
struct tls_handshake {
  static constexpr std::size_t least_entropy = 32;

  /// The name that the certificate must be for; also sent as SNI. It is copied. A DNS name of at most 255
  /// characters without a port: letters, digits, - and _ between dots, no dot at either end. No IP address:
  /// BearSSL does not match those.
  std::string_view server_name{};
  std::uint64_t unix_time = 0;  // seconds since 1970, UTC; certificates are judged as of then
  byte_view entropy{};          // from a true random generator, new for each connection; not kept
  /// A server with more certificates in its chain is refused. At least 1. Each certificate costs up to two
  /// signature checks before it is known who the server is.
  std::uint8_t most_certificates = 8;
};

namespace detail {

// A clock that shows a time before 2020 has not been set.
inline constexpr std::uint64_t start_of_2020 = 1'577'836'800;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c, char last) noexcept {
  char const lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= last;
}
constexpr bool is_name_character(char c) noexcept {
  return is_digit(c) || is_letter(c, 'z') || c == '-' || c == '_';
}

// Whether label is all digits, or 0x and hexadecimal digits. The last label of an IPv4 address is, in any
// notation.
constexpr bool is_number(std::string_view label) noexcept {
  bool const hexadecimal = begins_with(label, "0x") || begins_with(label, "0X");
  for (char const c : hexadecimal ? drop(label, 2) : label)
    if (!is_digit(c) && !(hexadecimal && is_letter(c, 'f'))) return false;
  return true;
}

// Whether name is labels of letters, digits, - and _ with one dot between them. The last label is no
// number.
constexpr bool is_dns_name(std::string_view name) noexcept {
  for (std::string_view rest = name;;) {
    std::string_view const label = first(rest, index_of(rest, '.'));
    for (char const c : label)
      if (!is_name_character(c)) return false;
    if (label.empty()) return false;
    if (label.size() == rest.size()) return !is_number(label);
    rest = drop(rest, label.size() + 1);
  }
}

// BearSSL's contexts. They point into each other and to their owner's trust anchors.
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
    check_.start(client_.eng, anchors, with.unix_time, with.most_certificates);
    br_ssl_engine_set_buffers_bidi(engine(), buffers.input.data(), buffers.input.size(),
                                   buffers.output.data(), buffers.output.size());
    br_ssl_engine_inject_entropy(engine(), with.entropy.data(), with.entropy.size());
    if (br_ssl_client_reset(&client_, name, 0) != 0) return {};
    return as_error(last_error());
  }

  br_ssl_engine_context* engine() noexcept { return &client_.eng; }
  unsigned state() const noexcept { return br_ssl_engine_current_state(&client_.eng); }
  int last_error() const noexcept { return br_ssl_engine_last_error(&client_.eng); }
  // Whether the peer has sent close_notify.
  bool peer_closed() const noexcept { return client_.eng.shutdown_recv != 0; }

  // Whether received records are encrypted. Before that, BearSSL can be given a record in pieces.
  bool encrypts_input() const noexcept { return client_.eng.incrypt != 0; }

  certificate_check& certificates() noexcept { return check_; }

  void wipe_all() noexcept {
    wipe(memory_of(client_));
    wipe(memory_of(check_));
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
    if (name.size() > longest_name || !is_dns_name(name)) return errc::invalid_field;
    if (with.entropy.size() < tls_handshake::least_entropy) return errc::invalid_field;
    if (with.most_certificates == 0) return errc::invalid_field;
    if (anchors.empty()) return errc::missing_field;
    if (with.unix_time < start_of_2020) return errc::clock_not_set;
    if (with.unix_time / 86'400 >
        (std::numeric_limits<std::uint32_t>::max)() - certificate_check::days_to_1970)
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

  br_ssl_client_context client_{};
  certificate_check check_{};
};

}  // namespace detail

}}  // namespace hubwire

#endif
