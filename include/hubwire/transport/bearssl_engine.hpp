// SPDX-License-Identifier: BSL-1.0
// How bearssl_tls sets BearSSL up, with what differs from one connection to the next.
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
#include <hubwire/transport/bearssl_hello.hpp>
#include <hubwire/transport/bearssl_trust.hpp>
#include <hubwire/transport/bearssl_x509.hpp>

namespace hubwire { inline namespace abi1 {

/// Memory for TLS records. It outlives the connection and belongs to it alone. 34 kB are safe with every
/// server: a server may send records of 16 kB, and one that does not fit into input ends the connection
/// with tls_failed (detail 6). A smaller input makes BearSSL ask the server for smaller records: the largest
/// maximum fragment length of RFC 6066 that fits, 512 to 4,096 bytes. OpenSSL does as asked;
/// bearssl_tls::max_fragment_length() says whether a server did. Azure IoT Hub is reported not to: with a
/// small input, a C2D message or a twin larger than input - 325 bytes may cut a device off. Output holds one
/// record of output - 85 bytes at most; its size only affects speed. A server that agreed gets no record
/// longer than that either.
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
  template <class Options>
  result<void> start(trust_anchors anchors, tls_buffers const& buffers, tls_handshake const& with,
                     Options const& options) noexcept {
    if (auto const usable = check(anchors, buffers, with); !usable) return usable;
    char name[longest_name + 1]{};
    std::memcpy(name, with.server_name.data(), with.server_name.size());

    br_ssl_client_zero(&client_);
    options.set_up(client_);
    check_.start(client_.eng, anchors, with.unix_time, with.most_certificates);
    br_ssl_engine_set_buffers_bidi(engine(), buffers.input.data(), buffers.input.size(),
                                   buffers.output.data(), buffers.output.size());
    ask_for_fragments_of(buffers.input.size());
    hello_ = {};
    br_ssl_engine_inject_entropy(engine(), with.entropy.data(), with.entropy.size());
    options.offer_session(client_, anchors, with.server_name, with.unix_time);
    if (br_ssl_client_reset(&client_, name, 1) != 0) return {};  // 1: offers a session if there is one
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

  // Hands bytes from the server to BearSSL. They lie where it wants them.
  void take(byte_view record) noexcept {
    hello_.take(record);
    br_ssl_engine_recvrec_ack(engine(), record.size());
    // Holds for records that begin from now on. None begins before the whole ServerHello is here.
    std::uint16_t const agreed = max_fragment_length();
    client_.eng.max_frag_len = agreed != 0 ? agreed : longest_fragment;
  }
  // As bearssl_tls::max_fragment_length().
  std::uint16_t max_fragment_length() const noexcept { return hello_.max_fragment_length(); }

  void wipe_all() noexcept {
    wipe(memory_of(client_));
    wipe(memory_of(check_));
  }

 private:
  static constexpr std::size_t longest_name = 255;
  static constexpr std::uint16_t longest_fragment = 16'384;

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

  // BearSSL chooses one length for both directions, by the smaller of the two buffers. The server is asked
  // for records that fit into input, and for nothing if input takes all.
  void ask_for_fragments_of(std::size_t input) noexcept {
    unsigned log = 14;
    while ((std::size_t{1} << log) + (tls_buffers::least_input - 512) > input) --log;
    if (log == 13) log = 12;  // RFC 6066 has no code for 8,192
    client_.eng.log_max_frag_len = static_cast<unsigned char>(log);
    client_.eng.max_frag_len = static_cast<std::uint16_t>(1U << log);
  }

  br_ssl_client_context client_{};
  certificate_check check_{};
  server_hello_scan hello_{};
};

}  // namespace detail

}}  // namespace hubwire

#endif
