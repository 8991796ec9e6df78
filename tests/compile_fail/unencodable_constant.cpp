// SPDX-License-Identifier: BSL-1.0
// A packet that cannot be encoded is no constant packet: a password needs a user name.
// EXPECT: this packet cannot be encoded
#include <hubwire/mqtt3.hpp>

using hubwire::v3::connect;

constexpr auto fine = hubwire::encoded_by([] { return connect{.client_id = "d"}; });
#ifdef OFFENDING
constexpr auto offending =
    hubwire::encoded_by([] { return connect{.client_id = "d", .password = hubwire::as_bytes("p")}; });
#endif
