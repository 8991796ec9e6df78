// SPDX-License-Identifier: BSL-1.0
#include "request_fields.hpp"

#include <algorithm>
#include <cstdint>
#include <hubwire/text/base64.hpp>
#include <vector>

#include "service_error.hpp"

namespace hub_emulator {

namespace {

constexpr std::size_t c2d_max = 64 * 1024;
constexpr std::size_t message_id_max = 128;

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

property read_property(std::string const& name, json const& value) {
  if (name.empty()) throw bad_request("a property without a name");
  if (value.is_null()) return {name, {}};
  if (!value.is_string()) throw bad_request("property " + in_quotes(name) + " is no string and not null");
  return {name, value.get<std::string>()};
}

json const& members(json const& request, char const* name) {
  static json const none = json::object();
  if (!request.contains(name)) return none;
  if (!request[name].is_object()) throw bad_request(in_quotes(name) + " is not an object");
  return request[name];
}

std::string read_payload(json const& request) {
  if (request.contains("payload_base64")) {
    std::string const text = required_text(request, "payload_base64", may_be_empty);
    std::vector<std::uint8_t> octets(text.size());
    auto const decoded = hubwire::base64_decode(octets, text);
    if (!decoded) throw bad_request("\"payload_base64\" is not base64");
    return std::string(decoded->view());
  }
  return request.contains("payload") ? required_text(request, "payload", may_be_empty) : std::string();
}

std::size_t size_of(c2d_message const& message) {
  std::size_t size = message.payload.size();
  for (property_list const* list : {&message.system, &message.application})
    for (property const& item : *list) size += item.name.size() + (item.value ? item.value->size() : 0);
  return size;
}

void read_system(c2d_message& message, json const& request) {
  for (auto const& [name, value] : members(request, "system").items()) {
    std::string_view const wire = wire_name(name);
    if (wire.empty()) throw bad_request(in_quotes(name) + " is not a system property of such a message");
    property item = read_property(std::string(wire), value);
    if (wire == "$.mid") {
      if (!item.value || item.value->empty() || item.value->size() > message_id_max)
        throw bad_request("a message id has 1 to 128 characters");
      message.id = *item.value;
    } else {
      message.system.push_back(std::move(item));
    }
  }
}

}  // namespace

std::string required_text(json const& request, char const* name, bool empty_is_fine) {
  auto const found = request.find(name);
  if (found == request.end()) throw bad_request(in_quotes(name) + " is missing");
  if (!found->is_string()) throw bad_request(in_quotes(name) + " is not a string");
  auto text = found->get<std::string>();
  if (text.empty() && !empty_is_fine) throw bad_request(in_quotes(name) + " is empty");
  return text;
}

std::chrono::milliseconds seconds_of(json const& request, char const* name, std::chrono::seconds otherwise,
                                     std::chrono::seconds most) {
  auto const found = request.find(name);
  if (found == request.end()) return otherwise;
  double const seconds = found->is_number() ? found->get<double>() : 0;
  if (!(seconds > 0) || seconds > static_cast<double>(most.count()))
    throw bad_request(in_quotes(name) + " is a number of seconds, more than 0 and at most " +
                      std::to_string(most.count()));
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

void allow_only(json const& request, std::initializer_list<std::string_view> names) {
  for (auto const& [name, value] : request.items())
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw bad_request("unknown field " + in_quotes(name));
}

c2d_message read_c2d(json const& request, std::string const& id, std::string const& device) {
  c2d_message message;
  message.id = id;
  message.payload = read_payload(request);
  read_system(message, request);
  property_list const always = {{"$.mid", message.id},
                                {"$.to", "/devices/" + device + "/messages/deviceBound"}};
  message.system.insert(message.system.begin(), always.begin(), always.end());
  for (auto const& [name, value] : members(request, "properties").items())
    message.application.push_back(read_property(name, value));
  if (size_of(message) > c2d_max) throw service_error(413, 413'001, "more than 64 KB");
  constexpr std::chrono::hours two_days(48);
  message.expires =
      std::chrono::system_clock::now() + seconds_of(request, "ttl", std::chrono::hours(1), two_days);
  return message;
}

}  // namespace hub_emulator
