// SPDX-License-Identifier: BSL-1.0
// Checks a server's certificates. BearSSL does it, behind a class of our own that counts certificates,
// looks at extended key usage and name constraints, and checks one signature at a time.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_X509_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_X509_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <bearssl.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/transport/bearssl_certificate.hpp>
#include <hubwire/transport/bearssl_trust.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

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

// BearSSL's engine hands over a chain as start_chain, then start_cert, append..., end_cert for each
// certificate, then end_chain, and wants the verdict at once. If the rest of a certificate came together
// with its key, that would cost two signature checks: that of the certificate before it, and its own by an
// anchor. So what comes behind a key waits here until go_on(). A verdict that depends on it is yes for the
// time being: before go_on() was called and refusal() looked at, the engine gets nothing more and nothing
// is sent.
class certificate_check {
 public:
  // most: the largest number of certificates that is accepted.
  void start(br_ssl_engine_context& engine, trust_anchors anchors, std::uint64_t unix_time,
             std::uint8_t most) noexcept {
    class_ = &own_class;
    // SHA-256 is what BearSSL compares names with.
    br_x509_minimal_init(&chain_, &br_sha256_vtable, anchors.data(), anchors.size());
    br_x509_minimal_set_rsa(&chain_, br_ssl_engine_get_rsavrfy(&engine));
    br_x509_minimal_set_ecdsa(&chain_, br_ssl_engine_get_ec(&engine), br_ssl_engine_get_ecdsa(&engine));
    br_x509_minimal_set_hash(&chain_, br_sha256_ID, &br_sha256_vtable);
    br_x509_minimal_set_hash(&chain_, br_sha384_ID, &br_sha384_vtable);
    br_x509_minimal_set_hash(&chain_, br_sha512_ID, &br_sha512_vtable);
    br_x509_minimal_set_minrsa(&chain_, 2048 / 8);
    br_x509_minimal_set_time(&chain_, static_cast<std::uint32_t>(unix_time / 86'400) + days_to_1970,
                             static_cast<std::uint32_t>(unix_time % 86'400));
    dns_name_ = {any_dns_name, name_start_, sizeof name_start_, 0};
    br_x509_minimal_set_name_elements(&chain_, &dns_name_, 1);
    most_ = most;
    br_ssl_engine_set_x509(&engine, &class_);
  }

  static constexpr std::uint32_t days_to_1970 = 719'528;  // from 0000-01-01

  // Whether a signature may have been checked, or is about to be, since take_effort() was last called.
  bool has_effort() const noexcept { return effort_; }
  bool take_effort() noexcept {
    bool const effort = effort_;
    effort_ = false;
    return effort;
  }
  // Whether work is left for go_on(). It has to be done before the engine gets another byte.
  bool is_waiting() const noexcept { return waits_; }
  void go_on() noexcept {
    effort_ = true;
    waits_ = false;
    feed({held_, held_size_});
    held_size_ = 0;
    if (certificate_ended_) finish_certificate();
    if (chain_ended_) static_cast<void>(finish_chain());
  }

  // Set as soon as the chain cannot be accepted any more.
  error refusal() const noexcept { return refusal_; }
  bool is_accepted() const noexcept { return accepted_; }

 private:
  static certificate_check& self(br_x509_class const** context) noexcept {
    return *reinterpret_cast<certificate_check*>(context);  // its first member
  }

  static void start_chain(br_x509_class const** context, char const* server_name) noexcept {
    br_x509_class const** const chain = &self(context).chain_.vtable;
    (*chain)->start_chain(chain, server_name);
  }

  static void start_certificate(br_x509_class const** context, std::uint32_t size) noexcept {
    certificate_check& me = self(context);
    if (me.waits_) me.go_on();
    if (me.count_ == me.most_) me.refuse({errc::tls_chain_too_long, me.most_});
    if (me.refusal_.code != errc::none) return;
    ++me.count_;
    me.scan_ = {};
    me.decided_ = me.chain_.err != 0;  // by the certificates before: this one does not matter
    me.chain_.vtable->start_cert(&me.chain_.vtable, size);
  }

  static void append(br_x509_class const** context, unsigned char const* data, std::size_t size) noexcept {
    certificate_check& me = self(context);
    if (me.waits_) me.go_on();
    if (me.decided_ || me.refusal_.code != errc::none) return;
    byte_view const der(data, size);
    bool const had_key = me.scan_.has_key();
    std::size_t const count = me.scan_.take(der);
    if (!me.scan_.broken() && me.scan_.has_key() != had_key && me.count_ != 1) {
      me.effort_ = true;
      me.feed(der.first(count));
      me.hold(der.subspan(count));
    } else {
      me.feed(der);
    }
    static_cast<void>(me.scan_.take(der.subspan(count)));
    if (me.scan_.broken()) me.refuse(as_error(BR_ERR_X509_INVALID_VALUE));
  }

  static void end_certificate(br_x509_class const** context) noexcept {
    certificate_check& me = self(context);
    if (me.waits_) {
      me.certificate_ended_ = true;
    } else {
      me.finish_certificate();
    }
  }

  static unsigned end_chain(br_x509_class const** context) noexcept {
    certificate_check& me = self(context);
    if (!me.waits_) return me.finish_chain();
    me.chain_ended_ = true;
    return 0;
  }

  // The engine asks only after end_chain said yes: first for what the key is, then to check a signature
  // with it.
  static br_x509_pkey const* public_key(br_x509_class const* const* context, unsigned* usages) noexcept {
    certificate_check const& me = *reinterpret_cast<certificate_check const*>(context);
    me.effort_ = true;
    if (usages != nullptr) *usages = me.chain_.key_usages;
    return &me.chain_.pkey;
  }

  static constexpr br_x509_class own_class = {
      0, &start_chain, &start_certificate, &append, &end_certificate, &end_chain, &public_key};

  void refuse(error why) noexcept {
    if (refusal_.code == errc::none) refusal_ = why;
  }

  void feed(byte_view der) noexcept {
    if (!der.empty()) chain_.vtable->append(&chain_.vtable, der.data(), der.size());
    if (chain_.err != 0 && chain_.err != BR_ERR_X509_OK) refuse(as_error(chain_.err));
  }

  void hold(byte_view der) noexcept {
    waits_ = der.size() <= sizeof held_;  // BearSSL's engine never hands over more than its pad holds
    if (!waits_) return feed(der);
    if (!der.empty()) std::memcpy(held_, der.data(), der.size());
    held_size_ = der.size();
  }

  // BearSSL has done its work for the end of a certificate with the last byte: it has checked an anchor's
  // signature.
  void finish_certificate() noexcept {
    certificate_ended_ = false;
    if (decided_ || refusal_.code != errc::none) return;
    effort_ = true;
    chain_.vtable->end_cert(&chain_.vtable);
    feed({});
    if (!scan_.may_serve_tls()) refuse(as_error(BR_ERR_X509_FORBIDDEN_KEY_USAGE));
    if (scan_.constrains_names()) refuse(as_error(BR_ERR_X509_CRITICAL_EXTENSION));
  }

  unsigned finish_chain() noexcept {
    chain_ended_ = false;
    unsigned const verdict = chain_.vtable->end_chain(&chain_.vtable);
    if (verdict != 0) refuse(as_error(static_cast<int>(verdict)));
    // BearSSL matches the subject's common name when a certificate has no subject alternative name. That
    // has long been obsolete (RFC 6125 §6.4.4): there has to be a DNS name.
    if (dns_name_.status == 0) refuse(as_error(BR_ERR_X509_BAD_SERVER_NAME));
    accepted_ = refusal_.code == errc::none;
    return accepted_ ? 0 : BR_ERR_X509_NOT_TRUSTED;
  }

  static constexpr unsigned char any_dns_name[] = {0, 2};  // BearSSL's code for SAN dNSName

  br_x509_class const* class_ = nullptr;  // first: BearSSL knows this object by its address
  br_x509_minimal_context chain_{};
  br_name_element dns_name_{};
  char name_start_[1]{};
  certificate_scan scan_{};
  error refusal_{};
  std::size_t held_size_ = 0;
  std::uint8_t held_[256]{};
  std::uint8_t most_ = 0;
  std::uint8_t count_ = 0;
  bool decided_ = false;
  bool waits_ = false;
  bool certificate_ended_ = false;
  bool chain_ended_ = false;
  mutable bool effort_ = false;  // BearSSL asks a constant object for its key
  bool accepted_ = false;
};

}}}  // namespace hubwire::detail

#endif
