// SPDX-License-Identifier: BSL-1.0
#include <hubwire/v3/protocol.hpp>

#include <set>

#include <catch2/catch_test_macros.hpp>

using namespace hubwire;

TEST_CASE("v3 protocol: who may send which packet, after the standard's table", "[v3][protocol]") {
  // v3.1.1 §2.2.1, direction of flow.
  std::set<unsigned> const from_client = {1, 3, 4, 5, 6, 7, 8, 10, 12, 14};
  std::set<unsigned> const from_server = {2, 3, 4, 5, 6, 7, 9, 11, 13};
  for (unsigned type = 1; type != 15; ++type) {  // AUTH is no packet of this version
    CAPTURE(type);
    auto const packet = static_cast<packet_type>(type);
    CHECK(v3_tag::may_send(role::client, packet) == from_client.contains(type));
    CHECK(v3_tag::may_send(role::server, packet) == from_server.contains(type));
    CHECK(v3_tag::may_send(role::any, packet));
  }
}

namespace {

template <class... Packets>
std::set<packet_type> types(packet_list<Packets...>) {
  STATIC_CHECK((std::is_trivially_copyable_v<Packets> && ...));
  return {Packets::type...};
}

}  // namespace

TEST_CASE("v3 protocol: fourteen packets, each type once", "[v3][protocol]") {
  auto const all = types(v3_tag::packets{});
  CHECK(all.size() == 14);
  CHECK(!all.contains(packet_type::auth));
}
