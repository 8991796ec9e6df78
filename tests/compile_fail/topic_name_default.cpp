// SPDX-License-Identifier: BSL-1.0
// There is no topic name without characters, so there is no default constructor.
// EXPECT: no matching
#include <hubwire/wire/topic_name.hpp>

hubwire::topic_name fine("t");
#ifdef OFFENDING
hubwire::topic_name offending{};
#endif
