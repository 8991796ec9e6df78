// SPDX-License-Identifier: BSL-1.0
// One visit of hubwire's WebSocket client to a server on 127.0.0.1. Says on stdout how it went, in one line.
//   visitor PORT PATH echo [SIZE]   sends bytes in writes of many sizes, checks that they come back, says goodbye; in
//                                   frames of so many bytes at most
//   visitor PORT PATH send SIZE     sends so many bytes and reads to the end
//   visitor PORT PATH read          reads to the end
//   visitor PORT PATH mqtt NAME     an MQTT client of this name sends itself messages and disconnects
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/crypto/bearssl_sha1.hpp>
#include <hubwire/driver/blocking.hpp>
#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/transport/posix_tcp.hpp>
#include <hubwire/transport/websocket.hpp>

using namespace hubwire;

namespace {

constexpr auto patience = std::chrono::seconds(20);

struct noise {
  std::random_device device{};
  result<void> operator()(byte_span room) noexcept {
    for (std::uint8_t& octet : room) octet = static_cast<std::uint8_t>(device());
    return {};
  }
};
struct generator {
  noise* from;
  result<void> operator()(byte_span room) noexcept { return (*from)(room); }
};

struct visit {
  explicit visit(std::size_t frame_size) : frame(frame_size) {}

  posix_tcp tcp{};
  noise random{};
  std::vector<std::uint8_t> frame;
  websocket<posix_tcp, ws_client<generator, bearssl_sha1>> stream{tcp, {generator{&random}, {}}, frame};
  std::chrono::steady_clock::time_point end = std::chrono::steady_clock::now() + patience;
  std::string read{};

  bool in_time() const { return std::chrono::steady_clock::now() < end; }
  // Reads what there is. Waits a little when there is nothing. False at the end.
  bool go_on(io_result& last) {
    std::vector<std::uint8_t> room(70'000);
    last = stream.read_some(room);
    read.append(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(last.count));
    if (last.count == 0 && last.status == io_status::would_block)
      static_cast<void>(tcp.wait({.write = stream.wants_write()}, 20));
    return in_time() && last.status != io_status::closed && last.status != io_status::failed;
  }
  std::string told(io_result const& last) const {
    if (last.status == io_status::failed)
      return "failed " + std::string(to_string(last.error.code)) + ' ' + std::to_string(last.error.detail);
    if (last.status == io_status::closed) return "closed " + std::to_string(stream.close_code());
    return "no end in time";
  }
  std::string read_to_the_end() {
    io_result last{};
    while (go_on(last)) {}
    std::string text;
    for (char const c : read.substr(0, 40)) text += c >= ' ' && c <= '~' ? c : '?';
    return told(last) + (read.empty() ? "" : " after " + text);
  }
  // False: the stream ended before.
  bool write(byte_view data, io_result& last) {
    while (!data.empty()) {
      io_result const put = stream.write_some(data);
      data = data.subspan(put.count);
      if (!go_on(last)) return false;
    }
    return true;
  }
};

std::vector<std::uint8_t> any_bytes(std::size_t size) {
  std::vector<std::uint8_t> made(size);
  std::mt19937 numbers(static_cast<std::uint32_t>(size));
  for (std::uint8_t& octet : made) octet = static_cast<std::uint8_t>(numbers());
  return made;
}

std::string echo(visit& v) {
  std::string sent;
  io_result last{};
  for (std::size_t const size : {1u, 2u, 125u, 126u, 127u, 1000u, 65'535u, 65'536u, 65'537u, 150'000u}) {
    std::vector<std::uint8_t> const data = any_bytes(size);
    sent.append(data.begin(), data.end());
    if (!v.write(data, last)) return v.told(last) + " while writing";
  }
  while (v.read.size() < sent.size() && v.go_on(last)) {}
  if (v.read != sent) return v.told(last) + " and other bytes came back";
  while (v.stream.end_output() == io_status::would_block && v.in_time()) v.go_on(last);
  return "echoed, " + v.read_to_the_end().substr(0, 11);
}

std::string send(visit& v, std::size_t size) {
  io_result last{};
  if (!v.write(any_bytes(size), last)) return v.told(last);
  return v.read_to_the_end().substr(0, 11);
}

std::string talk_mqtt(visit& v, std::string const& name) {
  std::vector<std::uint8_t> rx(80'000);
  std::vector<std::uint8_t> tx(80'000);
  client<> device(rx, tx);
  std::string const topic_text = "visit/" + name;
  topic_name const topic = *topic_name::parse(topic_text);
  v3::connect const hello{.client_id = *text::parse(name)};
  if (!device.connect(hello, posix_now())) return "connect failed";
  std::vector<std::string> const payloads{"a", std::string(300, 'b'), std::string(60'000, 'c')};
  std::size_t came = 0;
  bool good = true;
  std::string told = "no end in time";
  while (!device.finished() && v.in_time()) {
    pump_result const moved = pump(device, v.stream, posix_now(), [&](v3::event const& e) {
      if (e.kind() == event_kind::connected)
        good &= device.subscribe(*topic_filter::parse(topic_text), qos::at_least_once).has_value();
      bool const next = e.kind() == event_kind::subscribed || e.kind() == event_kind::message;
      if (e.kind() == event_kind::message) good &= e.message().payload.view() == payloads[came++];
      if (next && came < payloads.size())
        good &= device.publish({topic, as_bytes(payloads[came]), qos::at_least_once}).has_value();
      if (next && came == payloads.size()) good &= device.disconnect().has_value();
      if (e.kind() == event_kind::closed) told = std::string(to_string(e.cause().code));
    });
    if (!device.finished()) wait_after(moved, v.tcp, time_left(device.deadline(), posix_now(), 1'000));
  }
  return std::string(good && came == payloads.size() ? "talked, " : "went wrong, ") + told;
}

}  // namespace

int main(int count, char** words) {
  std::vector<std::string> const arguments(words, words + count);
  if (count < 4) return 2;
  std::string const& what = arguments[3];
  visit v(what == "echo" && count > 4 ? std::stoul(arguments[4]) : 200'000);
  if (!v.tcp.connect("127.0.0.1", static_cast<std::uint16_t>(std::stoi(arguments[1])), 5'000)) {
    std::cout << "no connection\n";
    return 1;
  }
  if (!v.stream.start({.host = "localhost", .path = arguments[2]})) return 2;
  std::string told;
  if (what == "echo") told = echo(v);
  if (what == "read") told = v.read_to_the_end();
  if (what == "send" && count > 4) told = send(v, std::stoul(arguments[4]));
  if (what == "mqtt" && count > 4) told = talk_mqtt(v, arguments[4]);
  std::cout << told << '\n';
  return told.empty() ? 2 : 0;
}
