// SPDX-License-Identifier: BSL-1.0
// What a broker sends, packet after packet.
#include <string>
#include <vector>

#include <hubwire/mqtt3.hpp>

#include "consumer.hpp"
#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

using namespace hubwire;

constexpr std::size_t hot = 64;  // 17 kB: they stay in the first cache
constexpr std::size_t cold = 10'000;

struct received {
  explicit received(std::size_t count) : storage(joined(stream_packets(count))) {}

  placed storage;
  char_view input{storage.view()};
  stream_totals totals{};
};

// Packets that lie in memory one behind the other, as a driver or a file hands them over.
template <class Policy, std::size_t Count>
struct walk : received {
  walk() : received(Count) {}

  void operator()() {
    consumer all;
    char_view rest = input;
    for (;;) {
      frame_result found = split_frame(rest, largest_packet, first_bytes_from<v3_tag, role::server>);
      if (found.status != frame_status::ready) break;
      if (!dispatch<v3_tag, role::server, Policy>(found.frame, [&](auto const& p) { all(p); })) break;
      rest = rest.subspan(found.frame.size());
    }
    totals = all.totals;
  }
  bool check() const { return totals == expected_totals(Count); }
};

constexpr operation operations[] = {
    measured<walk<strict, hot>>("stream_hot", 0, hot).above("walk_hot"),
    measured<walk<structural, hot>>("stream_hot_unchecked", 0, hot).above("walk_hot"),
    measured<walk<strict, cold>>("stream_cold", 0, cold).above("walk_cold"),
    measured<walk<structural, cold>>("stream_cold_unchecked", 0, cold).above("walk_cold"),
};

}  // namespace

std::span<operation const> stream_operations() { return operations; }

}  // namespace bench
