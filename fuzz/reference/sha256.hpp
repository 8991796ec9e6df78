// SPDX-License-Identifier: BSL-1.0
// SHA-256 (FIPS 180-4) and HMAC (RFC 2104) over std::string, slow and plain, so that tokens can be signed
// here without anybody's library. Uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_SHA256_HPP
#define HUBWIRE_FUZZ_REFERENCE_SHA256_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

namespace reference {

namespace detail {

// A number of four digits of 32 bits, the least significant first: not every machine has one of 128 bits.
using wide = std::array<std::uint32_t, 4>;

// a times b, which has to fit.
inline wide product(wide const& a, std::uint64_t b) {
  wide all{};
  for (std::size_t i = 0; i != 2; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t k = 0; i + k != all.size(); ++k) {
      carry += std::uint64_t{a[k]} * static_cast<std::uint32_t>(b >> 32 * i) + all[i + k];
      all[i + k] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
  }
  return all;
}

// The first 32 bits of the fractional part of a root of a prime, found with integers: the largest x with
// x^n <= prime * 2^(32 n), without the whole part.
inline std::uint32_t fraction_of_root(unsigned prime, unsigned n) {
  std::uint64_t low = 0;
  std::uint64_t high = std::uint64_t{32} << 32;
  wide target{};
  target[n] = prime;
  while (high - low > 1) {
    std::uint64_t const middle = (low + high) / 2;
    wide power{1};
    for (unsigned i = 0; i != n; ++i) power = product(power, middle);
    bool const above =
        std::lexicographical_compare(target.rbegin(), target.rend(), power.rbegin(), power.rend());
    (above ? high : low) = middle;
  }
  return static_cast<std::uint32_t>(low);
}

inline std::array<unsigned, 64> const& primes() {
  static std::array<unsigned, 64> const all = [] {
    std::array<unsigned, 64> found{};
    std::size_t count = 0;
    for (unsigned candidate = 2; count != found.size(); ++candidate) {
      bool prime = true;
      for (std::size_t i = 0; i != count; ++i) prime = prime && candidate % found[i] != 0;
      if (prime) found[count++] = candidate;
    }
    return found;
  }();
  return all;
}

using sha256_state = std::array<std::uint32_t, 8>;

inline void sha256_block(sha256_state& state, char const* block) {
  static std::array<std::uint32_t, 64> const constants = [] {
    std::array<std::uint32_t, 64> all{};
    for (std::size_t i = 0; i != all.size(); ++i) all[i] = fraction_of_root(primes()[i], 3);
    return all;
  }();
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i != 64; ++i)
    w[i / 4 % 16] = w[i / 4 % 16] << 8 | static_cast<unsigned char>(block[i]);
  for (std::size_t i = 16; i != 64; ++i) {
    std::uint32_t const s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
    std::uint32_t const s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i != 64; ++i) {
    std::uint32_t const s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    std::uint32_t const t1 = h + s1 + ((e & f) ^ (~e & g)) + constants[i] + w[i];
    std::uint32_t const s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    std::uint32_t const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  sha256_state const added{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i != 8; ++i) state[i] += added[i];
}

}  // namespace detail

inline std::string sha256(std::string message) {
  std::uint64_t const bits = message.size() * std::uint64_t{8};
  message += '\x80';
  while (message.size() % 64 != 56) message += '\0';
  for (int shift = 56; shift >= 0; shift -= 8)
    message += static_cast<char>(static_cast<unsigned char>(bits >> shift & 255));
  static detail::sha256_state const initial = [] {
    detail::sha256_state roots{};
    for (std::size_t i = 0; i != 8; ++i) roots[i] = detail::fraction_of_root(detail::primes()[i], 2);
    return roots;
  }();
  detail::sha256_state state = initial;
  for (std::size_t at = 0; at != message.size(); at += 64) detail::sha256_block(state, message.data() + at);
  std::string digest;
  for (std::uint32_t const word : state)
    for (int shift = 24; shift >= 0; shift -= 8)
      digest += static_cast<char>(static_cast<unsigned char>(word >> shift & 255));
  return digest;
}

inline std::string hmac_sha256(std::string key, std::string const& message) {
  if (key.size() > 64) key = sha256(key);
  key.resize(64, '\0');
  auto const padded = [&](int with) {
    std::string block;
    for (char const c : key) block += static_cast<char>(c ^ with);
    return block;
  };
  return sha256(padded(0x5c) + sha256(padded(0x36) + message));
}

}  // namespace reference

#endif
