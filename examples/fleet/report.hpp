// SPDX-License-Identifier: BSL-1.0
// What the fleet measured, and its table.
#ifndef FLEET_REPORT_HPP
#define FLEET_REPORT_HPP

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace fleet {

// Microseconds, all of them.
class latencies {
 public:
  void add(std::uint64_t microseconds) {
    all_.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(microseconds, 0xFFFF'FFFF)));
  }
  void print(char const* what) {
    if (all_.empty()) return;
    std::sort(all_.begin(), all_.end());
    std::printf("  %-22s p50 %9.2f ms   p95 %9.2f   p99 %9.2f   max %9.2f   of %zu\n", what, at(50), at(95),
                at(99), at(100), all_.size());
  }

 private:
  double at(std::size_t percent) const { return all_[(all_.size() - 1) * percent / 100] / 1'000.0; }
  std::vector<std::uint32_t> all_{};
};

struct counts {
  latencies connecting{};  // from the first byte to CONNACK
  latencies publishing{};  // from publish() to the last acknowledgement
  std::size_t published = 0;
  std::size_t acknowledged = 0;
  std::size_t abandoned = 0;
  std::size_t not_taken = 0;  // the device was behind: no room, or too many without an answer
  std::size_t reconnected = 0;
  std::size_t received = 0;  // bytes
  std::size_t sent = 0;
  std::map<std::string, std::size_t> ends{};  // of connections, by cause
};

inline std::size_t resident_bytes() {
  std::size_t pages = 0;
  if (std::FILE* const file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%*u %zu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}
inline double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto const of = [](timeval const& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

}  // namespace fleet

#endif
