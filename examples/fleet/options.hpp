// SPDX-License-Identifier: BSL-1.0
// What the fleet is told on its command line.
#ifndef FLEET_OPTIONS_HPP
#define FLEET_OPTIONS_HPP

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fleet {

struct options {
  std::string host = "localhost";
  std::uint16_t port = 1883;
  std::uint32_t devices = 100;
  double rate = 1;  // messages a second of each device
  std::uint32_t qos = 1;
  std::uint32_t payload = 100;                        // bytes
  std::uint32_t seconds = 10;                         // from the moment when all are connected
  std::uint32_t at_once = 200;                        // so many connect at the same time
  std::string topic = "devices/{}/messages/events/";  // {}: the device's name
  std::string name = "fleet-";                        // and a number behind it
  std::string user{};
  std::string password{};
};

inline constexpr char const* help =
    "fleet: thousands of MQTT devices in one process, on one thread\n"
    "  --host NAME         where the broker is (localhost)\n"
    "  --port NUMBER       (1883)\n"
    "  --devices NUMBER    how many (100)\n"
    "  --rate NUMBER       messages a second of each device (1); 0.1 is one in ten seconds\n"
    "  --qos 0|1|2         (1)\n"
    "  --payload BYTES     of each message (100)\n"
    "  --seconds NUMBER    how long they publish, once all are connected (10)\n"
    "  --at-once NUMBER    how many connect at the same time (200)\n"
    "  --topic TEXT        {} stands for the device's name (devices/{}/messages/events/)\n"
    "  --name TEXT         a device's name is this and a number (fleet-)\n"
    "  --user TEXT --password TEXT\n"
    "Exit code 0: all connected, and every message was acknowledged. 1: not so. 2: a wrong option.\n";

template <class Number>
bool read_number(std::string_view text, Number& number) {
  auto const [end, why] = std::from_chars(text.data(), text.data() + text.size(), number);
  return why == std::errc() && end == text.data() + text.size();
}

inline bool set(options& to, std::string_view name, std::string_view value) {
  if (name == "--host")
    to.host = value;
  else if (name == "--topic")
    to.topic = value;
  else if (name == "--name")
    to.name = value;
  else if (name == "--user")
    to.user = value;
  else if (name == "--password")
    to.password = value;
  else if (name == "--port")
    return read_number(value, to.port);
  else if (name == "--devices")
    return read_number(value, to.devices) && to.devices != 0;
  else if (name == "--rate")
    return read_number(value, to.rate) && to.rate > 0 && to.rate <= 1'000;
  else if (name == "--qos")
    return read_number(value, to.qos) && to.qos <= 2;
  else if (name == "--payload")
    return read_number(value, to.payload) && to.payload <= 100'000;
  else if (name == "--seconds")
    return read_number(value, to.seconds);
  else if (name == "--at-once")
    return read_number(value, to.at_once) && to.at_once != 0;
  else
    return false;
  return true;
}

// Without a value when the program has said why, and has nothing to do.
inline std::optional<options> read_options(std::span<char*> words) {
  options made;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    std::string_view const name = words[i];
    std::string_view const value = i + 1 < words.size() ? words[i + 1] : "";
    if (i + 1 < words.size() && set(made, name, value)) continue;
    std::fprintf(stderr, "fleet: %s %s is no option\n\n%s", words[i], value.data(), help);
    return std::nullopt;
  }
  return made;
}

}  // namespace fleet

#endif
