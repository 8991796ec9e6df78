// SPDX-License-Identifier: BSL-1.0
// Makes a good connection a bad one, the same way each time: for tests of everything above a byte_stream.
#ifndef HUBWIRE_TRANSPORT_FAULTY_HPP
#define HUBWIRE_TRANSPORT_FAULTY_HPP

#include <cstddef>
#include <cstdint>
#include <limits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/transport/byte_stream.hpp>

namespace hubwire { inline namespace abi1 {

/// What goes wrong. By default: nothing.
struct faults {
  static constexpr std::size_t never = (std::numeric_limits<std::size_t>::max)();

  std::size_t largest_read = never;       // at most so many bytes per read_some, at least 1
  std::size_t largest_write = never;      // at most so many bytes per write_some
  std::uint32_t block_every = 0;          // each n-th call gives would_block, n >= 2; 0: none does
  std::size_t cut_reading_after = never;  // bytes; from then on both directions give cut_as
  std::size_t cut_writing_after = never;
  io_status cut_as = io_status::failed;  // failed (connection_lost) or closed
  std::uint32_t seed = 0;  // 0: each move is as large as allowed; else of a size between 1 and that
};

/// A byte_stream on top of another. An injected would_block breaks one promise of the contract on purpose:
/// nothing needs to happen outside before the next call succeeds. So try again without waiting.
template <byte_stream Lower>
class faulty {
 public:
  /// lower outlives this object.
  faulty(Lower& lower, faults plan) noexcept
      : lower_(lower),
        plan_(plan),
        random_(plan.seed),
        cut_(plan.cut_reading_after == 0 || plan.cut_writing_after == 0) {}
  faulty(faulty const&) = delete;
  faulty& operator=(faulty const&) = delete;

  io_result read_some(byte_span room) noexcept {
    if (room.empty()) return detail::moved(0);
    if (cut_) return as_cut();
    if (block_now(reads_)) return detail::blocked();
    std::size_t const left = plan_.cut_reading_after - read_;
    io_result const got = lower_.read_some(room.first(portion(room.size(), plan_.largest_read, left)));
    read_ += got.count;
    if (plan_.cut_reading_after != faults::never) cut_ = read_ >= plan_.cut_reading_after;
    return got;
  }
  io_result write_some(byte_view data) noexcept {
    if (data.empty()) return detail::moved(0);
    if (cut_) return as_cut();
    if (block_now(writes_)) return detail::blocked();
    std::size_t const left = plan_.cut_writing_after - written_;
    // The lower stream is offered again the bytes that it refused.
    std::size_t const again = refused_ < data.size() ? refused_ : data.size();
    std::size_t const size = refused_ != 0 ? again : portion(data.size(), plan_.largest_write, left);
    io_result const put = lower_.write_some(data.first(size));
    refused_ = put.status == io_status::would_block ? size : 0;
    written_ += put.count;
    if (plan_.cut_writing_after != faults::never) cut_ = written_ >= plan_.cut_writing_after;
    last_write_ = put.status;
    return put;
  }
  bool wants_write() const noexcept { return hubwire::wants_write(lower_, last_write_); }
  bool wants_call() const noexcept { return hubwire::wants_call(lower_); }
  bool has_unread() const noexcept { return cut_ || hubwire::has_unread(lower_); }
  io_status end_output() noexcept { return cut_ ? plan_.cut_as : hubwire::end_output(lower_); }

  /// Bytes that passed so far.
  std::size_t received() const noexcept { return read_; }
  std::size_t written() const noexcept { return written_; }

 private:
  io_result as_cut() const noexcept {
    if (plan_.cut_as == io_status::closed) return detail::ended();
    return detail::broken({errc::connection_lost, 0});
  }
  // Reads and writes have a count each. With one count, a caller that does one of each in turn could meet
  // the same answer forever.
  bool block_now(std::uint32_t& calls) noexcept {
    if (plan_.block_every == 0) return false;
    return ++calls % plan_.block_every == 0;
  }
  std::size_t portion(std::size_t wanted, std::size_t largest, std::size_t left) noexcept {
    std::size_t most = wanted < largest ? wanted : largest;
    if (most > left) most = left;
    if (plan_.seed == 0 || most <= 1) return most == 0 ? 1 : most;  // 0: a plan of 0 bytes per call
    // xorshift32: never 0 from a seed that is not 0.
    random_ ^= random_ << 13;
    random_ ^= random_ >> 17;
    random_ ^= random_ << 5;
    return 1 + random_ % most;
  }

  Lower& lower_;
  faults plan_;
  std::uint32_t random_;
  std::uint32_t reads_ = 0;
  std::uint32_t writes_ = 0;
  std::size_t read_ = 0;
  std::size_t written_ = 0;
  std::size_t refused_ = 0;
  io_status last_write_ = io_status::ok;
  bool cut_;
};

}}  // namespace hubwire

#endif
