// SPDX-License-Identifier: BSL-1.0
// A list of subscriptions does not outlive a temporary array.
// EXPECT: deleted
#include <array>

#include <hubwire/v3/subscribe.hpp>

using subscriptions = std::array<hubwire::v3::subscription, 1>;

constexpr std::size_t count(hubwire::list_view<hubwire::v3::subscription> list) { return list.size(); }

constexpr subscriptions kept{{{.filter = "a/b"}}};
constexpr std::size_t fine = count(kept);
#ifdef OFFENDING
constexpr std::size_t offending = count(subscriptions{{{.filter = "a/b"}}});
#endif
