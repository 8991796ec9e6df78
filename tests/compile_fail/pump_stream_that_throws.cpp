// SPDX-License-Identifier: BSL-1.0
// A stream says that it does not throw.
// EXPECT: byte_stream
// EXPECT: noexcept
#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>

struct promises {
  hubwire::io_result read_some(hubwire::byte_span) noexcept;
  hubwire::io_result write_some(hubwire::byte_view) noexcept;
};
struct does_not {
  hubwire::io_result read_some(hubwire::byte_span);
  hubwire::io_result write_some(hubwire::byte_view) noexcept;
};

void use(hubwire::client<>& client, promises& fine, does_not& offending) {
  static_cast<void>(pump(client, fine, hubwire::tick(0)));
#ifdef OFFENDING
  static_cast<void>(pump(client, offending, hubwire::tick(0)));
#endif
  static_cast<void>(offending);
}
