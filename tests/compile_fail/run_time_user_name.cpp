// SPDX-License-Identifier: BSL-1.0
// A user name that is known at run time only is checked by text::parse, and the message says so.
// EXPECT: run_time_text_goes_through_parse
#include <hubwire/v3/protocol.hpp>

hubwire::v3::connect hello(char const* name) {
  hubwire::v3::connect packet{.client_id = "d1", .user_name = "alice"};
  packet.user_name = *hubwire::text::parse(name);
#ifdef OFFENDING
  packet.user_name = hubwire::optional_text(name);
#endif
  return packet;
}
