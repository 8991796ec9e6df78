// SPDX-License-Identifier: BSL-1.0
// What an MQTT connection needs from its transport, and what the transport needs from it. TLS over TCP is
// one; a WebSocket would be another.
#ifndef HUB_EMULATOR_LINK_HPP
#define HUB_EMULATOR_LINK_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace hub_emulator {

class link {
 public:
  virtual ~link() = default;

  // Queues bytes to send. Nothing happens after close().
  virtual void send(std::string bytes) = 0;
  // Bytes that are queued and not yet with the operating system.
  virtual std::size_t queued() const = 0;
  // Sends what is queued, says goodbye and closes; a peer that does not read is cut off after a while.
  virtual void close() = 0;
  // Reads on after received() returned false.
  virtual void resume() = 0;
  virtual std::string peer() const = 0;
};

// The other side of a link.
class link_user {
 public:
  virtual ~link_user() = default;

  // Where the next bytes go; not empty.
  virtual std::span<std::uint8_t> window() = 0;
  // count bytes lie in the window. False: read no more until resume().
  virtual bool received(std::size_t count) = 0;
  // Some of the queue has gone out.
  virtual void drained() = 0;
  // The peer is gone, or the transport failed. Not called after link::close().
  virtual void lost(std::string const& reason) = 0;
};

}  // namespace hub_emulator

#endif
