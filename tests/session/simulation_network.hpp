// SPDX-License-Identifier: BSL-1.0
// The simulation's chance, and its network: connections in memory whose bytes are late, come in pieces, or
// are lost with the connection. Each end learns of a loss at a time of its own.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_NETWORK_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_NETWORK_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <hubwire/transport/byte_stream.hpp>

#include "simulation_store.hpp"

namespace hubwire::simulation {

// What the oracle says when something is wrong.
struct broken : std::logic_error {
  using std::logic_error::logic_error;
};

inline void require(bool condition, char const* what) {
  if (!condition) throw broken(what);
}
inline void require(bool condition, std::string const& what) {
  if (!condition) throw broken(what);
}

// Chance: numbers from a seed, or from the bytes of a fuzzer. 0 stands for what is rare. When the bytes are
// used up nothing rare happens any more.
class dice {
 public:
  explicit dice(std::uint32_t seed) : random_(seed) {}
  explicit dice(std::string_view input) : input_(input), from_input_(true) {}

  unsigned operator()(unsigned below) {
    if (!from_input_) return static_cast<unsigned>(random_() % below);
    if (input_.empty()) return below - 1;
    auto const number = static_cast<unsigned char>(input_.front());
    input_.remove_prefix(1);
    return number % below;
  }
  bool one_in(unsigned count) { return (*this)(count) == 0; }
  // A number of bytes between 0 and most; often all or nothing.
  std::size_t some_of(std::size_t most) {
    unsigned const kind = (*this)(3);
    if (kind == 0) return 0;
    if (kind == 1) return (*this)(static_cast<unsigned>(std::min<std::size_t>(most + 1, 250)));
    return most;
  }
  bool used_up() const { return from_input_ && input_.empty(); }

 private:
  std::mt19937 random_{};
  std::string_view input_{};
  bool from_input_ = false;
};

// Where a connection breaks by plan: after so many bytes have arrived.
struct cut_plan {
  std::size_t up = never;  // from the client to the server
  std::size_t down = never;
};

// One connection. Bytes that were written arrive, until the connection is lost: then some of those on their
// way do, and what is written later does not.
class connection {
 public:
  connection(dice& chance, power& device, bool peaceful, cut_plan plan)
      : chance_(chance), device_(device), peaceful_(peaceful), plan_(plan) {
    if (plan.up == 0 || plan.down == 0) lose(0, 0);
  }
  connection(connection const&) = delete;
  connection& operator=(connection const&) = delete;

  // No more splits, stalls and planned losses.
  void leave_in_peace() {
    peaceful_ = true;
    plan_ = {};
  }

  // The connection is lost. Of the bytes on their way, so many arrive in each direction.
  void lose(std::size_t up_arrives, std::size_t down_arrives) {
    if (lost_) return;
    lost_ = true;
    up_.resize(std::min(up_.size(), up_arrives));
    down_.resize(std::min(down_.size(), down_arrives));
  }
  bool is_lost() const { return lost_; }

  // --- the client's end, a byte_stream

  io_result read_some(byte_span room) noexcept {
    if (room.empty()) return {};
    if (client_closed_) return {0, io_status::closed, {}};
    if (!device_.on()) return ended_badly();
    if (!down_.empty()) {
      std::size_t const count = portion(std::min(room.size(), down_.size()), down_passed_, plan_.down);
      if (count == 0) return {0, io_status::would_block, {}};
      std::copy_n(down_.begin(), count, room.begin());
      down_.erase(0, count);
      if (down_passed_ == plan_.down) lose(0, 0);
      return {count, io_status::ok, {}};
    }
    if (lost_) return ended_badly();
    if (server_closed_) return {0, io_status::closed, {}};
    return {0, io_status::would_block, {}};
  }
  io_result write_some(byte_view data) noexcept {
    if (data.empty()) return {};
    if (client_closed_ || output_ended_) return {0, io_status::closed, {}};
    if ((lost_ && down_.empty()) || server_closed_ || !device_.on()) return ended_badly();
    std::string_view const offered(reinterpret_cast<char const*>(data.data()), data.size());
    kept_promise_ = kept_promise_ && (refused_.empty() || refused_ == offered);
    refused_.clear();
    std::size_t const most = stalled() ? 0 : peaceful_ ? data.size() : 1 + chance_.some_of(data.size() - 1);
    std::size_t const count = device_.take(most, false);
    if (count == 0) {
      refused_ = offered;
      return {0, io_status::would_block, {}};
    }
    written_.append(offered.substr(0, count));
    if (!lost_) up_.append(offered.substr(0, count));
    return {count, io_status::ok, {}};
  }
  io_status end_output() noexcept {
    output_ended_ = true;
    return io_status::ok;
  }
  void close() noexcept { client_closed_ = true; }
  // What the client wrote since it was asked last.
  std::string take_written() { return std::exchange(written_, {}); }
  // Whether the bytes that were refused were offered again, as a byte_stream demands.
  bool kept_promise() const { return kept_promise_; }

  // --- the server's end

  std::string server_reads() {
    std::size_t const count = portion(up_.size(), up_passed_, plan_.up);
    std::string const got = up_.substr(0, count);
    up_.erase(0, count);
    if (up_passed_ == plan_.up) lose(0, 0);
    return got;
  }
  std::size_t bytes_for_server() const { return up_.size(); }
  void server_writes(std::string_view bytes) {
    if (!lost_ && !client_closed_) down_.append(bytes);
  }
  void server_closes() {
    server_closed_ = true;
    up_.clear();
  }
  // Whether the server is told of the end: the client has closed, and all that arrives has been read.
  bool server_sees_end() const { return up_.empty() && !lost_ && (client_closed_ || output_ended_); }
  bool is_closed_by_server() const { return server_closed_; }
  bool is_closed_by_client() const { return client_closed_; }
  std::size_t bytes_for_client() const { return down_.size(); }
  // How many bytes have arrived so far, at the server and at the client.
  std::size_t up_passed() const { return up_passed_; }
  std::size_t down_passed() const { return down_passed_; }

 private:
  static io_result ended_badly() noexcept { return {0, io_status::failed, {errc::connection_lost, 0}}; }
  bool stalled() noexcept { return !peaceful_ && chance_.one_in(6); }
  std::size_t portion(std::size_t most, std::size_t& passed, std::size_t plan) noexcept {
    if (most == 0 || stalled()) return 0;
    std::size_t count = peaceful_ ? most : 1 + chance_.some_of(most - 1);
    count = std::min(count, plan - passed);
    passed += count;
    return count;
  }

  dice& chance_;
  power& device_;
  bool peaceful_;
  cut_plan plan_;
  std::string up_{};
  std::string down_{};
  std::string written_{};
  std::string refused_{};
  std::size_t up_passed_ = 0;
  std::size_t down_passed_ = 0;
  bool lost_ = false;
  bool server_closed_ = false;
  bool client_closed_ = false;
  bool output_ended_ = false;
  bool kept_promise_ = true;
};

}  // namespace hubwire::simulation

#endif
