// SPDX-License-Identifier: BSL-1.0
#include <hubwire/session/event.hpp>

#include <type_traits>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

#include "bench.hpp"

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("event: copied as it stands, so a program may keep it", "[session][event]") {
  STATIC_CHECK(std::is_trivially_copyable_v<v3::event>);
  v3::event kept;
  CHECK_FALSE(kept);
  CHECK(kept.kind() == event_kind::none);
  kept = v3::event::of_end_of_connection({errc::connection_refused, 5});
  CHECK(kept);
  CHECK(kept.cause() == error{errc::connection_refused, 5});
}

TEST_CASE("event: each kind holds what it is made of", "[session][event]") {
  constexpr_test([] {
    v3::event const e = v3::event::of_connection(true);
    return e.kind() == event_kind::connected && e.session_present() && !e.has_id() &&
           !v3::event::of_connection(false).session_present();
  });
  constexpr_test([] {
    v3::publish const packet{"t", as_bytes("x"), delivery::at_least_once(7), true};
    v3::event const whole = v3::event::of_message(packet);
    v3::event const head = v3::event::of_begin({"t", {}, delivery::at_least_once(7)}, 1'000);
    return whole.kind() == event_kind::message && whole.message() == packet && whole.id() == packet_id(7) &&
           head.kind() == event_kind::message_begin && head.payload_size() == 1'000 &&
           head.message().topic == "t" && head.id() == packet_id(7);
  });
  constexpr_test([] {
    v3::event const piece = v3::event::of_piece(7, as_bytes("abc"));
    v3::event const end = v3::event::of_end(7);
    return piece.kind() == event_kind::message_piece && piece.payload() == as_bytes("abc") &&
           piece.id() == packet_id(7) && end.kind() == event_kind::message_end && end.id() == packet_id(7) &&
           !v3::event::of_end(0).has_id() && !v3::event::of_piece(0, {}).has_id();
  });
  constexpr_test([] {
    constexpr v3::suback_return_code codes[] = {v3::suback_return_code::granted_qos_1,
                                                v3::suback_return_code::failure};
    v3::event const e = v3::event::of_codes(9, codes);
    return e.kind() == event_kind::subscribed && e.id() == packet_id(9) && e.codes().size() == 2 &&
           *e.codes().begin() == v3::suback_return_code::granted_qos_1;
  });
  constexpr_test([] {
    v3::event const e = v3::event::of_loss(3, {errc::session_lost, 0});
    return e.kind() == event_kind::abandoned && e.id() == packet_id(3) && e.cause() == errc::session_lost;
  });
}

TEST_CASE("event: a message of QoS 0 has no identifier", "[session][event]") {
  constexpr_test([] { return !v3::event::of_message({"t"}).has_id(); });
}

TEST_CASE("event: its identifier compares with what the verbs returned", "[session][event]") {
  bench<> b;
  b.open();
  auto const published = b.client.publish("t", "x", qos::at_least_once);
  auto const subscribed = b.client.subscribe("a/#", qos::at_least_once);
  auto const unnumbered = b.client.publish("t", "x");
  REQUIRE(published);
  REQUIRE(subscribed);
  REQUIRE(unnumbered);
  static_cast<void>(b.sent());
  b.receive("4002 0001 9003 0002 01");
  v3::event const first = b.client.next_event();
  REQUIRE(first.kind() == event_kind::published);
  CHECK(first.id() == published->id());
  CHECK(first.id() == *published);
  CHECK(first.id() != subscribed->id());
  CHECK(first.id() != *unnumbered);
  v3::event const second = b.client.next_event();
  REQUIRE(second.kind() == event_kind::subscribed);
  CHECK(second.id() == subscribed->id());
  CHECK(second.id() == *subscribed);
  CHECK(second.id() != *published);
  CHECK(second.id() != *unnumbered);
}
