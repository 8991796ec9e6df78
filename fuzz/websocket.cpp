// SPDX-License-Identifier: BSL-1.0
// A WebSocket's peer sends anything. Input: one byte that chooses the end and whether the handshake is a good one, then
// what the peer sends. Oracles: readers of heads and frames written from RFC 6455 with strings. At once, byte by byte
// and in random pieces, with buffers of random sizes, the stream gives the same payload, the same answers and the same
// end. Over a lower stream that refuses and tears writes, what was counted arrives once and in order, and refused bytes
// are offered again.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <hubwire/transport/websocket.hpp>

#include <fuzz/reference/websocket.hpp>
#include <fuzz/reference/ws_head.hpp>

#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using hubwire::byte_span;
using hubwire::byte_view;
using hubwire::errc;
using hubwire::io_result;
using hubwire::io_status;

// The key and accept of RFC 6455 section 1.3: who is asked for random bytes says always the same.
constexpr std::string_view accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr std::string_view good_answer =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";
constexpr std::string_view good_request =
    "GET /mqtt HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n";

struct sample_nonce {
  hubwire::result<void> operator()(byte_span room) noexcept {
    for (std::size_t i = 0; i != room.size(); ++i)
      room[i] = static_cast<std::uint8_t>("the sample nonce"[i % 16]);
    return {};
  }
};
struct sample_hash {
  hubwire::result<void> operator()(byte_view, hubwire::sha1_output digest) const noexcept {
    constexpr std::uint8_t known[] = {0xb3, 0x7a, 0x4f, 0x2c, 0xc0, 0x62, 0x4f, 0x16, 0x90, 0xf6,
                                      0x46, 0x06, 0xcf, 0x38, 0x59, 0x45, 0xb2, 0xbe, 0xc4, 0xea};
    std::copy(std::begin(known), std::end(known), digest.begin());
    return {};
  }
};
using client = hubwire::ws_client<sample_nonce, sample_hash>;
using server = hubwire::ws_server<sample_hash>;

// Gives input in pieces and takes output as it likes.
struct script {
  std::string_view input;
  fuzz::random_numbers& random;
  std::size_t piece;   // 0: random
  bool tears = false;  // writes
  std::string output{};
  std::string refused{};

  io_result read_some(byte_span room) noexcept {
    std::size_t const most = std::min(room.size(), input.size());
    std::size_t const count = std::min(most, piece != 0 ? piece : 1 + random(9));
    if (count == 0) return {0, io_status::would_block, {}};
    std::memcpy(room.data(), input.data(), count);
    input.remove_prefix(count);
    return {count, io_status::ok, {}};
  }
  io_result write_some(byte_view data) noexcept {
    std::string_view const offered = fuzz::as_text(data.data(), data.size());
    require(!offered.empty(), "no empty write");
    if (!refused.empty()) require(offered == refused, "refused bytes are offered again");
    refused.clear();
    if (tears && random(3) == 0) {
      refused = offered;
      return {0, io_status::would_block, {}};
    }
    std::size_t const count = tears ? 1 + random(data.size()) : data.size();
    output.append(offered.substr(0, count));
    return {count, io_status::ok, {}};
  }
};

struct outcome {
  std::string data{};
  std::string output{};
  io_status status = io_status::ok;
  hubwire::error error{};
  unsigned code = 0;
  bool open = false;
  std::size_t unread = 0;  // what the lower stream still has

  friend bool operator==(outcome const&, outcome const&) = default;
};

template <class Stream>
outcome read_all(Stream& stream, script& lower, std::size_t room_size) {
  outcome seen;
  std::vector<std::uint8_t> room(300);
  for (bool done = false; !done;) {
    std::size_t const size = room_size != 0 ? room_size : 1 + lower.random(40);
    io_result const got = stream.read_some(byte_span(room).first(size));
    require(got.count <= size, "no more than there is room for");
    seen.data += fuzz::as_text(room.data(), got.count);
    seen.status = got.status;
    seen.error = got.error;
    bool const blocked = got.status == io_status::would_block;
    if (blocked && (stream.wants_call() || !lower.input.empty())) continue;
    done = got.status != io_status::ok;
  }
  seen.code = stream.close_code();
  seen.open = stream.handshake_done();
  seen.unread = lower.input.size();
  return seen;
}

template <class End>
void start(hubwire::websocket<script, End>& stream) {
  typename End::opening opening{};
  opening.path = "/mqtt";
  if constexpr (End::role == hubwire::ws_role::client) opening.host = "h";
  require(stream.start(opening).has_value(), "starts");
}

// Frames without masks. All of a client's have one.
std::string unmasked(std::string_view frames, bool from_client) {
  std::string out;
  while (!frames.empty()) {
    auto const at = [&](std::size_t i) { return static_cast<unsigned char>(frames[i]); };
    require(frames.size() >= 2 && (at(1) >= 128) == from_client, "a mask when there has to be one");
    std::size_t size = at(1) & 127u;
    std::size_t const extra = size == 126 ? 2 : 0;
    require(size != 127, "no frame is so large here");
    if (extra != 0) size = at(2) * 256u + at(3);
    std::size_t const header = 2 + extra + (from_client ? 4 : 0);
    require(frames.size() >= header + size, "frames are whole");
    out += frames[0];
    out += static_cast<char>(at(1) & 127u);
    out += frames.substr(2, extra);
    for (std::size_t i = 0; i != size; ++i)
      out += static_cast<char>(frames[header + i] ^ (from_client ? frames[header - 4 + i % 4] : 0));
    frames.remove_prefix(header + size);
  }
  return out;
}

// What this end writes for its handshake is not the matter here.
std::string behind_head(std::string const& output) {
  std::size_t const end = output.find("\r\n\r\n");
  require(end != std::string::npos, "the handshake has been written");
  return output.substr(end + 4);
}

template <class End>
outcome run(std::string_view input, std::size_t piece, std::size_t room, fuzz::random_numbers& random) {
  script lower{input, random, piece};
  std::vector<std::uint8_t> memory(256);
  hubwire::websocket<script, End> stream(lower, End{}, memory);
  start(stream);
  outcome seen = read_all(stream, lower, room);
  seen.unread = 0;  // depends on the pieces: a stream that has ended reads no more
  seen.output = lower.output;
  return seen;
}

template <class End>
void check_frames(std::string_view frames, outcome const& seen) {
  constexpr bool is_client = End::role == hubwire::ws_role::client;
  reference::ws_outcome const wanted = reference::ws_peer(frames, !is_client).read();
  require(seen.data == wanted.data, "the payload");
  require(unmasked(behind_head(seen.output), is_client) == wanted.answers, "the answers");
  require(seen.code == wanted.code, "the code of the Close frame");
  require((seen.status == io_status::closed) == wanted.closed, "closed by a Close frame");
  require((seen.status == io_status::failed) == (wanted.failed != 0), "failed by a fault");
  if (wanted.failed != 0)
    require(seen.error == hubwire::error{errc::websocket_failed, wanted.failed}, "the error");
}

// The payload of all binary frames.
std::string data_in(std::string_view frames) {
  std::string data;
  while (!frames.empty()) {
    auto const at = [&](std::size_t i) { return static_cast<unsigned char>(frames[i]); };
    std::size_t const header = at(1) == 126 ? 4 : 2;
    std::size_t const size = at(1) == 126 ? at(2) * 256u + at(3) : at(1);
    if (at(0) == 0x82) data += frames.substr(header, size);
    frames.remove_prefix(header + size);
  }
  return data;
}

// The application writes while frames come in, and the lower stream tears and refuses what it is given.
template <class End>
void write_meanwhile(std::string_view input, outcome const& wanted, fuzz::random_numbers& random) {
  script lower{input, random, 0, true};
  std::vector<std::uint8_t> memory(256 + random(200));
  hubwire::websocket<script, End> stream(lower, End{}, memory);
  start(stream);
  std::string written;
  std::string read;
  std::vector<std::uint8_t> room(300);
  std::vector<std::uint8_t> data(400);
  for (std::size_t i = 0; i != data.size(); ++i) data[i] = static_cast<std::uint8_t>(random(256));
  io_result got{};
  int quiet = 0;
  while (quiet < 60) {
    got = stream.read_some(byte_span(room).first(1 + random(40)));
    read += fuzz::as_text(room.data(), got.count);
    io_result const put = random(2) == 0 && written.size() < 3000
                              ? stream.write_some(byte_view(data).first(1 + random(399)))
                              : io_result{};
    written += fuzz::as_text(data.data(), put.count);
    quiet = got.count + put.count != 0 || !lower.input.empty() ? 0 : quiet + 1;
    bool const over = got.status == io_status::closed || got.status == io_status::failed;
    if (over && !stream.wants_write() && lower.refused.empty()) ++quiet;
    if (over) lower.input = {};
  }
  require(read == wanted.data, "the payload, while the application writes");
  bool const over = wanted.status != io_status::would_block;
  if (over) require(got.status == wanted.status && got.error == wanted.error, "the end");
  if (!wanted.open && wanted.error == errc::websocket_refused) return;
  std::string const frames = unmasked(behind_head(lower.output), End::role == hubwire::ws_role::client);
  require(data_in(frames) == written, "what was counted arrives once and in order");
}

template <class End>
void run_all(std::string_view input, bool good_handshake) {
  constexpr bool is_client = End::role == hubwire::ws_role::client;
  std::string const head(good_handshake ? (is_client ? good_answer : good_request) : std::string_view());
  std::string const all = head + std::string(input);
  fuzz::random_numbers random(all.size());
  outcome const seen = run<End>(all, 100'000, 300, random);
  require(run<End>(all, 1, 300, random) == seen, "byte by byte");
  require(run<End>(all, 1, 1, random) == seen, "byte by byte into a byte");
  require(run<End>(all, 0, 0, random) == seen, "random pieces into random buffers");

  reference::ws_head const wanted =
      reference::ws_head_judge(is_client, std::string(is_client ? accept : "/mqtt")).judge(all);
  switch (wanted.state) {
    case reference::ws_head::incomplete:
      require(seen.status == io_status::would_block && !seen.open, "half a head is waited for");
      return;
    case reference::ws_head::bad:
      require(seen.error == hubwire::error{errc::websocket_refused, wanted.status}, "a bad head is refused");
      return;
    case reference::ws_head::good: break;
  }
  check_frames<End>(std::string_view(all).substr(wanted.size), seen);
  write_meanwhile<End>(all, seen, random);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::choices choose(fuzz::as_text(data, size));
  unsigned const how = choose.byte();
  bool const good_handshake = how % 4 < 2;
  if (how % 2 == 0) {
    run_all<client>(choose.rest(), good_handshake);
  } else {
    run_all<server>(choose.rest(), good_handshake);
  }
  return 0;
}
