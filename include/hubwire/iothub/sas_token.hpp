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
#include <hubwire/text/text_writer.hpp>

namespace hubwire::inline abi1::iothub {

// What a token is for: a device ("{host}/devices/{device}"), or any other resource as plain text, such
// as the host name alone for the key of a policy. Written percent-encoded.
class sas_resource {
 public:
  constexpr sas_resource(identity const& device) noexcept
      : start_(device.host.view()), folder_("/devices/"), id_(device.device.view()) {}
  constexpr sas_resource(std::string_view decoded) noexcept : start_(decoded) {}
  constexpr sas_resource(char const* decoded) noexcept : start_(decoded) {}

  constexpr bool empty() const noexcept { return start_.empty(); }
  constexpr std::size_t size() const noexcept { return start_.size() + folder_.size() + id_.size(); }
  // index < size()
  constexpr char operator[](std::size_t index) const noexcept {
    if (index < start_.size()) return start_[index];
    index -= start_.size();
    return index < folder_.size() ? folder_[index] : id_[index - folder_.size()];
  }
  constexpr void write(text_writer& out) const noexcept {
    out.put_percent(start_).put_percent(folder_).put_percent(id_);
  }

 private:
  std::string_view start_{};
  std::string_view folder_{};
  std::string_view id_{};
};

struct sas_claims {
  sas_resource resource;
  std::string_view key{};     // base64, as Azure shows it
  std::uint64_t expiry = 0;   // seconds since 1970-01-01T00:00:00Z
  std::string_view policy{};  // the name of a shared access policy; empty for the key of a device
};

// 2020-01-01T00:00:00Z. A clock that shows less has not been set.
inline constexpr std::uint64_t earliest_time = 1'577'836'800;

// Keys of the service have 16 to 64 bytes.
inline constexpr std::size_t sas_key_max = 128;

namespace detail {

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
  result<bytes> const key = base64_decode(storage, input.key);
  if (!key) return key.error();
  std::array<byte_view, 3> const message{bytes(input.resource).octets(), as_bytes("\n").octets(),
                                         bytes(input.expiry).octets()};
  return hmac(key->octets(), message, signature);
}

// The signature in base64, percent-encoded.
template <class Hmac>
result<std::string_view> signature_text(char_span output, Hmac& hmac, signing_input const& input) noexcept {
  std::array<std::uint8_t, sha256_size> signature{};
  wipe_guard const wiped(signature);
  result<void> const done = sign(signature, hmac, input);
  if (!done) return done.error();
  std::array<char, base64_encoded_size(sha256_size)> encoded{};
  wipe_guard const wiped_too(encoded);
  result<std::string_view> const base64 = base64_encode(encoded, signature);
  return text_writer(output).put_percent(*base64).finish();
}

}  // namespace detail

// "SharedAccessSignature sr=…&sig=…&se=…[&skn=…]", a view of output. errc::clock_not_set when it expires
// before 2020; errc::missing_field without a resource or key; errc::invalid_base64 for the key, with an
// offset; errc::invalid_field for a key over 128 bytes; the error of hmac; errc::buffer_too_small with
// the size needed, or, where not even the resource fits and so cannot be signed, up to 86 more.
template <hmac_sha256 Hmac>
result<std::string_view> sas_token(char_span output, sas_claims const& claims, Hmac&& hmac) noexcept {
  if (claims.expiry < earliest_time) return errc::clock_not_set;
  if (claims.resource.empty()) return errc::missing_field;
  std::array<char, 20> digits;
  std::string_view const expiry = *text_writer(digits).put_number(claims.expiry).finish();

  text_writer out(output);
  out.put("SharedAccessSignature sr=");
  std::size_t const resource_at = out.size();
  claims.resource.write(out);
  // The longest text that the signature can become: "%2F" 44 times.
  std::array<char, 3 * base64_encoded_size(sha256_size)> encoded{};
  wipe_guard const wiped(encoded);
  std::string_view signature(encoded.data(), encoded.size());
  if (auto const signed_text = out.finish()) {
    result<std::string_view> const made =
        detail::signature_text(encoded, hmac, {claims.key, drop(*signed_text, resource_at), expiry});
    if (!made) return made.error();
    signature = *made;
  }
  out.put("&sig=").put(signature).put("&se=").put(expiry);
  if (!claims.policy.empty()) out.put("&skn=").put_percent(claims.policy);
  return out.finish();
}

}  // namespace hubwire::inline abi1::iothub

#endif
