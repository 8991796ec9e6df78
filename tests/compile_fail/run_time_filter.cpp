// SPDX-License-Identifier: BSL-1.0
// A filter that is known at run time only is checked by topic_filter::parse, and the message says so.
// EXPECT: run_time_text_goes_through_parse
#include <string>

#include <hubwire/session/client.hpp>

void subscribe(hubwire::client<>& client, std::string const& filter) {
  static_cast<void>(client.subscribe(*hubwire::topic_filter::parse(filter)));
#ifdef OFFENDING
  static_cast<void>(client.subscribe(filter));
#endif
}
