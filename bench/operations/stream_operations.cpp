// SPDX-License-Identifier: BSL-1.0
// What a broker sends, packet after packet.
#include <string>
#include <vector>

#include <hubwire/mqtt3.hpp>

#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

using namespace hubwire;

constexpr std::size_t hot = 64;  // 17 kB: they stay in the first cache
constexpr std::size_t cold = 10'000;

// Hands on every field of every packet that a server sends.
struct consumer {
  std::size_t packets = 0;
  std::size_t payload = 0;

  [[gnu::always_inline]] void operator()(v3::publish const& p) {
    keep(p.topic.view().data(), p.topic.size(), p.payload.data(), p.retain);
    keep(p.delivery.qos(), p.delivery.duplicate(), p.delivery.has_id());
    payload += p.payload.size();
    ++packets;
  }
  template <packet_type Type>
  [[gnu::always_inline]] void operator()(v3::acknowledgement<Type> const& p) {
    keep(p.id.number());
    ++packets;
  }
  [[gnu::always_inline]] void operator()(v3::suback const& p) {
    keep(p.id.number(), p.codes.size(), *p.codes.begin());
    ++packets;
  }
  [[gnu::always_inline]] void operator()(auto const&) { ++packets; }
};

struct received {
  explicit received(std::size_t count) : storage(joined(stream_packets(count))) {}

  std::string storage;
  char_view input{storage};
  std::size_t packets = 0;
  std::size_t payload = 0;
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
    packets = all.packets;
    payload = all.payload;
  }
  bool check() const { return packets == Count && payload > Count * 100; }
};

constexpr operation operations[] = {
    measured<walk<strict, hot>>("stream_hot", 0, hot),
    measured<walk<structural, hot>>("stream_hot_unchecked", 0, hot),
    measured<walk<strict, cold>>("stream_cold", 0, cold),
    measured<walk<structural, cold>>("stream_cold_unchecked", 0, cold),
};

}  // namespace

std::span<operation const> stream_operations() { return operations; }

}  // namespace bench
