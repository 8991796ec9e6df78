// SPDX-License-Identifier: BSL-1.0
// What hubwire asks of memory that survives a reboot: two functions and two numbers. Read this before you
// write one.
#ifndef HUBWIRE_SESSION_SESSION_STORE_HPP
#define HUBWIRE_SESSION_SESSION_STORE_HPP

#include <concepts>
#include <cstddef>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>

namespace hubwire { inline namespace abi1 {

/// Memory of size() bytes in pages of page_size() bytes, counted from 0. Beyond the signatures:
///
/// - size() is an even number of pages, at least two. page_size() is a power of two, at least 64. Both stay
///   the same.
/// - A write at the first byte of a page erases the page first: its bytes behind the write are then 0xff.
/// - Between two such writes, the bytes of a page are written in rising order, and none is written twice.
/// - The place and the size of a write are multiples of 16, so that no write unit of flash is written in two
///   pieces. A write stays within one page. The memory behind data may have any alignment.
/// - When write_at returns, the bytes are where a power cut does not reach them. A power cut during the call
///   may stop it at any byte. The bytes of the write unit that was being written may then be anything. When
///   it was erasing, all bytes of the page may be anything.
/// - What fails returns errc::store_failed with a number of its own as detail. A write that failed may have
///   written a part.
/// - A read may begin anywhere, have any size and cross pages.
template <class S>
concept session_store = requires(S& store, S const& memory, std::size_t at, byte_span room, byte_view data) {
  { store.read_at(at, room) }
  noexcept->std::same_as<result<void>>;
  { store.write_at(at, data) }
  noexcept->std::same_as<result<void>>;
  { memory.size() }
  noexcept->std::same_as<std::size_t>;
  { memory.page_size() }
  noexcept->std::same_as<std::size_t>;
};

}}  // namespace hubwire

#endif
