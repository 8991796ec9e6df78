// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/connection_string.hpp>

#include <string>
#include <utility>

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

error refused_too(std::string_view text) {
  guarded_input const input(text);
  auto const parsed = parse_connection_string(input.view(), unknown_fields::allow);
  REQUIRE(!parsed);
  return parsed.error();
}

// The 44 characters of any signature.
std::string const signature = "8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn0%3D";
std::string const token = "SharedAccessSignature sr=h%2Fdevices%2Fd&sig=" + signature + "&se=1735689600";

error missing(connection_field field) { return {errc::missing_field, static_cast<std::uint32_t>(field)}; }

}  // namespace

TEST_CASE("connection_string: of a device, parts in any order", "[iothub][connection_string]") {
  for (std::string_view const text : {"HostName=h.azure-devices.net;DeviceId=d1;SharedAccessKey=YT1iPQ==",
                                      "SharedAccessKey=YT1iPQ==;DeviceId=d1;HostName=h.azure-devices.net",
                                      "DeviceId=d1;HostName=h.azure-devices.net;SharedAccessKey=YT1iPQ==;"}) {
    guarded_input const input(text);
    auto const parsed = parse_connection_string(input.view());
    REQUIRE(parsed);
    CHECK(parsed->host_name == "h.azure-devices.net");
    CHECK(parsed->device_id == "d1");
    CHECK(parsed->shared_access_key == "YT1iPQ==");
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
  std::string const ready_made = "HostName=h;DeviceId=d;SharedAccessSignature=" + token;
  auto const with_token = parse_connection_string(ready_made);
  REQUIRE(with_token);
  CHECK(with_token->shared_access_signature == token);
  auto const policy =
      parse_connection_string("HostName=h;SharedAccessKeyName=iothubowner;SharedAccessKey=aw==");
  REQUIRE(policy);
  CHECK(policy->shared_access_key_name == "iothubowner");
  CHECK(policy->identity().error() == errc::missing_field);
  auto const device_with_policy =
      parse_connection_string("HostName=h;DeviceId=d;SharedAccessKeyName=device;SharedAccessKey=aw==");
  REQUIRE(device_with_policy);
  CHECK(device_with_policy->identity());
  CHECK(parse_connection_string("HostName=h;DeviceId=d;x509=false;SharedAccessKey=aw=="));
}

TEST_CASE("connection_string: module, gateway and a port", "[iothub][connection_string]") {
  auto const parsed = parse_connection_string(
      "HostName=localhost:8883;DeviceId=d;ModuleId=$edgeAgent;GatewayHostName=gw:1;SharedAccessKey=aw==");
  REQUIRE(parsed);
  CHECK(parsed->host_name == "localhost:8883");
  CHECK(parsed->module_id == "$edgeAgent");
  CHECK(parsed->gateway_host_name == "gw:1");
}

TEST_CASE("connection_string: an unknown part is refused unless it is allowed",
          "[iothub][connection_string]") {
  std::string_view const text =
      "HostName=h;CredentialType=SharedAccessSignature;DeviceId=d;Foo=;SharedAccessKey=aw==";
  CHECK(refused(text) == error{errc::unknown_field, 11});
  auto const parsed = parse_connection_string(text, unknown_fields::allow);
  REQUIRE(parsed);
  CHECK(parsed->unknown_parts == 2);
  CHECK(parsed->first_unknown_part == "CredentialType=SharedAccessSignature");
  CHECK(parsed->device_id == "d");
}

// The id would be cut off, and another device would be spoken for.
TEST_CASE("connection_string: a ';' inside a device id is found", "[iothub][connection_string]") {
  CHECK(refused("HostName=h;DeviceId=press;line=7;SharedAccessKey=aw==") == error{errc::unknown_field, 26});
  CHECK(refused("HostName=h;DeviceId=press;7;SharedAccessKey=aw==") ==
        error{errc::invalid_connection_string, 26});
  CHECK(refused_too("HostName=h;DeviceId=press;7;SharedAccessKey=aw==") ==
        error{errc::invalid_connection_string, 26});
}

TEST_CASE("connection_string: a known name in another form is never let through",
          "[iothub][connection_string]") {
  for (std::string_view const name :
       {"sharedaccesskeyname", "DeviceID", "SHAREDACCESSKEY", " ModuleId", "ModuleId ", "\"ModuleId",
        "\tModuleId", "\nModuleId", "\xEF\xBB\xBFModuleId", "a/b"}) {
    CAPTURE(name);
    std::string const text = "HostName=h;DeviceId=d;SharedAccessKey=aw==;" + std::string(name) + "=x";
    CHECK(refused(text) == error{errc::unknown_field, 43});
    CHECK(refused_too(text) == error{errc::unknown_field, 43});
  }
  CHECK(refused_too("HostName=h;DeviceId=d;SharedAccessKey=aw==;Foo=x\n") == error{errc::invalid_field, 43});
  CHECK(refused_too("HostName=h;DeviceId=d;SharedAccessKey=aw==;Foo=x\"") == error{errc::invalid_field, 43});
}

// Each is at home in a file, a shell or a mail, and none in a connection string.
TEST_CASE("connection_string: what surrounds it is not a part of it", "[iothub][connection_string]") {
  std::string const parts[] = {"HostName=h.net", "DeviceId=d", "SharedAccessKeyName=device",
                               "SharedAccessKey=aw==", "GatewayHostName=g:1"};
  for (std::size_t last = 0; last != std::size(parts); ++last) {
    std::string text;
    for (std::size_t i = 0; i != std::size(parts); ++i)
      if (i != last) text += parts[i] + ";";
    auto const at = static_cast<std::uint32_t>(text.size());
    text += parts[last];
    CHECK(parse_connection_string(text));
    for (std::string_view const stray : {" ", "\n", "\r\n", "\r", "\t", "\"", "\xC2\xA0", "\xE2\x80\x9D"}) {
      CAPTURE(text, stray);
      CHECK(refused(text + std::string(stray)) == error{errc::invalid_field, at});
      CHECK(refused_too(text + std::string(stray)) == error{errc::invalid_field, at});
      CHECK_FALSE(parse_connection_string(std::string(stray) + text));
      CHECK_FALSE(parse_connection_string(text + ";" + std::string(stray)));
    }
    CHECK(refused(text + std::string(1, '\0')) == error{errc::invalid_field, at});
  }
}

TEST_CASE("connection_string: values keep to the rules of their fields", "[iothub][connection_string]") {
  auto const with = [](std::string_view name, std::string_view value) {
    std::string text = "HostName=h;DeviceId=d;SharedAccessKey=aw==;";
    if (name == "HostName") text = "DeviceId=d;SharedAccessKey=aw==;";
    if (name == "SharedAccessKey" || name == "SharedAccessSignature") text = "HostName=h;DeviceId=d;";
    return text + std::string(name) + "=" + std::string(value);
  };
  std::pair<std::string_view, std::string> const good[] = {
      {"HostName", "a-b_c.d"},
      {"HostName", "127.0.0.1:8883"},
      {"GatewayHostName", "gw"},
      {"SharedAccessKeyName", "all.of-the_99@marks"},
      {"SharedAccessKey", std::string(168, 'A') + "AAA="},
      {"SharedAccessSignature", token + "&skn="},
      {"SharedAccessSignature", token + "&skn=device"},
      {"SharedAccessSignature", "SharedAccessSignature se=1&skn=&sr=h/devices/d&sig=" + signature}};
  for (auto const& [name, value] : good) {
    CAPTURE(name, value);
    CHECK(parse_connection_string(with(name, value)));
  }
  std::pair<std::string_view, std::string> const bad[] = {
      {"HostName", "h."},
      {"HostName", ".h"},
      {"HostName", "h..net"},
      {"HostName", "h.:8883"},
      {"HostName", "h:"},
      {"HostName", "https://h"},
      {"GatewayHostName", "gw."},
      {"SharedAccessKeyName", "a b"},
      {"SharedAccessKeyName", "owner'"},
      {"SharedAccessKey", "aw="},
      {"SharedAccessKey", "aw==\n"},
      {"SharedAccessKey", "ax=="},
      {"SharedAccessKey", "aw==aw=="},
      {"SharedAccessKey", "a-_b"},
      {"SharedAccessKey", std::string(172, 'A')},
      {"SharedAccessSignature", token + "&"},
      {"SharedAccessSignature", token + "&x=1"},
      {"SharedAccessSignature", token + "&skn"},
      {"SharedAccessSignature", token + "&skn=a b"},
      {"SharedAccessSignature", token + "&skn=%2"},
      {"SharedAccessSignature", token + "&se=1"},
      {"SharedAccessSignature", token + "0000000000000"},
      {"SharedAccessSignature", token + "\n"},
      {"SharedAccessSignature", " " + token},
      {"SharedAccessSignature", token.substr(22)},
      {"SharedAccessSignature", "sharedaccesssignature" + token.substr(21)},
      {"SharedAccessSignature", "SharedAccessSignature sr=&se=1&sig=" + signature},
      {"SharedAccessSignature", "SharedAccessSignature sr=%zz&se=1&sig=" + signature},
      {"SharedAccessSignature", "SharedAccessSignature sr=h&se=1"},
      {"SharedAccessSignature", "SharedAccessSignature sr=h&se=1&sig=aw=="},
      {"SharedAccessSignature", "SharedAccessSignature sr=h&se=&sig=" + signature}};
  for (auto const& [name, value] : bad) {
    CAPTURE(name, value);
    std::string const text = with(name, value);
    CHECK(refused(text) == error{errc::invalid_field,
                                 static_cast<std::uint32_t>(text.size() - value.size() - name.size() - 1)});
  }
}

TEST_CASE("connection_string: says which part is missing", "[iothub][connection_string]") {
  CHECK(refused("") == missing(connection_field::host_name));
  CHECK(refused("DeviceId=d;SharedAccessKey=aw==") == missing(connection_field::host_name));
  CHECK(refused("HostName=h;SharedAccessKey=aw==") == missing(connection_field::device_id));
  CHECK(refused("HostName=h;ModuleId=m;SharedAccessKeyName=n;SharedAccessKey=aw==") ==
        missing(connection_field::device_id));
  CHECK(refused("HostName=h;DeviceId=d") == missing(connection_field::shared_access_key));
  CHECK(refused("HostName=h;DeviceId=d;x509=false") == missing(connection_field::shared_access_key));
  CHECK(refused("HostName=h;DeviceId=d;SharedAccessKeyName=n;x509=true") ==
        missing(connection_field::shared_access_key));
}

TEST_CASE("connection_string: says where a part is wrong", "[iothub][connection_string]") {
  CHECK(refused("HostName=;DeviceId=d;SharedAccessKey=aw==") == error{errc::invalid_field, 0});
  CHECK(refused("HostName=h;DeviceId=;SharedAccessKey=aw==") == error{errc::invalid_field, 11});
  CHECK(refused("HostName=h;DeviceId=d;SharedAccessKey=") == error{errc::invalid_field, 22});
  CHECK(refused("HostName=h;DeviceId= d;SharedAccessKey=aw==") == error{errc::invalid_field, 11});
  CHECK(refused("HostName=h /x;DeviceId=d;SharedAccessKey=aw==") == error{errc::invalid_field, 0});
  CHECK(refused("HostName=h;DeviceId=d;x509=yes") == error{errc::invalid_field, 22});
  CHECK(refused("HostName=h;DeviceId=d;ModuleId=a/b;x509=true") == error{errc::invalid_field, 22});
  CHECK(refused("HostName=h;HostName=h;DeviceId=d;SharedAccessKey=aw==") == error{errc::duplicate_field, 11});
  CHECK(refused("HostName=h;DeviceId=d;SharedAccessKey=aw==;SharedAccessKey=bA==") ==
        error{errc::duplicate_field, 43});
  CHECK(refused("HostName=h;DeviceId=d;SharedAccessKey=aw==;x509=true") ==
        error{errc::invalid_connection_string, 43});
  std::string const before = "HostName=h;SharedAccessSignature=" + token + ";DeviceId=d;";
  CHECK(refused(before + "SharedAccessKey=aw==") ==
        error{errc::invalid_connection_string, static_cast<std::uint32_t>(before.size())});
  CHECK(refused("HostName") == error{errc::invalid_connection_string, 0});
  CHECK(refused("HostName=h;=x") == error{errc::invalid_connection_string, 11});
  CHECK(refused("HostName=h;DeviceId=d;SharedAccessKey=aw==;;") ==
        error{errc::invalid_connection_string, 43});
  CHECK(refused(";HostName=h;DeviceId=d;SharedAccessKey=aw==") == error{errc::invalid_connection_string, 0});
}

TEST_CASE("connection_string: every beginning is refused or complete", "[iothub][connection_string]") {
  std::string_view const whole = "HostName=h.net;DeviceId=d1;SharedAccessKey=abcd;";
  for (std::size_t size = 0; size != whole.size(); ++size) {
    guarded_input const input(whole.substr(0, size));
    CHECK(parse_connection_string(input.view()).has_value() == (size > whole.size() - 2));
  }
}

TEST_CASE("connection_string: works in constant evaluation", "[iothub][connection_string]") {
  constexpr_test([] {
    auto const parsed = parse_connection_string("HostName=h;DeviceId=d;SharedAccessKey=aw==");
    return parsed && parsed->shared_access_key == "aw==" && parsed->identity().has_value();
  });
}
