// SPDX-License-Identifier: BSL-1.0
// What takes the packets of a stream: it hands on every field, and counts.
#ifndef HUBWIRE_BENCH_OPERATIONS_CONSUMER_HPP
#define HUBWIRE_BENCH_OPERATIONS_CONSUMER_HPP

#include <cstddef>

#include <hubwire/mqtt3.hpp>

#include "data.hpp"
#include "operation.hpp"

namespace bench {

// Of a SUBACK the first code: the others are read as it is, one by one, if they are wanted.
struct consumer {
  stream_totals totals{};

  [[gnu::always_inline]] void operator()(hubwire::v3::publish const& p) {
    keep(p.topic.view().data(), p.topic.size(), p.payload.data(), p.payload.size());
    keep(p.delivery.qos(), p.delivery.duplicate(), p.retain);
    if (p.delivery.has_id()) keep(p.delivery.id().number());
    totals.payload += p.payload.size();
    ++totals.packets;
  }
  template <hubwire::packet_type Type>
  [[gnu::always_inline]] void operator()(hubwire::v3::acknowledgement<Type> const& p) {
    keep(p.id.number());
    ++totals.packets;
  }
  [[gnu::always_inline]] void operator()(hubwire::v3::suback const& p) {
    keep(p.id.number(), p.codes.size(), *p.codes.begin());
    ++totals.packets;
  }
  [[gnu::always_inline]] void operator()(auto const&) { ++totals.packets; }
};

}  // namespace bench

#endif
