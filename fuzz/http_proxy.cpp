// SPDX-License-Identifier: BSL-1.0
// A tunnel through a proxy that is not to be trusted. Input: a byte for the limit of the reply; a byte for what ends
// the proxy's bytes and for how much it takes at once; the sizes of host, user name and password and these texts; then
// all that the proxy sends. Oracle: a reading of the whole reply, line by line. Whole, byte by byte and in random
// portions the reply has the same outcome and the same bytes of the tunnel; nothing of the application leaves before
// the tunnel is open; what leaves is the request, which read back holds the texts; errors are sticky; the request is
// wiped.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <hubwire/transport/http_proxy.hpp>

#include <fuzz/reference/base64.hpp>
#include <fuzz/reference/http_connect.hpp>
#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using namespace hubwire;

constexpr std::string_view secret = "\x10\x0C of the application";

// The proxy: what it sends, in portions, and what it was sent.
struct wire {
  std::string_view incoming{};
  fuzz::random_numbers random{1};
  std::size_t portion = 0;  // 0: of a random size
  std::size_t takes = 0;
  io_status end = io_status::would_block;
  std::string outgoing{};

  std::size_t limit(std::size_t fixed) { return fixed != 0 ? fixed : 1 + random(70); }
  io_result read_some(byte_span room) noexcept {
    std::size_t const count = std::min({room.size(), incoming.size(), limit(portion)});
    if (count == 0) return {0, end, {end == io_status::failed ? errc::transport_failed : errc::none, 0}};
    if (random(4) == 0) return {0, io_status::would_block, {}};
    std::memcpy(room.data(), incoming.data(), count);
    incoming.remove_prefix(count);
    return {count, io_status::ok, {}};
  }
  io_result write_some(byte_view data) noexcept {
    if (random(4) == 0) return {0, io_status::would_block, {}};
    std::size_t const count = std::min(data.size(), limit(takes));
    outgoing.append(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(count));
    return {count, io_status::ok, {}};
  }
};

struct outcome {
  bool open = false;
  error why{};
  unsigned status = 0;
  std::string tunnel{};

  friend bool operator==(outcome const&, outcome const&) = default;
};

outcome expected(std::string_view reply, std::uint32_t most, io_status end) {
  using kind = reference::proxy_answer::kind;
  reference::proxy_answer const answer = reference::read_proxy_answer(reply, most);
  auto const at = static_cast<std::uint32_t>(answer.at);
  outcome wanted{.status = answer.status};
  switch (answer.what) {
    case kind::opened:
      wanted.open = true;
      wanted.tunnel = reply.substr(answer.at + 1);
      break;
    case kind::refused:
      wanted.why = {answer.status == 407 ? errc::proxy_wants_credentials : errc::proxy_refused,
                    answer.status};
      break;
    case kind::wrong: wanted.why = {errc::invalid_http_reply, at}; break;
    case kind::too_long: wanted.why = {errc::http_reply_too_long, most}; break;
    case kind::incomplete:
      if (end == io_status::closed) wanted.why = {errc::connection_lost, 0};
      break;
  }
  if (end == io_status::failed && (wanted.open || answer.what == kind::incomplete))
    wanted.why = {errc::transport_failed, 0};
  return wanted;
}

bool is_host(std::string_view host) {
  std::string_view const digits = "0123456789abcdefABCDEF:.";
  std::string_view const letters = "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ-_";
  std::string const name = std::string(digits) + std::string(letters);
  if (host.empty() || host.size() > 255) return false;
  bool const colon = host.find(':') != host.npos;
  if (host[0] != '[') return !colon && host.find_first_not_of(name) == host.npos;
  return colon && host.size() > 3 && host.find_first_not_of(digits, 1) == host.size() - 1 &&
         host.back() == ']';
}
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
}
bool is_good(proxy_tunnel const& to) {
  return is_host(to.host) && to.port != 0 && !has_control(to.user_name) && !has_control(to.password) &&
         to.user_name.find(':') == to.user_name.npos;
}

// Reads a request back.
void check_request(std::string const& request, proxy_tunnel const& to) {
  std::string const place = std::string(to.host) + ':' + std::to_string(to.port);
  std::string const head = "CONNECT " + place + " HTTP/1.1\r\nHost: " + place + "\r\n";
  require(request.compare(0, head.size(), head) == 0, "the request names the place");
  std::string rest = request.substr(head.size());
  if (!to.user_name.empty() || !to.password.empty()) {
    std::string const name = "Proxy-Authorization: Basic ";
    require(rest.compare(0, name.size(), name) == 0, "credentials are sent");
    std::size_t const end = rest.find("\r\n");
    auto const plain =
        reference::base64_decoded(std::string_view(rest).substr(name.size(), end - name.size()));
    require(plain == std::string(to.user_name) + ':' + std::string(to.password), "as they were given");
    rest.erase(0, end + 2);
  }
  require(rest == "\r\n", "the request ends with an empty line");
}

struct plan {
  proxy_tunnel to{};
  std::string_view reply{};
  io_status end = io_status::would_block;
  std::size_t portion = 0;
  std::size_t takes = 0;
};

// Runs a connection until it does not move any more.
outcome run(plan const& with, std::string const& request) {
  wire lower{with.reply, fuzz::random_numbers(with.reply.size()), with.portion, with.takes, with.end};
  std::vector<std::uint8_t> memory(request.size());
  http_proxy<wire> proxy(lower, memory);
  require(proxy.start(with.to).has_value(), "what fitted fits again");
  // The proxy answers when it has read the request.
  std::string_view const reply = lower.incoming;
  lower.incoming = {};
  lower.end = io_status::would_block;
  std::array<std::uint8_t, 90> room{};
  byte_view const data(reinterpret_cast<std::uint8_t const*>(secret.data()), secret.size());
  for (int calls = 0; lower.outgoing.size() < request.size(); ++calls) {
    require(calls < 10'000, "the request leaves");
    require(proxy.wants_write(), "a request that waits wants to leave");
    io_result const moved = calls % 2 == 0 ? proxy.write_some(data) : proxy.read_some(room);
    require(moved.status == io_status::would_block, "without a reply nothing moves");
  }
  require(lower.outgoing == request, "the request leaves first");
  require(std::all_of(memory.begin(), memory.end(), [](std::uint8_t b) { return b == 0; }), "and is wiped");

  lower.incoming = reply;
  lower.end = with.end;
  outcome seen;
  for (int idle = 0; idle != 40;) {
    io_result const got = proxy.read_some(byte_span(room).first(1 + lower.random(room.size())));
    seen.tunnel.append(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got.count));
    require(got.count == 0 || proxy.is_open(), "bytes come through an open tunnel");
    if (got.count != 0 || !lower.incoming.empty()) idle = 0;
    if (got.count == 0) ++idle;
    if (got.status == io_status::failed) {
      seen.why = got.error;
      require(proxy.read_some(room).error == got.error, "errors are sticky");
    }
    if (got.status == io_status::failed || got.status == io_status::closed) break;
  }
  seen.open = proxy.is_open();
  seen.status = proxy.status();
  require(lower.outgoing == request, "nothing else leaves");
  io_result put = proxy.write_some(data);
  for (int calls = 0; calls != 30 && put.status == io_status::would_block; ++calls)
    put = proxy.write_some(data);
  require((put.count != 0) == seen.open, "the application's bytes leave through an open tunnel");
  require((put.status == io_status::failed) == (!seen.open && seen.why.code != errc::none),
          "errors are for both");
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::choices choose(fuzz::as_text(data, size));
  plan with;
  unsigned const limit = choose.byte();
  unsigned const how = choose.byte();
  with.to.most_reply = limit == 0 ? 8192 : limit;
  constexpr io_status ends[] = {io_status::would_block, io_status::closed, io_status::failed};
  with.end = ends[how % 3];
  with.takes = how / 3 % 20;
  with.to.port = static_cast<std::uint16_t>(how * 257);
  unsigned const sizes[] = {choose.byte(), choose.byte(), choose.byte()};
  with.to.host = choose.take(sizes[0]);
  with.to.user_name = choose.take(sizes[1]);
  with.to.password = choose.take(sizes[2]);
  with.reply = choose.rest();

  std::size_t const needed = proxy_request_size(with.to);
  std::vector<std::uint8_t> memory(needed);
  wire nobody;
  http_proxy<wire> first(nobody, memory);
  auto const started = first.start(with.to);
  require(started.has_value() == is_good(with.to), "agree on what may be asked for");
  if (!started) {
    require(started.error() == error{errc::invalid_field, 0}, "what may not be asked for is a bad field");
    with.to = {.host = "h", .port = 1, .most_reply = with.to.most_reply};
    memory.resize(proxy_request_size(with.to));
    http_proxy<wire> second(nobody, memory);
    require(second.start(with.to).has_value(), "a plain place may be asked for");
    std::string const request(memory.begin(), memory.end());
    require(run(with, request) == expected(with.reply, with.to.most_reply, with.end), "agree on the reply");
    return 0;
  }
  std::string const request(memory.begin(), memory.end());
  check_request(request, with.to);
  outcome const wanted = expected(with.reply, with.to.most_reply, with.end);
  for (std::size_t const portion : {1'000U, 1U, 0U, 0U}) {
    with.portion = portion;
    require(run(with, request) == wanted, "agree on the reply, however it is cut");
  }
  return 0;
}
