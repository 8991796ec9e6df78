// SPDX-License-Identifier: BSL-1.0
// The IoT Hub layer of a device.
#include <footprint/iothub.hpp>

namespace footprint {

[[gnu::noinline]] result<hub::identity> identity_of(std::string_view host, std::string_view device) noexcept {
  auto const parsed_host = hub::host_name::parse(host);
  if (!parsed_host) return parsed_host.error();
  auto const parsed_device = hub::device_id::parse(device);
  if (!parsed_device) return parsed_device.error();
  return hub::identity{*parsed_host, *parsed_device};
}

[[gnu::noinline]] result<hubwire::text> user_name(char_span output, hub::identity const& self,
                                                  std::string_view product) noexcept {
  return hub::user_name(output, self, {.device_client_type = product});
}

[[gnu::noinline]] result<hubwire::topic_name> telemetry_topic(
    char_span output, hub::identity const& self, std::array<name_and_value, 4> const& properties) noexcept {
  auto topic = hub::telemetry_topic(output, self.device);
  for (name_and_value const& each : properties) topic.add(each.name, each.value);
  return topic.done();
}

[[gnu::noinline]] result<hub::topic_event> received(hubwire::topic_name topic,
                                                    hub::identity const& self) noexcept {
  return hub::parse_topic(topic, self);
}

[[gnu::noinline]] std::optional<hub::property_value> find(hub::property_bag const& properties,
                                                          std::string_view name) noexcept {
  return properties.find(name);
}

[[gnu::noinline]] result<std::string_view> password(char_span output, hub::identity const& self,
                                                    std::string_view key, std::uint64_t expiry) noexcept {
  return hub::sas_token(output, {.resource = self, .key = key, .expiry = expiry}, stand_in_hmac{});
}

}  // namespace footprint
