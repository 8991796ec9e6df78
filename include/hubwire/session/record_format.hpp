// SPDX-License-Identifier: BSL-1.0
// The records of session_records as they lie in a store. docs/reboot.md has the format as a table.
#ifndef HUBWIRE_SESSION_RECORD_FORMAT_HPP
#define HUBWIRE_SESSION_RECORD_FORMAT_HPP

#include <bit>
#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/crc32.hpp>

namespace hubwire { inline namespace abi1 {

/// What a record says about the packet with its identifier.
enum class record_kind : std::uint8_t {
  publish = 1,  ///< it was given to be sent; body: the whole encoded packet
  released,     ///< PUBREC came: PUBREL from now on, and the packet itself is not needed any more
  settled,      ///< PUBACK or PUBCOMP came, or it was given up: its identifier is free
  received,     ///< a message of QoS 2 came in and was handed over
  completed,    ///< PUBREL came in: its identifier means a new message from now on
  next_id,      ///< the identifier that the next packet gets
};

/// What session_records::load() found. Records that were read are right; what was wrong is counted here.
struct load_report {
  std::uint32_t records = 0;  ///< handed to the visitor
  std::uint32_t skipped = 0;  ///< left out: a damaged body, or a kind that is not known
  std::uint32_t refused = 0;  ///< banks: damaged, of another owner or format, or a snapshot without its end
  bool cut = false;           ///< the log ends in bytes that are no record; what may be behind them is lost

  /// Whether nothing was wrong. Otherwise the first append() returns store_full: a snapshot mends the store.
  constexpr bool clean() const noexcept { return skipped == 0 && refused == 0 && !cut; }
};

namespace detail {

inline constexpr std::size_t record_unit = 16;  // records begin at multiples of it
inline constexpr std::size_t record_line = 64;  // what is collected for a write; a page is a multiple of it
inline constexpr std::uint16_t record_format = 1;
inline constexpr std::uint8_t bank_record = 0xB1;
inline constexpr std::uint8_t commit_record = 0xC1;

// The size with the padding behind it.
constexpr std::size_t record_units(std::size_t size) noexcept {
  return (size + record_unit - 1) & ~(record_unit - 1);
}

// The first 16 bytes of a record, little-endian in the store. In a bank's first record, id is the format,
// length is the generation and body_crc is the owner.
struct record_head {
  std::uint8_t mark = 0;  // the low byte of the generation
  std::uint8_t kind = 0;
  std::uint16_t id = 0;
  std::uint32_t length = 0;
  std::uint32_t body_crc = 0;
  std::uint32_t crc = 0;

  byte_span octets() noexcept { return {static_cast<std::uint8_t*>(static_cast<void*>(this)), sizeof *this}; }

  // Whether all of it is 0xff.
  HUBWIRE_ONE_COPY bool blank() noexcept {
    for (std::uint8_t const octet : octets())
      if (octet != 0xFF) return false;
    return true;
  }

  // The CRC goes on from that of the head before. So a head is good only behind the heads that it was
  // written behind: what an earlier generation left is never good. The CRC leaves out the mark, whose damage
  // does no harm. The head is as it is in the store.
  std::uint32_t crc_behind(std::uint32_t before) noexcept { return crc32(octets().subspan(1, 11), before); }

  // From the order of the store into the processor's, and back.
  constexpr void swap_octets() noexcept {
    if constexpr (std::endian::native == std::endian::little) return;
    id = static_cast<std::uint16_t>(id << 8 | id >> 8);
    for (std::uint32_t* const n : {&length, &body_crc, &crc}) *n = swapped(*n);
  }
  // Of a head that is as it is in the store.
  constexpr void set_crc(std::uint32_t value) noexcept {
    crc = std::endian::native == std::endian::little ? value : swapped(value);
  }

 private:
  static constexpr std::uint32_t swapped(std::uint32_t n) noexcept {
    return n << 24 | (n & 0xFF00U) << 8 | (n >> 8 & 0xFF00U) | n >> 24;
  }
};

}  // namespace detail

}}  // namespace hubwire

#endif
