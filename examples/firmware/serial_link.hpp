// SPDX-License-Identifier: BSL-1.0
// The transport: two functions over the board's UART. At the other end of the line, something hands the bytes
// to TCP and back: QEMU, socat, a modem in data mode.
#ifndef FIRMWARE_SERIAL_LINK_HPP
#define FIRMWARE_SERIAL_LINK_HPP

#include <hubwire/transport/byte_stream.hpp>

#include "board.hpp"

namespace firmware {

// Three wires carry no end: a cut connection looks like silence. TLS tells the hub's orderly end, and the
// client's own timers notice the rest. A modem with a carrier line can do better: see
// custom_transport/modem_stream.hpp.
class serial_link {
 public:
  serial_link() = default;
  serial_link(serial_link const&) = delete;
  serial_link& operator=(serial_link const&) = delete;

  hubwire::io_result read_some(hubwire::byte_span room) noexcept {
    return room.empty() ? hubwire::io_result{} : told(board::receive(room));
  }
  hubwire::io_result write_some(hubwire::byte_view data) noexcept {
    return data.empty() ? hubwire::io_result{} : told(board::send(data));
  }

 private:
  static hubwire::io_result told(std::size_t count) noexcept {
    return {count, count != 0 ? hubwire::io_status::ok : hubwire::io_status::would_block, {}};
  }
};
static_assert(hubwire::byte_stream<serial_link>);

}  // namespace firmware

#endif
