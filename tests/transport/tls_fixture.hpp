// SPDX-License-Identifier: BSL-1.0
// Our TLS client and OpenSSL's server on the two ends of a pipe, with a tap on the client's side.
#ifndef HUBWIRE_TESTS_TRANSPORT_TLS_FIXTURE_HPP
#define HUBWIRE_TESTS_TRANSPORT_TLS_FIXTURE_HPP

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/faulty.hpp>
#include <hubwire/transport/memory_pipe.hpp>

#include "certificates.hpp"
#include "openssl_server.hpp"

namespace hubwire::test {

using octets = std::vector<std::uint8_t>;

inline octets to_octets(std::string_view text) { return {text.begin(), text.end()}; }

// Records what the client sends, and ends the connection after a number of bytes read if told so.
class tap {
 public:
  using below = faulty<memory_pipe::end>;
  explicit tap(below& lower) : lower_(lower) {}

  io_result read_some(byte_span room) noexcept {
    if (left_ == 0) return end_;
    io_result const got = lower_.read_some(room.first(room.size() < left_ ? room.size() : left_));
    read_ += got.count;
    if (left_ != faults::never) left_ -= got.count;
    return got;
  }
  io_result write_some(byte_view data) noexcept {
    io_result const put = lower_.write_some(data);
    written_.insert(written_.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(put.count));
    return put;
  }
  bool wants_write() const noexcept { return lower_.wants_write(); }

  // After bytes more, reading gives this.
  void end_after(std::size_t more, io_result const& end) {
    left_ = more;
    end_ = end;
  }
  octets const& written() const { return written_; }
  std::size_t read() const { return read_; }

  // How many records of application data the client has sent.
  int application_records() const {
    int count = 0;
    for (std::size_t at = 0; at + 5 <= written_.size();) {
      if (written_[at] == 23) ++count;
      at += 5U + static_cast<std::size_t>(written_[at + 3]) * 256U + written_[at + 4];
    }
    return count;
  }

 private:
  below& lower_;
  octets written_{};
  std::size_t read_ = 0;
  std::size_t left_ = faults::never;
  io_result end_{};
};

struct tls_setup {
  identity const* server = nullptr;
  identity const* trusted = nullptr;
  server_plan plan{};
  faults bad{};
  std::string name = "hub.example.test";
  std::uint64_t time = today;
  std::size_t input = tls_buffers::full_input;
  std::size_t output = tls_buffers::full_output;
  std::uint8_t most_certificates = tls_handshake{}.most_certificates;
};

// The client has these options.
template <class... Options>
struct tls_fixture_with {
  std::array<std::uint8_t, 3000> rightward{};
  std::array<std::uint8_t, 3000> leftward{};
  memory_pipe pipe{rightward, leftward};
  faulty<memory_pipe::end> lower;
  tap wire{lower};
  openssl_server server;
  trust_store<2> trust;
  octets input;
  octets output;
  bearssl_tls<tap, Options...> client;

  explicit tls_fixture_with(tls_setup const& setup, Options&... options)
      : lower(pipe.left(), setup.bad),
        server(pipe.right(), *setup.server, setup.plan),
        input(setup.input),
        output(setup.output),
        client(wire, anchors_of(trust, *setup.trusted), {input, output}, options...) {
    REQUIRE(start(setup));
  }

  static trust_anchors anchors_of(trust_store_base& store, identity const& trusted) {
    REQUIRE(store.add_pem(to_pem(trusted)));
    return store.anchors();
  }

  result<void> start(tls_setup const& setup) {
    std::array<std::uint8_t, 32> const entropy{4, 5, 6};
    return client.start({.server_name = setup.name,
                         .unix_time = setup.time,
                         .entropy = entropy,
                         .most_certificates = setup.most_certificates});
  }

  // Runs the handshake; true when both sides are done, false when the client reports an end.
  bool shake_hands(int most = 60'000) {
    std::array<std::uint8_t, 1> room{};
    for (int i = 0; i < most; ++i) {
      io_result const r = client.read_some(room);
      if (r.status == io_status::failed || r.status == io_status::closed) return false;
      REQUIRE(r.count == 0);
      int const server_state = server.handshake();
      if (client.handshake_done() && server_state == 0) return true;
    }
    return false;
  }

  // Tries to write a password at every step until the client gives up; the end that it reports.
  io_result refused(std::string_view password) {
    octets const secret = to_octets(password);
    octets room(100);
    for (int i = 0; i < 1000; ++i) {
      io_result const w = client.write_some(secret);
      REQUIRE(w.count == 0);
      io_result const r = client.read_some(room);
      REQUIRE(r.count == 0);
      REQUIRE_FALSE(client.handshake_done());
      if (r.status != io_status::would_block) return r;
      server.handshake();
    }
    return {};
  }

  octets client_reads(std::size_t wanted) { return read_all(client, wanted); }
  octets server_reads(std::size_t wanted) { return read_all(server, wanted); }

  template <class From>
  void send(From& from, octets const& data) {
    std::size_t sent = 0;
    for (int i = 0; i < 100'000 && sent < data.size(); ++i)
      sent += from.write_some(byte_view(data).subspan(sent)).count;
    REQUIRE(sent == data.size());
  }

 private:
  template <class End>
  octets read_all(End& end, std::size_t wanted) {
    octets got;
    octets chunk(777);
    for (int idle = 0; idle < 100 && got.size() < wanted; ++idle) {
      io_result const r = end.read_some(byte_span(chunk).first(std::min(chunk.size(), wanted - got.size())));
      got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(r.count));
      if (r.count != 0) idle = 0;
      server.turn();
    }
    return got;
  }
};
template <class... Options>
tls_fixture_with(tls_setup const&, Options&...) -> tls_fixture_with<Options...>;

using tls_fixture = tls_fixture_with<>;

}  // namespace hubwire::test

#endif
