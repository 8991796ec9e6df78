// SPDX-License-Identifier: BSL-1.0
// The golden vectors, and what is small enough to be tried whole, on machines that have no Catch2: no heap,
// no exceptions, no iostream. run.sh builds it for big-endian, for a microcontroller and for MemorySanitizer.
// Packet vectors are also checked in constant evaluation, one static_assert for each.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include <hubwire/diagnosis.hpp>
#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/mqtt3.hpp>
#include <hubwire/stream/payload_reader.hpp>

#include <vectors/exhaustive.hpp>
#include <vectors/golden.hpp>

using namespace hubwire;
using namespace hubwire::test;
using iothub::property_bag;
using iothub::value_state;

namespace {

// Told by the compiler, not by the library: what kind of machine is this?
constexpr bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

constexpr golden_packet recorded[] = {
#include <data/sdk_v311.inc>
};
constexpr golden_packet conversation[] = {
#include <data/iothub_v311.inc>
};
constexpr verdict_row verdicts[] = {
#include <data/verdicts_v311.inc>
};

#ifndef HUBWIRE_VECTORS_RUN_TIME_ONLY
template <auto const& Table, std::size_t Index>
constexpr bool row_is_constant() {
  constexpr bool right = holds(Table[Index]);
  static_assert(right, "the packet vector at Index fails in constant evaluation");
  return right;
}
template <auto const& Table, std::size_t... Index>
constexpr bool each_row_is_constant(std::index_sequence<Index...>) {
  return (row_is_constant<Table, Index>() && ...);
}
static_assert(each_row_is_constant<recorded>(std::make_index_sequence<std::size(recorded)>{}));
static_assert(each_row_is_constant<conversation>(std::make_index_sequence<std::size(conversation)>{}));
static_assert(each_row_is_constant<verdicts>(std::make_index_sequence<std::size(verdicts)>{}));
#endif

struct utf8_row {
  std::string_view hex;
  bool text;
  bool topic;
};
constexpr utf8_row utf8_rows[] = {
#include <data/utf8.inc>
};

struct match_row {
  std::string_view filter;
  std::string_view topic;
  bool matches;
};
constexpr match_row match_rows[] = {
#include <data/topic_matches.inc>
};

struct bag_row {
  std::string_view raw;
  int size;
  std::string_view name;
  value_state state;
  std::string_view value;
};
constexpr bag_row bag_rows[] = {
#include <data/property_bags.inc>
};

int checked = 0;
int failed = 0;

void expect(bool condition, char const* what, std::string_view which) {
  ++checked;
  if (condition) return;
  ++failed;
  std::printf("FAILED: %s: %.*s\n", what, static_cast<int>(which.size()), which.data());
}

// Every text behind 0 to 16 plain characters and in front of as many, so that it meets each place in a block.
void check_utf8() {
  for (utf8_row const& row : utf8_rows) {
    for (std::size_t before = 0; before != 17; ++before) {
      for (std::size_t behind : {std::size_t{0}, std::size_t{16} - before}) {
        char memory[64];
        for (char& c : memory) c = 'x';
        std::size_t const size = unhex(row.hex, memory + before);
        std::string_view const text_in_place(memory, before + size + behind);
        bool const empty = text_in_place.empty();
        bool const topic = row.topic || (row.text && row.hex.empty() && !empty);
        expect(text::is_valid(text_in_place) == row.text, "text", row.hex);
        expect(topic_name::is_valid(text_in_place) == topic, "topic name", row.hex);
      }
    }
  }
}

void check_topics() {
  for (match_row const& row : match_rows) {
    auto const filter = topic_filter::parse(row.filter);
    auto const topic = topic_name::parse(row.topic);
    expect(filter && topic && filter->matches(*topic) == row.matches, "topic filter", row.filter);
  }
}

bool bag_holds(bag_row const& row) {
  auto const bag = property_bag::parse(row.raw);
  if (row.size < 0) return !bag && bag.error() == errc::invalid_iothub_topic;
  if (!bag || bag->size() != static_cast<std::size_t>(row.size)) return false;
  int count = 0;
  for (iothub::property const item : *bag) {
    if (item.malformed()) return false;
    if (count++ != 0) continue;
    if (!(item.name == row.name) || item.value.state() != row.state) return false;
    if (!item.value.is_null() && !(item.value == row.value)) return false;
    char memory[32];
    auto const decoded = item.value.decode(memory);
    if (!item.value.is_null() && (!decoded || !same(*decoded, row.value))) return false;
  }
  return count == row.size;
}

// Both tables as one stream, in chunks of each size: the frames are the packets, whatever the chunks.
void check_frame_reader(std::size_t chunk) {
  static std::uint8_t storage[1024];
  static char packet[1024];
  frame_reader frames(storage);
  std::size_t taken = 0;
  std::size_t const all = std::size(recorded) + std::size(conversation);
  std::size_t fed_packets = 0;
  std::size_t fed = 0;
  std::size_t size = 0;
  auto const at = [&](std::size_t index) -> golden_packet const& {
    return index < std::size(recorded) ? recorded[index] : conversation[index - std::size(recorded)];
  };
  auto const take_frames = [&] {
    char wanted[1024];
    for (auto found = frames.next(); found.status != frame_status::need_more; found = frames.next()) {
      if (found.status == frame_status::failed || taken == all)
        return expect(false, "frame reader", found.status == frame_status::failed ? "error" : "too much");
      std::size_t const length = unhex(at(taken).hex, wanted);
      expect(same(found.frame.view(), {wanted, length}), "frame reader", at(taken).from);
      ++taken;
    }
  };
  while (fed_packets != all) {
    auto const window = frames.window();
    std::size_t put = 0;
    while (put != chunk && put != window.size() && fed_packets != all) {
      if (fed == 0) size = unhex(at(fed_packets).hex, packet);
      window[put++] = detail::to_byte(packet[fed++]);
      if (fed == size) {
        fed = 0;
        ++fed_packets;
      }
    }
    expect(put != 0, "frame reader", "a full window without a frame");
    if (put == 0) return;
    frames.commit(put);
    take_frames();
  }
  expect(taken == all && frames.buffered() == 0, "frame reader", "number of frames");
}

// Where 32 bits of size end: a payload that the length field cannot say is refused, whatever it is added to,
// and the largest one it can say comes in parts.
void check_sizes() {
  char room[16];
  constexpr std::size_t largest = varint_max - 3;  // behind a topic of one character
  v3::publish const packet{.topic = "t"};
  for (std::size_t const size : {std::size_t{0}, std::size_t{1}, largest - 1, largest})
    expect(encode_header(char_span(room), packet, size).has_value(), "payload size", "one that fits");
  for (std::size_t const size :
       {largest + 1, largest + 4, std::size_t{0x7fff'ffff}, std::size_t{0xffff'fff8},
        std::size_t{0xffff'ffff}, static_cast<std::size_t>(-1) - 7, static_cast<std::size_t>(-1)})
    expect(encode_header(char_span(room), packet, size).error().code == errc::packet_too_large,
           "payload size", "one that does not");

  std::uint8_t storage[16];
  payload_reader<v3_tag> reader(storage, large_messages::in_parts);
  auto const head = encode_header(char_span(room), packet, largest);
  auto const window = reader.window();
  std::size_t const count = head ? head->size() : 0;
  for (std::size_t i = 0; i != count; ++i) window[i] = detail::to_byte(room[i]);
  reader.commit(count);
  frame_result const begin = reader.next();
  expect(begin.status == frame_status::begin && begin.size == largest, "large message", "begin");
  expect(reader.next().status == frame_status::need_more && !reader.window().empty(), "large message",
         "goes on");
}

}  // namespace

extern "C" int run_on_target();

extern "C" int run_on_target() {
  // Unbuffered: a buffer would come from the heap.
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  for (golden_packet const& row : recorded) expect(holds(row), "packet", row.from);
  for (golden_packet const& row : conversation) expect(holds(row), "packet", row.from);
  for (verdict_row const& row : verdicts) expect(holds(row), "verdict", row.shows);
  check_utf8();
  check_topics();
  for (bag_row const& row : bag_rows) expect(bag_holds(row), "property bag", row.raw);
  for (std::size_t const chunk : {1u, 2u, 3u, 7u, 64u, 1024u}) check_frame_reader(chunk);
  check_sizes();
  expect(every_varint_of_two_bytes(), "varints", "of one and two bytes");
  expect(every_text_of_two_bytes(), "UTF-8", "texts of two bytes");
  expect(every_pair_in_a_text<detail::block_width>(), "UTF-8 in blocks", "two bytes in a text of 40");
#ifdef HUBWIRE_VECTORS_THREE_BYTES
  unsigned const longest = 3;
  expect(every_pair_in_a_text<8>(), "UTF-8 in words", "two bytes in a text of 40");
  expect(every_text_of_three_bytes<1>(), "UTF-8 by character", "three bytes");
  expect(every_text_of_three_bytes<8>(), "UTF-8 in words", "three bytes");
  expect(every_text_of_three_bytes<detail::block_width>(), "UTF-8 in blocks", "three bytes");
#else
  unsigned const longest = 2;
#endif
  for (unsigned size = 1; size <= longest; ++size)
    expect(every_input(size), "every input of so many bytes, from either side",
           size == 1   ? "1"
           : size == 2 ? "2"
                       : "3");

  std::printf(
      "%d packets and %d verdicts, inputs of 1 to %u bytes: %d checks, %d failed (%s endian, %d bit)\n",
      static_cast<int>(std::size(recorded) + std::size(conversation)), static_cast<int>(std::size(verdicts)),
      longest, checked, failed, big_endian ? "big" : "little", static_cast<int>(8 * sizeof(void*)));
  return failed == 0 ? 0 : 1;
}

#ifndef HUBWIRE_VECTORS_BARE_METAL
int main() { return run_on_target(); }
#endif
