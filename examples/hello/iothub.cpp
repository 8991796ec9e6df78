// SPDX-License-Identifier: BSL-1.0
// hello_iothub CONNECTION-STRING ROOTS.pem [PORT]: sends one message to an IoT Hub and waits until the hub has it.
#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include <unistd.h>

#include <hubwire/crypto/bearssl_hmac.hpp>
#include <hubwire/driver/blocking.hpp>
#include <hubwire/iothub.hpp>
#include <hubwire/mqtt3.hpp>
#include <hubwire/transport/bearssl_explain.hpp>
#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/posix_tcp.hpp>

hubwire::tick now() {
  using namespace std::chrono;
  auto const since = duration_cast<milliseconds>(steady_clock::now().time_since_epoch());
  return hubwire::tick(static_cast<std::uint32_t>(since.count()));
}
std::uint64_t unix_time() { return static_cast<std::uint64_t>(std::time(nullptr)); }

// snippet: iothub
namespace iothub = hubwire::iothub;
std::array<std::uint8_t, 512> rx, tx;
hubwire::client<hubwire::v3_tag, hubwire::limits<4, 4>> client{rx, tx};

hubwire::result<void> log_in(iothub::identity const& self, std::string_view key) {
  std::array<char, 512> id, name, token;
  auto const client_id = iothub::client_id(id, self);
  auto const user_name = iothub::user_name(name, self);
  auto const password = iothub::sas_token(token, {.resource = self, .key = key, .expiry = unix_time() + 3600},
                                          hubwire::bearssl_hmac{});
  if (!client_id || !user_name) return hubwire::errc::invalid_field;
  if (!password) return password.error();
  return client.connect({.client_id = *client_id,
                         .keep_alive = 240,
                         .user_name = *user_name,
                         .password = hubwire::as_bytes(*password)},
                        now());
}

bool report(iothub::identity const& self, std::string_view json) {
  std::array<char, 256> buffer;
  auto const topic = iothub::telemetry_topic(buffer, self.device)
                         .add(iothub::system_property::content_type, "application/json")
                         .add("alert", "yes & no")  // escaped on the wire, once
                         .done();
  return topic && client.publish({*topic, hubwire::as_bytes(json), hubwire::qos::at_least_once});
}
// snippet end

int failed(hubwire::error why) {
  std::cout << explain_bearssl(why) << '\n';
  return 1;
}

int main(int count, char** arguments) {
  if (count < 3) return std::cout << "hello_iothub CONNECTION-STRING ROOTS.pem [PORT]\n", 2;
  auto const port = static_cast<std::uint16_t>(count > 3 ? std::atoi(arguments[3]) : 8883);
  auto const text = iothub::parse_connection_string(arguments[1]);
  auto const self = text ? text->identity() : text.error();
  if (!self) return failed(self.error());
  std::string_view const host = self->host.without_port();

  // snippet: tls
  std::ifstream file(arguments[2]);  // the roots that the server's certificate may lead to, as PEM
  std::string const pem(std::istreambuf_iterator<char>(file), {});
  static hubwire::trust_store<8> roots;
  if (auto const read = roots.add_pem(pem); !read) return failed(read.error());

  static std::array<std::uint8_t, hubwire::tls_buffers::full_input> input;
  static std::array<std::uint8_t, hubwire::tls_buffers::full_output> output;
  hubwire::posix_tcp tcp;
  hubwire::bearssl_tls<hubwire::posix_tcp> tls(tcp, roots.anchors(), {input, output});

  auto good = tcp.connect(host, port, 5'000);
  std::array<std::uint8_t, 32> entropy;
  if (good && ::getentropy(entropy.data(), entropy.size()) != 0) good = hubwire::errc::crypto_failed;
  if (good) good = tls.start({.server_name = host, .unix_time = unix_time(), .entropy = entropy});
  // snippet end
  if (good) good = log_in(*self, text->shared_access_key);

  auto const handle = [&](hubwire::v3::event const& event) {
    using enum hubwire::event_kind;
    if (event.kind == connected && !report(*self, R"({"temperature":21})"))
      good = hubwire::errc::invalid_field;
    if (event.kind == published) {
      std::cout << "the hub has the message\n";
      good = client.disconnect();
    }
    if (event.kind == closed && event.cause.code != hubwire::errc::none) good = event.cause;
  };
  while (good) {
    auto const moved = hubwire::pump(client, tls, now(), handle);
    if (client.finished()) break;
    hubwire::wait_after(moved, tcp, hubwire::time_left(client.deadline(), now()));
  }
  return good ? 0 : failed(good.error());
}
