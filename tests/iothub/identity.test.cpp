// SPDX-License-Identifier: BSL-1.0
#include <hubwire/iothub/identity.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>

using namespace hubwire;
using namespace hubwire::iothub;
using namespace hubwire::test;

TEST_CASE("device_id: 1 to 128 of the registry's characters", "[iothub][identity]") {
  std::string const allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.+%_#*?!(),=@:;$'";
  for (unsigned byte = 0; byte != 256; ++byte) {
    std::string const id(1, static_cast<char>(byte));
    INFO(byte);
    CHECK(device_id::is_valid(id) == (byte != 0 && allowed.find(id) != std::string::npos));
  }
  CHECK(!device_id::is_valid(""));
  CHECK(device_id::is_valid(std::string(128, 'a')));
  CHECK(!device_id::is_valid(std::string(129, 'a')));
  CHECK(device_id::parse("a/b").error() == errc::invalid_field);
  CHECK(device_id::parse("d 1").error() == errc::invalid_field);
  CHECK(device_id::parse("d1")->view() == "d1");
}

TEST_CASE("device_id: case counts", "[iothub][identity]") {
  CHECK(device_id("d1") == device_id("d1"));
  CHECK(!(device_id("d1") == device_id("D1")));
}

TEST_CASE("device_id: knows whether topics can hold it", "[iothub][identity]") {
  CHECK(device_id("a%b:c$").fits_topics());
  CHECK(!device_id("a+b").fits_topics());
  CHECK(!device_id("#").fits_topics());
}

TEST_CASE("host_name: letters, digits, '-', '.', '_' and a port", "[iothub][identity]") {
  for (std::string_view const good : {"h", "contoso.azure-devices.net", "localhost:8883", "127.0.0.1:1",
                                      "a_b:65535", "xn--bcher-kva.example"})
    CHECK(host_name::is_valid(good));
  for (std::string_view const bad : {"",      ":8883", "h:",   "h:0",  "h:65536",  "h:123456", "h:+1",
                                     "h:1:2", "a b",   "a/b",  "h%41", "\xC3\xA9", "[::1]:80", "h:00000001",
                                     "h.",    ".h",    "a..b", ".",    "h.:1",     ".h:1",     "h~i"})
    CHECK(!host_name::is_valid(bad));
  CHECK(host_name::is_valid(std::string(253, 'h')));
  CHECK(!host_name::is_valid(std::string(254, 'h')));
  CHECK(host_name::parse("").error() == errc::invalid_field);
  CHECK(host_name::is_valid(std::string(253, 'h') + ":65535"));
  CHECK(host_name_max == 253 + std::string_view(":65535").size());
}

TEST_CASE("host_name: name and port apart", "[iothub][identity]") {
  constexpr_test([] {
    host_name const local = "localhost:8883";
    host_name const hub = "h.azure-devices.net";
    return local.without_port() == "localhost" && local.port() == 8883 && local.view() == "localhost:8883" &&
           hub.without_port() == "h.azure-devices.net" && hub.port() == 0;
  });
}

TEST_CASE("host_name: case does not count, a port does", "[iothub][identity]") {
  CHECK(host_name("Contoso.Azure-Devices.NET") == host_name("contoso.azure-devices.net"));
  CHECK(!(host_name("h:1") == host_name("h")));
}

TEST_CASE("identity: is equal when both parts are", "[iothub][identity]") {
  constexpr_test([] {
    identity const a{"H.net", "d1"};
    return a == identity{"h.net", "d1"} && !(a == identity{"h.net", "D1"}) && !(a == identity{"i.net", "d1"});
  });
}

TEST_CASE("device_id: knows its length", "[iothub][identity]") { CHECK(device_id("dev-01").size() == 6); }
