// SPDX-License-Identifier: BSL-1.0
// The IoT Hub layer as a device uses it, without MQTT: what is written before CONNECT, what is published,
// and what arrives.
#ifndef HUBWIRE_TESTS_FOOTPRINT_IOTHUB_HPP
#define HUBWIRE_TESTS_FOOTPRINT_IOTHUB_HPP

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/iothub/sas_token.hpp>
#include <hubwire/iothub/telemetry.hpp>
#include <hubwire/iothub/topic_event.hpp>
#include <hubwire/iothub/user_name.hpp>

namespace footprint {

using hubwire::char_span;
using hubwire::result;
namespace hub = hubwire::iothub;

struct name_and_value {
  std::string_view name{};
  std::string_view value{};
};

result<hubwire::text> user_name(char_span output, hub::identity const& self,
                                hub::user_name_options const& options) noexcept;
result<hubwire::topic_name> telemetry_topic(char_span output, hub::identity const& self,
                                            std::array<name_and_value, 4> const& properties) noexcept;
// C2D messages, method requests, twin responses and desired updates.
result<hub::topic_event> received(hubwire::topic_name topic, hub::identity const& self) noexcept;
std::optional<hub::property_value> find(hub::property_bag const& properties, std::string_view name) noexcept;
// What is signed, by whatever keeps the key, and the password with the signature.
result<std::string_view> string_to_sign(char_span output, hub::identity const& self,
                                        std::uint64_t expiry) noexcept;
result<std::string_view> password(char_span output, hub::sas_terms const& terms,
                                  std::string_view signature) noexcept;

}  // namespace footprint

#endif
