// SPDX-License-Identifier: BSL-1.0
#include "meaning.hpp"

#include <array>
#include <hubwire/core/slice.hpp>
#include <hubwire/core/utf8.hpp>
#include <hubwire/iothub/subscription.hpp>
#include <hubwire/iothub/topic_event.hpp>
#include <hubwire/iothub/user_name.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace inspect {

namespace {

using hubwire::errc;
using hubwire::percent_text;
using hubwire::role;
using hubwire::text_max;
namespace iothub = hubwire::iothub;

// The device that a topic or a filter names. Topics without a name do not depend on it, and the host
// stands in none.
std::optional<iothub::device_id> named_device(std::string_view topic) noexcept {
  if (!hubwire::consume(topic, "devices/")) return std::nullopt;
  auto const id = iothub::device_id::parse(hubwire::cut(topic, '/').before);
  return id ? std::optional(*id) : std::nullopt;
}

iothub::identity owner_of(std::string_view topic) noexcept {
  return {"localhost", named_device(topic).value_or(iothub::device_id("nobody"))};
}

// What escapes decode to is any byte; "name_hex" instead of "name" where it is no text.
void write_decoded(json_writer& json, std::string const& name, percent_text encoded) {
  std::array<char, text_max> buffer;
  auto const decoded = encoded.decode(buffer);
  if (!decoded) return json.null(name);
  if (hubwire::scan_text(*decoded).ill_formed) return json.hex(name + "_hex", *decoded);
  json.text(name, *decoded);
}

std::string_view state_of(iothub::property const& item) noexcept {
  if (item.malformed()) return "malformed";
  switch (item.value.state()) {
    case iothub::value_state::null: return "null";
    case iothub::value_state::empty: return "empty";
    case iothub::value_state::text: break;
  }
  return "value";
}

void write_properties(json_writer& json, iothub::property_bag const& properties) {
  json.key("properties");
  json.begin_array();
  for (iothub::property const item : properties) {
    json.begin_object();
    json.text("state", state_of(item));
    write_decoded(json, "name", item.name);
    if (item.value.is_null())
      json.null("value");
    else
      write_decoded(json, "value", item.value);
    if (item.malformed()) {
      json.text("raw_name", item.name.raw());
      json.text("raw_value", item.value.raw());
    }
    json.end_object();
  }
  json.end_array();
}

void write_message(json_writer& json, iothub::property_bag const& properties, std::string_view topic) {
  if (auto const device = named_device(topic)) json.text("device", device->view());
  write_properties(json, properties);
}

void write_request(json_writer& json, iothub::request_id id) { json.text("rid", id.text()); }

void write_version(json_writer& json, std::optional<std::uint64_t> version) {
  if (version)
    json.number("version", *version);
  else
    json.null("version");
}

// The members of kind, where the event is of that kind.

void write_event(json_writer& json, iothub::twin_response const& e) {
  json.number("status", e.status);
  write_request(json, e.id);
  write_version(json, e.version);
}

void write_event(json_writer& json, iothub::method_request const& e) {
  json.text("method", e.name);
  write_request(json, e.id);
}

void write_event(json_writer& json, iothub::reported_update const& e) {
  write_request(json, e.id);
  write_version(json, e.version);
}

void write_event(json_writer& json, iothub::method_response const& e) {
  json.number("status", e.status);
  write_request(json, e.id);
}

std::string_view kind_of(iothub::topic_event const& event) noexcept {
  switch (event.kind()) {
    case iothub::topic_kind::c2d: return "c2d";
    case iothub::topic_kind::twin_response: return "twin_response";
    case iothub::topic_kind::desired_update: return "desired_update";
    case iothub::topic_kind::method_request: return "method_request";
    case iothub::topic_kind::telemetry: return "telemetry";
    case iothub::topic_kind::twin_get: return "twin_get";
    case iothub::topic_kind::reported_update: return "reported_update";
    case iothub::topic_kind::method_response: return "method_response";
  }
  return "unknown";
}

void write_members(json_writer& json, iothub::topic_event const& event, std::string_view topic) {
  switch (event.kind()) {
    case iothub::topic_kind::c2d: return write_message(json, event.c2d()->properties, topic);
    case iothub::topic_kind::twin_response: return write_event(json, *event.twin_response());
    case iothub::topic_kind::desired_update: return write_version(json, event.desired_update()->version);
    case iothub::topic_kind::method_request: return write_event(json, *event.method_request());
    case iothub::topic_kind::telemetry: return write_message(json, event.telemetry()->properties, topic);
    case iothub::topic_kind::twin_get: return write_request(json, event.twin_get()->id);
    case iothub::topic_kind::reported_update: return write_event(json, *event.reported_update());
    case iothub::topic_kind::method_response: return write_event(json, *event.method_response());
  }
}

// Each direction has topics of its own, so that of the two at most one knows the topic.
hubwire::result<iothub::topic_event> parse_either(hubwire::topic_name topic, role sender) noexcept {
  iothub::identity const owner = owner_of(topic.view());
  if (sender == role::server) return iothub::parse_topic(topic, owner);
  auto const from_device = iothub::parse_device_topic(topic, owner);
  bool const final = from_device || from_device.error() != errc::not_iothub_topic;
  return final || sender == role::client ? from_device : iothub::parse_topic(topic, owner);
}

void write_if_said(json_writer& json, char const* name, percent_text value) {
  if (!value.raw().empty()) write_decoded(json, name, value);
}

}  // namespace

void write_topic_meaning(json_writer& json, hubwire::topic_name topic, role sender) {
  auto const event = parse_either(topic, sender);
  if (!event && event.error() == errc::not_iothub_topic) return json.null();
  json.begin_object();
  if (event) {
    json.text("kind", kind_of(*event));
    write_members(json, *event, topic.view());
  } else {
    json.text("error", hubwire::to_string(event.error().code));
  }
  json.end_object();
}

void write_filter_meaning(json_writer& json, hubwire::topic_filter filter) {
  switch (iothub::kind_of(filter, owner_of(filter.view()))) {
    case iothub::filter_kind::unknown: return json.null();
    case iothub::filter_kind::c2d: return json.text("c2d");
    case iothub::filter_kind::twin_response: return json.text("twin_response");
    case iothub::filter_kind::desired_update: return json.text("desired_update");
    case iothub::filter_kind::method_request: return json.text("method_request");
  }
}

void write_user_name_meaning(json_writer& json, hubwire::text user_name) {
  auto const parsed = iothub::parse_user_name(user_name.view());
  if (!parsed) return json.null();
  json.begin_object();
  json.text("host", parsed->host.view());
  json.text("device", parsed->device.view());
  if (!parsed->module_id.empty()) json.text("module", parsed->module_id);
  write_if_said(json, "api_version", parsed->api_version);
  write_if_said(json, "device_client_type", parsed->device_client_type);
  write_if_said(json, "model_id", parsed->model_id);
  json.end_object();
}

}  // namespace inspect
