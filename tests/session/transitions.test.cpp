// SPDX-License-Identifier: BSL-1.0
#include <hubwire/session/transitions.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <optional>

using namespace hubwire;

namespace {

using enum session_state;
using input = session_input;

constexpr std::array states = {idle, connecting, connected, leaving, left, closed};
constexpr std::array inputs = {input::connect, input::accepted, input::leave,
                               input::drained, input::ended,    input::broken};

// The whole table, written down a second time: rows are states, columns inputs, both as declared.
constexpr std::optional<session_state> no{};
constexpr std::optional<session_state> expected[6][6] = {
    // connect    accepted   leave    drained ended  broken
    {connecting, no, no, no, no, no},          // idle
    {no, connected, leaving, no, no, closed},  // connecting
    {no, no, leaving, no, no, closed},         // connected
    {no, no, no, left, no, closed},            // leaving
    {no, no, no, no, closed, closed},          // left
    {connecting, no, no, no, no, no},          // closed
};

}  // namespace

TEST_CASE("transitions: every state and every input", "[session][transitions][v3.1.1:MQTT-3.14.4-1]") {
  for (std::size_t s = 0; s != states.size(); ++s) {
    for (std::size_t i = 0; i != inputs.size(); ++i) {
      INFO("state " << s << ", input " << i);
      transition const t = next_state(states[s], inputs[i]);
      CHECK(t.allowed == expected[s][i].has_value());
      CHECK(t.next == expected[s][i].value_or(states[s]));  // a forbidden input changes nothing
    }
  }
}

TEST_CASE("transitions: work in constant evaluation", "[session][transitions]") {
  STATIC_REQUIRE(next_state(idle, input::connect).next == connecting);
  STATIC_REQUIRE_FALSE(next_state(connected, input::connect).allowed);
}
