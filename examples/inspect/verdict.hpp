// SPDX-License-Identifier: BSL-1.0
// What a buffer is worth. This is the one place where errors become verdicts.
#ifndef INSPECT_VERDICT_HPP
#define INSPECT_VERDICT_HPP

#include <cstdint>
#include <hubwire/core/errc.hpp>
#include <string_view>

namespace inspect {

enum class verdict : std::uint8_t {
  ok,
  malformed,
  protocol_error,
  incomplete,
  too_large,
  unsupported_version,
};

// Of the errors that reading a packet gives; any other would be a defect, and counts as malformed.
constexpr verdict verdict_of(hubwire::errc code) noexcept {
  switch (code) {
    case hubwire::errc::none: return verdict::ok;
    case hubwire::errc::protocol_error: return verdict::protocol_error;
    case hubwire::errc::not_one_frame: return verdict::incomplete;
    case hubwire::errc::packet_exceeds_limit: return verdict::too_large;
    case hubwire::errc::unsupported_protocol:
    case hubwire::errc::not_supported: return verdict::unsupported_version;
    default: return verdict::malformed;
  }
}

constexpr std::string_view to_string(verdict v) noexcept {
  switch (v) {
    case verdict::ok: return "ok";
    case verdict::malformed: return "malformed";
    case verdict::protocol_error: return "protocol-error";
    case verdict::incomplete: return "incomplete";
    case verdict::too_large: return "too-large";
    case verdict::unsupported_version: return "unsupported-version";
  }
  return "malformed";
}

}  // namespace inspect

#endif
