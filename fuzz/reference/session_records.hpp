// SPDX-License-Identifier: BSL-1.0
// Reads the memory of session records, written from docs/reboot.md with strings.
#ifndef HUBWIRE_FUZZ_REFERENCE_SESSION_RECORDS_HPP
#define HUBWIRE_FUZZ_REFERENCE_SESSION_RECORDS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reference {

struct stored_record {
  unsigned kind = 0;
  unsigned id = 0;
  std::string body{};
  friend bool operator==(stored_record const&, stored_record const&) = default;
};

struct stored_session {
  std::vector<stored_record> records{};
  unsigned skipped = 0;
  unsigned refused = 0;
  bool cut = false;
  std::size_t end = 0;       // of the records
  std::uint32_t before = 0;  // the CRC of the last head

  bool clean() const { return skipped == 0 && refused == 0 && !cut; }
};

class session_reader {
 public:
  session_reader(std::string memory, std::size_t page, std::uint32_t owner)
      : memory_(std::move(memory)), page_(page), owner_(owner) {}

  stored_session read() const {
    std::size_t const half = memory_.size() / 2;
    std::optional<bank> const banks[2] = {read_bank(0), read_bank(half)};
    std::uint32_t newest = 0;
    bank const* best = nullptr;
    stored_session seen;
    for (auto const& one : banks) {
      if (!one) continue;
      if (one->generation > newest) newest = one->generation;
      if (one->committed && (best == nullptr || one->generation > best->generation)) best = &*one;
    }
    for (int i = 0; i != 2; ++i) {
      bool const older = best != nullptr && banks[i] && banks[i]->generation < best->generation;
      if (banks[i] ? !banks[i]->committed && !older : newest > 1 || !is_blank(i == 0 ? 0 : half))
        ++seen.refused;
    }
    if (best == nullptr) return seen;
    seen.records = best->records;
    seen.skipped = best->skipped;
    seen.cut = best->cut;
    seen.end = best->end;
    seen.before = best->before;
    return seen;
  }

  // One bit of the text after the other.
  static std::uint32_t crc(std::string const& text, std::uint32_t before) {
    std::uint32_t rest = before ^ 0xFFFFFFFFu;
    for (char const c : text)
      for (unsigned bit = 0; bit != 8; ++bit) {
        bool const one = ((static_cast<unsigned char>(c) >> bit ^ rest) & 1u) != 0;
        rest >>= 1;
        if (one) rest ^= 0xEDB88320u;
      }
    return rest ^ 0xFFFFFFFFu;
  }

 private:
  struct bank {
    std::uint32_t generation = 0;
    bool committed = false;
    std::vector<stored_record> records{};
    unsigned skipped = 0;
    bool cut = false;
    std::size_t end = 0;
    std::uint32_t before = 0;
  };

  unsigned octet(std::size_t at) const { return static_cast<unsigned char>(memory_[at]); }
  std::uint32_t word(std::size_t at) const {
    return octet(at) + (octet(at + 1) << 8) + (octet(at + 2) << 16) + (octet(at + 3) << 24);
  }
  bool is_blank(std::size_t at) const { return memory_.substr(at, 16) == std::string(16, '\xFF'); }

  bool is_head(std::size_t at, std::uint32_t before) const {
    return crc(memory_.substr(at + 1, 11), before) == word(at + 12);
  }

  std::optional<bank> read_bank(std::size_t begin) const {
    bool const good = is_head(begin, static_cast<std::uint32_t>(begin)) && octet(begin + 1) == 0xB1 &&
                      octet(begin + 2) == 1 && octet(begin + 3) == 0 && word(begin + 8) == owner_;
    if (!good) return {};
    bank b;
    b.generation = word(begin + 4);
    std::size_t const end = begin + memory_.size() / 2;
    std::uint32_t before = word(begin + 12);
    std::size_t at = begin + 16;
    while (at < end) {
      std::uint64_t const length = word(at + 4);
      if (!is_head(at, before) || at + 16 + length > end) {
        bool const other_page = at % page_ == 0 && octet(at) != b.generation % 256;
        b.cut = !is_blank(at) && !other_page;
        break;
      }
      before = word(at + 12);
      read_record(b, at, static_cast<std::size_t>(length));
      at += 16 + (static_cast<std::size_t>(length) + 15) / 16 * 16;
    }
    b.end = at;
    b.before = before;
    return b;
  }
  void read_record(bank& b, std::size_t at, std::size_t length) const {
    unsigned const kind = octet(at + 1);
    std::string const body = memory_.substr(at + 16, length);
    if (kind == 0xC1) {
      b.committed = true;
    } else if (kind >= 1 && kind <= 6 && crc(body, 0) == word(at + 8)) {
      b.records.push_back({kind, octet(at + 2) + 256 * octet(at + 3), body});
    } else {
      ++b.skipped;
    }
  }

  std::string memory_;
  std::size_t page_;
  std::uint32_t owner_;
};

}  // namespace reference

#endif
