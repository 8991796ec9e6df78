// SPDX-License-Identifier: BSL-1.0
// A device for Azure IoT Hub on a Cortex-M3, with TLS and without a heap. Begin here. README.md says what to
// change for another board.
#include <array>
#include <cstdint>
#include <new>
#include <string_view>

#include <hubwire/core/wipe.hpp>
#include <hubwire/crypto/bearssl_hmac.hpp>
#include <hubwire/driver/pump.hpp>
#include <hubwire/transport/bearssl_tls.hpp>

#include "board.hpp"
#include "console.hpp"
#include "conversation.hpp"
#include "host.hpp"
#include "serial_link.hpp"
#include "settings.hpp"
#include "startup.hpp"

namespace {

using firmware::say;
namespace iothub = hubwire::iothub;
using hubwire::result;

// All the memory there is, besides the stack. The service sends full TLS records. What the device sends is
// short.
std::array<std::uint8_t, hubwire::tls_buffers::full_input> tls_input;
std::array<std::uint8_t, 1'024> tls_output;
std::array<std::uint8_t, 2'048> receive_buffer;
std::array<std::uint8_t, 1'024> send_buffer;
hubwire::trust_store<2> roots;
firmware::serial_link line;
firmware::device_client client{receive_buffer, send_buffer};

using tls_stream = hubwire::bearssl_tls<firmware::serial_link>;
alignas(tls_stream) std::byte tls_memory[sizeof(tls_stream)];

// The millisecond counter wraps after 49 days: a device that runs longer asks for the date again.
std::uint64_t date_at_start = 0;
std::uint64_t unix_time() noexcept { return date_at_start + firmware::board::now().milliseconds() / 1'000; }

result<void> start_tls(tls_stream& tls, std::string_view host) noexcept {
  std::array<std::uint8_t, hubwire::tls_handshake::least_entropy> entropy;
  hubwire::wipe_guard const wiped{hubwire::byte_span(entropy)};
  if (!firmware::host::fill_random(entropy)) return hubwire::errc::crypto_failed;
  return tls.start({.server_name = host, .unix_time = unix_time(), .entropy = entropy});
}

// The token is signed here, with the device's key. The client wipes its copy when it has been sent.
result<void> send_connect(iothub::identity const& self, std::string_view key) noexcept {
  std::array<char, 128> id;
  std::array<char, 256> name, token;
  hubwire::wipe_guard const wiped{hubwire::char_span(token)};
  auto const client_id = iothub::client_id(id, self);
  auto const user_name = iothub::user_name(name, self);
  auto const password = iothub::sas_token(
      token, {.resource = self, .key = key, .expiry = unix_time() + 3'600}, hubwire::bearssl_hmac{});
  if (!client_id) return client_id.error();
  if (!user_name) return user_name.error();
  if (!password) return password.error();
  return client.connect({.client_id = *client_id,
                         .keep_alive = 230,
                         .user_name = *user_name,
                         .password = hubwire::as_bytes(*password)},
                        firmware::board::now());
}

hubwire::error talk(tls_stream& tls, iothub::identity const& self) noexcept {
  firmware::conversation conversation(client, self);
  auto const handle = [&](hubwire::v3::event const& event) {
    conversation.handle(event, firmware::board::now());
  };
  bool handshake_told = false;
  while (!client.finished()) {
    auto const moved = hubwire::pump(client, tls, firmware::board::now(), handle);
    if (!handshake_told && tls.handshake_done()) {
      handshake_told = true;
      say("TLS is up after ", firmware::board::now().milliseconds(), " ms");
    }
    conversation.advance(firmware::board::now());
    if (!moved.again) firmware::board::sleep();
  }
  return conversation.failure();
}

int failed(std::string_view what, hubwire::error why) noexcept {
  say(what, ": ", why);
  return 1;
}

int connect_and_talk() noexcept {
  firmware::settings const settings = firmware::read_settings();
  auto const parts = iothub::parse_connection_string(settings.connection_string);
  auto const self = parts ? parts->identity() : parts.error();
  if (!self) return failed("the connection string cannot be used", self.error());
  auto const added = roots.add_pem(settings.roots);
  if (!added) return failed("the roots cannot be used", added.error());

  // Made in place and never destroyed: the program has no list of destructors.
  auto& tls = *new (tls_memory) tls_stream(line, roots.anchors(), {tls_input, tls_output});
  auto const started = start_tls(tls, self->host.without_port());
  if (!started) return failed("TLS cannot begin", started.error());
  auto const sent = send_connect(*self, parts->shared_access_key);
  if (!sent) return failed("CONNECT cannot be sent", sent.error());
  say("connecting as ", self->device.view(), " to ", self->host.view());

  hubwire::error const end = talk(tls, *self);
  tls.close();
  return end.code == hubwire::errc::none ? 0 : failed("the connection ended", end);
}

}  // namespace

int firmware::run() noexcept {
  board::start();
  date_at_start = host::unix_time();
  int const status = connect_and_talk();
  say("stack: ", stack_used(), " of ", stack_size(), " bytes were used");
  say(status == 0 ? "goodbye" : "failed");
  return status;
}
