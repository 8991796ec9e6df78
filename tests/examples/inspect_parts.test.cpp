// SPDX-License-Identifier: BSL-1.0
// The parts of examples/inspect on which its answers rest; tests/interop/inspect.test.py runs the program.
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "../../examples/inspect/differences.hpp"
#include "../../examples/inspect/examine.hpp"
#include "../../examples/inspect/verdict.hpp"
#include "../support/hex.hpp"

namespace {

using hubwire::errc;
using hubwire::role;
using inspect::examine;
using inspect::verdict;
using inspect::verdict_of;

std::string from_hex(std::string_view text) {
  auto const octets = hubwire::test::from_hex(text);
  return {octets.begin(), octets.end()};
}

// "offset:received>written", one for each run.
std::string runs(std::string_view received, std::string_view written) {
  std::string all;
  bool const same = inspect::visit_differences(received, written, [&](inspect::difference const& run) {
    all +=
        std::to_string(run.offset) + ':' + std::string(run.received) + '>' + std::string(run.written) + ' ';
  });
  CHECK(same == all.empty());
  CHECK(same == (received == written));
  return all;
}

std::string random_buffer(std::mt19937& random) {
  static std::vector<std::string> const seeds = {from_hex("100c00044d5154540402000a0000"),
                                                 from_hex("20020000"),
                                                 from_hex("3003000161"),
                                                 from_hex("3205000161000178"),
                                                 from_hex("40020001"),
                                                 from_hex("62020001"),
                                                 from_hex("8206000100016100"),
                                                 from_hex("9003000100"),
                                                 from_hex("a2050001000161"),
                                                 from_hex("b0020001"),
                                                 from_hex("c000"),
                                                 from_hex("e000")};
  std::string buffer = seeds[random() % seeds.size()];
  for (unsigned changes = random() % 4; changes != 0 && !buffer.empty(); --changes) {
    std::size_t const at = random() % buffer.size();
    switch (random() % 3) {
      case 0: buffer[at] = static_cast<char>(random()); break;
      case 1: buffer.erase(at, 1); break;
      default: buffer.insert(at, 1, static_cast<char>(random() % 5)); break;
    }
  }
  return buffer;
}

// What the library says about the first packet, without anything of the tool.
errc judged_by_dispatch(std::string_view buffer, role sender, std::uint32_t limit) {
  auto const split = hubwire::split_frame(hubwire::char_view(buffer), limit,
                                          hubwire::first_bytes_of<hubwire::v3_tag>(sender));
  if (split.status == hubwire::frame_status::failed) return split.error.code;
  if (split.status == hubwire::frame_status::need_more) return errc::not_one_frame;
  return hubwire::dispatch<hubwire::v3_tag>(split.frame, sender, [](auto const&) {}).error().code;
}

}  // namespace

TEST_CASE("inspect: runs of bytes that differ, and what one side has more", "[examples][inspect]") {
  CHECK(runs("", "") == "");
  CHECK(runs("abc", "abc") == "");
  CHECK(runs("abc", "xbc") == "0:a>x ");
  CHECK(runs("abc", "abx") == "2:c>x ");
  CHECK(runs("abcdef", "aXYdeZ") == "1:bc>XY 5:f>Z ");
  CHECK(runs("abc", "ab") == "2:c> ");
  CHECK(runs("ab", "abcd") == "2:>cd ");
  CHECK(runs("", "ab") == "0:>ab ");
  CHECK(runs("ax", "aybc") == "1:x>ybc ");
}

TEST_CASE("inspect: every error of reading a packet has its verdict", "[examples][inspect]") {
  CHECK(verdict_of(errc::none) == verdict::ok);
  CHECK(verdict_of(errc::malformed_packet) == verdict::malformed);
  CHECK(verdict_of(errc::protocol_error) == verdict::protocol_error);
  CHECK(verdict_of(errc::not_one_frame) == verdict::incomplete);
  CHECK(verdict_of(errc::packet_exceeds_limit) == verdict::too_large);
  CHECK(verdict_of(errc::unsupported_protocol) == verdict::unsupported_version);
  CHECK(verdict_of(errc::not_supported) == verdict::unsupported_version);
  CHECK(verdict_of(errc::connection_lost) == verdict::malformed);  // none of a decoder's
}

TEST_CASE("inspect: verdicts are those of dispatch, and a refusal always has a reason",
          "[examples][inspect]") {
  std::mt19937 random(311);
  std::size_t sound = 0;
  std::size_t refused = 0;
  for (int i = 0; i != 20'000; ++i) {
    std::string const buffer = random_buffer(random);
    for (role const sender : {role::client, role::server, role::any}) {
      std::uint32_t const limit = random() % 4 == 0 ? 12 : hubwire::largest_packet;
      auto const found = examine(buffer, {sender, limit});
      CHECK(found.why.error.code == judged_by_dispatch(buffer, sender, limit));
      CHECK(found.sound() == !std::holds_alternative<std::monostate>(found.packet));
      CHECK(found.why.offset <= buffer.size());
      if (!found.sound()) CHECK(hubwire::explain(found.why) != hubwire::explain({}));
      ++(found.sound() ? sound : refused);
    }
  }
  CHECK(sound > 5'000);
  CHECK(refused > 5'000);
}

TEST_CASE("inspect: messages name packet, reason and numbers", "[examples][inspect]") {
  auto const message = [](std::string_view hex, std::uint32_t limit = hubwire::largest_packet) {
    std::string const buffer = from_hex(hex);
    return inspect::message_of(buffer, examine(buffer, {role::any, limit}).why);
  };
  CHECK(message("") == "there is no packet");
  CHECK(message("30") == "PUBLISH: the packet is not complete");
  CHECK(message("300300") == "PUBLISH: the packet is not complete, it takes 5 bytes");
  CHECK(message("300300", 4) == "PUBLISH: the packet is larger than the limit, it takes 5 bytes");
  CHECK(message("300300012b") == "PUBLISH: a wildcard in a topic name");
  CHECK(message("00") == "reserved: a packet type that MQTT 3.1.1 does not have");
  CHECK(message("f000") == "AUTH: a packet type that MQTT 3.1.1 does not have");
  CHECK(message("c08000") == "PINGREQ: a Remaining Length in more bytes than it takes");
  CHECK(message("c080808000") == "PINGREQ: a Remaining Length in more bytes than it takes");
  CHECK(message("c0ff808000") == "PINGREQ: a Remaining Length in more bytes than it takes");
  CHECK(message("c080808080") == "PINGREQ: a Remaining Length of more than four bytes");
  for (std::string_view const hex : {"c00100", "4003000100", "400100", "30020005", "82050001000174"})
    CHECK(message(hex).ends_with(": the fields take more or fewer bytes than the Remaining Length says"));
  auto const sent_by = [](role sender, std::string_view hex) {
    std::string const buffer = from_hex(hex);
    return inspect::message_of(buffer, examine(buffer, {sender, hubwire::largest_packet}).why);
  };
  for (std::string_view const hex : {"1000", "8200", "a200", "c000", "e000"})
    CHECK(sent_by(role::server, hex).ends_with(": only a client sends it"));
  for (std::string_view const hex : {"2000", "9000", "b000", "d000"})
    CHECK(sent_by(role::client, hex).ends_with(": only a server sends it"));
  CHECK(message("100c00044d5154540302000a0000") == "CONNECT: another protocol level than 4, namely 3");
  CHECK(message("100c00044d5154540502000a0000") ==
        "CONNECT: another protocol level than 4, namely 5 (MQTT 5 is not there yet)");
}
