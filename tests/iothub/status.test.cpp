// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/status.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace hubwire::iothub;

TEST_CASE("status: 2xx succeeded; 429 and 5xx may succeed later", "[iothub][status]") {
  CHECK(status::succeeded(status::ok));
  CHECK(status::succeeded(status::no_content));
  CHECK(!status::succeeded(199));
  CHECK(!status::succeeded(300));
  CHECK(!status::succeeded(-200));
  CHECK(status::retryable(status::throttled));
  CHECK(status::retryable(500));
  CHECK(status::retryable(599));
  CHECK(!status::retryable(600));
  CHECK(!status::retryable(499));
  CHECK(!status::retryable(status::bad_request));
}
