// SPDX-License-Identifier: BSL-1.0
// A client whose program publishes at several places: beside footprint/session.hpp, which has its other verbs.
#ifndef HUBWIRE_TESTS_FOOTPRINT_CLIENT_SITES_HPP
#define HUBWIRE_TESTS_FOOTPRINT_CLIENT_SITES_HPP

#include <cstddef>
#include <span>
#include <string_view>

#include <footprint/session.hpp>

// How many places the program has. sites.py sets it.
#ifndef FOOTPRINT_SITES
#define FOOTPRINT_SITES 1
#endif

namespace footprint {

inline constexpr std::size_t most_sites = 20;

// What one place publishes.
struct reading {
  std::string_view topic{};
  hubwire::bytes payload{};
};

// Each place has data of its own. They are in the driver, where the compiler of the operations does not see them.
extern reading readings[most_sites];

using publish_here = result<hubwire::delivery> (*)() noexcept;
std::span<publish_here const> all_publishers() noexcept;

}  // namespace footprint

#endif
