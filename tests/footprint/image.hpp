// SPDX-License-Identifier: BSL-1.0
// What an image is made of besides the library: operations that can be called again and again, and a
// digest of what each returned, so that the target and the host can be compared.
#ifndef HUBWIRE_TESTS_FOOTPRINT_IMAGE_HPP
#define HUBWIRE_TESTS_FOOTPRINT_IMAGE_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <hubwire/core/result.hpp>

namespace footprint {

struct operation {
  char const* name;
  void (*once)();             // and nothing else, for counting instructions
  std::uint32_t (*digest)();  // of what it returns; 0 when it fails
};

// Each image's driver has its own.
std::span<operation const> operations() noexcept;

// FNV-1a over fields; sizes go in too, so that "ab", "c" is not "a", "bc".
class digest {
 public:
  digest& operator<<(std::uint32_t number) noexcept {
    for (int shift = 0; shift != 32; shift += 8) add(static_cast<std::uint8_t>(number >> shift));
    return *this;
  }
  digest& operator<<(std::string_view chars) noexcept {
    *this << static_cast<std::uint32_t>(chars.size());
    for (char const c : chars) add(static_cast<std::uint8_t>(c));
    return *this;
  }
  // An operation that fails has no digest: 0.
  digest& operator<<(hubwire::error) noexcept {
    failed_ = true;
    return *this;
  }
  std::uint32_t value() const noexcept { return failed_ ? 0 : value_; }

 private:
  void add(std::uint8_t byte) noexcept { value_ = (value_ ^ byte) * 16'777'619u; }
  std::uint32_t value_ = 2'166'136'261u;
  bool failed_ = false;
};

template <class T>
digest& operator<<(digest& out, hubwire::result<T> const& outcome) noexcept {
  return outcome ? out << *outcome : out << outcome.error();
}

// Call is a lambda without captures; it takes its inputs from variables that the optimiser cannot see
// through, or hands them to a function in another translation unit.
template <auto Call>
constexpr operation operation_of(char const* name) noexcept {
  return {name,
          [] {
            auto const outcome = Call();
            asm volatile("" : : "r"(&outcome) : "memory");
          },
          [] {
            digest seen;
            seen << Call();
            return seen.value();
          }};
}

}  // namespace footprint

#endif
