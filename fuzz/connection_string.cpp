// SPDX-License-Identifier: BSL-1.0
// A connection string. Oracle: a reader that cuts the text into a list and looks names up agrees on every
// field, and on which part is wrong and why; the order of the parts does not matter.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/iothub/connection_string.hpp>

#include <fuzz/reference/iothub_texts.hpp>
#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using hubwire::errc;
namespace iothub = hubwire::iothub;

// In the order of iothub::connection_field.
constexpr std::array<std::string_view, 8> names = {"HostName",
                                                   "DeviceId",
                                                   "ModuleId",
                                                   "SharedAccessKey",
                                                   "SharedAccessKeyName",
                                                   "SharedAccessSignature",
                                                   "GatewayHostName",
                                                   "x509"};
enum field { host, device, module, key, key_name, signature, gateway, x509 };

// What is there, and everything that is wrong with it.
struct outcome {
  std::array<std::string, names.size()> values{};
  std::size_t unknown = 0;
  std::string first_unknown{};
  std::vector<hubwire::error> wrong{};
};

bool is_value(std::size_t which, std::string const& value) {
  if (which == host || which == gateway) return reference::is_host(value);
  if (which == device || which == module) return reference::is_device(value);
  return which == x509 ? value == "true" || value == "false" : !value.empty();
}

int ways_in(outcome const& o) {
  return int{!o.values[key].empty()} + int{!o.values[signature].empty()} + int{o.values[x509] == "true"};
}

// One part; what is wrong with it.
std::vector<errc> add(outcome& into, std::string const& part) {
  std::size_t const equals = part.find('=');
  if (equals == std::string::npos || equals == 0) return {errc::invalid_connection_string};
  std::string const value = part.substr(equals + 1);
  auto const which =
      static_cast<std::size_t>(std::find(names.begin(), names.end(), part.substr(0, equals)) - names.begin());
  if (which == names.size()) {
    if (into.unknown++ == 0) into.first_unknown = part;
    return {};
  }
  std::vector<errc> wrong;
  if (!into.values[which].empty()) wrong.push_back(errc::duplicate_field);
  if (!is_value(which, value)) wrong.push_back(errc::invalid_field);
  into.values[which] = value;
  if (wrong.empty() && ways_in(into) > 1) wrong.push_back(errc::invalid_connection_string);
  return wrong;
}

void add_missing(outcome& o) {
  auto const missing = [&](field which) {
    o.wrong.push_back({errc::missing_field, static_cast<std::uint32_t>(which)});
  };
  bool const of_policy = o.values[module].empty() && !o.values[key_name].empty();
  if (o.values[host].empty()) missing(host);
  if (o.values[device].empty() && !of_policy) missing(device);
  if (ways_in(o) == 0 || (!o.values[key_name].empty() && o.values[key].empty())) missing(key);
}

outcome expected(std::vector<std::string> const& parts) {
  outcome result;
  std::size_t offset = 0;
  for (std::string const& part : parts) {
    for (errc const why : add(result, part))
      result.wrong.push_back({why, static_cast<std::uint32_t>(offset)});
    if (!result.wrong.empty()) return result;  // the first part that is wrong
    offset += part.size() + 1;
  }
  add_missing(result);
  return result;
}

void require_same(iothub::connection_string const& parsed, outcome const& wanted, std::string_view input) {
  std::array<std::string_view, 7> const views = {parsed.host_name,
                                                 parsed.device_id,
                                                 parsed.module_id,
                                                 parsed.shared_access_key,
                                                 parsed.shared_access_key_name,
                                                 parsed.shared_access_signature,
                                                 parsed.gateway_host_name};
  for (std::size_t i = 0; i != views.size(); ++i) {
    require(views[i] == wanted.values[i], "agree on a field");
    if (views[i].empty()) continue;
    bool const inside =
        views[i].data() >= input.data() && views[i].data() + views[i].size() <= input.data() + input.size();
    require(inside, "a field is a view of the input");
  }
  require(parsed.x509 == (wanted.values[x509] == "true"), "agree on x509");
  require(parsed.unknown_parts == wanted.unknown, "unknown parts are counted");
  require(parsed.first_unknown_part == wanted.first_unknown, "the first unknown part is shown");

  auto const self = parsed.identity();
  require(self.has_value() == !wanted.values[device].empty(), "a device has an identity");
  if (self) {
    require(self->host.view() == wanted.values[host] && self->device.view() == wanted.values[device],
            "the identity is that of the text");
    auto const host_and_port = reference::split(wanted.values[host], ':');
    require(self->host.without_port() == host_and_port[0], "agree on the host");
    unsigned long const port = host_and_port.size() == 1 ? 0 : std::stoul(host_and_port[1]);
    require(self->host.port() == port, "agree on the port");
  } else {
    require(self.error() == errc::missing_field, "a service has no identity");
  }
}

std::string joined(std::vector<std::string> const& parts) {
  std::string text;
  for (std::string const& part : parts) text += part + ';';
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const input = fuzz::as_text(data, size);
  std::vector<std::string> parts = reference::split(input, ';');
  if (parts.back().empty()) parts.pop_back();  // nothing, or one ';' at the end
  outcome const wanted = expected(parts);

  auto const parsed = iothub::parse_connection_string(input);
  require(parsed.has_value() == wanted.wrong.empty(), "agree on what is a connection string");
  if (!parsed) {
    require(std::find(wanted.wrong.begin(), wanted.wrong.end(), parsed.error()) != wanted.wrong.end(),
            "agree on what is wrong and where");
    return 0;
  }
  require_same(*parsed, wanted, input);

  std::rotate(parts.begin(), parts.begin() + 1, parts.end());
  std::string const turned = joined(parts);
  auto const again = iothub::parse_connection_string(turned);
  require(again.has_value(), "parts may come in any order");
  require_same(*again, expected(parts), turned);
  return 0;
}
