// SPDX-License-Identifier: BSL-1.0
// An error on the console: its name and number, and below what that means.
#ifndef DEVICE_FAILURE_HPP
#define DEVICE_FAILURE_HPP

#include <cstddef>
#include <string_view>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/explain.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/iothub/connection_string_fault.hpp>
#include <hubwire/transport/bearssl_explain.hpp>
#include <hubwire/v3/connack.hpp>

#include "console.hpp"

namespace device {

inline void say_failure(std::string_view what, hubwire::error why,
                        hubwire::moment when = hubwire::moment::unknown) noexcept {
  if (why == hubwire::errc::connection_refused) {
    auto const code = static_cast<hubwire::v3::connect_return_code>(why.detail);
    say() << what << ": the hub refused with CONNACK " << why.detail << ", " << to_string(code);
  } else {
    say() << what << ": " << to_string(why.code) << ", detail " << why.detail;
  }
  say() << "    " << hubwire::explain_bearssl(why, when);
}

// Where the connection string is wrong: parts and characters are counted from 1. Nothing of it is shown, not even
// what looks like a name, since a key may stand anywhere in a text that is wrong.
inline void say_failure(std::string_view connection_string,
                        hubwire::iothub::connection_string_fault const& fault) noexcept {
  namespace iothub = hubwire::iothub;
  std::size_t part = 1;
  for (char const c : hubwire::first(connection_string, fault.offset)) part += c == ';' ? 1 : 0;
  {
    line text;
    text << "the connection string cannot be used: " << to_string(fault.why.code);
    if (fault.field != iothub::connection_field::unknown) text << " " << to_string(fault.field);
    if (fault.mistake != iothub::connection_string_mistake::missing_part)
      text << ", part " << part << ", character " << fault.offset + 1;
  }
  say() << "    " << explain(fault);
}

}  // namespace device

#endif
