// SPDX-License-Identifier: BSL-1.0
#include "message.hpp"

#include <algorithm>
#include <hubwire/core/utf8.hpp>
#include <hubwire/text/base64.hpp>
#include <iterator>

#include "decoded_text.hpp"

namespace hub_emulator {

namespace {

struct name_pair {
  std::string_view wire;
  std::string_view service;
  bool from_device;
  bool to_device;
};

constexpr name_pair names[] = {
    {"$.mid", "message-id", true, true},
    {"$.cid", "correlation-id", true, true},
    {"$.uid", "user-id", true, true},
    {"$.to", "to", true, false},
    {"$.exp", "absolute-expiry-time", true, true},
    {"$.ct", "content-type", true, true},
    {"$.ce", "content-encoding", true, true},
    {"$.ctime", "iothub-creation-time-utc", false, true},
    {"$.on", "iothub-outputname", true, false},
    {"$.ifid", "iothub-interface-id", true, false},
    {"$.sub", "dt-subject", true, false},
    {"$.schema", "iothub-message-schema", true, false},
    {"$.diagid", "$.diagid", true, false},
    {"$.diagctx", "$.diagctx", true, false},
    {"iothub-ack", "iothub-ack", false, true},
};

// What the service says about a message, in these words. A device can send properties of the same names, and
// who reads them must not take its word for the service's.
constexpr std::string_view names_of_the_service[] = {
    "mqtt-retain",
    "x-opt-retain",
    "iothub-MessageType",
    "iothub-connection-device-id",
    "iothub-connection-module-id",
    "iothub-connection-auth-method",
    "iothub-connection-auth-generation-id",
    "iothub-enqueuedtime",
    "iothub-message-source",
    "dt-dataschema",
    "dt-subject",
};

// Consumers look properties up without regard to case.
bool is_of_the_service(std::string_view name) {
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::any_of(std::begin(names_of_the_service), std::end(names_of_the_service),
                     [&](std::string_view one) {
                       return std::equal(one.begin(), one.end(), name.begin(), name.end(),
                                         [&](char a, char b) { return lower(a) == lower(b); });
                     });
}

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
    if (pair.from_device && pair.wire == wire_name) return pair.service;
  return {};
}

std::string_view wire_name(std::string_view service_name) noexcept {
  for (name_pair const& pair : names)
    if (pair.to_device && (pair.service == service_name || pair.wire == service_name)) return pair.wire;
  return {};
}

std::size_t size_of(property_list const& properties) {
  std::size_t size = 0;
  for (property const& item : properties) {
    if (service_name(item.name).empty()) size += item.name.size();
    if (item.value) size += item.value->size();
  }
  return size;
}

void add_properties(json_line& fields, property_list const& properties) {
  json system = json::object();
  json application = json::object();
  json claimed = json::object();
  for (property const& item : properties) {
    std::string_view const known = service_name(item.name);
    if (!known.empty())
      add(system, std::string(known), item.value);
    else
      add(is_of_the_service(item.name) ? claimed : application, item.name, item.value);
  }
  fields["system"] = system;
  fields["properties"] = application;
  if (!claimed.empty()) fields["claimed"] = claimed;
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
