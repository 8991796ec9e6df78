// SPDX-License-Identifier: BSL-1.0
#include <meter.hpp>

#ifdef METER_WITH_BEARSSL
#include <hubwire/crypto/bearssl_hmac.hpp>
#endif

hubwire::result<hubwire::byte_view> reading(hubwire::byte_span output, hubwire::bytes value) {
#ifdef METER_WITH_BEARSSL
  hubwire::byte_view const parts[] = {value.octets()};
  std::uint8_t mac[hubwire::sha256_size];
  if (!hubwire::bearssl_hmac{}(value.octets(), parts, mac)) return hubwire::errc::crypto_failed;
#endif
  return hubwire::encode(output, hubwire::v3::publish{.topic = "t", .payload = value});
}
