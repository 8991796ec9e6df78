// SPDX-License-Identifier: BSL-1.0
// A client that may send no request could do nothing.
// EXPECT: limits: a client without outgoing could not subscribe
#include <hubwire/session/client.hpp>

using fine = hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 1, .incoming = 1}>;
static_assert(sizeof(fine) != 0);
#ifdef OFFENDING
static_assert(sizeof(hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 0}>) != 0);
#endif
