// SPDX-License-Identifier: BSL-1.0
// A frame_reader that brings its own memory.
#ifndef HUBWIRE_STREAM_FRAME_BUFFER_HPP
#define HUBWIRE_STREAM_FRAME_BUFFER_HPP

#include <array>
#include <cstddef>
#include <cstdint>

#include <hubwire/stream/frame_reader.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// A base, so that the memory exists before the reader that points to it.
template <std::size_t Capacity>
struct frame_storage {
  std::array<std::uint8_t, Capacity> octets;
};

}  // namespace detail

/// Capacity is the largest packet that fits, in bytes.
template <std::size_t Capacity>
class frame_buffer : private detail::frame_storage<Capacity>, public frame_reader {
  static_assert(Capacity >= 5, "not even the longest fixed header fits");

 public:
  explicit frame_buffer(std::uint32_t limit = largest_packet,
                        first_bytes const& accepted = any_first_byte) noexcept
      : frame_reader(detail::frame_storage<Capacity>::octets, limit, accepted) {}
  frame_buffer(std::uint32_t, first_bytes const&&) = delete;  // it would not outlive the reader
};

}}  // namespace hubwire

#endif
