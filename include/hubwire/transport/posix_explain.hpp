// SPDX-License-Identifier: BSL-1.0
// What the system's error numbers mean, for errors of posix_tcp. Only programs that call it hold its words.
#ifndef HUBWIRE_TRANSPORT_POSIX_EXPLAIN_HPP
#define HUBWIRE_TRANSPORT_POSIX_EXPLAIN_HPP

#include <cerrno>
#include <cstdint>
#include <string_view>

#include <netdb.h>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/explain.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// Empty for the numbers of which the general words say all.
constexpr std::string_view explain_errno(std::uint32_t number) noexcept {
  switch (number) {
    case ECONNREFUSED:
      return "The machine answers, but nothing listens at that port. Check the port, and whether the "
             "server runs.";
    case ENETUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return "This machine has no way to that address: no network, or none for IPv6. Check its network "
             "first.";
    case EHOSTUNREACH:
      return "The network finds no way to that machine. It may be switched off, or a firewall may "
             "forbid it.";
    case EACCES:
    case EPERM: return "This system forbids the connection. Look at its firewall and its rules.";
    case EMFILE:
    case ENFILE:
      return "There are too many open files. Look for connections that the program does not close, or "
             "raise the limit.";
    case ENOBUFS:
    case ENOMEM: return "The system has no memory left for the connection. Try again after a pause.";
    case ECONNRESET:
      return "The other side cut the connection while it was made. Something between may forbid it, or "
             "the server is overloaded.";
    default: return {};
  }
}

// The numbers of getaddrinfo are negative on Linux. error::detail holds them without the sign.
constexpr std::string_view explain_look_up(std::uint32_t number) noexcept {
  int const code = EAI_NONAME < 0 ? -static_cast<int>(number) : static_cast<int>(number);
  if (code == EAI_AGAIN)
    return "No name server answered. Check the network and the system's resolver, and try again after "
           "a pause.";
  if (code == EAI_NONAME) return "The name servers do not know that host name. Check its spelling.";
  if (code == EAI_FAIL)
    return "The name server failed. Try again after a pause, and tell its operator when it stays.";
  return {};
}

}  // namespace detail

/// The words of explain(), or better ones where the detail is a number of the system that has words.
constexpr std::string_view explain_posix(error const& why, moment when = moment::unknown) noexcept {
  std::string_view words{};
  if (why == errc::connect_failed) words = detail::explain_errno(why.detail);
  if (why == errc::address_not_found) words = detail::explain_look_up(why.detail);
  return words.empty() ? explain(why, when) : words;
}

}}  // namespace hubwire

#endif
