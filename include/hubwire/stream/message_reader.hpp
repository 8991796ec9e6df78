// SPDX-License-Identifier: BSL-1.0
// What a client reads its stream with.
#ifndef HUBWIRE_STREAM_MESSAGE_READER_HPP
#define HUBWIRE_STREAM_MESSAGE_READER_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/wire/frame.hpp>

namespace hubwire { inline namespace abi1 {

/// What to do with a PUBLISH that does not fit the storage.
enum class large_messages : std::uint8_t {
  refuse,    ///< packet_exceeds_limit, and the connection has to be closed
  in_parts,  ///< begin, pieces, end
  skip,      ///< begin and end, so that it can be acknowledged; the payload is dropped
};

/// A payload_reader, or a whole_reader, which has no code for parts.
template <class Reader>
concept message_reader = requires(Reader& in, std::size_t count, frame_result const& found,
                                  hubwire::error why) {
  { Reader::knows_parts } -> std::convertible_to<bool>;
  { in.window() } -> std::same_as<byte_span>;
  in.commit(count);
  { in.peek() } -> std::same_as<frame_result>;
  in.take(found);
  { in.unread() } -> std::same_as<char_view>;
  { in.idle() } -> std::same_as<bool>;
  in.refuse(why);
  in.reset();
};

}}  // namespace hubwire

#endif
