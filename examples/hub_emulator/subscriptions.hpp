// SPDX-License-Identifier: BSL-1.0
// The topic filters of one device's session.
#ifndef HUB_EMULATOR_SUBSCRIPTIONS_HPP
#define HUB_EMULATOR_SUBSCRIPTIONS_HPP

#include <cstddef>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/subscription.hpp>
#include <hubwire/v3/suback.hpp>
#include <hubwire/v3/subscribe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hub_emulator {

using hubwire::iothub::filter_kind;

struct subscription_record {
  std::string filter{};
  hubwire::qos qos{};
  filter_kind kind{};  // unknown: granted like the others, and nothing ever matches it
};

class subscriptions {
 public:
  // IoT Hub's documented limit.
  static constexpr std::size_t most = 5;

  // The granted QoS, never more than 1; failure when it would be one filter too many. A filter that is
  // there already gets the new QoS.
  hubwire::v3::suback_return_code add(hubwire::v3::subscription const& wanted,
                                      hubwire::iothub::identity const& who);
  bool remove(std::string_view filter);  // whether it was there
  void clear() { records_.clear(); }

  // The QoS with which messages of this kind are sent, if they are at all.
  std::optional<hubwire::qos> granted(filter_kind kind) const;
  std::vector<subscription_record> const& records() const { return records_; }

 private:
  std::vector<subscription_record> records_{};
};

}  // namespace hub_emulator

#endif
