// SPDX-License-Identifier: BSL-1.0
// Built with NDEBUG: nothing that writes for IoT Hub takes what comes from a failed result.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/iothub.hpp>

using namespace hubwire;
using namespace hubwire::iothub;

namespace {

// Text of which the compiler knows nothing.
std::string_view at_run_time(std::string_view text) {
  static std::string kept;
  kept = text;
  return kept;
}

struct no_hmac {
  result<void> operator()(byte_view, message_parts, sha256_output) const noexcept { return {}; }
};

}  // namespace

TEST_CASE("host_name: one from a failed result is no part of a user name or token", "[absent][identity]") {
  identity const self{*host_name::parse(at_run_time("my hub!")), "d1"};
  CHECK(self.host.view().empty());
  CHECK(self.host.port() == 0);
  CHECK_FALSE(self.is_present());
  std::array<char, 256> output{};
  CHECK(user_name(output, self).error() == errc::invalid_field);
  CHECK((*user_name(output, self)).size() > text_max);  // so that CONNECT refuses it too
  CHECK(sas_resource(self).empty());
  CHECK(string_to_sign(output, self, earliest_time).error() == errc::missing_field);
  CHECK(sas_token(output, {.resource = self, .key = "a2V5", .expiry = earliest_time}, no_hmac{}).error() ==
        errc::missing_field);
}

TEST_CASE("device_id: one from a failed result is no part of anything that is sent", "[absent][identity]") {
  device_id const absent = *device_id::parse(at_run_time("a b"));
  CHECK(absent.view().empty());
  identity const self{"h", absent};
  std::array<char, 256> output{};
  CHECK(client_id(output, self).error() == errc::invalid_field);
  CHECK((*client_id(output, self)).size() > text_max);
  CHECK(user_name(output, self).error() == errc::invalid_field);
  CHECK(telemetry_topic(output, absent).add("a", "b").done().error() == errc::invalid_topic_name);
  CHECK(c2d_topic(output, absent).done().error() == errc::invalid_topic_name);
  CHECK(c2d_filter(output, absent).error() == errc::invalid_topic_filter);
  CHECK((*c2d_filter(output, absent)).view().empty());
  // The host alone would be a token for all of the hub.
  CHECK(sas_resource(self).empty());
  CHECK(string_to_sign(output, self, earliest_time).error() == errc::missing_field);
  CHECK(sas_password(output, {.resource = self, .expiry = earliest_time}, std::string(44, 'A')).error() ==
        errc::missing_field);
}

TEST_CASE("identity: one from a failed connection string or user name is not sent", "[absent][identity]") {
  std::array<char, 256> output{};
  CHECK(user_name(output, *connection_string{}.identity()).error() == errc::invalid_field);
  auto const parsed = parse_user_name(at_run_time("my hub!/d1"));
  CHECK_FALSE((*parsed).identity().is_present());
  CHECK(user_name(output, (*parsed).identity()).error() == errc::invalid_field);
}

TEST_CASE("encoded_text: one from a failed result is not written", "[absent][encoded_text]") {
  encoded_text const absent = *encoded_text::parse(at_run_time("a b"));
  CHECK(absent.view().empty());
  CHECK_FALSE(absent.is_present());
  CHECK(encoded_text().is_present());
  CHECK((*encoded_text::parse({})).is_present());
  std::array<char, 256> output{};
  CHECK(telemetry_topic(output, "d1").add_encoded("a", absent).done().error() ==
        errc::invalid_percent_encoding);
  CHECK(telemetry_topic(output, "d1").add_encoded(absent, "a").done().error() ==
        errc::invalid_percent_encoding);
  CHECK(telemetry_topic(output, "d1").add_null_encoded(absent).done().error() ==
        errc::invalid_percent_encoding);
  CHECK(telemetry_topic(output, "d1").add_encoded("a", "").done().has_value());
  CHECK(user_name(output, {"h", "d1"}, {.api_version = absent}).error() == errc::invalid_field);
}

TEST_CASE("user_name: an option from a failed result is not left out", "[absent][user_name]") {
  text const absent = *text::parse(at_run_time("\xFF"));
  std::array<char, 256> output{};
  CHECK(user_name(output, {"h", "d1"}, {.device_client_type = absent}).error() == errc::invalid_field);
  CHECK(user_name(output, {"h", "d1"}, {.model_id = absent}).error() == errc::invalid_field);
  CHECK(user_name(output, {"h", "d1"}).has_value());
}

TEST_CASE("request_id: one from a failed result is neither a number nor a text", "[absent][request_id]") {
  request_id const absent = *request_id::parse(at_run_time("a/b"));
  CHECK(absent.text().empty());
  CHECK_FALSE(absent.number().has_value());
  CHECK_FALSE(absent == request_id(0));
  CHECK_FALSE(absent == absent);
  for (std::size_t const room : {std::size_t{8}, std::size_t{256}}) {
    std::array<char, 256> memory{};
    char_span const output(memory.data(), room);
    CHECK(twin_get_topic(output, absent).error() == errc::invalid_topic_name);
    CHECK(reported_update_topic(output, {.id = absent, .version = 7}).error() == errc::invalid_topic_name);
    CHECK(twin_response_topic(output, {.id = absent}).error() == errc::invalid_topic_name);
    CHECK(method_response_topic(output, {.id = absent}).error() == errc::invalid_topic_name);
    CHECK(method_request_topic(output, {.name = "m", .id = absent}).error() == errc::invalid_topic_name);
  }
}

TEST_CASE("property_bag: one from a failed result has no properties", "[absent][property_bag]") {
  property_bag const absent = *property_bag::parse(at_run_time("a=1&&b=2"));
  CHECK(absent.empty());
  CHECK_FALSE(absent.find("a").has_value());
}

TEST_CASE("topic_event: one from a failed result is none of the eight", "[absent][topic_event]") {
  for (std::string_view const topic :
       {"$iothub/twin/res/20/?$rid=1", "$iothub/methods/POST/m/?$rid=", "$iothub/methods/POST//?$rid=1",
        "$iothub/twin/PATCH/properties/desired/?$version=x", "devices/d1/messages/devicebound/a&&b",
        "other"}) {
    CAPTURE(topic);
    auto const event = parse_topic(topic_name::trusted(at_run_time(topic)), {"h", "d1"});
    REQUIRE_FALSE(event.has_value());
    CHECK((*event).c2d() == nullptr);
    CHECK((*event).twin_response() == nullptr);
    CHECK((*event).desired_update() == nullptr);
    CHECK((*event).method_request() == nullptr);
    CHECK((*event).telemetry() == nullptr);
  }
}

TEST_CASE("topics and texts that did not fit are not sent", "[absent][text_writer]") {
  std::array<char, 16> small{};
  CHECK((*telemetry_topic(small, "device1").done()).view().empty());
  CHECK((*client_id(char_span(small).first(2), {"h", "device1"})).size() > text_max);
  CHECK((*user_name(small, {"h", "device1"})).size() > text_max);
  CHECK((*string_to_sign(small, "host/devices/device1", earliest_time)).empty());
  CHECK((*sas_token(small, {.resource = "host", .key = "a2V5", .expiry = earliest_time}, no_hmac{})).empty());
}

// Every result of the library has a value to hold when it failed; none keeps what lay in memory.
TEST_CASE("result: every type of the library has a value for a failure", "[absent][result]") {
  STATIC_CHECK(hubwire::detail::made_of_nothing<iothub::identity>);
  STATIC_CHECK(hubwire::detail::made_of_nothing<host_name>);
  STATIC_CHECK(hubwire::detail::made_of_nothing<device_id>);
  STATIC_CHECK(hubwire::detail::made_of_nothing<parsed_user_name>);
  STATIC_CHECK(hubwire::detail::made_of_nothing<request_id>);
  STATIC_CHECK(hubwire::detail::made_of_nothing<encoded_text>);
  STATIC_CHECK(hubwire::detail::made_of_nothing<topic_event>);
  STATIC_CHECK(hubwire::detail::made_of_nothing<property_bag>);
  STATIC_CHECK(hubwire::detail::made_of_nothing<parsed_sas_token>);
  STATIC_CHECK(hubwire::detail::made_of_nothing<twin_document>);
  STATIC_CHECK(hubwire::detail::made_of_nothing<connection_string>);
}
