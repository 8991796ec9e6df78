// SPDX-License-Identifier: BSL-1.0
// The compiler checks the literal filters of a list.
// EXPECT: literal_is_not_a_valid_topic_filter
#include <hubwire/session/client.hpp>

void subscribe(hubwire::client<>& client) {
  static_cast<void>(client.subscribe({{"a"}, {"b/#"}}));
#ifdef OFFENDING
  static_cast<void>(client.subscribe({{"a"}, {"b#"}}));
#endif
}
