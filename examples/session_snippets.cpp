// SPDX-License-Identifier: BSL-1.0
// The code of docs/sessions.md and docs/reboot.md, between markers. It is compiled and run, and a test
// compares the two texts.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hubwire/driver/blocking.hpp>
#include <hubwire/mqtt3.hpp>
#include <hubwire/session/kept_packets.hpp>
#include <hubwire/session/stored_packets.hpp>
#include <hubwire/transport/posix_file_store.hpp>
#include <hubwire/transport/posix_tcp.hpp>

// All of it at namespace scope, where readers put it.
std::string told;

void log(std::string_view text) { told += std::string(text) + "; "; }
void carry_out(hubwire::bytes order) { log(order.view()); }
void sleep_for(std::uint32_t time) { static_cast<void>(::usleep(time)); }  // a thousandth
void work();

// clang-format off
// snippet: kept
constexpr hubwire::limits places{.outgoing = 16, .incoming = 20};
std::array<std::uint8_t, 512> rx, tx;
std::array<std::uint8_t, 4096> waiting;  // what is not answered yet
hubwire::client<hubwire::v3_tag, places, hubwire::payload_reader<hubwire::v3_tag>, hubwire::kept_packets>
    client{rx, tx, waiting};
hubwire::posix_tcp tcp;
std::uint32_t pause_ms = 1'000;  // before the next connection
bool stopping = false;

void handle(hubwire::v3::event const& event) {
  using enum hubwire::event_kind;
  if (event.kind() == connected) {
    pause_ms = 1'000;
    if (!event.session_present() && !client.subscribe("meter-7/orders", hubwire::qos::exactly_once))
      log("no room to subscribe");
  }
  if (event.kind() == message) carry_out(event.message().payload);
  if (event.kind() == published) log(event.repeated() ? "delivered, sent more than once" : "delivered");
  if (event.kind() == abandoned || event.kind() == closed) log(to_string(event.cause()));
}

void run(std::string_view host, std::uint16_t port) {
  while (!stopping) {
    auto good = tcp.start(host, port, 15'000);
    if (good) good = client.connect({.client_id = "meter-7", .clean_session = false, .keep_alive = 60},
                                    hubwire::posix_now());
    while (good) {
      work();  // may publish in every state of the client
      auto const moved = hubwire::pump(client, tcp, hubwire::posix_now(), handle);
      if (client.finished()) break;
      hubwire::wait_after(moved, tcp, hubwire::time_left(client.deadline(), hubwire::posix_now()));
    }
    tcp.close();
    if (!stopping) sleep_for(pause_ms);
    if (pause_ms < 60'000) pause_ms *= 2;
  }
}
// snippet end

namespace by_hand {
std::array<std::uint8_t, 256> rx, tx;

// snippet: by_application
hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 16}, hubwire::payload_reader<hubwire::v3_tag>,
                hubwire::keep_with_application> client{rx, tx};
std::array<std::string, 16> texts;  // what is not answered: its identifiers differ in their low bits
std::optional<hubwire::packet_id> due;

hubwire::result<void> report(std::string text) {
  auto const sent = client.publish("meter-7/reading", text, hubwire::qos::exactly_once);
  if (!sent) return sent.error();
  texts[sent->id().number() % 16] = std::move(text);
  return {};
}
void handle(hubwire::v3::event const& event) {
  if (event.kind() == hubwire::event_kind::repeat) due = event.id();
}
void after_pump() {  // again until there is room for it: the event comes once
  if (!due) return;
  std::string const& text = texts[due->number() % 16];
  if (client.publish_again(*due, {"meter-7/reading", hubwire::as_bytes(text)})) due.reset();
}
// snippet end
}  // namespace by_hand

namespace lasting {
std::array<std::uint8_t, 512> rx, tx;
std::array<std::uint8_t, 4096> waiting;

// snippet: stored
using store = hubwire::posix_file_store;
using meter = hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 16, .incoming = 20},
                              hubwire::payload_reader<hubwire::v3_tag>, hubwire::stored_packets<store>>;
store file;
hubwire::session_records<store> records(file);
meter client{rx, tx, meter::kept_memory{waiting, records}};

hubwire::result<hubwire::load_report> wake_up(char const* path) {
  if (auto const opened = file.open(path, 65'536); !opened) return opened.error();
  auto const found = client.restore("meter-7");  // before the first verb; the client_id of CONNECT
  if (found && !found->clean()) log("the store was mended");
  return found;
}
// snippet end
}  // namespace lasting
// clang-format on

bool expect(bool condition, char const* what) {
  if (!condition) std::printf("session_snippets: %s, after %s\n", what, told.c_str());
  return condition;
}

// --- A server that takes the message twice: it answers it over the second connection only.
std::string arrived;

std::string read_packet(int socket) {
  std::string packet(2, '\0');
  if (::recv(socket, packet.data(), 2, MSG_WAITALL) != 2) return {};
  packet.resize(2 + static_cast<unsigned char>(packet[1]));
  auto const missing = packet.size() - 2;
  if (missing == 0) return packet;
  bool const complete =
      ::recv(socket, packet.data() + 2, missing, MSG_WAITALL) == static_cast<ssize_t>(missing);
  return complete ? packet : std::string();
}
void write_packet(int socket, std::string_view packet) {
  static_cast<void>(::send(socket, packet.data(), packet.size(), MSG_NOSIGNAL));
}
int accept_client(int listener, char session_present) {
  int const socket = ::accept(listener, nullptr, nullptr);
  arrived += read_packet(socket).substr(0, 1);  // CONNECT
  write_packet(socket, std::string("\x20\x02", 2) + session_present + std::string(1, '\0'));
  return socket;
}
void serve(int listener) {
  int socket = accept_client(listener, 0);
  arrived += read_packet(socket).substr(0, 1);  // PUBLISH, or SUBSCRIBE
  arrived += read_packet(socket).substr(0, 1);
  ::close(socket);
  socket = accept_client(listener, 1);
  for (std::string packet = read_packet(socket); !packet.empty(); packet = read_packet(socket)) {
    arrived += packet.substr(0, 1);
    if (packet[0] == '\xe0') break;
    if (packet[0] == '\x3a') write_packet(socket, "\x40\x02" + packet.substr(packet.size() - 3, 2));
    if (packet[0] == '\x82') write_packet(socket, "\x90\x03" + packet.substr(2, 2) + "\x02");
  }
  ::close(socket);
}

void work() {
  static bool const published = bool(client.publish("m", "x", hubwire::qos::at_least_once));
  if (!published) stopping = true;
  if (told.find("delivered") == told.npos || stopping) return;
  stopping = true;
  static_cast<void>(client.disconnect());
}

bool check_loop() {
  int const listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  bool const ready = ::bind(listener, name, size) == 0 && ::listen(listener, 4) == 0 &&
                     ::getsockname(listener, name, &size) == 0;
  if (!expect(ready, "a port to listen on")) return false;
  std::thread server(serve, listener);
  run("127.0.0.1", ntohs(address.sin_port));
  server.join();
  ::close(listener);
  return expect(told.find("delivered, sent more than once; ") != told.npos, "the message was sent twice") &&
         expect(told.size() > 6 && told.substr(told.size() - 6) == "none; ", "a good end") &&
         expect(arrived.find('\x3a') != arrived.npos && arrived.back() == '\xe0', "DUP, then DISCONNECT");
}

template <class Client>
void come(Client& to, std::string_view octets) {
  std::copy(octets.begin(), octets.end(), to.window().begin());
  to.commit(octets.size());
}
template <class Client>
std::string leave(Client& from) {
  auto const sent = from.pending_output();
  std::string text(sent.begin(), sent.end());
  from.consume(sent.size());
  return text;
}
template <class Client, class Handler>
void connect(Client& one, char session_present, Handler on) {
  static_cast<void>(one.connect({.client_id = "meter-7", .clean_session = false}, hubwire::tick(0)));
  static_cast<void>(leave(one));
  come(one, std::string("\x20\x02", 2) + session_present + std::string(1, '\0'));
  while (auto const event = one.next_event()) on(event);
}

bool check_by_hand() {
  using by_hand::client;
  connect(client, 0, by_hand::handle);
  bool good = expect(bool(by_hand::report("21")), "it is sent");
  std::string const first = leave(client);
  client.lost({hubwire::errc::connection_lost, 0});
  while (auto const event = client.next_event()) by_hand::handle(event);
  connect(client, 1, by_hand::handle);
  by_hand::after_pump();
  std::string again = leave(client);
  good &= expect(!again.empty() && again[0] == '\x3c', "it is sent again");
  return good && expect((again[0] = '\x34', again == first), "and is what it was");
}

bool check_stored() {
  char path[] = "/tmp/session_snippets.XXXXXX";
  int const made = ::mkstemp(path);
  if (!expect(made >= 0, "a file")) return false;
  ::close(made);
  auto const first = lasting::wake_up(path);
  bool good = expect(first && first->records == 0 && first->clean(), "a new file");
  good &= expect(bool(lasting::client.publish("m", "x", hubwire::qos::exactly_once)), "it is kept");
  lasting::file.close();
  lasting::store again;  // the next life
  hubwire::session_records<lasting::store> records(again);
  lasting::meter next{lasting::rx, lasting::tx, {lasting::waiting, records}};
  good &= expect(bool(again.open(path, 65'536)), "the file is there");
  auto const found = next.restore("meter-7");
  good &= expect(found && found->clean() && found->records != 0, "it was remembered");
  connect(next, 1, [](auto const&) {});
  good &= expect(leave(next).substr(0, 1) == "\x3c", "and is sent");
  ::unlink(path);
  return good;
}

int main() { return check_loop() && check_by_hand() && check_stored() ? 0 : 1; }
