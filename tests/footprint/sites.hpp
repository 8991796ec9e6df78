// SPDX-License-Identifier: BSL-1.0
// Eight codec operations, each written out at several places of a program: what one more place costs. What is in
// here is the program's, not the library's, but for the operations that read: they differ by their policy alone.
#ifndef HUBWIRE_TESTS_FOOTPRINT_SITES_HPP
#define HUBWIRE_TESTS_FOOTPRINT_SITES_HPP

#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include <footprint/codec7.hpp>

// How many places the program has. sites.py sets it.
#ifndef FOOTPRINT_SITES
#define FOOTPRINT_SITES 1
#endif

namespace footprint {

inline constexpr std::size_t most_sites = 20;

// What one place sends and has received.
struct site {
  login who{};
  std::array<wish, 3> wishes{};
  outgoing what{};
  hubwire::packet_id id = 1;
  byte_span output{};
  byte_view connack{};
  byte_view suback{};
  byte_view puback{};
  byte_view publish{};
};

// Each place has data of its own. They are in the driver, where the compiler of the operations does not see them.
extern site sites[most_sites];

template <class P>
using reading = result<P> (*)() noexcept;

// The eight operations of one place.
struct operations_of_site {
  std::array<result<byte_view> (*)() noexcept, 4> encode;
  reading<v3::connack> decode_connack;
  reading<v3::suback> decode_suback;
  reading<v3::puback> decode_puback;
  reading<v3::publish> decode_publish;
};
std::span<operations_of_site const> all_sites() noexcept;

template <class Policy, std::size_t Site>
[[gnu::noinline]] result<v3::connack> decode_connack() noexcept {
  return hubwire::decode<v3::connack, Policy>(sites[Site].connack);
}

template <class Policy, std::size_t Site>
[[gnu::noinline]] result<v3::suback> decode_suback() noexcept {
  return hubwire::decode<v3::suback, Policy>(sites[Site].suback);
}

template <class Policy, std::size_t Site>
[[gnu::noinline]] result<v3::puback> decode_puback() noexcept {
  return hubwire::decode<v3::puback, Policy>(sites[Site].puback);
}

template <class Policy, std::size_t Site>
[[gnu::noinline]] result<v3::publish> decode_publish() noexcept {
  return hubwire::decode<v3::publish, Policy>(sites[Site].publish);
}

// Make is a lambda that returns what one place has, by the place's number.
template <class Make>
constexpr auto at_every_site(Make make) noexcept {
  return [&]<std::size_t... Site>(std::index_sequence<Site...>) {
    return std::array{make(std::integral_constant<std::size_t, Site>{})...};
  }
  (std::make_index_sequence<FOOTPRINT_SITES>{});
}

template <class Policy, std::size_t Site>
constexpr operations_of_site operations_with(decltype(operations_of_site::encode) const& encode) noexcept {
  return {encode, decode_connack<Policy, Site>, decode_suback<Policy, Site>, decode_puback<Policy, Site>,
          decode_publish<Policy, Site>};
}

}  // namespace footprint

#endif
