// SPDX-License-Identifier: BSL-1.0
// Reads a private key (PKCS #1, PKCS #8 or SEC 1, not encrypted) into memory of the caller, and proves that
// it belongs to a certificate.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_PRIVATE_KEY_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_PRIVATE_KEY_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <bearssl.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/wipe.hpp>
#include <hubwire/transport/bearssl_trust.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// Memory that is filled from its beginning. It counts what does not fit, but does not store it.
class octet_arena {
 public:
  explicit octet_arena(byte_span memory) noexcept : memory_(memory) {}

  unsigned char* append(void const* data, std::size_t size) noexcept {
    bool const fits = used_ <= memory_.size() && size <= memory_.size() - used_;
    unsigned char* const place = fits ? memory_.data() + used_ : nullptr;
    if (fits && size != 0) std::memcpy(place, data, size);
    used_ += size;
    return place;
  }
  std::size_t used() const noexcept { return used_; }
  bool overflows() const noexcept { return used_ > memory_.size(); }
  error too_small() const noexcept { return {errc::buffer_too_small, static_cast<std::uint32_t>(used_)}; }
  byte_span from(std::size_t begin) const noexcept { return memory_.first(used_).subspan(begin); }

  void wipe_all() noexcept {
    wipe(memory_);
    used_ = 0;
  }

 private:
  byte_span memory_;
  std::size_t used_ = 0;
};

inline constexpr std::uint32_t longest_rsa_key = 4'096;  // bits, what BearSSL can work with

struct private_key {
  unsigned char kind = 0;  // BR_KEYTYPE_RSA, BR_KEYTYPE_EC, 0: there is none
  br_rsa_private_key rsa{};
  br_ec_private_key ec{};
};

// The size of a curve's order in bytes; 0 for a curve that is not known here.
constexpr std::size_t order_size(int curve) noexcept {
  switch (curve) {
    case BR_EC_secp256r1: return 32;
    case BR_EC_secp384r1: return 48;
    case BR_EC_secp521r1: return 66;
    default: return 0;
  }
}

// BearSSL's decoder, which holds the key on the stack. The destructor wipes it.
class private_key_reader {
 public:
  private_key_reader() noexcept { br_skey_decoder_init(&decoder_); }
  private_key_reader(private_key_reader const&) = delete;
  private_key_reader& operator=(private_key_reader const&) = delete;
  ~private_key_reader() { wipe_object(decoder_); }

  // Reads nothing after the first error.
  void push(void const* der, std::size_t size) noexcept {
    if (size != 0 && may_go_on(br_skey_decoder_last_error(&decoder_)))
      br_skey_decoder_push(&decoder_, der, size);
  }

  // The key, whose numbers lie in the arena. Errors: invalid_private_key (detail: BearSSL's number, 0 for a
  // key that is too large), buffer_too_small.
  result<private_key> finish(octet_arena& arena) const noexcept {
    int const number = br_skey_decoder_last_error(&decoder_);
    if (number != 0) return error{errc::invalid_private_key, static_cast<std::uint32_t>(number)};
    private_key key{};
    key.kind = static_cast<unsigned char>(br_skey_decoder_key_type(&decoder_));
    bool const sound = key.kind == BR_KEYTYPE_RSA ? copy_rsa(key.rsa, arena) : copy_ec(key.ec, arena);
    if (!sound) return errc::invalid_private_key;
    if (arena.overflows()) return arena.too_small();
    return key;
  }

 private:
  bool copy_rsa(br_rsa_private_key& key, octet_arena& arena) const noexcept {
    br_rsa_private_key const& from = *br_skey_decoder_get_rsa(&decoder_);
    key = from;
    key.p = arena.append(from.p, from.plen);
    key.q = arena.append(from.q, from.qlen);
    key.dp = arena.append(from.dp, from.dplen);
    key.dq = arena.append(from.dq, from.dqlen);
    key.iq = arena.append(from.iq, from.iqlen);
    return from.n_bitlen <= longest_rsa_key;
  }
  bool copy_ec(br_ec_private_key& key, octet_arena& arena) const noexcept {
    br_ec_private_key const& from = *br_skey_decoder_get_ec(&decoder_);
    key = {from.curve, arena.append(from.x, from.xlen), from.xlen};
    return from.xlen <= order_size(from.curve);
  }

  br_skey_decoder_context decoder_{};
};

// A signature with one key, checked with the other. It is wiped: one made with a damaged RSA key can tell
// its factors.
class key_proof {
 public:
  key_proof() noexcept = default;
  key_proof(key_proof const&) = delete;
  key_proof& operator=(key_proof const&) = delete;
  ~key_proof() { wipe(signature_); }

  // Errors: private_key_mismatch; invalid_private_key, for one that makes no signatures.
  result<void> check(private_key const& own, br_x509_pkey const& certified) noexcept {
    if (own.kind != certified.key_type) return errc::private_key_mismatch;
    bool const rsa = own.kind == BR_KEYTYPE_RSA;
    if (!rsa && own.ec.curve != certified.key.ec.curve) return errc::private_key_mismatch;
    std::size_t const size = rsa ? sign(own.rsa) : sign(own.ec);
    if (size == 0) return errc::invalid_private_key;
    if (!(rsa ? verify(certified.key.rsa, size) : verify(certified.key.ec, size)))
      return errc::private_key_mismatch;
    return {};
  }

 private:
  static constexpr std::size_t hash_size = 32;
  static constexpr unsigned char hash[hash_size] = {'h', 'u', 'b', 'w', 'i', 'r', 'e'};

  std::size_t sign(br_rsa_private_key const& key) noexcept {
    auto const function = br_rsa_pkcs1_sign_get_default();
    std::uint32_t const signed_it = function(BR_HASH_OID_SHA256, hash, hash_size, &key, signature_);
    return signed_it == 0 ? 0 : (key.n_bitlen + 7) / 8;
  }
  std::size_t sign(br_ec_private_key const& key) noexcept {
    return br_ecdsa_sign_asn1_get_default()(br_ec_get_default(), &br_sha256_vtable, hash, &key, signature_);
  }

  bool verify(br_rsa_public_key const& key, std::size_t size) const noexcept {
    unsigned char signed_hash[hash_size];
    return br_rsa_pkcs1_vrfy_get_default()(signature_, size, BR_HASH_OID_SHA256, hash_size, &key,
                                           signed_hash) != 0 &&
           std::memcmp(signed_hash, hash, hash_size) == 0;
  }
  bool verify(br_ec_public_key const& key, std::size_t size) const noexcept {
    return br_ecdsa_vrfy_asn1_get_default()(br_ec_get_default(), hash, hash_size, &key, signature_, size) !=
           0;
  }

  std::uint8_t signature_[longest_rsa_key / 8]{};
};

}}}  // namespace hubwire::detail

#endif
