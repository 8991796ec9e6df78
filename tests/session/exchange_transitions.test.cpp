// SPDX-License-Identifier: BSL-1.0
#include <hubwire/session/exchange_transitions.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>

#include <support/constexpr_test.hpp>

using namespace hubwire;

namespace {

using out = outgoing_stage;
using in = incoming_stage;
using input = incoming_input;

// Both tables, written down a second time.

constexpr std::array outgoing_stages = {out::settled,  out::unacknowledged, out::unreceived,
                                        out::released, out::subscribing,    out::unsubscribing};

constexpr outgoing_outcome unexpected = outgoing_outcome::unexpected;
constexpr outgoing_outcome settle = outgoing_outcome::settle;
constexpr outgoing_outcome release = outgoing_outcome::release;

struct answered {
  packet_type came;
  outgoing_outcome by_stage[6];
};
constexpr answered answers[] = {
    // settled, unacknowledged, unreceived, released, subscribing, unsubscribing
    {packet_type::connect, {unexpected, unexpected, unexpected, unexpected, unexpected, unexpected}},
    {packet_type::connack, {unexpected, unexpected, unexpected, unexpected, unexpected, unexpected}},
    {packet_type::publish, {unexpected, unexpected, unexpected, unexpected, unexpected, unexpected}},
    {packet_type::puback, {unexpected, settle, unexpected, unexpected, unexpected, unexpected}},
    {packet_type::pubrec, {unexpected, unexpected, release, release, unexpected, unexpected}},
    {packet_type::pubrel, {unexpected, unexpected, unexpected, unexpected, unexpected, unexpected}},
    {packet_type::pubcomp, {unexpected, unexpected, unexpected, settle, unexpected, unexpected}},
    {packet_type::subscribe, {unexpected, unexpected, unexpected, unexpected, unexpected, unexpected}},
    {packet_type::suback, {unexpected, unexpected, unexpected, unexpected, settle, unexpected}},
    {packet_type::unsubscribe, {unexpected, unexpected, unexpected, unexpected, unexpected, unexpected}},
    {packet_type::unsuback, {unexpected, unexpected, unexpected, unexpected, unexpected, settle}},
    {packet_type::pingreq, {unexpected, unexpected, unexpected, unexpected, unexpected, unexpected}},
    {packet_type::pingresp, {unexpected, unexpected, unexpected, unexpected, unexpected, unexpected}},
    {packet_type::disconnect, {unexpected, unexpected, unexpected, unexpected, unexpected, unexpected}},
    {packet_type::auth, {unexpected, unexpected, unexpected, unexpected, unexpected, unexpected}},
};
static_assert(std::size(answers) == 15);

constexpr std::array incoming_stages = {in::none,   in::told_1,   in::done_1,      in::told_2,
                                        in::done_2, in::received, in::told_before, in::done_before};

struct step {
  incoming_outcome outcome = incoming_outcome::unexpected;
  in next = in::none;
};
constexpr step no{};
constexpr step to(in next) { return {incoming_outcome::nothing, next}; }
constexpr step tell(in next) { return {incoming_outcome::tell, next}; }
constexpr step answer(in next) { return {incoming_outcome::answer, next}; }

struct happened {
  input what;
  step by_stage[8];
};
constexpr happened inputs[] = {
    // none, told_1, done_1, told_2, done_2, received, told_before, done_before
    {input::publish_1, {tell(in::told_1), to(in::told_1), to(in::done_1), no, no, no, no, no}},
    {input::publish_2,
     {tell(in::told_2), no, no, to(in::told_2), to(in::done_2), answer(in::received), to(in::told_2),
      to(in::done_2)}},
    {input::acknowledged, {no, to(in::done_1), no, to(in::done_2), no, no, to(in::done_before), no}},
    {input::answered, {no, no, to(in::none), no, to(in::received), no, no, no}},
    {input::pubrel, {answer(in::none), no, no, no, no, answer(in::none), answer(in::none), answer(in::none)}},
    {input::resumed,
     {no, to(in::none), to(in::none), to(in::told_before), to(in::done_before), to(in::received),
      to(in::told_before), to(in::done_before)}},
};
static_assert(std::size(inputs) == 6);

constexpr bool is(in stage, input what, step expected) {
  incoming_step const got = next_step(stage, what);
  bool const stays = expected.outcome == incoming_outcome::unexpected;
  return got.outcome == expected.outcome && got.next == (stays ? stage : expected.next);
}

}  // namespace

TEST_CASE("exchange_transitions: every answer in every stage of a request",
          "[session][exchange_transitions][v3.1.1:MQTT-4.3.2-1][v3.1.1:MQTT-4.3.3-1]") {
  for (std::size_t type = 0; type != std::size(answers); ++type) {
    REQUIRE(static_cast<std::size_t>(answers[type].came) == type + 1);
    for (std::size_t s = 0; s != outgoing_stages.size(); ++s) {
      INFO("packet type " << type + 1 << ", stage " << static_cast<int>(outgoing_stages[s]));
      CHECK(outcome_of(outgoing_stages[s], answers[type].came) == answers[type].by_stage[s]);
    }
  }
}

TEST_CASE("exchange_transitions: the stages that belong to a PUBLISH", "[session][exchange_transitions]") {
  CHECK_FALSE(is_publish(out::settled));
  CHECK(is_publish(out::unacknowledged));
  CHECK(is_publish(out::unreceived));
  CHECK(is_publish(out::released));
  CHECK_FALSE(is_publish(out::subscribing));
  CHECK_FALSE(is_publish(out::unsubscribing));
}

TEST_CASE("exchange_transitions: every input in every stage of a message",
          "[session][exchange_transitions][v3.1.1:MQTT-4.3.2-2][v3.1.1:MQTT-4.3.3-2]") {
  for (std::size_t i = 0; i != std::size(inputs); ++i) {
    REQUIRE(static_cast<std::size_t>(inputs[i].what) == i);
    for (std::size_t s = 0; s != incoming_stages.size(); ++s) {
      REQUIRE(static_cast<std::size_t>(incoming_stages[s]) == s);
      INFO("input " << i << ", stage " << s);
      CHECK(is(incoming_stages[s], inputs[i].what, inputs[i].by_stage[s]));
    }
  }
}

// A message of QoS 2 is told once between its first PUBLISH and PUBREL, whatever comes and in whatever order.
TEST_CASE("exchange_transitions: QoS 2 is told once before PUBREL, over every path of seven inputs",
          "[session][exchange_transitions][v3.1.1:MQTT-4.3.3-2]") {
  constexpr std::array happens = {input::publish_2, input::acknowledged, input::answered, input::pubrel,
                                  input::resumed};
  std::size_t told_twice = 0;
  std::size_t paths = 1;
  for (int i = 0; i != 7; ++i) paths *= happens.size();
  for (std::size_t path = 0; path != paths; ++path) {
    in stage = in::none;
    int told = 0;
    std::size_t rest = path;
    for (int i = 0; i != 7; ++i, rest /= happens.size()) {
      input const what = happens[rest % happens.size()];
      incoming_step const next = next_step(stage, what);
      told = next.outcome == incoming_outcome::tell ? told + 1 : told;
      if (what == input::pubrel && next.outcome == incoming_outcome::answer) told = 0;
      if (told > 1) ++told_twice;
      stage = next.next;
    }
  }
  CHECK(told_twice == 0);
}

TEST_CASE("exchange_transitions: what a new connection does to a message, it does once",
          "[session][exchange_transitions]") {
  for (in const stage : incoming_stages) {
    in const once = next_step(stage, input::resumed).next;
    CHECK(next_step(once, input::resumed).next == once);
  }
}

TEST_CASE("exchange_transitions: work in constant evaluation", "[session][exchange_transitions]") {
  test::constexpr_test([] {
    return outcome_of(out::unreceived, packet_type::pubrec) == release && !is_publish(out::settled) &&
           next_step(in::none, input::publish_1).next == in::told_1;
  });
}
