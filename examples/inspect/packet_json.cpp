// SPDX-License-Identifier: BSL-1.0
#include "packet_json.hpp"

#include <type_traits>
#include <variant>
#include <vector>

#include "differences.hpp"
#include "meaning.hpp"

namespace inspect {

namespace {

using hubwire::packet_type;
using hubwire::role;

void write_qos(json_writer& json, hubwire::qos qos) { json.number("qos", static_cast<unsigned>(qos)); }

void write_id(json_writer& json, hubwire::packet_id id) { json.number("packet_id", id.number()); }

// In hexadecimal, and once more as text where it is one.
void write_bytes(json_writer& json, std::string const& name, hubwire::bytes value) {
  json.hex(name, value.view());
  if (!value.empty() && hubwire::text::is_valid(value.view())) json.text(name + "_text", value.view());
}

void write_will(json_writer& json, v3::will const& will) {
  json.key("will");
  json.begin_object();
  json.text("topic", will.topic.view());
  json.key("iothub");
  write_topic_meaning(json, will.topic, role::client);
  write_bytes(json, "message", will.message);
  write_qos(json, will.qos);
  json.boolean("retain", will.retain);
  json.end_object();
}

// Fields of a packet, one function for each shape.

void write_fields(json_writer& json, v3::connect const& p, role) {
  json.text("protocol_name", "MQTT");  // of any other, no such struct comes into being
  json.number("protocol_level", 4u);
  json.boolean("clean_session", p.clean_session);
  json.number("keep_alive", p.keep_alive);
  json.text("client_id", p.client_id.view());
  if (p.will) write_will(json, *p.will);
  if (p.user_name) json.text("user_name", p.user_name->view());
  if (p.password) write_bytes(json, "password", *p.password);
  if (!p.user_name) return;
  json.key("iothub");
  write_user_name_meaning(json, *p.user_name);
}

void write_fields(json_writer& json, v3::connack const& p, role) {
  json.boolean("session_present", p.session_present);
  json.number("return_code", static_cast<unsigned>(p.code));
  json.text("meaning", to_string(p.code));
}

void write_fields(json_writer& json, v3::publish const& p, role sender) {
  json.boolean("dup", p.delivery.duplicate());
  write_qos(json, p.delivery.qos());
  json.boolean("retain", p.retain);
  json.text("topic", p.topic.view());
  if (p.delivery.has_id()) write_id(json, p.delivery.id());
  json.key("iothub");
  write_topic_meaning(json, p.topic, sender);
  write_bytes(json, "payload", p.payload);
}

void write_fields(json_writer& json, v3::subscribe const& p, role) {
  write_id(json, p.id);
  json.key("subscriptions");
  json.begin_array();
  for (v3::subscription const s : p.subscriptions) {
    json.begin_object();
    json.text("filter", s.filter.view());
    write_qos(json, s.qos);
    json.key("iothub");
    write_filter_meaning(json, s.filter);
    json.end_object();
  }
  json.end_array();
}

void write_fields(json_writer& json, v3::suback const& p, role) {
  write_id(json, p.id);
  json.key("return_codes");
  json.begin_array();
  for (v3::suback_return_code const code : p.codes) json.number(static_cast<std::uint64_t>(code));
  json.end_array();
}

void write_fields(json_writer& json, v3::unsubscribe const& p, role) {
  write_id(json, p.id);
  json.key("filters");
  json.begin_array();
  for (v3::unsubscription const u : p.filters) json.text(u.filter.view());
  json.end_array();
}

template <packet_type Type>
void write_fields(json_writer& json, v3::acknowledgement<Type> const& p, role) {
  write_id(json, p.id);
}

template <packet_type Type>
void write_fields(json_writer&, v3::empty_packet<Type> const&, role) {}

// Encoding what was decoded.

bool write_refusal(json_writer& json, hubwire::error why) {
  json.boolean("same", false);
  json.text("error", hubwire::to_string(why.code));
  return false;
}

bool write_differences(json_writer& json, std::string_view received, std::string_view written) {
  bool const same = received == written;
  json.boolean("same", same);
  if (same) return true;
  json.key("differences");
  json.begin_array();
  visit_differences(received, written, [&](difference const& run) {
    json.begin_object();
    json.number("offset", run.offset);
    json.hex("received", run.received);
    json.hex("written", run.written);
    json.end_object();
  });
  json.end_array();
  return false;
}

template <class Packet>
bool write_reencoded(json_writer& json, Packet const& packet, std::string_view received) {
  auto const size = hubwire::encoded_size(packet);
  if (!size) return write_refusal(json, size.error());
  std::vector<char> buffer(*size);
  auto const written = hubwire::encode(hubwire::char_span(buffer), packet);
  if (!written) return write_refusal(json, written.error());
  return write_differences(json, received, {written->data(), written->size()});
}

}  // namespace

bool write_packet(json_writer& json, examined const& found, std::uint64_t offset,
                  report_settings const& settings) {
  bool same = true;
  json.begin_object();
  json.number("offset", offset);
  json.number("size", found.frame.size());
  json.text("type", to_string(found.frame.type()));
  auto const write = [&]<class Packet>(Packet const& packet) {
    if constexpr (!std::is_same_v<Packet, std::monostate>) {
      write_fields(json, packet, settings.sender);
      if (!settings.reencode) return;
      json.key("reencode");
      json.begin_object();
      same = write_reencoded(json, packet, found.frame.view());
      json.end_object();
    }
  };
  std::visit(write, found.packet);
  json.end_object();
  return same;
}

void write_error(json_writer& json, std::string_view input, std::uint64_t offset,
                 hubwire::diagnosis const& why) {
  json.begin_object();
  if (why.statement.empty())
    json.null("rule");
  else
    json.text("rule", why.statement);
  json.number("offset", offset + why.offset);
  json.text("message", message_of(input, why));
  json.end_object();
}

void write_error(json_writer& json, std::uint64_t offset, std::string_view message) {
  json.begin_object();
  json.null("rule");
  json.number("offset", offset);
  json.text("message", message);
  json.end_object();
}

}  // namespace inspect
