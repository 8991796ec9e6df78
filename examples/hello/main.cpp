// SPDX-License-Identifier: BSL-1.0
// snippet: hello
// hello [HOST [PORT]]: sends one message to an MQTT broker and waits until the broker has it.
#include <chrono>
#include <cstdlib>
#include <iostream>

#include <hubwire/core/explain.hpp>
#include <hubwire/driver/blocking.hpp>
#include <hubwire/mqtt3.hpp>
#include <hubwire/transport/posix_tcp.hpp>

hubwire::tick now() {
  using namespace std::chrono;
  auto const since = duration_cast<milliseconds>(steady_clock::now().time_since_epoch());
  return hubwire::tick(static_cast<std::uint32_t>(since.count()));
}

int main(int count, char** arguments) {
  std::uint8_t rx[256], tx[256];  // all the memory there is
  hubwire::client<hubwire::v3_tag, hubwire::limits<4, 4>> client{rx, tx};
  hubwire::posix_tcp tcp;
  auto const port = static_cast<std::uint16_t>(count > 2 ? std::atoi(arguments[2]) : 1883);
  auto good = tcp.connect(count > 1 ? arguments[1] : "localhost", port, 5'000);
  if (good) good = client.connect({.client_id = "hello", .keep_alive = 60}, now());

  auto const handle = [&](hubwire::v3::event const& event) {
    using enum hubwire::event_kind;
    if (event.kind == connected) {
      auto const sent = client.publish({"hello/world", hubwire::as_bytes("hi"), hubwire::qos::at_least_once});
      if (!sent) good = sent.error();
    }
    if (event.kind == published) {
      std::cout << "the broker has the message\n";
      good = client.disconnect();
    }
    if (event.kind == closed && event.cause.code != hubwire::errc::none) good = event.cause;
  };
  while (good) {
    auto const moved = hubwire::pump(client, tcp, now(), handle);
    if (client.finished()) break;
    hubwire::wait_after(moved, tcp, hubwire::time_left(client.deadline(), now()));
  }
  if (!good) std::cout << explain(good.error()) << '\n';
  return good ? 0 : 1;
}
// snippet end
