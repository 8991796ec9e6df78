// SPDX-License-Identifier: BSL-1.0
// What nobody can go below: the finished packet, copied by libc. These rows also tell which of its versions of
// memcpy and memchr libc has picked on this processor.
#include <cstring>
#include <string>

#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

template <std::size_t Size>
struct copying {
  alignas(64) char source[Size] = {};
  alignas(64) char target[Size] = {};
  char const* from = source;
  std::size_t size = Size;  // not a constant to the compiler, as in a codec

  copying() { payload(Size).copy(source, Size); }
  void operator()() { std::memcpy(target, from, size); }
  bool check() const { return payload(Size) == std::string_view(target, Size); }
};

template <std::size_t Size>
struct searching {
  alignas(64) char source[Size] = {};
  char const* from = source;
  std::size_t size = Size;
  void const* found = nullptr;

  searching() {
    payload(Size).copy(source, Size);
    source[Size - 1] = '/';
  }
  void operator()() { found = std::memchr(from, '/', size); }
  bool check() const { return found == from + Size - 1; }
};

template <std::size_t Size>
constexpr operation copy(std::string_view name) {
  return measured<copying<Size>>(name, Size);
}

constexpr operation operations[] = {
    copy<2>("memcpy_2"),
    copy<4>("memcpy_4"),
    copy<77>("memcpy_77"),
    copy<93>("memcpy_93"),
    copy<99>("memcpy_99"),
    copy<102>("memcpy_102"),
    copy<203>("memcpy_203"),
    copy<205>("memcpy_205"),
    copy<300>("memcpy_300"),
    copy<378>("memcpy_378"),
    copy<1101>("memcpy_1101"),
    copy<16'462>("memcpy_16462"),
    measured<searching<256>>("memchr_256", 256),
};

}  // namespace

std::span<operation const> floor_operations() { return operations; }

}  // namespace bench
