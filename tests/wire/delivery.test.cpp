// SPDX-License-Identifier: BSL-1.0
#include <hubwire/wire/delivery.hpp>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("packet_id: every number but 0", "[wire][packet_id][v3.1.1:MQTT-2.3.1-1]") {
  CHECK(packet_id::parse(0).error() == error{errc::invalid_packet_id, 0});
  for (unsigned number = 1; number != 0x10000; ++number) {
    auto const id = packet_id::parse(static_cast<std::uint16_t>(number));
    if (!id || id->number() != number) FAIL(number);
  }
}

TEST_CASE("packet_id: literals are checked by the compiler", "[wire][packet_id]") {
  constexpr_test([] {
    return packet_id(1).number() == 1 && packet_id(65'535).number() == 65'535 && packet_id(7) == 7 &&
           packet_id(7) != 8;
  });
  STATIC_CHECK(!std::is_default_constructible_v<packet_id>);
}

TEST_CASE("packet_id: read from a packet, 0 is a protocol error", "[wire][packet_id][v3.1.1:MQTT-2.3.1-1]") {
  constexpr_test([] {
    reader zero(std::string_view("\0\0", 2));
    static_cast<void>(detail::read_packet_id(zero));
    reader high(std::string_view("\1\0", 2));
    bool const big_endian = detail::read_packet_id(high).number() == 256;
    return zero.error() == error{errc::protocol_error, 0} && big_endian && !high.failed();
  });
}

TEST_CASE("packet_id: half of one is malformed", "[wire][packet_id]") {
  for (std::string_view const hex : {"", "01"}) {
    guarded_input const input(from_hex(hex));
    reader<structural> in(input.view());
    static_cast<void>(detail::read_packet_id(in));
    CHECK(in.error() == errc::malformed_packet);
  }
}

TEST_CASE("delivery: QoS 0 has no id and is never tried again",
          "[wire][delivery][v3.1.1:MQTT-2.3.1-5][v3.1.1:MQTT-3.3.1-2][v3.1.1:MQTT-4.3.1-1]") {
  constexpr_test([] {
    constexpr delivery once;
    return once == delivery::at_most_once() && once.qos() == qos::at_most_once && !once.has_id() &&
           !once.duplicate() && once.again() == once && !once.again().duplicate();
  });
}

TEST_CASE("delivery: QoS 1 and 2 carry their id", "[wire][delivery][v3.1.1:MQTT-2.3.1-1]") {
  constexpr_test([] {
    constexpr auto one = delivery::at_least_once(513);
    constexpr auto two = delivery::exactly_once(65'535);
    return one.qos() == qos::at_least_once && one.has_id() && one.id() == 513 && !one.duplicate() &&
           two.qos() == qos::exactly_once && two.has_id() && two.id() == 65'535 && !two.duplicate();
  });
}

TEST_CASE("delivery: again sets DUP and keeps the rest", "[wire][delivery][v3.1.1:MQTT-3.3.1-1]") {
  constexpr_test([] {
    constexpr auto first = delivery::at_least_once(9);
    constexpr auto second = first.again();
    return second.duplicate() && second.id() == 9 && second.qos() == qos::at_least_once && second != first &&
           second.again() == second && delivery::exactly_once(9).again() != second;
  });
}

TEST_CASE("delivery: trusted puts together what a decoder has checked", "[wire][delivery]") {
  constexpr_test([] {
    return delivery::trusted(qos::at_most_once, 0, false) == delivery() &&
           delivery::trusted(qos::at_least_once, 9, false) == delivery::at_least_once(9) &&
           delivery::trusted(qos::at_least_once, 9, true) == delivery::at_least_once(9).again() &&
           delivery::trusted(qos::exactly_once, 65'535, false) == delivery::exactly_once(65'535);
  });
}

TEST_CASE("packet_id: none is in a result that failed", "[wire][packet_id]") {
  constexpr_test([] {
    packet_id const none{detail::absent{}};
    result<packet_id> const failed = errc::invalid_packet_id;
    return none.number() == 0 && !failed && failed.value_or(3) == 3;
  });
  STATIC_CHECK(sizeof(result<packet_id>) <= 16);  // two registers of 64 bits
}

TEST_CASE("delivery: at most once is the default", "[wire][delivery]") {
  CHECK(delivery::at_most_once() == delivery{});
  CHECK(delivery::at_most_once().qos() == qos::at_most_once);
  CHECK(!delivery::at_most_once().has_id());
}
