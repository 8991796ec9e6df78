// SPDX-License-Identifier: BSL-1.0
// A result holds trivially copyable types only: nothing to destroy, no copy that could throw.
// EXPECT: result<T> holds trivially copyable types only
#include <string>

#include <hubwire/core/result.hpp>

hubwire::result<int> fine = 1;
#ifdef OFFENDING
hubwire::result<std::string> offending = hubwire::errc::malformed_packet;
#endif
