// SPDX-License-Identifier: BSL-1.0
// Our TLS client (BearSSL) and OpenSSL's server on the two ends of a pipe. Both run in the same thread, so the time is
// that of both ends.
#include "tls_operations.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/memory_pipe.hpp>

#include "../tests/transport/certificates.hpp"
#include "../tests/transport/openssl_server.hpp"
#include "operations/data.hpp"

namespace bench {

namespace {

using namespace hubwire;

constexpr std::size_t amount = 16'384;

struct tls_connection {
  std::vector<std::uint8_t> rightward = std::vector<std::uint8_t>(40'000);
  std::vector<std::uint8_t> leftward = std::vector<std::uint8_t>(40'000);
  memory_pipe pipe{rightward, leftward};
  test::identity authority = test::make_authority("bench");
  test::identity who = test::make_identity({}, &authority);
  test::openssl_server server{pipe.right(), who};
  trust_store<2> trust;
  std::vector<std::uint8_t> input = std::vector<std::uint8_t>(tls_buffers::full_input);
  std::vector<std::uint8_t> output = std::vector<std::uint8_t>(tls_buffers::full_output);
  std::unique_ptr<bearssl_tls<memory_pipe::end>> client;
  std::string octets = payload(amount);
  std::string arrived = std::string(amount, '\0');
  bool ready = false;

  tls_connection() {
    if (!trust.add_pem(test::to_pem(authority))) return;
    client = std::make_unique<bearssl_tls<memory_pipe::end>>(pipe.left(), trust.anchors(),
                                                             tls_buffers{input, output});
    std::array<std::uint8_t, 32> const entropy{4, 5, 6};
    if (!client->start({.server_name = "hub.example.test", .unix_time = test::today, .entropy = entropy}))
      return;
    std::array<std::uint8_t, 1> room{};
    for (int i = 0; i < 60'000 && !ready; ++i) {
      static_cast<void>(client->read_some(room));
      ready = server.handshake() == 0 && client->handshake_done();
    }
  }

  // All of octets from one end to the other; how many bytes arrived.
  template <class From, class To>
  std::size_t move(From& from, To& to) {
    byte_view rest = bytes(std::string_view(octets)).octets();
    byte_span room(reinterpret_cast<std::uint8_t*>(arrived.data()), arrived.size());
    for (int idle = 0; idle < 100 && !room.empty(); ++idle) {
      std::size_t const sent = rest.empty() ? 0 : from.write_some(rest).count;
      rest = rest.subspan(sent);
      if (rest.empty()) flush(from);
      std::size_t const got = to.read_some(room).count;
      room = room.subspan(got);
      if (sent + got != 0) idle = 0;
    }
    return arrived.size() - room.size();
  }
  static void flush(auto& from) {
    std::array<std::uint8_t, 1> room{};
    static_cast<void>(from.read_some(room));
  }
};

struct tls_send : tls_connection {
  std::size_t count = 0;
  void operator()() { count = ready ? move(*client, server) : 0; }
  bool check() const { return count == amount && arrived == octets; }
};

struct tls_receive : tls_connection {
  std::size_t count = 0;
  void operator()() { count = ready ? move(server, *client) : 0; }
  bool check() const { return count == amount && arrived == octets; }
};

constexpr operation operations[] = {
    measured<tls_send>("tls_send_16k", amount),
    measured<tls_receive>("tls_receive_16k", amount),
};

}  // namespace

std::span<operation const> tls_operations() { return operations; }

}  // namespace bench
