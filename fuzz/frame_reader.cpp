// SPDX-License-Identifier: BSL-1.0
// A byte stream cut into frames. Input: two bytes that choose capacity and limit, then the stream. Oracle:
// a reader of frames written from v3.1.1 §2.2, and one chunk, byte by byte and random chunks all give the
// same frames and the same end.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <hubwire/stream/frame_reader.hpp>

#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using hubwire::errc;

struct outcome {
  std::vector<std::string> frames{};
  hubwire::error end{};  // errc::none: the stream ends between or inside frames

  friend bool operator==(outcome const&, outcome const&) = default;
};

// Uses nothing of hubwire but the names of its errors. Type 15 exists in version 5.
outcome expected(std::string_view stream, std::size_t capacity, std::size_t limit) {
  outcome result;
  while (!stream.empty()) {
    unsigned const type = static_cast<unsigned char>(stream[0]) >> 4;
    unsigned const flags = static_cast<unsigned char>(stream[0]) & 15;
    unsigned const wanted = type == 6 || type == 8 || type == 10 ? 2 : 0;
    if (type == 0 || (type != 3 && flags != wanted)) {
      result.end = {errc::malformed_packet, 0};
      break;
    }
    std::size_t length = 0;
    std::size_t header = 1;
    for (bool more = true; more; ++header) {
      if (header == capacity) {  // memory that does not even hold the length
        result.end = {errc::packet_exceeds_limit, 0};
        return result;
      }
      if (header == stream.size()) return result;
      auto const octet = static_cast<unsigned char>(stream[header]);
      length += static_cast<std::size_t>(octet & 127) << (7 * (header - 1));
      more = octet >= 128;
      if ((more && header == 4) || (octet == 0 && header > 1)) {
        result.end = {errc::malformed_packet, 0};
        return result;
      }
    }
    if (header + length > limit) {
      result.end = {errc::packet_exceeds_limit, static_cast<std::uint32_t>(header + length)};
      break;
    }
    if (header + length > stream.size()) break;
    result.frames.emplace_back(stream.substr(0, header + length));
    stream.remove_prefix(header + length);
  }
  return result;
}

// Takes frames until there are none; true as long as the reader wants more bytes.
bool take(hubwire::frame_reader& reader, outcome& seen) {
  for (;;) {
    hubwire::frame_result const peeked = reader.peek();
    hubwire::frame_result const found = reader.next();
    require(peeked.status == found.status, "peek and next agree");
    if (found.status == hubwire::frame_status::need_more) return true;
    if (found.status == hubwire::frame_status::failed) {
      require(found.error.code != errc::none, "a failure has a name");
      require(reader.window().empty(), "no window after a failure");
      reader.commit(1);
      require(reader.next().error == found.error, "errors are sticky");
      seen.end = found.error;
      return false;
    }
    require(peeked.frame.view() == found.frame.view(), "peek and next show the same frame");
    seen.frames.emplace_back(found.frame.view());
  }
}

// chunk() says how many bytes arrive next; a lazy caller takes frames only when the window is full.
template <class Chunk>
outcome read(hubwire::frame_reader& reader, std::string_view stream, Chunk chunk, bool lazy) {
  outcome seen;
  while (!stream.empty()) {
    hubwire::byte_span window = reader.window();
    if (window.empty()) {
      std::size_t const before = reader.buffered();
      if (!take(reader, seen)) return seen;
      require(reader.buffered() < before, "a full reader has a frame to give");
      continue;
    }
    std::size_t const count = std::min({chunk(), window.size(), stream.size()});
    std::memcpy(window.data(), stream.data(), count);
    reader.commit(count == window.size() ? count + 1'000 : count);  // more than it lent is not believed
    stream.remove_prefix(count);
    if (!lazy && !take(reader, seen)) return seen;
  }
  take(reader, seen);
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::choices choose(fuzz::as_text(data, size));
  constexpr std::size_t capacities[] = {5, 6, 16, 64, 131, 4096, 5000, 70'000, 1, 2, 3, 4};
  std::size_t const capacity = capacities[choose.byte() % std::size(capacities)];
  unsigned const tighter = choose.byte();
  std::uint32_t const limit = tighter == 0 ? hubwire::largest_packet : 4 * tighter;
  std::string_view const stream = choose.rest();
  outcome const wanted = expected(stream, capacity, std::min<std::size_t>(capacity, limit));

  std::vector<std::uint8_t> storage(capacity);
  hubwire::frame_reader reader(storage, limit);
  fuzz::random_numbers random(size);
  for (bool const lazy : {false, true}) {
    require(read(
                reader, stream, [] { return std::size_t{70'000}; }, lazy) == wanted,
            "large chunks");
    reader.reset();
    require(read(
                reader, stream, [] { return std::size_t{1}; }, lazy) == wanted,
            "byte by byte");
    reader.reset();
    require(read(
                reader, stream, [&] { return 1 + random(9); }, lazy) == wanted,
            "random chunks");
    reader.reset();
  }
  return 0;
}
