// SPDX-License-Identifier: BSL-1.0
// The shortest transport: a modem in data mode behind a UART whose interrupts fill and drain two buffers.
#ifndef CUSTOM_TRANSPORT_MODEM_STREAM_HPP
#define CUSTOM_TRANSPORT_MODEM_STREAM_HPP

#include <cstddef>

#include <hubwire/transport/byte_stream.hpp>

namespace custom_transport {

// Uart is your driver: receive(room) and send(data) move what they can at once and say how many bytes that was;
// carrier() is false once the modem has said NO CARRIER.
template <class Uart>
class modem_stream {
 public:
  explicit modem_stream(Uart& uart) noexcept : uart_(uart) {}
  modem_stream(modem_stream const&) = delete;
  modem_stream& operator=(modem_stream const&) = delete;

  hubwire::io_result read_some(hubwire::byte_span room) noexcept {
    if (room.empty()) return {};
    bool const up = uart_.carrier();  // asked first, so that no byte is missed that came before the loss
    std::size_t const count = lost_ ? 0 : uart_.receive(room);
    if (count == 0 && !up) lost_ = true;  // for good: a carrier that returns is another connection
    return told(count, !lost_);
  }
  hubwire::io_result write_some(hubwire::byte_view data) noexcept {
    if (data.empty()) return {};
    bool const up = !lost_ && uart_.carrier();
    return told(up ? uart_.send(data) : 0, up);
  }

 private:
  static hubwire::io_result told(std::size_t count, bool up) noexcept {
    if (count != 0) return {count, hubwire::io_status::ok, {}};
    if (up) return {0, hubwire::io_status::would_block, {}};
    return {0, hubwire::io_status::failed, {hubwire::errc::connection_lost, 0}};
  }

  Uart& uart_;
  bool lost_ = false;
};

}  // namespace custom_transport

#endif
