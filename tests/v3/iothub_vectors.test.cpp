// SPDX-License-Identifier: BSL-1.0
// A device's conversation with IoT Hub, byte for byte; two encoders that are not ours agreed on each packet.
#include <hubwire/mqtt3.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include <support/golden_packet.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

constexpr std::string_view user = "contoso-test.azure-devices.net/dev-01/?api-version=2021-04-12";

// clang-format off
constexpr golden_packet conversation[] = {
    {.from = "CONNECT with a token", .sender = role::client, .type = packet_type::connect,
     .client_id = "dev-01", .clean_session = false, .keep_alive = 240, .user_name = user,
     .password = "SharedAccessSignature sr=contoso-test.azure-devices.net%2Fdevices%2Fdev-01"
                 "&sig=8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn0%3D&se=1735689600",
     .hex = "10de0100044d51545404c000f000066465762d3031003d636f6e746f736f2d746573742e617a7572652d6465"
            "76696365732e6e65742f6465762d30312f3f6170692d76657273696f6e3d323032312d30342d3132008b5368"
            "617265644163636573735369676e61747572652073723d636f6e746f736f2d746573742e617a7572652d6465"
            "76696365732e6e6574253246646576696365732532466465762d3031267369673d3878715745626246315131"
            "32626875777454774845664a334d744b33374544776c6d78414e596533766e302533442673653d3137333536"
            "3839363030"},
    {.from = "CONNECT with a certificate", .sender = role::client, .type = packet_type::connect,
     .client_id = "dev-01", .keep_alive = 1177, .user_name = user,
     .hex = "105100044d5154540482049900066465762d3031003d636f6e746f736f2d746573742e617a7572652d646576"
            "696365732e6e65742f6465762d30312f3f6170692d76657273696f6e3d323032312d30342d3132"},
    {.from = "CONNECT with a Will", .sender = role::client, .type = packet_type::connect,
     .client_id = "dev-01", .clean_session = false, .keep_alive = 240, .has_will = true,
     .user_name = user, .topic = "devices/dev-01/messages/events/", .payload = "bye", .qos = 1,
     .hex = "107700044d515454048c00f000066465762d3031001f646576696365732f6465762d30312f6d657373616765"
            "732f6576656e74732f0003627965003d636f6e746f736f2d746573742e617a7572652d646576696365732e6e"
            "65742f6465762d30312f3f6170692d76657273696f6e3d323032312d30342d3132"},
    {.from = "CONNACK", .sender = role::server, .type = packet_type::connack,
     .hex = "20020000"},
    {.from = "CONNACK with a session", .sender = role::server, .type = packet_type::connack,
     .session_present = true,
     .hex = "20020100"},
    {.from = "CONNACK that refuses", .sender = role::server, .type = packet_type::connack,
     .code = 5,
     .hex = "20020005"},
    {.from = "SUBSCRIBE to C2D", .sender = role::client, .type = packet_type::subscribe,
     .id = 1, .filters = {{{"devices/dev-01/messages/devicebound/#", 1}}},
     .hex = "822a00010025646576696365732f6465762d30312f6d657373616765732f646576696365626f756e642f2301"},
    {.from = "SUBSCRIBE to twin and methods", .sender = role::client, .type = packet_type::subscribe,
     .id = 2,
     .filters = {{{"$iothub/twin/res/#", 0}, {"$iothub/twin/PATCH/properties/desired/#", 0}, {"$iothub/methods/POST/#", 0}}},
     .hex = "825a0002001224696f746875622f7477696e2f7265732f2300002724696f746875622f7477696e2f50415443"
            "482f70726f706572746965732f646573697265642f2300001624696f746875622f6d6574686f64732f504f53"
            "542f2300"},
    {.from = "SUBACK", .sender = role::server, .type = packet_type::suback,
     .id = 2, .granted_hex = "000000",
     .hex = "90050002000000"},
    {.from = "telemetry", .sender = role::client, .type = packet_type::publish,
     .topic = "devices/dev-01/messages/events/%24.mid=m1&%24.ct=application%2Fjson&%24.ce=utf-8",
     .payload = R"({"t":1})", .qos = 1, .id = 3,
     .hex = "325b0050646576696365732f6465762d30312f6d657373616765732f6576656e74732f2532342e6d69643d6d"
            "31262532342e63743d6170706c69636174696f6e2532466a736f6e262532342e63653d7574662d3800037b22"
            "74223a317d"},
    {.from = "PUBACK", .sender = role::server, .type = packet_type::puback,
     .id = 3,
     .hex = "40020003"},
    {.from = "twin GET", .sender = role::client, .type = packet_type::publish,
     .topic = "$iothub/twin/GET/?$rid=1",
     .hex = "301a001824696f746875622f7477696e2f4745542f3f247269643d31"},
    {.from = "twin answer", .sender = role::server, .type = packet_type::publish,
     .topic = "$iothub/twin/res/204/?$rid=2&$version=6",
     .hex = "3029002724696f746875622f7477696e2f7265732f3230342f3f247269643d32262476657273696f6e3d36"},
    {.from = "method call", .sender = role::server, .type = packet_type::publish,
     .topic = "$iothub/methods/POST/reboot/?$rid=1a", .payload = "{}",
     .hex = "3028002424696f746875622f6d6574686f64732f504f53542f7265626f6f742f3f247269643d31617b7d"},
    {.from = "method answer", .sender = role::client, .type = packet_type::publish,
     .topic = "$iothub/methods/res/200/?$rid=1a",
     .hex = "3022002024696f746875622f6d6574686f64732f7265732f3230302f3f247269643d3161"},
    {.from = "PINGREQ", .sender = role::client, .type = packet_type::pingreq,
     .hex = "c000"},
    {.from = "PINGRESP", .sender = role::server, .type = packet_type::pingresp,
     .hex = "d000"},
    {.from = "DISCONNECT", .sender = role::client, .type = packet_type::disconnect,
     .hex = "e000"},
};
// clang-format on

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
  if (split.status != frame_status::ready || split.needed != octets.size()) return true;
  bool faithful = true;
  auto const outcome = dispatch<v3_tag, Policy>(split.frame, role::either, [&]<class P>(P const& packet) {
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
