// SPDX-License-Identifier: BSL-1.0
// An HMAC says that it does not throw.
// EXPECT: hmac_sha256
#include <hubwire/iothub/sas_token.hpp>

struct promises {
  hubwire::result<void> operator()(hubwire::byte_view, hubwire::message_parts,
                                   hubwire::sha256_output) noexcept;
};
struct does_not {
  hubwire::result<void> operator()(hubwire::byte_view, hubwire::message_parts, hubwire::sha256_output);
};

template <hubwire::hmac_sha256>
struct takes_hmac {};

takes_hmac<promises> fine;
#ifdef OFFENDING
takes_hmac<does_not> offending;
#endif
