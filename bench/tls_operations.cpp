// SPDX-License-Identifier: BSL-1.0
// Our TLS client (BearSSL) and OpenSSL's server on the two ends of a pipe. Both run in the same thread, so the time is
// that of both ends. For callgrind the server does not count in a handshake: see tls_handshake.sh.
#include "tls_operations.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT static_cast<void>(0)
#endif

#include <hubwire/transport/bearssl_session.hpp>
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

// Handshakes of one client, one after the other. The server keeps its sessions; the client forgets its own in front of
// a full handshake.
template <test::key_kind Key, bool Resumes>
struct handshake {
  std::vector<std::uint8_t> rightward = std::vector<std::uint8_t>(40'000);
  std::vector<std::uint8_t> leftward = std::vector<std::uint8_t>(40'000);
  memory_pipe pipe{rightward, leftward};
  test::identity authority = test::make_authority("bench", Key);
  test::identity who = test::make_identity({.key = Key}, &authority);
  std::shared_ptr<SSL_CTX> context = test::openssl_server::new_context(who, {});
  trust_store<2> trust;
  std::vector<std::uint8_t> input = std::vector<std::uint8_t>(tls_buffers::full_input);
  std::vector<std::uint8_t> output = std::vector<std::uint8_t>(tls_buffers::full_output);
  tls_session session;
  bearssl_tls<memory_pipe::end, tls_session> client{pipe.left(), anchors(), {input, output}, session};
  bool done = false;
  bool resumed = false;

  handshake() {
    once();  // so that there is a session
  }
  trust_anchors anchors() {
    static_cast<void>(trust.add_pem(test::to_pem(authority)));
    return trust.anchors();
  }

  void operator()() {
    if (!Resumes) session.forget();
    once();
  }

  void once() {
    drain();
    test::openssl_server server(pipe.right(), who, {.context = context});
    std::array<std::uint8_t, 32> const entropy{4, 5, 6};
    std::array<std::uint8_t, 1> room{};
    tls_handshake const with{.server_name = "hub.example.test", .unix_time = test::today, .entropy = entropy};
    client_works([&] { done = !client.start(with); });
    for (int i = 0; i < 60'000 && !done; ++i) {
      client_works([&] { static_cast<void>(client.read_some(room)); });
      done = server.handshake() == 0 && client.handshake_done();
    }
    resumed = session.was_resumed();
    client_works([&] { client.close(); });
  }
  // callgrind begins without counting.
  static void client_works(auto work) {
    CALLGRIND_TOGGLE_COLLECT;
    work();
    CALLGRIND_TOGGLE_COLLECT;
  }
  void drain() {
    std::array<std::uint8_t, 500> rest{};
    while (pipe.right().read_some(rest).count != 0) {}
    while (pipe.left().read_some(rest).count != 0) {}
  }

  bool check() const { return done && resumed == Resumes; }
};

using test::key_kind;

constexpr operation operations[] = {
    measured<handshake<key_kind::p256, false>>("tls_handshake_ecdsa"),
    measured<handshake<key_kind::rsa2048, false>>("tls_handshake_rsa"),
    measured<handshake<key_kind::p256, true>>("tls_handshake_resumed"),
    measured<tls_send>("tls_send_16k", amount),
    measured<tls_receive>("tls_receive_16k", amount),
};

}  // namespace

std::span<operation const> tls_operations() { return operations; }

#ifdef HUBWIRE_BENCH_TLS_ALONE
std::vector<operation> all_operations() { return {std::begin(operations), std::end(operations)}; }
#endif

}  // namespace bench
