// SPDX-License-Identifier: BSL-1.0
// A result that nobody looks at is a warning, here an error.
// EXPECT: unused-result
#include <cstdint>

#include <hubwire/mqtt3.hpp>

void publish(hubwire::byte_span output) {
  hubwire::v3::publish const message{.topic = "t"};
  [[maybe_unused]] auto const fine = hubwire::encode(output, message);
#ifdef OFFENDING
  hubwire::encode(output, message);
#endif
}
