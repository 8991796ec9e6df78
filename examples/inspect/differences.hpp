// SPDX-License-Identifier: BSL-1.0
// Where two encodings of a packet differ.
#ifndef INSPECT_DIFFERENCES_HPP
#define INSPECT_DIFFERENCES_HPP

#include <cstddef>
#include <string_view>

namespace inspect {

// A run of bytes: what was received there, and what was written instead. At the end of the shorter of the
// two encodings, the rest of the longer one stands against less or nothing.
struct difference {
  std::size_t offset = 0;
  std::string_view received{};
  std::string_view written{};
};

// Calls visit for each run, in order; returns whether there was none.
template <class Visitor>
bool visit_differences(std::string_view received, std::string_view written, Visitor&& visit) {
  bool same = true;
  std::size_t const common = received.size() < written.size() ? received.size() : written.size();
  std::size_t const longest = received.size() < written.size() ? written.size() : received.size();
  auto const differs = [&](std::size_t at) { return at >= common || received[at] != written[at]; };
  for (std::size_t at = 0; at < longest;) {
    if (!differs(at)) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < longest && differs(end)) ++end;
    auto const run = [&](std::string_view all) {
      std::size_t const from = at < all.size() ? at : all.size();
      std::size_t const to = end < all.size() ? end : all.size();
      return std::string_view(all.data() + from, to - from);
    };
    visit(difference{at, run(received), run(written)});
    same = false;
    at = end;
  }
  return same;
}

}  // namespace inspect

#endif
