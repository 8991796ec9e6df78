// SPDX-License-Identifier: BSL-1.0
// The packets of a stream in chunks, and a program that reads them with a frame_reader.
#ifndef HUBWIRE_BENCH_OPERATIONS_CONNECTION_HPP
#define HUBWIRE_BENCH_OPERATIONS_CONNECTION_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/mqtt3.hpp>
#include <hubwire/stream/frame_reader.hpp>

#include "consumer.hpp"
#include "data.hpp"
#include "operation.hpp"

namespace bench {

template <std::size_t Count>
struct connection {
  placed storage{joined(stream_packets(Count))};
  std::array<std::uint8_t, 4096> memory{};
  stream_totals totals{};

  // Calls put(bytes) until all is delivered or it says no.
  template <std::size_t Chunk>
  [[gnu::always_inline]] void deliver(auto put) {
    std::string_view rest = storage.view();
    while (!rest.empty()) {
      std::string_view const chunk = rest.substr(0, Chunk);
      rest.remove_prefix(chunk.size());
      if (!put(chunk)) return;
    }
  }
  bool check() const { return totals == expected_totals(Count); }
};

// Call::next is how the program calls the reader's next().
template <class Policy, std::size_t Chunk, std::size_t Count, class Call>
struct with_reader : connection<Count> {
  void operator()() {
    using namespace hubwire;
    frame_reader reader(this->memory, largest_packet, first_bytes_from<v3_tag, role::server>);
    consumer all;
    this->template deliver<Chunk>([&](std::string_view chunk) {
      byte_view here(detail::to_bytes(chunk.data()), chunk.size());
      for (;;) {
        frame_result const found = Call::next(reader, here);
        if (found.status != frame_status::ready) return found.status == frame_status::need_more;
        if (!dispatch<v3_tag, role::server, Policy>(found.frame, [&](auto const& p) { all(p); }))
          return false;
      }
    });
    this->totals = all.totals;
  }
};

}  // namespace bench

#endif
