// SPDX-License-Identifier: BSL-1.0
// PEM texts (RFC 7468) for trust_store and tls_identity_store: where objects begin and end, and the octets
// of one.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_PEM_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_PEM_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/text/base64.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

constexpr char pem_letter(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// Whether text begins with wanted, in capital or small letters. wanted has no small letters.
constexpr bool pem_begins(std::string_view text, std::string_view wanted) noexcept {
  if (text.size() < wanted.size()) return false;
  for (std::size_t i = 0; i != wanted.size(); ++i)
    if (pem_letter(text[i]) != wanted[i]) return false;
  return true;
}

// The index of wanted in text; text.size() if it is not there.
constexpr std::size_t pem_find(std::string_view text, std::string_view wanted) noexcept {
  std::size_t at = 0;
  while (at != text.size() && !pem_begins(drop(text, at), wanted)) ++at;
  return at;
}

constexpr bool is_pem_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Whether a line of text without a marker was meant as the marker of a certificate: it has BEGIN, then
// CERT. Its dashes, its blanks and the rest of its label do not matter, nor does a line break right behind
// BEGIN.
constexpr bool has_spoilt_marker(std::string_view text) noexcept {
  bool begun = false;  // BEGIN stood on this line
  bool bare = false;   // and only blanks since
  for (; !text.empty(); text = drop(text, 1)) {
    if (pem_begins(text, "BEGIN")) {
      begun = bare = true;
      text = drop(text, 4);
    } else if (is_pem_blank(text[0])) {
      begun = begun && (bare || (text[0] != '\n' && text[0] != '\r'));
    } else if (begun && pem_begins(text, "CERT")) {
      return true;
    } else {
      bare = false;
    }
  }
  return false;
}

// One object of a PEM text, or what is wrong with the text.
struct pem_object {
  std::string_view label{};  // CERTIFICATE, say; empty at the end of the text
  std::string_view body{};
  errc wrong = errc::none;

  constexpr bool is_certificate() const noexcept {
    bool const known = label.size() == 11 || (label.size() == 16 && pem_begins(label, "X509 "));
    return known && pem_begins(drop(label, label.size() - 11), "CERTIFICATE");
  }
  // Whether it is a private key that is not encrypted, in one of the forms that BearSSL reads.
  constexpr bool is_private_key() const noexcept {
    bool const known = label.size() == 11 || pem_begins(label, "RSA ") || pem_begins(label, "EC ");
    return known && pem_begins(drop(label, pem_find(label, "PRIVATE")), "PRIVATE KEY") && label.size() <= 15;
  }
  // Whether the label is like ENCRYPTED PRIVATE KEY or DSA PRIVATE KEY.
  constexpr bool looks_like_private_key() const noexcept {
    return pem_find(label, "PRIVATE") != label.size();
  }
  // Whether the label is like TRUSTED CERTIFICATE or CERTIFCATE: somebody believes that it is read.
  constexpr bool looks_like_certificate() const noexcept { return pem_find(label, "CERT") != label.size(); }
  // False for a text whose line breaks were lost, or became the two characters \n.
  constexpr bool has_line_breaks() const noexcept {
    return index_of(body, '\n') != body.size() || index_of(body, '\r') != body.size();
  }
};

// Cuts a PEM text into its objects. BEGIN and END may stand anywhere on a line, so that none of them gets
// lost. The text is refused unless BEGIN and END come in turns and agree, and no other line looks like the
// BEGIN of a certificate.
class pem_reader {
 public:
  explicit constexpr pem_reader(std::string_view text) noexcept : rest_(text) {}

  constexpr pem_object next() noexcept {
    std::size_t const begin = pem_find(rest_, begin_mark);
    std::size_t const end = pem_find(first(rest_, begin), end_mark);
    if (end != begin) return refused();  // an END without its BEGIN
    if (has_spoilt_marker(first(rest_, begin))) return refused();
    if (begin == rest_.size()) return {};
    pem_object object{};
    rest_ = drop(rest_, begin + begin_mark.size());
    if (!take_label(object.label)) return refused();

    std::size_t const size = pem_find(rest_, end_mark);
    object.body = first(rest_, size);
    rest_ = drop(rest_, size + end_mark.size());
    if (pem_find(object.body, begin_mark) != size) return refused();
    std::string_view label{};
    if (!take_label(label) || !same(label, object.label)) return refused();
    return object;
  }

 private:
  static constexpr std::string_view begin_mark = "-----BEGIN ";
  static constexpr std::string_view end_mark = "-----END ";
  static constexpr std::string_view dashes = "-----";

  static constexpr pem_object refused() noexcept { return {{}, {}, errc::invalid_certificate}; }

  constexpr bool take_label(std::string_view& label) noexcept {
    label = first(rest_, index_of(rest_, '-'));
    rest_ = drop(rest_, label.size());
    bool const complete = !label.empty() && begins_with(rest_, dashes);
    rest_ = drop(rest_, dashes.size());
    return complete && index_of(label, '\n') == label.size() && index_of(label, '\r') == label.size();
  }

  std::string_view rest_;
};

// Four characters of base64. They stand for three octets; the last four of a text may stand for fewer.
class pem_group {
 public:
  // Returns false for a character that may not stand here.
  constexpr bool take(char c) noexcept {
    std::uint32_t const value = c == '=' ? 0 : base64_value(c);
    if (value > 63 || ended_ || (padding_ != 0 && c != '=')) return false;
    if (c == '=') ++padding_;
    bits_ = bits_ << 6 | value;
    ++size_;
    return true;
  }
  constexpr bool is_empty() const noexcept { return size_ == 0; }
  constexpr bool is_full() const noexcept { return size_ == 4; }

  // Empties a full group. Returns false for too much padding, or for bits that stand for nothing.
  template <class Sink>
  constexpr bool hand_over(Sink sink) noexcept {
    if (padding_ > 2 || (bits_ & ((1U << 8 * padding_) - 1)) != 0) return false;
    std::uint8_t const octets[3] = {static_cast<std::uint8_t>(bits_ >> 16),
                                    static_cast<std::uint8_t>(bits_ >> 8), static_cast<std::uint8_t>(bits_)};
    sink(octets, std::size_t{3} - padding_);
    ended_ = padding_ != 0;
    bits_ = 0;
    size_ = 0;
    return true;
  }

 private:
  std::uint32_t bits_ = 0;
  std::uint8_t size_ = 0;
  std::uint8_t padding_ = 0;
  bool ended_ = false;
};

// Hands the octets of a body to sink(octets, count), up to three at a time. Returns false if the body is no
// base64.
template <class Sink>
constexpr bool decode_pem_body(std::string_view body, Sink sink) noexcept {
  pem_group group;
  for (char const c : body) {
    if (is_pem_blank(c)) continue;
    if (!group.take(c)) return false;
    if (group.is_full() && !group.hand_over(sink)) return false;
  }
  return group.is_empty();
}

// Calls add(body) for each certificate of a PEM text, in its order. add returns result<void>. Returns how
// many there were. Errors: those of trust_store_base::add_pem.
template <class Add>
constexpr result<std::size_t> read_pem_certificates(std::string_view pem, Add add) noexcept {
  pem_reader reader(pem);
  for (std::uint32_t ordinal = 1;;) {
    pem_object const object = reader.next();
    if (object.wrong != errc::none) return error{object.wrong, ordinal};
    if (object.label.empty()) {
      if (ordinal == 1) return errc::invalid_certificate;
      return std::size_t{ordinal} - 1;
    }
    if (!object.looks_like_certificate()) continue;
    if (!object.is_certificate()) return error{errc::invalid_certificate, ordinal};
    if (!object.has_line_breaks()) return error{errc::no_line_breaks, ordinal};
    if (result<void> const added = add(object.body); !added) {
      bool const bad = added.error() == errc::invalid_certificate;
      return bad ? error{errc::invalid_certificate, ordinal} : added.error();
    }
    ++ordinal;
  }
}

}}}  // namespace hubwire::detail

#endif
