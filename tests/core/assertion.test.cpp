// SPDX-License-Identifier: BSL-1.0
// What callers promise and break ends the program where it is built without NDEBUG. Each case runs in a child.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <cstdint>
#include <span>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/codec.hpp>
#include <hubwire/core/fixed_list.hpp>
#include <hubwire/iothub/sas_token.hpp>
#include <hubwire/stream/frame_buffer.hpp>
#include <hubwire/v3/protocol.hpp>

using namespace hubwire;

namespace {

#if defined(NDEBUG)
constexpr bool asserts = false;
#else
constexpr bool asserts = true;
#endif

// Whether body() ends the process it runs in by the signal of __builtin_trap().
template <class Body>
bool dies(Body body) {
  pid_t const child = fork();
  if (child == 0) {
    rlimit const no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGILL, SIG_DFL);
    std::signal(SIGTRAP, SIG_DFL);
    body();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && (WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP);
}

template <class Body>
void check_dies(Body body) {
  if (asserts) CHECK(dies(body));
}

// Numbers and text of which the compiler knows nothing.
template <class T>
T opaque(T value) {
  T volatile kept = value;
  return kept;
}

}  // namespace

TEST_CASE("assertion: what keeps its promise lives", "[core][assert]") {
  CHECK_FALSE(dies([] {
    auto const id = packet_id::parse(opaque(std::uint16_t{7}));
    if ((*id).number() != 7 || id->number() != 7) _exit(1);
  }));
}

TEST_CASE("assertion: the value of a failed result", "[core][assert][result]") {
  check_dies([] {
    auto id = packet_id::parse(opaque(std::uint16_t{0}));
    static_cast<void>((*id).number());
  });
  check_dies([] {
    auto id = packet_id::parse(opaque(std::uint16_t{0}));
    static_cast<void>(id->number());
  });
  check_dies([] {
    auto const id = packet_id::parse(opaque(std::uint16_t{0}));
    static_cast<void>((*id).number());
  });
  check_dies([] {
    auto const id = packet_id::parse(opaque(std::uint16_t{0}));
    static_cast<void>(id->number());
  });
}

TEST_CASE("assertion: a failure without an error", "[core][assert][result]") {
  check_dies([] {
    result<int> const failed = static_cast<errc>(opaque(std::uint8_t{0}));
    static_cast<void>(failed);
  });
}

TEST_CASE("assertion: an index that the list does not have", "[core][assert][fixed_list]") {
  check_dies([] {
    fixed_list<int, 4> list;
    static_cast<void>(list.push_back(1));
    static_cast<void>(list[opaque(std::size_t{1})]);
  });
  check_dies([] {
    fixed_list<int, 4> const list;
    static_cast<void>(list[opaque(std::size_t{0})]);
  });
  check_dies([] {
    fixed_list<int, 4> list;
    list.erase(opaque(std::size_t{0}));
  });
}

TEST_CASE("assertion: the identifier of a message with QoS 0", "[core][assert][delivery]") {
  check_dies([] { static_cast<void>(delivery().id()); });
}

TEST_CASE("assertion: behind the end of a list that was received", "[core][assert][list_view]") {
  check_dies([] {
    auto const codes = list_view<v3::suback_return_code>::trusted("\x01", 1);
    static_cast<void>(*++codes.begin());
  });
}

TEST_CASE("assertion: a packet that views the memory it is written to", "[core][assert][encode]") {
  static std::array<std::uint8_t, 64> memory{};
  auto const dies_as = [](auto const& packet) {
    check_dies([&] { static_cast<void>(encode(memory, packet)); });
  };
  bytes const inside(byte_view(memory).subspan(20, 4));
  auto const inside_text = text::trusted(inside.view());
  auto const inside_topic = topic_name::trusted(inside.view());
  dies_as(v3::publish{.topic = "t", .payload = inside});
  dies_as(v3::publish{.topic = inside_topic});
  dies_as(v3::connect{.client_id = inside_text});
  dies_as(v3::connect{.client_id = "d", .user_name = inside_text});
  dies_as(v3::connect{.client_id = "d", .user_name = text("u"), .password = inside});
  dies_as(v3::connect{.client_id = "d", .will = v3::will{.topic = inside_topic}});
  dies_as(v3::connect{.client_id = "d", .will = v3::will{.topic = "t", .message = inside}});
  std::array<v3::subscription, 1> const wanted{v3::subscription{topic_filter::trusted(inside.view())}};
  dies_as(v3::subscribe{1, wanted});
  std::array<v3::unsubscription, 1> const given_up{v3::unsubscription{topic_filter::trusted(inside.view())}};
  dies_as(v3::unsubscribe{1, given_up});
  dies_as(v3::suback{1, list_view<v3::suback_return_code>::trusted(inside.view(), inside.size())});
  check_dies(
      [&] { static_cast<void>(encode_header(byte_span(memory), v3::publish{.topic = inside_topic}, 4)); });
  // The payload of encode_header is sent from elsewhere, and a neighbour is no part.
  byte_span const front = byte_span(memory).first(20);
  CHECK(encode_header(front, v3::publish{.topic = "t", .payload = inside}, 4).has_value());
  CHECK(encode(front, v3::publish{.topic = "t", .payload = inside}).has_value());
}

TEST_CASE("assertion: a chunk that lies in the reader's own memory", "[core][assert][frame_reader]") {
  check_dies([] {
    std::array<std::uint8_t, 32> memory{0xC0, 0x00};
    frame_reader in(memory);
    byte_view chunk = byte_view(memory).first(2);
    static_cast<void>(in.next(chunk));
  });
}

TEST_CASE("assertion: numbers and texts that no field holds", "[core][assert][writer]") {
  static std::array<char, 70'000> memory{};
  check_dies([] {
    writer out(memory.data());
    out.prefixed({"x", opaque(std::size_t{65'536})});
  });
  check_dies([] { static_cast<void>(varint_size(opaque(varint_max) + 1)); });
  check_dies([] {
    writer out(memory.data());
    write_varint(out, opaque(varint_max) + 1);
  });
  check_dies([] { static_cast<void>(iothub::sas_resource("ab")[opaque(std::size_t{2})]); });
  check_dies([] {  // memcpy of what overlaps
    writer out(memory.data());
    out.raw({memory.data() + 4, opaque(std::size_t{8})});
  });
}

TEST_CASE("overlap: two ranges with a byte in common", "[core][bytes]") {
  std::array<std::uint8_t, 16> memory{};
  byte_view const all(memory);
  CHECK(detail::overlap(all, all));
  CHECK(detail::overlap(all, all.subspan(15)));
  CHECK(detail::overlap(all.first(9), all.subspan(8)));
  CHECK(detail::overlap(all.subspan(8), all.first(9)));
  CHECK_FALSE(detail::overlap(all.first(8), all.subspan(8)));
  CHECK_FALSE(detail::overlap(all.subspan(8), all.first(8)));
  CHECK_FALSE(detail::overlap(all, all.subspan(4, 0)));
  CHECK_FALSE(detail::overlap(byte_view(), all));
  CHECK_FALSE(detail::overlap(byte_view(), byte_view()));
}
