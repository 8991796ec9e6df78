// SPDX-License-Identifier: BSL-1.0
// serial DEVICE: hello over a serial line. What is at its other end hands the bytes to a broker, for instance
//   socat /dev/ttyS1,raw TCP:localhost:1883
#include <chrono>
#include <iostream>

#include <hubwire/core/explain.hpp>
#include <hubwire/driver/blocking.hpp>
#include <hubwire/mqtt3.hpp>

#include "serial_line.hpp"

hubwire::tick now() { return std::chrono::steady_clock::now(); }

int main(int count, char** arguments) {
  if (count != 2) return 2;
  custom_transport::serial_line line(arguments[1]);
  std::uint8_t rx[256], tx[256];
  hubwire::client<> client{rx, tx};
  auto good = client.connect({.client_id = "serial", .keep_alive = 60}, now());

  auto const handle = [&](hubwire::v3::event const& event) {
    using enum hubwire::event_kind;
    if (event.kind() == connected) {
      auto const sent = client.publish("hello/world", "over a serial line", hubwire::qos::at_least_once);
      if (!sent) good = sent.error();
    }
    if (event.kind() == published) {
      std::cout << "the broker has the message\n";
      good = client.disconnect();
    }
    if (event.kind() == closed && event.cause().code != hubwire::errc::none) good = event.cause();
  };
  while (good) {
    auto const moved = hubwire::pump(client, line, now(), handle);
    if (client.finished()) break;
    hubwire::wait_after(moved, line, hubwire::time_left(client.deadline(), now()));
  }
  if (!good) std::cout << explain(good.error()) << '\n';
  return good ? 0 : 1;
}
