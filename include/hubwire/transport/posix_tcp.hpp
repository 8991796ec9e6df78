// SPDX-License-Identifier: BSL-1.0
// TCP over POSIX sockets (Linux and the BSDs): a byte_stream that never blocks and raises no SIGPIPE.
// Only connect() and wait() take time, and they take no more than they are given.
#ifndef HUBWIRE_TRANSPORT_POSIX_TCP_HPP
#define HUBWIRE_TRANSPORT_POSIX_TCP_HPP

#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/transport/byte_stream.hpp>

namespace hubwire { inline namespace abi1 {

/// The time of the system's monotonic clock, for pump() and connect(). It wraps, which is what tick is for.
inline tick posix_now() noexcept {
  timespec now{};
  static_cast<void>(::clock_gettime(CLOCK_MONOTONIC, &now));
  return tick(static_cast<std::uint32_t>(static_cast<std::uint64_t>(now.tv_sec) * 1000U +
                                         static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000U));
}

namespace detail {

inline error with_errno(errc code, int number) noexcept { return {code, static_cast<std::uint32_t>(number)}; }

inline std::uint32_t milliseconds_until(tick deadline) noexcept {
  std::int32_t const left = deadline - posix_now();
  return left > 0 ? static_cast<std::uint32_t>(left) : 0;
}

// poll() for one descriptor: > 0 ready (or broken, which the next call will tell), 0 time-out, < 0 errno.
// Without an interest it only lets the time pass.
inline int poll_one(int fd, io_interest interest, std::uint32_t milliseconds) noexcept {
  pollfd entry{};
  entry.fd = interest.read || interest.write ? fd : -1;
  if (interest.read) entry.events |= POLLIN;
  if (interest.write) entry.events |= POLLOUT;
  std::uint32_t const longest = INT_MAX;
  return ::poll(&entry, 1, static_cast<int>(milliseconds < longest ? milliseconds : longest));
}

}  // namespace detail

/// One connection, closed by the destructor. In an error of this class, detail is errno. After
/// address_not_found it is the number that getaddrinfo returned, made positive.
class posix_tcp {
 public:
  /// The longest time that connect() accepts, a little more than a week; longer ones are cut to it.
  static constexpr std::uint32_t longest_timeout = 0x2800'0000;

  posix_tcp() noexcept = default;
  posix_tcp(posix_tcp const&) = delete;
  posix_tcp& operator=(posix_tcp const&) = delete;
  ~posix_tcp() { close(); }

  /// Looks the name up and tries its addresses in the order of the system until one answers. Each address
  /// gets an equal share of the time that is left. The look-up is the one thing in hubwire that allocates
  /// (inside the C library). It may block for as long as the system's resolver takes, on top of the
  /// time-out. The overload below does without it. Closes an earlier connection first. Errors:
  /// address_not_found, connect_timeout, connect_failed (the last address's errno), invalid_field (a host
  /// that is empty, longer than 255 characters or contains NUL).
  result<void> connect(std::string_view host, std::uint16_t port, std::uint32_t timeout) noexcept {
    close();
    char name[max_host + 1]{};
    if (host.empty() || host.size() > max_host) return fail({errc::invalid_field, 0});
    std::memcpy(name, host.data(), host.size());
    if (std::strlen(name) != host.size()) return fail({errc::invalid_field, 0});

    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    int const outcome = ::getaddrinfo(name, nullptr, &hints, &found);
    if (outcome != 0) {
      auto const number = static_cast<std::uint32_t>(outcome < 0 ? -outcome : outcome);
      return fail({errc::address_not_found, number});
    }
    result<void> const connected = connect_any(found, port, timeout);
    ::freeaddrinfo(found);
    return connected;
  }

  /// Connects to an address that is known, port included, without allocation. Errors: connect_timeout,
  /// connect_failed.
  result<void> connect(sockaddr const* address, socklen_t size, std::uint32_t timeout) noexcept {
    close();
    int const type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;  // v3.1.1:MQTT-4.2.0-1, v3.1.1:MQTT-7.1.2-1
    int const fd = ::socket(address->sa_family, type, 0);
    if (fd < 0) return fail(detail::with_errno(errc::connect_failed, errno));

    adopt(fd);
    if (::connect(fd, address, size) == 0) return {};
    // EINTR: the connection goes on being made, as with EINPROGRESS.
    if (errno != EINPROGRESS && errno != EINTR) {
      return close_with(detail::with_errno(errc::connect_failed, errno));
    }
    return await_connection(fd, timeout);
  }

  /// Takes over a connected stream socket, accept()ed for instance: makes it non-blocking, closed on
  /// exec and without Nagle's delay (which fails harmlessly on a socket that is not TCP).
  void adopt(int fd) noexcept {
    close();
    static_cast<void>(::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK));
    static_cast<void>(::fcntl(fd, F_SETFD, FD_CLOEXEC));
    int const on = 1;
    static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    fd_ = fd;
    closed_ = false;
    lost_ = {};
  }

  io_result read_some(byte_span room) noexcept {
    if (room.empty()) return detail::moved(0);
    if (fd_ < 0) return not_open();
    if (read_ended_) return detail::ended();
    for (;;) {
      ssize_t const count = ::recv(fd_, room.data(), room.size(), 0);
      if (count > 0) return detail::moved(static_cast<std::size_t>(count));
      if (count == 0) return end_of_input();
      if (errno == EINTR) continue;
      if (would_block(errno)) return lost_on_write();
      return lose(errno);
    }
  }

  io_result write_some(byte_view data) noexcept {
    if (data.empty()) return detail::moved(0);
    if (fd_ < 0) return not_open();
    if (lost_.code != errc::none) return detail::broken(lost_);
    if (output_ended_) return detail::ended();
    for (;;) {
      ssize_t const count = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
      write_blocked_ = false;
      if (count >= 0) return detail::moved(static_cast<std::size_t>(count));
      if (errno == EINTR) continue;
      if (!would_block(errno)) return lose(errno);
      write_blocked_ = true;
      return detail::blocked();
    }
  }

  bool wants_write() const noexcept { return write_blocked_; }
  /// Always false, since no bytes are held here: wait() returns as long as the system has bytes, or an end.
  static constexpr bool has_unread() noexcept { return false; }

  /// Sends FIN behind what was written: the peer reads it all and then the end. Reading goes on. A close()
  /// alone resets the connection when bytes from the peer have not been read. Then what was written last is
  /// lost.
  io_status end_output() noexcept {
    if (fd_ < 0) return not_open().status;
    if (lost_.code != errc::none) return io_status::failed;
    if (output_ended_) return io_status::ok;
    if (::shutdown(fd_, SHUT_WR) != 0) return lose(errno).status;
    output_ended_ = true;
    write_blocked_ = false;
    return io_status::ok;
  }

  /// Waits at most so long until reading or writing may make progress. False: the time is up. A signal or a
  /// broken connection also ends the wait with true; the next read_some or write_some tells.
  bool wait(io_interest interest, std::uint32_t milliseconds) const noexcept {
    return fd_ < 0 || detail::poll_one(fd_, interest, milliseconds) != 0;
  }

  /// The socket, for the caller's own poll loop; -1 when there is no connection. The object keeps owning
  /// it.
  int fd() const noexcept { return fd_; }

  void close() noexcept {
    if (fd_ >= 0) static_cast<void>(::close(fd_));  // never retried: on Linux EINTR has closed it
    fd_ = -1;
    closed_ = true;
    read_ended_ = false;
    output_ended_ = false;
    write_blocked_ = false;
    lost_ = {};
  }

 private:
  static constexpr std::size_t max_host = 255;

  result<void> connect_any(addrinfo const* found, std::uint16_t port, std::uint32_t timeout) noexcept {
    std::uint32_t left = 0;
    for (addrinfo const* a = found; a != nullptr; a = a->ai_next) ++left;
    tick const deadline = posix_now() + (timeout < longest_timeout ? timeout : longest_timeout);
    result<void> outcome = errc::address_not_found;
    for (addrinfo const* a = found; a != nullptr; a = a->ai_next, --left) {
      set_port(a->ai_addr, port);
      outcome = connect(a->ai_addr, a->ai_addrlen, detail::milliseconds_until(deadline) / left);
      if (outcome) return outcome;
    }
    return outcome;
  }

  // The two numbers are one on most systems.
  static bool would_block(int number) noexcept {
    if (number == EAGAIN) return true;
    return number == EWOULDBLOCK;
  }

  static void set_port(sockaddr* address, std::uint16_t port) noexcept {
    if (address->sa_family == AF_INET) {
      static_cast<sockaddr_in*>(static_cast<void*>(address))->sin_port = htons(port);
    } else if (address->sa_family == AF_INET6) {
      static_cast<sockaddr_in6*>(static_cast<void*>(address))->sin6_port = htons(port);
    }
  }

  result<void> await_connection(int fd, std::uint32_t timeout) noexcept {
    tick const deadline = posix_now() + (timeout < longest_timeout ? timeout : longest_timeout);
    int ready = -1;
    do {
      ready = detail::poll_one(fd, {.read = false, .write = true}, detail::milliseconds_until(deadline));
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) return close_with({errc::connect_timeout, 0});

    int number = ready < 0 ? errno : 0;
    socklen_t size = sizeof number;
    if (ready > 0 && ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) != 0) number = errno;
    if (number == 0) return {};
    // The system's own time-out may come before ours.
    errc const code = number == ETIMEDOUT ? errc::connect_timeout : errc::connect_failed;
    return close_with(detail::with_errno(code, number));
  }

  result<void> close_with(error why) noexcept {
    close();
    return fail(why);
  }
  // Sets what a read or write on this object reports until the next connect.
  result<void> fail(error why) noexcept {
    closed_ = false;
    lost_ = why;
    return why;
  }

  io_result not_open() const noexcept { return closed_ ? detail::ended() : detail::broken(lost_); }

  // A write that failed ends reading as well, once what had arrived is read. The system reports a reset
  // once and an end of input from then on, so this class remembers the reset.
  io_result end_of_input() noexcept {
    if (lost_.code != errc::none) return detail::broken(lost_);
    read_ended_ = true;
    return detail::ended();
  }
  io_result lost_on_write() const noexcept {
    return lost_.code == errc::none ? detail::blocked() : detail::broken(lost_);
  }
  io_result lose(int number) noexcept {
    if (lost_.code == errc::none) {
      bool const peer_left =
          number == ECONNRESET || number == EPIPE || number == ETIMEDOUT || number == ENOTCONN;
      lost_ = detail::with_errno(peer_left ? errc::connection_lost : errc::transport_failed, number);
    }
    return detail::broken(lost_);
  }

  int fd_ = -1;
  bool closed_ = true;
  bool read_ended_ = false;
  bool output_ended_ = false;
  bool write_blocked_ = false;
  error lost_{};
};

static_assert(byte_stream<posix_tcp>);

}}  // namespace hubwire

#endif
