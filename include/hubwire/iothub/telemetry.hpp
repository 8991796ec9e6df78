// SPDX-License-Identifier: BSL-1.0
// Device-to-cloud messages: devices/{device}/messages/events/{properties}. Azure: "Communicate with an
// IoT hub using the MQTT protocol", heading on device-to-cloud messages.
#ifndef HUBWIRE_IOTHUB_TELEMETRY_HPP
#define HUBWIRE_IOTHUB_TELEMETRY_HPP

#include <hubwire/core/bytes.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/iothub/topic_builder.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

/// As a hub receives it.
struct telemetry_message {
  property_bag properties{};
};

/// telemetry_topic(buffer, "d1").add("alert", "yes & no").done(). Also the topic of a Will.
constexpr topic_builder telemetry_topic(char_span output, device_id const& device) noexcept {
  return topic_builder(output, device, literal("/messages/events/"));
}

}}}  // namespace hubwire::iothub

#endif
