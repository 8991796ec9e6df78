// SPDX-License-Identifier: BSL-1.0
#include <hubwire/session/output_queue.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <random>
#include <string>

#include <hubwire/v3/protocol.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using test::to_hex;

namespace {

bool holds(byte_view memory, std::string_view secret) {
  return std::search(memory.begin(), memory.end(), secret.begin(), secret.end(), [](std::uint8_t a, char b) {
           return a == static_cast<std::uint8_t>(b);
         }) != memory.end();
}

v3::connect with_password() {
  v3::connect c;
  c.client_id = "device";
  c.user_name = text("user");
  c.password = as_bytes("SharedAccessSignature");
  return c;
}

}  // namespace

TEST_CASE("output_queue: whole packets, in order", "[session][output_queue]") {
  test::guarded_output memory(16);
  output_queue queue(memory.octets());
  CHECK(queue.empty());
  REQUIRE(queue.append(v3::puback{packet_id(1)}).has_value());
  REQUIRE(queue.append(v3::pingreq{}).has_value());
  CHECK(to_hex(queue.pending()) == "40020001c000");
  queue.consume(3);
  CHECK(to_hex(queue.pending()) == "01c000");
  queue.consume(3);
  CHECK(queue.empty());
  CHECK(queue.pending().empty());
}

TEST_CASE("output_queue: a packet that does not fit now, one that never fits", "[session][output_queue]") {
  test::guarded_output memory(10);
  output_queue queue(memory.octets());
  REQUIRE(queue.append(v3::puback{packet_id(1)}).has_value());
  REQUIRE(queue.append(v3::puback{packet_id(2)}).has_value());
  CHECK(queue.append(v3::puback{packet_id(3)}).error() == error{errc::output_full, 4});
  CHECK(to_hex(queue.pending()) == "4002000140020002");  // never half a packet
  CHECK(queue.append(v3::publish{"topics", as_bytes("7")}).error() == error{errc::buffer_too_small, 11});
  CHECK(queue.append(v3::publish{"topics"}).error() == error{errc::output_full, 10});
  REQUIRE(queue.append(v3::pingreq{}).has_value());

  queue.consume(10);
  CHECK(queue.append(v3::publish{"topics", as_bytes("7")}).error() == error{errc::buffer_too_small, 11});
  CHECK(queue.append(v3::publish{"topics"}).has_value());
}

TEST_CASE("output_queue: errors of encode come through", "[session][output_queue]") {
  test::guarded_output memory(32);
  output_queue queue(memory.octets());
  v3::connect wrong;
  wrong.password = as_bytes("p");
  CHECK(queue.append(wrong).error() == errc::invalid_packet);
  CHECK(queue.empty());
}

TEST_CASE("output_queue: room in front is used again, every size and every progress",
          "[session][output_queue]") {
  std::mt19937 random(3);
  for (std::size_t size = 4; size != 24; ++size) {
    test::guarded_output memory(size);
    output_queue queue(memory.octets());
    std::string expected;
    std::string sent;
    for (std::uint16_t id = 1; id != 400; ++id) {
      while (!queue.append(v3::puback{packet_id::trusted(id)})) {
        std::size_t const count = 1 + random() % queue.pending().size();
        sent += to_hex(queue.pending().first(count));
        queue.consume(count);
      }
      expected += to_hex(test::from_hex("4002"));
      std::uint8_t const number[] = {static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id)};
      expected += to_hex(byte_view(number));
    }
    sent += to_hex(queue.pending());
    REQUIRE(sent == expected);
  }
}

TEST_CASE("output_queue: what is sent in small pieces stays where it lies until something is written",
          "[session][output_queue]") {
  test::guarded_output memory(12);
  output_queue queue(memory.octets());
  REQUIRE(queue.append(v3::puback{packet_id(1)}).has_value());
  REQUIRE(queue.append(v3::puback{packet_id(2)}).has_value());
  std::uint8_t const* const front = queue.pending().data();
  for (std::size_t sent = 1; sent != 6; ++sent) {
    CHECK(queue.consume(1) == 1);
    CHECK(queue.pending().data() == front + sent);
  }
  REQUIRE(queue.append(v3::puback{packet_id(3)}).has_value());
  CHECK(queue.pending().data() == front);
  CHECK(to_hex(queue.pending()) == "02000240020003");
}

TEST_CASE("output_queue: more than was pending is not believed to be sent", "[session][output_queue]") {
  test::guarded_output memory(8);
  output_queue queue(memory.octets());
  REQUIRE(queue.append(v3::pingreq{}).has_value());
  CHECK(queue.consume(1'000) == 2);
  CHECK(queue.empty());
  REQUIRE(queue.append(v3::puback{packet_id(5)}).has_value());
  CHECK(to_hex(queue.pending()) == "40020005");
}

TEST_CASE("output_queue: no memory is no room", "[session][output_queue]") {
  output_queue queue(byte_span{});
  CHECK(queue.append(v3::pingreq{}).error() == error{errc::buffer_too_small, 2});
  CHECK(queue.pending().empty());
  queue.consume(1);
  queue.clear();
  CHECK(queue.empty());
}

TEST_CASE("output_queue: a secret is overwritten as it is sent", "[session][output_queue][H180]") {
  test::guarded_output memory(100);
  output_queue queue(memory.octets());
  REQUIRE(queue.append(with_password()).has_value());
  queue.mark_secret();
  REQUIRE(holds(memory.octets(), "SharedAccess"));

  SECTION("in one piece") {
    queue.consume(queue.pending().size());
    CHECK_FALSE(holds(memory.octets(), "S"));
  }
  SECTION("in pieces, with packets behind it that move it to the front") {
    std::size_t const all = queue.pending().size();
    for (std::size_t i = 0; i != all; ++i) {
      queue.consume(1);
      static_cast<void>(queue.append(v3::pingreq{}));  // moves what is left
      // What has been sent is nowhere any more: the last letter of the secret leaves last, once.
      CHECK(std::count(memory.octets().begin(), memory.octets().end(), std::uint8_t{'S'}) <= 2);
    }
    CHECK_FALSE(holds(memory.octets(), "Sig"));
    CHECK_FALSE(holds(memory.octets(), "ture"));
    queue.consume(queue.pending().size());
    for (std::uint8_t const octet : memory.octets().first(all)) CHECK(octet == 0);
  }
  SECTION("or given up") {
    queue.consume(30);
    queue.clear();
    CHECK_FALSE(holds(memory.octets(), "S"));
    CHECK_FALSE(holds(memory.octets(), "ture"));
  }
}

TEST_CASE("output_queue: of a secret there is never more than what is pending",
          "[session][output_queue][H180]") {
  std::string const password(60, 'S');  // no other byte of these packets is an S
  v3::connect packet;
  packet.client_id = "device";
  packet.user_name = text("user");
  packet.password = as_bytes(password);
  auto const letters = [](byte_view where) {
    return std::count(where.begin(), where.end(), std::uint8_t{'S'});
  };
  std::mt19937 random(11);
  for (int round = 0; round != 300; ++round) {
    test::guarded_output memory(96 + random() % 60);
    output_queue queue(memory.octets());
    if (random() % 2 == 0) REQUIRE(queue.append(v3::puback{packet_id(1)}).has_value());
    REQUIRE(queue.append(packet).has_value());
    queue.mark_secret();
    REQUIRE(letters(queue.pending()) == 60);
    bool const given_up = random() % 8 == 0;
    while (!queue.empty()) {
      std::string const before = to_hex(queue.pending());
      std::size_t const sent = queue.consume(random() % 20);
      CHECK(to_hex(queue.pending()) == before.substr(2 * sent));
      switch (random() % 4) {
        case 0: static_cast<void>(queue.append(v3::puback{packet_id(9)})); break;
        case 1: static_cast<void>(queue.append(v3::publish{"t", as_bytes("payload")})); break;
        case 2: static_cast<void>(queue.append_raw(as_bytes("raw"))); break;
        default: break;
      }
      REQUIRE(letters(memory.octets()) == letters(queue.pending()));
      if (letters(queue.pending()) == 0 || (given_up && letters(queue.pending()) < 30)) queue.clear();
    }
    CHECK(letters(memory.octets()) == 0);
  }
}

TEST_CASE("output_queue: what is no secret is not overwritten, also behind one", "[session][output_queue]") {
  test::guarded_output memory(100);
  output_queue queue(memory.octets());
  if (GENERATE(false, true)) {
    REQUIRE(queue.append(with_password()).has_value());
    queue.mark_secret();
    queue.consume(queue.pending().size());
  }
  REQUIRE(queue.append(v3::publish{"topic", as_bytes("payload")}).has_value());
  queue.consume(queue.pending().size());
  CHECK(queue.empty());
  CHECK(holds(memory.octets(), "topicpayload"));
}

TEST_CASE("output_queue: raw bytes as far as there is room, which is made first", "[session][output_queue]") {
  test::guarded_output memory(8);
  output_queue queue(memory.octets());
  CHECK(queue.append_raw(as_bytes("abcde")) == 5);
  CHECK(queue.append_raw(as_bytes("fghij")) == 3);
  CHECK(queue.append_raw(as_bytes("k")) == 0);
  CHECK(to_hex(queue.pending()) == "6162636465666768");
  queue.consume(6);
  CHECK(queue.append_raw(as_bytes("ijklmn")) == 6);
  CHECK(to_hex(queue.pending()) == "6768696a6b6c6d6e");
}

TEST_CASE("output_queue: the halves of append make room too, and only the second one counts",
          "[session][output_queue]") {
  test::guarded_output memory(12);
  output_queue queue(memory.octets());
  REQUIRE(queue.append(v3::puback{packet_id(1)}).has_value());
  REQUIRE(queue.append(v3::puback{packet_id(2)}).has_value());
  queue.consume(4);
  auto const written =
      queue.put(v3::publish{"t", as_bytes("abc")});  // 8 bytes, for which there is room in front
  REQUIRE(written.has_value());
  CHECK(to_hex(queue.pending()) == "40020002");
  CHECK(queue.take(written) == errc::none);
  CHECK(to_hex(queue.pending()) ==
        "4002000230060001"
        "74616263");

  queue.consume(5);
  auto const head = queue.put_header(v3::publish{"t"}, 100);  // 5 bytes
  REQUIRE(head.has_value());
  CHECK(queue.take(head) == errc::none);
  CHECK(to_hex(queue.pending()) ==
        "060001"
        "74616263"
        "3067000174");
  CHECK(queue.take(queue.put(v3::pingreq{})) == errc::output_full);
}

TEST_CASE("output_queue: every byte that was sent is room again", "[session][output_queue]") {
  for (std::size_t sent = 0; sent <= 8; ++sent) {
    test::guarded_output memory(8);
    output_queue queue(memory.octets());
    REQUIRE(queue.append(v3::puback{packet_id(1)}).has_value());
    REQUIRE(queue.append(v3::puback{packet_id(2)}).has_value());
    queue.consume(sent);
    CHECK(queue.append(v3::pingreq{}).has_value() == (sent >= 2));
    CHECK(queue.append_raw(as_bytes("12345678")) == (sent >= 2 ? sent - 2 : sent));
    CHECK(queue.pending().size() == 8);
  }
}
