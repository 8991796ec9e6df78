// SPDX-License-Identifier: BSL-1.0
// Messages of QoS 1 would wait for ever.
// EXPECT: limits: a client without incoming could not receive QoS 1
#include <hubwire/session/client.hpp>

static_assert(sizeof(hubwire::client<>) != 0);
#ifdef OFFENDING
static_assert(sizeof(hubwire::client<hubwire::v3_tag, hubwire::limits{.incoming = 0}>) != 0);
#endif
