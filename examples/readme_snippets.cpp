// SPDX-License-Identifier: BSL-1.0
// The code of README.md, between markers. It is compiled and run, and a test compares the two texts.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include <hubwire/crypto/bearssl_sha1.hpp>
#include <hubwire/driver/pump.hpp>
#include <hubwire/iothub.hpp>
#include <hubwire/mqtt3.hpp>
#include <hubwire/transport/bearssl_identity_store.hpp>
#include <hubwire/transport/bearssl_session.hpp>
#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/connect_text.hpp>
#include <hubwire/transport/http_proxy.hpp>
#include <hubwire/transport/posix_explain.hpp>
#include <hubwire/transport/posix_tcp.hpp>
#include <hubwire/transport/websocket.hpp>

// All of it at namespace scope without a namespace, where readers put it, under the warnings they may have.
std::string sent;      // what the modem below has put on the wire
std::string received;  // what it has still to deliver
std::string log_text;

void handle(hubwire::topic_name topic, hubwire::bytes payload) {
  log_text += std::string(topic.view()) + " " + std::string(payload.view());
}
void log(std::string_view text) { log_text += text; }

// clang-format off
// snippet: telemetry
std::array<std::uint8_t, 512> rx, tx;  // all the memory there is
hubwire::client<> client{rx, tx};

bool report(std::string_view json) {
  std::array<char, 128> buffer;
  auto const topic = hubwire::iothub::telemetry_topic(buffer, "thermostat-1")
                         .add(hubwire::iothub::system_property::content_type, "application/json")
                         .add("alert", "yes & no")  // escaped on the wire, once
                         .done();
  return topic && client.publish(*topic, json, hubwire::qos::at_least_once);
}
// snippet end

// snippet: pump
struct modem {  // your transport: two functions that never wait
  hubwire::io_result read_some(hubwire::byte_span) noexcept;
  hubwire::io_result write_some(hubwire::byte_view) noexcept;
};
static_assert(hubwire::byte_stream<modem>);

hubwire::pump_result turn(modem& link, hubwire::tick now) {
  return hubwire::pump(client, link, now, [](auto const& event) {
    if (event.kind() == hubwire::event_kind::message) handle(event.message().topic, event.message().payload);
    if (event.kind() == hubwire::event_kind::closed) log(to_string(event.cause().code));
  });
}
// snippet end

// snippet: proxy
modem to_proxy;  // or posix_tcp, connected to the proxy
std::array<std::uint8_t, 300> request;
hubwire::http_proxy<modem> tunnel(to_proxy, request);

hubwire::result<void> ask_proxy() {
  return tunnel.start({.host = "my-hub.azure-devices.net", .port = 8883, .user_name = "me", .password = "secret"});
}
// snippet end

// snippet: tcp
hubwire::posix_tcp tcp;

hubwire::result<void> begin(std::span<hubwire::ip_endpoint const> addresses) {  // from a resolver of yours
  return tcp.start(addresses, 15'000);
}
hubwire::result<void> begin(std::string_view host) {  // the system's resolver, which may block
  return tcp.start(host, 8883, 15'000);
}
// snippet end

// snippet: tcp_log
void tell_what_went_wrong() {
  std::array<char, 600> room;
  hubwire::text_writer line(room);
  log(put(line, tcp.log()).finish().value_or("too much to tell"));  // each address, in order
  log(explain_posix(tcp.log().cause().why));                        // what decided, in words
}
// snippet end

// snippet: websocket
struct generator {  // your random bytes, which nobody can guess
  hubwire::result<void> operator()(hubwire::byte_span room) noexcept;
};

modem to_hub;  // in a product TLS to port 443: bearssl_tls<modem>
std::array<std::uint8_t, 1024> frame;
hubwire::websocket over_443(to_hub, hubwire::ws_client{generator{}, hubwire::bearssl_sha1{}}, frame);

hubwire::result<void> open_websocket() {
  return over_443.start({.host = "my-hub.azure-devices.net", .path = hubwire::iothub_ws_path});
}
// snippet end

hubwire::trust_anchors roots;  // in a product they are not empty
std::array<std::uint8_t, hubwire::tls_buffers::full_input> records_in;
std::array<std::uint8_t, hubwire::tls_buffers::full_output> records_out;

// snippet: identity
modem radio;
hubwire::tls_identity_store<2> own;  // room for two certificates and the key
hubwire::tls_session last_session;   // of the last connection
hubwire::bearssl_tls tls(radio, roots, {records_in, records_out}, own, last_session);

hubwire::result<void> begin(std::string_view chain, std::string_view key, hubwire::tls_handshake const& with) {
  if (auto const loaded = own.load_pem(chain, key); !loaded) return loaded;  // once, not for each connection
  return tls.start(with);
}
// snippet end

// snippet: ecdsa
hubwire::bearssl_tls ecc_only(radio, roots, {records_in, records_out}, hubwire::ecdsa_only);
// snippet end
// clang-format on

hubwire::result<void> generator::operator()(hubwire::byte_span room) noexcept {
  std::fill(room.begin(), room.end(), std::uint8_t{7});  // good enough to be compared with
  return {};
}

hubwire::io_result modem::read_some(hubwire::byte_span room) noexcept {
  if (received.empty()) return {0, hubwire::io_status::would_block, {}};
  std::size_t const count = std::min(room.size(), received.size());
  std::copy_n(received.begin(), count, room.begin());
  received.erase(0, count);
  return {count, hubwire::io_status::ok, {}};
}

hubwire::io_result modem::write_some(hubwire::byte_view data) noexcept {
  sent.append(data.begin(), data.end());
  return {data.size(), hubwire::io_status::ok, {}};
}

bool expect(bool condition, char const* what) {
  if (!condition) std::printf("readme_snippets: %s\n", what);
  return condition;
}

int main() {
  modem link;
  bool good = expect(bool(client.connect({.client_id = "thermostat-1", .keep_alive = 60}, hubwire::tick(0))),
                     "connect");
  received = std::string("\x20\x02\x00\x00", 4);
  static_cast<void>(turn(link, hubwire::tick(1)));
  sent.clear();
  good &= expect(report(R"({"t":21})"), "report");
  received = "\x30\x03" + std::string("\x00\x01", 2) + "x";
  static_cast<void>(turn(link, hubwire::tick(2)));
  good &= expect(
      sent.find("devices/thermostat-1/messages/events/%24.ct=application%2Fjson&alert=yes%20%26%20no") !=
          std::string::npos,
      "the escaped topic is on the wire");
  good &= expect(log_text == "x ", "a message came in");
  received = "\xff";
  static_cast<void>(turn(link, hubwire::tick(3)));
  good &= expect(log_text == "x malformed_packet", "the connection was closed with a reason");
  sent.clear();
  received = "HTTP/1.1 200 OK\r\n\r\n";
  good &= expect(bool(ask_proxy()), "the request fits");
  std::uint8_t octet = 0;
  good &= expect(tunnel.write_some({&octet, 1}).count == 1 && tunnel.status() == 200, "the tunnel is open");
  good &=
      expect(sent.rfind("CONNECT my-hub.azure-devices.net:8883 HTTP/1.1\r\n", 0) == 0, "it was asked for");
  sent.clear();
  good &= expect(bool(open_websocket()), "the handshake fits");
  good &= expect(over_443.write_some({&octet, 1}).status == hubwire::io_status::would_block,
                 "nothing leaves before the server has agreed");
  good &= expect(sent.rfind("GET /$iothub/websocket HTTP/1.1\r\nHost: my-hub.azure-devices.net\r\n", 0) == 0,
                 "the path was asked for");
  received =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: CdXSYUsvsaMthlEXWDNURGWA/1o=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";
  good &=
      expect(over_443.write_some({&octet, 1}).count == 1 && over_443.handshake_done(), "it is a WebSocket");
  good &=
      expect(begin("no chain", "no key", {}).error() == hubwire::errc::invalid_certificate && own.is_empty(),
             "what is no certificate is refused");
  good &= expect(!ecc_only.start({}) && !ecc_only.handshake_done(), "a connection needs a name");
  log_text.clear();
  good &= expect(!begin(std::span<hubwire::ip_endpoint const>{}), "there is no address");
  tell_what_went_wrong();
  good &= expect(log_text.rfind("look-up - address_not_found 0The host name has no address.", 0) == 0,
                 "it is told");
  good &= expect(!begin(""), "no host has that name");
  return good ? 0 : 1;
}
