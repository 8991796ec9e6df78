// SPDX-License-Identifier: BSL-1.0
#include "sas_check.hpp"

#include <hubwire/iothub/sas_verify.hpp>
#include <hubwire/iothub/user_name.hpp>

#include "decoded_text.hpp"
#include "openssl_hmac.hpp"

namespace hub_emulator {

namespace {

namespace iothub = hubwire::iothub;
using enum hubwire::v3::connect_return_code;

login refused(hubwire::v3::connect_return_code code, std::string_view reason) {
  login answer;
  answer.code = code;
  answer.reason = reason;
  return answer;
}

// A client that is pointed at localhost:8883 names the hub like that everywhere; the token still has to
// name it the same way.
bool is_this_hub(iothub::host_name named, iothub::host_name own) {
  return named == own || *iothub::host_name::parse(named.without_port()) == own;
}

struct key_pair {
  std::string_view primary;
  std::string_view secondary;  // empty: none
};

// The token with one key; reason tells what is wrong, keys never leave this function.
hubwire::result<iothub::parsed_sas_token> verify(std::string_view token, iothub::identity const& who,
                                                 std::string_view key, login_rules const& rules) {
  iothub::sas_check check{who, key, 0};
  check.now = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(rules.now.time_since_epoch()).count());
  check.grace = static_cast<std::uint32_t>(rules.grace.count());
  return iothub::verify_sas_token(token, check, openssl_hmac{});
}

login with_keys(login answer, iothub::identity const& who, std::string_view token, key_pair const& keys,
                login_rules const& rules) {
  answer.key = "primary";
  auto checked = verify(token, who, keys.primary, rules);
  if (!checked && checked.error() == hubwire::errc::sas_signature_mismatch && !keys.secondary.empty()) {
    answer.key = "secondary";
    checked = verify(token, who, keys.secondary, rules);
  }
  if (!checked) return refused(not_authorized, hubwire::to_string(checked.error().code));
  answer.token_expiry = checked->expiry;
  answer.code = accepted;
  return answer;
}

// A token that names a policy is signed with that policy's key, whatever the device's key is. Some SDKs write
// an empty name for none.
login with_token(login answer, iothub::identity const& who, std::string_view token, registry const& all,
                 login_rules const& rules) {
  device_record const& device = *answer.device;
  auto const parsed = iothub::parse_sas_token(token);
  if (!parsed) return refused(not_authorized, hubwire::to_string(parsed.error().code));
  key_pair keys{device.primary_key, device.secondary_key};
  bool may_connect = true;
  if (!parsed->policy.raw().empty()) {
    answer.policy = decoded_text(parsed->policy);
    auto const policy = all.policies.find(answer.policy);
    if (policy == all.policies.end()) return refused(not_authorized, "unknown_policy");
    keys = {policy->second.primary_key, policy->second.secondary_key};
    may_connect = policy->second.device_connect;
  }
  answer = with_keys(std::move(answer), who, token, keys, rules);
  if (answer.code != accepted) return answer;
  // Only who knows a key may learn what it is good for, and that the device is disabled.
  if (!may_connect) return refused(not_authorized, "policy_without_device_connect");
  if (!device.enabled) return refused(server_unavailable, "device_disabled");
  return answer;
}

// The service reads the query up to the next '/': a client type that is not escaped ends it.
std::string_view behind_query(std::string_view user_name, iothub::parsed_user_name const& read) {
  std::size_t const query = read.host.view().size() + 1 + read.device.view().size();
  if (user_name.substr(query, 2) != "/?") return {};
  std::size_t const end = user_name.find('/', query + 2);
  return end == std::string_view::npos ? std::string_view() : user_name.substr(end + 1);
}

}  // namespace

login check_login(hubwire::v3::connect const& packet, registry const& all, login_rules const& rules) {
  if (packet.client_id.empty() && !packet.clean_session)
    return refused(identifier_rejected, "empty_client_id");  // v3.1.1:MQTT-3.1.3-8
  if (!packet.user_name) return refused(not_authorized, "no_user_name");
  auto const name = iothub::parse_user_name(packet.user_name->view());
  if (!name) return refused(not_authorized, "invalid_user_name");
  if (!is_this_hub(name->host, rules.host_name)) return refused(not_authorized, "wrong_host_name");
  if (!name->module_id.empty()) return refused(not_authorized, "modules_not_supported");
  if (packet.client_id != name->device.view()) return refused(not_authorized, "client_id_mismatch");

  auto const device = all.devices.find(name->device.view());
  if (device == all.devices.end()) return refused(not_authorized, "unknown_device");
  if (!packet.password || packet.password->empty()) return refused(not_authorized, "no_password");

  login answer;
  answer.device = &device->second;
  answer.host = name->host.view();
  answer.api_version = decoded_text(name->api_version);
  answer.client_type = decoded_text(name->device_client_type);
  answer.model_id = decoded_text(name->model_id);
  answer.ignored = behind_query(packet.user_name->view(), *name);
  return with_token(std::move(answer), name->identity(), packet.password->view(), all, rules);
}

}  // namespace hub_emulator
