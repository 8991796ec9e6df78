// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <charconv>
#include <hubwire/iothub/identity.hpp>
#include <limits>

namespace hub_emulator {

namespace {

constexpr std::string_view usage_text =
    R"(usage: hub_emulator --devices FILE --cert FILE --key FILE [options]

A local Azure IoT Hub: MQTT 3.1.1 over TLS for devices, JSON lines on standard input for the service side,
JSON lines on standard output for what happens.

  --devices FILE          JSON: {"devices":[{"id":"d1","primary_key":"<base64>"}, ...]}
  --cert FILE             certificate chain of the server, PEM
  --key FILE              its private key, PEM
  --host-name NAME        the hub's name in user names and tokens (default localhost)
  --address ADDRESS       numeric address to listen on (default localhost: 127.0.0.1 and ::1)
  --port PORT             TLS port (default 8883; 0 takes a free one and prints it)
  --control-port PORT     also take commands on this port of localhost (0: a free one)
  --control-idle S        seconds after which a silent connection to it is closed (default 600)
  --connect-timeout S     seconds that a client has for TLS and CONNECT (default 60)
  --token-grace S         seconds that a token works past its expiry (default 300)
  --c2d-lock S            seconds without PUBACK after which a message is sent again (default 60)
  --stop-at-eof           stop when standard input ends
  --help                  this text
)";

// Numbers of the command line: digits only, nothing behind them.
std::uint64_t number(std::string_view name, std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || value > most)
    throw usage_error(std::string(name) + " takes a number from 0 to " + std::to_string(most) + ", not \"" +
                      std::string(text) + "\"");
  return value;
}

std::uint16_t port_number(std::string_view name, std::string_view text) {
  return static_cast<std::uint16_t>(number(name, text, std::numeric_limits<std::uint16_t>::max()));
}

std::chrono::milliseconds seconds(std::string_view name, std::string_view text) {
  return std::chrono::seconds(number(name, text, 1'000'000));
}

void set(options& o, std::string_view name, std::string_view value) {
  if (name == "--devices")
    o.devices = value;
  else if (name == "--cert")
    o.certificate = value;
  else if (name == "--key")
    o.private_key = value;
  else if (name == "--host-name")
    o.host_name = value;
  else if (name == "--address")
    o.address = value;
  else if (name == "--port")
    o.port = port_number(name, value);
  else if (name == "--control-port")
    o.control_port = port_number(name, value);
  else if (name == "--connect-timeout")
    o.connect_timeout = seconds(name, value);
  else if (name == "--token-grace")
    o.token_grace = seconds(name, value);
  else if (name == "--control-idle")
    o.control_idle = seconds(name, value);
  else if (name == "--c2d-lock")
    o.c2d_lock = seconds(name, value);
  else
    throw usage_error("unknown argument \"" + std::string(name) + "\"");
}

void require(std::string const& value, char const* name) {
  if (value.empty()) throw usage_error(std::string(name) + " is missing");
}

}  // namespace

std::string_view usage() noexcept { return usage_text; }

options parse_options(int count, char const* const* arguments) {
  options o;
  for (int i = 1; i < count; ++i) {
    std::string_view const name = arguments[i];
    if (name == "--help") {
      o.help = true;
      return o;
    }
    if (name == "--stop-at-eof") {
      o.stop_at_end_of_input = true;
      continue;
    }
    if (i + 1 == count) throw usage_error("\"" + std::string(name) + "\" is unknown or lacks its value");
    set(o, name, arguments[++i]);
  }
  require(o.devices, "--devices");
  require(o.certificate, "--cert");
  require(o.private_key, "--key");
  if (!hubwire::iothub::host_name::is_valid(o.host_name))
    throw usage_error("--host-name takes a host name, not \"" + o.host_name + "\"");
  return o;
}

}  // namespace hub_emulator
