// SPDX-License-Identifier: BSL-1.0
// The password of a connection: a token that proves for a while that the device knows its key.
#ifndef DEVICE_CREDENTIALS_HPP
#define DEVICE_CREDENTIALS_HPP

#include <array>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/wipe.hpp>
#include <hubwire/crypto/bearssl_hmac.hpp>
#include <hubwire/iothub/connection_string.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/sas_token.hpp>

namespace device {

class credentials {
 public:
  // What the connection string views stays where it is. Lifetime of a token in seconds.
  credentials(hubwire::iothub::connection_string const& from, hubwire::iothub::identity const& self,
              std::uint32_t lifetime) noexcept
      : from_(from), self_(self), lifetime_(lifetime) {}
  credentials(credentials const&) = delete;
  credentials& operator=(credentials const&) = delete;
  ~credentials() { forget(); }

  // A fresh token for a connection that begins now, or the ready-made one of the connection string. Lives
  // until forget(). Errors: those of sas_token.
  hubwire::result<hubwire::bytes> password(std::uint64_t unix_now) noexcept {
    if (!from_.shared_access_signature.empty()) return hubwire::as_bytes(from_.shared_access_signature);
    auto const token = hubwire::iothub::sas_token(token_,
                                                  {.resource = self_,
                                                   .key = from_.shared_access_key,
                                                   .expiry = unix_now + lifetime_,
                                                   .policy = from_.shared_access_key_name},
                                                  hubwire::bearssl_hmac{});
    if (!token) return token.error();
    // The hub closes the connection soon after the token has ended; the device leaves before that, with
    // 15 % of the time in hand for clocks that disagree and networks that are slow.
    std::uint64_t const margin = lifetime_ * std::uint64_t{15} / 100 + 1;
    renew_at_ = unix_now + lifetime_ - margin;
    return hubwire::as_bytes(*token);
  }

  // The CONNECT has been encoded; its copy of the password is wiped when it has been sent.
  void forget() noexcept { hubwire::wipe(hubwire::char_span(token_)); }

  // It is time for a connection with a fresh token. A ready-made token cannot be renewed.
  bool renewal_due(std::uint64_t unix_now) const noexcept { return renew_at_ != 0 && unix_now >= renew_at_; }

 private:
  // 1 kB holds the token of the longest host name with the longest device id.
  std::array<char, 1'024> token_{};
  hubwire::iothub::connection_string from_;
  hubwire::iothub::identity self_;
  std::uint32_t lifetime_;
  std::uint64_t renew_at_ = 0;
};

}  // namespace device

#endif
