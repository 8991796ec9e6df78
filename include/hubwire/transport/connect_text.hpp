// SPDX-License-Identifier: BSL-1.0
// Addresses and the record of a connection as text, for logs: "tcp [2001:db8::1]:8883 connect_failed 111".
#ifndef HUBWIRE_TRANSPORT_CONNECT_TEXT_HPP
#define HUBWIRE_TRANSPORT_CONNECT_TEXT_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/text/text_writer.hpp>
#include <hubwire/transport/connect_log.hpp>
#include <hubwire/transport/ip_endpoint.hpp>

namespace hubwire { inline namespace abi1 {

constexpr std::string_view to_string(connect_layer layer) noexcept {
  switch (layer) {
    case connect_layer::look_up: return literal("look-up");
    case connect_layer::tcp: return literal("tcp");
    case connect_layer::proxy: return literal("proxy");
    case connect_layer::tls: return literal("tls");
    case connect_layer::websocket: return literal("websocket");
    case connect_layer::mqtt: return literal("mqtt");
  }
  return literal("unknown");
}

namespace detail {

constexpr unsigned ipv6_group(ip_endpoint const& of, std::size_t index) noexcept {
  return static_cast<unsigned>(of.address[2 * index] << 8 | of.address[2 * index + 1]);
}

// Some of the eight groups of an IPv6 address.
struct group_run {
  unsigned begin = 8;
  unsigned end = 8;
};

// The longest run of at least two groups that are 0, the first of several: RFC 5952 §4.2.
constexpr group_run longest_zeros(ip_endpoint const& of) noexcept {
  group_run best{};
  for (unsigned begin = 0; begin != 8; ++begin) {
    unsigned end = begin;
    while (end != 8 && ipv6_group(of, end) == 0) ++end;
    if (end - begin > 1 && end - begin > best.end - best.begin) best = {begin, end};
  }
  return best;
}

// In hexadecimal with lower-case letters and without leading zeros: RFC 5952 §4.1, §4.3.
constexpr void put_group(text_writer& out, unsigned group) noexcept {
  bool begun = false;
  for (unsigned shift = 16; shift != 0;) {
    shift -= 4;
    unsigned const digit = group >> shift & 15;
    begun = begun || digit != 0 || shift == 0;
    if (begun) out.put(to_char(static_cast<std::uint8_t>(digit < 10 ? '0' + digit : 'a' + digit - 10)));
  }
}

constexpr void put_ipv6(text_writer& out, ip_endpoint const& where) noexcept {
  group_run const zeros = longest_zeros(where);
  out.put('[');
  for (unsigned i = 0; i != 8; ++i) {
    if (i == zeros.begin) {
      out.put(literal("::"));
      i = zeros.end - 1;
      continue;
    }
    if (i != 0 && i != zeros.end) out.put(':');
    put_group(out, ipv6_group(where, i));
  }
  if (where.scope != 0) out.put('%').put_number(where.scope);
  out.put(']');
}

constexpr void put_ipv4(text_writer& out, ip_endpoint const& where) noexcept {
  for (unsigned i = 0; i != 4; ++i) {
    if (i != 0) out.put('.');
    out.put_number(where.address[i]);
  }
}

}  // namespace detail

/// Writes "192.0.2.1:8883" or "[2001:db8::1]:8883"; "-" for no address.
constexpr text_writer& put(text_writer& out, ip_endpoint const& where) noexcept {
  if (where.family == ip_family::none) return out.put('-');
  if (where.family == ip_family::v4) detail::put_ipv4(out, where);
  if (where.family == ip_family::v6) detail::put_ipv6(out, where);
  return out.put(':').put_number(where.port);
}

/// Writes layer, address, the error's name and its number.
constexpr text_writer& put(text_writer& out, connect_attempt const& attempt) noexcept {
  put(out.put(to_string(attempt.layer)).put(' '), attempt.where).put(' ').put(to_string(attempt.why.code));
  return out.put(' ').put_number(attempt.why.detail);
}

/// Writes all attempts in order, with "; " between them. explain() has words for cause().why, and
/// explain_posix() better ones.
constexpr text_writer& put(text_writer& out, connect_log const& log) noexcept {
  bool first = true;
  for (connect_attempt const& attempt : log.attempts()) {
    if (!first) out.put(literal("; "));
    first = false;
    put(out, attempt);
  }
  if (log.left_out() != 0) out.put(literal("; and ")).put_number(log.left_out()).put(literal(" more"));
  return out;
}

}}  // namespace hubwire

#endif
