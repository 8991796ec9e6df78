// SPDX-License-Identifier: BSL-1.0
// What Microsoft's device SDK and mqtt.js put on the wire, and what their own decoder made of it.
#include <hubwire/mqtt3.hpp>

#include <array>
#include <map>

#include <catch2/catch_test_macros.hpp>

#include <support/golden_packet.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

constexpr golden_packet recorded[] = {
#include <data/sdk_v311.inc>
};

}  // namespace

TEST_CASE("sdk vectors: each packet decodes to the recorded fields and encodes to the recorded bytes",
          "[v3][golden]") {
  for (golden_packet const& golden : recorded) check_golden(golden);
}

TEST_CASE("sdk vectors: none is missing", "[v3][golden]") {
  std::map<packet_type, int> count;
  for (golden_packet const& golden : recorded) ++count[golden.type];
  CHECK(std::size(recorded) == 103);
  CHECK(count == std::map<packet_type, int>{{packet_type::connect, 6},
                                            {packet_type::connack, 2},
                                            {packet_type::publish, 43},
                                            {packet_type::puback, 20},
                                            {packet_type::subscribe, 10},
                                            {packet_type::suback, 10},
                                            {packet_type::unsubscribe, 5},
                                            {packet_type::unsuback, 5},
                                            {packet_type::disconnect, 2}});
}
