// SPDX-License-Identifier: BSL-1.0
// A transport of your own, whole: a serial line. Copy it and put your calls in place of open, read and write.
#ifndef CUSTOM_TRANSPORT_SERIAL_LINE_HPP
#define CUSTOM_TRANSPORT_SERIAL_LINE_HPP

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <hubwire/transport/byte_stream.hpp>

namespace custom_transport {
class serial_line {
 public:
  explicit serial_line(char const* device) noexcept : fd_(::open(device, O_RDWR | O_NOCTTY | O_NONBLOCK)) {
    termios mode{};
    is_up_ = ::tcgetattr(fd_, &mode) == 0;
    ::cfmakeraw(&mode);  // every byte as it is
    is_up_ = is_up_ && ::tcsetattr(fd_, TCSANOW, &mode) == 0;
  }
  serial_line(serial_line const&) = delete;  // layers above point at it
  serial_line& operator=(serial_line const&) = delete;
  ~serial_line() { ::close(fd_); }

  // The two functions that hubwire asks for. Neither waits, and an empty buffer is nothing to do. Reading tells the
  // loss of the line, behind the bytes that came before it, and then it stays lost. It is failed and not closed: a
  // line cannot say that it is done.
  hubwire::io_result read_some(hubwire::byte_span room) noexcept {
    if (room.empty()) return {};
    ssize_t const count = is_up_ ? ::read(fd_, room.data(), room.size()) : 0;
    is_up_ = count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
    return told(count);
  }
  hubwire::io_result write_some(hubwire::byte_view data) noexcept {
    return data.empty() ? hubwire::io_result{} : told(is_up_ ? ::write(fd_, data.data(), data.size()) : 0);
  }

  // For wait_after() of driver/blocking.hpp. False: the time is up.
  bool wait(hubwire::io_interest interest, std::uint32_t milliseconds) const noexcept {
    int const events = (interest.read ? POLLIN : 0) | (interest.write ? POLLOUT : 0);
    pollfd line{fd_, static_cast<short>(events), 0};
    return ::poll(&line, 1, static_cast<int>(milliseconds)) != 0;
  }

 private:
  hubwire::io_result told(ssize_t count) const noexcept {
    if (count > 0) return {static_cast<std::size_t>(count), hubwire::io_status::ok, {}};
    if (is_up_) return {0, hubwire::io_status::would_block, {}};
    return {0, hubwire::io_status::failed, {hubwire::errc::connection_lost, 0}};
  }

  int fd_;
  bool is_up_ = false;
};
}  // namespace custom_transport
#endif
