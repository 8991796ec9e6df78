// SPDX-License-Identifier: BSL-1.0
// Where a connection goes, and whose certificate has to be there.
#ifndef DEVICE_ENDPOINT_HPP
#define DEVICE_ENDPOINT_HPP

#include <cstdint>
#include <optional>
#include <string_view>

#include <hubwire/core/slice.hpp>
#include <hubwire/text/decimal.hpp>
#include <hubwire/text/percent.hpp>

namespace device {

struct endpoint {
  std::string_view host{};         // for TCP: a name or an address
  std::uint16_t port = 8'883;      // MQTT over TLS
  std::string_view server_name{};  // for TLS
};

// Letters, digits and '-', '.', '_', with ':' and '%' between brackets: what a look-up would pass over or take for
// the end, such as a blank or a line end, is not for it to find.
inline bool is_host(std::string_view host, bool in_brackets) noexcept {
  for (char const c : host)
    if (c == '~' || (!hubwire::is_unreserved(c) && !(in_brackets && (c == ':' || c == '%')))) return false;
  return !host.empty();
}

// "host", "host:port", "[::1]:port"; nothing when it is none of these.
inline std::optional<endpoint> parse_endpoint(std::string_view text) noexcept {
  endpoint found;
  std::string_view behind = text;
  bool const in_brackets = hubwire::consume(behind, "[");
  if (in_brackets) {
    auto const brackets = hubwire::cut(behind, ']');
    if (!brackets.found) return std::nullopt;
    found.host = brackets.before;
    behind = brackets.after;
  } else {
    found.host = hubwire::cut(text, ':').before;
    behind = hubwire::drop(text, found.host.size());
  }
  if (!is_host(found.host, in_brackets)) return std::nullopt;
  if (!behind.empty()) {
    if (!hubwire::consume(behind, ":")) return std::nullopt;
    auto const port = hubwire::parse_decimal(behind, 65'535);
    if (!port || *port == 0) return std::nullopt;
    found.port = static_cast<std::uint16_t>(*port);
  }
  found.server_name = found.host;
  return found;
}

}  // namespace device

#endif
