// SPDX-License-Identifier: BSL-1.0
// The devices that the hub knows, read once from a JSON file.
#ifndef HUB_EMULATOR_REGISTRY_HPP
#define HUB_EMULATOR_REGISTRY_HPP

#include <map>
#include <string>
#include <string_view>

namespace hub_emulator {

struct device_record {
  std::string id{};
  std::string primary_key{};    // base64, as tokens are made with it
  std::string secondary_key{};  // empty: none
  bool enabled = true;
  std::string generation{};  // stamped on telemetry; tells apart devices that had the same id in turn
};

// A shared access policy of the hub: tokens that name it, in skn, are signed with its keys.
struct policy_record {
  std::string primary_key{};
  std::string secondary_key{};  // empty: none
  bool device_connect = false;  // the right that a device needs
};

struct registry {
  std::map<std::string, device_record, std::less<>> devices{};
  std::map<std::string, policy_record, std::less<>> policies{};
};

// {"devices":[{"id":"d1","primary_key":"<base64>","secondary_key":"<base64>","enabled":true}, ...],
//  "policies":[{"name":"iothubowner","primary_key":"<base64>"}, ...]}
// Throws std::runtime_error that names the file and the device, never a key.
registry load_registry(std::string const& path);

}  // namespace hub_emulator

#endif
