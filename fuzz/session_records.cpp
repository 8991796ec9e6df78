// SPDX-License-Identifier: BSL-1.0
// A session's records go through power cuts, damage and other owners. Input: a byte that chooses the pages, then steps:
// append, snapshot, reboot, power cut, damage, another owner. Oracles: a second reader, written from docs/reboot.md with
// strings, finds the same records and the same report in the memory. As long as nobody has damaged the memory, a
// reboot finds the state before or after the record that was being written, and no byte is written that was not erased.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hubwire/session/session_records.hpp>

#include <fuzz/reference/session_records.hpp>

#include <fuzz/support/target.hpp>

namespace {

using fuzz::require;
using hubwire::byte_span;
using hubwire::byte_view;
using hubwire::errc;
using hubwire::record_kind;
using hubwire::result;

// Memory that loses power after so many bytes. What is left in the unit that was written last is anything.
struct memory {
  std::size_t page = 64;
  std::string octets = std::string(1024, '\xFF');
  std::size_t power = std::string::npos;
  bool damaged = false;
  fuzz::random_numbers random{1};

  std::size_t size() const noexcept { return octets.size(); }
  std::size_t page_size() const noexcept { return page; }
  result<void> read_at(std::size_t at, byte_span room) noexcept {
    require(at <= size() && room.size() <= size() - at, "reads inside");
    if (power == 0) return errc::store_failed;
    std::copy_n(octets.begin() + static_cast<std::ptrdiff_t>(at), room.size(), room.begin());
    return {};
  }
  result<void> write_at(std::size_t at, byte_view data) noexcept {
    require(!data.empty() && at % 16 == 0 && data.size() % 16 == 0, "whole units");
    require(at + data.size() <= size() && at / page == (at + data.size() - 1) / page,
            "writes stay in a page");
    if (at % page == 0 && !erase(at)) return errc::store_failed;
    for (std::size_t unit = 0; unit != data.size(); unit += 16) {
      if (power == 0) return errc::store_failed;
      std::size_t const done = power < 16 ? power : 16;
      if (power != std::string::npos) power -= done;
      for (std::size_t i = unit; i != unit + 16; ++i) {
        require(damaged || octets[at + i] == '\xFF', "only erased bytes are written");
        bool const whole = done == 16 || i < unit + done;
        octets[at + i] = static_cast<char>(whole ? data[i] : random(2) != 0 ? 0xFF : random(256));
      }
    }
    return power == 0 ? errc::store_failed : result<void>();
  }

 private:
  bool erase(std::size_t at) {
    if (power == 0) return false;
    bool const whole = power > 4;
    for (std::size_t i = at; i != at + page; ++i)
      if (whole || random(2) != 0)
        octets[i] = static_cast<char>(whole || random(4) != 0 ? 0xFF : random(256));
    if (power != std::string::npos) power = whole ? power - 4 : 0;
    return whole;
  }
};

// What counts: the last record under each name.
using state = std::map<unsigned, std::pair<unsigned, std::string>>;

void apply(state& now, unsigned kind, unsigned id, std::string const& body) {
  auto const which = static_cast<record_kind>(kind);
  bool const inbound = which == record_kind::received || which == record_kind::completed;
  unsigned const name = which == record_kind::next_id ? 0x20000 : inbound ? 0x10000 + id : id;
  now.erase(name);
  if (which != record_kind::settled && which != record_kind::completed) now[name] = {kind, body};
}

class device {
 public:
  explicit device(std::size_t page) { memory_.page = page; }

  void run(fuzz::choices input) {
    reboot();
    while (!input.rest().empty()) {
      unsigned const what = input.byte() % 14;
      if (what < 6) {
        append(what + 1, input);
      } else if (what < 8) {
        if (snapshot()) before_ = now_;
      } else if (what == 8) {
        reboot();
      } else if (what < 11) {
        memory_.power = input.byte() + 1;
      } else if (what == 11) {
        damage(input);
      } else if (what == 12) {
        owner_ = input.byte() % 3;
        memory_.damaged = true;  // what another owner did is not in the model
        reboot();
      } else {
        forge(input);
      }
      if (memory_.power == 0) reboot();
    }
    reboot();
  }

 private:
  void append(unsigned kind, fuzz::choices& input) {
    unsigned const id = input.byte() % 8;
    std::string body(kind == 1 ? input.byte() : 0, static_cast<char>('a' + id));
    std::string const special(input.take(body.size() / 4));
    std::copy(special.begin(), special.end(), body.begin());
    before_ = now_;
    apply(now_, kind, id, body);
    if (!write(kind, id, body) && (!snapshot_of(before_) || !write(kind, id, body)) && memory_.power != 0) {
      now_ = before_;  // no room
      reboot();
    }
  }
  bool write(unsigned kind, unsigned id, std::string const& body) {
    auto const* const octets = reinterpret_cast<std::uint8_t const*>(body.data());
    std::size_t const half = body.size() / 3;
    return records_
        ->append(static_cast<record_kind>(kind), static_cast<std::uint16_t>(id), {octets, half},
                 {octets + half, body.size() - half})
        .has_value();
  }
  bool snapshot() {
    before_ = now_;
    bool const made = snapshot_of(now_);
    if (!made && memory_.power != 0) reboot();
    return made;
  }
  bool snapshot_of(state const& all) {
    if (memory_.power == 0 || !records_->begin_snapshot()) return false;
    for (auto const& [name, record] : all)
      if (!write(record.first, name & 0xFFFF, record.second)) return false;
    return records_->commit().has_value();
  }
  void damage(fuzz::choices& input) {
    std::size_t const at = (input.byte() * 256u + input.byte()) % memory_.size();
    unsigned const how = input.byte();
    std::size_t const from = input.byte() * 16u % memory_.size();
    std::size_t const count = std::min<std::size_t>(16, memory_.size() - std::max(at, from));
    if (how != 0) {
      memory_.octets[at] = static_cast<char>(static_cast<unsigned char>(memory_.octets[at]) ^ how);
    } else {
      memory_.octets.replace(at, count, memory_.octets, from, count);
    }
    memory_.damaged = true;
    reboot();
  }

  // A head whose CRC is good and whose fields are anything, behind the last one.
  void forge(fuzz::choices& input) {
    auto const seen = reference::session_reader(memory_.octets, memory_.page, owner_).read();
    if (seen.end == 0 || seen.end % (memory_.size() / 2) == 0) return;
    std::string head = memory_.octets.substr(seen.end, 1) + std::string(input.take(11));
    head.resize(12, '\0');
    std::uint32_t const crc = reference::session_reader::crc(head.substr(1), seen.before);
    for (unsigned i = 0; i != 4; ++i) head += static_cast<char>(crc >> 8 * i);
    memory_.octets.replace(seen.end, 16, head);
    memory_.damaged = true;
    reboot();
  }

  void reboot() {
    memory_.power = std::string::npos;
    std::string const octets = memory_.octets;
    reference::stored_session const wanted = reference::session_reader(octets, memory_.page, owner_).read();
    std::vector<reference::stored_record> seen;
    records_.emplace(memory_);
    auto const report =
        records_->load(owner_, [&](record_kind kind, std::uint16_t id, hubwire::record_body<memory>& body) {
          std::string text(body.size(), '?');
          require(body.copy_to({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}).has_value(),
                  "reads a body");
          seen.push_back({static_cast<unsigned>(kind), id, text});
        });
    require(report.has_value(), "loads");
    require(memory_.octets == octets, "load() writes nothing");
    require(seen == wanted.records, "the records");
    require(report->records == seen.size(), "the count of records");
    require(report->skipped == wanted.skipped, "the count of skipped records");
    require(report->refused == wanted.refused, "the count of refused banks");
    require(report->cut == wanted.cut, "whether the log is cut");
    require(report->clean() == wanted.clean(), "whether anything is wrong");
    state found;
    for (auto const& one : seen) apply(found, one.kind, one.id, one.body);
    if (!memory_.damaged) require(found == before_ || found == now_, "the state before or after a record");
    before_ = now_ = found;
  }

  memory memory_{};
  std::optional<hubwire::session_records<memory>> records_{};
  std::uint32_t owner_ = 0;
  state before_{};
  state now_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::choices input(fuzz::as_text(data, size));
  device(std::size_t{64} << input.byte() % 3).run(input);
  return 0;
}
