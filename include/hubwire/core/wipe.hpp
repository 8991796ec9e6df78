// SPDX-License-Identifier: BSL-1.0
// Overwrites key material so that the compiler keeps the stores although nothing reads them again.
#ifndef HUBWIRE_CORE_WIPE_HPP
#define HUBWIRE_CORE_WIPE_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <hubwire/core/bytes.hpp>

namespace hubwire { inline namespace abi1 {

/// Zeroes memory that held a secret. Volatile stores are observable behaviour, so dead-store elimination
/// leaves them alone. Constant evaluation does not allow volatile; plain stores do there.
constexpr void wipe(char_span secret) noexcept {
  if (std::is_constant_evaluated()) {
    for (char& c : secret) c = '\0';
    return;
  }
  char volatile* position = secret.data();
  for (std::size_t left = secret.size(); left != 0; --left) *position++ = '\0';
}

inline void wipe(byte_span secret) noexcept { wipe(detail::to_chars(secret)); }

/// Zeroes a whole object, such as a library's key context.
template <class Object>
void wipe_object(Object& secret) noexcept {
  static_assert(std::is_trivially_copyable_v<Object>);
  auto* position = static_cast<unsigned char volatile*>(static_cast<void volatile*>(&secret));
  for (std::size_t left = sizeof secret; left != 0; --left) *position++ = 0;
}

namespace detail {

// Overwrites received bytes that nobody may look at any more: see HUBWIRE_POISON.
inline void poison(byte_span given_up) noexcept {
  if constexpr (HUBWIRE_POISON != 0)
    for (std::uint8_t& octet : given_up) octet = 0xDD;
}

}  // namespace detail

/// Wipes its memory on every way out of a scope. The memory outlives the guard.
class wipe_guard {
 public:
  explicit wipe_guard(byte_span secret) noexcept : secret_(detail::to_chars(secret)) {}
  explicit wipe_guard(char_span secret) noexcept : secret_(secret) {}
  wipe_guard(wipe_guard const&) = delete;
  wipe_guard& operator=(wipe_guard const&) = delete;
  ~wipe_guard() { wipe(secret_); }

 private:
  char_span secret_;
};

}}  // namespace hubwire

#endif
