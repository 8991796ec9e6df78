// SPDX-License-Identifier: BSL-1.0
// A file that keeps a session over a reboot (Linux and the BSDs): a session_store. Each write is on the disk
// before it returns.
#ifndef HUBWIRE_TRANSPORT_POSIX_FILE_STORE_HPP
#define HUBWIRE_TRANSPORT_POSIX_FILE_STORE_HPP

#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>

namespace hubwire { inline namespace abi1 {

/// One open file, closed by the destructor. Errors are store_failed; detail is errno.
class posix_file_store {
 public:
  posix_file_store() noexcept = default;
  posix_file_store(posix_file_store const&) = delete;
  posix_file_store& operator=(posix_file_store const&) = delete;
  ~posix_file_store() { close(); }

  /// Opens the file, and makes it when there is none. Its content counts only if it is as large as size, an
  /// even number of pages: another file's size is changed. While it is open, nobody else can open it: they
  /// get EWOULDBLOCK. Others than the owner may not read it, since records hold what was to be sent. Errors:
  /// store_failed (EINVAL: no such size).
  result<void> open(char const* path, std::size_t size) noexcept {
    close();
    if (size == 0 || size % (2 * page_size()) != 0) return failed(EINVAL);
    fd_ = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd_ < 0) return failed(errno);
    bool const locked = ::flock(fd_, LOCK_EX | LOCK_NB) == 0;
    result<void> const ready = locked ? prepare(path, size) : result<void>(failed(errno));
    if (ready) {
      size_ = size;
    } else {
      close();
    }
    return ready;
  }

  void close() noexcept {
    if (fd_ >= 0) static_cast<void>(::close(fd_));  // which also gives up the lock
    fd_ = -1;
    size_ = 0;
  }

  std::size_t size() const noexcept { return size_; }
  static constexpr std::size_t page_size() noexcept { return 4096; }

  result<void> read_at(std::size_t at, byte_span room) const noexcept {
    while (!room.empty()) {
      ssize_t const count = ::pread(fd_, room.data(), room.size(), static_cast<off_t>(at));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return failed(count < 0 ? errno : EIO);  // 0: somebody has cut the file
      at += static_cast<std::size_t>(count);
      room = room.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }

  result<void> write_at(std::size_t at, byte_view data) noexcept {
    // The page first: what an earlier generation left in it must not survive what is written now.
    if (at % page_size() == 0) {
      if (result<void> const erased = fill_page(at); !erased) return erased;
      if (result<void> const on_disk = sync(); !on_disk) return on_disk;
    }
    result<void> const written = write_all(at, data);
    return written ? sync() : written;
  }

 private:
  static error failed(int number) noexcept {
    return {errc::store_failed, static_cast<std::uint32_t>(number)};
  }

  // Makes the file as large as it has to be, blank, and its name last over a power cut.
  result<void> prepare(char const* path, std::size_t size) const noexcept {
    struct stat now {};
    if (::fstat(fd_, &now) != 0) return failed(errno);
    if (now.st_size == static_cast<off_t>(size)) return {};
    // The old content goes first: the end of a larger store is not the end of a smaller one.
    if (::ftruncate(fd_, 0) != 0) return failed(errno);
    for (std::size_t at = 0; at != size; at += page_size())
      if (result<void> const filled = fill_page(at); !filled) return filled;
    return ::fsync(fd_) == 0 ? sync_folder(path) : result<void>(failed(errno));
  }
  static result<void> sync_folder(char const* path) noexcept {
    char folder[PATH_MAX] = ".";
    char const* const slash = std::strrchr(path, '/');
    if (slash != nullptr) {
      auto const size = static_cast<std::size_t>(slash - path) + 1;
      if (size >= sizeof folder) return failed(ENAMETOOLONG);
      std::memcpy(folder, path, size);
      folder[size] = 0;
    }
    int const fd = ::open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed(errno);
    int const number = ::fsync(fd) == 0 ? 0 : errno;
    static_cast<void>(::close(fd));
    return number == 0 ? result<void>() : result<void>(failed(number));
  }

  result<void> fill_page(std::size_t at) const noexcept {
    std::uint8_t blank[page_size()];
    std::memset(blank, 0xFF, sizeof blank);
    return write_all(at, blank);
  }
  result<void> write_all(std::size_t at, byte_view data) const noexcept {
    while (!data.empty()) {
      ssize_t const count = ::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(at));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed(errno);
      at += static_cast<std::size_t>(count);
      data = data.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }
  result<void> sync() const noexcept {
    return ::fdatasync(fd_) == 0 ? result<void>() : result<void>(failed(errno));
  }

  int fd_ = -1;
  std::size_t size_ = 0;
};

}}  // namespace hubwire

#endif
