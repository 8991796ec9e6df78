// SPDX-License-Identifier: BSL-1.0
// A client is not copied, and the line that the message shows says why.
// EXPECT: pointers lead into it: neither copied nor moved
#include <hubwire/session/client.hpp>

void use(hubwire::client<>& client) {
  auto& fine = client;
  static_cast<void>(fine);
#ifdef OFFENDING
  auto offending = client;
#endif
}
