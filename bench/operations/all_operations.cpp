// SPDX-License-Identifier: BSL-1.0
// Everything that is measured of hubwire, and what copying the same bytes costs.
#include <hubwire/core/config.hpp>

#include "operation.hpp"

namespace bench {

std::vector<operation> all_operations() {
  std::vector<operation> all;
  for (auto const& table :
       {codec_operations(), stream_operations(), iothub_operations(), text_operations(), further_operations(),
        reader_operations(), outline_operations(), topic_operations(), session_operations(),
        turn_operations(), window_operations(), transport_operations(), floor_operations()})
    all.insert(all.end(), table.begin(), table.end());
  return all;
}

std::string measured_library() { return "hubwire " HUBWIRE_VERSION_STRING; }

}  // namespace bench
