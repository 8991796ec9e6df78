// SPDX-License-Identifier: BSL-1.0
#include <hubwire/stream/whole_reader.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/codec.hpp>
#include <hubwire/stream/payload_reader.hpp>
#include <hubwire/v3/protocol.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using test::from_hex;
using test::to_hex;

namespace {

constexpr first_bytes const& from_server = first_bytes_from<v3_tag, role::server>;

template <class Reader>
std::size_t give(Reader& reader, std::string_view octets) {
  byte_span const window = reader.window();
  std::size_t const count = std::min(window.size(), octets.size());
  if (count != 0) std::memcpy(window.data(), octets.data(), count);
  reader.commit(count);
  return count;
}

template <class Reader>
std::vector<std::string> read_all(Reader& reader) {
  std::vector<std::string> told;
  for (;;) {
    bool const idle = reader.idle();
    frame_result const part = reader.peek();
    if (idle) CHECK(part.status == frame_status::need_more);
    if (part.status == frame_status::need_more) return told;
    if (part.status == frame_status::failed) {
      told.push_back(std::string(to_string(part.error.code)) + ' ' + std::to_string(part.error.detail));
      return told;
    }
    REQUIRE(part.status == frame_status::ready);
    told.push_back(to_hex(part.frame.octets()));
    reader.take(part);
  }
}

std::string text_of(std::string_view hex) {
  std::vector<std::uint8_t> const octets = from_hex(hex);
  return {octets.begin(), octets.end()};
}

}  // namespace

TEST_CASE("whole_reader: next takes what it returns", "[stream][whole_reader]") {
  test::guarded_output memory(16);
  whole_reader reader(memory.octets(), large_messages::refuse, largest_packet, from_server);
  CHECK(reader.next().status == frame_status::need_more);
  CHECK(give(reader, text_of("d000 4002 0001 40")) == 7);
  CHECK(to_hex(reader.next().frame.octets()) == "d000");
  CHECK(to_hex(reader.next().frame.octets()) == "40020001");
  CHECK(reader.next().status == frame_status::need_more);
  CHECK(reader.buffered() == 1);
  CHECK(give(reader, text_of("81")) == 1);
  CHECK(reader.next().status == frame_status::need_more);
  CHECK(give(reader, text_of("80 80 80")) == 3);
  CHECK(reader.next().error == error{errc::malformed_packet, 0});
  CHECK(reader.next().status == frame_status::failed);
}

TEST_CASE("message_reader: what a client reads with, and not a reader of frames", "[stream][whole_reader]") {
  STATIC_CHECK(message_reader<whole_reader>);
  STATIC_CHECK(message_reader<payload_reader<v3_tag>>);
  STATIC_CHECK_FALSE(message_reader<frame_reader>);
}

TEST_CASE("whole_reader: a packet stays until it is taken", "[stream][whole_reader]") {
  test::guarded_output memory(16);
  whole_reader reader(memory.octets());
  REQUIRE(give(reader, text_of("d000 4002 0001 40")) == 7);
  for (int i = 0; i != 3; ++i) CHECK(to_hex(reader.peek().frame.octets()) == "d000");
  reader.take(reader.peek());
  CHECK(read_all(reader) == std::vector<std::string>{"40020001"});
  CHECK(reader.buffered() == 1);
  give(reader, text_of("02 0002"));
  CHECK(read_all(reader) == std::vector<std::string>{"40020002"});
}

TEST_CASE("whole_reader: a large message is refused whatever the policy", "[stream][whole_reader]") {
  for (large_messages const policy :
       {large_messages::refuse, large_messages::in_parts, large_messages::skip}) {
    test::guarded_output memory(16);
    whole_reader reader(memory.octets(), policy);
    give(reader, text_of("30 40 0001 61"));
    std::vector<std::string> const refused{"packet_exceeds_limit 66"};
    CHECK(read_all(reader) == refused);
    CHECK(reader.window().empty());
    CHECK(read_all(reader) == refused);  // sticky
    CHECK(to_hex(byte_view(detail::to_bytes(reader.unread().data()), reader.unread().size())) ==
          "3040000161");
    reader.reset();
    give(reader, text_of("d000"));
    CHECK(read_all(reader) == std::vector<std::string>{"d000"});
  }
}

TEST_CASE("whole_reader: the limit of the caller, and of the peer", "[stream][whole_reader]") {
  test::guarded_output memory(16);
  whole_reader limited(memory.octets(), large_messages::refuse, 3);
  give(limited, text_of("d000 4002"));
  CHECK(read_all(limited) == std::vector<std::string>{"d000", "packet_exceeds_limit 4"});
  whole_reader of_server(memory.octets(), large_messages::refuse, largest_packet, from_server);
  give(of_server, text_of("d000 c000"));
  CHECK(read_all(of_server) == std::vector<std::string>{"d000", "protocol_error 0"});
}

TEST_CASE("whole_reader: reads what a payload_reader reads that refuses large messages",
          "[stream][whole_reader]") {
  std::mt19937 random(7);
  for (int round = 0; round != 20'000; ++round) {
    std::string stream;
    for (int packet = 0; packet != 6; ++packet) {
      std::size_t const size = random() % 24;
      stream += static_cast<char>(random() % 8 == 0 ? random() : 0x30);
      stream += static_cast<char>(size);
      for (std::size_t i = 0; i != size; ++i) stream += static_cast<char>(random() % 3);
    }
    std::size_t const capacity = 1 + random() % 24;
    test::guarded_output one(capacity);
    test::guarded_output other(capacity);
    whole_reader whole(one.octets(), large_messages::refuse, largest_packet, from_server);
    payload_reader<v3_tag> parts(other.octets(), large_messages::refuse, largest_packet, from_server);
    for (std::string_view rest = stream; !rest.empty();) {
      std::string_view const chunk = rest.substr(0, 1 + random() % 9);
      std::size_t const count = give(whole, chunk);
      REQUIRE(give(parts, chunk) == count);
      REQUIRE(read_all(whole) == read_all(parts));
      REQUIRE(whole.buffered() == parts.buffered());
      REQUIRE(whole.unread().size() == parts.unread().size());
      if (count == 0) break;
      rest.remove_prefix(count);
    }
  }
}
