// SPDX-License-Identifier: BSL-1.0
// A device: connects with a SAS token, subscribes, asks for its twin, reports, answers methods. It calls the
// library by the operations only, which are what is weighed.
#include <footprint/device.hpp>

namespace footprint {

namespace {

hub::identity self{"a.example", "b"};  // until start()
device_client* client = nullptr;

bool subscribe_to_all() noexcept {
  char text[160];
  auto const commands = footprint::c2d_filter(text, self.device);
  return commands && subscribe(*client, *commands).has_value();
}

bool ask_for_twin() noexcept {
  char text[64];
  auto const topic = footprint::twin_get_topic(text, 1);
  return topic && publish(*client, {*topic}).has_value();
}

}  // namespace

void answer(hub::method_request const& request, hubwire::bytes payload) noexcept {
  char text[128];
  auto const topic = footprint::method_response_topic(text, {on_method(request.name, payload), request.id});
  if (topic) static_cast<void>(publish(*client, {*topic}));
}

bool start(std::string_view host, std::string_view device) noexcept {
  auto const parsed = identity(host, device);
  if (!parsed) return false;
  self = *parsed;
  client = &the_client();
  return true;
}

bool begin(std::string_view key, std::uint64_t expiry, hubwire::tick now) noexcept {
  char name_text[160];
  char password_text[256];
  auto const id = footprint::client_id(name_text, self);
  if (!id) return false;
  auto const name = short_user_name(hubwire::char_span(name_text).subspan(id->size()), self);
  auto const password = token(password_text, {.resource = self, .key = key, .expiry = expiry});
  if (!name || !password) return false;
  return connect(*client, {*id, *name, *password}, now).has_value();
}

bool report(std::string_view alert, hubwire::bytes json) noexcept {
  char text[256];
  auto const topic = report_topic(text, self.device, alert);
  return topic && publish(*client, {*topic, json, hubwire::qos::at_least_once}).has_value();
}

bool turn(connection& link, hubwire::tick now) noexcept {
  static_cast<void>(pump(*client, link, now));
  while (auto const event = next_event(*client)) {
    if (event.kind() == hubwire::event_kind::connected && !(subscribe_to_all() && ask_for_twin()))
      return false;
    if (event.kind() == hubwire::event_kind::message) handle(self, event.message());
    if (event.kind() == hubwire::event_kind::closed) on_end(event.cause());
  }
  return !finished(*client);
}

bool leave() noexcept { return disconnect(*client).has_value(); }

}  // namespace footprint
