// SPDX-License-Identifier: BSL-1.0
// The status codes in IoT Hub topics. Any other number is possible too.
#ifndef HUBWIRE_IOTHUB_STATUS_HPP
#define HUBWIRE_IOTHUB_STATUS_HPP

#include <cstdint>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub { namespace status {

inline constexpr std::uint16_t ok = 200;
inline constexpr std::uint16_t accepted = 202;
inline constexpr std::uint16_t no_content = 204;  // a reported patch was taken; older documents say 200
inline constexpr std::uint16_t bad_request = 400;
inline constexpr std::uint16_t unauthorized = 401;
inline constexpr std::uint16_t not_found = 404;
inline constexpr std::uint16_t precondition_failed = 412;  // $version was not the current one
inline constexpr std::uint16_t throttled = 429;
inline constexpr std::uint16_t server_error = 500;
inline constexpr std::uint16_t unavailable = 503;
inline constexpr std::uint16_t timeout = 504;

constexpr bool succeeded(std::int32_t code) noexcept { return code >= 200 && code <= 299; }
/// Whether the request may succeed later.
constexpr bool retryable(std::int32_t code) noexcept {
  return code == throttled || (code >= 500 && code <= 599);
}

}}}}  // namespace hubwire::iothub::status

#endif
