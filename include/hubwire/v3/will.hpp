// SPDX-License-Identifier: BSL-1.0
// The message that the server publishes when the connection breaks: v3.1.1 §3.1.2.5, §3.1.3.2, §3.1.3.3.
#ifndef HUBWIRE_V3_WILL_HPP
#define HUBWIRE_V3_WILL_HPP

#include <hubwire/core/bytes.hpp>
#include <hubwire/wire/delivery.hpp>
#include <hubwire/wire/topic_name.hpp>

namespace hubwire { inline namespace abi1 { namespace v3 {

struct will {
  topic_name topic;
  bytes message{};  ///< at most 65,535 bytes
  hubwire::qos qos = hubwire::qos::at_most_once;
  bool retain = false;

  friend constexpr bool operator==(will const&, will const&) noexcept = default;
};

}}}  // namespace hubwire::v3

#endif
