// SPDX-License-Identifier: BSL-1.0
// What a session has to remember over a reboot (v3.1.1 §4.1), as records in a store. A power cut at any byte
// leaves the state before or after the record that was being written.
#ifndef HUBWIRE_SESSION_SESSION_RECORDS_HPP
#define HUBWIRE_SESSION_SESSION_RECORDS_HPP

#include <array>
#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/crc32.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/session/record_format.hpp>
#include <hubwire/session/session_store.hpp>

namespace hubwire { inline namespace abi1 {

/// Reads the body of the record that load() visits. Its bytes have been checked.
template <session_store Store>
class record_body {
 public:
  constexpr record_body(Store& store, std::size_t at, std::size_t size) noexcept
      : store_(store), at_(at), size_(size) {}

  /// How many bytes are left to read.
  constexpr std::size_t size() const noexcept { return size_; }
  /// Reads the next bytes; no more than size(). Errors: the store's.
  result<void> copy_to(byte_span room) noexcept {
    HUBWIRE_ASSERT(room.size() <= size_);
    std::size_t const at = at_;
    at_ += room.size();
    size_ -= room.size();
    return store_.read_at(at, room);
  }

 private:
  Store& store_;
  std::size_t at_;
  std::size_t size_;
};

/// A log of records in the two halves of a store, called banks. One bank is in use. A snapshot writes what is
/// still needed into the other one, which is in use from its commit on.
///
/// After load(), append() each change. When it returns store_full: begin_snapshot(), append() all that still
/// counts, commit(), and then append() again. If that is store_full too, the store is too small. After any
/// other error append() returns store_full as well, and a snapshot begins anew. Without a commit, the next
/// load() finds the state from before the snapshot.
template <session_store Store>
class session_records {
 public:
  /// Uses store, which outlives this object. Until load() nothing can be appended.
  constexpr explicit session_records(Store& store) noexcept : store_(store) {}
  session_records(session_records const&) = delete;
  session_records& operator=(session_records const&) = delete;

  /// Reads the newest complete bank and calls visit(record_kind, std::uint16_t id, record_body<Store>&) for
  /// each record, in the order in which they were appended. The owner is a number made from the client
  /// identifier, by crc32() for instance: records of another owner are not read. The visitor appends nothing.
  /// Errors: the store's; what was visited before is then not all.
  template <class Visit>
  result<load_report> load(std::uint32_t owner, Visit&& visit) noexcept {
    std::size_t const in_page = store_.page_size() - 1;
    HUBWIRE_ASSERT(in_page >= detail::record_line - 1 && (store_.page_size() & in_page) == 0);
    HUBWIRE_ASSERT((bank_size() & in_page) == 0);
    result<load_report> loaded = load_report{};
    owner_ = owner;
    failure_ = {};
    bool const complete = choose_bank(loaded->refused, visit) && failure_.code == errc::none;
    if (complete) walk(&*loaded, visit);
    // Where anything was wrong, nothing is appended: bytes that a power cut left half written may read
    // otherwise the next time, and flash does not take others in their place.
    if (!complete || failure_.code != errc::none || !loaded->clean()) at_ = end_;
    if (failure_.code != errc::none) loaded = failure_;
    return loaded;
  }

  /// Writes a record whose body is front and back, one behind the other. Errors: store_full (detail: the
  /// bytes that the record takes), the store's.
  HUBWIRE_ONE_COPY result<void> append(record_kind kind, std::uint16_t id, byte_view front = {},
                                       byte_view back = {}) noexcept {
    head h{.kind = static_cast<std::uint8_t>(kind),
           .id = id,
           .length = static_cast<std::uint32_t>(front.size() + back.size()),
           .body_crc = crc32(back, crc32(front))};
    return write_record(h, front, back);
  }

  /// Erases the bank that is not in use. What is appended from now on goes there.
  result<void> begin_snapshot() noexcept {
    use_bank(used_ ^ 1U);
    ++generation_;
    head h{
        .kind = detail::bank_record, .id = detail::record_format, .length = generation_, .body_crc = owner_};
    return write_record(h, {}, {});
  }

  /// Ends a snapshot: from now on its bank is the one in use. Errors: like append(), and the old bank stays.
  result<void> commit() noexcept {
    result<void> const written = append(static_cast<record_kind>(detail::commit_record), 0);
    if (written) used_ = end_ > bank_size() ? 1U : 0U;
    return written;
  }

 private:
  using head = detail::record_head;
  using line = std::array<std::uint8_t, detail::record_line>;

  constexpr std::size_t bank_size() const noexcept { return store_.size() / 2; }
  constexpr void use_bank(unsigned bank) noexcept {
    at_ = bank != 0 ? bank_size() : 0;
    end_ = at_ + bank_size();
    chain_ = static_cast<std::uint32_t>(at_);  // so that a copy in the other bank is not good
  }
  bool keep(result<void> const& done) noexcept {
    if (!done) failure_ = done.error();
    return done.has_value();
  }
  bool fetch(std::size_t at, byte_span room) noexcept { return keep(store_.read_at(at, room)); }

  // Whether there is a head at at_ that belongs behind the one before.
  bool read_head(head& h) noexcept {
    if (!fetch(at_, h.octets())) return false;
    std::uint32_t const crc = h.crc_behind(chain_);
    h.swap_octets();
    return h.crc == crc;
  }
  // 0 when the bank does not begin as one of this owner.
  std::uint32_t read_generation(unsigned bank, std::uint32_t& blank, std::uint32_t& refused) noexcept {
    use_bank(bank);
    head h;
    if (read_head(h) && h.kind == detail::bank_record && h.id == detail::record_format &&
        h.body_crc == owner_)
      return h.length;
    ++(h.blank() ? blank : refused);
    return 0;
  }

  // Uses the newest bank that has a commit. False: there is none.
  template <class Visit>
  bool choose_bank(std::uint32_t& refused, Visit& visit) noexcept {
    std::uint32_t generations[2];
    std::uint32_t blank = 0;
    for (unsigned bank = 0; bank != 2; ++bank) generations[bank] = read_generation(bank, blank, refused);
    used_ = generations[1] > generations[0] ? 1U : 0U;
    generation_ = generations[used_];
    // Before the second snapshot, one bank was never written. Later, somebody has erased it.
    if (generation_ > 1) refused += blank;
    while (generations[used_] != 0) {
      if (walk(nullptr, visit)) return true;
      ++refused;
      generations[used_] = 0;
      used_ ^= 1U;
    }
    return false;
  }

  // Goes through the bank in use, up to the end of its records. Without a report it only looks whether there
  // is a commit.
  template <class Visit>
  bool walk(load_report* report, Visit& visit) noexcept {
    use_bank(used_);
    head h;
    read_head(h);
    auto const mark = static_cast<std::uint8_t>(h.length);
    h.length = 0;
    for (;;) {
      chain_ = h.crc;
      at_ += detail::record_unit + detail::record_units(h.length);
      if (at_ == end_) return false;
      if (!read_head(h) || h.length > end_ - at_ - detail::record_unit) break;
      if (report != nullptr) {
        visit_one(h, *report, visit);
      } else if (h.kind == detail::commit_record) {
        return true;
      }
    }
    // A page that was not written in this generation holds anything.
    bool const in_old_page = (at_ & (store_.page_size() - 1)) == 0 && h.mark != mark;
    if (report != nullptr) report->cut = !h.blank() && !in_old_page;
    return false;
  }
  template <class Visit>
  void visit_one(head const& h, load_report& report, Visit& visit) noexcept {
    if (h.kind == detail::commit_record) return;
    std::size_t const at = at_ + detail::record_unit;
    unsigned const known = h.kind - 1U;
    if (known < static_cast<unsigned>(record_kind::next_id) && crc_of(at, h.length) == h.body_crc) {
      record_body<Store> body(store_, at, h.length);
      ++report.records;
      visit(static_cast<record_kind>(h.kind), h.id, body);
    } else {
      ++report.skipped;
    }
  }
  std::uint32_t crc_of(std::size_t at, std::size_t size) noexcept {
    std::uint32_t crc = 0;
    line octets;
    while (size != 0) {
      byte_span const part = byte_span(octets).first(size < octets.size() ? size : octets.size());
      if (!fetch(at, part)) break;
      crc = crc32(part, crc);
      at += part.size();
      size -= part.size();
    }
    return crc;
  }

  result<void> write_record(head& h, byte_view const& front, byte_view const& back) noexcept {
    std::size_t const size = detail::record_unit + detail::record_units(front.size() + back.size());
    if (size > end_ - at_) return error{errc::store_full, static_cast<std::uint32_t>(size)};
    failure_ = {};
    h.mark = static_cast<std::uint8_t>(generation_);
    h.swap_octets();
    chain_ = h.crc_behind(chain_);
    h.set_crc(chain_);
    std::size_t const end = at_ + size;
    line octets;
    from_ = at_;
    put(octets, h.octets());
    put(octets, front);
    put(octets, back);
    while (at_ != end) collect(octets, 0xFF);
    if (at_ != from_) write_line(octets);
    if (failure_.code != errc::none) at_ = end_;
    return failure_;
  }
  HUBWIRE_ONE_COPY void put(line& collected, byte_view octets) noexcept {
    while (!octets.empty()) {
      std::size_t const count = direct(octets.size());
      if (count == 0) {
        collect(collected, octets.front());
        octets = octets.subspan(1);
      } else {
        at_ += count;
        write_to_store(octets.first(count));
        octets = octets.subspan(count);
      }
    }
  }
  // How many bytes can be written from where they are: whole units up to the end of a page.
  std::size_t direct(std::size_t size) const noexcept {
    if constexpr (detail::for_size) return 0;
    if (at_ % detail::record_line != 0 || size < detail::record_line) return 0;
    std::size_t const in_page = store_.page_size() - (at_ & (store_.page_size() - 1));
    return size < in_page ? size & ~(detail::record_unit - 1) : in_page;
  }
  void collect(line& collected, std::uint8_t octet) noexcept {
    collected[at_++ % detail::record_line] = octet;
    if (at_ % detail::record_line == 0) write_line(collected);
  }
  void write_line(line const& collected) noexcept {
    write_to_store(byte_view(collected).subspan(from_ % detail::record_line, at_ - from_));
  }
  // Writes what ends at at_, unless an earlier write failed.
  void write_to_store(byte_view octets) noexcept {
    if (failure_.code == errc::none) keep(store_.write_at(from_, octets));
    from_ = at_;
  }

  Store& store_;
  error failure_{};  // of the store
  // INVARIANT: [at_, end_) is what is free of a bank; nothing when a snapshot is needed.
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::uint32_t chain_ = 0;  // the CRC of the head before at_
  std::uint32_t owner_ = 0;
  std::uint32_t generation_ = 0;  // the newest that was seen or begun
  unsigned used_ = 1;             // the bank in use
  std::size_t from_ = 0;          // while a record is written: [from_, at_) is collected in a line
};

}}  // namespace hubwire

#endif
