// SPDX-License-Identifier: BSL-1.0
#include "subscriptions.hpp"

#include <algorithm>

namespace hub_emulator {

hubwire::v3::suback_return_code subscriptions::add(hubwire::v3::subscription const& wanted,
                                                   hubwire::iothub::identity const& who) {
  hubwire::qos const granted = std::min(wanted.qos, hubwire::qos::at_least_once);
  auto const same = std::find_if(records_.begin(), records_.end(), [&](subscription_record const& record) {
    return record.filter == wanted.filter.view();
  });
  if (same != records_.end()) {
    same->qos = granted;
  } else {
    if (records_.size() == most) return hubwire::v3::suback_return_code::failure;
    records_.push_back(
        {std::string(wanted.filter.view()), granted, hubwire::iothub::kind_of(wanted.filter, who)});
  }
  return static_cast<hubwire::v3::suback_return_code>(granted);
}

bool subscriptions::remove(std::string_view filter) {
  return std::erase_if(records_,
                       [&](subscription_record const& record) { return record.filter == filter; }) != 0;
}

std::optional<hubwire::qos> subscriptions::granted(filter_kind kind) const {
  std::optional<hubwire::qos> best;
  for (subscription_record const& record : records_)
    if (record.kind == kind && (!best || *best < record.qos)) best = record.qos;
  return best;
}

}  // namespace hub_emulator
