// SPDX-License-Identifier: BSL-1.0
// Addresses of POSIX sockets, and the system's resolver.
#ifndef HUBWIRE_TRANSPORT_POSIX_ADDRESS_HPP
#define HUBWIRE_TRANSPORT_POSIX_ADDRESS_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <hubwire/core/result.hpp>
#include <hubwire/transport/ip_endpoint.hpp>

namespace hubwire { inline namespace abi1 {

/// The endpoint in a socket's address; ip_family::none when it is neither IPv4 nor IPv6 or cut off.
inline ip_endpoint to_endpoint(sockaddr const* address, socklen_t size) noexcept {
  ip_endpoint made{};
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in from{};
    std::memcpy(&from, address, sizeof from);
    std::memcpy(made.address.data(), &from.sin_addr, 4);
    made.port = ntohs(from.sin_port);
    made.family = ip_family::v4;
  } else if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 from{};
    std::memcpy(&from, address, sizeof from);
    std::memcpy(made.address.data(), &from.sin6_addr, 16);
    made.scope = from.sin6_scope_id;
    made.port = ntohs(from.sin6_port);
    made.family = ip_family::v6;
  }
  return made;
}

/// An endpoint as a socket's address.
class socket_address {
 public:
  explicit socket_address(ip_endpoint const& from) noexcept {
    if (from.family == ip_family::v6) {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_port = htons(from.port);
      to.sin6_scope_id = from.scope;
      std::memcpy(&to.sin6_addr, from.address.data(), 16);
      keep(&to, sizeof to);
    } else {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(from.port);
      std::memcpy(&to.sin_addr, from.address.data(), 4);
      keep(&to, sizeof to);
    }
  }

  sockaddr const* data() const noexcept { return reinterpret_cast<sockaddr const*>(&storage_); }
  socklen_t size() const noexcept { return size_; }
  int family() const noexcept { return storage_.ss_family; }

 private:
  void keep(void const* address, std::size_t size) noexcept {
    std::memcpy(&storage_, address, size);
    size_ = static_cast<socklen_t>(size);
  }

  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

/// The longest name of a host that resolve() takes.
constexpr std::size_t longest_host_name = 255;

/// Asks the system's resolver for the addresses of a host and puts as many as fit into room, in the order of
/// the system. Returns how many. It may block for as long as the resolver takes, and it is the one thing in
/// hubwire that allocates, inside the C library. A program that must do neither brings the addresses
/// from elsewhere. Errors: address_not_found, whose detail is the number that getaddrinfo returned,
/// made positive; invalid_field (a host that is empty, longer than longest_host_name or contains NUL).
inline result<std::size_t> resolve(std::string_view host, std::uint16_t port,
                                   std::span<ip_endpoint> room) noexcept {
  char name[longest_host_name + 1]{};
  if (host.empty() || host.size() > longest_host_name) return errc::invalid_field;
  std::memcpy(name, host.data(), host.size());
  if (std::strlen(name) != host.size()) return errc::invalid_field;

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int const outcome = ::getaddrinfo(name, nullptr, &hints, &found);
  if (outcome != 0) {
    auto const number = static_cast<std::uint32_t>(outcome < 0 ? -outcome : outcome);
    return error{errc::address_not_found, number};
  }
  std::size_t count = 0;
  for (addrinfo const* a = found; a != nullptr && count != room.size(); a = a->ai_next) {
    room[count] = to_endpoint(a->ai_addr, a->ai_addrlen);
    room[count].port = port;
    if (room[count].family != ip_family::none) ++count;
  }
  ::freeaddrinfo(found);
  return count;
}

}}  // namespace hubwire

#endif
