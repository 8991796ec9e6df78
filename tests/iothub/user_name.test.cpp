// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/user_name.hpp>

#include <array>
#include <string>
#include <string_view>
#include <type_traits>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/every_size.hpp>
#include <support/guarded.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

TEST_CASE("user_name: the form that current SDKs send", "[iothub][user_name][H214]") {
  identity const self{"contoso-test.azure-devices.net", "dev-01"};
  writes_into_every_size("contoso-test.azure-devices.net/dev-01/?api-version=2021-04-12",
                         [&](char_span out) { return user_name(out, self); });
  writes_into_every_size(
      "contoso-test.azure-devices.net/dev-01/"
      "?api-version=2020-09-30&DeviceClientType=my%20app%2F1.0%20%28x%29",
      [&](char_span out) {
        return user_name(out, self, {.api_version = "2020-09-30", .device_client_type = "my app/1.0 (x)"});
      });
}

TEST_CASE("user_name: refuses what it cannot say", "[iothub][user_name]") {
  identity const self{"h", "d"};
  char buffer[100];
  CHECK(user_name(buffer, self, {.api_version = ""}).error() == errc::missing_field);
  std::string const huge(30'000, ' ');
  text const too_much = *text::parse(huge);
  CHECK(user_name(buffer, self, {.device_client_type = too_much}).error() == errc::invalid_text);
  CHECK(user_name(buffer, self, {.model_id = too_much}).error() == errc::invalid_text);
}

TEST_CASE("user_name: the model of IoT Plug and Play comes last, escaped", "[iothub][user_name][H214]") {
  identity const self{"contoso-hub-001.azure-devices.net", "device-0042a"};
  writes_into_every_size(
      "contoso-hub-001.azure-devices.net/device-0042a/?api-version=2020-09-30&DeviceClientType=c%2F1.0.0&"
      "model-id=dtmi%3Acom%3Aexample%3AThermostat%3B1",
      [&](char_span out) {
        return user_name(out, self,
                         {.api_version = "2020-09-30",
                          .device_client_type = "c/1.0.0",
                          .model_id = "dtmi:com:example:Thermostat;1"});
      });
  writes_into_every_size("h/d/?api-version=2021-04-12&model-id=m", [](char_span out) {
    return user_name(out, {"h", "d"}, {.model_id = "m"});
  });
  char buffer[100];
  auto const made = user_name(buffer, {"h", "d"}, {.model_id = "dtmi:a;1"});
  REQUIRE(made);
  CHECK(parse_user_name(made->view())->model_id == "dtmi:a;1");
}

TEST_CASE("user_name: options are texts, so nothing but valid UTF-8 gets here", "[iothub][user_name]") {
  STATIC_REQUIRE(!std::is_convertible_v<std::string_view, text>);
  STATIC_REQUIRE(!std::is_convertible_v<std::string_view, encoded_text>);
  char buffer[200];
  CHECK(*user_name(buffer, {"h", "d"}, {.device_client_type = "\xC3\xA9", .model_id = "m"}) ==
        "h/d/?api-version=2021-04-12&DeviceClientType=%C3%A9&model-id=m");
  CHECK(*user_name(buffer, {"h", "d"}, {.api_version = "2021%2D04", .model_id = "%41"}) ==
        "h/d/?api-version=2021%2D04&model-id=%2541");
}

TEST_CASE("client_id: is the device id", "[iothub][user_name][H214]") {
  writes_into_every_size("dev-01", [](char_span out) { return client_id(out, {"h", "dev-01"}); });
}

TEST_CASE("user_name: works in constant evaluation", "[iothub][user_name]") {
  constexpr_test([] {
    char buffer[64]{};
    auto const made = user_name(buffer, {"h", "d"}, {.device_client_type = "a/1"});
    auto const read = parse_user_name(made->view());
    return *made == "h/d/?api-version=2021-04-12&DeviceClientType=a%2F1" &&
           read->api_version == "2021-04-12" && read->device_client_type == "a/1" &&
           read->identity() == identity{"h", "d"};
  });
}

TEST_CASE("parse_user_name: the forms that devices send", "[iothub][user_name]") {
  struct {
    std::string_view input, host, device, module_id, version, client, model;
  } const cases[] = {
      {"h/d", "h", "d", "", "", "", ""},
      {"h:8883/d", "h:8883", "d", "", "", "", ""},
      {"h/d/api-version=2016-11-14", "h", "d", "", "2016-11-14", "", ""},
      {"h/d/?api-version=2021-04-12", "h", "d", "", "2021-04-12", "", ""},
      {"h:1/d/?api-version=2021-04-12", "h:1", "d", "", "2021-04-12", "", ""},
      {"h/d/api-version=2010-01-01&DeviceClientType=x", "h", "d", "", "2010-01-01", "x", ""},
      {"h/d/?api-version=1&model-id=m", "h", "d", "", "1", "", "m"},
      {"h/d/?model-id=m&DeviceClientType=c&api-version=1", "h", "d", "", "1", "c", "m"},
      {"h/d/m/?api-version=1&Foo=x", "h", "d", "m", "1", "", ""},
      {"h/edge1/$edgeAgent/?api-version=1", "h", "edge1", "$edgeAgent", "1", "", ""},
      {"h/d/?api-version=1&", "h", "d", "", "1", "", ""},
      {"h/d/?api-version=", "h", "d", "", "", "", ""},
      {"h/d/?api-version=1&api-version=2", "h", "d", "", "1", "", ""},
      {"h/d/?api-version=1&DeviceClientType=a%2fb%20%28c%29(d)", "h", "d", "", "1", "a/b (c)(d)", ""},
      {"h/d/?api-version=1&model-id=dtmi:com:example:T;1", "h", "d", "", "1", "", "dtmi:com:example:T;1"},
      {"h/d/?api-version=1&model-id=dtmi%3Acom%3Aexample%3AT%3B1", "h", "d", "", "1", "",
       "dtmi:com:example:T;1"},
      {"h/d/?api-version=1&DeviceClientType=raw/1.0&model-id=m", "h", "d", "", "1", "raw", ""},
      {"localhost/d1/"
       "?api-version=2021-04-12&DeviceClientType=azure-iot-device%2F1.18.4%20(node%20v20.20.2%3B%20Deb"
       "ian%2012%3B%20x64)demo%2F1.0",
       "localhost", "d1", "", "2021-04-12", "azure-iot-device/1.18.4 (node v20.20.2; Debian 12; x64)demo/1.0",
       ""},
  };
  for (auto const& c : cases) {
    INFO(c.input);
    guarded_input const input(c.input);
    auto const parsed = parse_user_name(input.view());
    REQUIRE(parsed);
    CHECK(parsed->host.view() == c.host);
    CHECK(parsed->device.view() == c.device);
    CHECK(parsed->module_id == c.module_id);
    CHECK(parsed->api_version == c.version);
    CHECK(parsed->device_client_type == c.client);
    CHECK(parsed->model_id == c.model);
  }
}

TEST_CASE("parse_user_name: anything else is refused with the offset of the part", "[iothub][user_name]") {
  struct {
    std::string_view input;
    std::uint32_t offset;
  } const cases[] = {{"", 0},
                     {"h", 1},
                     {"/d", 0},
                     {"h h/d", 0},
                     {"h:x/d", 0},
                     {"h/", 2},
                     {"h/a b", 2},
                     {"h//?api-version=1", 2},
                     {"h/d/", 4},
                     {"h/d/fooBar", 4},
                     {"h/d/api-version", 4},
                     {"h/d/?", 4},
                     {"h/d/?version=1", 4},
                     {"h/d/?&api-version=1", 4},
                     {"h/d/m?api-version=1", 4},
                     {"h/d//?api-version=1", 4},
                     {"h/d/m/", 6},
                     {"h/d/m/fooBar", 6},
                     {"h/d/m/?version=1", 6},
                     {"h/d/m/api-version=x/extra", 6},
                     {"h/d/m/n/?api-version=1", 6}};
  for (auto const& c : cases) {
    INFO(c.input);
    guarded_input const input(c.input);
    auto const parsed = parse_user_name(input.view());
    REQUIRE(!parsed);
    CHECK(parsed.error() == error{errc::invalid_user_name, c.offset});
  }
}

TEST_CASE("parse_user_name: every beginning is read or refused", "[iothub][user_name]") {
  std::string_view const whole = "h:1/dev/mod/?api-version=1&DeviceClientType=%2Fa";
  for (std::size_t size = 0; size != whole.size(); ++size) {
    guarded_input const input(whole.substr(0, size));
    auto const parsed = parse_user_name(input.view());
    if (parsed) CHECK(parsed->host.view() == "h:1");
    if (!parsed) CHECK(parsed.error() == errc::invalid_user_name);
  }
}

TEST_CASE("user_name: the sizes that always do are exact", "[iothub][user_name]") {
  std::string const host = std::string(253, 'h') + ":65535";
  std::string const device(device_id_max, '%');
  identity const self{*host_name::parse(host), *device_id::parse(device)};
  user_name_options const options{.device_client_type = "product/1.0 \xC3\xA9", .model_id = "dtmi:a;1"};
  std::array<char, 1024> memory{};
  for (user_name_options const& each : {options, user_name_options{}}) {
    CHECK(user_name(memory, self, each)->size() == user_name_max(self, each));
    CHECK(user_name(char_span(memory.data(), user_name_max(self, each)), self, each).has_value());
  }
  CHECK(client_id(memory, self)->size() == client_id_max);
}
