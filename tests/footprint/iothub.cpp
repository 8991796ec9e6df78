// SPDX-License-Identifier: BSL-1.0
// The IoT Hub layer of a device.
#include <footprint/iothub.hpp>

namespace footprint {

[[gnu::noinline]] result<hubwire::text> user_name(char_span output, hub::identity const& self,
                                                  hub::user_name_options const& options) noexcept {
  return hub::user_name(output, self, options);
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

[[gnu::noinline]] result<std::string_view> string_to_sign(char_span output, hub::identity const& self,
                                                          std::uint64_t expiry) noexcept {
  return hub::string_to_sign(output, self, expiry);
}

[[gnu::noinline]] result<std::string_view> password(char_span output, hub::sas_terms const& terms,
                                                    std::string_view signature) noexcept {
  return hub::sas_password(output, terms, signature);
}

}  // namespace footprint
