// SPDX-License-Identifier: BSL-1.0
#include "registry.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/text/base64.hpp>
#include <iterator>
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

json read_file(std::string const& path) {
  std::ifstream file(path);
  if (!file) refuse("cannot be read");
  json document = parse_json(std::string(std::istreambuf_iterator<char>(file), {}));
  if (document.is_discarded()) refuse("is not JSON");
  if (!document.is_object() || !document.contains("devices") || !document["devices"].is_array())
    refuse("has no array \"devices\"");
  return document;
}

}  // namespace

registry load_registry(std::string const& path) try {
  registry devices;
  json const document = read_file(path);
  std::size_t position = 0;
  for (json const& entry : document["devices"]) {
    ++position;
    device_record record;
    try {
      record = read_device(entry);
    } catch (std::runtime_error const& problem) {
      refuse("device " + std::to_string(position) + ": " + problem.what());
    }
    if (record.generation.empty())
      record.generation = "63" + std::to_string(1'000'000'000'000'000 + position);
    std::string const id = record.id;
    if (!devices.emplace(id, std::move(record)).second) refuse("device \"" + id + "\" is there twice");
  }
  return devices;
} catch (std::runtime_error const& problem) {
  throw std::runtime_error(path + ": " + problem.what());
}

}  // namespace hub_emulator
