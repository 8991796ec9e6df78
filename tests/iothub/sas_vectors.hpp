// SPDX-License-Identifier: BSL-1.0
// Known answers for shared access signatures, computed with Python's hmac and hashlib; most were also
// produced by Microsoft's own SDKs. The keys are invented.
#ifndef HUBWIRE_TESTS_IOTHUB_SAS_VECTORS_HPP
#define HUBWIRE_TESTS_IOTHUB_SAS_VECTORS_HPP

#include <cstdint>
#include <string>
#include <string_view>

#include <hubwire/iothub/identity.hpp>

namespace hubwire::test {

// 00 01 … 1F and 40 41 … 7F.
inline constexpr std::string_view key_1 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
inline constexpr std::string_view key_2 =
    "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9gYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+fw==";

inline constexpr std::uint64_t new_year_2025 = 1'735'689'600;
inline constexpr iothub::identity dev_01{"contoso-test.azure-devices.net", "dev-01"};

struct sas_vector {
  std::string_view name;
  std::string_view decoded;    // the resource as plain text
  std::string_view resource;   // as it stands in the token
  std::string_view signature;  // base64, made with key_1
  std::uint64_t expiry = new_year_2025;
};

inline constexpr sas_vector sas_vectors[] = {
    {"device, upper-case escapes", "contoso-test.azure-devices.net/devices/dev-01",
     "contoso-test.azure-devices.net%2Fdevices%2Fdev-01", "8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn0="},
    {"device, lower-case escapes", "contoso-test.azure-devices.net/devices/dev-01",
     "contoso-test.azure-devices.net%2fdevices%2fdev-01", "44akdniHIAj8yQc+1+AS/hA/YvU9qmVOQIRwV+1ZuN4="},
    {"device, raw", "contoso-test.azure-devices.net/devices/dev-01",
     "contoso-test.azure-devices.net/devices/dev-01", "6pzO5kuC96Isohs+37RaOVHLcXAWfsXI7YQFQfO+dxQ="},
    {"module", "contoso-test.azure-devices.net/devices/edge01/modules/modA",
     "contoso-test.azure-devices.net%2Fdevices%2Fedge01%2Fmodules%2FmodA",
     "xzp7xE06re/rA1K4XOUL33lePG5NCEBxPH1+hRmo8Qk="},
    {"id with escapes", "contoso-test.azure-devices.net/devices/dev.1+2#3@x",
     "contoso-test.azure-devices.net%2Fdevices%2Fdev.1%2B2%233%40x",
     "LKA+m2/ujJznNANALHL4X4W0Yec7Ager4//wULjwLBU="},
    {"id with marks", "contoso-test.azure-devices.net/devices/a!b'c(d)e*f~g",
     "contoso-test.azure-devices.net%2Fdevices%2Fa%21b%27c%28d%29e%2Af~g",
     "/MuiRSSX/Rk6Nxl3rkEjYLgAgSX5Jz6+RZWmUW2qMs0="},
    {"id with marks, mixed escapes", "contoso-test.azure-devices.net/devices/a!b'c(d)e*f~g",
     "contoso-test.azure-devices.net%2Fdevices%2Fa%21b%27c%28d%29e%2af~g",
     "NDbaCrfBnThvWZkAr2Ltp9LwvHGcJ6xq8mNcAKuJ370="},
    {"provisioning, raw", "0ne00AB12CD/registrations/my-device-01", "0ne00AB12CD/registrations/my-device-01",
     "0J2Vj2OvYoRR7H/vLymfOdf6ti8ZKk/5R32l/NWtJEs="},
    {"provisioning, upper-case escapes", "0ne00AB12CD/registrations/my-device-01",
     "0ne00AB12CD%2Fregistrations%2Fmy-device-01", "DgOGHEvb56YVMq7syqjmONNEh3+eaIUk/f4PQrS1FHo="},
    {"provisioning, lower-case escapes", "0ne00AB12CD/registrations/my-device-01",
     "0ne00AB12CD%2fregistrations%2fmy-device-01", "jQNk3vXFdXKGxsJWPLOnt/R1nO9aHIECJMG7uCMFvcU="},
    {"provisioning, all lower case", "0ne00AB12CD/registrations/my-device-01",
     "0ne00ab12cd%2fregistrations%2fmy-device-01", "K5Zzexe2XC2RyOfvTmJssH4V3SwZEbhtW0VY5rrfqgE="},
    {"policy", "contoso-test.azure-devices.net", "contoso-test.azure-devices.net",
     "wDeSznvn/AiMLwUMmL9h4khLtat+POYjsgECUG5SAb4="},
    {"device, expiry past 2038", "contoso-test.azure-devices.net/devices/dev-01",
     "contoso-test.azure-devices.net%2Fdevices%2Fdev-01",
     "FQ4xOViUOh6WqmfbaA6/YdExwumqsfi2y3yGL5hdF7U=", 4'102'444'800},
};

// The signature with '+', '/' and '=' escaped.
inline std::string escaped(std::string_view base64, bool upper = true) {
  std::string text;
  for (char const c : base64) {
    if (c == '+') text += upper ? "%2B" : "%2b";
    if (c == '/') text += upper ? "%2F" : "%2f";
    if (c == '=') text += upper ? "%3D" : "%3d";
    if (c != '+' && c != '/' && c != '=') text += c;
  }
  return text;
}

inline std::string token_of(sas_vector const& v) {
  return "SharedAccessSignature sr=" + std::string(v.resource) + "&sig=" + escaped(v.signature) +
         "&se=" + std::to_string(v.expiry);
}

}  // namespace hubwire::test

#endif
