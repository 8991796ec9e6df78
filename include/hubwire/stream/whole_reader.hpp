// SPDX-License-Identifier: BSL-1.0
// What comes next in a stream for a client that takes no messages larger than its memory.
#ifndef HUBWIRE_STREAM_WHOLE_READER_HPP
#define HUBWIRE_STREAM_WHOLE_READER_HPP

#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/stream/frame_reader.hpp>
#include <hubwire/stream/message_reader.hpp>
#include <hubwire/wire/frame.hpp>

namespace hubwire { inline namespace abi1 {

/// A payload_reader that refuses large messages, whatever the policy, and has no code for them.
class whole_reader : private frame_reader {
 public:
  static constexpr bool knows_parts = false;

  using frame_reader::buffered;
  using frame_reader::commit;
  using frame_reader::full;
  using frame_reader::idle;
  using frame_reader::peek;
  using frame_reader::refuse;
  using frame_reader::reset;
  using frame_reader::unread;
  using frame_reader::window;

  constexpr explicit whole_reader(byte_span storage, large_messages = large_messages::refuse,
                                  std::uint32_t limit = largest_packet,
                                  first_bytes const& accepted = any_first_byte) noexcept
      : frame_reader(storage, limit, accepted) {}

  whole_reader(byte_span, large_messages, std::uint32_t, first_bytes const&&) = delete;  // as frame_reader's

  /// What peek() has just returned.
  void take(frame_result const& found) noexcept {
    if (found.frame.size() != 0) frame_reader::take(found.frame.size());
  }
  frame_result next() noexcept { return frame_reader::next(); }
};
static_assert(message_reader<whole_reader>);

}}  // namespace hubwire

#endif
