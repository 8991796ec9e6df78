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

}  // namespace bench

#endif
