// SPDX-License-Identifier: BSL-1.0
// The same device as in device_whole_application.cpp with as little of the library as will do: its name is in the
// program, another part keeps the key and signs, it moves the bytes itself, and its other topics are literals.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <footprint/device.hpp>

namespace footprint {

namespace {

constexpr hub::identity self{"contoso-hub-001.azure-devices.net", "device-0042a"};
constexpr hubwire::topic_filter commands = "devices/device-0042a/messages/devicebound/#";
constexpr hubwire::topic_name ask_for_twin = "$iothub/twin/GET/?$rid=1";
constexpr hubwire::topic_name answers = "$iothub/methods/res/200/?$rid=";

// Receives what fits until an event has to be handled, then sends what the connection takes.
void move_bytes(device_client& client, connection& link, hubwire::tick now) noexcept {
  hubwire::io_result moved;
  for (auto room = window(client); !room.empty() && moved.status == hubwire::io_status::ok;
       room = window(client)) {
    moved = link.read_some(room);
    commit(client, moved.count);
  }
  advance(client, now);
  if (moved.status == hubwire::io_status::would_block) moved.status = hubwire::io_status::ok;
  for (auto data = pending_output(client); !data.empty() && moved.status == hubwire::io_status::ok;
       data = pending_output(client)) {
    moved = link.write_some(data);
    consume(client, moved.count);
  }
  bool const ended =
      moved.status != hubwire::io_status::ok && moved.status != hubwire::io_status::would_block;
  if (ended) lost(client, moved.error);
}

}  // namespace

// With status 200 whatever on_method says. A request whose id is too long for the topic gets no answer.
void answer(hub::method_request const& request, hubwire::bytes payload) noexcept {
  static_cast<void>(on_method(request.name, payload));
  char text[96];
  std::string_view const id = request.id.text();
  if (id.size() > sizeof text - answers.size()) return;
  std::memcpy(text, answers.view().data(), answers.size());
  std::memcpy(text + answers.size(), id.data(), id.size());
  std::string_view const topic(text, answers.size() + id.size());
  static_cast<void>(publish(the_client(), {hubwire::topic_name::trusted(topic)}));
}

bool start(std::string_view host, std::string_view device) noexcept {
  return host == self.host.view() && device == self.device.view();
}

bool begin(std::string_view key, std::uint64_t expiry, hubwire::tick now) noexcept {
  char text[128];
  auto const wanted = string_to_sign(text, self, expiry);
  if (!wanted) return false;
  std::array<std::uint8_t, 32> mac;
  hubwire::byte_view const message[] = {hubwire::as_bytes(*wanted).octets()};
  static_cast<void>(stand_in_hmac()(hubwire::as_bytes(key).octets(), message, mac));
  std::array<char, 44> signature;
  for (std::size_t i = 0; i != signature.size(); ++i)
    signature[i] = static_cast<char>('A' + mac[i % mac.size()] % 16);
  signature.back() = '=';
  char name_text[160];
  char password_text[256];
  auto const name = footprint::user_name(name_text, self, {});
  auto const secret =
      password(password_text, {.resource = self, .expiry = expiry}, {signature.data(), signature.size()});
  if (!name || !secret) return false;
  return connect(the_client(), {"device-0042a", *name, *secret}, now).has_value();
}

bool report(std::string_view alert, hubwire::bytes json) noexcept {
  char text[256];
  std::array<name_and_value, 4> const properties{
      {{"$.ct", "application/json"}, {"$.ce", "utf-8"}, {"alert", alert}, {"site", "plant-7"}}};
  auto const topic = telemetry_topic(text, self, properties);
  return topic && publish(the_client(), {*topic, json, hubwire::qos::at_least_once}).has_value();
}

bool turn(connection& link, hubwire::tick now) noexcept {
  device_client& client = the_client();
  move_bytes(client, link, now);
  while (auto const event = next_event(client)) {
    if (event.kind() == hubwire::event_kind::connected &&
        !(subscribe(client, commands) && publish(client, {ask_for_twin})))
      return false;
    if (event.kind() == hubwire::event_kind::message) handle(self, event.message());
    if (event.kind() == hubwire::event_kind::closed) on_end(event.cause());
  }
  return !finished(client);
}

bool leave() noexcept { return disconnect(the_client()).has_value(); }

}  // namespace footprint
