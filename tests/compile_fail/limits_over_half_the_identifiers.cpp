// SPDX-License-Identifier: BSL-1.0
// Half of the packet identifiers can wait: which of two is older has to be clear.
// EXPECT: limits: no more than 32,768 requests can wait
#include <hubwire/session/client.hpp>

static_assert(sizeof(hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 32'768}>) != 0);
#ifdef OFFENDING
static_assert(sizeof(hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 32'769}>) != 0);
#endif
