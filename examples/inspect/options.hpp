// SPDX-License-Identifier: BSL-1.0
// The command line.
#ifndef INSPECT_OPTIONS_HPP
#define INSPECT_OPTIONS_HPP

#include <cstdint>
#include <hubwire/wire/role.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace inspect {

enum class protocol_version : std::uint8_t { v3, v5, automatic };
enum class input_form : std::uint8_t { raw, hex, lines };

struct options {
  std::string file = "-";  // standard input
  protocol_version protocol = protocol_version::automatic;
  hubwire::role sender = hubwire::role::any;
  input_form form = input_form::raw;
  std::uint32_t limit = 16'777'216;
  bool reencode = false;
  bool help = false;
};

// A command line that makes no sense; what() says which argument.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Throws usage_error.
options parse_options(int count, char const* const* arguments);

std::string_view usage() noexcept;

}  // namespace inspect

#endif
