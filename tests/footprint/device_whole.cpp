// SPDX-License-Identifier: BSL-1.0
// What a device asks of the library that keeps its own key, moves its bytes with pump() and writes every topic:
// besides the client and what is received. What it does with them is in device_whole_application.cpp.
#include <footprint/device.hpp>

namespace footprint {

[[gnu::noinline]] result<hub::identity> identity(std::string_view host, std::string_view device) noexcept {
  auto const parsed_host = hub::host_name::parse(host);
  if (!parsed_host) return parsed_host.error();
  auto const parsed_device = hub::device_id::parse(device);
  if (!parsed_device) return parsed_device.error();
  return hub::identity{*parsed_host, *parsed_device};
}

[[gnu::noinline]] result<hubwire::text> client_id(char_span output, hub::identity const& self) noexcept {
  return hub::client_id(output, self);
}

[[gnu::noinline]] result<hubwire::text> short_user_name(char_span output,
                                                        hub::identity const& self) noexcept {
  return hub::user_name(output, self);
}

[[gnu::noinline]] result<std::string_view> token(char_span output, hub::sas_claims const& claims) noexcept {
  return hub::sas_token(output, claims, stand_in_hmac{});
}

[[gnu::noinline]] hubwire::pump_result pump(device_client& client, connection& link,
                                            hubwire::tick now) noexcept {
  return hubwire::pump(client, link, now);
}

[[gnu::noinline]] result<hubwire::topic_filter> c2d_filter(char_span output, hub::device_id device) noexcept {
  return hub::c2d_filter(output, device);
}

[[gnu::noinline]] result<hubwire::topic_name> report_topic(char_span output, hub::device_id device,
                                                           std::string_view alert) noexcept {
  return hub::telemetry_topic(output, device)
      .add(hub::system_property::content_type, "application/json")
      .add("alert", alert)
      .done();
}

[[gnu::noinline]] result<hubwire::topic_name> twin_get_topic(char_span output, hub::request_id id) noexcept {
  return hub::twin_get_topic(output, id);
}

[[gnu::noinline]] result<hubwire::topic_name> method_response_topic(
    char_span output, hub::method_response const& answer) noexcept {
  return hub::method_response_topic(output, answer);
}

}  // namespace footprint
