// SPDX-License-Identifier: BSL-1.0
// What hubwire wants from somebody else's HMAC-SHA-256 (RFC 2104, FIPS 180-4): SAS tokens are signed with it.
#ifndef HUBWIRE_CRYPTO_HMAC_SHA256_HPP
#define HUBWIRE_CRYPTO_HMAC_SHA256_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>

namespace hubwire { inline namespace abi1 {

inline constexpr std::size_t sha256_size = 32;

/// Where the authentication code goes.
using sha256_output = std::span<std::uint8_t, sha256_size>;

/// The text to sign, in pieces, so that nobody has to glue them together first.
using message_parts = std::span<byte_view const>;

/// hmac(key, message, mac) writes the code of the concatenated parts to mac, all 32 bytes, and returns
/// success. The key has any length from 1 byte (keys over 64 bytes are hashed first, as the standard has
/// it); parts may be empty, and there may be none. An implementation that can fail (a secure element, a
/// library that allocates) returns an error, errc::crypto_failed where it has no better one; mac is
/// unspecified then. It leaves no copy of the key behind and does not keep the views.
template <class Hmac>
concept hmac_sha256 = requires(Hmac& hmac, byte_view key, message_parts message, sha256_output mac) {
  { hmac(key, message, mac) }
  noexcept->std::same_as<result<void>>;
};

/// Compares two secrets in a time that depends on their sizes only.
constexpr bool same_secret(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i != a.size(); ++i)
    difference |= static_cast<unsigned>(detail::to_byte(a[i]) ^ detail::to_byte(b[i]));
  return difference == 0;
}

}}  // namespace hubwire

#endif
