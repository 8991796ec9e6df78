// SPDX-License-Identifier: BSL-1.0
// What hubwire wants from somebody else's SHA-1 (FIPS 180-4): the handshake of WebSocket asks for it.
#ifndef HUBWIRE_CRYPTO_SHA1_HPP
#define HUBWIRE_CRYPTO_SHA1_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>

namespace hubwire { inline namespace abi1 {

inline constexpr std::size_t sha1_size = 20;

/// Where the digest goes.
using sha1_output = std::span<std::uint8_t, sha1_size>;

/// hash(message, digest) writes the SHA-1 of message to digest, all 20 bytes, and returns success. An
/// implementation that can fail returns an error, errc::crypto_failed where it has no better one; digest is
/// unspecified then. It does not keep the views.
///
/// SHA-1 is broken as a signature. WebSocket uses it to see that a server understood the request, which
/// keeps no secret and proves no identity: that is the business of TLS.
template <class Hash>
concept sha1 = requires(Hash& hash, byte_view message, sha1_output digest) {
  { hash(message, digest) }
  noexcept->std::same_as<result<void>>;
};

}}  // namespace hubwire

#endif
