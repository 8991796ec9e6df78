// SPDX-License-Identifier: BSL-1.0
// Inputs and outputs of the IoT Hub layer.
#include <footprint/image.hpp>
#include <footprint/iothub.hpp>

namespace footprint {

// Not in the unnamed namespace, where operation_of() would not find them.
static digest& operator<<(digest& out, hubwire::text text) noexcept { return out << text.view(); }
static digest& operator<<(digest& out, hubwire::topic_name topic) noexcept { return out << topic.view(); }
static digest& operator<<(digest& out, std::optional<hub::property_value> const& value) noexcept {
  return out << std::uint32_t{value.has_value()} << (value ? value->raw() : std::string_view());
}
static digest& operator<<(digest& out, std::optional<std::uint64_t> const& number) noexcept {
  return out << std::uint32_t{number.has_value()} << static_cast<std::uint32_t>(number.value_or(0));
}
static digest& operator<<(digest& out, hub::topic_event const& event) noexcept {
  out << static_cast<std::uint32_t>(event.kind());
  if (auto const* const message = event.c2d()) out << message->properties.raw();
  if (auto const* const request = event.method_request()) out << request->name << request->id.text();
  if (auto const* const answer = event.twin_response())
    out << std::uint32_t{answer->status} << answer->id.text() << answer->version;
  if (auto const* const update = event.desired_update()) out << static_cast<std::uint32_t>(update->version);
  return out;
}

namespace {

constexpr hub::identity self{"contoso-hub-001.azure-devices.net", "device-0042a"};

std::array<name_and_value, 4> const properties{{{"$.ct", "application/json"},
                                                {"$.ce", "utf-8"},
                                                {"$.mid", "0f8fad5b-d9cb-469f"},
                                                {"alert", "temperature-high"}}};

constexpr hubwire::topic_name c2d =
    "devices/device-0042a/messages/devicebound/%24.mid=0f8fad5b-d9cb-469f&"
    "%24.to=%2Fdevices%2Fdevice-0042a%2Fmessages%2FdeviceBound&iothub-ack=full&prio=high&site=plant-7&"
    "cmd=set-interval";
constexpr hubwire::topic_name method = "$iothub/methods/POST/SetTelemetryInterval/?$rid=1f";
constexpr hubwire::topic_name twin = "$iothub/twin/res/204/?$rid=42&$version=17";
constexpr hubwire::topic_name desired = "$iothub/twin/PATCH/properties/desired/?$version=18";

// Not a signature of anything.
constexpr std::string_view signature = "q8u+NfAqm4Zc2yUJ0iYtW4mUjP3C1gq8l2k9vV0d5sE=";
constexpr std::uint64_t expiry = 1'767'225'600;

char output[400];

std::optional<hub::property_value> find_site() noexcept {
  auto const event = received(c2d, self);
  return find(event->c2d()->properties, "site");
}

constexpr operation list[] = {
    operation_of<[] {
      return footprint::user_name(
          output, self,
          {.device_client_type = "c20/1.0 (plant 7)", .model_id = "dtmi:com:example:Thermostat;1"});
    }>("user name"),
    operation_of<[] { return telemetry_topic(output, self, properties); }>("telemetry topic, 4 properties"),
    operation_of<find_site>("C2D topic, find the 5th of 6"),
    operation_of<[] { return received(method, self); }>("method request topic"),
    operation_of<[] { return received(twin, self); }>("twin response topic"),
    operation_of<[] { return received(desired, self); }>("desired update topic"),
    operation_of<[] { return footprint::string_to_sign(output, self, expiry); }>("string to sign"),
    operation_of<[] {
      return footprint::password(
          output, {.resource = self, .expiry = expiry, .policy = "primary-device-key-name"}, signature);
    }>("SAS password"),
};

}  // namespace

std::span<operation const> operations() noexcept { return list; }

}  // namespace footprint
