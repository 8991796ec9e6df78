// SPDX-License-Identifier: BSL-1.0
// A byte_stream as TLS libraries see it that call back to read and to write: OpenSSL and mbedTLS.
#ifndef HUBWIRE_TRANSPORT_TLS_CARRIER_HPP
#define HUBWIRE_TRANSPORT_TLS_CARRIER_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/transport/byte_stream.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// Libraries check no name at all when they get "". OpenSSL takes a leading dot for "any subdomain". mbedTLS
// lets 127.0.0.1 match a certificate for *.0.0.1. A port matches nothing. None of these gets that far.
class server_name_check {
 public:
  static constexpr std::size_t longest = 255;

  // Whether name is labels of letters, digits, - and _ with one dot between them. The last label is no
  // number, as it is in every notation of an IPv4 address.
  static constexpr bool accepts(std::string_view name) noexcept {
    if (name.size() > longest) return false;
    for (std::string_view rest = name;;) {
      std::string_view const label = first(rest, index_of(rest, '.'));
      for (char const c : label)
        if (!is_digit(c) && !is_letter(c, 'z') && c != '-' && c != '_') return false;
      if (label.empty()) return false;
      if (label.size() == rest.size()) return !is_number(label);
      rest = drop(rest, label.size() + 1);
    }
  }

 private:
  static constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  static constexpr bool is_letter(char c, char last) noexcept {
    char const lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= last;
  }
  // All digits, or 0x and hexadecimal digits.
  static constexpr bool is_number(std::string_view label) noexcept {
    bool const hexadecimal = begins_with(label, "0x") || begins_with(label, "0X");
    for (char const c : hexadecimal ? drop(label, 2) : label)
      if (!is_digit(c) && !(hexadecimal && is_letter(c, 'f'))) return false;
    return true;
  }
};

// What every TLS client has to know before it begins.
constexpr result<void> check_server(std::string_view name, std::uint64_t unix_time) noexcept {
  constexpr std::uint64_t first_second_of_2020 = 1'577'836'800;
  constexpr std::uint64_t first_second_of_10000 = 253'402'300'800;
  if (!server_name_check::accepts(name)) return errc::invalid_field;
  if (unix_time < first_second_of_2020) return errc::clock_not_set;
  if (unix_time >= first_second_of_10000) return errc::invalid_field;
  return {};
}

// Whether a connection ended so that its session must not be resumed.
constexpr bool blames_tls(errc why) noexcept {
  return why >= errc::tls_failed && why <= errc::tls_chain_too_long;
}

// A name with a zero behind it, as C libraries want it.
class server_name_copy {
 public:
  server_name_copy() noexcept = default;
  explicit server_name_copy(std::string_view name) noexcept : size_(name.size()) {
    if (size_ != 0) std::memcpy(text_, name.data(), size_);
  }
  char const* text() const noexcept { return text_; }
  std::string_view view() const noexcept { return {text_, size_}; }

 private:
  char text_[server_name_check::longest + 1]{};
  std::size_t size_ = 0;
};

// The lower stream for the callbacks of a library. What the library sends waits here until the lower stream
// takes it, so that a library never sees a refused write once its handshake is done: each of them has rules
// of its own for what has to be repeated, and loses or doubles bytes when they are broken.
class tls_carrier {
 public:
  template <byte_stream Lower>
  tls_carrier(Lower& lower, byte_span output) noexcept
      : lower_(&lower),
        read_([](void* self, byte_span room) noexcept { return static_cast<Lower*>(self)->read_some(room); }),
        write_(
            [](void* self, byte_view data) noexcept { return static_cast<Lower*>(self)->write_some(data); }),
        output_(output) {}

  // Forgets the last connection, before a new one begins.
  void forget() noexcept {
    waiting_ = {};
    loss_ = {};
    has_ended_ = false;
  }

  // A call of the stream above begins. So many reads may follow: a server that sends endless records without
  // content gets its share of a call and no more.
  void begin_call(int most_reads) noexcept {
    reads_left_ = most_reads;
    stopped_ = false;
  }
  // The call ends before its work does.
  void stop() noexcept { stopped_ = true; }
  bool stopped() const noexcept { return stopped_; }

  // Takes what there is room for and returns how much that was. After a loss it takes all and drops it: what
  // had arrived can still be read.
  std::size_t take(byte_view data) noexcept {
    if (is_lost()) return data.size();
    if (waiting_.empty()) waiting_ = output_.first(0);
    if (waiting_.data() != output_.data()) {
      std::memmove(output_.data(), waiting_.data(), waiting_.size());
      waiting_ = output_.first(waiting_.size());
    }
    std::size_t const count = data.size() < room() ? data.size() : room();
    if (count != 0) std::memcpy(output_.data() + waiting_.size(), data.data(), count);
    waiting_ = output_.first(waiting_.size() + count);
    return count;
  }

  // Hands on what waits, as far as the lower stream takes it now.
  void flush() noexcept {
    while (!waiting_.empty() && !is_lost()) {
      io_result const put = write_(lower_, waiting_);
      note(put);
      std::size_t const count = put.count < waiting_.size() ? put.count : waiting_.size();
      if (count == 0) break;
      waiting_ = waiting_.subspan(count);
    }
    if (is_lost()) waiting_ = {};
  }

  // ok with the bytes that came, would_block, or failed when none will come any more.
  io_result receive(byte_span into) noexcept {
    if (reads_left_ == 0) {
      stopped_ = true;
      return blocked();
    }
    --reads_left_;
    io_result const got = read_(lower_, into);
    note(got);
    if (got.count != 0) return moved(got.count < into.size() ? got.count : into.size());
    if (got.status == io_status::would_block) return blocked();
    has_ended_ = true;
    return broken(loss());
  }

  bool waits_to_send() const noexcept { return !waiting_.empty(); }
  // Whether there is room for the answers that one call may cause: alerts, updates of keys.
  bool has_room_to_answer() const noexcept { return room() >= 256; }

  bool is_lost() const noexcept { return loss_.code != errc::none; }
  // Whether the library was told that no more bytes will come. It calls that an error of TLS.
  bool has_ended() const noexcept { return has_ended_; }
  // How the lower stream ended. That it was closed is a loss as well: only close_notify ends TLS well.
  error loss() const noexcept { return is_lost() ? loss_ : error{errc::connection_lost, 0}; }

 private:
  std::size_t room() const noexcept { return output_.size() - waiting_.size(); }

  // The first loss counts. A stream that failed has ended, also when it does not say why.
  void note(io_result const& outcome) noexcept {
    bool const failed = outcome.status == io_status::failed;
    if (is_lost() || (!failed && outcome.status != io_status::closed)) return;
    loss_ = failed && outcome.error.code != errc::none ? outcome.error : loss();
  }

  void* lower_;
  io_result (*read_)(void*, byte_span) noexcept;
  io_result (*write_)(void*, byte_view) noexcept;
  byte_span output_;
  byte_span waiting_{};  // lies in output_
  error loss_{};
  int reads_left_ = 0;
  bool stopped_ = false;
  bool has_ended_ = false;
};

}}}  // namespace hubwire::detail

#endif
