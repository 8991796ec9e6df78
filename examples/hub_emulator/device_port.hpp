// SPDX-License-Identifier: BSL-1.0
// What a device needs from the connection that it is on.
#ifndef HUB_EMULATOR_DEVICE_PORT_HPP
#define HUB_EMULATOR_DEVICE_PORT_HPP

#include <cstddef>
#include <hubwire/v3/publish.hpp>
#include <hubwire/wire/delivery.hpp>
#include <string_view>

namespace hub_emulator {

class device_port {
 public:
  virtual ~device_port() = default;

  virtual void publish(hubwire::v3::publish const& packet) = 0;
  // A delivery for a message that nobody tracks: with QoS 1 it gets an identifier of its own.
  virtual hubwire::delivery untracked(hubwire::qos level) = 0;
  // Whether more can be queued for a device that may be reading slowly, or not at all.
  virtual bool has_room() const = 0;
  virtual void close(std::string_view reason) = 0;
};

}  // namespace hub_emulator

#endif
