// SPDX-License-Identifier: BSL-1.0
// A byte stream cut into frames. Input: two bytes that choose capacity, who sends and the limit, then the
// stream. Oracle: a reader of frames written from v3.1.1 §2.2. One chunk, byte by byte and random chunks, copied
// into the window, parsed where they lie, and both ways mixed in any order, give the same frames and the same end.
#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <hubwire/mqtt3.hpp>
#include <hubwire/stream/frame_reader.hpp>

#include <fuzz/reference/mqtt311_decode.hpp>

#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using hubwire::errc;

struct outcome {
  std::vector<std::string> frames{};
  hubwire::error end{};  // errc::none: the stream ends between or inside frames

  friend bool operator==(outcome const&, outcome const&) = default;
};

// What is wrong with a first byte. Whoever knows no version takes type 15 as well, and both directions.
hubwire::error judge(unsigned char octet, std::optional<reference::sender> who) {
  unsigned const type = octet >> 4;
  if (!who && type == 15) return {(octet & 15) == 0 ? errc::none : errc::malformed_packet, 0};
  auto const wrong = reference::judge_first_byte(type, octet & 15, who.value_or(reference::sender::anyone));
  if (!wrong) return {};
  return {wrong->kind == reference::refusal::malformed ? errc::malformed_packet : errc::protocol_error, 0};
}

// Uses nothing of hubwire but the names of its errors.
outcome expected(std::string_view stream, std::size_t capacity, std::size_t limit,
                 std::optional<reference::sender> who) {
  outcome result;
  while (!stream.empty()) {
    result.end = judge(static_cast<unsigned char>(stream[0]), who);
    if (result.end.code != errc::none) break;
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

hubwire::first_bytes const& accepted_from(std::optional<reference::sender> who) {
  if (!who) return hubwire::any_first_byte;
  switch (*who) {
    case reference::sender::client: return hubwire::first_bytes_of<hubwire::v3_tag>(hubwire::role::client);
    case reference::sender::server: return hubwire::first_bytes_of<hubwire::v3_tag>(hubwire::role::server);
    case reference::sender::anyone: break;
  }
  return hubwire::first_bytes_of<hubwire::v3_tag>(hubwire::role::any);
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

// What the reader keeps after an error begins with what it is about.
void check_unread(hubwire::frame_reader const& reader, std::string_view stream, outcome const& seen) {
  std::size_t taken = 0;
  for (std::string const& frame : seen.frames) taken += frame.size();
  hubwire::char_view const unread = reader.unread();
  require(unread.size() == reader.buffered(), "what is unread is what is buffered");
  require(stream.substr(taken, unread.size()) == std::string_view(unread.data(), unread.size()),
          "what is unread stands in the stream behind the frames that were taken");
}

// Takes frames of a chunk and of what is buffered before it; true as long as the reader wants more bytes.
bool take_from(hubwire::frame_reader& reader, hubwire::byte_view here, std::string_view const stream,
               outcome& seen) {
  for (;;) {
    hubwire::frame_result const found = reader.next(here);
    if (found.status == hubwire::frame_status::need_more) break;
    if (found.status == hubwire::frame_status::failed) {
      std::size_t const before = here.size();
      require(reader.next(here).error == found.error && reader.next().error == found.error,
              "errors are sticky");
      require(here.size() == before, "nothing is taken after a failure");
      seen.end = found.error;
      check_unread(reader, stream, seen);
      return false;
    }
    seen.frames.emplace_back(found.frame.view());
  }
  require(here.empty(), "a chunk is used up");
  check_unread(reader, stream, seen);
  return true;
}

// Chunks that stay where they are, each in memory of its own that is gone before the next comes.
std::vector<std::uint8_t> front_of(std::string_view rest, std::size_t count) {
  return {rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(std::min(count, rest.size()))};
}
template <class Chunk>
outcome read_in_place(hubwire::frame_reader& reader, std::string_view const stream, Chunk chunk) {
  outcome seen;
  for (std::string_view rest = stream; !rest.empty();) {
    std::vector<std::uint8_t> const here = front_of(rest, chunk());
    rest.remove_prefix(here.size());
    if (!take_from(reader, here, stream, seen)) break;
  }
  return seen;
}

// Part of the rest, copied into the window, which may be asked for in vain, and be given less than it holds.
void put(hubwire::frame_reader& reader, std::string_view& rest, std::size_t most) {
  hubwire::byte_span const window = reader.window();
  std::size_t const count = std::min({most, window.size(), rest.size()});
  if (count != 0) std::memcpy(window.data(), rest.data(), count);
  reader.commit(count);
  rest.remove_prefix(count);
}

// One frame, as next() and peek() show it; true as long as the reader wants more bytes.
bool take_one(hubwire::frame_reader& reader, outcome& seen) {
  hubwire::frame_result const found = reader.next();
  if (found.status == hubwire::frame_status::ready) seen.frames.emplace_back(found.frame.view());
  if (found.status == hubwire::frame_status::failed) seen.end = found.error;
  return found.status != hubwire::frame_status::failed;
}

// Everything that a caller may do, in an order that nobody planned: bytes through the window, a chunk where it
// lies while the storage holds frames, whole and begun ones, and frames one at a time or all there are.
outcome read_mixed(hubwire::frame_reader& reader, std::string_view const stream,
                   fuzz::random_numbers& random) {
  outcome seen;
  std::string_view rest = stream;
  bool going = true;
  while (going && !rest.empty()) {
    std::size_t const most = 1 + random(random(2) == 0 ? 5 : 200);
    switch (random(6)) {
      case 0: put(reader, rest, most); break;
      case 1:
        put(reader, rest, most);
        going = take(reader, seen);
        break;
      case 2:
      case 3: {
        std::vector<std::uint8_t> const here = front_of(rest, most);
        rest.remove_prefix(here.size());
        going = take_from(reader, here, stream, seen);
        break;
      }
      case 4: going = take_one(reader, seen); break;
      default: require(reader.peek().status == reader.peek().status, "peek changes nothing"); break;
    }
    if (going) check_unread(reader, stream, seen);
  }
  if (going) take(reader, seen);
  return seen;
}

// The same for the same input, another for another.
std::uint64_t seed_of(std::string_view input) {
  std::uint64_t seed = 0xcbf2'9ce4'8422'2325;
  for (char const c : input) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100'0000'01b3;
  return seed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::choices choose(fuzz::as_text(data, size));
  constexpr std::size_t capacities[] = {5, 6, 16, 64, 131, 4096, 5000, 70'000, 1, 2, 3, 4};
  unsigned const first = choose.byte();
  std::size_t const capacity = capacities[first % std::size(capacities)];
  using reference::sender;
  std::optional<sender> const senders[] = {{}, sender::server, sender::client, sender::anyone};
  std::optional<sender> const who = senders[first / std::size(capacities) % std::size(senders)];
  unsigned const tighter = choose.byte();
  std::uint32_t const limit = tighter == 0 ? hubwire::largest_packet : 4 * tighter;
  std::string_view const stream = choose.rest();
  outcome const wanted = expected(stream, capacity, std::min<std::size_t>(capacity, limit), who);

  std::vector<std::uint8_t> storage(capacity);
  hubwire::frame_reader reader(storage, limit, accepted_from(who));
  fuzz::random_numbers random(seed_of(stream));
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
  require(read_in_place(reader, stream, [] { return std::size_t{70'000}; }) == wanted,
          "large chunks in place");
  reader.reset();
  require(read_in_place(reader, stream, [] { return std::size_t{1}; }) == wanted, "byte by byte in place");
  reader.reset();
  require(read_in_place(reader, stream, [&] { return 1 + random(9); }) == wanted, "random chunks in place");
  reader.reset();
  for (int round = 0; round != 8; ++round) {
    require(read_mixed(reader, stream, random) == wanted, "window and chunks mixed");
    reader.reset();
  }
  return 0;
}
