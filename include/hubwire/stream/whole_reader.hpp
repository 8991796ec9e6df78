// SPDX-License-Identifier: BSL-1.0
// What comes next in a stream, as a client sees it: whole packets here, and in payload_reader.hpp also the
// parts of messages that are larger than memory.
#ifndef HUBWIRE_STREAM_WHOLE_READER_HPP
#define HUBWIRE_STREAM_WHOLE_READER_HPP

#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/stream/frame_reader.hpp>
#include <hubwire/wire/fixed_header.hpp>

namespace hubwire::inline HUBWIRE_ABI {

// What to do with a PUBLISH that does not fit the storage.
enum class large_messages : std::uint8_t {
  refuse,    // packet_exceeds_limit, and the connection has to be closed
  in_parts,  // begin, pieces, end
  skip,      // begin and end, so that it can be acknowledged; the payload is dropped
};

enum class part_status : std::uint8_t {
  need_more,  // read on
  packet,     // frame holds a whole packet
  begin,      // frame holds a PUBLISH without its payload, of which size bytes follow in pieces
  piece,      // payload holds the next bytes
  end,        // the payload is complete
  failed,     // error says why; the connection has to be closed
};

struct message_part {
  part_status status = part_status::need_more;
  hubwire::frame frame{};
  bytes payload{};
  std::uint32_t size = 0;
  hubwire::error error{};
};

namespace detail {

constexpr void describe(message_part& part, frame_result const& found) noexcept {
  part.frame = found.frame;
  part.error = found.error;
  if (found.status == frame_status::ready) part.status = part_status::packet;
  if (found.status == frame_status::failed) part.status = part_status::failed;
}

}  // namespace detail

// A payload_reader that refuses large messages, whatever the policy, and has no code for them.
class whole_reader : private frame_reader {
 public:
  static constexpr bool knows_parts = false;

  using frame_reader::buffered;
  using frame_reader::commit;
  using frame_reader::full;
  using frame_reader::refuse;
  using frame_reader::reset;
  using frame_reader::unread;
  using frame_reader::window;

  explicit whole_reader(byte_span storage, large_messages = large_messages::refuse,
                        std::uint32_t limit = largest_packet,
                        first_bytes const& accepted = any_first_byte) noexcept
      : frame_reader(storage, limit, accepted) {}

  whole_reader(byte_span, large_messages, std::uint32_t, first_bytes const&&) = delete;  // as frame_reader's

  message_part peek() noexcept {
    message_part part;
    detail::describe(part, frame_reader::peek());
    return part;
  }
  void take(message_part const& part) noexcept { frame_reader::take(part.frame.size()); }
};

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
