// SPDX-License-Identifier: BSL-1.0
// Client id and user name of a CONNECT to IoT Hub. Input: a user name as a hub receives it; its lines are
// also what a device makes one of. Oracle: a reader that cuts the text into levels first agrees on every
// part and on which is wrong; what the device side writes is put together a second time here, and comes
// back on the hub side.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/iothub/user_name.hpp>

#include <fuzz/reference/iothub_texts.hpp>
#include <fuzz/reference/utf8.hpp>
#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using hubwire::errc;
namespace iothub = hubwire::iothub;

struct parts {
  std::string host{};
  std::string device{};
  std::string module{};
  std::string version{};  // as they stand in the text
  std::string client{};
  std::string model{};
};

// The first of these name; names are compared as the plain text that they stand for.
std::optional<reference::pair> first(std::vector<reference::pair> const& pairs, std::string_view name) {
  for (reference::pair const& p : pairs)
    if (reference::percent_decoded(p.name) == name) return p;
  return std::nullopt;
}

// "?api-version=…" from the levels behind the device or module; what follows a '/' does not count then.
bool read_query(std::vector<std::string> const& levels, parts& into) {
  if (levels.empty()) return false;
  bool const marked = levels[0].rfind('?', 0) == 0;
  if (!marked && levels.size() > 1) return false;
  auto const pairs = reference::pairs_of(marked ? levels[0].substr(1) : levels[0]);
  if (!pairs) return false;
  auto const value = [&](std::string_view name) {
    auto const found = first(*pairs, name);
    return found ? found->value.value_or("") : std::string();
  };
  auto const version = first(*pairs, "api-version");
  if (!version || !version->value) return false;
  into.version = value("api-version");
  into.client = value("DeviceClientType");
  into.model = value("model-id");
  return true;
}

// Nothing, with the offset of the wrong part.
std::optional<parts> expected(std::string_view input, std::size_t& wrong) {
  parts found;
  std::vector<std::string> levels = reference::split(input, '/');
  auto const take = [&] {
    std::string const level = levels.front();
    levels.erase(levels.begin());
    return level;
  };
  found.host = take();
  wrong = 0;
  if (!reference::is_host(found.host)) return std::nullopt;
  wrong = std::min(found.host.size() + 1, input.size());
  if (levels.empty()) return std::nullopt;
  found.device = take();
  if (!reference::is_device(found.device)) return std::nullopt;
  if (levels.empty() || read_query(levels, found)) return found;

  wrong += found.device.size() + 1;
  found.module = take();
  if (levels.empty() || !reference::is_device(found.module)) return std::nullopt;
  wrong += found.module.size() + 1;
  if (!read_query(levels, found)) return std::nullopt;
  return found;
}

void check_reading(std::string_view input) {
  std::size_t wrong = 0;
  auto const wanted = expected(input, wrong);
  auto const parsed = iothub::parse_user_name(input);
  require(parsed.has_value() == wanted.has_value(), "agree on what is a user name");
  if (!parsed) {
    require(parsed.error() == hubwire::error{errc::invalid_user_name, static_cast<std::uint32_t>(wrong)},
            "agree on the part that is wrong");
    return;
  }
  require(parsed->host.view() == wanted->host && parsed->identity().host.view() == wanted->host,
          "agree on the host");
  require(parsed->device.view() == wanted->device && parsed->identity().device.view() == wanted->device,
          "agree on the device");
  require(parsed->module_id == wanted->module, "agree on the module");
  require(parsed->api_version.raw() == wanted->version, "agree on the version");
  require(parsed->device_client_type.raw() == wanted->client, "agree on the client's type");
  require(parsed->model_id.raw() == wanted->model, "agree on the model");
}

// What a device writes, into just enough memory and into one byte less.
template <class Write>
hubwire::result<hubwire::text> written(std::string const& wanted, std::vector<char>& storage, Write write) {
  storage.assign(wanted.size(), '\xa5');
  auto const made = write(hubwire::char_span(storage));
  if (!made) return made;
  require(*made == std::string_view(wanted), "agree on what a device sends");
  std::vector<char> small(wanted.size() - 1);
  auto const refused = write(hubwire::char_span(small));
  require(!refused && refused.error() ==
                          hubwire::error{errc::buffer_too_small, static_cast<std::uint32_t>(wanted.size())},
          "a buffer one byte too small is refused with the size needed");
  return made;
}

// A member of the query that is left out when it is empty.
std::string member(std::string_view label, std::string const& value) {
  return value.empty() ? std::string() : std::string(label) + reference::percent_encoded(value);
}

struct plain_options {
  std::string version{};
  std::string client{};
  std::string model{};
};

// Nothing unless all of them are texts.
std::optional<iothub::user_name_options> checked(plain_options const& plain, std::string const& version) {
  auto const encoded_version = hubwire::encoded_text::parse(version);
  auto const client = hubwire::text::parse(plain.client);
  auto const model = hubwire::text::parse(plain.model);
  require(encoded_version.has_value() == reference::is_utf8(plain.version), "agree on versions");
  require(client.has_value() == reference::is_mqtt_text(plain.client), "agree on clients");
  require(model.has_value() == reference::is_mqtt_text(plain.model), "agree on models");
  if (!encoded_version || !client || !model) return std::nullopt;
  return iothub::user_name_options{*encoded_version, *client, *model};
}

void check_writing(std::string_view host, std::string_view device, plain_options const& plain) {
  auto const host_name = iothub::host_name::parse(host);
  auto const device_id = iothub::device_id::parse(device);
  require(host_name.has_value() == reference::is_host(host), "agree on hosts");
  require(device_id.has_value() == reference::is_device(device), "agree on device ids");
  if (!host_name || !device_id) return;
  iothub::identity const self{*host_name, *device_id};
  std::vector<char> storage;
  auto const id = written(std::string(device), storage,
                          [&](hubwire::char_span out) { return iothub::client_id(out, self); });
  require(id.has_value(), "every device has a client id");

  std::string const version = reference::percent_encoded(plain.version);
  auto const options = checked(plain, version);
  if (!options) return;
  std::string const wanted = std::string(host) + '/' + std::string(device) + "/?api-version=" + version +
                             member("&DeviceClientType=", plain.client) + member("&model-id=", plain.model);
  auto const name = written(wanted, storage,
                            [&](hubwire::char_span out) { return iothub::user_name(out, self, *options); });
  if (version.empty() || wanted.size() > 65'535) {
    require(!name && name.error() == (version.empty() ? errc::missing_field : errc::invalid_text),
            "agree on why not");
    return;
  }
  require(name.has_value(), "agree on what can be written");
  auto const back = iothub::parse_user_name(name->view());
  require(back.has_value() && back->identity() == self && back->module_id.empty(),
          "it is read as what it is");
  require(back->api_version == plain.version, "the version comes back");
  require(back->device_client_type == plain.client, "the client's type comes back");
  require(back->model_id == plain.model, "the model comes back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const input = fuzz::as_text(data, size);
  check_reading(input);
  std::vector<std::string> lines = reference::split(input, '\n');
  lines.resize(5);
  check_writing(lines[0], lines[1], {lines[2], lines[3], lines[4]});
  check_reading(lines[0]);
  return 0;
}
