// SPDX-License-Identifier: BSL-1.0
// The command line.
#ifndef HUB_EMULATOR_OPTIONS_HPP
#define HUB_EMULATOR_OPTIONS_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hub_emulator {

struct options {
  std::string address = "localhost";  // a numeric address, or localhost: 127.0.0.1 and ::1
  std::uint16_t port = 8883;          // 0: any free port
  std::optional<std::uint16_t> control_port{};
  std::string host_name = "localhost";  // the hub's name in user names and in sr
  std::string certificate{};            // PEM files
  std::string private_key{};
  std::string devices{};
  std::chrono::milliseconds connect_timeout{60'000};  // from accept to a complete CONNECT
  std::chrono::milliseconds token_grace{300'000};     // how long a token works past its expiry
  std::chrono::milliseconds control_idle{600'000};    // a control connection that says nothing ends then
  std::chrono::milliseconds c2d_lock{60'000};  // without a PUBACK for this long, a message is sent again
  bool stop_at_end_of_input = false;
  bool help = false;
};

// A command line that makes no sense; what() says which argument.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Throws usage_error.
options parse_options(int count, char const* const* arguments);

std::string_view usage() noexcept;

}  // namespace hub_emulator

#endif
