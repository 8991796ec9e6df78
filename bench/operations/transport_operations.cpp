// SPDX-License-Identifier: BSL-1.0
// The connection inside one program, on which TLS is measured (../tls_operations.cpp).
#include <hubwire/transport/memory_pipe.hpp>

#include <array>
#include <cstdint>
#include <string>

#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

using namespace hubwire;

struct piping {
  std::array<std::uint8_t, 20'000> rightward{};
  std::array<std::uint8_t, 16> leftward{};
  memory_pipe pipe{rightward, leftward};
  std::string octets = payload(16'384);
  std::string arrived = std::string(octets.size(), '\0');
  std::size_t count = 0;

  void operator()() {
    static_cast<void>(pipe.left().write_some(bytes(std::string_view(octets)).octets()));
    count = pipe.right().read_some({reinterpret_cast<std::uint8_t*>(arrived.data()), arrived.size()}).count;
  }
  bool check() const { return count == octets.size() && arrived == octets; }
};

constexpr operation operations[] = {measured<piping>("pipe_16k", 16'384).above("memcpy")};

}  // namespace

std::span<operation const> transport_operations() { return operations; }

}  // namespace bench
