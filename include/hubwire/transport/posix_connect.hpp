// SPDX-License-Identifier: BSL-1.0
// The sockets of a connection that is being made: the system calls below the schedule of happy_eyeballs.hpp.
#ifndef HUBWIRE_TRANSPORT_POSIX_CONNECT_HPP
#define HUBWIRE_TRANSPORT_POSIX_CONNECT_HPP

#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <span>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/transport/connect_log.hpp>
#include <hubwire/transport/happy_eyeballs.hpp>
#include <hubwire/transport/posix_address.hpp>

namespace hubwire { inline namespace abi1 {

/// The time of the system's monotonic clock, for pump(). It wraps, which is what tick is for.
inline tick posix_now() noexcept {
  timespec now{};
  static_cast<void>(::clock_gettime(CLOCK_MONOTONIC, &now));
  return tick(static_cast<std::uint32_t>(static_cast<std::uint64_t>(now.tv_sec) * 1000U +
                                         static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000U));
}

namespace detail {

inline error with_errno(errc code, int number) noexcept { return {code, static_cast<std::uint32_t>(number)}; }

// poll(): > 0 ready (or broken, which the next call will tell), 0 time-out, < 0 errno.
inline int poll_some(std::span<pollfd> entries, std::uint32_t milliseconds) noexcept {
  std::uint32_t const longest = INT_MAX;
  auto const count = static_cast<unsigned>(entries.size());
  return ::poll(entries.data(), count, static_cast<int>(milliseconds < longest ? milliseconds : longest));
}

// Whether the number says only that this machine has no way to the address, as one without IPv6 does.
inline bool is_no_way(int number) noexcept {
  return number == ENETUNREACH || number == EADDRNOTAVAIL || number == EAFNOSUPPORT;
}

// TCP without Nagle's delay; fails harmlessly on a socket that is not TCP.
inline void set_no_delay(int fd) noexcept {
  int const on = 1;
  static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
}

// Connects to the first of several addresses that answers, without blocking. Owns the sockets of the
// attempts. Each failure goes into the log.
class connect_attempts {
 public:
  static constexpr std::size_t most_addresses = 8;
  static constexpr std::size_t most_parallel = connect_race::lanes;

  connect_attempts() noexcept { sockets_.fill(-1); }
  connect_attempts(connect_attempts const&) = delete;
  connect_attempts& operator=(connect_attempts const&) = delete;
  ~connect_attempts() { cancel(); }

  bool running() const noexcept { return running_; }

  // Returns false when there is no address. Takes a copy of the addresses.
  bool start(std::span<ip_endpoint const> addresses, std::uint32_t timeout) noexcept {
    cancel();
    std::size_t const count = interleave(addresses, addresses_);
    race_.start(count, posix_now(), timeout);
    running_ = count != 0;
    return running_;
  }

  void cancel() noexcept {
    for (std::size_t i = 0; i != most_parallel; ++i) drop(i);
    running_ = false;
  }

  // Waits at most so long for a socket, then does what is due. Returns the socket that has connected, which
  // is the caller's from then on; -1 while none has, and when running() says that it is over.
  int progress(std::uint32_t milliseconds, connect_log& log) noexcept {
    std::size_t winner = look(milliseconds, log);
    while (running_ && winner == most_parallel) {
      race_move const due = race_.next(posix_now());
      if (due.step == race_step::wait) return -1;
      if (due.step == race_step::begin) winner = begin(due, log);
      if (due.step == race_step::give_up) {
        drop(due.lane);
        log.note({connect_layer::tcp, addresses_[due.address], {errc::connect_timeout, 0}});
      }
      if (due.step == race_step::lost) lose(log);
    }
    return running_ ? win(winner, log) : -1;
  }

  // Waits without doing anything. True when there is something to do.
  bool wait(std::uint32_t milliseconds) const noexcept {
    std::uint32_t const left = time_left();
    std::array<pollfd, most_parallel> entries{};
    std::size_t const count = watch(entries);
    std::uint32_t const time = left < milliseconds ? left : milliseconds;
    return poll_some(std::span(entries).first(count), time) != 0 || left <= milliseconds;
  }

  std::uint32_t time_left() const noexcept { return race_.time_left(posix_now()); }

  // What to wait for in a poll loop; entries has room for all. Returns how many.
  std::size_t watch(std::span<pollfd> entries) const noexcept {
    std::size_t count = 0;
    for (int const fd : sockets_)
      if (fd >= 0) entries[count++] = {.fd = fd, .events = POLLOUT, .revents = 0};
    return count;
  }

 private:
  // Returns the lane of the connection when it was made at once, as on the loopback.
  std::size_t begin(race_move const& due, connect_log& log) noexcept {
    socket_address const to(addresses_[due.address]);
    int const type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;  // v3.1.1:MQTT-4.2.0-1, v3.1.1:MQTT-7.1.2-1
    int const fd = ::socket(to.family(), type, 0);
    if (fd < 0) return fail(due.lane, errno, log);
    sockets_[due.lane] = fd;
    set_no_delay(fd);
    if (::connect(fd, to.data(), to.size()) == 0) return due.lane;
    // EINTR: the connection goes on being made, as with EINPROGRESS.
    return errno == EINPROGRESS || errno == EINTR ? most_parallel : fail(due.lane, errno, log);
  }

  // Waits at most so long. Returns the lane of a socket that has connected.
  std::size_t look(std::uint32_t milliseconds, connect_log& log) noexcept {
    std::array<pollfd, most_parallel> entries{};
    std::size_t const count = watch(entries);
    if (count == 0 && milliseconds == 0) return most_parallel;
    int const ready = poll_some(std::span(entries).first(count), milliseconds);
    if (ready < 0 && errno != EINTR) lose_all(errno, log);
    return ready > 0 ? sort_out(entries, log) : most_parallel;
  }

  // Ends the attempts that have failed. Of those that have connected, returns the lane of the one that began
  // first.
  std::size_t sort_out(std::span<pollfd const> entries, connect_log& log) noexcept {
    std::size_t winner = most_parallel;
    std::size_t entry = 0;
    for (std::size_t i = 0; i != most_parallel; ++i) {
      if (sockets_[i] < 0 || entries[entry++].revents == 0) continue;
      int const number = verdict(sockets_[i]);
      if (number != 0) {
        static_cast<void>(fail(i, number, log));
      } else if (winner == most_parallel || race_.address_in(i) < race_.address_in(winner)) {
        winner = i;
      }
    }
    return winner;
  }

  static int verdict(int fd) noexcept {
    int number = 0;
    socklen_t size = sizeof number;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) == 0 ? number : errno;
  }

  std::size_t fail(std::size_t lane, int number, connect_log& log) noexcept {
    // The system's own time-out may come before ours.
    errc const code = number == ETIMEDOUT ? errc::connect_timeout : errc::connect_failed;
    log.note({connect_layer::tcp, addresses_[race_.address_in(lane)], with_errno(code, number)});
    drop(lane);
    race_.failed(lane, posix_now());
    return most_parallel;
  }

  int win(std::size_t winner, connect_log& log) noexcept {
    int const fd = sockets_[winner];
    sockets_[winner] = -1;
    log.reach(addresses_[race_.address_in(winner)]);
    cancel();
    return fd;
  }

  // The cause is the first attempt that says more than that there is no way to the address. Else it is the
  // first one.
  void lose(connect_log& log) noexcept {
    cancel();
    for (connect_attempt const& failed : log.attempts())
      if (!is_no_way(static_cast<int>(failed.why.detail))) log.decide(failed);
    if (!log.attempts().empty()) log.decide(log.attempts().front());
    log.decide({connect_layer::tcp, {}, {errc::connect_timeout, 0}});  // no time for a single attempt
  }

  // The system does not say what becomes of any of them.
  void lose_all(int number, connect_log& log) noexcept {
    cancel();
    log.end(connect_layer::tcp, with_errno(errc::connect_failed, number));
  }

  void drop(std::size_t lane) noexcept {
    if (sockets_[lane] >= 0) static_cast<void>(::close(sockets_[lane]));  // see posix_tcp::close()
    sockets_[lane] = -1;
  }

  std::array<int, most_parallel> sockets_{};
  std::array<ip_endpoint, most_addresses> addresses_{};
  connect_race race_{};
  bool running_ = false;
};

}  // namespace detail

}}  // namespace hubwire

#endif
