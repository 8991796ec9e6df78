// SPDX-License-Identifier: BSL-1.0
// Trust anchors for bearssl_tls, read from PEM or DER at run time into memory of a fixed size. Firmware
// that knows its anchors needs none of this: it keeps a constant array of br_x509_trust_anchor.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_TRUST_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_TRUST_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include <bearssl.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/transport/bearssl_pem.hpp>

namespace hubwire { inline namespace abi1 {

/// What a server's certificate chain has to lead to. The anchors outlive every connection made with them.
using trust_anchors = std::span<br_x509_trust_anchor const>;

namespace detail {

// Whether one of BearSSL's decoders may get more, by its last error. The decoders do not stop by themselves:
// after an error they run on into memory that is not theirs.
constexpr bool may_go_on(int last_error) noexcept {
  return last_error == 0 || last_error == BR_ERR_X509_TRUNCATED;
}

// Collects one certificate into an arena: its subject name, then its public key. It counts what does not
// fit, but does not store it.
class anchor_reader {
 public:
  explicit anchor_reader(byte_span arena) noexcept : arena_(arena) {
    br_x509_decoder_init(&decoder_, &append_name, this);
  }
  anchor_reader(anchor_reader const&) = delete;
  anchor_reader& operator=(anchor_reader const&) = delete;

  // Reads nothing after the first error.
  void push(void const* der, std::size_t size) noexcept {
    if (size != 0 && may_go_on(br_x509_decoder_last_error(&decoder_)))
      br_x509_decoder_push(&decoder_, der, size);
  }

  // Bytes of the arena that the certificate takes, or would take.
  std::size_t needed() const noexcept { return needed_; }

  // Errors: invalid_certificate (detail: BearSSL's number), buffer_too_small (detail: needed()).
  result<br_x509_trust_anchor> finish() noexcept {
    br_x509_pkey const* const key = br_x509_decoder_get_pkey(&decoder_);
    if (key == nullptr) {
      int const number = br_x509_decoder_last_error(&decoder_);
      return error{errc::invalid_certificate, static_cast<std::uint32_t>(number)};
    }
    br_x509_trust_anchor anchor{};
    anchor.dn = {arena_.data(), needed_};
    if (br_x509_decoder_isCA(&decoder_) != 0) anchor.flags = BR_X509_TA_CA;
    anchor.pkey.key_type = key->key_type;
    if (key->key_type == BR_KEYTYPE_RSA) {
      br_rsa_public_key const& rsa = key->key.rsa;
      anchor.pkey.key.rsa = {append(rsa.n, rsa.nlen), rsa.nlen, append(rsa.e, rsa.elen), rsa.elen};
    } else {
      br_ec_public_key const& ec = key->key.ec;
      anchor.pkey.key.ec = {ec.curve, append(ec.q, ec.qlen), ec.qlen};
    }
    if (needed_ > arena_.size()) return error{errc::buffer_too_small, static_cast<std::uint32_t>(needed_)};
    return anchor;
  }

 private:
  static void append_name(void* self, void const* data, std::size_t size) noexcept {
    static_cast<void>(static_cast<anchor_reader*>(self)->append(data, size));
  }
  unsigned char* append(void const* data, std::size_t size) noexcept {
    bool const fits = needed_ <= arena_.size() && size <= arena_.size() - needed_;
    unsigned char* const place = fits ? arena_.data() + needed_ : nullptr;
    if (fits && size != 0) std::memcpy(place, data, size);
    needed_ += size;
    return place;
  }

  br_x509_decoder_context decoder_{};
  byte_span arena_;
  std::size_t needed_ = 0;
};

}  // namespace detail

/// The logic of trust_store, for every capacity. A certificate that is no CA is an anchor for exactly the
/// server that has its key. The signature, validity and extensions of an anchor are not looked at: the
/// caller trusts it because it is in the list.
class trust_store_base {
 public:
  trust_store_base(trust_store_base const&) = delete;
  trust_store_base& operator=(trust_store_base const&) = delete;

  /// Adds one X.509 certificate. An error leaves the store as it was. Errors: invalid_certificate (detail:
  /// BearSSL's number, 33 to 62, or 0), capacity_exhausted (anchors), buffer_too_small (detail: bytes that
  /// the anchors need, this one included).
  result<void> add_der(byte_view certificate) noexcept {
    detail::anchor_reader reader(arena_.subspan(used_));
    reader.push(certificate.data(), certificate.size());
    return add(reader);
  }

  /// Adds each CERTIFICATE of a PEM text and returns how many there were. Other objects, such as keys, and
  /// text between objects are skipped. But text may not have BEGIN and then CERT on one line: that was
  /// meant as a certificate. BEGIN and END need not stand at the beginning of a line, and lines may end
  /// with LF, CR LF or CR. An error leaves the store as it was. Errors; the detail of the first two says
  /// which certificate it is, counted from 1:
  ///   invalid_certificate  it does not parse, has no end or no beginning, its BEGIN line is spoilt, or it is
  ///                        another kind, such as TRUSTED CERTIFICATE; detail 0: there is no certificate
  ///   no_line_breaks       its text is one line, or its line breaks are a backslash and an n each
  ///   capacity_exhausted, buffer_too_small  as add_der
  result<std::size_t> add_pem(std::string_view pem) noexcept {
    std::size_t const count_before = count_;
    std::size_t const used_before = used_;
    auto const added = detail::read_pem_certificates(pem, [this](std::string_view b) { return add_body(b); });
    if (added) return added;
    count_ = count_before;
    used_ = used_before;
    return added;
  }

  trust_anchors anchors() const noexcept { return {anchors_.data(), count_}; }
  /// The bytes in use, for choosing a capacity.
  std::size_t used() const noexcept { return used_; }
  /// Removes all anchors. No connection uses them any more.
  void clear() noexcept { count_ = used_ = 0; }

 protected:
  trust_store_base(std::span<br_x509_trust_anchor> anchors, byte_span arena) noexcept
      : anchors_(anchors), arena_(arena) {}
  ~trust_store_base() = default;

 private:
  result<void> add(detail::anchor_reader& reader) noexcept {
    auto const anchor = reader.finish();
    if (!anchor) {
      error why = anchor.error();
      if (why == errc::buffer_too_small) why.detail += static_cast<std::uint32_t>(used_);
      return why;
    }
    if (count_ == anchors_.size())
      return error{errc::capacity_exhausted, static_cast<std::uint32_t>(anchors_.size())};
    anchors_[count_++] = *anchor;
    used_ += reader.needed();
    return {};
  }

  result<void> add_body(std::string_view body) noexcept {
    detail::anchor_reader reader(arena_.subspan(used_));
    auto const push = [&reader](std::uint8_t const* octets, std::size_t count) {
      reader.push(octets, count);
    };
    if (!detail::decode_pem_body(body, push)) return errc::invalid_certificate;
    return add(reader);
  }

  std::span<br_x509_trust_anchor> anchors_;
  byte_span arena_;
  std::size_t count_ = 0;
  std::size_t used_ = 0;
};

/// A store with room for so many anchors. A root with an RSA key of 4096 bits takes about 650 bytes, one
/// with a P-256 key about 170; the default is enough for either kind.
template <std::size_t Anchors, std::size_t Bytes = Anchors * 768>
class trust_store : public trust_store_base {
  static_assert(Anchors > 0 && Bytes > 0);

 public:
  trust_store() noexcept : trust_store_base(anchors_, arena_) {}

 private:
  br_x509_trust_anchor anchors_[Anchors]{};
  std::uint8_t arena_[Bytes]{};
};

}}  // namespace hubwire

#endif
