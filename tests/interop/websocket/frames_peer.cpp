// SPDX-License-Identifier: BSL-1.0
// hubwire's side of oracles.py: a stream of frames in, what hubwire makes of it out, line by line.
//   client HEX    these bytes come from a server, behind a good handshake
//   server HEX    these bytes come from a client
// The answer is JSON: messages, the bytes of one that is not complete, what was sent, how it ended, with which code.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/crypto/bearssl_sha1.hpp>
#include <hubwire/transport/websocket.hpp>

#include <support/hex.hpp>

using namespace hubwire;

namespace {

struct noise {
  result<void> operator()(byte_span room) noexcept {
    std::fill(room.begin(), room.end(), std::uint8_t{7});
    return {};
  }
};
using client_end = ws_client<noise, bearssl_sha1>;
using server_end = ws_server<bearssl_sha1>;

// Gives what comes in pieces of 100 bytes, and takes everything.
struct script {
  std::string input{};
  std::size_t read = 0;
  std::string output{};

  io_result read_some(byte_span room) noexcept {
    std::size_t const count = std::min({room.size(), input.size() - read, std::size_t{100}});
    if (count == 0) return {0, io_status::would_block, {}};
    std::memcpy(room.data(), input.data() + read, count);
    read += count;
    return {count, io_status::ok, {}};
  }
  io_result write_some(byte_view data) noexcept {
    output.append(data.begin(), data.end());
    return {data.size(), io_status::ok, {}};
  }
};

// The messages in a stream whose end hubwire has seen. The stream itself does not say where they end.
struct message_list {
  std::vector<std::string> whole{};
  std::string part{};
  bool text = false;

  message_list(std::vector<std::uint8_t> input, ws_role own) {
    ws_frame_reader reader(own);
    byte_span rest(input);
    while (!rest.empty()) {
      byte_view in = rest;
      ws_status const status = reader.feed(in);
      rest = rest.last(in.size());
      text = reader.fault() == ws_close::unsupported_data;
      if (status != ws_status::ready) return;
      byte_span const payload = rest.first(reader.left_of(rest.size()));
      rest = rest.subspan(payload.size());
      reader.take_payload(payload);
      if (reader.opcode() == ws_opcode::close && reader.left() == 0) return;
      if (!is_control(reader.opcode())) part.append(payload.begin(), payload.end());
      if (!is_control(reader.opcode()) && reader.is_last() && reader.left() == 0) {
        whole.push_back(part);
        part.clear();
      }
    }
  }
};

std::string quoted(std::string_view octets) { return '"' + test::to_hex(octets) + '"'; }

void handshake(websocket<script, client_end>& stream, script& lower) {
  static_cast<void>(stream.start({.host = "h"}));
  std::uint8_t none = 0;
  static_cast<void>(stream.read_some(byte_span(&none, 1)));
  bearssl_sha1 hash;
  std::array<std::uint8_t, 16> nonce{};
  nonce.fill(7);
  std::array<char, 300> answer{};
  lower.input = *write_ws_answer(answer, *ws_accept_of(hash, ws_key_of(nonce)));
}
void handshake(websocket<script, server_end>& stream, script& lower) {
  static_cast<void>(stream.start({}));
  std::array<char, 300> request{};
  lower.input = *write_ws_request(request, {.host = "h"}, ws_key_of(std::array<std::uint8_t, 16>{}));
}

template <class End>
std::string answer(std::vector<std::uint8_t> const& frames) {
  script lower;
  std::vector<std::uint8_t> memory(1000);
  websocket<script, End> stream(lower, End{}, memory);
  handshake(stream, lower);
  std::vector<std::uint8_t> room(333);
  while (lower.read != lower.input.size()) static_cast<void>(stream.read_some(room));
  static_cast<void>(stream.read_some(room));  // a server answers
  lower.output.clear();
  lower.input.append(frames.begin(), frames.end());
  std::string data;
  io_result got{};
  do {
    got = stream.read_some(room);
    data.append(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got.count));
  } while (got.count != 0 || stream.wants_call());
  message_list const messages(frames, End::role);
  std::string all;
  std::ostringstream out;
  out << "{\"messages\":[";
  for (std::string const& message : messages.whole) {
    out << (&message == &messages.whole.front() ? "" : ",") << quoted(message);
    all += message;
  }
  out << "],\"part\":" << quoted(messages.part) << ",\"text\":" << (messages.text ? "true" : "false");
  out << ",\"same\":" << (all + messages.part == data ? "true" : "false")
      << ",\"output\":" << quoted(lower.output);
  if (got.status == io_status::failed && got.error == errc::websocket_failed)
    out << R"(,"end":"failed","code":)" << got.error.detail << '}';
  else
    out << ",\"end\":\""
        << (got.status == io_status::closed ? "closed"
            : stream.handshake_done()       ? "open"
                                            : "odd")
        << "\",\"code\":" << stream.close_code() << '}';
  return out.str();
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string role, octets; std::cin >> role >> octets;) {
    std::vector<std::uint8_t> const frames = test::from_hex(octets);
    std::cout << (role == "client" ? answer<client_end>(frames) : answer<server_end>(frames)) << '\n';
    if (std::cin.rdbuf()->in_avail() <= 0) std::cout.flush();
  }
}
