// SPDX-License-Identifier: BSL-1.0
// The command line.
#ifndef DEVICE_OPTIONS_HPP
#define DEVICE_OPTIONS_HPP

#include <cstdint>
#include <string_view>

namespace device {

// Views of the command line and of the environment, which live as long as the program.
struct options {
  std::string_view connection_string{};
  std::string_view trust_file{};         // PEM
  std::string_view connect_to{};         // host[:port] for TCP, empty: what the connection string says
  std::uint32_t interval = 10;           // seconds from one telemetry message to the next
  std::uint32_t token_lifetime = 3'600;  // seconds
  std::uint32_t attempts = 0;            // failed attempts to connect in a row before giving up, 0: never
  bool help = false;
};

// False, and wrong says why, when the arguments make no sense.
bool parse_options(int count, char const* const* arguments, options& parsed,
                   std::string_view& wrong) noexcept;

extern std::string_view const usage;

// What the program returns.
namespace exit_code {
inline constexpr int stopped = 0;      // by SIGINT or SIGTERM; the hub was told if it was connected
inline constexpr int unusable = 2;     // arguments, connection string or trust anchors
inline constexpr int refused = 3;      // gave up: the hub refuses this device
inline constexpr int unreachable = 4;  // gave up: no connection
}  // namespace exit_code

}  // namespace device

#endif
