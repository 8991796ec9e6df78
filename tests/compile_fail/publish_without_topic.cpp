// SPDX-License-Identifier: BSL-1.0
// A PUBLISH needs a topic.
// EXPECT: could not convert | no matching constructor
#include <hubwire/v3/publish.hpp>

constexpr hubwire::v3::publish fine{.topic = "t"};
#ifdef OFFENDING
constexpr hubwire::v3::publish offending{.retain = true};
#endif
