// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/connection_string.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

namespace {

error refused(std::string_view text) {
  guarded_input const input(text);
  auto const parsed = parse_connection_string(input.view());
  REQUIRE(!parsed);
  return parsed.error();
}

error missing(connection_field field) { return {errc::missing_field, static_cast<std::uint32_t>(field)}; }

}  // namespace

TEST_CASE("connection_string: of a device, parts in any order", "[iothub][connection_string]") {
  for (std::string_view const text : {"HostName=h.azure-devices.net;DeviceId=d1;SharedAccessKey=a=b==",
                                      "SharedAccessKey=a=b==;DeviceId=d1;HostName=h.azure-devices.net",
                                      "DeviceId=d1;HostName=h.azure-devices.net;SharedAccessKey=a=b==;"}) {
    guarded_input const input(text);
    auto const parsed = parse_connection_string(input.view());
    REQUIRE(parsed);
    CHECK(parsed->host_name == "h.azure-devices.net");
    CHECK(parsed->device_id == "d1");
    CHECK(parsed->shared_access_key == "a=b==");
    CHECK(parsed->module_id.empty());
    CHECK(parsed->shared_access_key_name.empty());
    CHECK(parsed->shared_access_signature.empty());
    CHECK(parsed->gateway_host_name.empty());
    CHECK(!parsed->x509);
    CHECK(parsed->unknown_parts == 0);
    CHECK(*parsed->identity() == identity{"h.azure-devices.net", "d1"});
  }
}

TEST_CASE("connection_string: each way to authenticate", "[iothub][connection_string]") {
  CHECK(parse_connection_string("HostName=h;DeviceId=d;x509=true")->x509);
  CHECK(parse_connection_string(
            "HostName=h;DeviceId=d;SharedAccessSignature=SharedAccessSignature sr=a&sig=b&se=1")
            ->shared_access_signature == "SharedAccessSignature sr=a&sig=b&se=1");
  auto const policy = parse_connection_string("HostName=h;SharedAccessKeyName=iothubowner;SharedAccessKey=k");
  REQUIRE(policy);
  CHECK(policy->shared_access_key_name == "iothubowner");
  CHECK(policy->identity().error() == errc::missing_field);
  auto const device_with_policy =
      parse_connection_string("HostName=h;DeviceId=d;SharedAccessKeyName=device;SharedAccessKey=k");
  REQUIRE(device_with_policy);
  CHECK(device_with_policy->identity());
  CHECK(parse_connection_string("HostName=h;DeviceId=d;x509=false;SharedAccessKey=k"));
}

TEST_CASE("connection_string: module, gateway and a port", "[iothub][connection_string]") {
  auto const parsed = parse_connection_string(
      "HostName=localhost:8883;DeviceId=d;ModuleId=$edgeAgent;GatewayHostName=gw:1;SharedAccessKey=k");
  REQUIRE(parsed);
  CHECK(parsed->host_name == "localhost:8883");
  CHECK(parsed->module_id == "$edgeAgent");
  CHECK(parsed->gateway_host_name == "gw:1");
}

TEST_CASE("connection_string: unknown parts are ignored and reported", "[iothub][connection_string]") {
  auto const parsed = parse_connection_string(
      "HostName=h;CredentialType=SharedAccessSignature;DeviceId=d;Foo=;SharedAccessKey=k");
  REQUIRE(parsed);
  CHECK(parsed->unknown_parts == 2);
  CHECK(parsed->first_unknown_part == "CredentialType=SharedAccessSignature");
}

TEST_CASE("connection_string: says which part is missing", "[iothub][connection_string]") {
  CHECK(refused("") == missing(connection_field::host_name));
  CHECK(refused("DeviceId=d;SharedAccessKey=k") == missing(connection_field::host_name));
  CHECK(refused("hostname=h;DeviceId=d;SharedAccessKey=k") == missing(connection_field::host_name));
  CHECK(refused(" HostName=h;DeviceId=d;SharedAccessKey=k") == missing(connection_field::host_name));
  CHECK(refused("HostName=h;SharedAccessKey=k") == missing(connection_field::device_id));
  CHECK(refused("HostName=h;ModuleId=m;SharedAccessKeyName=n;SharedAccessKey=k") ==
        missing(connection_field::device_id));
  CHECK(refused("HostName=h;DeviceId=d") == missing(connection_field::shared_access_key));
  CHECK(refused("HostName=h;DeviceId=d;x509=false") == missing(connection_field::shared_access_key));
  CHECK(refused("HostName=h;DeviceId=d;SharedAccessKeyName=n;x509=true") ==
        missing(connection_field::shared_access_key));
}

TEST_CASE("connection_string: says where a part is wrong", "[iothub][connection_string]") {
  CHECK(refused("HostName=;DeviceId=d;SharedAccessKey=k") == error{errc::invalid_field, 0});
  CHECK(refused("HostName=h;DeviceId=;SharedAccessKey=k") == error{errc::invalid_field, 11});
  CHECK(refused("HostName=h;DeviceId=d;SharedAccessKey=") == error{errc::invalid_field, 22});
  CHECK(refused("HostName=h;DeviceId= d;SharedAccessKey=k") == error{errc::invalid_field, 11});
  CHECK(refused("HostName=h /x;DeviceId=d;SharedAccessKey=k") == error{errc::invalid_field, 0});
  CHECK(refused("HostName=h;DeviceId=d;x509=yes") == error{errc::invalid_field, 22});
  CHECK(refused("HostName=h;DeviceId=d;ModuleId=a/b;x509=true") == error{errc::invalid_field, 22});
  CHECK(refused("HostName=h;HostName=h;DeviceId=d;SharedAccessKey=k") == error{errc::duplicate_field, 11});
  CHECK(refused("HostName=h;DeviceId=d;SharedAccessKey=k;SharedAccessKey=l") ==
        error{errc::duplicate_field, 40});
  CHECK(refused("HostName=h;DeviceId=d;SharedAccessKey=k;x509=true") ==
        error{errc::invalid_connection_string, 40});
  CHECK(refused("HostName=h;SharedAccessSignature=s;DeviceId=d;SharedAccessKey=k") ==
        error{errc::invalid_connection_string, 46});
  CHECK(refused("HostName") == error{errc::invalid_connection_string, 0});
  CHECK(refused("HostName=h;=x") == error{errc::invalid_connection_string, 11});
  CHECK(refused("HostName=h;DeviceId=d;SharedAccessKey=k;;") == error{errc::invalid_connection_string, 40});
  CHECK(refused(";HostName=h;DeviceId=d;SharedAccessKey=k") == error{errc::invalid_connection_string, 0});
}

TEST_CASE("connection_string: every beginning is refused or complete", "[iothub][connection_string]") {
  std::string_view const whole = "HostName=h.net;DeviceId=d1;SharedAccessKey=abcd";
  for (std::size_t size = 0; size != whole.size(); ++size) {
    guarded_input const input(whole.substr(0, size));
    CHECK(parse_connection_string(input.view()).has_value() == (size > whole.find("Key=") + 4));
  }
}

TEST_CASE("connection_string: works in constant evaluation", "[iothub][connection_string]") {
  constexpr_test([] {
    auto const parsed = parse_connection_string("HostName=h;DeviceId=d;SharedAccessKey=k=");
    return parsed && parsed->shared_access_key == "k=" && parsed->identity().has_value();
  });
}
