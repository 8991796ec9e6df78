// SPDX-License-Identifier: BSL-1.0
// A stream takes spans, not a pointer and a size.
// EXPECT: byte_stream
// EXPECT: read_some
#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>

struct of_spans {
  hubwire::io_result read_some(hubwire::byte_span) noexcept;
  hubwire::io_result write_some(hubwire::byte_view) noexcept;
};
struct of_pointers {
  hubwire::io_result read_some(std::uint8_t*, std::size_t) noexcept;
  hubwire::io_result write_some(std::uint8_t const*, std::size_t) noexcept;
};

void use(hubwire::client<>& client, of_spans& fine, of_pointers& offending) {
  static_cast<void>(pump(client, fine, hubwire::tick(0)));
#ifdef OFFENDING
  static_cast<void>(pump(client, offending, hubwire::tick(0)));
#endif
  static_cast<void>(offending);
}
