// SPDX-License-Identifier: BSL-1.0
// What BearSSL's error numbers mean, for errors of bearssl_tls. Only programs that call it hold its words.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_EXPLAIN_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_EXPLAIN_HPP

#include <cstdint>
#include <string_view>

#include <bearssl.h>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/explain.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// What an alert means that the server sent. Empty for the rare ones.
// RFC 5246 §7.2.2, RFC 6066 §9, RFC 8446 §6.2.
constexpr std::string_view explain_alert(std::uint32_t alert) noexcept {
  switch (alert) {
    case 40:
      return "The server found nothing in common: hubwire offers ECDHE with AES-GCM or ChaCha20-Poly1305 "
             "only, and with ecdsa_only no RSA. Some servers also say this when they want a client "
             "certificate.";
    case 42:
    case 43:
    case 44:
    case 45:
    case 46:
    case 48:
    case 116:
      return "The server wants a client certificate, or another one, or does not know who issued this one. "
             "Ask "
             "its operator.";
    case 49: return "The server does not let this client in. Ask its operator.";
    case 70:
      return "The server does not speak TLS 1.2, most likely 1.3 only, which hubwire does not do. Let it "
             "speak both.";
    case 71: return "The server wants stronger cryptography than hubwire offers.";
    case 80: return "The server failed by itself. Look at its log, and try again later.";
    case 112: return "The server does not know the name that it was asked for. Check the host name.";
    default: return {};
  }
}

constexpr std::string_view explain_handshake(std::uint32_t number) noexcept {
  switch (number) {
    case BR_ERR_UNSUPPORTED_VERSION:
    case BR_ERR_BAD_VERSION:
    case BR_ERR_UNKNOWN_TYPE:
      return "What came is no TLS 1.2. Is this a port for plain MQTT or HTTP, or a server that stops at TLS "
             "1.1?";
    case BR_ERR_BAD_LENGTH:
    case BR_ERR_TOO_LARGE:
      return "A TLS record does not fit into the buffer for input. Make tls_buffers::input full_input bytes "
             "large; if it is, what came is no TLS.";
    case BR_ERR_BAD_MAC:
      return "A TLS record was changed on its way. Connect again; look at what is in between.";
    case BR_ERR_NO_RANDOM:
      return "There were no random bytes for TLS. Give start() entropy from a true source.";
    case BR_ERR_BAD_CIPHER_SUITE: return "The server chose a cipher suite that it was not offered.";
    case BR_ERR_BAD_SIGNATURE:
      return "The server does not hold the key of its certificate. Somebody else may answer in its place.";
    case BR_ERR_NO_CLIENT_AUTH:
      return "The server wants a client certificate of a kind that there is none of.";
    default: return {};
  }
}

constexpr std::string_view explain_certificate(std::uint32_t number) noexcept {
  switch (number) {
    case BR_ERR_X509_EMPTY_CHAIN: return "The server sent no certificate. Look at its configuration.";
    case BR_ERR_X509_UNSUPPORTED:
    case BR_ERR_X509_WRONG_KEY_TYPE:
      return "A certificate has an algorithm or a key that BearSSL does not know, or one of RSA although "
             "ecdsa_only was offered, so it cannot be checked.";
    case BR_ERR_X509_CRITICAL_EXTENSION:
      return "A certificate has conditions that cannot be checked here, such as name constraints, so the "
             "chain is refused. Ask for one from a CA without them.";
    case BR_ERR_X509_BAD_SIGNATURE:
      return "A certificate was not signed by the one behind it. The server sends a wrong chain, or somebody"
             " else answers in its place.";
    case BR_ERR_X509_DN_MISMATCH:
      return "A certificate in the chain is not the issuer of the one in front of it. The server sends them "
             "in disorder, or leaves one out.";
    case BR_ERR_X509_NOT_CA:
      return "A certificate was issued by one that is no CA's. The chain is wrong or forged.";
    case BR_ERR_X509_FORBIDDEN_KEY_USAGE:
      return "A certificate is used for what it does not allow: a server's has to allow server "
             "authentication, an issuer's to sign certificates.";
    case BR_ERR_X509_WEAK_PUBLIC_KEY:
      return "A certificate has an RSA key of less than 2,048 bits. Replace it.";
    case BR_ERR_X509_INVALID_VALUE:
    case BR_ERR_X509_TRUNCATED:
    case BR_ERR_X509_INNER_TRUNC:
    case BR_ERR_X509_BAD_TAG_CLASS:
    case BR_ERR_X509_BAD_TAG_VALUE:
    case BR_ERR_X509_UNEXPECTED: return "A certificate is cut off or damaged: it is no X.509 in DER.";
    default: return {};
  }
}

}  // namespace detail

/// The words of explain(), or better ones where the detail is a number of BearSSL that has words.
constexpr std::string_view explain_bearssl(error const& why, moment when = moment::unknown) noexcept {
  std::string_view words{};
  if (why == errc::tls_failed)
    words = why.detail > BR_ERR_RECV_FATAL_ALERT && why.detail < BR_ERR_SEND_FATAL_ALERT
                ? detail::explain_alert(why.detail - BR_ERR_RECV_FATAL_ALERT)
                : detail::explain_handshake(why.detail);
  if (why == errc::tls_untrusted_certificate) words = detail::explain_certificate(why.detail);
  return words.empty() ? explain(why, when) : words;
}

}}  // namespace hubwire

#endif
