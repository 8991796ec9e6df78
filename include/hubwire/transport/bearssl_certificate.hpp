// SPDX-License-Identifier: BSL-1.0
// Walks through a certificate (RFC 5280 §4.1) as its bytes arrive. Finds what BearSSL does not look at:
// extended key usage and name constraints. It also tells when a public key is complete.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_CERTIFICATE_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_CERTIFICATE_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/slice.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// Checks only what it needs: nesting, DER lengths of up to three bytes, and the form of the extensions it
// reads. BearSSL checks the rest. What this class does not understand makes the certificate broken, never
// one that passes.
class certificate_scan {
 public:
  // Takes bytes up to the end of der, the first error, or the end of the subject's public key, whichever
  // comes first. Returns how many it took.
  constexpr std::size_t take(byte_view der) noexcept {
    bool const had_key = has_key_;
    std::size_t count = 0;
    while (count != der.size() && !broken_ && has_key_ == had_key) take_byte(der[count++]);
    return count;
  }

  constexpr bool broken() const noexcept { return broken_; }
  constexpr bool has_key() const noexcept { return has_key_; }
  // These two mean something only after the certificate has ended.
  constexpr bool may_serve_tls() const noexcept { return !limits_usage_ || allows_server_; }
  constexpr bool constrains_names() const noexcept { return constrains_names_; }

 private:
  // How deep the walk is. Elements of other places are skipped whole.
  enum level : std::uint8_t { file, certificate, to_be_signed, tagged, extensions, extension, value, usages };
  enum class part : std::uint8_t { tag, length, more_length, content };
  static constexpr unsigned sequence = 0x30, oid = 0x06, octet_string = 0x04;
  static constexpr unsigned version = 0xA0, tagged_extensions = 0xA3;
  static constexpr std::uint8_t public_key = 6;  // the sixth field of what is signed, version not counted

  constexpr void take_byte(std::uint8_t octet) noexcept {
    if (part_ == part::content) return take_content(octet);
    if (left_[level_] == 0) return fail();
    --left_[level_];
    switch (part_) {
      case part::tag:
        tag_ = octet;
        size_ = 0;
        part_ = part::length;
        return require((octet & 0x1F) != 0x1F);
      case part::length:
        if (octet < 0x80) return open(octet);
        length_bytes_ = octet & 0x7F;
        part_ = part::more_length;
        return require(length_bytes_ >= 1 && length_bytes_ <= 3);
      default:
        size_ = size_ << 8 | octet;
        if (--length_bytes_ == 0) open(size_);
    }
  }

  constexpr void take_content(std::uint8_t octet) noexcept {
    if (collected_ != sizeof oid_) oid_[collected_++] = to_char(octet);
    if (--size_ == 0) close_element();
  }

  constexpr void open(std::uint32_t size) noexcept {
    if (size > left_[level_]) return fail();
    left_[level_] -= size;
    size_ = size;
    collected_ = 0;
    fits_ = size <= sizeof oid_;
    part_ = part::content;
    if (enters()) {
      ++level_;
      left_[level_] = size;
      part_ = part::tag;
      if (size == 0) close_levels();
    } else if (size == 0) {
      close_element();
    }
  }

  // Whether to walk into the element that begins.
  constexpr bool enters() noexcept {
    switch (level_) {
      case certificate:
        if (fields_ != 0) return false;  // signature algorithm and signature
        [[fallthrough]];
      case file:
      case tagged:
      case value: require(tag_ == sequence); return true;
      case extensions:
        in_key_usage_ = false;
        require(tag_ == sequence);
        return true;
      case to_be_signed:
        if ((fields_ != 0 || tag_ != version) && fields_ != 255) ++fields_;
        return tag_ == tagged_extensions;
      case extension: return tag_ == octet_string && in_key_usage_;
      case usages: require(tag_ == oid && size_ != 0); return false;
      default: return false;
    }
  }

  constexpr void close_element() noexcept {
    if (level_ == to_be_signed && fields_ == public_key) has_key_ = true;
    if (tag_ == oid && level_ == extension) begin_extension();
    if (tag_ == oid && level_ == usages && (is("\x2B\x06\x01\x05\x05\x07\x03\x01") || is("\x55\x1D\x25\0")))
      allows_server_ = true;
    part_ = part::tag;
    close_levels();
  }

  constexpr void close_levels() noexcept {
    while (level_ != file && left_[level_] == 0) --level_;
  }

  constexpr void begin_extension() noexcept {
    if (is("\x55\x1D\x1E")) constrains_names_ = true;
    if (!is("\x55\x1D\x25")) return;
    require(!limits_usage_);  // the extension may come only once
    limits_usage_ = true;
    in_key_usage_ = true;
  }

  template <std::size_t Size>
  constexpr bool is(char const (&wanted)[Size]) const noexcept {
    return fits_ && same({oid_, collected_}, {wanted, Size - 1});
  }

  constexpr void require(bool fine) noexcept { broken_ = broken_ || !fine; }
  constexpr void fail() noexcept { broken_ = true; }

  std::uint32_t left_[usages + 1]{0xFFFFFF};  // bytes that are still to come in each level
  std::uint32_t size_ = 0;                    // the element's size, then what is to come of its content
  char oid_[8]{};                             // the first bytes of the content
  std::uint8_t collected_ = 0;
  std::uint8_t level_ = file;
  std::uint8_t length_bytes_ = 0;
  std::uint8_t fields_ = 0;  // fields of the signed part so far
  std::uint8_t tag_ = 0;
  part part_ = part::tag;
  bool in_key_usage_ = false;
  bool fits_ = false;  // the content is no longer than oid_
  bool broken_ = false;
  bool has_key_ = false;
  bool limits_usage_ = false;
  bool allows_server_ = false;
  bool constrains_names_ = false;
};

}}}  // namespace hubwire::detail

#endif
