// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <cstdlib>

#include <hubwire/text/decimal.hpp>

namespace device {

std::string_view const usage =
    R"(usage: device --ca FILE [options] [CONNECTION_STRING]

An IoT device: telemetry, cloud-to-device messages, device twin and direct methods over MQTT and TLS.

  CONNECTION_STRING      HostName=...;DeviceId=...;SharedAccessKey=...   Better in the environment variable
                         IOTHUB_DEVICE_CONNECTION_STRING: every user of a machine can see arguments.
                         With GatewayHostName=..., TCP and TLS go to the gateway.
  --ca FILE              trust anchors, PEM. For Azure IoT Hub: DigiCert Global Root G2 and Microsoft RSA
                         Root Certificate Authority 2017, both in one file
  --connect HOST[:PORT]  where TCP goes instead; everything else stays, the certificate's name too
  --interval SECONDS     between two telemetry messages (default 10)
  --token-lifetime S     of the tokens made from the key (default 3600); they are renewed before they end
  --attempts N           give up after N failed attempts to connect in a row (default 0: never)
  --help                 this text

Of an option that is given twice the last counts.

Stops on SIGINT and SIGTERM. Exit codes: 0 stopped, 2 unusable arguments, 3 the hub refuses this device,
4 no connection. Nothing secret is printed.
)";

namespace {

struct number_option {
  std::string_view name;
  std::uint32_t options::*value;
  std::uint32_t least;
  std::uint32_t most;
};

constexpr number_option number_options[] = {
    {"--interval", &options::interval, 1, 86'400},
    {"--token-lifetime", &options::token_lifetime, 5, 86'400 * 365},
    {"--attempts", &options::attempts, 0, 1'000'000},
};

struct text_option {
  std::string_view name;
  std::string_view options::*value;
};

constexpr text_option text_options[] = {
    {"--ca", &options::trust_file},
    {"--connect", &options::connect_to},
};

enum class outcome { taken, unknown, out_of_range };

outcome set(options& parsed, std::string_view name, std::string_view value) noexcept {
  for (text_option const& option : text_options) {
    if (option.name != name) continue;
    parsed.*option.value = value;
    return outcome::taken;
  }
  for (number_option const& option : number_options) {
    if (option.name != name) continue;
    auto const number = hubwire::parse_decimal(value, option.most);
    if (!number || *number < option.least) return outcome::out_of_range;
    parsed.*option.value = static_cast<std::uint32_t>(*number);
    return outcome::taken;
  }
  return outcome::unknown;
}

bool check(options const& parsed, std::string_view& wrong) noexcept {
  if (parsed.connection_string.empty())
    wrong = "there is no connection string";
  else if (parsed.trust_file.empty())
    wrong = "--ca is missing";
  return wrong.empty();
}

}  // namespace

bool parse_options(int count, char const* const* arguments, options& parsed,
                   std::string_view& wrong) noexcept {
  if (char const* const variable = std::getenv("IOTHUB_DEVICE_CONNECTION_STRING"))
    parsed.connection_string = variable;
  bool given = false;
  for (int i = 1; i < count; ++i) {
    std::string_view const argument = arguments[i];
    if (argument == "--help") return parsed.help = true;
    if (!argument.starts_with("--")) {
      if (given) return wrong = "there are two connection strings: put it between quotation marks", false;
      given = true;
      parsed.connection_string = argument;
      continue;
    }
    if (++i == count) return wrong = "the last option lacks its value", false;
    switch (set(parsed, argument, arguments[i])) {
      case outcome::taken: break;
      case outcome::unknown: return wrong = "there is an unknown option", false;
      case outcome::out_of_range: return wrong = "a number is none, or out of range", false;
    }
  }
  return check(parsed, wrong);
}

}  // namespace device
