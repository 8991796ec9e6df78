// SPDX-License-Identifier: BSL-1.0
// Places of a program that publish a message each: the topic is text that is checked in the call.
#include <array>
#include <cstddef>
#include <utility>

#include <footprint/client_sites.hpp>

namespace footprint {

namespace {

template <std::size_t Site>
[[gnu::noinline]] result<hubwire::delivery> publish_at() noexcept {
  auto topic = hubwire::topic_name::parse(readings[Site].topic);
  if (!topic) return topic.error();
  return the_client().publish({*topic, readings[Site].payload, hubwire::qos::at_least_once});
}

constexpr auto all = []<std::size_t... Site>(std::index_sequence<Site...>) {
  return std::array{publish_here{publish_at<Site>}...};
}
(std::make_index_sequence<FOOTPRINT_SITES>{});

}  // namespace

std::span<publish_here const> all_publishers() noexcept { return all; }

}  // namespace footprint
