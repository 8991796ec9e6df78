// SPDX-License-Identifier: BSL-1.0
// A store in flash whose pages are erased before they are written.
#ifndef HUBWIRE_SESSION_FLASH_STORE_HPP
#define HUBWIRE_SESSION_FLASH_STORE_HPP

#include <concepts>
#include <cstddef>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/session/session_store.hpp>

namespace hubwire { inline namespace abi1 {

/// What is special about one flash: three functions and two numbers. Places count from the first byte of the
/// pages that the store may use. Beyond the signatures:
///
/// - size is an even number of pages. page_size is a power of two, at least 64. Where pages are smaller than
///   64 bytes, erase_page erases several.
/// - program gets places and sizes that are multiples of 16. The memory behind data may have any alignment.
/// - Erased bytes read as 0xff.
/// - Errors are errc::store_failed with the driver's own number as detail.
template <class D>
concept flash_driver = requires(D& driver, std::size_t at, byte_span room, byte_view data) {
  { driver.read_at(at, room) }
  noexcept->std::same_as<result<void>>;
  { driver.program(at, data) }
  noexcept->std::same_as<result<void>>;
  { driver.erase_page(at) }
  noexcept->std::same_as<result<void>>;
  requires D::page_size >= 64 && (D::page_size & (D::page_size - 1)) == 0;
  requires D::size >= 2 * D::page_size&& D::size % (2 * D::page_size) == 0;
};

/// A session_store over a driver, which outlives it.
template <flash_driver Driver>
class flash_store {
 public:
  constexpr explicit flash_store(Driver& driver) noexcept : driver_(driver) {}

  static constexpr std::size_t size() noexcept { return Driver::size; }
  static constexpr std::size_t page_size() noexcept { return Driver::page_size; }

  result<void> read_at(std::size_t at, byte_span room) noexcept { return driver_.read_at(at, room); }
  result<void> write_at(std::size_t at, byte_view data) noexcept {
    if ((at & (page_size() - 1)) == 0) {
      if (result<void> const erased = driver_.erase_page(at); !erased) return erased;
    }
    return driver_.program(at, data);
  }

 private:
  Driver& driver_;
};

}}  // namespace hubwire

#endif
