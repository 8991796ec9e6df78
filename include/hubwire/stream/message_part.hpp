// SPDX-License-Identifier: BSL-1.0
// What a stream brings to a client: whole packets, and parts of messages that are larger than memory.
#ifndef HUBWIRE_STREAM_MESSAGE_PART_HPP
#define HUBWIRE_STREAM_MESSAGE_PART_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/wire/frame.hpp>

namespace hubwire { inline namespace abi1 {

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

constexpr void describe(message_part& part, frame_status found, error why) noexcept {
  if (found == frame_status::ready) part.status = part_status::packet;
  if (found == frame_status::failed) part.status = part_status::failed;
  part.error = why;
}

}  // namespace detail

// What a client reads with: payload_reader, or whole_reader, which has no code for parts.
template <class Reader>
concept message_reader = requires(Reader& in, std::size_t count, message_part const& part,
                                  hubwire::error why) {
  { Reader::knows_parts } -> std::convertible_to<bool>;
  { in.window() } -> std::same_as<byte_span>;
  in.commit(count);
  { in.peek() } -> std::same_as<message_part>;
  in.take(part);
  { in.unread() } -> std::same_as<char_view>;
  in.refuse(why);
  in.reset();
};

}}  // namespace hubwire

#endif
