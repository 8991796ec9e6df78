// SPDX-License-Identifier: BSL-1.0
// What nobody can leave out, and nothing else: the finished packet, copied by libc; the bytes of a text, each of which
// has to be looked at; the lengths of a stream's packets; the bytes of a connection, copied to where a reader wants
// them. Rows mem* also tell which of its versions of memcpy and memchr libc has picked on this processor.
#include <array>
#include <cstring>
#include <string>

#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

template <std::size_t Size>
struct copying {
  char target[Size] = {};
  placed source{payload(Size)};
  char const* from = source.data();
  std::size_t size = Size;  // not a constant to the compiler, as in a codec

  void operator()() { std::memcpy(target, from, size); }
  bool check() const { return payload(Size) == std::string_view(target, Size); }
};

// Packets that always have this size are stores of constants and of an identifier.
template <std::size_t Size>
struct copying_constant : copying<Size> {
  void operator()() { std::memcpy(this->target, this->from, Size); }
};

template <std::size_t Size>
struct searching {
  placed source{payload(Size - 1) + '/'};
  char const* from = source.data();
  std::size_t size = Size;
  void const* found = nullptr;

  void operator()() { found = std::memchr(from, '/', size); }
  bool check() const { return found == from + Size - 1; }
};

// From length to length; nothing in this stream needs three bytes of it.
template <std::size_t Count>
struct walking {
  placed source{joined(stream_packets(Count))};
  std::string_view input = source.view();
  std::size_t packets = 0;

  void operator()() {
    packets = 0;
    char const* at = input.data();
    char const* const end = at + input.size();
    while (at < end) {
      auto const first = static_cast<unsigned char>(at[1]);
      auto const second =
          static_cast<unsigned char>(at[2]);  // of the next packet, where it is none of this one
      at += first < 128 ? 2U + first : 3U + (first & 127U) + second * 128U;
      ++packets;
    }
    keep(at);
  }
  bool check() const { return packets == Count; }
};

template <std::size_t Chunk, std::size_t Count>
struct taking {
  std::array<char, Chunk> memory{};
  placed source{joined(stream_packets(Count))};
  std::size_t taken = 0;

  void operator()() {
    taken = 0;
    std::string_view rest = source.view();
    while (!rest.empty()) {
      std::string_view const chunk = rest.substr(0, Chunk);
      rest.remove_prefix(chunk.size());
      std::memcpy(memory.data(), chunk.data(), chunk.size());
      forget(memory);
      taken += chunk.size();
    }
  }
  bool check() const {
    std::string_view const all = source.view();
    std::size_t const last = (all.size() - 1) % Chunk + 1;
    return taken == all.size() && std::string_view(memory.data(), last) == all.substr(all.size() - last);
  }
};

template <std::size_t Size>
constexpr operation copy(std::string_view name) {
  return measured<copying<Size>>(name, Size);
}

constexpr operation operations[] = {
    measured<copying_constant<2>>("store_2", 2),
    measured<copying_constant<4>>("store_4", 4),
    copy<69>("memcpy_69"),
    copy<77>("memcpy_77"),
    copy<92>("memcpy_92"),
    copy<93>("memcpy_93"),
    copy<96>("memcpy_96"),
    copy<125>("memcpy_125"),
    copy<132>("memcpy_132"),
    copy<144>("memcpy_144"),
    copy<178>("memcpy_178"),
    copy<203>("memcpy_203"),
    copy<205>("memcpy_205"),
    copy<300>("memcpy_300"),
    copy<378>("memcpy_378"),
    copy<1101>("memcpy_1101"),
    copy<8192>("memcpy_8192"),
    copy<9834>("memcpy_9834"),
    copy<16'384>("memcpy_16384"),
    copy<16'462>("memcpy_16462"),
    copy<23'020>("memcpy_23020"),
    copy<65'536>("memcpy_65536"),
    measured<searching<16>>("memchr_16", 16),
    measured<searching<32>>("memchr_32", 32),
    measured<searching<70>>("memchr_70", 70),
    measured<searching<128>>("memchr_128", 128),
    measured<searching<256>>("memchr_256", 256),
    measured<walking<64>>("walk_hot", 0, 64),
    measured<walking<10'000>>("walk_cold", 0, 10'000),
    measured<taking<1460, 10'000>>("chunks_1460", 0, 10'000),
    measured<taking<64, 1'000>>("chunks_64", 0, 1'000),
    measured<taking<1, 1'000>>("chunks_1", 0, 1'000),
};

}  // namespace

std::span<operation const> floor_operations() { return operations; }

}  // namespace bench
