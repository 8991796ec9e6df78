// SPDX-License-Identifier: BSL-1.0
// Who may connect: the user name, the client id and the token of a CONNECT against the registry.
#ifndef HUB_EMULATOR_SAS_CHECK_HPP
#define HUB_EMULATOR_SAS_CHECK_HPP

#include <chrono>
#include <cstdint>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/v3/connack.hpp>
#include <hubwire/v3/connect.hpp>
#include <string>
#include <string_view>

#include "registry.hpp"

namespace hub_emulator {

// The answer to a CONNECT, and what it said about the device.
struct login {
  hubwire::v3::connect_return_code code = hubwire::v3::connect_return_code::not_authorized;
  std::string_view reason{};  // a word for the log when code is not accepted
  device_record const* device = nullptr;
  std::string host{};  // as in the user name
  std::string api_version{};
  std::string client_type{};
  std::string model_id{};
  std::string policy{};            // that the token names; empty: it is the device's own
  std::string ignored{};           // what follows the query in the user name
  std::uint64_t token_expiry = 0;  // seconds since 1970
  std::string_view key{};          // which one signed: "primary" or "secondary"
};

struct login_rules {
  hubwire::iothub::host_name host_name;  // the hub's
  std::chrono::seconds grace;
  std::chrono::system_clock::time_point now;
};

login check_login(hubwire::v3::connect const& packet, registry const& all, login_rules const& rules);

}  // namespace hub_emulator

#endif
