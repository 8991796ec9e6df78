// SPDX-License-Identifier: BSL-1.0
// An HMAC takes the key, the parts of the message and the place for the code, as spans.
// EXPECT: hmac_sha256
// EXPECT: hmac(key, message, mac)
#include <array>

#include <hubwire/iothub/sas_token.hpp>

struct of_spans {
  hubwire::result<void> operator()(hubwire::byte_view, hubwire::message_parts,
                                   hubwire::sha256_output) noexcept;
};
struct of_pointers {
  hubwire::result<void> operator()(std::uint8_t const*, std::size_t, std::uint8_t*) noexcept;
};

template <hubwire::hmac_sha256 Hmac>
void sign(Hmac&&) noexcept {}

void use() {
  sign(of_spans{});
#ifdef OFFENDING
  sign(of_pointers{});
#endif
}
