// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/subscription.hpp>

#include <utility>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/iothub/c2d.hpp>
#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

TEST_CASE("kind_of: the four filters of a device", "[iothub][subscription]") {
  constexpr_test([] {
    identity const self{"h", "d1"};
    return kind_of("$iothub/twin/res/#", self) == filter_kind::twin_response &&
           kind_of("$iothub/twin/PATCH/properties/desired/#", self) == filter_kind::desired_update &&
           kind_of("$iothub/methods/POST/#", self) == filter_kind::method_request &&
           kind_of("devices/d1/messages/devicebound/#", self) == filter_kind::c2d &&
           kind_of("devices/+/messages/devicebound/#", self) == filter_kind::c2d;
  });
}

TEST_CASE("kind_of: all others are unknown", "[iothub][subscription]") {
  identity const self{"h", "d1"};
  CHECK(kind_of("#", self) == filter_kind::unknown);
  CHECK(kind_of("devices/d2/messages/devicebound/#", self) == filter_kind::unknown);
  CHECK(kind_of("devices/d1/messages/devicebound", self) == filter_kind::unknown);
  CHECK(kind_of("devices/d1/messages/#", self) == filter_kind::unknown);
  CHECK(kind_of("devices/d11/messages/devicebound/#", self) == filter_kind::unknown);
  CHECK(kind_of("devices/d/messages/devicebound/#", self) == filter_kind::unknown);
  CHECK(kind_of("x/devices/d1/messages/devicebound/#", self) == filter_kind::unknown);
  CHECK(kind_of("$iothub/twin/res/200/#", self) == filter_kind::unknown);
  CHECK(kind_of("$iothub/#", self) == filter_kind::unknown);
}

TEST_CASE("kind_of: the filters of twins and methods, asked at run time", "[iothub][subscription]") {
  identity const device{"h.net", "d1"};
  for (auto const& [filter, kind] : {std::pair{twin_response_filter, filter_kind::twin_response},
                                     std::pair{desired_update_filter, filter_kind::desired_update},
                                     std::pair{method_request_filter, filter_kind::method_request}})
    CHECK(kind_of(*topic_filter::parse(filter.view()), device) == kind);
}
