// SPDX-License-Identifier: BSL-1.0
// A device: connects with a SAS token, subscribes, asks for its twin, reports, answers methods.
#include <new>
#include <optional>

#include <hubwire/driver/pump.hpp>
#include <hubwire/iothub/c2d.hpp>
#include <hubwire/iothub/methods.hpp>
#include <hubwire/iothub/twin.hpp>
#include <hubwire/session/client.hpp>

#include <footprint/device.hpp>

namespace footprint {

namespace {

// Lives for ever, in memory of its own: an object with a destructor at namespace scope would be registered
// with __aeabi_atexit, which firmware need not have.
struct device {
  hub::identity self;
  hubwire::client<hubwire::v3_tag, hubwire::limits<4, 4>> client{receive_memory, transmit_memory};
};
alignas(device) unsigned char memory[sizeof(device)];
device* running = nullptr;

bool subscribe() noexcept {
  char text[160];
  auto const commands = hub::c2d_filter(text, running->self.device);
  if (!commands) return false;
  hubwire::v3::subscription const wanted[] = {{*commands, hubwire::qos::at_least_once},
                                              {hub::method_request_filter},
                                              {hub::twin_response_filter},
                                              {hub::desired_update_filter}};
  return running->client.subscribe(wanted).has_value();
}

bool ask_for_twin() noexcept {
  char text[64];
  auto const topic = hub::twin_get_topic(text, 1);
  return topic && running->client.publish({*topic}).has_value();
}

void answer(hub::method_request const& request, hubwire::bytes payload) noexcept {
  char text[128];
  auto const topic = hub::method_response_topic(text, {on_method(request.name, payload), request.id});
  if (topic) static_cast<void>(running->client.publish({*topic}));
}

void handle(hubwire::v3::publish const& message) noexcept {
  auto const meaning = hub::parse_topic(message.topic, running->self);
  if (!meaning) return;
  if (auto const* const c2d = meaning->c2d()) {
    auto const command = c2d->properties.find("cmd");
    if (command) on_command(command->raw(), message.payload);
  }
  if (auto const* const request = meaning->method_request()) answer(*request, message.payload);
  if (meaning->twin_response() != nullptr) on_twin(message.payload);
  if (auto const* const update = meaning->desired_update()) on_desired(update->version, message.payload);
}

}  // namespace

[[gnu::noinline]] bool start(std::string_view host_text, std::string_view device_text) noexcept {
  auto const host = hub::host_name::parse(host_text);
  auto const id = hub::device_id::parse(device_text);
  if (!host || !id) return false;
  running = new (memory) device{{*host, *id}};
  return true;
}

[[gnu::noinline]] bool begin(std::string_view key, std::uint64_t expiry, hubwire::tick now) noexcept {
  char name_text[160];
  char password_text[256];
  auto const client_id = hub::client_id(name_text, running->self);
  if (!client_id) return false;
  auto const name = hub::user_name(hubwire::char_span(name_text).subspan(client_id->size()), running->self);
  auto const password = hub::sas_token(
      password_text, {.resource = running->self, .key = key, .expiry = expiry}, stand_in_hmac{});
  if (!name || !password) return false;
  return running->client
      .connect({.client_id = *client_id,
                .keep_alive = 240,
                .user_name = *name,
                .password = hubwire::as_bytes(*password)},
               now)
      .has_value();
}

[[gnu::noinline]] bool report(std::string_view alert, hubwire::bytes json) noexcept {
  char text[256];
  auto const topic = hub::telemetry_topic(text, running->self.device)
                         .add(hub::system_property::content_type, "application/json")
                         .add("alert", alert)
                         .done();
  return topic && running->client.publish({*topic, json, hubwire::qos::at_least_once}).has_value();
}

[[gnu::noinline]] bool turn(connection& link, hubwire::tick now) noexcept {
  static_cast<void>(hubwire::pump(running->client, link, now));
  while (auto const event = running->client.next_event()) {
    if (event.kind == hubwire::event_kind::connected && !(subscribe() && ask_for_twin())) return false;
    if (event.kind == hubwire::event_kind::message) handle(*event.message);
    if (event.kind == hubwire::event_kind::closed) on_end(event.cause);
  }
  return !running->client.finished();
}

[[gnu::noinline]] bool leave() noexcept { return running->client.disconnect().has_value(); }

}  // namespace footprint
