// SPDX-License-Identifier: BSL-1.0
// A topic that is known at run time only is checked by topic_name::parse, and the message says so.
// EXPECT: run_time_text_goes_through_parse
#include <string_view>

#include <hubwire/session/client.hpp>

void publish(hubwire::client<>& client, std::string_view topic) {
  static_cast<void>(client.publish(*hubwire::topic_name::parse(topic), "x"));
#ifdef OFFENDING
  static_cast<void>(client.publish(topic, "x"));
#endif
}
