// SPDX-License-Identifier: BSL-1.0
// A client certificate for bearssl_tls, read from PEM or DER at run time into memory of a fixed size.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_IDENTITY_STORE_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_IDENTITY_STORE_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <bearssl.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/wipe.hpp>
#include <hubwire/transport/bearssl_identity.hpp>
#include <hubwire/transport/bearssl_pem.hpp>
#include <hubwire/transport/bearssl_private_key.hpp>
#include <hubwire/transport/bearssl_trust.hpp>

namespace hubwire { inline namespace abi1 {

/// The logic of tls_identity_store, for every capacity. As an option of bearssl_tls it sends its certificate
/// when the server asks for one; while it is empty, it sends none. A server that does not take the key's
/// kind gets none either.
///
/// load_pem and load_der replace what there was; after an error the store is empty. Both copy: the caller's
/// memory is not needed afterwards, and the caller wipes it. They sign once with the key and check that with
/// the certificate, which takes as long as a handshake does. Errors:
///   invalid_certificate   a certificate does not parse; detail: which one, from 1; 0: there is none
///   invalid_private_key   the key does not parse, is encrypted, is of an unknown kind (RSA up to 4,096
///                         bits, P-256, P-384 and P-521 are known) or makes no signatures; detail: BearSSL's
///                         number, 33 to 62, or 0
///   private_key_mismatch  the key is not that of the first certificate, or a part of it is damaged
///   no_line_breaks        a PEM text is one line, or its line breaks are a backslash and an n each; detail:
///                         which certificate, from 1; 0: the key
///   duplicate_field       the text has a second private key; detail: the offset of its label
///   capacity_exhausted    more certificates than the store holds; detail: how many it does
///   buffer_too_small      detail: bytes that are needed, what comes behind not included
class tls_identity_base {
 public:
  tls_identity_base(tls_identity_base const&) = delete;
  tls_identity_base& operator=(tls_identity_base const&) = delete;

  /// Reads PEM texts. chain: the client's own certificate, then those of the authorities above it; other
  /// objects in it are skipped. key: one PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY; other objects, such
  /// as EC PARAMETERS or certificates, are skipped. Both may be one text.
  result<void> load_pem(std::string_view chain, std::string_view key) noexcept {
    clear();
    auto const add = [this](std::string_view body) { return add_body(body); };
    auto const read = detail::read_pem_certificates(chain, add);
    if (!read) return emptied(read.error());
    if (auto const found = read_key(key); !found) return emptied(found.error());
    return prove();
  }

  /// Reads certificates and key in DER.
  result<void> load_der(std::span<byte_view const> chain, byte_view key) noexcept {
    clear();
    if (chain.empty()) return errc::invalid_certificate;
    for (byte_view const der : chain)
      if (auto const added = add_der(der); !added) return emptied(added.error());
    detail::private_key_reader reader;
    reader.push(key.data(), key.size());
    if (auto const taken = take_key(reader); !taken) return emptied(taken.error());
    return prove();
  }

  bool is_empty() const noexcept { return key_.kind == 0; }
  /// The bytes in use, for choosing a capacity.
  std::size_t used() const noexcept { return arena_.used(); }
  /// The certificates, for as long as nothing is loaded or cleared.
  certificate_chain chain() const noexcept { return certificates_.first(count_); }
  /// Wipes chain and key. No connection uses them any more.
  void clear() noexcept {
    arena_.wipe_all();
    key_ = {};
    count_ = 0;
  }

  /// For bearssl_tls.
  void set_certificate(br_ssl_client_context& client) const noexcept {
    if (key_.kind == BR_KEYTYPE_RSA) detail::set_rsa_certificate(client, chain(), key_.rsa);
    if (key_.kind == BR_KEYTYPE_EC) detail::set_ec_certificate(client, chain(), key_.ec);
  }
  /// For bearssl_tls.
  void add_to(br_sha256_context& hash) const noexcept { detail::hash_chain(hash, chain()); }

 protected:
  tls_identity_base(std::span<br_x509_certificate> certificates, byte_span arena) noexcept
      : certificates_(certificates), arena_(arena) {}
  ~tls_identity_base() = default;

 private:
  error emptied(error why) noexcept {
    clear();
    return why;
  }

  result<void> add_body(std::string_view body) noexcept {
    std::size_t const begin = arena_.used();
    auto const push = [this](std::uint8_t const* octets, std::size_t count) { arena_.append(octets, count); };
    if (!detail::decode_pem_body(body, push)) return errc::invalid_certificate;
    return add_from(begin);
  }
  result<void> add_der(byte_view der) noexcept {
    std::size_t const begin = arena_.used();
    arena_.append(der.data(), der.size());
    auto const added = add_from(begin);
    bool const bad = !added && added.error() == errc::invalid_certificate;
    return bad ? error{errc::invalid_certificate, static_cast<std::uint32_t>(count_ + 1)} : added;
  }
  // The certificate whose DER the arena holds from begin on.
  result<void> add_from(std::size_t begin) noexcept {
    if (arena_.overflows()) return arena_.too_small();
    byte_span const der = arena_.from(begin);
    br_x509_decoder_context decoder;
    if (public_key(decoder, der) == nullptr) return errc::invalid_certificate;
    if (count_ == certificates_.size())
      return error{errc::capacity_exhausted, static_cast<std::uint32_t>(count_)};
    certificates_[count_++] = {der.data(), der.size()};
    return {};
  }

  // Null if der is no certificate. The key lies in decoder.
  static br_x509_pkey const* public_key(br_x509_decoder_context& decoder, byte_view der) noexcept {
    br_x509_decoder_init(&decoder, nullptr, nullptr);
    if (!der.empty()) br_x509_decoder_push(&decoder, der.data(), der.size());
    return br_x509_decoder_get_pkey(&decoder);
  }

  result<void> read_key(std::string_view pem) noexcept {
    detail::pem_reader reader(pem);
    for (;;) {
      detail::pem_object const object = reader.next();
      if (object.wrong != errc::none) return errc::invalid_private_key;
      if (object.label.empty()) break;
      if (!object.looks_like_private_key()) continue;
      if (!is_empty())
        return error{errc::duplicate_field, static_cast<std::uint32_t>(object.label.data() - pem.data())};
      if (!object.is_private_key()) return errc::invalid_private_key;
      if (!object.has_line_breaks()) return errc::no_line_breaks;
      if (auto const taken = decode_key(object.body); !taken) return taken;
    }
    return is_empty() ? result<void>(errc::invalid_private_key) : result<void>();
  }
  result<void> decode_key(std::string_view body) noexcept {
    detail::private_key_reader reader;
    auto const push = [&reader](std::uint8_t const* octets, std::size_t count) {
      reader.push(octets, count);
    };
    if (!detail::decode_pem_body(body, push)) return errc::invalid_private_key;
    return take_key(reader);
  }
  result<void> take_key(detail::private_key_reader const& reader) noexcept {
    auto const key = reader.finish(arena_);
    if (!key) return key.error();
    key_ = *key;
    return {};
  }

  result<void> prove() noexcept {
    br_x509_decoder_context decoder;
    br_x509_pkey const* const certified =
        public_key(decoder, {certificates_[0].data, certificates_[0].data_len});
    detail::key_proof proof;
    auto const proven = proof.check(key_, *certified);
    return proven ? proven : result<void>(emptied(proven.error()));
  }

  std::span<br_x509_certificate> certificates_;
  detail::octet_arena arena_;
  detail::private_key key_{};
  std::size_t count_ = 0;
};

/// Room for so many certificates and one key. A certificate with a P-256 key takes about 500 bytes and the
/// key 32; with RSA of 2,048 bits it is 1,000 and 640. The destructor wipes it. It outlives every bearssl_tls
/// that has it.
template <std::size_t Certificates, std::size_t Bytes = Certificates * 1'280 + 640>
class tls_identity_store : public tls_identity_base {
  static_assert(Certificates > 0 && Bytes > 0);

 public:
  tls_identity_store() noexcept : tls_identity_base(certificates_, arena_) {}
  ~tls_identity_store() { clear(); }

 private:
  br_x509_certificate certificates_[Certificates]{};
  std::uint8_t arena_[Bytes]{};
};

}}  // namespace hubwire

#endif
