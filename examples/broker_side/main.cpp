// SPDX-License-Identifier: BSL-1.0
// broker_side [PORT]: the server's half of a conversation. Accepts one connection, answers CONNECT, PUBLISH with
// QoS 1 and PINGREQ, and ends at DISCONNECT. For a whole server see ../hub_emulator.
#include <cstdlib>
#include <iostream>

#include <netinet/in.h>
#include <sys/socket.h>

#include <hubwire/mqtt3.hpp>

using namespace hubwire;

// Waits for one connection to localhost. -1 when that fails.
int accept_one(int port) {
  int const listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(static_cast<std::uint16_t>(port));
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool const bound = ::bind(listener, reinterpret_cast<sockaddr*>(&here), sizeof here) == 0;
  return bound && ::listen(listener, 1) == 0 ? ::accept(listener, nullptr, nullptr) : -1;
}

int main(int count, char** arguments) {
  int const connection = accept_one(count > 1 ? std::atoi(arguments[1]) : 1883);
  bool connected = false, left = false, failed = false;
  auto const answer = [&](auto const& packet) {
    std::uint8_t room[4];  // enough for the packets below
    if (auto const wire = encode(room, packet); wire)
      failed = ::send(connection, wire->data(), wire->size(), MSG_NOSIGNAL) < 0;
  };
  auto const handle = overloaded{
      [&](v3::connect const& p) {
        std::cout << "CONNECT from " << p.client_id.view() << std::endl;
        answer(v3::connack{});
      },
      [&](v3::publish const& p) {
        std::cout << "PUBLISH to " << p.topic.view() << ": " << p.payload.view() << std::endl;
        if (p.delivery.qos() == qos::at_least_once) answer(v3::puback{p.delivery.id()});
      },
      [&](v3::pingreq const&) { answer(v3::pingresp{}); },
      [&](auto const& p) { (p.type == packet_type::disconnect ? left : failed) = true; },
  };
  frame_buffer<1024> input(largest_packet, first_bytes_from<v3_tag, role::client>);
  for (;;) {
    auto const room = input.window();
    auto const got = ::recv(connection, room.data(), room.size(), 0);
    if (got <= 0) return 1;
    input.commit(static_cast<std::size_t>(got));
    for (auto next = input.next(); next.status != frame_status::need_more; next = input.next()) {
      // CONNECT comes first, and once: v3.1.1:MQTT-3.1.0-1, v3.1.1:MQTT-3.1.0-2
      bool const expected = connected != (next.frame.type() == packet_type::connect);
      if (!expected || !dispatch<v3_tag, role::client>(next.frame, handle) || failed) return 1;
      if (left) return 0;
      connected = true;
    }
  }
}
