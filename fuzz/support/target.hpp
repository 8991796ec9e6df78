// SPDX-License-Identifier: BSL-1.0
// What every fuzz target begins with. A target has an oracle: it states with require() what must hold of
// the answers, so that a wrong answer is a finding, not only a crash.
#ifndef HUBWIRE_FUZZ_SUPPORT_TARGET_HPP
#define HUBWIRE_FUZZ_SUPPORT_TARGET_HPP

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace fuzz {

// A finding: libFuzzer and the replayer both see abort().
inline void require(bool condition, char const* what) {
  if (condition) return;
  std::fprintf(stderr, "ORACLE: %s\n", what);
  std::abort();
}

inline std::string_view as_text(std::uint8_t const* data, std::size_t size) {
  return {reinterpret_cast<char const*>(data), size};
}

// Small numbers taken from the front of the input, 0 when there is nothing left.
class choices {
 public:
  explicit choices(std::string_view input) : rest_(input) {}

  unsigned byte() {
    if (rest_.empty()) return 0;
    auto const value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  // At most count characters.
  std::string_view take(std::size_t count) {
    std::string_view const taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// A cheap generator whose sequence is part of the input's meaning: the same on every machine.
class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) : state_(seed * 2 + 1) {}

  // 0 to below - 1; below > 0.
  std::size_t operator()(std::size_t below) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::size_t>((state_ >> 11) % below);
  }

 private:
  std::uint64_t state_;
};

}  // namespace fuzz

#endif
