// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/topic_event.hpp>

#include <cstdint>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

namespace {

constexpr identity self{"h.azure-devices.net", "d1"};

// The error of a topic, none when it parses. The topic ends at a guard page.
errc in_device(std::string_view text) {
  guarded_input const input(text);
  auto const topic = topic_name::parse(input.view());
  REQUIRE(topic);
  auto const event = parse_topic(*topic, self);
  return event ? errc::none : event.error().code;
}

errc in_hub(std::string_view text) {
  guarded_input const input(text);
  auto const topic = topic_name::parse(input.view());
  REQUIRE(topic);
  auto const event = parse_device_topic(*topic, self);
  return event ? errc::none : event.error().code;
}

}  // namespace

TEST_CASE("topic_event: made of a message, as an application's own tests make one", "[iothub][topic_event]") {
  volatile std::uint16_t const status = 204;  // so that all this happens at run time
  topic_event const response = iothub::twin_response{status, 42, 17};
  REQUIRE(response.kind() == topic_kind::twin_response);
  CHECK(response.twin_response()->status == 204);
  CHECK(response.twin_response()->id == "42");
  CHECK(response.twin_response()->version == 17u);
  CHECK(response.method_request() == nullptr);

  topic_event const update = iothub::desired_update{status};
  REQUIRE(update.kind() == topic_kind::desired_update);
  CHECK(update.desired_update()->version == 204);

  topic_event const request = iothub::method_request{"reboot", 7};
  REQUIRE(request.kind() == topic_kind::method_request);
  CHECK(request.method_request()->name == "reboot");
  CHECK(request.method_request()->id == "7");
  CHECK(request.twin_response() == nullptr);
}

TEST_CASE("parse_topic: cloud-to-device messages", "[iothub][topic_event]") {
  auto const event = parse_topic(
      "devices/d1/messages/devicebound/"
      "%24.mid=1&%24.to=%2Fdevices%2Fd1%2Fmessages%2FdeviceBound&a&b=&c=x%20y",
      self);
  REQUIRE(event);
  CHECK(event->kind() == topic_kind::c2d);
  REQUIRE(event->c2d() != nullptr);
  property_bag const& bag = event->c2d()->properties;
  CHECK(bag.size() == 5);
  CHECK(*bag.find(system_property::to) == "/devices/d1/messages/deviceBound");
  CHECK(bag.find("a")->is_null());
  CHECK(*bag.find("b") == "");
  CHECK(*bag.find("c") == "x y");
  CHECK(event->telemetry() == nullptr);
  CHECK(event->twin_response() == nullptr);
  CHECK(event->desired_update() == nullptr);
  CHECK(event->method_request() == nullptr);
  CHECK(event->twin_get() == nullptr);
  CHECK(event->reported_update() == nullptr);
  CHECK(event->method_response() == nullptr);
  CHECK(parse_topic("devices/d1/messages/devicebound/", self)->c2d()->properties.empty());
  CHECK(parse_topic("devices/d1/messages/devicebound", self)->c2d()->properties.empty());
}

TEST_CASE("parse_topic: a broken escape keeps the message, a broken structure does not",
          "[iothub][topic_event]") {
  auto const event = parse_topic("devices/d1/messages/devicebound/a=%E0%A4%A&b=1", self);
  REQUIRE(event);
  CHECK(event->c2d()->properties.find("a")->malformed());
  CHECK(*event->c2d()->properties.find("b") == "1");
  CHECK(in_device("devices/d1/messages/devicebound/=x") == errc::invalid_iothub_topic);
}

TEST_CASE("parse_topic: a topic is compared from its first character and with the own id",
          "[iothub][topic_event]") {
  for (std::string_view const text : {"devices/OTHER/messages/devicebound/",
                                      "devices/D1/messages/devicebound/",
                                      "devices/d/messages/devicebound/",
                                      "devices/d11/messages/devicebound/",
                                      "xxdevices/d1/messages/devicebound/",
                                      "/devices/d1/messages/devicebound/",
                                      "devices/d1/messages/deviceboundX/",
                                      "devices/d1/messages/devicebounds",
                                      "devices/d1/messages/events/",
                                      "devices/d1/modules/m/messages/devicebound/",
                                      "devices//messages/devicebound/",
                                      "devices/",
                                      "devices/d1",
                                      "foo/bar",
                                      "$iothub",
                                      "$iothub/",
                                      "$iothub/twin/other/",
                                      "$iothub/twin/res",
                                      "$iothub/twin/PATCH/properties/",
                                      "$iothub/methods/POST",
                                      "$iothub/methods/res/200/?$rid=1",
                                      "$iothub/twin/GET/?$rid=1",
                                      "$iothub/twin/PATCH/properties/reported/?$rid=1",
                                      "abc$iothub/twin/res/200/?$rid=1",
                                      "x/y/$iothub/methods/zzz/POST/foo/?$rid=1",
                                      "$IOTHUB/twin/res/200/?$rid=1",
                                      "$SYS/x"}) {
    INFO(text);
    CHECK(in_device(text) == errc::not_iothub_topic);
  }
}

TEST_CASE("parse_topic: the identity decides whose a message topic is", "[iothub][topic_event]") {
  identity const other{"h.azure-devices.net", "another-1"};
  CHECK(parse_topic("devices/another-1/messages/devicebound/a=1", other)->c2d()->properties.size() == 1);
  CHECK(parse_device_topic("devices/another-1/messages/events/a=1", other)->telemetry()->properties.size() ==
        1);
  CHECK(parse_topic("devices/d1/messages/devicebound/a=1", other).error() == errc::not_iothub_topic);
  CHECK(parse_device_topic("devices/d1/messages/events/a=1", other).error() == errc::not_iothub_topic);
}

TEST_CASE("parse_topic: twin responses", "[iothub][topic_event][H213]") {
  auto const event = parse_topic("$iothub/twin/res/204/?$rid=4&$version=12", self);
  REQUIRE(event);
  CHECK(event->kind() == topic_kind::twin_response);
  REQUIRE(event->twin_response() != nullptr);
  CHECK(event->twin_response()->status == 204);
  CHECK(event->twin_response()->id == 4);
  CHECK(event->twin_response()->version == 12u);

  auto const other_order = parse_topic("$iothub/twin/res/200/?x=y&$version=6&z&%24rid=abc-1&", self);
  REQUIRE(other_order);
  CHECK(other_order->twin_response()->id == "abc-1");
  CHECK(other_order->twin_response()->version == 6u);
  CHECK(!parse_topic("$iothub/twin/res/200/?$rid=1", self)->twin_response()->version);
  CHECK(parse_topic("$iothub/twin/res/200/?$rid=1&$version=18446744073709551615", self)
            ->twin_response()
            ->version == ~std::uint64_t{0});
}

TEST_CASE("parse_topic: twin responses with a broken part", "[iothub][topic_event][H213]") {
  for (std::string_view const text : {"$iothub/twin/res/99999999999/?$rid=1",
                                      "$iothub/twin/res/99999999999/",
                                      "$iothub/twin/res/-1/?$rid=1",
                                      "$iothub/twin/res/-1/",
                                      "$iothub/twin/res//?$rid=1",
                                      "$iothub/twin/res//",
                                      "$iothub/twin/res/",
                                      "$iothub/twin/res/200",
                                      "$iothub/twin/res/abc/?$rid=1",
                                      "$iothub/twin/res/20/?$rid=1",
                                      "$iothub/twin/res/2000/?$rid=1",
                                      "$iothub/twin/res/0200/?$rid=1",
                                      "$iothub/twin/res/099/?$rid=1",
                                      "$iothub/twin/res/20x/?$rid=1",
                                      "$iothub/twin/res/204/$rid=4",
                                      "$iothub/twin/res/204/x/?$rid=4",
                                      "$iothub/twin/res/204/?$rid=4/",
                                      "$iothub/twin/res/204/?$rid=4/x",
                                      "$iothub/twin/res/204//?$rid=4",
                                      "$iothub/twin/res/204/?$rid=4&$version=",
                                      "$iothub/twin/res/204/?$rid=4&$version",
                                      "$iothub/twin/res/204/?$rid=4&$version=x",
                                      "$iothub/twin/res/204/?$rid=4&$version=-1",
                                      "$iothub/twin/res/204/?$rid=4&$version=18446744073709551616",
                                      "$iothub/twin/res/204/?$rid=4&$version=1&$version=1",
                                      "$iothub/twin/res/204/?$rid=4&$rid=4",
                                      "$iothub/twin/res/204/?$rid=&$rid=4",
                                      "$iothub/twin/res/204/?&$rid=4",
                                      "$iothub/twin/res/204/?$rid=4&=1"}) {
    INFO(text);
    CHECK(in_device(text) == errc::invalid_iothub_topic);
  }
}

TEST_CASE("parse_topic: a missing $rid is an error of its own", "[iothub][topic_event][H213]") {
  for (std::string_view const text :
       {"$iothub/twin/res/204/", "$iothub/twin/res/204/?", "$iothub/twin/res/204/?$version=12",
        "$iothub/twin/res/204/?$rid", "$iothub/twin/res/204/?$rid=", "$iothub/twin/res/204/?rid=4",
        "$iothub/twin/res/204/?$RID=4", "$iothub/methods/POST/reboot/", "$iothub/methods/POST/reboot/?x=1"}) {
    INFO(text);
    CHECK(in_device(text) == errc::missing_request_id);
  }
}

TEST_CASE("parse_topic: desired updates", "[iothub][topic_event][H213]") {
  auto const event = parse_topic("$iothub/twin/PATCH/properties/desired/?$version=18", self);
  REQUIRE(event);
  CHECK(event->kind() == topic_kind::desired_update);
  REQUIRE(event->desired_update() != nullptr);
  CHECK(event->desired_update()->version == 18);
  for (std::string_view const text :
       {"$iothub/twin/PATCH/properties/desired/", "$iothub/twin/PATCH/properties/desired/?",
        "$iothub/twin/PATCH/properties/desired/?$version=",
        "$iothub/twin/PATCH/properties/desired/?$version=a",
        "$iothub/twin/PATCH/properties/desired/$version=1",
        "$iothub/twin/PATCH/properties/desired/x/?$version=1",
        "$iothub/twin/PATCH/properties/desired/?$version=99999999999999999999"}) {
    INFO(text);
    CHECK(in_device(text) == errc::invalid_iothub_topic);
  }
}

TEST_CASE("parse_topic: method requests", "[iothub][topic_event][H212]") {
  auto const event = parse_topic("$iothub/methods/POST/SetTelemetryInterval/?$rid=1f", self);
  REQUIRE(event);
  CHECK(event->kind() == topic_kind::method_request);
  REQUIRE(event->method_request() != nullptr);
  CHECK(event->method_request()->name == "SetTelemetryInterval");
  CHECK(event->method_request()->id == "1f");
  CHECK(parse_topic("$iothub/methods/POST/reboot/?x=1&$rid=1", self)->method_request()->id == 1);
  CHECK(parse_topic("$iothub/methods/POST/my%20method/?$rid=a%20b", self)->method_request()->name ==
        "my%20method");
  CHECK(parse_topic("$iothub/methods/POST/c*m/?$rid=a=b", self)->method_request()->id == "a=b");
  for (std::string_view const text :
       {"$iothub/methods/POST/", "$iothub/methods/POST//?$rid=1", "$iothub/methods/POST/a/b/?$rid=1",
        "$iothub/methods/POST/a", "$iothub/methods/POST/a?$rid=1", "$iothub/methods/POST/?$rid=1"}) {
    INFO(text);
    CHECK(in_device(text) == errc::invalid_iothub_topic);
  }
}

TEST_CASE("parse_topic: no element has a size limit", "[iothub][topic_event][H212]") {
  std::string const bag = "%24.mid=" + std::string(300, 'm') + "&a=" + std::string(289, 'v');
  std::string const message = "devices/d1/messages/devicebound/" + bag;
  auto const c2d = parse_topic(*topic_name::parse(message), self);
  REQUIRE(c2d);
  CHECK(bag.size() == 600);
  CHECK(*c2d->c2d()->properties.find("$.mid") == std::string(300, 'm'));

  std::string const name(128, 'n');
  std::string const id(500, 'i');
  std::string const request = "$iothub/methods/POST/" + name + "/?$rid=" + id;
  auto const method = parse_topic(*topic_name::parse(request), self);
  REQUIRE(method);
  CHECK(method->method_request()->name == name);
  CHECK(method->method_request()->id.text() == id);
  CHECK(parse_topic("$iothub/twin/res/200/?$rid=abc-1", self)->twin_response()->id == "abc-1");
}

TEST_CASE("parse_device_topic: telemetry with and without properties and slashes", "[iothub][topic_event]") {
  for (std::string_view const text :
       {"devices/d1/messages/events/a=1&b", "devices/d1/messages/events/a=1&b/",
        "devices/d1/messages/events/a=1&b/ignored", "devices/d1/messages/events/a=1&b&"}) {
    INFO(text);
    auto const event = parse_device_topic(*topic_name::parse(text), self);
    REQUIRE(event);
    CHECK(event->kind() == topic_kind::telemetry);
    REQUIRE(event->telemetry() != nullptr);
    CHECK(event->telemetry()->properties.size() == 2);
    CHECK(*event->telemetry()->properties.find("a") == "1");
    CHECK(event->telemetry()->properties.find("b")->is_null());
  }
  CHECK(parse_device_topic("devices/d1/messages/events/", self)->telemetry()->properties.empty());
  CHECK(parse_device_topic("devices/d1/messages/events", self)->telemetry()->properties.empty());
  CHECK(parse_device_topic("devices/d1/messages/events/a=/", self)
            ->telemetry()
            ->properties.find("a")
            ->state() == value_state::empty);
  CHECK(*parse_device_topic("devices/d1/messages/events/$.ct=a%2Fb", self)
             ->telemetry()
             ->properties.find("$.ct") == "a/b");
}

TEST_CASE("parse_device_topic: a question mark belongs to the first name of telemetry",
          "[iothub][topic_event]") {
  auto const event = parse_device_topic("devices/d1/messages/events/?a=1&b", self);
  REQUIRE(event);
  REQUIRE(event->telemetry() != nullptr);
  auto const& properties = event->telemetry()->properties;
  CHECK(properties.raw() == "?a=1&b");
  CHECK(properties.find("?a").value_or(property_value()) == "1");
  CHECK_FALSE(properties.find("a"));
  auto const nameless = parse_device_topic("devices/d1/messages/events/?=1", self);
  REQUIRE(nameless);
  CHECK(nameless->telemetry()->properties.find("?").value_or(property_value()) == "1");
}

TEST_CASE("parse_device_topic: twin requests", "[iothub][topic_event]") {
  auto const get = parse_device_topic("$iothub/twin/GET/?$rid=4ab1b9b8-0fb5", self);
  REQUIRE(get);
  CHECK(get->kind() == topic_kind::twin_get);
  CHECK(get->twin_get()->id == "4ab1b9b8-0fb5");

  auto const patch = parse_device_topic("$iothub/twin/PATCH/properties/reported/?$rid=2&$version=7", self);
  REQUIRE(patch);
  CHECK(patch->kind() == topic_kind::reported_update);
  CHECK(patch->reported_update()->id == 2);
  CHECK(patch->reported_update()->version == 7u);
  CHECK(!parse_device_topic("$iothub/twin/PATCH/properties/reported/?$rid=2", self)
             ->reported_update()
             ->version);

  CHECK(in_hub("$iothub/twin/GET/") == errc::missing_request_id);
  CHECK(in_hub("$iothub/twin/GET/?$rid=") == errc::missing_request_id);
  CHECK(in_hub("$iothub/twin/GET/$rid=1") == errc::invalid_iothub_topic);
  CHECK(in_hub("$iothub/twin/GET/x/?$rid=1") == errc::invalid_iothub_topic);
  CHECK(in_hub("$iothub/twin/GET/?$rid=1&$rid=2") == errc::invalid_iothub_topic);
  CHECK(in_hub("$iothub/twin/PATCH/properties/reported/") == errc::missing_request_id);
  CHECK(in_hub("$iothub/twin/PATCH/properties/reported/?$rid=1&$version=x") == errc::invalid_iothub_topic);
}

TEST_CASE("parse_device_topic: method responses with any 32-bit status", "[iothub][topic_event]") {
  auto const response = parse_device_topic("$iothub/methods/res/200/?$rid=1a", self);
  REQUIRE(response);
  CHECK(response->kind() == topic_kind::method_response);
  CHECK(response->method_response()->status == 200);
  CHECK(response->method_response()->id == "1a");
  CHECK(parse_device_topic("$iothub/methods/res/-2147483648/?$rid=1", self)->method_response()->status ==
        INT32_MIN);
  CHECK(parse_device_topic("$iothub/methods/res/2147483647/?$rid=1", self)->method_response()->status ==
        INT32_MAX);
  CHECK(parse_device_topic("$iothub/methods/res/0/?$rid=1", self)->method_response()->status == 0);
  for (std::string_view const text :
       {"$iothub/methods/res/", "$iothub/methods/res//?$rid=1", "$iothub/methods/res/-/?$rid=1",
        "$iothub/methods/res/2147483648/?$rid=1", "$iothub/methods/res/-2147483649/?$rid=1",
        "$iothub/methods/res/1.5/?$rid=1", "$iothub/methods/res/--1/?$rid=1", "$iothub/methods/res/200"}) {
    INFO(text);
    CHECK(in_hub(text) == errc::invalid_iothub_topic);
  }
  CHECK(in_hub("$iothub/methods/res/200/") == errc::missing_request_id);
}

TEST_CASE("parse_device_topic: what a device may not publish", "[iothub][topic_event]") {
  for (std::string_view const text :
       {"devices/d2/messages/events/", "devices/d1/messages/devicebound/", "/devices/d1/messages/events",
        "devices/d1/messages/eventsX", "devices/d1/modules/m/messages/events/", "$iothub/twin/other/",
        "$iothub/twin/res/200/?$rid=1", "$iothub/methods/POST/a/?$rid=1", "foo", "$iothub/twin/GET"}) {
    INFO(text);
    CHECK(in_hub(text) == errc::not_iothub_topic);
  }
}

TEST_CASE("parse_topic: every beginning of a topic is read or refused", "[iothub][topic_event][H213]") {
  for (std::string_view const whole :
       {"devices/d1/messages/devicebound/%24.mid=1&a=b%20c", "$iothub/twin/res/204/?$rid=4&$version=12",
        "$iothub/twin/PATCH/properties/desired/?$version=18", "$iothub/methods/POST/reboot/?$rid=1a",
        "devices/d1/messages/events/a=%2", "$iothub/methods/res/-200/?$rid=1",
        "$iothub/twin/PATCH/properties/reported/?$rid=1&$version=2"}) {
    for (std::size_t size = 1; size != whole.size(); ++size) {
      std::string_view const front = whole.substr(0, size);
      for (errc const code : {in_device(front), in_hub(front)})
        CHECK((code == errc::none || code == errc::not_iothub_topic || code == errc::invalid_iothub_topic ||
               code == errc::missing_request_id));
    }
  }
}

TEST_CASE("parse_topic: each builder's topic comes back as what it was made of", "[iothub][topic_event]") {
  char buffer[200];
  auto const request = parse_topic(*method_request_topic(buffer, {.name = "m", .id = 9}), self);
  CHECK(request->method_request()->id == 9);
  auto const response =
      parse_topic(*twin_response_topic(buffer, {.status = 412, .id = "r", .version = 3}), self);
  CHECK(response->twin_response()->status == 412);
  auto const desired = parse_topic(*desired_update_topic(buffer, {.version = 5}), self);
  CHECK(desired->desired_update()->version == 5);
  auto const message = parse_topic(*c2d_topic(buffer, "d1").add_null("a").add("b", "/").done(), self);
  CHECK(*message->c2d()->properties.find("b") == "/");
  auto const telemetry = parse_device_topic(*telemetry_topic(buffer, "d1").add("b", "/").done(), self);
  CHECK(*telemetry->telemetry()->properties.find("b") == "/");
  auto const get = parse_device_topic(*twin_get_topic(buffer, 77), self);
  CHECK(get->twin_get()->id == 77);
  auto const patch = parse_device_topic(*reported_update_topic(buffer, {.id = 78, .version = 2}), self);
  CHECK(patch->reported_update()->version == 2u);
  auto const answer = parse_device_topic(*method_response_topic(buffer, {.status = -1, .id = "z"}), self);
  CHECK(answer->method_response()->status == -1);
}

TEST_CASE("parse_topic: works in constant evaluation", "[iothub][topic_event]") {
  constexpr_test([] {
    identity const me{"h", "d1"};
    auto const event = parse_topic("$iothub/twin/res/204/?$rid=4&$version=12", me);
    auto const message = parse_device_topic("devices/d1/messages/events/a=%20", me);
    return event->twin_response()->status == 204 && event->c2d() == nullptr &&
           *message->telemetry()->properties.find("a") == " ";
  });
}

TEST_CASE("topic_event: telemetry with a property that has no name", "[iothub][topic_event]") {
  iothub::identity const device{"h.azure-devices.net", "d1"};
  for (topic_name const topic :
       {topic_name("devices/d1/messages/events/&"), topic_name("devices/d1/messages/events/a=1&&b"),
        topic_name("devices/d1/messages/events/=1/x")})
    CHECK(iothub::parse_device_topic(topic, device).error() == errc::invalid_iothub_topic);
}
