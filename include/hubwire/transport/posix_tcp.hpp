// SPDX-License-Identifier: BSL-1.0
// TCP over POSIX sockets (Linux and the BSDs): a byte_stream that never blocks and raises no SIGPIPE. The
// connection is made while the stream is used. Only connect() and wait() take time, and no more than they
// are given; what looks a name up may block.
#ifndef HUBWIRE_TRANSPORT_POSIX_TCP_HPP
#define HUBWIRE_TRANSPORT_POSIX_TCP_HPP

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/transport/byte_stream.hpp>
#include <hubwire/transport/connect_log.hpp>
#include <hubwire/transport/ip_endpoint.hpp>
#include <hubwire/transport/posix_address.hpp>
#include <hubwire/transport/posix_connect.hpp>

namespace hubwire { inline namespace abi1 {

/// One connection, closed by the destructor. In an error of this class, detail is errno. After
/// address_not_found it is the number that getaddrinfo returned, made positive.
///
/// start() begins to connect and returns. read_some() and write_some() go on with it and give would_block
/// until the connection is made; wait() knows what to wait for. So pump() makes the connection. When none
/// can be made, both fail with the error, and log() says what each address answered.
class posix_tcp {
 public:
  /// The longest time that connecting may take, a little more than a week; longer ones are cut to it.
  static constexpr std::uint32_t longest_timeout = 0x2800'0000;
  /// Addresses that are tried: the first so many, IPv6 and IPv4 in turn.
  static constexpr std::size_t most_addresses = detail::connect_attempts::most_addresses;
  /// Sockets that watch() may name.
  static constexpr std::size_t most_sockets = detail::connect_attempts::most_parallel;

  posix_tcp() noexcept = default;
  posix_tcp(posix_tcp const&) = delete;
  posix_tcp& operator=(posix_tcp const&) = delete;
  ~posix_tcp() { close(); }

  /// Begins to connect to the first of these addresses that answers (RFC 8305). Attempts begin 250 ms apart
  /// or as soon as one fails, at most four run at the same time, and the others are closed when one has
  /// connected. The time-out in milliseconds is for all of them together. The addresses are copied: nothing
  /// allocates. Closes an earlier connection first. Returns the error when there is one at once, and later
  /// reading and writing tell it. Errors: address_not_found (no address), connect_timeout, connect_failed.
  result<void> start(std::span<ip_endpoint const> addresses, std::uint32_t timeout) noexcept {
    close();
    log_.clear();
    std::uint32_t const time = timeout < longest_timeout ? timeout : longest_timeout;
    if (!attempts_.start(addresses, time)) return fail({errc::address_not_found, 0}, connect_layer::look_up);
    return go_on(0);
  }

  /// Looks the name up, then begins to connect to what it found. Connecting does not block. The look-up may
  /// block for as long as the system's resolver takes, on top of the time-out, and it allocates: see
  /// resolve(). Errors also: invalid_field (see resolve()).
  result<void> start(std::string_view host, std::uint16_t port, std::uint32_t timeout) noexcept {
    close();
    log_.clear();
    std::array<ip_endpoint, most_found> found{};
    result<std::size_t> const count = resolve(host, port, found);
    if (!count) return fail(count.error(), connect_layer::look_up);
    return start(std::span<ip_endpoint const>(found).first(*count), timeout);
  }

  /// start(), then waits until the connection is made or cannot be.
  result<void> connect(std::string_view host, std::uint16_t port, std::uint32_t timeout) noexcept {
    return finish(start(host, port, timeout));
  }
  result<void> connect(std::span<ip_endpoint const> addresses, std::uint32_t timeout) noexcept {
    return finish(start(addresses, timeout));
  }
  /// For one address as the system has it, port included.
  result<void> connect(sockaddr const* address, socklen_t size, std::uint32_t timeout) noexcept {
    ip_endpoint const only = to_endpoint(address, size);
    return connect(std::span(&only, 1), timeout);
  }

  /// Whether the connection is still being made.
  bool connecting() const noexcept { return attempts_.running(); }
  /// What the addresses answered, what ended the connection, and the address that it has. A program may add
  /// what ended a layer above. start() and connect() begin it anew.
  connect_log const& log() const noexcept { return log_; }
  connect_log& log() noexcept { return log_; }

  /// Takes over a connected stream socket, accept()ed for instance: makes it non-blocking, closed on
  /// exec and without Nagle's delay (which fails harmlessly on a socket that is not TCP).
  void adopt(int fd) noexcept {
    close();
    static_cast<void>(::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK));
    static_cast<void>(::fcntl(fd, F_SETFD, FD_CLOEXEC));
    detail::set_no_delay(fd);
    log_.clear();
    own(fd);
  }

  io_result read_some(byte_span room) noexcept {
    if (room.empty()) return detail::moved(0);
    if (fd_ < 0 && !is_made()) return not_open();
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
    if (fd_ < 0 && !is_made()) return not_open();
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

  bool wants_write() const noexcept { return write_blocked_ || connecting(); }
  /// Always false, since no bytes are held here: wait() returns as long as the system has bytes, or an end.
  static constexpr bool has_unread() noexcept { return false; }

  /// Sends FIN behind what was written: the peer reads it all and then the end. Reading goes on. A close()
  /// alone resets the connection when bytes from the peer have not been read. Then what was written last is
  /// lost.
  io_status end_output() noexcept {
    if (fd_ < 0 && !is_made()) return not_open().status;
    if (lost_.code != errc::none) return io_status::failed;
    if (output_ended_) return io_status::ok;
    if (::shutdown(fd_, SHUT_WR) != 0) return lose(errno).status;
    output_ended_ = true;
    write_blocked_ = false;
    return io_status::ok;
  }

  /// Waits at most so long until reading or writing may make progress. False: the time is up. A signal or a
  /// broken connection also ends the wait with true; the next read_some or write_some tells. While the
  /// connection is being made it waits for that, whatever the interest.
  bool wait(io_interest interest, std::uint32_t milliseconds) const noexcept {
    if (connecting()) return attempts_.wait(milliseconds);
    if (fd_ < 0) return true;
    pollfd entry = entry_for(interest);
    return detail::poll_some(std::span(&entry, 1), milliseconds) != 0;
  }

  /// For the caller's own poll loop: what to wait for, in entries, which has room for most_sockets. Returns
  /// how many. Ask again before each poll().
  std::size_t watch(std::span<pollfd> entries, io_interest interest) const noexcept {
    if (connecting()) return attempts_.watch(entries);
    if (fd_ < 0) return 0;
    entries[0] = entry_for(interest);
    return 1;
  }
  /// When the stream has to be called though no socket is ready: the next address is due, or the time is up.
  /// Nothing once the connection is made.
  std::optional<tick> deadline() const noexcept {
    if (!connecting()) return std::nullopt;
    return posix_now() + attempts_.time_left();
  }

  /// The socket of the connection; -1 when there is none, and while it is being made. The object keeps
  /// owning it.
  int fd() const noexcept { return fd_; }

  /// Ends the connection, or the making of it. All sockets are closed.
  void close() noexcept {
    attempts_.cancel();
    if (fd_ >= 0) static_cast<void>(::close(fd_));  // never retried: on Linux EINTR has closed it
    fd_ = -1;
    closed_ = true;
    read_ended_ = false;
    output_ended_ = false;
    write_blocked_ = false;
    lost_ = {};
  }

 private:
  static constexpr std::size_t most_found = 32;  // that are looked at before they are put in turn

  // The two numbers are one on most systems.
  static bool would_block(int number) noexcept {
    if (number == EAGAIN) return true;
    return number == EWOULDBLOCK;
  }

  // Without an interest a wait only lets the time pass.
  pollfd entry_for(io_interest interest) const noexcept {
    pollfd entry{};
    entry.fd = interest.read || interest.write ? fd_ : -1;
    if (interest.read) entry.events |= POLLIN;
    if (interest.write) entry.events |= POLLOUT;
    return entry;
  }

  // Goes on connecting, for at most so long.
  result<void> go_on(std::uint32_t milliseconds) noexcept {
    int const fd = attempts_.progress(milliseconds, log_);
    if (fd >= 0) own(fd);
    if (fd >= 0 || attempts_.running()) return {};
    return fail(log_.cause().why, log_.cause().layer);
  }
  result<void> finish(result<void> outcome) noexcept {
    while (outcome && connecting()) outcome = go_on(attempts_.time_left());
    return outcome;
  }
  bool is_made() noexcept { return connecting() && go_on(0) && fd_ >= 0; }

  void own(int fd) noexcept {
    fd_ = fd;
    closed_ = false;
    lost_ = {};
  }

  // Sets what a read or write on this object reports until the next connect.
  result<void> fail(error why, connect_layer layer) noexcept {
    closed_ = false;
    lost_ = why;
    log_.end(layer, why);
    return why;
  }

  io_result not_open() const noexcept {
    if (connecting()) return detail::blocked();
    return closed_ ? detail::ended() : detail::broken(lost_);
  }

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
      log_.end(connect_layer::tcp, lost_);
    }
    return detail::broken(lost_);
  }

  detail::connect_attempts attempts_{};
  connect_log log_{};
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
