// SPDX-License-Identifier: BSL-1.0
// Shared access signatures, the password of devices with a symmetric key. Azure: "Control access to IoT
// Hub with shared access signatures". Verifying them: iothub/sas_verify.hpp.
#ifndef HUBWIRE_IOTHUB_SAS_TOKEN_HPP
#define HUBWIRE_IOTHUB_SAS_TOKEN_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/core/wipe.hpp>
#include <hubwire/crypto/hmac_sha256.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/text/base64.hpp>
#include <hubwire/text/decimal.hpp>
#include <hubwire/text/text_writer.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

/// What a token is for: a device ("{host}/devices/{device}"), or any other resource as plain text, such
/// as the host name alone for the key of a policy. Written percent-encoded.
class sas_resource {
 public:
  /// Empty for an identity with a part that was taken from a failed result: the host alone would be all of
  /// the hub.
  constexpr sas_resource(identity const& device) noexcept {
    if (!device.is_present()) return;
    start_ = device.host.view();
    id_ = device.device.view();
  }
  constexpr sas_resource(std::string_view decoded) noexcept : start_(decoded) {}
  constexpr sas_resource(char const* decoded) noexcept : start_(decoded) {}

  constexpr bool empty() const noexcept { return start_.empty(); }
  constexpr std::size_t size() const noexcept {
    return start_.size() + (id_.empty() ? 0 : folder.size() + id_.size());
  }
  /// index < size()
  constexpr char operator[](std::size_t index) const noexcept {
    HUBWIRE_ASSERT(index < size());
    if (index < start_.size()) return start_[index];
    index -= start_.size();
    return index < folder.size() ? folder[index] : id_[index - folder.size()];
  }
  /// How many characters write_to() writes.
  constexpr std::size_t encoded_size() const noexcept {
    return percent_encoded_size(start_) +
           (id_.empty() ? 0 : encoded_folder.size() + percent_encoded_size(id_));
  }
  constexpr void write_to(text_writer& out) const noexcept {
    out.put_percent(start_);
    if (!id_.empty()) out.put(encoded_folder).put_percent(id_);
  }

 private:
  static constexpr std::string_view folder = "/devices/";
  static constexpr std::string_view encoded_folder = "%2Fdevices%2F";

  std::string_view start_{};
  std::string_view id_{};  // empty: start_ is all of it
};

/// What a token says. Times are seconds since 1970-01-01T00:00:00Z.
struct sas_terms {
  sas_resource resource;
  std::uint64_t expiry = 0;
  std::string_view policy{};  // the name of a shared access policy; empty for the key of a device
};

struct sas_claims {
  sas_resource resource;
  std::string_view key{};     // base64, as Azure shows it
  std::uint64_t expiry = 0;   // seconds since 1970-01-01T00:00:00Z
  std::string_view policy{};  // the name of a shared access policy; empty for the key of a device
};

/// 2020-01-01T00:00:00Z. A clock that shows less has not been set.
inline constexpr std::uint64_t earliest_time = 1'577'836'800;

/// Keys of the service have 16 to 64 bytes.
inline constexpr std::size_t sas_key_max = 128;

namespace detail {

inline constexpr std::string_view token_label = "SharedAccessSignature sr=";
inline constexpr std::size_t signature_size = base64_encoded_size(sha256_size);
// Of its 44 characters the last but one has two bits that are 0, so it is neither '+' nor '/'.
inline constexpr std::size_t encoded_signature_max = 3 * (signature_size - 1) + 1;
inline constexpr std::size_t expiry_max = 20;  // digits of 64 bits

struct signing_input {
  std::string_view key{};       // base64
  std::string_view resource{};  // the last two as they stand in the token
  std::string_view expiry{};
};

// HMAC-SHA-256 over "{resource}\n{expiry}".
template <class Hmac>
result<void> sign(sha256_output signature, Hmac& hmac, signing_input const& input) noexcept {
  if (input.key.empty()) return errc::missing_field;
  if (base64_decoded_size(input.key) > sas_key_max) return errc::invalid_field;
  std::array<std::uint8_t, sas_key_max> storage;
  wipe_guard const wiped(storage);
  result<bytes> key = base64_decode(storage, input.key);
  if (!key) return key.error();
  std::array<byte_view, 3> const message{bytes(input.resource).octets(), as_bytes("\n").octets(),
                                         bytes(input.expiry).octets()};
  return hmac(key->octets(), message, signature);
}

constexpr errc check_terms(sas_resource const& resource, std::uint64_t expiry) noexcept {
  if (expiry < earliest_time) return errc::clock_not_set;
  return resource.empty() ? errc::missing_field : errc::none;
}

constexpr void begin_token(text_writer& out, sas_resource const& resource) noexcept {
  out.put(token_label);
  resource.write_to(out);
}

// The signature in base64; the expiry comes next.
constexpr void put_signature(text_writer& out, std::string_view signature) noexcept {
  out.put(literal("&sig=")).put_percent(signature).put(literal("&se="));
}

constexpr void put_policy(text_writer& out, std::string_view policy) noexcept {
  if (!policy.empty()) out.put(literal("&skn=")).put_percent(policy);
}

}  // namespace detail

/// A buffer of this size holds the text to sign, whatever the expiry.
constexpr std::size_t string_to_sign_max(sas_resource const& resource) noexcept {
  return resource.encoded_size() + 1 + detail::expiry_max;
}

/// A buffer of this size holds the token for a resource, whatever its key and expiry.
constexpr std::size_t sas_token_max(sas_resource const& resource, std::string_view policy = {}) noexcept {
  std::size_t const of_policy = policy.empty() ? 0 : literal("&skn=").size() + percent_encoded_size(policy);
  return detail::token_label.size() + resource.encoded_size() + literal("&sig=").size() +
         detail::encoded_signature_max + literal("&se=").size() + detail::expiry_max + of_policy;
}

/// For keys that never leave a TPM or a secure element: what it has to sign with HMAC-SHA-256, a view of
/// output: the resource percent-encoded, a line feed and the expiry, which is in seconds since 1970.
/// errc::clock_not_set when it is before 2020; errc::missing_field without a resource; errc::buffer_too_small
/// with the size needed.
constexpr result<std::string_view> string_to_sign(char_span output, sas_resource const& resource,
                                                  std::uint64_t expiry) noexcept {
  if (errc const wrong = detail::check_terms(resource, expiry); wrong != errc::none) return wrong;
  text_writer out(output);
  resource.write_to(out);
  out.put('\n').put_number(expiry);
  return out.finish();
}

/// Writes the token with the signature of string_to_sign(), which is given in base64; a view of output.
/// errc::invalid_field for a signature that has not the 44 characters of 32 bytes; else as above.
constexpr result<std::string_view> sas_password(char_span output, sas_terms const& terms,
                                                std::string_view signature) noexcept {
  if (errc const wrong = detail::check_terms(terms.resource, terms.expiry); wrong != errc::none) return wrong;
  if (signature.size() != detail::signature_size) return errc::invalid_field;
  text_writer out(output);
  detail::begin_token(out, terms.resource);
  detail::put_signature(out, signature);
  out.put_number(terms.expiry);
  detail::put_policy(out, terms.policy);
  return out.finish();
}

/// Signs and writes "SharedAccessSignature sr=…&sig=…&se=…[&skn=…]", a view of output.
/// errc::clock_not_set when it expires before 2020; errc::missing_field without a resource or key;
/// errc::invalid_base64 for the key, with an offset; errc::invalid_field for a key over 128 bytes; the error
/// of hmac; errc::buffer_too_small with the size needed, or, where not even the resource fits and so cannot
/// be signed, up to 86 more.
template <hmac_sha256 Hmac>
result<std::string_view> sas_token(char_span output, sas_claims const& claims, Hmac&& hmac) noexcept {
  if (errc const wrong = detail::check_terms(claims.resource, claims.expiry); wrong != errc::none)
    return wrong;
  text_writer out(output);
  detail::begin_token(out, claims.resource);
  hubwire::detail::decimal_digits const expiry(claims.expiry);

  std::array<std::uint8_t, sha256_size> signature;
  std::array<char, detail::signature_size> encoded;
  wipe_guard const wiped(signature);
  wipe_guard const wiped_too(encoded);
  if (out.overflowed()) {
    encoded.fill('/');  // no signature is longer than this, once encoded
  } else {
    std::size_t const label = detail::token_label.size();
    std::string_view const resource(output.data() + label, out.size() - label);
    result<void> done = detail::sign(signature, hmac, {claims.key, resource, expiry.view()});
    if (!done) return done.error();
    static_cast<void>(base64_encode(encoded, signature));
  }
  detail::put_signature(out, bytes(char_view(encoded)).view());
  out.put(expiry.view());
  detail::put_policy(out, claims.policy);
  return out.finish();
}

}}}  // namespace hubwire::iothub

#endif
