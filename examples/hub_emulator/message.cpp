// SPDX-License-Identifier: BSL-1.0
#include "message.hpp"

#include <hubwire/core/utf8.hpp>
#include <hubwire/text/base64.hpp>

#include "decoded_text.hpp"

namespace hub_emulator {

namespace {

struct name_pair {
  std::string_view wire;
  std::string_view service;
  bool to_device;
};

constexpr name_pair names[] = {
    {"$.mid", "message-id", true},
    {"$.cid", "correlation-id", true},
    {"$.uid", "user-id", true},
    {"$.to", "to", false},
    {"$.exp", "absolute-expiry-time", true},
    {"$.ct", "content-type", true},
    {"$.ce", "content-encoding", true},
    {"$.ctime", "iothub-creation-time-utc", true},
    {"$.on", "iothub-outputname", false},
    {"$.ifid", "iothub-interface-id", false},
    {"$.sub", "dt-subject", false},
    {"$.schema", "iothub-message-schema", false},
    {"iothub-ack", "iothub-ack", true},
};

// A name may come more than once: its value becomes an array then, of all values in their order.
void add(json& section, std::string const& name, std::optional<std::string> const& text) {
  json const value = text ? json(*text) : json(nullptr);
  auto const [member, is_new] = section.emplace(name, value);
  if (is_new) return;
  if (!member->is_array()) *member = json::array({*member});
  member->push_back(value);
}

}  // namespace

property_list read_properties(hubwire::iothub::property_bag const& bag) {
  property_list list;
  for (auto const& item : bag) {
    property read{decoded_text(item.name), {}};
    if (!item.value.is_null()) read.value = decoded_text(item.value);
    list.push_back(std::move(read));
  }
  return list;
}

std::string_view service_name(std::string_view wire_name) noexcept {
  for (name_pair const& pair : names)
    if (pair.wire == wire_name) return pair.service;
  return wire_name;
}

std::string_view wire_name(std::string_view service_name) noexcept {
  for (name_pair const& pair : names)
    if (pair.to_device && (pair.service == service_name || pair.wire == service_name)) return pair.wire;
  return {};
}

void add_properties(json_line& fields, property_list const& properties) {
  json system = json::object();
  json application = json::object();
  for (property const& item : properties) {
    bool const is_system = item.name.starts_with("$.");
    json& section = is_system ? system : application;
    add(section, std::string(is_system ? service_name(item.name) : item.name), item.value);
  }
  fields["system"] = system;
  fields["properties"] = application;
}

void add_payload(json_line& fields, std::string_view payload) {
  if (!hubwire::scan_text(payload).ill_formed) {
    fields["payload"] = payload;
    return;
  }
  std::string encoded((payload.size() + 2) / 3 * 4, '\0');
  auto const written =
      hubwire::base64_encode(hubwire::char_span(encoded), hubwire::as_bytes(payload).octets());
  fields["payload_base64"] = written ? std::string(*written) : std::string();
}

}  // namespace hub_emulator
