// SPDX-License-Identifier: BSL-1.0
// simdjson: the check of UTF-8 by the widest vectors that the processor has. It finds neither U+0000 nor wildcards, so it
// does less than the rows that it stands in.
#include <simdjson.h>

#include "adapter.hpp"

namespace bench {

namespace {

constexpr std::string_view topics_256 =
    "devices/device-0042a/messages/devicebound/%24.mid=0123456789&%24.to=%2Fdevices%2Fdevice-0042a%2Fmessages"
    "%2FdeviceBound&prop=value&site=plant-7&line=2&firmware=4.12.0-rc1&build=991&unit=celsius&alert="
    "temperature-high&cmd=set-interval&seconds=000000000000060";

struct scan {
  std::string text;
  bool valid = false;
  explicit scan(std::string_view given) : text(given) {}
  void operator()() { valid = simdjson::validate_utf8(text.data(), text.size()); }
  bool check() const {
    std::string broken = text;
    broken.back() = '\xC3';
    return valid && !simdjson::validate_utf8(broken);
  }
};
template <std::size_t Size>
struct ascii : scan {
  ascii() : scan(topics_256.substr(0, Size)) {}
};
struct mixed_70 : scan {
  mixed_70() : scan(mixed_text) {}
};

}  // namespace

std::vector<operation> all_operations() {
  std::vector<operation> rows{
      measured<ascii<16>>("utf8_ascii16", 16),    measured<ascii<32>>("utf8_ascii32", 32),
      measured<ascii<70>>("utf8_ascii70", 70),    measured<ascii<128>>("utf8_ascii128", 128),
      measured<ascii<256>>("utf8_ascii256", 256), measured<mixed_70>("utf8_mixed70", 70),
  };
  for (operation& one : rows) one = checking_less(one);
  return rows;
}

std::string measured_library() { return "simdjson " HUBWIRE_BENCH_VERSION; }

}  // namespace bench
