// SPDX-License-Identifier: BSL-1.0
// A device's conversation with IoT Hub, byte for byte; two encoders that are not ours agreed on each packet.
#include <hubwire/mqtt3.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include <support/golden_packet.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

constexpr golden_packet conversation[] = {
#include <data/iothub_v311.inc>
};

}  // namespace

TEST_CASE("iothub vectors: each packet decodes to its fields and encodes to its bytes",
          "[v3][golden][iothub]") {
  CHECK(std::size(conversation) == 18);
  for (golden_packet const& golden : conversation) check_golden(golden);
}

namespace {

// Whether the bytes are refused, or decode to something that encodes back to them.
template <class Policy>
bool refused_or_faithful(byte_view octets, byte_span room) {
  frame_result const split = split_frame(octets);
  if (split.status != frame_status::ready || split.size != octets.size()) return true;
  bool faithful = true;
  auto const outcome = dispatch<v3_tag, Policy>(split.frame, role::any, [&]<class P>(P const& packet) {
    auto const written = encode(room, packet);
    // Read, so that CONNACK 2 can answer it, and never written.
    bool const unwritable =
        P::type == packet_type::connect && !written && written.error() == errc::invalid_packet;
    faithful =
        unwritable || (written && std::equal(written->begin(), written->end(), octets.begin(), octets.end()));
  });
  errc const why = outcome.error().code;
  return outcome ? faithful : blame_of(why) == blame::peer;
}

}  // namespace

TEST_CASE("iothub vectors: with any one octet changed they are refused, or decode to what they say",
          "[v3][golden]") {
  for (golden_packet const& golden : conversation) {
    octet_vector const original = from_hex(golden.hex);
    guarded_output const memory(original.size());
    guarded_output const room(original.size());
    byte_span const octets = memory.octets();
    for (std::size_t position = 0; position != octets.size(); ++position) {
      for (unsigned value = 0; value != 256; ++value) {
        std::copy(original.begin(), original.end(), octets.begin());
        octets[position] = static_cast<std::uint8_t>(value);
        if (!refused_or_faithful<strict>(octets, room.octets()) ||
            !refused_or_faithful<structural>(octets, room.octets()))
          FAIL(golden.from << ": octet " << position << " as " << value);
      }
    }
  }
}
