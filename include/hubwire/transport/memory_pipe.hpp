// SPDX-License-Identifier: BSL-1.0
// A connection inside one program: two byte_streams over memory that the caller owns. For tests and
// simulations, and to run a TLS engine whose bytes travel some other way.
#ifndef HUBWIRE_TRANSPORT_MEMORY_PIPE_HPP
#define HUBWIRE_TRANSPORT_MEMORY_PIPE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/transport/byte_stream.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

// One direction: a ring of bytes.
class byte_ring {
 public:
  explicit byte_ring(byte_span storage) noexcept : storage_(storage) {}

  std::size_t size() const noexcept { return size_; }
  std::size_t room() const noexcept { return storage_.size() - size_; }

  std::size_t put(byte_view data) noexcept {
    std::size_t const count = data.size() < room() ? data.size() : room();
    std::size_t const end = wrapped(begin_ + size_);
    std::size_t const straight = up_to_the_wrap(end, count);
    copy(storage_.data() + end, data.data(), straight);
    copy(storage_.data(), data.data() + straight, count - straight);
    size_ += count;
    return count;
  }
  std::size_t take(byte_span out) noexcept {
    std::size_t const count = out.size() < size_ ? out.size() : size_;
    std::size_t const straight = up_to_the_wrap(begin_, count);
    copy(out.data(), storage_.data() + begin_, straight);
    copy(out.data() + straight, storage_.data(), count - straight);
    begin_ = wrapped(begin_ + count);
    size_ -= count;
    return count;
  }
  void clear() noexcept { begin_ = size_ = 0; }

 private:
  static void copy(std::uint8_t* to, std::uint8_t const* from, std::size_t count) noexcept {
    if (count != 0) std::memcpy(to, from, count);
  }
  std::size_t wrapped(std::size_t index) const noexcept {
    return index < storage_.size() ? index : index - storage_.size();
  }
  std::size_t up_to_the_wrap(std::size_t index, std::size_t count) const noexcept {
    return count < storage_.size() - index ? count : storage_.size() - index;
  }

  // INVARIANT: begin_ < storage_.size() unless that is 0; size_ <= storage_.size()
  byte_span storage_;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace detail

/// Two ends that are connected.
class memory_pipe {
 public:
  /// One of the two ends, a byte_stream.
  class end {
   public:
    end(end const&) = delete;
    end& operator=(end const&) = delete;

    /// After the other end closed, gives what that had written, then closed.
    io_result read_some(byte_span room) noexcept {
      if (room.empty()) return detail::moved(0);
      if (closed_) return detail::ended();
      if (std::size_t const count = in_.take(room); count != 0) return detail::moved(count);
      if (broken_) return detail::broken({errc::connection_lost, 0});
      return other_->has_left() ? detail::ended() : detail::blocked();
    }
    /// After the other end closed, fails with connection_lost: nobody will read the bytes.
    io_result write_some(byte_view data) noexcept {
      if (data.empty()) return detail::moved(0);
      if (closed_ || output_ended_) return detail::ended();
      if (broken_ || other_->closed_) return detail::broken({errc::connection_lost, 0});
      std::size_t const count = out_.put(data);
      write_blocked_ = count == 0;
      return write_blocked_ ? detail::blocked() : detail::moved(count);
    }
    bool wants_write() const noexcept { return write_blocked_; }
    bool has_unread() const noexcept { return in_.size() != 0 || closed_ || broken_ || other_->has_left(); }
    /// Ends this direction: the other end reads what was written, and then closed.
    io_status end_output() noexcept {
      if (closed_) return io_status::closed;
      if (broken_) return io_status::failed;
      output_ended_ = true;
      write_blocked_ = false;
      return io_status::ok;
    }
    void close() noexcept {
      closed_ = true;
      write_blocked_ = false;
    }

    /// Bytes that wait to be read here.
    std::size_t readable() const noexcept { return in_.size(); }
    /// Bytes that can be written here.
    std::size_t writable() const noexcept { return out_.room(); }

   private:
    friend class memory_pipe;
    end(detail::byte_ring& in, detail::byte_ring& out, end& other) noexcept
        : in_(in), out_(out), other_(&other) {}
    bool has_left() const noexcept { return closed_ || output_ended_; }

    detail::byte_ring& in_;
    detail::byte_ring& out_;
    end* other_;
    bool closed_ = false;
    bool output_ended_ = false;
    bool broken_ = false;
    bool write_blocked_ = false;
  };

  /// The size of each buffer is the capacity of its direction. An empty one makes a direction that never
  /// takes anything. Both outlive the pipe.
  memory_pipe(byte_span left_to_right, byte_span right_to_left) noexcept
      : rightward_(left_to_right), leftward_(right_to_left) {}
  memory_pipe(memory_pipe const&) = delete;
  memory_pipe& operator=(memory_pipe const&) = delete;

  end& left() noexcept { return left_; }
  end& right() noexcept { return right_; }

  /// Pulls the cable: what is on its way is lost, and both ends fail with connection_lost.
  void sever() noexcept {
    rightward_.clear();
    leftward_.clear();
    left_.broken_ = right_.broken_ = true;
  }

 private:
  detail::byte_ring rightward_;
  detail::byte_ring leftward_;
  end left_{leftward_, rightward_, right_};
  end right_{rightward_, leftward_, left_};
};

static_assert(byte_stream<memory_pipe::end>);

}}  // namespace hubwire

#endif
