// SPDX-License-Identifier: BSL-1.0
// One packet identifier has to be free.
// EXPECT: limits: there are 65,535 packet identifiers
#include <hubwire/session/client.hpp>

static_assert(sizeof(hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 65'534}>) != 0);
#ifdef OFFENDING
static_assert(sizeof(hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 65'535}>) != 0);
#endif
