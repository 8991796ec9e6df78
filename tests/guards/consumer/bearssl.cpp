// SPDX-License-Identifier: BSL-1.0
#include <array>
#include <cstdint>

#include <hubwire/crypto/bearssl_hmac.hpp>
#include <hubwire/transport/bearssl_trust.hpp>

int main() {
  std::array<std::uint8_t, hubwire::sha256_size> mac{};
  std::array<hubwire::byte_view, 1> const message{hubwire::as_bytes("message").octets()};
  hubwire::result<void> const done = hubwire::bearssl_hmac{}(hubwire::as_bytes("key").octets(), message, mac);
  return done && mac[0] == 0x6E && mac[1] == 0x9E ? 0 : 1;
}
