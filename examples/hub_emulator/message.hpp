// SPDX-License-Identifier: BSL-1.0
// Messages with their properties: how they are read from a topic and shown as JSON.
#ifndef HUB_EMULATOR_MESSAGE_HPP
#define HUB_EMULATOR_MESSAGE_HPP

#include <chrono>
#include <cstdint>
#include <hubwire/iothub/property_bag.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"

namespace hub_emulator {

// Decoded text; no value is null, which differs from an empty one.
struct property {
  std::string name{};
  std::optional<std::string> value{};
};

using property_list = std::vector<property>;

// A message on its way to a device.
struct c2d_message {
  std::string id{};
  property_list system{};  // "$.mid", "$.to", ...
  property_list application{};
  std::string payload{};
  std::chrono::system_clock::time_point expires{};
  unsigned deliveries = 0;      // how often it was sent
  std::uint16_t packet_id = 0;  // 0: not with the device
  std::chrono::steady_clock::time_point sent{};
};

// All items in their order, decoded where that is possible.
property_list read_properties(hubwire::iothub::property_bag const& bag);

// "$.ct" -> "content-type". Empty: not a system property when it comes from a device.
std::string_view service_name(std::string_view wire_name) noexcept;
// "content-type" -> "$.ct"; wire names stay what they are. Empty: not a property of a message to a device.
std::string_view wire_name(std::string_view service_name) noexcept;

// What counts of them for the size of a message: names and values, of system properties the values only.
std::size_t size_of(property_list const& properties);

// Sorts a telemetry message's properties into fields "system" and "properties", and into "claimed", if there
// are any, those with a name that the service gives. The values of a name that comes more than once become an
// array.
void add_properties(json_line& fields, property_list const& properties);

// "payload" for text, "payload_base64" for other octets.
void add_payload(json_line& fields, std::string_view payload);

}  // namespace hub_emulator

#endif
