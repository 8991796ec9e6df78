// SPDX-License-Identifier: BSL-1.0
// The same packets as in stream_operations.cpp, in chunks as a connection delivers them.
//   stream_reader_N       a frame_reader takes N bytes at a time from where the driver has put them
//   stream_window_N       a frame_reader lends its window, N bytes are put there at a time
//   stream_accumulate_N   a program without a reader: it appends to a buffer of its own and splits that
#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include <hubwire/mqtt3.hpp>
#include <hubwire/stream/frame_reader.hpp>

#include "connection.hpp"
#include "consumer.hpp"
#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

using namespace hubwire;

// As a program calls it: what of the call is inlined the compiler decides.
struct directly {
  [[gnu::always_inline]] static frame_result next(frame_reader& reader, byte_view& chunk) {
    return reader.next(chunk);
  }
};

template <class Policy, std::size_t Chunk, std::size_t Count>
struct with_window : connection<Count> {
  void operator()() {
    frame_reader reader(this->memory, largest_packet, first_bytes_from<v3_tag, role::server>);
    consumer all;
    this->template deliver<Chunk>([&](std::string_view chunk) {
      byte_span const window = reader.window();
      if (window.size() < chunk.size()) return false;
      std::memcpy(window.data(), chunk.data(), chunk.size());
      reader.commit(chunk.size());
      for (;;) {
        frame_result const found = reader.next();
        if (found.status != frame_status::ready) return found.status == frame_status::need_more;
        if (!dispatch<v3_tag, role::server, Policy>(found.frame, [&](auto const& p) { all(p); }))
          return false;
      }
    });
    this->totals = all.totals;
  }
};

template <class Policy, std::size_t Chunk, std::size_t Count>
struct accumulating : connection<Count> {
  void operator()() {
    std::size_t held = 0;
    consumer all;
    this->template deliver<Chunk>([&](std::string_view chunk) {
      if (this->memory.size() - held < chunk.size()) return false;
      std::memcpy(this->memory.data() + held, chunk.data(), chunk.size());
      held += chunk.size();
      byte_view rest(this->memory.data(), held);
      for (;;) {
        frame_result const found = split_frame(rest, largest_packet, first_bytes_from<v3_tag, role::server>);
        if (found.status == frame_status::need_more) break;
        if (found.status != frame_status::ready) return false;
        if (!dispatch<v3_tag, role::server, Policy>(found.frame, [&](auto const& p) { all(p); }))
          return false;
        rest = rest.subspan(found.frame.size());
      }
      std::memmove(this->memory.data(), rest.data(), rest.size());
      held = rest.size();
      return true;
    });
    this->totals = all.totals;
  }
};

constexpr std::size_t many = 10'000;
constexpr std::size_t some = 1'000;  // in single bytes it takes long

constexpr operation operations[] = {
    measured<with_reader<strict, 1460, many, directly>>("stream_reader_1460", 0, many).above("walk_cold"),
    measured<with_reader<structural, 1460, many, directly>>("stream_reader_1460_unchecked", 0, many)
        .above("walk_cold"),
    measured<with_reader<strict, 64, some, directly>>("stream_reader_64", 0, some).above("chunks_64"),
    measured<with_reader<structural, 64, some, directly>>("stream_reader_64_unchecked", 0, some)
        .above("chunks_64"),
    measured<with_reader<strict, 1, some, directly>>("stream_reader_1", 0, some).above("chunks_1"),
    measured<with_reader<structural, 1, some, directly>>("stream_reader_1_unchecked", 0, some)
        .above("chunks_1"),
    measured<with_window<strict, 1460, many>>("stream_window_1460", 0, many).above("chunks_1460"),
    measured<with_window<structural, 1460, many>>("stream_window_1460_unchecked", 0, many)
        .above("chunks_1460"),
    measured<with_window<strict, 64, some>>("stream_window_64", 0, some).above("chunks_64"),
    measured<with_window<structural, 64, some>>("stream_window_64_unchecked", 0, some).above("chunks_64"),
    measured<with_window<strict, 1, some>>("stream_window_1", 0, some).above("chunks_1"),
    measured<with_window<structural, 1, some>>("stream_window_1_unchecked", 0, some).above("chunks_1"),
    measured<accumulating<strict, 1460, many>>("stream_accumulate_1460", 0, many).above("chunks_1460"),
    measured<accumulating<structural, 1460, many>>("stream_accumulate_1460_unchecked", 0, many)
        .above("chunks_1460"),
    measured<accumulating<strict, 64, some>>("stream_accumulate_64", 0, some).above("chunks_64"),
    measured<accumulating<structural, 64, some>>("stream_accumulate_64_unchecked", 0, some)
        .above("chunks_64"),
    measured<accumulating<strict, 1, some>>("stream_accumulate_1", 0, some).above("chunks_1"),
    measured<accumulating<structural, 1, some>>("stream_accumulate_1_unchecked", 0, some).above("chunks_1"),
};

}  // namespace

std::span<operation const> reader_operations() { return operations; }

}  // namespace bench
