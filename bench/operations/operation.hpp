// SPDX-License-Identifier: BSL-1.0
// One thing that is measured. The same table serves the stopwatch (bench/benchmark.cpp) and the counter of
// instructions (bench/instructions.cpp).
#ifndef HUBWIRE_BENCH_OPERATIONS_OPERATION_HPP
#define HUBWIRE_BENCH_OPERATIONS_OPERATION_HPP

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct operation {
  std::string_view name;
  void (*run)(std::size_t times) = nullptr;
  // Runs once and compares with bytes or fields that were not made by what is measured. With the size that the
  // row claims, where the operation knows its own.
  bool (*check)(std::size_t bytes) = nullptr;
  std::size_t bytes = 0;    // that one run writes or reads
  std::size_t per_run = 1;  // packets in one run: figures are for one of them
  bool less = false;        // another library, which checks less than hubwire does in the row of this name
  // The row that does nothing but what nobody can leave out. "memcpy" is the one that copies as many bytes.
  std::string_view floor{};
  // What there is to tell besides, after a run: how often it called its transport, say.
  std::string (*note)() = nullptr;

  constexpr operation above(std::string_view row) const {
    operation same = *this;
    same.floor = row;
    return same;
  }
};

// The name of that row, or nothing.
inline std::string floor_of(operation const& one) {
  if (one.floor != "memcpy") return std::string(one.floor);
  return "memcpy_" + std::to_string(one.bytes);
}

// What the program at hand measures: all of hubwire (all_operations.cpp), or another library (../versus).
std::vector<operation> all_operations();
std::string measured_library();  // its name and version

std::span<operation const> codec_operations();
std::span<operation const> stream_operations();
std::span<operation const> iothub_operations();
std::span<operation const> text_operations();
std::span<operation const> further_operations();
std::span<operation const> reader_operations();
std::span<operation const> outline_operations();
std::span<operation const> topic_operations();
std::span<operation const> session_operations();
std::span<operation const> turn_operations();
std::span<operation const> window_operations();
std::span<operation const> transport_operations();
std::span<operation const> floor_operations();

// The compiler knows nothing any more about what it computed from memory, this object included.
template <class Inputs>
[[gnu::always_inline]] inline void forget(Inputs& inputs) {
  asm volatile("" : : "r"(&inputs) : "memory");
}

// These values are needed. By value: a reference would tie what is measured to memory.
template <class Value>
[[gnu::always_inline]] inline void keep_one(Value value) {
  asm volatile("" : : "r"(value));
}
template <class... Values>
[[gnu::always_inline]] inline void keep(Values... values) {
  (keep_one(values), ...);
}

inline constexpr std::size_t page = 4096;

// What is measured is inlined into this loop, as a header is into its user, and the loop into nothing. All
// inputs are members of Work, read anew in each round.
template <class Work>
[[gnu::noinline]] void repeat(Work& work, std::size_t times) {
  for (; times != 0; --times) {
    forget(work);
    work();
  }
}

// What work wrote or read, in bytes; where it does not say, what its row claims.
template <class Work>
std::size_t size_of(Work const& work, std::size_t claimed) {
  if constexpr (requires { work.written.size(); }) {
    return work.written.size();
  } else if constexpr (requires { std::data(work.output), work.size + 0; }) {
    return work.size;
  } else if constexpr (requires { work.input.size(); }) {
    return work.input.size();
  } else {
    return claimed;
  }
}

template <class Work>
constexpr auto note_of() -> std::string (*)() {
  if constexpr (requires(Work const& work) { work.note(); })
    return [] {
      alignas(page) static Work work;
      repeat(work, 1);
      return work.note();
    };
  return nullptr;
}

// Work is default-constructible, has operator()() and check(), and may have note(). It begins a page, and what it
// writes lies in the first 2 KiB: otherwise the linker decides who writes across the end of a page, which costs as
// much as a packet.
template <class Work>
constexpr operation measured(std::string_view name, std::size_t bytes = 0, std::size_t per_run = 1) {
  return {name,
          [](std::size_t times) {
            alignas(page) static Work work;
            repeat(work, times);
          },
          [](std::size_t claimed) {
            alignas(page) static Work work;
            repeat(work, 1);
            return work.check() && (claimed == 0 || size_of(work, claimed) == claimed);
          },
          bytes,
          per_run,
          false,
          {},
          note_of<Work>()};
}

constexpr operation checking_less(operation one) {
  one.less = true;
  return one;
}

}  // namespace bench

#endif
