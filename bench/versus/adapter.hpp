// SPDX-License-Identifier: BSL-1.0
// What adapters share. Each defines all_operations() and measured_library(); a row has the name of hubwire's row that
// does the same, so that of two rows with one name the faster is the better.
#ifndef HUBWIRE_BENCH_VERSUS_ADAPTER_HPP
#define HUBWIRE_BENCH_VERSUS_ADAPTER_HPP

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "operations/data.hpp"
#include "operations/operation.hpp"

namespace bench {

// Where a library writes, or what is put together from the pieces that it hands out.
struct written_packet {
  alignas(64) char output[20'000] = {};
  std::size_t size = 0;

  void append(void const* data, std::size_t count) {
    std::memcpy(output + size, data, count);
    size += count;
  }
  bool is(std::string_view expected) const { return std::string_view(output, size) == expected; }
};

// What the stream of data.hpp contains, told by who reads it.
struct stream_totals {
  std::size_t packets = 0;
  std::size_t payload = 0;
};

// Counted from the list of packets, not from the stream: QoS 1 has an identifier more.
inline stream_totals expected_totals(std::size_t count) {
  stream_totals totals;
  for (std::string const& one : stream_packets(count)) {
    ++totals.packets;
    if ((one[0] & 0xF0) != 0x30) continue;
    std::size_t const start = (one[1] & 0x80) != 0 ? 3 : 2;
    auto const octet = [&](std::size_t at) {
      return static_cast<std::size_t>(static_cast<unsigned char>(one[at]));
    };
    std::size_t const topic = octet(start) * 256 + octet(start + 1);
    totals.payload += one.size() - start - 2 - topic - ((one[0] & 6) != 0 ? 2 : 0);
  }
  return totals;
}

}  // namespace bench

#endif
