// SPDX-License-Identifier: BSL-1.0
// The compiler checks a literal topic at the call.
// EXPECT: literal_is_not_a_valid_topic_name
#include <hubwire/session/client.hpp>

void publish(hubwire::client<>& client) {
  static_cast<void>(client.publish("a/b", "x"));
#ifdef OFFENDING
  static_cast<void>(client.publish("a/#", "x"));
#endif
}
