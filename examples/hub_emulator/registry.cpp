// SPDX-License-Identifier: BSL-1.0
#include "registry.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/text/base64.hpp>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include "json.hpp"

namespace hub_emulator {

namespace {

constexpr std::size_t key_min = 16;
constexpr std::size_t key_max = 64;

[[noreturn]] void refuse(std::string const& what) { throw std::runtime_error(what); }

std::string key(json const& value, std::string const& name) {
  if (!value.is_string()) refuse(name + " is not a string");
  auto text = value.get<std::string>();
  std::array<std::uint8_t, key_max + 2> octets{};
  auto const decoded = hubwire::base64_decode(octets, text);
  if (!decoded || decoded->size() < key_min || decoded->size() > key_max)
    refuse(name + " is not base64 of 16 to 64 bytes");
  return text;
}

device_record read_device(json const& entry) {
  if (!entry.is_object()) refuse("a device is not an object");
  device_record record;
  for (auto const& [name, value] : entry.items()) {
    if (name == "id" && value.is_string())
      record.id = value.get<std::string>();
    else if (name == "primary_key")
      record.primary_key = key(value, name);
    else if (name == "secondary_key")
      record.secondary_key = key(value, name);
    else if (name == "enabled" && value.is_boolean())
      record.enabled = value.get<bool>();
    else if (name == "generation" && value.is_string())
      record.generation = value.get<std::string>();
    else
      refuse("\"" + name + "\" is unknown or of the wrong type");
  }
  if (!hubwire::iothub::device_id::parse(record.id)) refuse("\"" + record.id + "\" is not a device id");
  if (record.primary_key.empty()) refuse("primary_key is missing");
  return record;
}

// Of the policies that each hub has, who may connect devices is known. Others have to say it.
std::optional<bool> usual_right(std::string_view name) {
  if (name == "iothubowner" || name == "device") return true;
  if (name == "service" || name == "registryRead" || name == "registryReadWrite") return false;
  return std::nullopt;
}

std::pair<std::string, policy_record> read_policy(json const& entry) {
  if (!entry.is_object()) refuse("a policy is not an object");
  std::string name;
  policy_record record;
  std::optional<bool> right;
  for (auto const& [field, value] : entry.items()) {
    if (field == "name" && value.is_string())
      name = value.get<std::string>();
    else if (field == "primary_key")
      record.primary_key = key(value, field);
    else if (field == "secondary_key")
      record.secondary_key = key(value, field);
    else if (field == "device_connect" && value.is_boolean())
      right = value.get<bool>();
    else
      refuse("\"" + field + "\" is unknown or of the wrong type");
  }
  if (name.empty()) refuse("name is missing");
  if (record.primary_key.empty()) refuse("primary_key is missing");
  if (!right) right = usual_right(name);
  if (!right) refuse("device_connect is missing, true or false");
  record.device_connect = *right;
  return {name, record};
}

json read_file(std::string const& path) {
  std::ifstream file(path);
  if (!file) refuse("cannot be read");
  json document = parse_json(std::string(std::istreambuf_iterator<char>(file), {}));
  if (document.is_discarded()) refuse("is not JSON");
  if (!document.is_object() || !document.contains("devices") || !document["devices"].is_array())
    refuse("has no array \"devices\"");
  for (auto const& [name, value] : document.items())
    if (name != "devices" && (name != "policies" || !value.is_array()))
      refuse("\"" + name + "\" is unknown or of the wrong type");
  return document;
}

// Reads each entry of a list; what is wrong with one is told with its position.
template <class Add>
void for_each_entry(json const& document, char const* list, std::string const& kind, Add add) {
  if (!document.contains(list)) return;
  std::size_t position = 0;
  for (json const& entry : document[list]) {
    ++position;
    try {
      add(entry, position);
    } catch (std::runtime_error const& problem) {
      refuse(kind + " " + std::to_string(position) + ": " + problem.what());
    }
  }
}

}  // namespace

registry load_registry(std::string const& path) try {
  registry all;
  json const document = read_file(path);
  for_each_entry(document, "devices", "device", [&](json const& entry, std::size_t position) {
    device_record record = read_device(entry);
    if (record.generation.empty())
      record.generation = "63" + std::to_string(1'000'000'000'000'000 + position);
    std::string const id = record.id;
    if (!all.devices.emplace(id, std::move(record)).second) refuse("\"" + id + "\" is there twice");
  });
  for_each_entry(document, "policies", "policy", [&](json const& entry, std::size_t) {
    auto read = read_policy(entry);
    std::string const name = read.first;
    if (!all.policies.insert(std::move(read)).second) refuse("\"" + name + "\" is there twice");
  });
  return all;
} catch (std::runtime_error const& problem) {
  throw std::runtime_error(path + ": " + problem.what());
}

}  // namespace hub_emulator
