// SPDX-License-Identifier: BSL-1.0
// Memory that ends at a page nobody may touch: one byte read or written too far stops the test at once,
// with or without a sanitizer.
#ifndef HUBWIRE_TESTS_SUPPORT_GUARDED_HPP
#define HUBWIRE_TESTS_SUPPORT_GUARDED_HPP

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include <hubwire/core/bytes.hpp>

namespace hubwire::test {

// Size bytes right in front of a PROT_NONE page, filled with 0xa5 together with the bytes in front of them.
class guarded_memory {
 public:
  explicit guarded_memory(std::size_t size) : size_(size) {
    auto const page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    usable_ = (size + page - 1) / page * page + (size % page == 0 ? page : 0);
    mapped_ = usable_ + page;
    void* const memory = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    begin_ = static_cast<std::uint8_t*>(memory);
    if (::mprotect(begin_ + usable_, page, PROT_NONE) != 0) throw std::bad_alloc();
    std::memset(begin_, filling, usable_);
  }
  guarded_memory(guarded_memory const&) = delete;
  guarded_memory& operator=(guarded_memory const&) = delete;
  ~guarded_memory() { ::munmap(begin_, mapped_); }

  static constexpr std::uint8_t filling = 0xa5;

  std::uint8_t* data() const { return begin_ + (usable_ - size_); }
  std::size_t size() const { return size_; }

  // Whether everything but the first written bytes is as it was, the bytes in front of data() included.
  bool untouched_behind(std::size_t written) const {
    for (std::uint8_t const* p = begin_; p != data(); ++p)
      if (*p != filling) return false;
    for (std::size_t i = written; i < size_; ++i)
      if (data()[i] != filling) return false;
    return true;
  }

 private:
  std::size_t size_;
  std::size_t usable_ = 0;
  std::size_t mapped_ = 0;
  std::uint8_t* begin_ = nullptr;
};

// A copy of input whose last byte is the last one that may be read.
class guarded_input {
 public:
  explicit guarded_input(byte_view input) : memory_(input.size()) {
    if (!input.empty()) std::memcpy(memory_.data(), input.data(), input.size());
  }
  explicit guarded_input(std::string_view input)
      : guarded_input(byte_view(detail::to_bytes(input.data()), input.size())) {}

  byte_view octets() const { return {memory_.data(), memory_.size()}; }
  char_view chars() const { return detail::to_chars(octets()); }
  std::string_view view() const { return {chars().data(), memory_.size()}; }

 private:
  guarded_memory memory_;
};

// Size bytes of 0xa5 to write to.
class guarded_output {
 public:
  explicit guarded_output(std::size_t size) : memory_(size) {}

  byte_span octets() const { return {memory_.data(), memory_.size()}; }
  char_span chars() const { return detail::to_chars(octets()); }
  // Whether nothing was written, in front of the buffer neither.
  bool untouched() const { return memory_.untouched_behind(0); }
  // The same for a buffer of which the first bytes may have been written.
  bool untouched_behind(std::size_t written) const { return memory_.untouched_behind(written); }

 private:
  guarded_memory memory_;
};

}  // namespace hubwire::test

#endif
