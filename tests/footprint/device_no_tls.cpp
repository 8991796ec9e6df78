// SPDX-License-Identifier: BSL-1.0
// What a device asks of the library: a client, its requests and events over a connection, and IoT Hub's texts
// with a token. What it does with them is in device_application.cpp.
#include <footprint/device.hpp>

namespace footprint {

namespace {

// At namespace scope, which takes no __aeabi_atexit: a client has no destructor.
device_client client{receive_memory, transmit_memory};

}  // namespace

[[gnu::noinline]] device_client& the_client() noexcept { return client; }

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

[[gnu::noinline]] result<hubwire::text> user_name(char_span output, hub::identity const& self) noexcept {
  return hub::user_name(output, self);
}

[[gnu::noinline]] result<std::string_view> token(char_span output, hub::sas_claims const& claims) noexcept {
  return hub::sas_token(output, claims, stand_in_hmac{});
}

[[gnu::noinline]] result<void> connect(device_client& client, login_texts const& who,
                                       hubwire::tick now) noexcept {
  return client.connect({.client_id = who.client_id,
                         .keep_alive = 240,
                         .user_name = who.user_name,
                         .password = hubwire::as_bytes(who.password)},
                        now);
}

[[gnu::noinline]] result<hubwire::packet_id> subscribe(device_client& client,
                                                       hubwire::topic_filter commands) noexcept {
  hubwire::v3::subscription const wanted[] = {{commands, hubwire::qos::at_least_once},
                                              {hub::method_request_filter},
                                              {hub::twin_response_filter},
                                              {hub::desired_update_filter}};
  return client.subscribe(wanted);
}

[[gnu::noinline]] result<hubwire::delivery> publish(device_client& client,
                                                    hubwire::message const& outgoing) noexcept {
  return client.publish(outgoing);
}

[[gnu::noinline]] result<void> disconnect(device_client& client) noexcept { return client.disconnect(); }

[[gnu::noinline]] hubwire::pump_result pump(device_client& client, connection& link,
                                            hubwire::tick now) noexcept {
  return hubwire::pump(client, link, now);
}

[[gnu::noinline]] hubwire::v3::event next_event(device_client& client) noexcept {
  return client.next_event();
}

[[gnu::noinline]] bool finished(device_client const& client) noexcept { return client.finished(); }

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

[[gnu::noinline]] result<hub::topic_event> received(hubwire::topic_name topic,
                                                    hub::identity const& self) noexcept {
  return hub::parse_topic(topic, self);
}

[[gnu::noinline]] std::optional<hub::property_value> find(hub::property_bag const& properties,
                                                          std::string_view name) noexcept {
  return properties.find(name);
}

}  // namespace footprint
